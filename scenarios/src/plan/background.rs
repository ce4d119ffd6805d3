//! Innocent changes: deploys and configurations at irregular times over the whole run, in healthy runs too.

use std::collections::BTreeSet;
use std::time::Duration;

use rca_engine::component::Component;

use super::{PlannedInjection, change_id};
use crate::draw;
use crate::lever::ChangeKind;
use crate::model::Lever;
use crate::topology::SERVICES;

/// How many changes a run has in all, guilty ones included: their number tells nothing.
const CHANGES: (usize, usize) = (3, 5);
/// At least this many are innocent.
const FEWEST_INNOCENT: usize = 2;
/// The first change comes after this: a service has to be up to be changed.
const FIRST: Duration = Duration::from_secs(1);

pub(super) fn changes(injections: &[PlannedInjection], end: Duration, seed: u64) -> Vec<PlannedInjection> {
    let own = injections.iter().filter(|injection| injection.change.is_some()).count();
    let (low, high) = CHANGES;
    let all = low + draw::index(seed, "changes", high - low + 1);
    let mut ids: BTreeSet<String> = injections.iter().map(|injection| injection.id.clone()).collect();
    let mut changes: Vec<_> =
        (0..all.saturating_sub(own).max(FEWEST_INNOCENT)).map(|n| change(n, injections, end, seed, &mut ids)).collect();
    changes.sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.id.cmp(&right.id)));
    changes
}

fn change(
    n: usize,
    injections: &[PlannedInjection],
    end: Duration,
    seed: u64,
    ids: &mut BTreeSet<String>,
) -> PlannedInjection {
    let at = draw::between(seed, &format!("change {n} at"), FIRST.as_secs_f64(), end.as_secs_f64());
    let at = Duration::from_secs_f64(at);
    let target = Component::service(SERVICES[draw::index(seed, &format!("change {n} on"), SERVICES.len())]);
    let deploys = draw::unit(seed, &format!("change {n} is")) < 0.5;
    // A build that came after the guilty one would take its name: whoever rolls out then changes settings instead.
    let covered = injections.iter().any(|injection| {
        injection.target.owner() == target.owner() && injection.at <= at && injection.change == Some(ChangeKind::Deploy)
    });
    let lever = if deploys && !covered { Lever::Deploy } else { Lever::Configure };
    let kind = lever.spec().change;
    let mut label = format!("id of change {n}");
    let mut id = change_id(kind, seed, &label);
    while !ids.insert(id.clone()) {
        label.push('+');
        id = change_id(kind, seed, &label);
    }
    PlannedInjection {
        id,
        source: None,
        lever,
        target,
        change: kind,
        at,
        until: None,
        ramp: Duration::ZERO,
        ratio: 1.0,
        magnitude: 1.0,
        version: None,
    }
}
