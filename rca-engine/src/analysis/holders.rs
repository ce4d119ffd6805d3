//! What the holders of a connection wait for themselves: a wait for a holder that queues elsewhere counts there.

use std::collections::BTreeMap;

use crate::canonical::{Model, PoolId, ServiceId};

use super::accounting::{Paths, Station, account};
use super::census::{Census, Phase, Phases};
use super::seeds::Excess;

/// At most so many uses of a resource are looked at, evenly over time: a share is known to three hundredths then.
const MAX_USES: usize = 1_000;
/// Holders may hold what others hold; a longer chain than this is a cycle.
const MAX_CHAIN: usize = 8;

/// Of each resource that calls are made with: which share of its use after the onset is waiting for which other one.
///
/// Only outgoing spans tell: they hold a connection for the time of a call. What a server waits for before its own
/// work is given back before it calls anybody.
fn shares(model: &Model<'_>, phases: &Phases) -> BTreeMap<PoolId, BTreeMap<PoolId, f64>> {
    let mut uses: BTreeMap<PoolId, Vec<u32>> = BTreeMap::new();
    for (index, row) in (0_u32..).zip(&model.rows) {
        let used = row.is_outgoing() && !model.children(index).is_empty();
        if let Some(wait) = row.wait.filter(|_| used && phases.of(row.start) == Some(Phase::After)) {
            uses.entry(wait.pool).or_default().push(index);
        }
    }
    let share = |(pool, rows): (PoolId, Vec<u32>)| {
        let (mut used_ns, mut waited_ns) = (0, BTreeMap::<PoolId, u64>::new());
        for row in rows.iter().step_by(rows.len().div_ceil(MAX_USES)) {
            for ((_, station), part) in account(model, *row, &mut Paths::default()) {
                match station {
                    Station::Pool(own) if own == pool => continue,
                    Station::Pool(other) => *waited_ns.entry(other).or_default() += part.ns,
                    Station::Own(_)
                    | Station::Gap(..)
                    | Station::Away(..)
                    | Station::Shared(_)
                    | Station::Queue(..) => {}
                }
                used_ns += part.ns;
            }
        }
        let of_use = |ns: u64| ns as f64 / (used_ns.max(1)) as f64;
        (pool, waited_ns.into_iter().map(|(other, ns)| (other, of_use(ns))).collect())
    };
    uses.into_iter().map(share).collect()
}

/// The excess by station, with calls that show no far end counted where the far end was seen at work meanwhile: a
/// server that is still busy when the evidence ends has no span yet. Calls that get lost stay where they are. Who waited
/// for what another request had begun waited where such work was seen to.
pub(crate) fn settled(excess: &Excess, census: &Census) -> BTreeMap<Station, f64> {
    let mut settled: BTreeMap<Station, f64> =
        excess.by_station().into_iter().map(|(station, mean)| (station, mean.excess())).collect();
    let away: Vec<(Station, f64)> = settled.iter().map(|(station, ns)| (*station, *ns)).collect();
    for (station, ns) in away {
        let service = match station {
            Station::Away(from, to) => {
                let after = census.traffic(from, to).after;
                if after.used == 0 || after.is_lossy() {
                    continue;
                }
                to
            }
            Station::Shared(service) => service,
            Station::Own(_) | Station::Pool(_) | Station::Gap(..) | Station::Queue(..) => continue,
        };
        if ns <= 0.0 {
            continue;
        }
        let seen = below(excess, service);
        let all: f64 = seen.values().sum();
        if all > 0.0 {
            settled.insert(station, 0.0);
            for (at, part) in seen {
                *settled.entry(at).or_default() += ns * part / all;
            }
        }
    }
    settled
}

/// What was added at a service and behind it, where it is seen.
pub(crate) fn below(excess: &Excess, service: ServiceId) -> BTreeMap<Station, f64> {
    let mut seen: BTreeMap<Station, f64> = BTreeMap::new();
    for ((path, station), mean) in &excess.stations {
        let is_seen = !matches!(station, Station::Away(..) | Station::Shared(_))
            && excess.paths.services(*path).contains(&service);
        if is_seen && mean.excess() > 0.0 {
            *seen.entry(*station).or_default() += mean.excess();
        }
    }
    seen
}

/// Moves the excess of each resource's wait to where its holders waited meanwhile; what they did stays with it.
pub(crate) fn pass_on(
    model: &Model<'_>,
    phases: &Phases,
    mut excess: BTreeMap<Station, f64>,
) -> BTreeMap<Station, f64> {
    let shares = shares(model, phases);
    // What a resource received in the last round is passed on in the next one: each nanosecond once a link.
    let mut fresh = excess.clone();
    for _ in 0..MAX_CHAIN {
        let mut received: BTreeMap<Station, f64> = BTreeMap::new();
        for (pool, others) in &shares {
            let held = fresh.get(&Station::Pool(*pool)).copied().unwrap_or(0.0).max(0.0);
            for (other, share) in others {
                *excess.entry(Station::Pool(*pool)).or_default() -= held * share;
                *excess.entry(Station::Pool(*other)).or_default() += held * share;
                *received.entry(Station::Pool(*other)).or_default() += held * share;
            }
        }
        fresh = received;
    }
    excess
}
