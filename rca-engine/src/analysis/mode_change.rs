//! Why a service calls another more often: because a third one failed, because the call itself failed, or just so.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Call, Model, ServiceId};

use super::census::{Pair, Phase, Phases};

/// Calls of one service to another per visit of the caller, by what came before them in the same visit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Reasons {
    pub(crate) visits: Pair<u64>,
    /// After a failed call to another service, or instead of one that is usually made: a fallback.
    pub(crate) fallback: BTreeMap<ServiceId, Pair<u64>>,
    /// After a failed call to the same service: a retry.
    pub(crate) retry: Pair<u64>,
    /// The first call of a visit in which nothing had failed.
    pub(crate) first: Pair<u64>,
    /// Further calls of a visit in which nothing had failed.
    pub(crate) further: Pair<u64>,
}

impl Reasons {
    /// Sorts every call of `from` to `to` by its reason.
    pub(crate) fn of(model: &Model<'_>, phases: &Phases, from: ServiceId, to: ServiceId) -> Self {
        let mut reasons = Self::default();
        let whole = |visit: &&u32| {
            let row = model.row(**visit);
            !(row.orphan && row.is_outgoing())
        };
        let usual = usual_callees(model, phases, from, to);
        for visit in model.visits_of(from).iter().filter(whole) {
            let Some(phase) = phases.of(model.row(*visit).start) else { continue };
            *reasons.visits.at(phase) += 1;
            let calls = model.calls_of(*visit);
            let skipped = usual.iter().copied().find(|callee| calls.iter().all(|call| call.to != *callee));
            let has_failed = calls.iter().any(|call| call.failure.is_some());
            let mut plain = 0;
            for call in calls.iter().filter(|call| call.to == to) {
                let failed = if has_failed { failed_before(calls, call) } else { None };
                match failed.or(skipped) {
                    Some(service) if service == to => *reasons.retry.at(phase) += 1,
                    Some(service) => *reasons.fallback.entry(service).or_default().at(phase) += 1,
                    None => plain += 1,
                }
            }
            *reasons.first.at(phase) += u64::from(plain > 0);
            *reasons.further.at(phase) += u64::saturating_sub(plain, 1);
        }
        reasons
    }

    /// Added calls per visit of the caller for each reason, never negative.
    pub(crate) fn added(&self) -> Added {
        let rate = |count: u64, visits: u64| if visits == 0 { 0.0 } else { count as f64 / visits as f64 };
        let grown =
            |pair: Pair<u64>| (rate(pair.after, self.visits.after) - rate(pair.before, self.visits.before)).max(0.0);
        Added {
            fallback: self.fallback.iter().map(|(service, pair)| (*service, grown(*pair))).collect(),
            retry: grown(self.retry),
            first: grown(self.first),
            further: grown(self.further),
        }
    }
}

/// Whom nearly every visit called before the onset: a visit that leaves such a call out and calls somebody else has been
/// told not to try (a circuit breaker's way).
fn usual_callees(model: &Model<'_>, phases: &Phases, from: ServiceId, instead: ServiceId) -> Vec<ServiceId> {
    /// Calls that are made as often as this are left out by exception only.
    const NEARLY_ALWAYS: f64 = 0.9;
    let mut visits = 0_u64;
    let mut with: BTreeMap<ServiceId, u64> = BTreeMap::new();
    let before = |visit: &&u32| phases.of(model.row(**visit).start) == Some(Phase::Before);
    for visit in model.visits_of(from).iter().filter(before) {
        visits += 1;
        let calls = model.calls_of(*visit);
        for (position, call) in calls.iter().enumerate().filter(|(_, call)| call.to != instead) {
            let is_first = calls[..position].iter().all(|earlier| earlier.to != call.to);
            if is_first {
                *with.entry(call.to).or_default() += 1;
            }
        }
    }
    with.into_iter()
        .filter(|(_, count)| *count as f64 >= NEARLY_ALWAYS * visits as f64)
        .map(|(callee, _)| callee)
        .collect()
}

/// What [`Reasons::added`] gives: calls per visit.
#[derive(Clone, Debug, Default)]
pub(crate) struct Added {
    pub(crate) fallback: Vec<(ServiceId, f64)>,
    pub(crate) retry: f64,
    pub(crate) first: f64,
    pub(crate) further: f64,
}

/// The callee's rows of all calls that repeat a failed call to the same service.
pub(crate) fn retried(model: &Model<'_>, from: ServiceId) -> BTreeSet<u32> {
    let mut rows = BTreeSet::new();
    for visit in model.visits_of(from) {
        let calls = model.calls_of(*visit);
        if calls.iter().all(|call| call.failure.is_none()) {
            continue;
        }
        rows.extend(calls.iter().filter(|call| failed_before(calls, call) == Some(call.to)).map(|call| call.server));
    }
    rows
}

/// Whom the last failed call before this one went to.
fn failed_before(calls: &[Call], call: &Call) -> Option<ServiceId> {
    calls
        .iter()
        .filter(|earlier| earlier.failure.is_some() && earlier.end <= call.start)
        .max_by_key(|earlier| (earlier.end, earlier.start))
        .map(|earlier| earlier.to)
}
