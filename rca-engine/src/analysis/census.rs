//! What services and edges did before and after the onset: counts, times and failures.

use std::collections::BTreeMap;

use crate::canonical::{Call, FailureKind, Model, NONE, PoolId, ServiceId};
use crate::investigation::Window;

/// Which side of the onset.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Phase {
    Before,
    After,
}

/// The two stretches that are compared.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Phases {
    pub(crate) before: Window,
    pub(crate) after: Window,
}

impl Phases {
    pub(crate) fn of(&self, at_ns: u64) -> Option<Phase> {
        let inside = |window: Window| (window.from_ns..window.to_ns).contains(&at_ns);
        if inside(self.before) {
            Some(Phase::Before)
        } else if inside(self.after) {
            Some(Phase::After)
        } else {
            None
        }
    }

    pub(crate) fn seconds(&self, phase: Phase) -> f64 {
        let window = match phase {
            Phase::Before => self.before,
            Phase::After => self.after,
        };
        ((window.to_ns - window.from_ns) as f64 / 1e9).max(f64::MIN_POSITIVE)
    }
}

/// A quantity before and after the onset.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pair<T> {
    pub(crate) before: T,
    pub(crate) after: T,
}

impl<T> Pair<T> {
    pub(crate) fn at(&mut self, phase: Phase) -> &mut T {
        match phase {
            Phase::Before => &mut self.before,
            Phase::After => &mut self.after,
        }
    }
}

/// What a service did in one phase.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Work {
    pub(crate) visits: u64,
    pub(crate) failed: u64,
    /// Failed without a failing call before: the failure began here.
    pub(crate) own_failed: u64,
    /// Refused work (429, 503).
    pub(crate) refused: u64,
    /// Own time without calls and waits, nanoseconds.
    pub(crate) own_ns: u64,
    /// Waits for its own bounded resources, nanoseconds.
    pub(crate) wait_ns: u64,
    pub(crate) total_ns: u64,
    /// Visits that made at least one call.
    pub(crate) calling: u64,
    /// Visits that nobody called.
    pub(crate) roots: u64,
}

/// What one service asked of another in one phase.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Traffic {
    pub(crate) calls: u64,
    pub(crate) failed: u64,
    /// Failed because the caller gave up waiting.
    pub(crate) given_up: u64,
    /// Calls so old that their callee's span should have ended before the evidence does.
    pub(crate) due: u64,
    /// Of those, the callee's span is missing.
    pub(crate) lost: u64,
    pub(crate) ns: u64,
    /// What other visits waited for these calls, instead of calling themselves.
    pub(crate) shared_ns: u64,
    pub(crate) gap_ns: u64,
    /// Time that the callee worked for this caller, without waits: its share of the callee's work.
    pub(crate) use_ns: u64,
    /// Calls whose callee was seen to work.
    pub(crate) used: u64,
}

impl Traffic {
    /// Whether most calls that should have been seen to arrive were not.
    pub(crate) fn is_lossy(&self) -> bool {
        /// Fewer missing spans than this are lost telemetry.
        const MIN_LOST: u64 = 5;
        self.lost >= MIN_LOST && self.lost * 2 > self.due
    }
}

/// What happened at one bounded resource in one phase, from spans.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Usage {
    pub(crate) waits: u64,
    pub(crate) wait_ns: u64,
    pub(crate) use_ns: u64,
    /// Waits that ended in use.
    pub(crate) used: u64,
}

/// Counts of everything, by service, edge and bounded resource.
#[derive(Debug, Default)]
pub(crate) struct Census {
    pub(crate) work: BTreeMap<ServiceId, Pair<Work>>,
    pub(crate) traffic: BTreeMap<(ServiceId, ServiceId), Pair<Traffic>>,
    pub(crate) usage: BTreeMap<PoolId, Pair<Usage>>,
    /// Resources that are waited for inside a call, and who is called.
    pub(crate) pool_of_call: BTreeMap<PoolId, ServiceId>,
}

impl Census {
    pub(crate) fn take(model: &Model<'_>, phases: &Phases) -> Self {
        let mut census = Self::default();
        for visit in &model.visits {
            census.count_visit(model, phases, *visit);
        }
        let longest = longest_by_edge(model);
        for call in &model.calls {
            let patience = longest.get(&(call.from, call.to)).copied().unwrap_or(0);
            census.count_call(model, phases, call, patience);
        }
        census
    }

    pub(crate) fn work(&self, service: ServiceId) -> Pair<Work> {
        self.work.get(&service).copied().unwrap_or_default()
    }

    pub(crate) fn traffic(&self, from: ServiceId, to: ServiceId) -> Pair<Traffic> {
        self.traffic.get(&(from, to)).copied().unwrap_or_default()
    }

    /// Who calls a service, in structural order.
    pub(crate) fn callers(&self, to: ServiceId) -> Vec<ServiceId> {
        self.traffic.keys().filter(|(_, callee)| *callee == to).map(|(caller, _)| *caller).collect()
    }

    /// Whom a service calls, in structural order.
    pub(crate) fn callees(&self, from: ServiceId) -> Vec<ServiceId> {
        self.traffic.range((from, ServiceId(0))..=(from, ServiceId(u32::MAX))).map(|((_, callee), _)| *callee).collect()
    }

    fn count_visit(&mut self, model: &Model<'_>, phases: &Phases, visit: u32) {
        let row = model.row(visit);
        // A client span whose parent is missing is a rest of a visit, whose length and outcome nobody knows.
        let Some(phase) = phases.of(row.start).filter(|_| !(row.orphan && row.is_outgoing())) else { return };
        let calls = model.calls_of(visit);
        let time = visit_time(model, visit);
        let work = self.work.entry(row.service).or_default().at(phase);
        work.visits += 1;
        work.failed += u64::from(row.failure.is_some());
        work.own_failed += u64::from(model.fails_by_itself(visit));
        work.refused += u64::from(row.failure.is_some_and(|failure| failure.kind == FailureKind::Refused));
        work.own_ns += time.own_ns;
        work.wait_ns += time.wait_ns;
        work.total_ns += row.duration();
        work.calling += u64::from(!calls.is_empty());
        work.roots += u64::from(row.parent == NONE && !row.orphan);
        for (to, waited) in &time.shared {
            self.traffic.entry((row.service, *to)).or_default().at(phase).shared_ns += waited;
        }
        for (pool, waited) in &time.waits {
            let usage = self.usage.entry(*pool).or_default().at(phase);
            usage.waits += 1;
            usage.wait_ns += waited;
            // Work that was refused never used what it waited for.
            if row.failure.is_none() {
                usage.used += 1;
                usage.use_ns += time.own_ns;
            }
        }
    }

    fn count_call(&mut self, model: &Model<'_>, phases: &Phases, call: &Call, patience: u64) {
        let Some(phase) = phases.of(call.start) else { return };
        let callee = (call.server != NONE).then(|| model.row(call.server));
        let traffic = self.traffic.entry((call.from, call.to)).or_default().at(phase);
        traffic.calls += 1;
        traffic.failed += u64::from(call.failure.is_some());
        traffic.given_up += u64::from(gave_up(model, call));
        traffic.ns += call.duration();
        // A callee that answers slowly has spans that had not ended when the evidence was cut: those are not lost.
        let due = call.start.saturating_add(patience) < phases.after.to_ns;
        traffic.due += u64::from(due);
        match callee {
            None => traffic.lost += u64::from(due),
            Some(callee) => {
                let waited = call.wait.map_or(0, |wait| wait.ns);
                traffic.gap_ns += call.duration().saturating_sub(callee.duration()).saturating_sub(waited);
                if callee.failure.is_none() {
                    traffic.used += 1;
                    traffic.use_ns += visit_time(model, call.server).own_ns;
                }
            }
        }
        if let Some(wait) = call.wait {
            let usage = self.usage.entry(wait.pool).or_default().at(phase);
            usage.waits += 1;
            usage.wait_ns += wait.ns;
            // A call that fails holds its connection as one that succeeds, unless it never got one.
            if call.failure.is_none() || call.duration() > wait.ns {
                usage.used += 1;
                usage.use_ns += call.duration().saturating_sub(wait.ns);
            }
            self.pool_of_call.insert(wait.pool, call.to);
        }
    }
}

/// The longest that a callee was seen to work for each caller.
fn longest_by_edge(model: &Model<'_>) -> BTreeMap<(ServiceId, ServiceId), u64> {
    let mut longest: BTreeMap<(ServiceId, ServiceId), u64> = BTreeMap::new();
    for call in model.calls.iter().filter(|call| call.server != NONE) {
        let most = longest.entry((call.from, call.to)).or_default();
        *most = (*most).max(model.row(call.server).duration());
    }
    longest
}

/// A failed call whose callee was still at work was given up by its caller; so was a timed-out call whose callee's span
/// is missing, because spans are exported when they end.
pub(crate) fn gave_up(model: &Model<'_>, call: &Call) -> bool {
    let Some(failure) = call.failure.filter(|_| call.client != NONE) else { return false };
    match call.server {
        NONE => failure.kind == FailureKind::TimedOut,
        server => model.row(server).end > call.end,
    }
}

/// How a visit spent its time, whoever waits for it.
#[derive(Debug, Default)]
pub(crate) struct VisitTime {
    pub(crate) own_ns: u64,
    pub(crate) wait_ns: u64,
    /// What it waited for was not recorded.
    pub(crate) unseen_ns: u64,
    pub(crate) waits: Vec<(PoolId, u64)>,
    /// Waits for calls of another visit that does the same work, by callee.
    pub(crate) shared: Vec<(ServiceId, u64)>,
}

/// Own time is what neither a call nor a wait of the visit's own rows covers.
pub(crate) fn visit_time(model: &Model<'_>, visit: u32) -> VisitTime {
    let row = model.row(visit);
    let mut calls: Vec<&Call> = model.awaited_calls(visit).collect();
    if row.shared != NONE {
        calls.sort_by_key(|call| (call.start, call.end, call.visit != visit));
    }
    let mut time = VisitTime::default();
    let (mut covered, mut until) = (0, row.start);
    for call in calls {
        let (from, to) = (call.start.max(until), call.end.min(row.end));
        if from < to {
            covered += to - from;
            until = to;
            if call.visit != visit {
                time.shared.push((call.to, to - from));
            }
        }
    }
    time.own_ns = row.duration().saturating_sub(covered);
    if row.awaits_unseen {
        // How long it was at work itself is not known.
        (time.unseen_ns, time.own_ns) = (time.own_ns, 0);
    }
    let mut open = vec![visit];
    while let Some(index) = open.pop() {
        let own = model.row(index);
        // A wait on a span that calls another service lies inside the call, which is covered already.
        let calls_out = own.is_outgoing() && (own.peer.is_some() || !model.children(index).is_empty());
        if let Some(wait) = own.wait.filter(|_| !calls_out) {
            let waited = wait.ns.min(time.own_ns);
            time.own_ns -= waited;
            time.wait_ns += waited;
            time.waits.push((wait.pool, wait.ns));
        }
        open.extend(model.children(index).iter().filter(|child| model.row(**child).visit == visit));
    }
    time
}
