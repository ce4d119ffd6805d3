//! What of a service can be turned while it runs: how fast it works, how much it admits, what it holds.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::call::Edge;
use crate::catalog_cache::CatalogCache;
use crate::exceptions::Exceptions;
use crate::pool::Pool;

/// How long a service's own work takes, as a factor of its figure; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pace(Arc<AtomicU64>);

impl Default for Pace {
    fn default() -> Self {
        Self(Arc::new(AtomicU64::new(1.0_f64.to_bits())))
    }
}

impl Pace {
    /// From now on work takes this many times its figure.
    pub(crate) fn set(&self, factor: f64) {
        self.0.store(factor.to_bits(), Ordering::Relaxed);
    }

    /// The mean time of work that has this figure.
    pub(crate) fn of(&self, work: Duration) -> Duration {
        let bits = self.0.load(Ordering::Relaxed);
        // A figure that nobody turned stays what it is to the nanosecond.
        if bits == 1.0_f64.to_bits() { work } else { work.mul_f64(f64::from_bits(bits)) }
    }
}

/// Everything of one service that its control port can get at.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    pub(crate) cache: Option<Arc<CatalogCache>>,
    /// All that bound its work or its calls.
    pub(crate) pools: Vec<Pool>,
    pub(crate) pace: Pace,
    pub(crate) exceptions: Exceptions,
    /// Its calls to others.
    pub(crate) edges: Vec<Edge>,
}

impl Reach {
    /// A pool by its name within the service.
    pub(crate) fn pool(&self, name: &str) -> Option<&Pool> {
        self.pools.iter().find(|pool| pool.name() == name)
    }

    /// Its calls to a service.
    pub(crate) fn edge(&self, callee: &str) -> Option<&Edge> {
        self.edges.iter().find(|edge| edge.callee().as_str() == callee)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_pace_that_nobody_set_changes_nothing_and_clones_share_it() {
        let pace = Pace::default();
        let work = Duration::from_nanos(60_000_001);
        assert_eq!(pace.of(work), work);
        let twin = pace.clone();
        pace.set(0.25);
        assert_eq!(twin.of(Duration::from_millis(60)), Duration::from_millis(15));
        pace.set(1.0);
        assert_eq!(pace.of(work), work);
    }
}
