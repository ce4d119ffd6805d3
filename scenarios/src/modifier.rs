//! Modifiers: what makes any scenario harder to see, or puts it into another system, without being part of its story.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use crate::model::{CallPolicy, Scenario};

/// Factors and shares beyond these make another incident of a scenario.
const FACTORS: (f64, f64) = (0.1, 10.0);

/// One modifier, written as in `spans=0.1` or `ttl*2`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Modifier {
    /// The collector keeps this share of all traces, each whole.
    Spans(f64),
    /// A kind of constant of the system, times a factor.
    Scaled(Constant, f64),
}

/// Constants that a system happens to have, by kind.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constant {
    /// Connections of every pool.
    Pools,
    /// The time to live of cached entries.
    Ttl,
    /// Deadlines of calls, and the patience at pools.
    Timeouts,
    /// The work of every service.
    Service,
}

impl Constant {
    const ALL: [Self; 4] = [Self::Pools, Self::Ttl, Self::Timeouts, Self::Service];

    fn as_str(self) -> &'static str {
        match self {
            Self::Pools => "pools",
            Self::Ttl => "ttl",
            Self::Timeouts => "timeouts",
            Self::Service => "service",
        }
    }
}

impl Modifier {
    /// Changes what a scenario says about its system.
    pub fn apply(self, scenario: &mut Scenario) {
        let Self::Scaled(constant, factor) = self else { return };
        let system = &mut scenario.system;
        let calls: [&mut CallPolicy; 4] = [
            &mut system.search.catalog,
            &mut system.catalog.cache,
            &mut system.catalog.database,
            &mut system.catalog_cache.database,
        ];
        match constant {
            Constant::Pools => {
                let pools = calls.into_iter().filter_map(|call| call.pool.as_mut());
                pools.chain([&mut system.database.pool]).for_each(|pool| {
                    pool.size = ((f64::from(pool.size) * factor).round() as u32).max(1);
                });
            }
            Constant::Ttl => scale(&mut system.catalog_cache.ttl, factor),
            Constant::Timeouts => {
                for call in calls {
                    scale(&mut call.timeout, factor);
                    call.pool.iter_mut().for_each(|pool| scale(&mut pool.acquire, factor));
                }
                scale(&mut system.database.pool.acquire, factor);
            }
            Constant::Service => {
                scale(&mut system.search.compute.work, factor);
                scale(&mut system.catalog.compute.work, factor);
                scale(&mut system.catalog_cache.compute.work, factor);
                scale(&mut system.database.service, factor);
            }
        }
    }
}

fn scale(time: &mut Duration, factor: f64) {
    *time = time.mul_f64(factor);
}

/// Why a modifier could not be read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected spans=SHARE, or pools*FACTOR, ttl*FACTOR, timeouts*FACTOR or service*FACTOR with 0.1 to 10")]
pub struct NoModifier;

impl FromStr for Modifier {
    type Err = NoModifier;

    fn from_str(text: &str) -> Result<Self, NoModifier> {
        if let Some(share) = text.strip_prefix("spans=") {
            let share = share.parse().ok().filter(|share: &f64| (0.0..=1.0).contains(share));
            return share.map(Self::Spans).ok_or(NoModifier);
        }
        let (word, factor) = text.split_once('*').ok_or(NoModifier)?;
        let constant = Constant::ALL.into_iter().find(|constant| constant.as_str() == word).ok_or(NoModifier)?;
        let factor = factor.parse().ok().filter(|factor: &f64| (FACTORS.0..=FACTORS.1).contains(factor));
        factor.map(|factor| Self::Scaled(constant, factor)).ok_or(NoModifier)
    }
}

impl fmt::Display for Modifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Spans(share) => write!(f, "spans={share}"),
            Self::Scaled(constant, factor) => write!(f, "{}*{factor}", constant.as_str()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_modifier_is_read_as_it_is_written() {
        for text in ["spans=0.1", "pools*2", "ttl*0.5", "timeouts*10", "service*1.25"] {
            assert_eq!(text.parse::<Modifier>().unwrap().to_string(), text);
        }
        for text in ["", "spans", "spans=2", "spans=NaN", "ttl=2", "ttl*0", "ttl*inf", "pool*2", "*2"] {
            assert_eq!(text.parse::<Modifier>(), Err(NoModifier), "{text}");
        }
    }

    #[test]
    fn scaling_touches_its_kind_of_constant_alone() {
        let text = crate::catalog::find("null_quiet").unwrap();
        let as_written = crate::parse("null_quiet", text).unwrap();
        let with = |text: &str| {
            let mut scenario = as_written.clone();
            text.parse::<Modifier>().unwrap().apply(&mut scenario);
            scenario.system
        };
        let (before, pools, slow) = (&as_written.system, with("pools*2"), with("service*2"));
        assert_eq!(pools.database.pool.size, 2 * before.database.pool.size);
        assert_eq!(pools.database.service, before.database.service);
        assert_eq!(slow.database.service, 2 * before.database.service);
        assert_eq!(slow.search.compute.permits, before.search.compute.permits);
        assert_eq!(with("pools*0.1").database.pool.size, 1);
        assert_eq!(with("ttl*2").catalog_cache.ttl, 2 * before.catalog_cache.ttl);
        assert_eq!(with("timeouts*2").search.catalog.timeout, 2 * before.search.catalog.timeout);
        assert_eq!(with("spans=0.5"), *before);
    }
}
