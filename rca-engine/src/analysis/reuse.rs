//! Why more visits of a service need a call that most did without: what it keeps is of no use, or the work is new.
//!
//! A service that answers most visits by itself and asks another for the rest keeps what it was told. Whether it asks
//! again for what it has just asked for tells the two apart: if it does, what it keeps is of no use; if the items are
//! ones that nobody had asked for, the work has changed and the service has not.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::Symbol;
use crate::vocabulary::Kind;

use super::census::{Pair, Phase, Phases};
use super::keys;
use super::statistics::{SIGNIFICANT_G, g_of_shares, share, share_rose};

/// The cause of a wider reach.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// Items that had not been asked for before.
    NewWork,
    /// The service itself.
    Service(Option<Kind>),
}

/// One visit of the service that is asked about.
struct Visit {
    start: u64,
    row: u32,
    key: Option<u64>,
    /// It called the other service.
    asked: bool,
    /// It was answered.
    answered: bool,
}

/// How often items were asked for again, and how often they were new, among all visits.
#[derive(Debug, Default)]
struct Counts {
    visits: Pair<u64>,
    /// Visits about an item that had been fetched before.
    known: Pair<u64>,
    /// Of those, fetched again.
    again: Pair<u64>,
    /// Visits about an item never seen that were fetched.
    new: Pair<u64>,
    /// Visits about an item never seen, and all: in the later half of the baseline, and after the onset.
    unseen: Pair<(u64, u64)>,
}

impl Counts {
    /// Whether more of the visits than before are about items never seen. Even where nothing changes, items are seen for
    /// the first time, and more of them where traces are a sample; but ever fewer, so that a rise has its reason.
    fn is_new(&self) -> bool {
        let Pair { before, after } = self.unseen;
        share(after.0, after.1) > share(before.0, before.1) && g_of_shares(before, after) >= SIGNIFICANT_G
    }
}

/// Decides between the service and its work.
pub(crate) fn why_more_reach(model: &Model<'_>, phases: &Phases, from: ServiceId, to: ServiceId) -> Reach {
    let attributes = keys::attributes(model, from);
    let visits = visits(model, from, to, attributes.key);
    if attributes.key.is_none() {
        return Reach::Service(outcome_kind(model, phases, &visits, &attributes.classes));
    }
    let counts = count(phases, &visits);
    let rate = |part: u64, whole: u64| share(part, whole);
    let again = rate(counts.again.after, counts.visits.after) - rate(counts.again.before, counts.visits.before);
    let new = rate(counts.new.after, counts.visits.after) - rate(counts.new.before, counts.visits.before);
    let is_again = share_rose((counts.again.before, counts.known.before), (counts.again.after, counts.known.after));
    if new > again && !is_again && counts.is_new() {
        return Reach::NewWork;
    }
    let kind = outcome_kind(model, phases, &visits, &attributes.classes);
    Reach::Service(
        kind.or_else(|| (is_again && !instances_changed(model, phases, from)).then_some(Kind::WrongKey))
            .or_else(|| instances_changed(model, phases, from).then_some(Kind::Restart)),
    )
}

fn visits(model: &Model<'_>, from: ServiceId, to: ServiceId, key: Option<Symbol>) -> Vec<Visit> {
    let mut visits: Vec<Visit> = model
        .visits_of(from)
        .iter()
        .map(|visit| {
            let mut calls = model.calls_of(*visit).iter().filter(|call| call.to == to).peekable();
            let asked = calls.peek().is_some();
            Visit {
                start: model.row(*visit).start,
                row: *visit,
                key: key.and_then(|key| keys::of_visit(model, *visit, key)),
                asked,
                answered: calls.any(|call| call.failure.is_none()),
            }
        })
        .collect();
    visits.sort_by_key(|visit| (visit.start, visit.row));
    visits
}

fn count(phases: &Phases, visits: &[Visit]) -> Counts {
    let mut counts = Counts::default();
    // Item: whether it has been fetched.
    let mut items: BTreeMap<u64, bool> = BTreeMap::new();
    let later = phases.before.from_ns.midpoint(phases.before.to_ns);
    for visit in visits {
        let Some(key) = visit.key else { continue };
        let seen = items.get(&key).copied();
        if let Some(phase) = phases.of(visit.start) {
            *counts.visits.at(phase) += 1;
            if phase == Phase::After || visit.start >= later {
                let unseen = counts.unseen.at(phase);
                *unseen = (unseen.0 + u64::from(seen.is_none()), unseen.1 + 1);
            }
            match seen {
                Some(true) => {
                    *counts.known.at(phase) += 1;
                    *counts.again.at(phase) += u64::from(visit.asked);
                }
                None => *counts.new.at(phase) += u64::from(visit.asked),
                Some(false) => {}
            }
        }
        *items.entry(key).or_default() |= visit.answered;
    }
    counts
}

/// What a class attribute says about the visits that asked: an outcome that used to be rare among them, or to need no
/// call, is not the ordinary one. What is kept then is there and cannot be used.
fn outcome_kind(model: &Model<'_>, phases: &Phases, visits: &[Visit], classes: &[Symbol]) -> Option<Kind> {
    classes
        .iter()
        .any(|class| {
            let mut values: BTreeMap<u64, Pair<u64>> = BTreeMap::new();
            for visit in visits.iter().filter(|visit| visit.asked) {
                if let (Some(phase), Some(value)) = (phases.of(visit.start), keys::of_visit(model, visit.row, *class)) {
                    *values.entry(value).or_default().at(phase) += 1;
                }
            }
            let total = values.values().fold((0, 0), |sum, pair| (sum.0 + pair.before, sum.1 + pair.after));
            let usual = values.values().max_by_key(|pair| pair.before).copied().unwrap_or_default();
            let now = values.values().max_by_key(|pair| pair.after).copied().unwrap_or_default();
            // The usual outcome covered most before; another one covers most now.
            usual.before * 2 > total.0
                && now.after * 2 > total.1
                && share_rose((now.before, total.0), (now.after, total.1))
        })
        .then_some(Kind::BadFormat)
}

/// Whether the service runs in instances that were not there before.
pub(crate) fn instances_changed(model: &Model<'_>, phases: &Phases, service: ServiceId) -> bool {
    let mut seen: Pair<Vec<Symbol>> = Pair { before: Vec::new(), after: Vec::new() };
    for visit in model.visits_of(service) {
        let row = model.row(*visit);
        if let (Some(phase), Some(instance)) = (phases.of(row.start), row.instance) {
            let known = seen.at(phase);
            if !known.contains(&instance) {
                known.push(instance);
            }
        }
    }
    let Pair { before, after } = seen;
    after.iter().any(|instance| !before.contains(instance))
}
