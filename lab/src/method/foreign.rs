//! Asking methods about a folder of evidence from anywhere.

use std::collections::BTreeSet;

use contract::{context, span};
use evidence::candidates::{self, Candidates, Names};
use evidence::opaque::{MIN_ID_BYTES, Pseudonym};
use evidence::{Bundle, layout};
use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::{Evidence, ResourceId};

use super::{Answer, Folder, Panel, Question, copy};
use crate::names;

/// What every method of a panel says. Of the lab's own ones only those that are named are asked.
pub(crate) fn ask(
    bundle: &Bundle,
    alert: &str,
    signal: &UniversalIncidentSignal,
    evidence: &Evidence,
    panel: &Panel,
) -> Vec<Answer> {
    let (runs, scenarios) = (stamped(evidence, context::RUN_ID), stamped(evidence, context::SCENARIO_ID));
    let candidates = known(bundle).unwrap_or_else(|| {
        let classes = vec![span::TENANT_CLASS.to_owned()];
        let known = Names { workload_classes: classes, ..Names::default() };
        candidates::collect(evidence, signal.started_at_ns, &names::options(), &known)
    });
    let mut answers = Vec::new();
    if !panel.names.is_empty() {
        let question = Question { signal, evidence, candidates: &candidates };
        // Whoever investigates a run of the lab again must not find its own scenario among what was learnt.
        let id = scenarios.first().map_or("", String::as_str);
        answers.extend(panel.built_in(&question, id, 0));
    }
    let hidden = hidden(&runs, &scenarios);
    answers.extend(panel.commanded(&Folder { bundle, alert, hidden: &hidden }, &candidates));
    answers
}

/// `candidates.json`, where there is one that can be read.
fn known(bundle: &Bundle) -> Option<Candidates> {
    let text = std::fs::read(bundle.evidence_folder().join(layout::CANDIDATES)).ok()?;
    serde_json::from_slice(&text).ok()
}

/// The values of a key on all resources.
fn stamped(evidence: &Evidence, key: &str) -> BTreeSet<String> {
    let resources = (0..).map(ResourceId).take(evidence.resources.len());
    resources.filter_map(|resource| evidence.resource_text(resource, key)).map(str::to_owned).collect()
}

/// Ids as a run of the lab has them. Others are somebody else's, and what they mean is not known.
fn hidden(runs: &BTreeSet<String>, scenarios: &BTreeSet<String>) -> Vec<Pseudonym> {
    let whole = |id: &&String| id.len() >= MIN_ID_BYTES && context::is_plain(id);
    let pairs = runs.iter().filter(whole).map(|id| copy::pseudonym(id, copy::RUN));
    pairs.chain(scenarios.iter().filter(whole).map(|id| copy::pseudonym(id, copy::SCENARIO))).collect()
}
