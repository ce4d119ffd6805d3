//! The score card of one run: `score.json`, its gates and its exit code.

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Investigation};
use scenarios::effect::EffectClass;
use scenarios::truth::TruthRecord;
use serde::{Deserialize, Serialize};

use crate::diagnosis::{Diagnosis, diagnose};
use crate::method::MethodOutput;
use crate::scoring::{Answer, Score, score};

/// The version of [`ScoreCard`]'s shape.
pub const SCORE_SCHEMA: u32 = 1;
/// Every gate was met.
pub const MET: u8 = 0;
/// A gate was missed: the verdict is wrong.
pub const MISSED: u8 = 99;
/// The run does not count: nothing can be said about the verdict.
pub const INVALID: u8 = 106;

/// How one run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCard {
    pub schema: u32,
    pub scenario: String,
    pub seed: u64,
    pub class: EffectClass,
    pub engine: Score,
    pub methods: Vec<MethodCard>,
    pub gates: Vec<Gate>,
    /// What was wrong with the engine's verdict; none where it meets every gate.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
    /// What a process that carried out just this run should exit with.
    pub exit: u8,
}

/// How one method did beside the engine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MethodCard {
    pub name: String,
    /// Whether the scenario is built so that this method is wrong. It gates over many seeds, never in one run.
    pub must_fail: bool,
    pub score: Score,
    /// What was wrong with its answer; none where it was right at first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub diagnosis: Option<Diagnosis>,
    /// Why there is no answer that could be right: it crashed, ran out of time, or printed something else. None: there
    /// is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failure: Option<String>,
}

/// One condition that a right verdict meets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Gate {
    pub name: String,
    pub passed: bool,
    /// What was expected and what was answered.
    pub why: String,
}

impl ScoreCard {
    /// Scores the engine and every method of one run; a method without output says why it has none.
    pub fn new(
        truth: &TruthRecord,
        class: EffectClass,
        investigation: &Investigation,
        methods: &[(String, Result<MethodOutput, String>)],
        naive_must_fail: &[String],
        candidates: &[Component],
    ) -> Self {
        let answer = Answer::from(investigation);
        let engine = score(truth, Some(&answer), candidates);
        let methods = methods
            .iter()
            .map(|(name, output)| MethodCard::new(truth, name, output, naive_must_fail.contains(name), candidates));
        let gates = gates(truth, &answer, &engine);
        let met = gates.iter().all(|gate| gate.passed);
        let diagnosis =
            if met { None } else { diagnose(truth, Some(&answer), Some(&investigation.core.roles.symptom)) };
        let counts = matches!(class, EffectClass::Valid | EffectClass::Quiet);
        let exit = match (counts, met) {
            (false, _) => INVALID,
            (true, true) => MET,
            (true, false) => MISSED,
        };
        Self {
            schema: SCORE_SCHEMA,
            scenario: truth.scenario.clone(),
            seed: truth.seed,
            class,
            engine,
            methods: methods.collect(),
            gates,
            diagnosis,
            exit,
        }
    }

    /// Mends the diagnosis by when the incident began, which the lab alone knows.
    pub fn know_the_onset(&mut self, investigation: &Investigation, onset_ns: u64) {
        let envelope = &investigation.envelope;
        let mended = self.diagnosis.take().map(|it| it.with_windows(envelope.baseline, envelope.incident, onset_ns));
        self.diagnosis = mended;
    }
}

impl MethodCard {
    /// Scores what a method said; without an output it says why it has none.
    pub fn new(
        truth: &TruthRecord,
        name: &str,
        output: &Result<MethodOutput, String>,
        must_fail: bool,
        candidates: &[Component],
    ) -> Self {
        let answer = output.as_ref().ok().map(Answer::from);
        let score = score(truth, answer.as_ref(), candidates);
        let mut wrong = (!is_right(&score)).then(|| diagnose(truth, answer.as_ref(), None)).flatten();
        if let (Some(diagnosis), Err(reason)) = (&mut wrong, output) {
            diagnosis.why = format!("it gave no answer: {reason}");
        }
        let failure = output.as_ref().err().cloned();
        Self { name: name.to_owned(), must_fail, score, diagnosis: wrong, failure }
    }

    /// Whether the method was right: the root where there is one, otherwise that nothing is wrong.
    pub fn is_right(&self) -> bool {
        is_right(&self.score)
    }
}

/// Whether an answer was right at first: the root where there is one, otherwise that nothing is wrong.
pub fn is_right(score: &Score) -> bool {
    score.root.map_or(score.acquitted == Some(true), |root| root.top1)
}

/// Root and bottleneck where something is wrong, no conviction where nothing is.
fn gates(truth: &TruthRecord, answer: &Answer, score: &Score) -> Vec<Gate> {
    if !truth.has_incident() {
        let passed = score.convicted == Some(false);
        let why = format!("nothing is wrong; answered {}", told(answer));
        return vec![Gate { name: "no_conviction".to_owned(), passed, why }];
    }
    let names: Vec<String> = truth.roots.iter().map(|root| joined(&root.any_of)).collect();
    let root = Gate {
        name: "root".to_owned(),
        passed: score.root.is_some_and(|root| root.top1),
        why: format!("expected {}; answered {}", names.join(" and "), told(answer)),
    };
    let right: Vec<Component> = truth.bottlenecks.iter().map(|one| one.component.clone()).collect();
    let expected = if right.is_empty() { "none".to_owned() } else { joined(&right) };
    let answered = match &answer.bottleneck {
        None => "nothing".to_owned(),
        Some(BottleneckAnswer::None(_)) => "none".to_owned(),
        Some(BottleneckAnswer::At { component, mode }) => format!("{component}, {mode}"),
    };
    let bottleneck = Gate {
        name: "bottleneck".to_owned(),
        passed: score.bottleneck == Some(true),
        why: format!("expected {expected}; answered {answered}"),
    };
    vec![root, bottleneck]
}

fn told(answer: &Answer) -> String {
    answer.ranks.first().map_or_else(|| answer.outcome.to_string(), |rank| rank.component.to_string())
}

fn joined(components: &[Component]) -> String {
    components.iter().map(ToString::to_string).collect::<Vec<_>>().join(" or ")
}
