//! What kind of fault makes a service fail by itself, told by which of its visits fail.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::vocabulary::Kind;

use super::census::{Phase, Phases};
use super::keys;
use super::statistics::share;

/// A service that keeps things answers at least this share of visits without asking anybody, and at least this share
/// by asking.
const MIN_SHARE: f64 = 0.01;
/// Failing this much more often from what is kept than from what was just fetched is not by chance.
const CONTRAST: f64 = 4.0;
/// With fewer visits on a side nothing can be told apart.
const MIN_VISITS: u64 = 5;
/// An item fails always when it fails this often, and never when it fails less than the rest of 1.
const ALWAYS: f64 = 0.9;

/// Which visits fail decides: those answered from what is kept, those about a few items, or any.
pub(crate) fn of(model: &Model<'_>, phases: &Phases, service: ServiceId) -> Kind {
    let of = |phase: Phase| -> Vec<(u32, bool, bool)> {
        model
            .visits_of(service)
            .iter()
            .filter(|visit| phases.of(model.row(**visit).start) == Some(phase))
            .map(|visit| {
                let asks = model.awaited_calls(*visit).next().is_some();
                (*visit, asks, model.fails_by_itself(*visit))
            })
            .collect()
    };
    let (before, visits) = (of(Phase::Before), of(Phase::After));
    let side = |visits: &[(u32, bool, bool)], asked: bool| {
        let of_side = visits.iter().filter(move |(_, asks, _)| *asks == asked);
        (of_side.clone().filter(|(_, _, own)| *own).count() as u64, of_side.count() as u64)
    };
    // It used to answer some visits by itself and some by asking.
    let (by_itself, by_asking) = (side(&before, false), side(&before, true));
    let all = by_itself.1 + by_asking.1;
    let keeps = share(by_asking.1, all) >= MIN_SHARE && share(by_itself.1 - by_itself.0, all) >= MIN_SHARE;
    let (kept, fetched) = (side(&visits, false), side(&visits, true));
    let enough = fetched.1 >= MIN_VISITS && kept.1 >= MIN_VISITS;
    if keeps
        && enough
        && share(kept.0, kept.1) > CONTRAST * share(fetched.0, fetched.1)
        && asks_as_before((by_asking.1, all), &settled(model, phases, service, &visits))
    {
        return Kind::BadFormat;
    }
    if is_about_items(model, service, &visits) { Kind::BadInput } else { Kind::CodeException }
}

/// The visits that began so early that even the longest would have ended before the evidence does: who asks others takes
/// longer, so among the last ones those that ask are not seen.
fn settled(
    model: &Model<'_>,
    phases: &Phases,
    service: ServiceId,
    visits: &[(u32, bool, bool)],
) -> Vec<(u32, bool, bool)> {
    let longest = model.visits_of(service).iter().map(|visit| model.row(*visit).duration()).max().unwrap_or(0);
    let ended = |visit: u32| model.row(visit).start.saturating_add(longest) < phases.after.to_ns;
    visits.iter().filter(|(visit, _, _)| ended(*visit)).copied().collect()
}

/// Whether visits ask others as often as before. What fails before it comes to asking takes its share of those that
/// would have asked; what fails over something that is kept leaves them alone. The nearer of the two is true.
fn asks_as_before(before: (u64, u64), visits: &[(u32, bool, bool)]) -> bool {
    let all = visits.len() as u64;
    let count = |is: fn(&(u32, bool, bool)) -> bool| visits.iter().filter(|visit| is(visit)).count() as u64;
    let (asking, failing) = (count(|(_, asks, _)| *asks), count(|(_, _, fails)| *fails));
    let expected = share(before.0, before.1) * (1.0 - share(failing, all) / 2.0);
    // With few visits left nothing speaks against it.
    expected * (all as f64) < MIN_VISITS as f64 || share(asking, all) > expected
}

/// Whether a minority of items fails always and the others never.
fn is_about_items(model: &Model<'_>, service: ServiceId, visits: &[(u32, bool, bool)]) -> bool {
    let Some(key) = keys::attributes(model, service).key else { return false };
    let mut items: BTreeMap<u64, (u64, u64)> = BTreeMap::new();
    for (visit, _, own) in visits {
        if let Some(item) = keys::of_visit(model, *visit, key) {
            let counts = items.entry(item).or_default();
            counts.0 += u64::from(*own);
            counts.1 += 1;
        }
    }
    let bad = items.values().filter(|(failed, all)| share(*failed, *all) >= ALWAYS).count();
    let mixed = items.values().filter(|(f, all)| *f > 0 && share(*f, *all) < ALWAYS).count();
    bad > 0 && bad * 2 < items.len() && mixed <= bad / 10
}
