//! What of a call is turned while the system runs: its policy, and calls that a careless build makes beside those it needs.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use scenarios::model::{CallPolicy, RetryBudget};

/// How many calls' worth of retries a budget holds which the call did not begin with.
const CALLS: f64 = 100.0;

/// Each figure replaces the one that the call began with; none: it is as it began.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Turns {
    pub(crate) attempts: Option<u32>,
    pub(crate) retries_per_call: Option<f64>,
    pub(crate) timeout: Option<Duration>,
    pub(crate) further: Option<Further>,
    /// The instance of the callee that gets no calls, from 1.
    pub(crate) drained: Option<u32>,
}

/// Calls that are made for an item beside the one that it needs, one after the other.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Further {
    /// Of all items, 0 to 1.
    pub(crate) share: f64,
    pub(crate) calls: u32,
}

/// The turns of one edge.
#[derive(Debug, Default)]
pub(crate) struct Turned(Mutex<Turns>);

impl Turned {
    pub(crate) fn get(&self) -> Turns {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, turn: impl FnOnce(&mut Turns)) {
        turn(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner));
    }

    /// A policy as it is in force.
    pub(crate) fn policy(&self, first: CallPolicy) -> CallPolicy {
        let Turns { attempts, retries_per_call, timeout, .. } = self.get();
        // The bucket grows with what is poured into it: else a rich budget would be one of a few retries at once.
        let usual = first.retry_budget.filter(|budget| budget.per_call > 0.0);
        let calls = usual.map_or(CALLS, |budget| budget.burst / budget.per_call);
        let turned = retries_per_call.map(|per_call| RetryBudget { per_call, burst: per_call * calls });
        CallPolicy {
            attempts: attempts.unwrap_or(first.attempts),
            retry_budget: turned.or(first.retry_budget),
            timeout: timeout.unwrap_or(first.timeout),
            ..first
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_turned_replaces_its_own_figure_alone_and_comes_back() {
        let first = scenarios::model::System::default().catalog.database;
        let turned = Turned::default();
        assert_eq!(turned.policy(first), first);
        turned.set(|turns| turns.attempts = Some(4));
        assert_eq!(turned.policy(first), CallPolicy { attempts: 4, ..first });
        turned.set(|turns| turns.retries_per_call = Some(3.0));
        let budget = turned.policy(first).retry_budget.unwrap();
        // It began with a tenth of a retry a call and ten at once: with what a hundred calls earn.
        assert_eq!((budget.per_call, budget.burst), (3.0, 300.0));
        turned.set(|turns| *turns = Turns::default());
        assert_eq!(turned.policy(first), first);
    }
}
