//! Testing a scenario's labels by intervention: each claim of its truth becomes a run in which the claim would show.

pub(crate) mod course;
mod cut;
mod effects;
pub(crate) mod finding;
pub(crate) mod observed;
mod omit;
mod oracle;
mod relieve;
pub(crate) mod sizes;
pub(crate) mod sustain;
pub(crate) mod sweep;
mod undo;

use std::ops::Range;
use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::investigation::Investigation;
use scenarios::truth::TruthRecord;

use self::finding::{Figure, Finding};
use self::observed::{Observed, observe, observe_and_judge};
use crate::carry_out::RunError;
use crate::conduct::nanos;
use crate::judge::JudgeError;
use crate::script::Script;
use crate::setup::{Mode, Setup, SetupError};

/// So long the alert's quantity has to stay under its threshold before it counts as cleared.
pub(crate) const STAYS: Duration = Duration::from_secs(10);

/// What a run in which nothing is wrong does.
const QUIET: &str = "stays quiet";

/// What a rule does that noise fires.
const PASSES: &str = "passes by itself";
/// How long an excursion of a healthy system may last: several windows of any rule.
const EXCURSION: Duration = Duration::from_secs(30);

/// Why a scenario could not be verified on a seed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error("set the scenario up")]
    Setup(#[source] SetupError),
    #[error("carry the run out")]
    Run(#[source] RunError),
    #[error("judge the run")]
    Judge(#[source] JudgeError),
}

/// One run as the scenario has it, with what is known of it: what all interventions are compared with.
struct Case<'a> {
    setup: &'a Setup,
    control: Observed,
    truth: TruthRecord,
    investigation: Investigation,
    candidates: Vec<Component>,
    /// Parts of the names of the operations that are asked for; empty: all.
    only: &'a [String],
}

/// What a seed showed.
#[derive(Debug)]
pub(crate) enum Shown {
    Findings(Vec<Finding>),
    /// The run itself is not what the scenario promises, and says nothing about its labels.
    Void(String),
}

impl Case<'_> {
    /// Whether an operation is asked for.
    fn wants(&self, operation: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| operation.contains(part.as_str()))
    }

    /// Whether a single stall fires the rule, so that an alert says nothing.
    fn is_touchy(&self) -> bool {
        let rule = &self.setup.scenario.alert;
        rule.for_ <= rule.window
    }

    /// The incident, as far as no event that stays in the run is still at work: what a trigger does by itself while it lasts
    /// is no effect of what sustains it, and takes as long as the alert's window to be gone.
    fn aftermath(&self, left_out: &[String]) -> Range<u64> {
        let Range { start, end } = self.control.incident();
        let staying = self.setup.plan.injections.iter().filter(|injection| !left_out.contains(&injection.id));
        let over = staying.filter_map(|injection| injection.until).max();
        let from_ns = self.control.moments().load_from_ns;
        let settled = over.map(|over| from_ns + nanos(over + self.setup.scenario.alert.window));
        settled.map_or(start, |settled| settled.clamp(start, end))..end
    }

    /// A script that lasts as long as the control did, whether and whenever the alert fires.
    fn as_long(&self) -> Script {
        let incident = self.control.incident();
        let length = Duration::from_nanos(incident.end - incident.start);
        let phase = self.setup.scenario.phases.incident;
        Script { incident: Some(phase.max(length)), after_alert: Some(length), ..Script::default() }
    }
}

/// An alert that fires although nothing is wrong is an excursion: nobody does anything, and it is over soon.
fn passes(case: &Case<'_>) -> Result<Option<Finding>, VerifyError> {
    if !case.wants(PASSES) {
        return Ok(None);
    }
    if !case.control.fired() {
        return Ok(Some(Finding::of(PASSES, None, None)));
    }
    let run = observe(case.setup, Script { after_alert: Some(EXCURSION), ..Script::default() });
    let run = run.map_err(VerifyError::Run)?;
    let passed = run.course.dips_after(run.moments().alert_ns);
    let broken = passed.is_none().then(|| format!("it is breached for all of {} s", EXCURSION.as_secs()));
    let figure = passed.map(|after| Figure::seconds("over after", after.as_secs_f64()));
    Ok(Some(Finding::of(PASSES, broken, figure)))
}

/// Carries out every operation that the levers at hand allow on one seed, as far as its name contains one of `only`.
///
/// # Errors
/// If the lab itself failed; a label that does not hold is a finding.
pub(crate) fn verify(scenario: &str, only: &[String], seed: u64) -> Result<Shown, VerifyError> {
    let setup = Setup::new(scenario, Mode::Sim, seed).map_err(VerifyError::Setup)?;
    let (control, judgement) = observe_and_judge(&setup)?;
    if !judgement.complaints.is_empty() {
        return Ok(Shown::Void(judgement.complaints.join("; ")));
    }
    let case = Case {
        setup: &setup,
        control,
        truth: judgement.truth,
        investigation: judgement.investigation,
        candidates: judgement.candidates.candidates,
        only,
    };
    let mut findings = Vec::new();
    if case.truth.has_incident() {
        findings.extend(omit::guilty(&case)?);
        findings.extend(undo::events(&case)?);
        findings.extend(sustain::cause(&case)?);
        findings.extend(relieve::resources(&case)?);
        findings.extend(cut::edges(&case)?);
    } else if case.is_touchy() {
        findings.extend(passes(&case)?);
    } else if case.wants(QUIET) {
        let broken = case.control.fired().then(|| "the alert fired although nothing is wrong".to_owned());
        findings.push(Finding::of(QUIET, broken, None));
    }
    findings.extend(omit::innocent(&case)?);
    findings
        .extend(oracle::answers(&case.truth, &case.candidates).into_iter().filter(|one| case.wants(&one.operation)));
    Ok(Shown::Findings(findings))
}
