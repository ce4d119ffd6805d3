//! Filling in the reports: what the run was, and how the verdict did against the truth.

use std::time::Duration;

use rca_engine::component::Component;
use report::{Check, Gate, NaiveAnswer, Phase, RunFacts, TruthSummary, Validity};

use score::MethodCard;

use crate::carry_out::Raw;
use crate::judge::Judgement;
use crate::setup::{CODE_VERSION, Setup};
use crate::trial::Trial;
use crate::{output, reconcile};

/// The report for a terminal.
pub(crate) fn terminal(setup: &Setup, judgement: &Judgement) -> String {
    report::terminal(
        &judgement.investigation,
        Some(&check(setup, judgement)),
        &output::terminal_in(setup.zone.as_ref()),
    )
}

/// The self-contained page.
pub(crate) fn html(setup: &Setup, raw: &Raw, judgement: &Judgement) -> String {
    let check = check(setup, judgement);
    report::html(&judgement.investigation, Some(&*judgement.evidence), Some(&check), &facts(setup, raw))
}

fn facts(setup: &Setup, raw: &Raw) -> RunFacts {
    let moments = &raw.conducted.moments;
    let phase = |name: &str, from_ns: u64, to_ns: u64| Phase {
        name: name.to_owned(),
        lasted: Duration::from_nanos(to_ns.saturating_sub(from_ns)),
    };
    RunFacts {
        run_id: setup.run_id().to_owned(),
        mode: setup.mode.as_str().to_owned(),
        seed: Some(setup.plan.seed),
        phases: vec![
            phase("warm-up", moments.load_from_ns, moments.evidence_from_ns),
            phase("baseline", moments.evidence_from_ns, moments.onset_ns),
            phase("incident", moments.onset_ns, moments.load_to_ns),
        ],
        // Wall times stand in timings.json alone: this page has the same bytes for the same virtual run.
        wall_time: None,
        time_to_verdict: None,
        alert_ns: Some(moments.alert_ns),
        second_zone: setup.zone.clone(),
        made_by: format!("rcalab {CODE_VERSION}"),
    }
}

/// The comparison with the truth, as text.
pub(crate) fn check(setup: &Setup, judgement: &Judgement) -> Check {
    let (truth, card) = (&judgement.truth, &judgement.card);
    let texts = |components: &[Component]| components.iter().map(ToString::to_string).collect::<Vec<_>>();
    let bottlenecks: Vec<String> =
        truth.bottlenecks.iter().map(|at| format!("{}, {}", at.component, at.mode)).collect();
    let bottleneck = if bottlenecks.is_empty() { "none".to_owned() } else { bottlenecks.join(" or ") };
    Check {
        scenario: setup.scenario.id.clone(),
        title: setup.scenario.title.clone(),
        seed: setup.plan.seed,
        truth: TruthSummary {
            roots: truth.roots.iter().map(|root| texts(&root.any_of)).collect(),
            kind: truth.roots.first().map(|root| root.kind.to_string()),
            trigger: truth.trigger.as_ref().map(ToString::to_string),
            bottleneck: Some(bottleneck),
            symptom: truth.symptom.to_string(),
            propagation: truth
                .edges
                .iter()
                .map(|edge| format!("{} ─{}→ {}", edge.from, edge.effect, edge.to))
                .collect(),
            decoys: texts(&truth.decoys),
        },
        gates: card
            .gates
            .iter()
            .map(|gate| Gate { name: gate.name.clone(), passed: gate.passed, why: gate.why.clone() })
            .collect(),
        naive: card.methods.iter().map(|card| naive(card, judgement)).collect(),
        effect: format!("{:?}", judgement.effect.class).to_lowercase(),
        validity: Validity {
            counts: judgement.complaints.is_empty(),
            why: if judgement.complaints.is_empty() {
                format!("its telemetry adds up, {}", reconcile::summary(&judgement.books))
            } else {
                judgement.complaints.join("; ")
            },
        },
        diagnosis: card.diagnosis.clone(),
        action: judgement.trial.as_ref().map(Trial::told),
    }
}

fn naive(card: &MethodCard, judgement: &Judgement) -> NaiveAnswer {
    let answer = judgement.answers.iter().find(|answer| answer.name == card.name);
    let output = answer.and_then(|answer| answer.output.as_ref().ok());
    NaiveAnswer {
        method: card.name.clone(),
        answer: output.and_then(|output| output.ranks.first()).map(|rank| rank.component.to_string()),
        failure: card.failure.clone(),
        right: card.is_right(),
        must_fail: card.must_fail,
    }
}
