//! Judging a run: truth from the ledger, verdict from the evidence, and where the two meet, the score.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use evidence::candidates::{self, Candidates, Names};
use evidence::{Bundle, Reconciliation, source};
use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::Evidence;
use rca_engine::inquiry;
use rca_engine::investigation::Investigation;
use rca_engine::options::Options;
use scenarios::effect::{self, Effect, EffectClass, Lateness, Measured};
use scenarios::ledger::{self, Windows};
use scenarios::model::Sli;
use scenarios::truth::TruthRecord;
use score::ScoreCard;

use crate::carry_out::Raw;
use crate::exit::Exit;
use crate::method::{self, Answer, Folder, Panel, Question};
use crate::setup::Setup;
use crate::trial::Trial;
use crate::{measure, names, reconcile};

/// At most so many classes and policies may stand among the candidates.
const CANDIDATE_CAP: usize = 20;

/// Why a run could not be judged.
#[derive(Debug, thiserror::Error)]
pub(crate) enum JudgeError {
    #[error("open the run's evidence")]
    Open(#[source] evidence::OpenError),
    #[error("read the run's evidence")]
    Read(#[source] evidence::ReadError),
    #[error("read {lines} lines of the run's own evidence, such as {first}")]
    Broken { lines: u64, first: String },
    #[error("understand the run's own alert")]
    Alert(#[source] rca_engine::signal::SignalError),
}

/// Everything that is known after a run.
#[derive(Debug)]
pub(crate) struct Judgement {
    /// The alert, as everybody who was asked got it.
    pub(crate) signal: UniversalIncidentSignal,
    pub(crate) investigation: Investigation,
    pub(crate) evidence: Arc<Evidence>,
    pub(crate) candidates: Candidates,
    pub(crate) truth: TruthRecord,
    pub(crate) effect: Effect,
    pub(crate) books: Reconciliation,
    /// Why the run does not count; empty: it does.
    pub(crate) complaints: Vec<String>,
    pub(crate) time_to_verdict: Duration,
    /// All of the judging, on the machine's clock.
    pub(crate) took: Duration,
    pub(crate) card: ScoreCard,
    /// What each method answered.
    pub(crate) answers: Vec<Answer>,
    /// What became of the verdict's first action; none unless it was asked for.
    pub(crate) trial: Option<Trial>,
}

impl Judgement {
    /// How the run ended: a run that does not count says nothing about the verdict.
    pub(crate) fn exit(&self) -> Exit {
        match self.card.gates.iter().all(|gate| gate.passed) {
            _ if !self.complaints.is_empty() => Exit::Invalid,
            true => Exit::Met,
            false => Exit::Missed,
        }
    }
}

/// Judges a run whose evidence lies in a folder, beside the lab's own methods.
///
/// # Errors
/// [`JudgeError`] if the lab cannot read what it has just written.
pub(crate) fn judge(setup: &Setup, folder: &Path, raw: &Raw) -> Result<Judgement, JudgeError> {
    judge_beside(setup, folder, raw, &Panel::default())
}

/// The same beside the methods of a panel.
///
/// # Errors
/// As above. What a method fails at is its answer.
pub(crate) fn judge_beside(setup: &Setup, folder: &Path, raw: &Raw, panel: &Panel) -> Result<Judgement, JudgeError> {
    let started = now();
    let alert = raw.conducted.webhook.to_string();
    let signal = UniversalIncidentSignal::parse(&alert).map_err(JudgeError::Alert)?;
    let options = names::options();
    let (evidence, investigation, time_to_verdict) = match &raw.evidence {
        Some(evidence) => from_memory(evidence, &signal, &options),
        None => from_files(folder, &signal, &options)?,
    };
    let classes = vec![contract::span::TENANT_CLASS.to_owned()];
    let known = Names { workload_classes: classes, cap: CANDIDATE_CAP };
    let candidates = candidates::collect(&evidence, raw.conducted.moments.alert_ns, &options, &known);
    let truth = truth(setup, raw);
    let effect = effect(setup, raw, &evidence);
    let books = reconcile::books(&raw.remains, &raw.counters);
    let mut complaints = reconcile::complaints(&books);
    complaints.extend(raw.conducted.order_errors.iter().map(|error| format!("cannot {error}")));
    if !matches!(effect.class, EffectClass::Valid | EffectClass::Quiet) {
        complaints.extend(effect.reasons.iter().cloned());
    }
    for root in &truth.roots {
        if !root.any_of.iter().any(|component| candidates.candidates.contains(component)) {
            complaints.push(format!("no name of the root is a candidate: {:?}", root.any_of));
        }
    }
    let question = Question { signal: &signal, evidence: &evidence, candidates: &candidates };
    let mut answers = panel.built_in(&question, &setup.scenario.id, setup.plan.seed);
    answers.extend(commanded(setup, folder, &alert, &candidates, panel)?);
    let outputs: Vec<_> = answers.iter().map(|answer| (answer.name.clone(), answer.output.clone())).collect();
    let must_fail = &setup.scenario.expect.naive_must_fail;
    let mut card = ScoreCard::new(&truth, effect.class, &investigation, &outputs, must_fail, &candidates.candidates);
    if truth.has_incident() {
        card.know_the_onset(&investigation, raw.conducted.moments.onset_ns);
    }
    Ok(Judgement {
        signal,
        investigation,
        evidence,
        candidates,
        truth,
        effect,
        books,
        complaints,
        time_to_verdict,
        took: started.elapsed(),
        card,
        answers,
        trial: None,
    })
}

type Investigated = (Arc<Evidence>, Investigation, Duration);

/// Reads the run's files and investigates them, as anybody with the folder can.
fn from_files(folder: &Path, signal: &UniversalIncidentSignal, options: &Options) -> Result<Investigated, JudgeError> {
    let bundle = Bundle::open(folder).map_err(JudgeError::Open)?;
    let reading = bundle.read().map_err(JudgeError::Read)?;
    if let Some(line) = reading.tallies().find_map(|tally| tally.first_broken.first()) {
        return Err(JudgeError::Broken { lines: reading.broken(), first: line.to_string() });
    }
    let started = now();
    let investigation = source::investigate(&bundle, signal, options).map_err(JudgeError::Read)?.investigation;
    Ok((Arc::new(reading.evidence), investigation, now().saturating_duration_since(started)))
}

/// Investigates what was kept in memory while the files were written, which saves reading them twice. The files say the
/// same: tests hold the two against each other.
fn from_memory(evidence: &Arc<Evidence>, signal: &UniversalIncidentSignal, options: &Options) -> Investigated {
    let started = now();
    let investigation = inquiry::investigate(signal, evidence, options);
    let time_to_verdict = now().saturating_duration_since(started);
    (Arc::clone(evidence), investigation, time_to_verdict)
}

/// What commands say of a copy of the run's files.
fn commanded(
    setup: &Setup,
    folder: &Path,
    alert: &str,
    candidates: &Candidates,
    panel: &Panel,
) -> Result<Vec<Answer>, JudgeError> {
    if panel.commands.is_empty() {
        return Ok(Vec::new());
    }
    let bundle = Bundle::open(folder).map_err(JudgeError::Open)?;
    let hidden = method::copy::pseudonyms(setup.run_id(), &setup.scenario.id);
    Ok(panel.commanded(&Folder { bundle: &bundle, alert, hidden: &hidden }, candidates))
}

/// Wall time goes into `timings.json` alone, outside the promise of equal bytes.
#[expect(
    clippy::disallowed_methods,
    reason = "how long the engine took on this machine is not a matter of the run's world"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

fn truth(setup: &Setup, raw: &Raw) -> TruthRecord {
    let moments = &raw.conducted.moments;
    let windows = Windows {
        baseline: moments.evidence_from_ns..moments.onset_ns,
        incident: moments.onset_ns..moments.cut_ns.min(moments.load_to_ns),
    };
    let alert = &setup.scenario.alert;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a threshold of at most an hour")]
    let threshold_ns = (alert.sli == Sli::Latency).then_some((alert.above * 1e9) as u64);
    let derived = ledger::derive(&raw.remains.ledger, &windows, threshold_ns);
    TruthRecord::resolve(&setup.scenario, &setup.plan, Some(&derived))
}

fn effect(setup: &Setup, raw: &Raw, evidence: &Evidence) -> Effect {
    let expect = &setup.scenario.expect;
    let moments = &raw.conducted.moments;
    let wills = || raw.remains.wills.values().flatten();
    let lateness = Lateness {
        timers: raw.lateness.timers + wills().map(|will| will.timers).sum::<u64>(),
        late: raw.lateness.late + wills().map(|will| will.late_timers).sum::<u64>(),
        late_row: wills().map(|will| will.longest_late_row).chain([raw.lateness.longest_row]).max().unwrap_or(0),
    };
    let measured = Measured {
        alerted: raw.conducted.fired && moments.alert_ns > moments.onset_ns,
        moves: measure::readings(evidence, &expect.moves, moments),
        flat: measure::readings(evidence, &expect.flat, moments),
        lateness,
    };
    effect::classify(&setup.scenario, &measured)
}

/// `ledger/<instance>.jsonl` by file name: each entry goes to the instance that wrote it.
pub(crate) fn ledger_files(raw: &Raw) -> BTreeMap<String, Vec<u8>> {
    // Whoever had nothing to do has an empty one.
    let mut instances: BTreeMap<String, Vec<u8>> =
        raw.remains.wills.keys().map(|member| (format!("{member}.jsonl"), Vec::new())).collect();
    for entry in &raw.remains.ledger {
        let station = entry.station.strip_prefix("edge:").unwrap_or(&entry.station);
        let end = station.find("->").or_else(|| station.find('/')).unwrap_or(station.len());
        let file = instances.entry(format!("{}-{}.jsonl", &station[..end], entry.instance)).or_default();
        serde_json::to_writer(&mut *file, entry).expect("an entry has only string keys, and memory takes every write");
        file.push(b'\n');
    }
    instances
}

/// An error with all its causes in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = format!("cannot {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
