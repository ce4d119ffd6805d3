//! Whether the roles were told apart: root, propagation and bottleneck, each over the services.

use std::collections::BTreeSet;

use rca_engine::component::Component;
use rca_engine::investigation::BottleneckAnswer;
use scenarios::truth::TruthRecord;

use super::{Answer, services};

/// Who has which role.
struct Cast<'a> {
    root: BTreeSet<&'a str>,
    propagation: BTreeSet<&'a str>,
    bottleneck: BTreeSet<&'a str>,
}

/// The mean over the roles of sensitivity and specificity over the services. The symptom is given, so it is left out;
/// a role that nobody has in truth, and that nobody was given, counts as told rightly.
pub(super) fn balanced_accuracy(truth: &TruthRecord, answer: &Answer, candidates: &[Component]) -> f64 {
    let symptom: BTreeSet<&str> = services(&truth.symptom).into_iter().collect();
    let (right, told) = (true_cast(truth), told_cast(answer, &symptom));
    let all = candidates.iter().flat_map(services);
    let cast = right.root.iter().chain(&right.propagation).chain(&right.bottleneck).copied();
    // A symptom that is its own root must still be found as one, and one that is not must not be taken for it.
    let rooted = |service: &&str| right.root.contains(service) || told.root.contains(service);
    let judged: BTreeSet<&str> =
        all.chain(cast).filter(|service| !symptom.contains(service) || rooted(service)).collect();
    let roles =
        [(&right.root, &told.root), (&right.propagation, &told.propagation), (&right.bottleneck, &told.bottleneck)];
    roles.iter().map(|(right, told)| balanced(&judged, right, told)).sum::<f64>() / 3.0
}

fn balanced(judged: &BTreeSet<&str>, right: &BTreeSet<&str>, told: &BTreeSet<&str>) -> f64 {
    let (have, lack): (Vec<&str>, Vec<&str>) = judged.iter().partition(|service| right.contains(*service));
    let share = |of: &[&str], hit: bool| {
        let hits = of.iter().filter(|service| told.contains(*service) == hit).count();
        (!of.is_empty()).then(|| hits as f64 / of.len() as f64)
    };
    match (share(&have, true), share(&lack, false)) {
        (Some(sensitivity), Some(specificity)) => f64::midpoint(sensitivity, specificity),
        (Some(only), None) | (None, Some(only)) => only,
        (None, None) => 1.0,
    }
}

fn true_cast(truth: &TruthRecord) -> Cast<'_> {
    let root: BTreeSet<&str> = truth.roots.iter().flat_map(|root| &root.any_of).flat_map(services).collect();
    let path = truth.edges.iter().flat_map(|edge| [&edge.from, &edge.to]).flat_map(services);
    let symptom = services(&truth.symptom);
    let propagation = path.filter(|service| !root.contains(service) && !symptom.contains(service)).collect();
    let bottleneck = truth.bottlenecks.iter().take(1).flat_map(|bottleneck| services(&bottleneck.component)).collect();
    Cast { root, propagation, bottleneck }
}

fn told_cast<'a>(answer: &'a Answer, symptom: &BTreeSet<&str>) -> Cast<'a> {
    let root: BTreeSet<&str> = answer.roots.iter().flat_map(services).collect();
    let path = answer.propagation.iter().flatten().flat_map(|edge| [&edge.from, &edge.to]).flat_map(services);
    let propagation = path.filter(|service| !root.contains(service) && !symptom.contains(service)).collect();
    let bottleneck = match &answer.bottleneck {
        Some(BottleneckAnswer::At { component, .. }) => services(component).into_iter().collect(),
        Some(BottleneckAnswer::None(_)) | None => BTreeSet::new(),
    };
    Cast { root, propagation, bottleneck }
}
