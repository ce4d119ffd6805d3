//! Innocent changes: deploys, configurations and canaries at irregular times over the whole run, in healthy runs too.

use std::collections::BTreeSet;
use std::time::Duration;

use rca_engine::component::Component;

use super::{PlannedInjection, change_id};
use crate::draw;
use crate::lever::ChangeKind;
use crate::model::{Lever, System};
use crate::topology::SERVICES;

/// How many changes a run has in all, guilty ones included: their number tells nothing.
const CHANGES: (usize, usize) = (5, 7);
/// At least this many are innocent and reach a whole service.
const FEWEST_INNOCENT: usize = 2;
/// The first change comes after this: a service has to be up to be changed.
const FIRST: Duration = Duration::from_secs(1);
/// How often a canary's build is there from the start, and only its instance is seen, never its change.
const CANARY_FROM_THE_START: f64 = 0.5;

pub(super) fn changes(
    system: &System,
    injections: &[PlannedInjection],
    end: Duration,
    seed: u64,
) -> Vec<PlannedInjection> {
    let own = injections.iter().filter(|injection| injection.change.is_some()).count();
    let (low, high) = CHANGES;
    let all = low + draw::index(seed, "changes", high - low + 1);
    let mut ids: BTreeSet<String> = injections.iter().map(|injection| injection.id.clone()).collect();
    let canaries: Vec<_> =
        SERVICES.iter().filter_map(|service| canary(service, system, injections, end, seed, &mut ids)).collect();
    let rest = all.saturating_sub(own + canaries.len()).max(FEWEST_INNOCENT);
    let mut changes: Vec<_> = (0..rest).map(|n| change(n, injections, end, seed, &mut ids)).collect();
    changes.extend(canaries);
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
    innocent(lever, target, at, seed, format!("id of change {n}"), ids)
}

/// A new build that one instance tries on a little of the traffic, where the scenario does nothing else to that instance.
fn canary(
    service: &str,
    system: &System,
    injections: &[PlannedInjection],
    end: Duration,
    seed: u64,
    ids: &mut BTreeSet<String>,
) -> Option<PlannedInjection> {
    let ordinal = system.instances(service).canary()?;
    let target = Component::Instance { service: service.to_owned(), instance: ordinal.to_string() };
    if injections.iter().any(|injection| injection.target == target) {
        return None;
    }
    let label = format!("canary of {service}");
    let at = if draw::unit(seed, &format!("{label} is old")) < CANARY_FROM_THE_START {
        Duration::ZERO
    } else {
        let at = draw::between(seed, &format!("{label} at"), FIRST.as_secs_f64(), end.as_secs_f64());
        Duration::from_secs_f64(at)
    };
    Some(innocent(Lever::Deploy, target, at, seed, format!("id of {label}"), ids))
}

fn innocent(
    lever: Lever,
    target: Component,
    at: Duration,
    seed: u64,
    mut label: String,
    ids: &mut BTreeSet<String>,
) -> PlannedInjection {
    let kind = lever.spec().change;
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
