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
        let mut uses = Uses::new(model);
        for service in model.service_ids() {
            census.count_visits(model, phases, service, &mut uses);
        }
        for (from, to) in model.called_edges() {
            let patience = longest(model, from, to);
            let mut counted: Option<Pair<Traffic>> = None;
            for call in model.calls_between(from, to) {
                let Some(phase) = phases.of(call.start) else { continue };
                let traffic = counted.get_or_insert_with(|| census.traffic(from, to)).at(phase);
                let is_due = call.start.saturating_add(patience) < phases.after.to_ns;
                count_call(model, call, is_due, traffic);
                uses.count_call(call, phase);
            }
            census.traffic.extend(counted.map(|counted| ((from, to), counted)));
        }
        (census.usage, census.pool_of_call) = uses.finish();
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

    fn count_visits(&mut self, model: &Model<'_>, phases: &Phases, service: ServiceId, uses: &mut Uses) {
        let mut counted: Option<Pair<Work>> = None;
        for visit in model.visits_of(service) {
            let row = model.row(*visit);
            // A client span whose parent is missing is a rest of a visit, whose length and outcome nobody knows.
            let Some(phase) = phases.of(row.start).filter(|_| !(row.orphan && row.is_outgoing())) else { continue };
            let time = model.visit_time(*visit);
            let work = counted.get_or_insert_default().at(phase);
            work.visits += 1;
            work.failed += u64::from(row.failure.is_some());
            work.own_failed += u64::from(model.fails_by_itself(*visit));
            work.refused += u64::from(row.failure.is_some_and(|failure| failure.kind == FailureKind::Refused));
            work.own_ns += time.own_ns;
            work.wait_ns += time.wait_ns;
            work.total_ns += row.duration();
            work.calling += u64::from(!model.calls_of(*visit).is_empty());
            work.roots += u64::from(row.parent == NONE && !row.orphan);
            for (_, to, waited) in time.shared {
                self.traffic.entry((service, *to)).or_default().at(phase).shared_ns += waited;
            }
            for (pool, waited) in time.waits {
                let usage = uses.of(*pool, phase);
                usage.waits += 1;
                usage.wait_ns += waited;
                // Work that was refused never used what it waited for.
                if row.failure.is_none() {
                    usage.used += 1;
                    usage.use_ns += time.own_ns;
                }
            }
        }
        self.work.extend(counted.map(|counted| (service, counted)));
    }
}

/// A callee that answers slowly has spans that had not ended when the evidence was cut: calls that are not due are not
/// lost.
fn count_call(model: &Model<'_>, call: &Call, is_due: bool, traffic: &mut Traffic) {
    traffic.calls += 1;
    traffic.failed += u64::from(call.failure.is_some());
    traffic.given_up += u64::from(gave_up(model, call));
    traffic.ns += call.duration();
    traffic.due += u64::from(is_due);
    if call.server == NONE {
        traffic.lost += u64::from(is_due);
        return;
    }
    let callee = model.row(call.server);
    let waited = call.wait.map_or(0, |wait| wait.ns);
    traffic.gap_ns += call.duration().saturating_sub(callee.duration()).saturating_sub(waited);
    if callee.failure.is_none() {
        traffic.used += 1;
        traffic.use_ns += model.own_ns(call.server);
    }
}

/// What happened at the bounded resources, by number, while it is counted.
struct Uses {
    usage: Vec<Option<Pair<Usage>>>,
    /// Of the last call that waited for each: its place in the order of calls, and whom it called.
    last: Vec<Option<(CallOrder, ServiceId)>>,
}

/// Visit, start, end, client and server.
type CallOrder = (u32, u64, u64, u32, u32);

impl Uses {
    fn new(model: &Model<'_>) -> Self {
        Self { usage: vec![None; model.pools.len()], last: vec![None; model.pools.len()] }
    }

    fn of(&mut self, pool: PoolId, phase: Phase) -> &mut Usage {
        self.usage[pool.0 as usize].get_or_insert_default().at(phase)
    }

    fn count_call(&mut self, call: &Call, phase: Phase) {
        let Some(wait) = call.wait else { return };
        let usage = self.of(wait.pool, phase);
        usage.waits += 1;
        usage.wait_ns += wait.ns;
        // A call that fails holds its connection as one that succeeds, unless it never got one.
        if call.failure.is_none() || call.duration() > wait.ns {
            usage.used += 1;
            usage.use_ns += call.duration().saturating_sub(wait.ns);
        }
        let last = &mut self.last[wait.pool.0 as usize];
        *last = (*last).max(Some(((call.visit, call.start, call.end, call.client, call.server), call.to)));
    }

    fn finish(self) -> (BTreeMap<PoolId, Pair<Usage>>, BTreeMap<PoolId, ServiceId>) {
        let usage = (0..).map(PoolId).zip(self.usage).filter_map(|(pool, usage)| Some((pool, usage?))).collect();
        let last = (0..).map(PoolId).zip(self.last).filter_map(|(pool, last)| Some((pool, last?.1))).collect();
        (usage, last)
    }
}

/// The longest that a callee was seen to work for a caller.
fn longest(model: &Model<'_>, from: ServiceId, to: ServiceId) -> u64 {
    let served = model.calls_between(from, to).filter(|call| call.server != NONE);
    served.map(|call| model.row(call.server).duration()).max().unwrap_or(0)
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
