//! Where failures begin: the deepest failure without a failing call, unless somebody only gave up waiting.

use std::collections::BTreeMap;

use crate::canonical::{Call, FailureKind, Model, NONE, ServiceId};

use super::census::{Phase, Phases, gave_up};

/// Where one failure began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Origin {
    /// A service failed by itself.
    Service(ServiceId),
    /// A service refused work (429, 503).
    Refused(ServiceId),
    /// The caller gave up waiting for the callee.
    GaveUp(ServiceId, ServiceId),
    /// The call failed and nothing was seen at the callee.
    Lost(ServiceId, ServiceId),
}

/// Failed calls of an edge by origin, with the chain of services between.
#[derive(Clone, Debug, Default)]
pub(crate) struct Origins {
    /// Origin: how often, and the chain of services from the caller down to it (of the first one in row order).
    pub(crate) found: BTreeMap<Origin, (u64, Vec<ServiceId>)>,
    pub(crate) failures: u64,
}

impl Origins {
    /// Origins of the failed calls of an edge in a phase, first attempts and retries alike.
    pub(crate) fn of_edge(model: &Model<'_>, phases: &Phases, phase: Phase, from: ServiceId, to: ServiceId) -> Self {
        let calls = model.calls_between(from, to).filter(|call| call.failure.is_some());
        let mut origins = Self::default();
        for call in calls.filter(|call| phases.of(call.start) == Some(phase)) {
            origins.add(trace(model, call));
        }
        origins
    }

    /// Share of failures that began inside a service by itself.
    pub(crate) fn own_share(&self) -> f64 {
        let own = |(origin, (count, _)): (&Origin, &(u64, Vec<ServiceId>))| match origin {
            Origin::Service(_) => *count,
            Origin::Refused(_) | Origin::GaveUp(..) | Origin::Lost(..) => 0,
        };
        super::statistics::share(self.found.iter().map(own).sum(), self.failures)
    }

    pub(crate) fn add(&mut self, (origin, chain): (Origin, Vec<ServiceId>)) {
        self.failures += 1;
        self.found.entry(origin).or_insert((0, chain)).0 += 1;
    }
}

/// Follows a failed call down to where its failure began.
pub(crate) fn trace(model: &Model<'_>, call: &Call) -> (Origin, Vec<ServiceId>) {
    let mut chain = vec![call.from];
    let mut at = call;
    loop {
        chain.push(at.to);
        if gave_up(model, at) {
            return (Origin::GaveUp(at.from, at.to), chain);
        }
        if at.server == NONE {
            let refused = at.failure.is_some_and(|failure| failure.kind == FailureKind::Refused);
            let answered = at.failure.is_some_and(|failure| failure.answered);
            let origin = match (refused, answered) {
                (true, _) => Origin::Refused(at.to),
                // It answered, so it is there; only its spans are missing.
                (false, true) => Origin::Service(at.to),
                (false, false) => Origin::Lost(at.from, at.to),
            };
            return (origin, chain);
        }
        if model.row(at.server).failure.is_none() {
            // The callee answered in time: either the answer was lost on its way, or the caller could not use it.
            let lost = at.failure.is_some_and(|failure| failure.kind == FailureKind::TimedOut);
            return (if lost { Origin::Lost(at.from, at.to) } else { Origin::Service(at.to) }, chain);
        }
        // The last failing call is the one that the answer gave up on; earlier ones were repaired or retried.
        let deeper = model.awaited_calls(at.server).filter(|next| next.failure.is_some());
        match deeper.max_by_key(|next| (next.end, next.start)) {
            Some(next) if !chain.contains(&next.to) => at = next,
            _ => {
                let refused = model.row(at.server).failure.is_some_and(|f| f.kind == FailureKind::Refused);
                return (if refused { Origin::Refused(at.to) } else { Origin::Service(at.to) }, chain);
            }
        }
    }
}

/// Where a failed visit's failure began.
pub(crate) fn trace_visit(model: &Model<'_>, visit: u32) -> (Origin, Vec<ServiceId>) {
    let service = model.row(visit).service;
    let failing = model.awaited_calls(visit).filter(|call| call.failure.is_some());
    match failing.max_by_key(|call| (call.end, call.start)) {
        Some(call) => trace(model, call),
        None => (Origin::Service(service), vec![service]),
    }
}
