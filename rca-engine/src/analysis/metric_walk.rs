//! Blame without requests: by metrics along known calls, by logs, and by calls that are no longer made.
//!
//! Where traces are missing there is no time to account for and no failure to follow. What is left is which services'
//! metrics moved, and who calls whom: damage travels from callee to caller, so a service whose callees moved as far as
//! itself is explained by them. Logs and vanished calls are families of their own; each family has one vote.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Model, ServiceId};

use super::census::Census;
use super::comovement;
use super::findings::Findings;
use super::shifts::severity;
use super::templates::Template;

/// A callee that moved as far as its caller takes this share of the caller's blame: calls explain most, not all.
const EXPLAINED: f64 = 0.8;
/// What cannot be reached from the symptom along calls keeps this share: the known calls may be incomplete.
const UNREACHED: f64 = 0.3;
/// OTLP severity number of an error, and what an error or a record never seen before counts more.
const ERROR_SEVERITY: u8 = 17;
const LOUD: f64 = 2.0;
/// Less than this share of what was is a fall.
const HALF: f64 = 0.5;
/// The 99.99 % point of the chi-squared distribution: many edges are looked at.
const SURPRISING_G: f64 = 15.14;

/// Blame by service, summing to 1; empty where nothing moved.
type Blame = BTreeMap<ServiceId, f64>;

/// The mean of what the families say.
pub(crate) fn blame(findings: &Findings<'_>) -> Blame {
    let said = [by_metrics(findings), by_logs(&findings.templates), by_vanished_calls(&findings.census)];
    let families: Vec<Blame> = said.into_iter().map(normalised).filter(|family| !family.is_empty()).collect();
    let mut blame = Blame::new();
    for family in &families {
        for (service, share) in family {
            *blame.entry(*service).or_default() += share / families.len() as f64;
        }
    }
    blame
}

fn normalised(mut blame: Blame) -> Blame {
    blame.retain(|_, share| *share > 0.0);
    let total: f64 = blame.values().sum();
    blame.values_mut().for_each(|share| *share /= total);
    blame
}

fn by_metrics(findings: &Findings<'_>) -> Blame {
    let (model, symptom) = (findings.model, findings.symptom());
    let as_symptom =
        symptom.map(|symptom| comovement::severities(model, &findings.phases, symptom, findings.signal.signal));
    let severities: Blame = match as_symptom.filter(|severities| !severities.is_empty()) {
        Some(severities) => severities,
        None => model.service_ids().map(|service| (service, severity(&findings.shifts, service))).collect(),
    };
    let reached = symptom.map(|symptom| reachable(model, symptom));
    let mut blame = Blame::new();
    for (service, own) in severities.iter().filter(|(_, own)| **own > 0.0) {
        let callees = model.edges.iter().filter(|(from, to)| from == service && to != service);
        let deeper = callees.map(|(_, to)| severities.get(to).copied().unwrap_or(0.0)).fold(0.0, f64::max);
        let explained = EXPLAINED * (deeper / own).min(1.0);
        let near = reached.as_ref().is_none_or(|reached| reached.contains(service) || reached.len() <= 1);
        blame.insert(*service, own * (1.0 - explained) * if near { 1.0 } else { UNREACHED });
    }
    blame
}

/// Records whose rate changed, by how surprising that is. Errors count more, and so do records never seen before and
/// records that are no longer seen.
fn by_logs(templates: &[Template]) -> Blame {
    let mut blame = Blame::new();
    for template in templates {
        let rises = template.rates.after > template.rates.before;
        let (new, gone) = (template.counts.before == 0, template.counts.after == 0);
        // What is said a little less often is the noise of a mix.
        if !rises && template.rates.after > HALF * template.rates.before {
            continue;
        }
        let loud = if rises && template.severity >= ERROR_SEVERITY { LOUD } else { 1.0 };
        let novel = if new || gone { LOUD } else { 1.0 };
        let most = blame.entry(template.service).or_default();
        // One vote a service: many templates of one exception are one exception.
        *most = f64::max(*most, (1.0 + template.g).ln() * loud * novel);
    }
    blame
}

/// Services that no longer make calls which they made for the same visits before: their work ends early.
fn by_vanished_calls(census: &Census) -> Blame {
    let mut blame = Blame::new();
    for ((from, _), traffic) in &census.traffic {
        let visits = census.work(*from);
        let exposure = (visits.before.visits as f64, visits.after.visits as f64);
        if exposure.0 <= 0.0 || exposure.1 <= 0.0 {
            continue;
        }
        let fell = traffic.after.calls as f64 / exposure.1 < HALF * traffic.before.calls as f64 / exposure.0;
        let g = super::statistics::g_of_rates((traffic.before.calls, traffic.after.calls), exposure);
        if fell && g >= SURPRISING_G {
            let most = blame.entry(*from).or_default();
            *most = f64::max(*most, (1.0 + g).ln());
        }
    }
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
