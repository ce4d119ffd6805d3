//! Why a service is slow, and why a bounded resource is waited for.

use crate::canonical::{NONE, PoolId, ServiceId};
use crate::vocabulary::{Effect, Kind};

use super::{Cause, Question, Trail, Walk, is_negligible};
use crate::analysis::accounting::Station;
use crate::analysis::census::{Pair, Traffic};
use crate::analysis::split::split;

/// A mean use time that grew by less than this factor is flat: service times vary by as much between two samples of
/// some dozens of uses (Erlang-4 has a standard deviation of half its mean, so 25 uses are known to 10 %).
const FLAT_USE: f64 = 1.2;
/// Work that grew by less than this share of what it was cannot make a queue by itself.
const FLAT_WORK: f64 = 0.15;

/// A part of a service's time, as the walk follows it.
#[derive(Clone, Copy)]
enum Part {
    Own,
    Pool(PoolId),
    Dearer(ServiceId),
    More(ServiceId),
    Gap(ServiceId),
}

impl Walk<'_> {
    /// Why does the work of a service take longer than before?
    pub(crate) fn slow(&mut self, service: ServiceId, mass: f64, trail: &Trail) {
        let Some(trail) = trail.ask(Question::Slow(service)).filter(|_| !is_negligible(mass)) else {
            return self.settle(Cause::Service(service), None, mass, trail);
        };
        let parts = self.parts_of(service);
        if parts.is_empty() {
            return self.settle(Cause::Service(service), Some(Kind::SlowService), mass, &trail);
        }
        for (part, mass) in Self::shares(mass, &parts) {
            match part {
                Part::Own => self.own(service, mass, &trail.at(Station::Own(service))),
                Part::Pool(pool) => self.pool(pool, mass, &trail),
                Part::More(callee) => self.mode(service, callee, mass, &trail),
                Part::Gap(callee) => self.gap(service, callee, mass, &trail),
                // Calls that are not seen to arrive take as long as their caller waits for them.
                Part::Dearer(callee) if self.is_lossy(service, callee) => self.away(service, callee, mass, &trail),
                Part::Dearer(callee) => {
                    let trail = trail.step(Cause::Service(callee), Cause::Service(service), Effect::Latency);
                    self.slow(callee, mass, &trail);
                }
            }
        }
    }

    /// A service's own work takes longer: nothing further down explains it.
    pub(crate) fn own(&mut self, service: ServiceId, mass: f64, trail: &Trail) {
        self.settle(Cause::Service(service), Some(Kind::SlowService), mass, trail);
    }

    /// What grew in the mean time of a visit, in nanoseconds.
    fn parts_of(&self, service: ServiceId) -> Vec<(Part, f64)> {
        let work = self.census.work(service);
        let (before, after) = (work.before.visits, work.after.visits);
        if before == 0 || after == 0 {
            return Vec::new();
        }
        let per = |ns: u64, count: u64| if count == 0 { 0.0 } else { ns as f64 / count as f64 };
        let mut parts = vec![(Part::Own, per(work.after.own_ns, after) - per(work.before.own_ns, before))];
        for (pool, usage) in &self.census.usage {
            if self.model.pools[pool.0 as usize].0 == service && !self.census.pool_of_call.contains_key(pool) {
                let grown = per(usage.after.wait_ns, after) - per(usage.before.wait_ns, before);
                parts.push((Part::Pool(*pool), grown));
            }
        }
        for callee in self.census.callees(service) {
            let traffic = self.census.traffic(service, callee);
            let calls = (per(traffic.before.calls, before), per(traffic.after.calls, after));
            // A call costs what all who wait for it wait.
            let paid = |side: Traffic| per(side.ns + side.shared_ns, side.calls);
            let cost = (paid(traffic.before), paid(traffic.after));
            let parts_of_call = split(calls, cost);
            let gap_share = gap_share(traffic, cost.1 - cost.0);
            parts.push((Part::More(callee), parts_of_call.by_calls));
            parts.push((Part::Dearer(callee), parts_of_call.by_cost * (1.0 - gap_share)));
            parts.push((Part::Gap(callee), parts_of_call.by_cost * gap_share));
        }
        parts.retain(|(_, grown)| *grown > 0.0);
        parts
    }

    /// Why is a bounded resource waited for?
    pub(crate) fn pool(&mut self, pool: PoolId, mass: f64, trail: &Trail) {
        let owner = self.model.pools[pool.0 as usize].0;
        let trail = trail.at(Station::Pool(pool));
        let state = self.pools.get(&pool).copied().unwrap_or_default();
        if state.was_cut() {
            return self.settle(Cause::Pool(pool), Some(Kind::CapacityReduced), mass, &trail);
        }
        let Some(trail) = trail.ask(Question::Pool(pool)).filter(|_| !is_negligible(mass)) else {
            return self.settle(Cause::Pool(pool), None, mass, &trail);
        };
        if let Some(callee) = self.census.pool_of_call.get(&pool).copied() {
            return self.pool_of_calls(owner, callee, pool, mass, &trail);
        }
        let demand = self.demand(owner);
        let loads = demand.by_caller.iter().map(|(_, grown)| grown).sum::<f64>();
        // What was slow and has recovered is not what keeps the queue up now.
        let cost = if loads > 0.0 && !self.is_still_slow(owner) { 0.0 } else { demand.cost };
        if loads + cost < FLAT_WORK * demand.before {
            // Nobody brings more work and no use takes longer, and yet there is a wait: a holder keeps it.
            return self.settle(Cause::Service(owner), Some(Kind::Lock), mass, &trail);
        }
        for (heavy, mass) in Self::shares(mass, &[(true, cost), (false, loads)]) {
            if heavy {
                self.settle(Cause::Service(owner), Some(Kind::SlowService), mass, &trail);
                continue;
            }
            for (caller, mass) in Self::shares(mass, &demand.by_caller) {
                match caller {
                    Some(caller) => self.load(caller, owner, mass, &trail),
                    None => self.entry_load(owner, mass, &trail),
                }
            }
        }
    }

    /// A wait for a connection to another service: either calls take longer there, or there are more of them.
    fn pool_of_calls(&mut self, owner: ServiceId, callee: ServiceId, pool: PoolId, mass: f64, trail: &Trail) {
        let usage = self.census.usage.get(&pool).copied().unwrap_or_default();
        let seconds = (self.phases.seconds(super::Phase::Before), self.phases.seconds(super::Phase::After));
        let rate = (usage.before.waits as f64 / seconds.0, usage.after.waits as f64 / seconds.1);
        let per = |ns: u64, count: u64| if count == 0 { 0.0 } else { ns as f64 / count as f64 };
        let cost = (per(usage.before.use_ns, usage.before.used), per(usage.after.use_ns, usage.after.used));
        let grown = split(rate, cost);
        if grown.by_calls.max(0.0) + grown.by_cost.max(0.0) <= FLAT_WORK * rate.0 * cost.0 {
            return self.settle(Cause::Pool(pool), Some(Kind::Leak), mass, trail);
        }
        for (dearer, mass) in Self::shares(mass, &[(true, grown.by_cost), (false, grown.by_calls)]) {
            if dearer && (self.is_lossy(owner, callee) || self.is_silent(callee)) {
                // The connection is held by calls that show no far end.
                self.away(owner, callee, mass, trail);
            } else if dearer {
                // A connection is held on the way to the far end, too.
                let way = gap_share(self.census.traffic(owner, callee), cost.1 - cost.0);
                for (way, mass) in Self::shares(mass, &[(true, way), (false, 1.0 - way)]) {
                    if way {
                        self.gap(owner, callee, mass, trail);
                    } else {
                        let trail = trail.step(Cause::Service(callee), Cause::Service(owner), Effect::Latency);
                        self.slow(callee, mass, &trail);
                    }
                }
            } else {
                self.load(owner, callee, mass, trail);
            }
        }
    }

    /// How the work brought to a service grew: by caller in calls, and in cost per call. Work counts, not arrivals.
    fn demand(&self, service: ServiceId) -> Demand {
        let seconds = (self.phases.seconds(super::Phase::Before), self.phases.seconds(super::Phase::After));
        let per = |ns: u64, count: u64| if count == 0 { None } else { Some(ns as f64 / count as f64) };
        let mut demand = Demand::default();
        for caller in self.census.callers(service) {
            let traffic = self.census.traffic(caller, service);
            let rate = (traffic.before.calls as f64 / seconds.0, traffic.after.calls as f64 / seconds.1);
            let cost = Pair {
                before: per(traffic.before.use_ns, traffic.before.used),
                after: per(traffic.after.use_ns, traffic.after.used),
            };
            // A caller that was not there before brings calls; what they cost then is not known to have changed.
            let after = cost.after.or(cost.before).unwrap_or(0.0);
            let before = cost.before.filter(|_| traffic.before.used > 0).unwrap_or(after);
            let grown = split(rate, (before, after));
            demand.before += rate.0 * before;
            demand.by_caller.push((Some(caller), grown.by_calls.max(0.0)));
            demand.cost += if after > FLAT_USE * before { grown.by_cost.max(0.0) } else { 0.0 };
        }
        let work = self.census.work(service);
        let rate = (work.before.roots as f64 / seconds.0, work.after.roots as f64 / seconds.1);
        let cost = (
            per(work.before.own_ns, work.before.visits).unwrap_or(0.0),
            per(work.after.own_ns, work.after.visits).unwrap_or(0.0),
        );
        let grown = split(rate, cost);
        demand.before += rate.0 * cost.0;
        demand.by_caller.push((None, grown.by_calls.max(0.0)));
        demand.cost += if cost.1 > FLAT_USE * cost.0 { grown.by_cost.max(0.0) } else { 0.0 };
        demand
    }

    /// Whether the work of a service takes longer than before in the last part of the incident, too.
    pub(crate) fn is_still_slow(&self, service: ServiceId) -> bool {
        /// The last third: long enough for some uses, short enough that a trigger at the onset is over.
        const LAST: u64 = 3;
        let after = self.phases.after;
        let since = after.to_ns - (after.to_ns - after.from_ns) / LAST;
        let (mut sum, mut count) = (0.0, 0_u64);
        for visit in self.model.visits_of(service) {
            let row = self.model.row(*visit);
            if row.failure.is_none() && (since..after.to_ns).contains(&row.end) {
                sum += self.model.own_ns(*visit) as f64;
                count += 1;
            }
        }
        let before = self.census.work(service).before;
        let usual = before.own_ns as f64 / before.visits.max(1) as f64;
        count > 0 && sum / count as f64 > FLAT_USE * usual
    }

    /// Time between client and server span: the edge, or what all slow edges have in common.
    pub(crate) fn gap(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let trail = trail.at(Station::Gap(from, to));
        let cause = self.incidence(from, to, |walk, from, to| walk.gap_grew(from, to));
        let trail = trail.step(cause, Cause::Service(from), Effect::Latency);
        self.settle(cause, Some(Kind::NetworkSlow), mass, &trail);
    }

    /// One edge: the edge; all edges into a service, of several: the service; all out of one: that one.
    pub(crate) fn incidence(
        &self,
        from: ServiceId,
        to: ServiceId,
        is_bad: impl Fn(&Self, ServiceId, ServiceId) -> bool,
    ) -> Cause {
        let all = |edges: &[(ServiceId, ServiceId)]| edges.len() > 1 && edges.iter().all(|(a, b)| is_bad(self, *a, *b));
        let into: Vec<_> = self.census.callers(to).into_iter().map(|caller| (caller, to)).collect();
        let out: Vec<_> = self.census.callees(from).into_iter().map(|callee| (from, callee)).collect();
        if all(&into) {
            Cause::Service(to)
        } else if all(&out) {
            Cause::Service(from)
        } else {
            Cause::Edge(from, to)
        }
    }

    /// Whether the time between the spans of an edge at least doubled.
    fn gap_grew(&self, from: ServiceId, to: ServiceId) -> bool {
        const FACTOR: f64 = 2.0;
        let traffic = self.census.traffic(from, to);
        let per = |ns: u64, count: u64| if count == 0 { 0.0 } else { ns as f64 / count as f64 };
        per(traffic.after.gap_ns, traffic.after.calls) > FACTOR * per(traffic.before.gap_ns, traffic.before.calls)
    }

    /// A client span without its server span took the time: the far end where it never tells anything, the edge where
    /// it does otherwise.
    pub(crate) fn away(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let trail = trail.at(Station::Away(from, to));
        if self.is_silent(to) {
            let trail = trail.step(Cause::Service(to), Cause::Service(from), Effect::Latency);
            self.settle(Cause::Service(to), Some(Kind::SlowService), mass, &trail);
        } else if !self.is_lossy(from, to) {
            // Most calls are seen to arrive: the missing spans had not ended when the evidence was cut.
            self.slow(to, mass, &trail.step(Cause::Service(to), Cause::Service(from), Effect::Latency));
        } else {
            let cause = self.incidence(from, to, |walk, from, to| walk.is_lossy(from, to));
            let trail = trail.step(cause, Cause::Service(from), Effect::Error);
            self.settle(cause, Some(Kind::NetworkDrop), mass, &trail);
        }
    }

    /// Whether a service never records its own work.
    pub(crate) fn is_silent(&self, service: ServiceId) -> bool {
        self.model.calls_to(service).all(|call| call.server == NONE)
    }

    /// Whether most calls of an edge that should have been seen to arrive were not.
    pub(crate) fn is_lossy(&self, from: ServiceId, to: ServiceId) -> bool {
        self.census.traffic(from, to).after.is_lossy()
    }
}

/// How much of what calls cost more is lost between the spans of both ends.
fn gap_share(traffic: Pair<Traffic>, grown: f64) -> f64 {
    let per = |ns: u64, count: u64| if count == 0 { 0.0 } else { ns as f64 / count as f64 };
    let gap = (per(traffic.before.gap_ns, traffic.before.calls), per(traffic.after.gap_ns, traffic.after.calls));
    ((gap.1 - gap.0) / grown.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
}

/// Growth of work a second at a service, in nanoseconds of use.
#[derive(Default)]
struct Demand {
    /// None: work that no caller is known for.
    by_caller: Vec<(Option<ServiceId>, f64)>,
    cost: f64,
    before: f64,
}
