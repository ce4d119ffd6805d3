//! Carrying one cell out: the run, its verdict and its score, and nothing left on the disk that was not asked for.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use evidence::{BundleError, BundleWriter};
use rca_engine::component::Component;
use scenarios::truth::TruthRecord;
use score::learned::Described;
use score::{Alert, Cell};

use super::Keep;
use super::failed::Shelf;
use super::selection::{Key, Story};
use crate::carry_out::{self, RunOptions};
use crate::command::run;
use crate::judge::{self, Judgement, chain};
use crate::method::Panel;
use crate::progress::Progress;
use crate::script::{Kept, Script};
use crate::setup::Setup;
use crate::trial;

/// The folder of kept bundles, in that of the regression.
const BUNDLES: &str = "bundles";

/// What all cells of a regression have in common.
#[derive(Clone, Debug)]
pub(crate) struct Terms {
    pub(crate) out: PathBuf,
    pub(crate) keep: Keep,
    pub(crate) try_actions: bool,
    pub(crate) shelf: Shelf,
    pub(crate) panel: Panel,
}

/// A cell that was carried out, and how long that took.
#[derive(Debug)]
pub(crate) struct Done {
    pub(crate) cell: Cell,
    pub(crate) wall: Duration,
    pub(crate) time_to_verdict: Duration,
    /// How long each method took beside the engine, by name.
    pub(crate) methods: Vec<(String, Duration)>,
}

impl Terms {
    /// Where the bundle of a cell is, if it is kept.
    pub(crate) fn place(&self, key: &Key) -> PathBuf {
        self.out.join(BUNDLES).join(format!("{}-{}", key.scenario, key.seed))
    }

    /// Whether a cell that is known has to be carried out again: it failed, or something is missing that is asked for.
    pub(crate) fn lacks(&self, cell: &Cell, key: &Key) -> bool {
        let action = self.try_actions && cell.counts() && cell.has_incident() && cell.first_action.is_none();
        let unasked = |name: &str| cell.card.iter().all(|card| card.methods.iter().all(|method| method.name != name));
        let command = self.panel.commands.iter().any(|command| unasked(&command.name));
        cell.card.is_none() || action || command || (self.keep.keeps(cell) && !self.place(key).is_dir())
    }

    /// Makes room for the cells' folders, and drops what an interrupted regression left there.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn prepare(&self) -> std::io::Result<()> {
        let bundles = self.out.join(BUNDLES);
        fs::create_dir_all(&bundles)?;
        for entry in fs::read_dir(&bundles)? {
            let entry = entry?;
            let name = entry.file_name();
            if name.to_string_lossy().starts_with('.') && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        Ok(())
    }
}

/// Carries one cell out. What the lab itself fails at is in the cell.
///
/// # Errors
/// The cell's folder cannot be made, cleared or written.
pub(crate) fn carry_out(story: &Story, key: &Key, terms: &Terms) -> Result<Done, BundleError> {
    let started = judge::now();
    let setup = story.setup(key.seed);
    let place = terms.place(key);
    let writer = BundleWriter::begin(&place)?;
    let folder = writer.folder().to_owned();
    let elapsed = || judge::now().saturating_duration_since(started);
    let (cell, time_to_verdict, methods) = match judged(&setup, &folder, terms) {
        Err(why) => {
            terms.shelf.drop_one(key)?;
            (failed(&setup, why), Duration::ZERO, Vec::new())
        }
        Ok((raw, judgement)) => {
            let cell = cell(&setup, &raw, &judgement);
            terms.shelf.keep(key, &cell, &setup, &raw, &judgement)?;
            let took = judgement.answers.iter().map(|answer| (answer.name.clone(), answer.took)).collect();
            if terms.keep.keeps(&cell) {
                run::write_alert(&writer, &raw)?;
                run::record(&setup, writer, &raw, &judgement, elapsed())?;
                let time_to_verdict = judgement.time_to_verdict;
                return Ok(Done { cell, wall: elapsed(), time_to_verdict, methods: took });
            }
            (cell, judgement.time_to_verdict, took)
        }
    };
    clear(&folder)?;
    if place.is_dir() {
        // Of an earlier regression; it may be another run.
        clear(&place)?;
    }
    Ok(Done { cell, wall: elapsed(), time_to_verdict, methods })
}

/// A cell of which nothing is known but why.
pub(crate) fn failed(setup: &Setup, why: String) -> Cell {
    Cell {
        scenario: setup.scenario.id.clone(),
        seed: setup.plan.seed,
        run_id: setup.run_id().to_owned(),
        card: None,
        complaints: vec![why],
        alert_after_ns: None,
        accepted: accepted(&TruthRecord::resolve(&setup.scenario, &setup.plan, None)),
        first_action: None,
        described: None,
    }
}

fn judged(setup: &Setup, folder: &Path, terms: &Terms) -> Result<(carry_out::Raw, Judgement), String> {
    let quiet = Progress::new(true);
    // Only who keeps bundles or asks commands needs files; a verdict comes from memory.
    let files = terms.keep != Keep::None || !terms.panel.commands.is_empty();
    let script = Script { kept: if files { Kept::Files } else { Kept::Memory }, ..Script::default() };
    let options = RunOptions { script, ..RunOptions::default() };
    let raw = carry_out::carry_out(setup, folder, &options, &quiet).map_err(|error| chain(&error))?;
    let mut judgement = judge::judge_beside(setup, folder, &raw, &terms.panel).map_err(|error| chain(&error))?;
    if terms.try_actions && judgement.truth.has_incident() {
        let trial = trial::trial(setup, &raw.conducted.moments, &judgement.investigation);
        judgement.trial = Some(trial.map_err(|error| chain(&error))?);
    }
    Ok((raw, judgement))
}

fn cell(setup: &Setup, raw: &carry_out::Raw, judgement: &Judgement) -> Cell {
    let moments = &raw.conducted.moments;
    let alerted = raw.conducted.fired && judgement.truth.has_incident();
    Cell {
        scenario: setup.scenario.id.clone(),
        seed: setup.plan.seed,
        run_id: setup.run_id().to_owned(),
        card: Some(judgement.card.clone()),
        complaints: judgement.complaints.clone(),
        alert_after_ns: alerted.then(|| moments.alert_ns.saturating_sub(moments.onset_ns)),
        accepted: accepted(&judgement.truth),
        first_action: judgement.trial.as_ref().map(|trial| trial.outcome.as_str().to_owned()),
        described: Some(described(judgement)),
    }
}

fn described(judgement: &Judgement) -> Described {
    let alert = Alert::new(judgement.signal.clone(), &judgement.evidence);
    Described::new(&judgement.evidence, &alert, &judgement.candidates.candidates, &judgement.truth)
}

fn accepted(truth: &TruthRecord) -> Vec<Component> {
    truth.roots.iter().flat_map(|root| root.any_of.iter().cloned()).collect()
}

fn clear(folder: &Path) -> Result<(), BundleError> {
    let failed = |source| BundleError { step: "clear", path: folder.to_owned(), source };
    fs::remove_dir_all(folder).map_err(failed)
}
