//! Cells made by hand: who was right, who was wrong, and what does not count.

use rca_engine::component::Component;
use rca_engine::vocabulary::Outcome;
use scenarios::effect::EffectClass;
use scenarios::truth::TruthRecord;
use score::diagnosis::diagnose;
use score::{Answer, Cell, Gate, MethodCard, MethodOutput, ScoreCard, score};

use crate::runs::{candidates, component, truth};

/// What is known of a cell; `answered` and `slowest` are the first answers of the engine and of one naive method.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sketch<'a> {
    pub(crate) scenario: &'a str,
    pub(crate) seed: u64,
    /// None: that nothing is wrong.
    pub(crate) answered: Option<&'a str>,
    pub(crate) confidence: f64,
    pub(crate) slowest: &'a str,
    pub(crate) class: EffectClass,
}

/// A cell of the founding story in which all is as it should be.
pub(crate) const RIGHT: Sketch<'static> = Sketch {
    scenario: "cache_poison_pill",
    seed: 1,
    answered: Some("service:catalog-cache"),
    confidence: 0.9,
    slowest: "service:database",
    class: EffectClass::Valid,
};

impl Sketch<'_> {
    pub(crate) fn cell(&self) -> Cell {
        let truth = truth(self.scenario, self.seed);
        let candidates = candidates(&truth);
        let answer = self.answer(&truth);
        let engine = score(&truth, Some(&answer), &candidates);
        let slowest = MethodOutput::ranked([(component(self.slowest), 1.0)]);
        let said = Answer::from(&slowest);
        let slowest = score(&truth, Some(&said), &candidates);
        let gate = |name: &str, passed| Gate {
            name: name.to_owned(),
            passed,
            why: format!("answered {}", self.answered.unwrap_or("nothing")),
        };
        let gates = match engine.root {
            Some(root) => vec![gate("root", root.top1), gate("bottleneck", engine.bottleneck == Some(true))],
            None => vec![gate("no_conviction", engine.convicted == Some(false))],
        };
        let complaints = match self.class {
            EffectClass::Valid | EffectClass::Quiet => Vec::new(),
            EffectClass::Ineffective | EffectClass::Absorbed | EffectClass::Contaminated => {
                vec!["the alert did not fire".to_owned()]
            }
        };
        let wrong = if score::card::is_right(&slowest) { None } else { diagnose(&truth, Some(&said), None) };
        let methods = vec![MethodCard {
            name: "slowest_span".to_owned(),
            must_fail: truth.has_incident(),
            score: slowest,
            diagnosis: wrong,
            failure: None,
        }];
        let met = gates.iter().all(|gate| gate.passed);
        let diagnosis = if met { None } else { diagnose(&truth, Some(&answer), None) };
        Cell {
            scenario: self.scenario.to_owned(),
            seed: self.seed,
            run_id: format!("sim-{}", self.seed),
            accepted: truth.roots.iter().flat_map(|root| root.any_of.iter().cloned()).collect::<Vec<Component>>(),
            alert_after_ns: truth.has_incident().then_some(7_000_000_000 + self.seed * 100_000_000),
            card: Some(ScoreCard {
                schema: 1,
                scenario: self.scenario.to_owned(),
                seed: self.seed,
                class: self.class,
                engine,
                methods,
                gates,
                diagnosis,
                exit: 0,
            }),
            complaints,
            first_action: None,
            described: None,
        }
    }

    fn answer(&self, truth: &TruthRecord) -> Answer {
        let right = Answer::oracle(truth);
        let Some(answered) = self.answered else {
            return Answer { outcome: Outcome::NoIncident, confidence: Some(self.confidence), ..silent(&right) };
        };
        let answered = MethodOutput::ranked([(component(answered), 1.0)]);
        let Answer { ranks, roots, .. } = Answer::from(&answered);
        let roles = if truth.has_incident() { right } else { silent(&right) };
        Answer { outcome: Outcome::Cause, confidence: Some(self.confidence), ranks, roots, ..roles }
    }
}

/// An answer without anything in it.
fn silent(any: &Answer) -> Answer {
    Answer { ranks: Vec::new(), roots: Vec::new(), propagation: None, bottleneck: None, citations: None, ..any.clone() }
}

/// A cell in which the lab itself failed.
pub(crate) fn failed(seed: u64) -> Cell {
    Cell { card: None, complaints: vec!["cannot write telemetry".to_owned()], ..Sketch { seed, ..RIGHT }.cell() }
}
