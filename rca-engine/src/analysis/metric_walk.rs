//! The walk without requests: along known calls, by how far each service's metrics moved.
//!
//! Where traces are missing there is no time to account for and no failure to follow. What is left is which services'
//! metrics moved, and who calls whom: damage travels from callee to caller, so a service whose callees moved as far as
//! itself is explained by them.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Model, ServiceId};

use super::shifts::{Shift, severity};
use super::templates::{Template, share_of};

/// A callee that moved as far as its caller takes this share of the caller's blame: calls explain most, not all.
const EXPLAINED: f64 = 0.8;
/// What cannot be reached from the symptom along calls keeps this share: the known calls may be incomplete.
const UNREACHED: f64 = 0.3;
/// A service that wrote all surprising log records is blamed this much more.
const LOG_WEIGHT: f64 = 1.0;

/// Blame by service, summing to 1; empty where nothing moved.
pub(crate) fn blame(
    model: &Model<'_>,
    symptom: Option<ServiceId>,
    shifts: &[Shift],
    templates: &[Template],
) -> BTreeMap<ServiceId, f64> {
    let severities: BTreeMap<ServiceId, f64> = model
        .service_ids()
        .map(|service| (service, severity(shifts, service) * (1.0 + LOG_WEIGHT * share_of(templates, service))))
        .collect();
    let reached = symptom.map(|symptom| reachable(model, symptom));
    let mut blame: BTreeMap<ServiceId, f64> = BTreeMap::new();
    for (service, own) in &severities {
        if *own <= 0.0 {
            continue;
        }
        let callees = model.edges.iter().filter(|(from, to)| from == service && to != service);
        let deeper = callees.map(|(_, to)| severities[to]).fold(0.0, f64::max);
        let explained = EXPLAINED * (deeper / own).min(1.0);
        let near = reached.as_ref().is_none_or(|reached| reached.contains(service) || reached.len() <= 1);
        blame.insert(*service, own * (1.0 - explained) * if near { 1.0 } else { UNREACHED });
    }
    let total: f64 = blame.values().sum();
    blame.values_mut().for_each(|mass| *mass /= total);
    blame
}

/// Everything that a service calls, directly or not, and itself.
fn reachable(model: &Model<'_>, from: ServiceId) -> BTreeSet<ServiceId> {
    let mut reached = BTreeSet::from([from]);
    let mut open = vec![from];
    while let Some(at) = open.pop() {
        for (_, to) in model.edges.iter().filter(|(caller, _)| *caller == at) {
            if reached.insert(*to) {
                open.push(*to);
            }
        }
    }
    reached
}
