//! What would have been without a cause: its own factor is put back to the baseline, and breaching requests that return
//! under the threshold are counted.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::canonical::{Model, NONE, PoolId, ServiceId, mix};
use crate::vocabulary::{Effect, Kind};

use super::accounting::Station;
use super::census::{Census, Phase, Phases};
use super::holders::below;
use super::mode_change::retried;
use super::pools::PoolState;
use super::requests::Requests;
use super::seeds::Excess;
use super::statistics::most_at_once;
use super::tracks::inside;
use super::walk::{Cause, Leaf};

/// Visits replayed at one resource; beyond it the answer is not known.
const MAX_REPLAYED: usize = 200_000;
/// Steps and stations that carry less than this share of a cause's damage are left as they are.
const MIN_SHARE: f64 = 0.2;

/// Everything a counterfactual reads.
pub(crate) struct World<'a> {
    pub(crate) model: &'a Model<'a>,
    pub(crate) requests: &'a Requests,
    pub(crate) excess: &'a Excess,
    pub(crate) census: &'a Census,
    pub(crate) pools: &'a BTreeMap<PoolId, PoolState>,
    pub(crate) phases: Phases,
}

impl World<'_> {
    /// Share of breaching requests that return under the threshold without the causes, all of them together; none where
    /// that cannot be told.
    pub(crate) fn without(&self, causes: &[(Cause, &Leaf)]) -> Option<f64> {
        let threshold = self.requests.threshold_ns?;
        if self.excess.breaching.is_empty() {
            return None;
        }
        let relieved = self.relieved(causes)?;
        let own: BTreeSet<Station> = causes.iter().flat_map(|(cause, leaf)| self.own_stations(*cause, leaf)).collect();
        let unseen = self.unseen(&own, &relieved);
        let returned = self.excess.breaching.iter().filter(|(request, parts)| {
            let trace = self.model.row(request.row).trace_id;
            let saved: f64 = parts
                .iter()
                .map(|((path, station), part)| {
                    let ns = part.ns as f64;
                    if own.contains(station) {
                        // Put back to the baseline's mean for this chain.
                        let usual = self.excess.stations.get(&(*path, *station)).map_or(0.0, |mean| mean.ns.0);
                        return (ns - usual).max(0.0);
                    }
                    if let Station::Shared(service) = station {
                        return ns * unseen.get(service).copied().unwrap_or(0.0);
                    }
                    let factor =
                        relieved.iter().find(|r| r.covers(self.model, *station)).and_then(|r| r.saved.get(&trace));
                    factor.map_or(0.0, |saved| ns * saved)
                })
                .sum();
            (request.duration as f64 - saved) <= threshold as f64
        });
        Some(returned.count() as f64 / self.excess.breaching.len() as f64)
    }

    /// What requests save of the time that they wait for work of others that was not recorded, by service: the share that
    /// is saved of what such work was seen to take.
    fn unseen(&self, own: &BTreeSet<Station>, relieved: &[Relief]) -> BTreeMap<ServiceId, f64> {
        let services = self.excess.stations.keys().filter_map(|(_, station)| match station {
            Station::Shared(service) => Some(*service),
            _ => None,
        });
        let saved = |service: ServiceId| {
            let seen = below(self.excess, service);
            let all: f64 = seen.values().sum();
            let share = |station: &Station| match own.contains(station) {
                true => 1.0,
                false => relieved.iter().find(|r| r.covers(self.model, *station)).map_or(0.0, Relief::mean),
            };
            let saved: f64 = seen.iter().map(|(station, ns)| ns * share(station)).sum();
            (service, if all > 0.0 { saved / all } else { 0.0 })
        };
        services.collect::<BTreeSet<_>>().into_iter().map(saved).collect()
    }

    /// The stations that are the cause itself.
    fn own_stations(&self, cause: Cause, leaf: &Leaf) -> Vec<Station> {
        let all = self.excess.stations.keys().map(|(_, station)| *station);
        all.filter(|station| match (cause, station) {
            (Cause::Service(service), Station::Own(owner)) => service == *owner,
            // A wait is a cause's own where it holds what others wait for, not where others crowd it.
            (Cause::Service(service), Station::Pool(pool)) => {
                self.model.pools[pool.0 as usize].0 == service && leaf.kinds.contains_key(&Kind::Lock)
            }
            (Cause::Pool(cause), Station::Pool(pool)) => {
                cause == *pool && self.pools.get(pool).is_some_and(PoolState::was_cut)
            }
            (Cause::Edge(a, b), Station::Gap(from, to) | Station::Away(from, to)) => (a, b) == (*from, *to),
            (Cause::Queue(a, b), Station::Queue(from, to)) => (a, b) == (*from, *to),
            _ => false,
        })
        .collect()
    }

    /// What is saved at every service to which the causes brought load.
    fn relieved(&self, causes: &[(Cause, &Leaf)]) -> Option<Vec<Relief>> {
        // By service and caller, none for work that nobody asked for: the share of the calls that stays.
        let mut kept: BTreeMap<ServiceId, BTreeMap<Option<ServiceId>, f64>> = BTreeMap::new();
        let mut repeated: BTreeSet<u32> = BTreeSet::new();
        for (cause, leaf) in causes {
            if let Cause::Retry(service) = cause {
                repeated.extend(retried(self.model, *service));
            }
            for ((from, to, effect), mass) in &leaf.steps {
                // Load on the cause itself is brought by others.
                if *mass < MIN_SHARE * leaf.mass || *effect != Effect::Load || cause == to {
                    continue;
                }
                let (caller, Cause::Service(to)) = (from, to) else { continue };
                let callers = kept.entry(*to).or_default();
                match (cause, caller) {
                    // Without retries exactly the repeated calls are gone.
                    (Cause::Retry(_), _) => {}
                    (_, Cause::Service(from)) => {
                        callers.insert(Some(*from), self.share_kept(*from, *to));
                    }
                    (_, Cause::Workload) => {
                        callers.insert(None, self.roots_kept(*to));
                    }
                    _ => {}
                }
            }
        }
        // A service that is slow crowds its own resource: with uses as short as before the queue would be another.
        let mut shorter: BTreeMap<ServiceId, f64> = BTreeMap::new();
        for (cause, leaf) in causes {
            if let Cause::Service(service) = cause
                && leaf.kinds.contains_key(&Kind::SlowService)
            {
                shorter.insert(*service, self.usual_cost(*service));
                kept.entry(*service).or_default();
            }
        }
        kept.into_iter()
            .filter(|(service, _)| self.pool_of(*service).is_some() || !shorter.contains_key(service))
            .map(|(service, callers)| {
                let cost = shorter.get(&service).copied().unwrap_or(1.0);
                // Which calls would not be there is drawn from their span ids.
                self.replay(service, cost, |visit| {
                    let row = self.model.row(visit);
                    let caller = (row.parent != NONE).then(|| self.model.row(row.parent).service);
                    let share = callers.get(&caller).copied().unwrap_or(1.0);
                    !repeated.contains(&visit) && mix(row.span_id) as f64 <= share * u64::MAX as f64
                })
            })
            .collect()
    }

    /// What a service's own work took before, as a share of what it takes now; never more than all.
    fn usual_cost(&self, service: ServiceId) -> f64 {
        let work = self.census.work(service);
        let mean = |ns: u64, visits: u64| ns as f64 / visits.max(1) as f64;
        let (before, after) =
            (mean(work.before.own_ns, work.before.visits), mean(work.after.own_ns, work.after.visits));
        if after > 0.0 { (before / after).min(1.0) } else { 1.0 }
    }

    /// The resource of a service whose wait grew most.
    fn pool_of(&self, service: ServiceId) -> Option<(PoolId, &PoolState)> {
        let pools = self.pools.iter().filter(|(pool, _)| self.model.pools[pool.0 as usize].0 == service);
        let most = pools.max_by(|(_, a), (_, b)| a.added_wait_s().total_cmp(&b.added_wait_s()));
        most.map(|(pool, state)| (*pool, state))
    }

    /// The share of a caller's calls that would be there at the baseline's rate.
    fn share_kept(&self, from: ServiceId, to: ServiceId) -> f64 {
        let traffic = self.census.traffic(from, to);
        self.at_usual_rate(traffic.before.calls, traffic.after.calls)
    }

    /// The share of the visits without a caller that would be there at the baseline's rate.
    fn roots_kept(&self, service: ServiceId) -> f64 {
        let work = self.census.work(service);
        self.at_usual_rate(work.before.roots, work.after.roots)
    }

    fn at_usual_rate(&self, before: u64, after: u64) -> f64 {
        let usual = before as f64 / self.phases.seconds(Phase::Before);
        let now = after as f64 / self.phases.seconds(Phase::After);
        (usual / now.max(f64::MIN_POSITIVE)).clamp(0.0, 1.0)
    }

    /// Replays the observed arrivals of a service through its bounded resource, first come first served, without the
    /// visits that are not kept, each use taking the given share of what it took.
    fn replay(&self, service: ServiceId, cost: f64, is_kept: impl Fn(u32) -> bool) -> Option<Relief> {
        let model = self.model;
        let (pool, state) = self.pool_of(service)?;
        let mut visits: Vec<(u64, u32)> = model
            .visits_of(service)
            .iter()
            .filter(|visit| inside(model.windows.incident, model.row(**visit).start))
            .map(|visit| (model.row(*visit).start, *visit))
            .collect();
        if visits.is_empty() || visits.len() > MAX_REPLAYED {
            return None;
        }
        visits.sort_unstable();
        let usual = state.use_s.map_or(0.0, |use_s| use_s.after) * 1e9;
        let times: Vec<(u64, u64, u64)> = visits
            .iter()
            .map(|(_, visit)| {
                let (row, time) = (model.row(*visit), model.visit_time(*visit));
                let waited = time.waits.iter().filter(|(waited, _)| *waited == pool).map(|(_, ns)| *ns).sum::<u64>();
                let used = if row.failure.is_some() { usual as u64 } else { row.duration().saturating_sub(waited) };
                (row.start, waited, used)
            })
            .collect();
        let observed = || {
            let uses = times.iter().map(|(start, waited, used)| (start + waited, start + waited + used));
            usize::try_from(most_at_once(uses)).unwrap_or(1).max(1)
        };
        let servers = state.room().map_or_else(observed, |room| room.after.max(1.0) as usize);
        let mut free: BinaryHeap<Reverse<u64>> = (0..servers.clamp(1, visits.len())).map(|_| Reverse(0)).collect();
        let mut by_trace: BTreeMap<u128, (u64, u64)> = BTreeMap::new();
        for ((start, visit), (_, waited, used)) in visits.iter().zip(&times) {
            let row = model.row(*visit);
            let (all, saved) = by_trace.entry(row.trace_id).or_default();
            *all += waited + used;
            if !is_kept(*visit) {
                *saved += waited + used;
                continue;
            }
            let Reverse(ready) = free.pop()?;
            let begins = ready.max(*start);
            let takes = (*used as f64 * cost) as u64;
            *saved += waited.saturating_sub(begins - start) + (used - takes.min(*used));
            free.push(Reverse(begins + takes));
        }
        let share = |(all, saved): (u64, u64)| if all == 0 { 0.0 } else { saved as f64 / all as f64 };
        let saved = by_trace.into_iter().map(|(trace, sums)| (trace, share(sums))).collect();
        Some(Relief { service, saved })
    }
}

/// What a trace saves of the time it spends at a service.
struct Relief {
    service: ServiceId,
    /// Share of the time by trace.
    saved: BTreeMap<u128, f64>,
}

impl Relief {
    /// The share that a trace saves in the mean.
    fn mean(&self) -> f64 {
        self.saved.values().sum::<f64>() / self.saved.len().max(1) as f64
    }

    /// Time at the service, or waiting in front of it for one of its callers' connections.
    fn covers(&self, model: &Model<'_>, station: Station) -> bool {
        match station {
            Station::Own(service) | Station::Away(_, service) => service == self.service,
            // A caller's connections are held by its calls: they are free again when those are short.
            Station::Pool(pool) => {
                let owner = model.pools[pool.0 as usize].0;
                owner == self.service || model.edges.contains(&(owner, self.service))
            }
            Station::Gap(..) | Station::Shared(_) | Station::Queue(..) => false,
        }
    }
}
