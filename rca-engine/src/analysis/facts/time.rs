//! Facts about where the time went, and about bounded resources.

use crate::analysis::accounting::Station;
use crate::analysis::census::Pair;
use crate::analysis::findings::Findings;
use crate::analysis::pools::PoolState;
use crate::analysis::roles::cause_of;
use crate::analysis::seeds::Mean;
use crate::analysis::tracks::{Quantity, Tracks};
use crate::analysis::walk::Cause;
use crate::analysis::wording::{from_to, nanos, percent, three};
use crate::canonical::{PoolId, ServiceId};

use super::{Fact, Found, in_traces, order};

/// Parts of the excess below this share are not worth a line.
const MIN_EXCESS: f64 = 0.03;
/// A mean that moved by less than this factor is flat.
const FLAT: f64 = 1.2;
/// Waits that grew by less than a millisecond are scheduling.
const MIN_WAIT_NS: f64 = 1e6;

pub(super) fn add(findings: &Findings<'_>, facts: &mut Vec<Fact>) {
    let total = findings.excess.total();
    let count = findings.excess.breaching.len();
    if total > 0.0 && count > 0 && !findings.about_failures {
        for (station, mean) in findings.excess.by_station() {
            if mean.excess() >= MIN_EXCESS * total {
                facts.push(excess(findings, station, mean, total, count));
            }
        }
    }
    for (pool, state) in &findings.pools {
        facts.extend(pool_fact(findings, *pool, state));
    }
    for service in findings.model.service_ids() {
        facts.extend(own_work(findings, service));
    }
}

fn excess(findings: &Findings<'_>, station: Station, mean: Mean, total: f64, count: usize) -> Fact {
    let cause = cause_of(station);
    let share = mean.excess() / total;
    let text = format!(
        "a breaching request spends {} {}: {} of what was added (n = {}, {count})",
        from_to(&nanos(mean.ns.0), &nanos(mean.ns.1)),
        place(findings, station),
        percent(share.min(1.0)),
        findings.excess.normal,
    );
    let at_ns = quantity(station)
        .and_then(|quantity| findings.tracks.movement(quantity))
        .map_or_else(|| findings.onset_ns(), |moved| moved.onset_ns);
    let example = findings
        .excess
        .breaching
        .iter()
        .max_by_key(|(request, parts)| {
            let spent: u64 = parts.iter().filter(|((_, at), _)| *at == station).map(|(_, part)| part.ns).sum();
            (spent, request.row)
        })
        .map(|(request, _)| request.row);
    Fact {
        found: Found::Time,
        at_ns,
        text,
        reference: in_traces(findings, example),
        supports: Vec::new(),
        against: Vec::new(),
        change: None,
        weight: 0.6 + 0.3 * share.min(1.0),
        order: order(cause),
    }
}

/// A station in words.
pub(crate) fn place(findings: &Findings<'_>, station: Station) -> String {
    let name = |service: ServiceId| findings.model.name(service);
    match station {
        Station::Own(service) => format!("in the own work of {}", name(service)),
        Station::Pool(pool) => format!("waiting for {}", pool_name(findings, pool)),
        Station::Gap(from, to) => format!("between {} and {}", name(from), name(to)),
        Station::Away(from, to) => format!("in calls of {} to {} that show no far end", name(from), name(to)),
        Station::Shared(service) => format!("waiting at {} for what another request had asked for", name(service)),
        Station::Queue(from, to) => format!("queued between {} and {}", name(from), name(to)),
    }
}

fn pool_name(findings: &Findings<'_>, pool: PoolId) -> String {
    let (owner, name) = &findings.model.pools[pool.0 as usize];
    format!("{}/{name}", findings.model.name(*owner))
}

fn quantity(station: Station) -> Option<Quantity> {
    match station {
        Station::Own(service) => Some(Quantity::Own(service)),
        Station::Pool(pool) => Some(Quantity::Wait(pool)),
        Station::Gap(from, to) => Some(Quantity::Gap(from, to)),
        Station::Away(..) | Station::Shared(_) | Station::Queue(..) => None,
    }
}

/// What a bounded resource tells: a longer wait with a flat use time is a crowd, not a slow resource.
fn pool_fact(findings: &Findings<'_>, pool: PoolId, state: &PoolState) -> Option<Fact> {
    let moved = findings.tracks.movement(Quantity::Wait(pool)).filter(Tracks::deviates);
    let crowded = moved.is_some_and(|moved| moved.after - moved.before >= MIN_WAIT_NS);
    if !crowded && !state.was_cut() {
        return None;
    }
    let owner = findings.model.pools[pool.0 as usize].0;
    let seconds = |pair: Pair<f64>| from_to(&nanos(pair.before * 1e9), &nanos(pair.after * 1e9));
    let levels = |pair: Pair<f64>| from_to(&three(pair.before), &three(pair.after));
    let mut told = Vec::new();
    told.extend(state.wait_s.map(|wait| format!("wait {}", seconds(wait))));
    told.extend(state.use_s.map(|used| format!("use {}", seconds(used))));
    told.extend(state.in_use.map(|in_use| format!("in use {}", levels(in_use))));
    told.extend(state.limit.map(|limit| format!("limit {}", levels(limit))));
    told.extend(state.ceiling.map(|most| format!("at most {} at one time", levels(most))));
    told.extend(state.pending.map(|pending| format!("pending {}", levels(pending))));
    let flat = state.use_s.is_some_and(|used| used.after <= FLAT * used.before);
    let reading = match (state.was_cut(), flat) {
        (true, _) if state.limit.is_none() => "there is room for fewer at one time, and each takes as long as before",
        (true, _) => "its limit was cut",
        (false, true) => "each use takes as long as before: it is crowded, not slow",
        (false, false) => "each use takes longer",
    };
    let text = format!("{}: {}; {reading}", pool_name(findings, pool), told.join(", "));
    let (supports, against) = match (state.was_cut(), flat) {
        (true, _) => (vec![Cause::Pool(pool)], Vec::new()),
        (false, true) => (Vec::new(), vec![Cause::Service(owner), Cause::Pool(pool)]),
        // The use of a connection to another service is that service's time.
        (false, false) => match findings.census.pool_of_call.get(&pool) {
            Some(callee) => (vec![Cause::Service(*callee)], vec![Cause::Pool(pool)]),
            None => (vec![Cause::Service(owner)], Vec::new()),
        },
    };
    Some(Fact {
        found: Found::Load,
        at_ns: moved.map_or_else(|| findings.onset_ns(), |moved| moved.onset_ns),
        text,
        reference: in_traces(findings, None),
        supports,
        against,
        change: None,
        weight: 0.85,
        order: order(Cause::Pool(pool)),
    })
}

/// Own work that deviates, and own work that does not: both are evidence.
fn own_work(findings: &Findings<'_>, service: ServiceId) -> Option<Fact> {
    let moved = findings.tracks.movement(Quantity::Own(service))?;
    let rises = Tracks::deviates(&moved) && moved.after > moved.before;
    let flat = (1.0 / FLAT..=FLAT).contains(&(moved.after / moved.before.max(f64::MIN_POSITIVE)));
    if !rises && !flat {
        return None;
    }
    let name = findings.model.name(service);
    let means = from_to(&nanos(moved.before), &nanos(moved.after));
    let text = if rises {
        format!(
            "the own work of {name} takes longer: {means} a visit (n = {:.0}, {:.0})",
            moved.counts.0, moved.counts.1
        )
    } else {
        format!("the own work of {name} is flat: {means} a visit (n = {:.0}, {:.0})", moved.counts.0, moved.counts.1)
    };
    let cause = Cause::Service(service);
    Some(Fact {
        found: Found::Time,
        at_ns: if rises { moved.onset_ns } else { findings.onset_ns() },
        text,
        reference: in_traces(findings, None),
        supports: if rises { vec![cause] } else { Vec::new() },
        // Flat own work does not clear a service that fails or asks for more; it clears it of being slow.
        against: Vec::new(),
        change: None,
        weight: if rises { 0.65 } else { 0.3 },
        order: order(cause),
    })
}
