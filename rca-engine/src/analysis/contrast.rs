//! Whether one version or instance of a service, rather than all of it, is at fault.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::Symbol;
use crate::vocabulary::Kind;

use super::census::{Phase, Phases};
use super::statistics::{SIGNIFICANT_G, g_of_shares, quantile, share};

/// The smallest slice of a service that explains its damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Slice {
    Version(Symbol),
    Instance(Symbol),
}

/// A slice must hold this share of the bad visits,
const MIN_EXPLAINED: f64 = 0.8;
/// be bad this much more often than the rest,
const MIN_CONTRAST: f64 = 3.0;
/// and the rest must have been seen this often, so that it is known to be better.
const MIN_REST: u64 = 10;
/// A visit is slow when its own time is beyond this share of the baseline's.
const SLOW: f64 = 0.95;

/// The version, else the instance, that holds nearly all bad visits while the others ran beside it and were fine.
/// A build that replaced all others at once has nothing beside it: then the service is as exact as it gets.
pub(crate) fn slice(model: &Model<'_>, phases: &Phases, service: ServiceId, kind: Option<Kind>) -> Option<Slice> {
    let fails = matches!(kind, Some(Kind::CodeException | Kind::BadFormat | Kind::BadInput | Kind::Rejecting));
    let own = |visit: &u32| model.own_ns(*visit);
    let visits = model.visits_of(service);
    let of = |phase| visits.iter().filter(move |visit| phases.of(model.row(**visit).start) == Some(phase));
    let mut usual: Vec<u64> = of(Phase::Before).map(own).collect();
    usual.sort_unstable();
    let limit = quantile(&usual, SLOW)?;
    let calls = |visit: &u32| model.calls_of(*visit).len();
    let most_calls = of(Phase::Before).map(calls).max().unwrap_or(0);
    let is_bad = |visit: &u32| match kind {
        _ if fails => model.fails_by_itself(*visit),
        Some(Kind::ExtraCalls) => calls(visit) > most_calls,
        _ => own(visit) > limit,
    };
    let usually = share(of(Phase::Before).filter(|visit| is_bad(visit)).count() as u64, usual.len() as u64);
    let mut versions: BTreeMap<Symbol, (u64, u64)> = BTreeMap::new();
    let mut instances: BTreeMap<Symbol, (u64, u64)> = BTreeMap::new();
    let mut total = (0, 0);
    for visit in of(Phase::After) {
        let (row, bad) = (model.row(*visit), u64::from(is_bad(visit)));
        total = (total.0 + bad, total.1 + 1);
        for (slices, name) in [(&mut versions, row.version), (&mut instances, row.instance)] {
            if let Some(name) = name {
                let counts = slices.entry(name).or_default();
                *counts = (counts.0 + bad, counts.1 + 1);
            }
        }
    }
    let guilty = |slices: &BTreeMap<Symbol, (u64, u64)>| {
        slices.iter().find(|(_, counts)| explains(**counts, total, usually)).map(|(name, _)| *name)
    };
    guilty(&versions).map(Slice::Version).or_else(|| guilty(&instances).map(Slice::Instance))
}

/// At most one slice can hold four fifths of the bad visits, so it does not matter which is looked at first. Visits
/// that are usually bad are so everywhere: only what exceeds them is to be explained.
fn explains(slice: (u64, u64), total: (u64, u64), usually: f64) -> bool {
    let rest = (total.0 - slice.0, total.1 - slice.1);
    let added = |(bad, all): (u64, u64)| bad as f64 - usually * all as f64;
    rest.1 >= MIN_REST
        && added(total) > 0.0
        && added(slice) >= MIN_EXPLAINED * added(total)
        && share(slice.0, slice.1) >= MIN_CONTRAST * share(rest.0, rest.1)
        && g_of_shares(rest, slice) >= SIGNIFICANT_G
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slice_explains_only_beside_a_better_rest() {
        assert!(explains((90, 100), (95, 1_000), 0.0));
        assert!(!explains((90, 100), (90, 100), 0.0));
        assert!(!explains((50, 500), (95, 1_000), 0.0));
    }

    #[test]
    fn what_is_usually_bad_is_not_to_be_explained() {
        assert!(explains((95, 100), (140, 1_000), 0.05));
        assert!(!explains((95, 100), (140, 1_000), 0.0));
    }
}
