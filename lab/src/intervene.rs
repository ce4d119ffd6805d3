//! Testing a scenario's labels by intervention: each claim of its truth becomes a run in which the claim would show.

mod cut;
mod effects;
pub(crate) mod finding;
pub(crate) mod observed;
mod omit;
mod oracle;
mod relieve;
pub(crate) mod sizes;
pub(crate) mod sweep;
mod undo;

use std::path::Path;
use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::investigation::Investigation;
use scenarios::truth::TruthRecord;

use self::finding::Finding;
use self::observed::{Observed, observe_into};
use crate::carry_out::RunError;
use crate::judge::{self, JudgeError};
use crate::script::Script;
use crate::setup::{Mode, Setup, SetupError};

/// So long the alert's quantity has to stay under its threshold before it counts as cleared.
pub(crate) const STAYS: Duration = Duration::from_secs(10);

/// Why a scenario could not be verified on a seed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum VerifyError {
    #[error("set the scenario up")]
    Setup(#[source] SetupError),
    #[error("carry the run out")]
    Run(#[source] RunError),
    #[error("judge the run")]
    Judge(#[source] JudgeError),
    #[error("make a folder for the run")]
    Folder(#[source] std::io::Error),
}

/// One run as the scenario has it, with what is known of it: what all interventions are compared with.
struct Case<'a> {
    setup: &'a Setup,
    control: Observed,
    truth: TruthRecord,
    investigation: Investigation,
    candidates: Vec<Component>,
}

/// What a seed showed.
#[derive(Debug)]
pub(crate) enum Shown {
    Findings(Vec<Finding>),
    /// The run itself is not what the scenario promises, and says nothing about its labels.
    Void(String),
}

impl Case<'_> {
    /// A script that lasts as long as the control did, whether and whenever the alert fires.
    fn as_long(&self) -> Script {
        let incident = self.control.incident();
        let length = Duration::from_nanos(incident.end - incident.start);
        let phase = self.setup.scenario.phases.incident;
        Script { incident: Some(phase.max(length)), after_alert: Some(length), ..Script::default() }
    }
}

/// Carries out every operation that the levers at hand allow on one seed. `scratch` is a folder of this seed's own.
///
/// # Errors
/// If the lab itself failed; a label that does not hold is a finding.
pub(crate) fn verify(scenario: &str, seed: u64, scratch: &Path) -> Result<Shown, VerifyError> {
    let setup = Setup::new(scenario, Mode::Sim, seed).map_err(VerifyError::Setup)?;
    let folder = scratch.join("control");
    let control = observe_into(&setup, Script::default(), &folder).map_err(VerifyError::Run)?;
    let judgement = judge::judge(&setup, &folder, &control.raw).map_err(VerifyError::Judge)?;
    if !judgement.complaints.is_empty() {
        return Ok(Shown::Void(judgement.complaints.join("; ")));
    }
    let case = Case {
        setup: &setup,
        control,
        truth: judgement.truth,
        investigation: judgement.investigation,
        candidates: judgement.candidates.candidates,
    };
    let mut findings = Vec::new();
    if case.truth.has_incident() {
        findings.extend(omit::guilty(&case)?);
        findings.extend(undo::events(&case)?);
        findings.extend(relieve::resources(&case)?);
        findings.extend(cut::edges(&case)?);
    } else {
        let broken = case.control.fired().then(|| "the alert fired although nothing is wrong".to_owned());
        findings.push(Finding::of("stays quiet", broken, None));
    }
    findings.extend(omit::innocent(&case, &scratch.join("innocent"))?);
    findings.extend(oracle::answers(&case.truth, &case.candidates));
    Ok(Shown::Findings(findings))
}
