//! `rcalab run`: one run of one scenario, from nothing to a scored verdict.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use evidence::manifest::{SCHEMA, Windows};
use evidence::{BundleError, BundleWriter, Manifest, layout};
use miette::Report;
use scenarios::modifier::Modifier;
use serde_json::json;
use services::Member;

use crate::carry_out::{self, Raw, RunError, RunOptions};
use crate::exit::Exit;
use crate::judge::{self, Judgement};
use crate::method::Panel;
use crate::method::interrupt::unless_interrupted;
use crate::progress::Progress;
use crate::setup::{CODE_VERSION, Mode, Setup, any_seed};
use crate::{cli, machine, output, present, trial};

/// Why one run has no answer of a method that is fitted on others.
pub(crate) const LEARNS: &str =
    "cannot ask logistic_regression about one run: it learns from the other runs of a regression";

/// What is asked beside the verdict.
#[derive(Debug, Default)]
pub(crate) struct Beside {
    pub(crate) try_action: bool,
    pub(crate) panel: Panel,
}

/// Runs a scenario and prints the verdict.
pub(crate) fn run(arguments: &cli::Run) -> Exit {
    let (setup, options) = match prepare(arguments) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let progress = Progress::new(arguments.quiet);
    let done = if options.telemetry_off {
        load_alone(&setup, &options, &arguments.out, &progress)
    } else {
        let beside = Beside { try_action: arguments.try_action, panel: arguments.methods.panel() };
        bundle(&setup, &options, &arguments.out, &progress, &beside)
            .map(|(place, judgement)| end(&setup, &place, &judgement))
    };
    done.unwrap_or_else(|exit| exit)
}

/// Carries a run out, judges it, and keeps everything in a folder of its own below `out`.
///
/// # Errors
/// The exit code, after what went wrong was said.
pub(crate) fn bundle(
    setup: &Setup,
    options: &RunOptions,
    out: &Path,
    progress: &Progress,
    beside: &Beside,
) -> Result<(PathBuf, Judgement), Exit> {
    let started = judge::now();
    let (writer, raw) = carried_out(setup, options, out, progress)?;
    conclude(setup, writer, &raw, started, beside)
}

/// A run without telemetry leaves nothing but what the load generator saw.
fn load_alone(setup: &Setup, options: &RunOptions, out: &Path, progress: &Progress) -> Result<Exit, Exit> {
    let started = judge::now();
    let (_, raw) = carried_out(setup, options, out, progress)?;
    output::print(&format!("{}\n", json!({"load": raw.conducted.load, "wall_s": started.elapsed().as_secs_f64()})));
    Ok(Exit::Met)
}

fn carried_out(
    setup: &Setup,
    options: &RunOptions,
    out: &Path,
    progress: &Progress,
) -> Result<(BundleWriter, Raw), Exit> {
    let writer = begin(out, &out.join(setup.run_id()))?;
    let carried = carry_out::carry_out(setup, writer.folder(), options, progress);
    progress.end();
    match carried {
        Ok(raw) => Ok((writer, raw)),
        Err(error) => {
            output::complain(&error);
            output::remark(&format!("what there is stays in {}", writer.folder().display()));
            Err(if matches!(error, RunError::Interrupted) { Exit::Interrupted } else { Exit::NotUp })
        }
    }
}

fn prepare(arguments: &cli::Run) -> Result<(Setup, RunOptions), Exit> {
    if arguments.try_action && (arguments.mode == Mode::Live || arguments.telemetry_off) {
        output::remark("cannot use --try-action here: an action is tried on virtual time, with --mode sim");
        return Err(Exit::Usage);
    }
    if arguments.methods.learns() {
        output::remark(LEARNS);
        return Err(Exit::Usage);
    }
    let seed = match arguments.seed.map_or_else(any_seed, Ok) {
        Ok(seed) => seed,
        Err(error) => {
            output::remark(&format!("cannot draw a seed: {error}"));
            return Err(Exit::NotUp);
        }
    };
    let mut setup = Setup::modified(&arguments.scenario, &arguments.with, arguments.mode, seed).map_err(|error| {
        output::point(&Report::new(error));
        Exit::BadInput
    })?;
    setup.zone.clone_from(&arguments.zone.time_zone);
    let kill = arguments.kill.as_deref().map(parse_kill).transpose()?;
    let mut options = RunOptions {
        database_url: arguments.database_url.clone(),
        telemetry_off: arguments.telemetry_off,
        kill,
        ..RunOptions::default()
    };
    if let Some(items) = arguments.collector_queue_items {
        options.collector.max_queue_items = items;
    }
    Ok((setup, options))
}

fn parse_kill(text: &str) -> Result<(Member, Duration), Exit> {
    let parsed = text.split_once('@').and_then(|(name, seconds)| {
        Some((Member::named(name)?, Duration::try_from_secs_f64(seconds.parse().ok()?).ok()?))
    });
    parsed.ok_or_else(|| {
        output::remark(&format!("cannot use --kill {text}: expected SERVICE@SECONDS, such as catalog@20"));
        Exit::Usage
    })
}

fn begin(out: &Path, place: &Path) -> Result<BundleWriter, Exit> {
    if let Err(error) = std::fs::create_dir_all(out) {
        output::remark(&format!("cannot create {}: {error}", out.display()));
        return Err(Exit::NoReport);
    }
    BundleWriter::begin(place).map_err(|error| {
        output::complain(&error);
        Exit::NoReport
    })
}

/// Judges the run and writes everything into its bundle.
fn conclude(
    setup: &Setup,
    writer: BundleWriter,
    raw: &Raw,
    started: Instant,
    beside: &Beside,
) -> Result<(PathBuf, Judgement), Exit> {
    let unwritten = |error: BundleError| {
        output::complain(&error);
        Exit::NoReport
    };
    write_alert(&writer, raw).map_err(unwritten)?;
    let judged = unless_interrupted(&beside.panel, || judge::judge_beside(setup, writer.folder(), raw, &beside.panel));
    let judged = judged.map_err(|error| {
        output::complain(&error);
        output::remark(&format!("what there is stays in {}", writer.folder().display()));
        error.exit()
    })?;
    let mut judgement = judged.map_err(|error| {
        output::complain(&error);
        Exit::Invalid
    })?;
    if beside.try_action {
        let tried = trial::trial(setup, &raw.conducted.moments, &judgement.investigation);
        judgement.trial = Some(tried.map_err(|error| {
            output::complain(&error);
            Exit::NotUp
        })?);
    }
    let place = record(setup, writer, raw, &judgement, started.elapsed()).map_err(unwritten)?;
    Ok((place, judgement))
}

/// Writes what fired into the evidence.
pub(crate) fn write_alert(writer: &BundleWriter, raw: &Raw) -> Result<(), BundleError> {
    let alert = format!("{:#}\n", raw.conducted.webhook);
    writer.write(&format!("{}/{}", layout::EVIDENCE, layout::ALERT), alert)
}

/// Writes everything but the telemetry and the alert, which are there already, and moves the bundle to its place.
pub(crate) fn record(
    setup: &Setup,
    writer: BundleWriter,
    raw: &Raw,
    judgement: &Judgement,
    wall: Duration,
) -> Result<PathBuf, BundleError> {
    let started = judge::now();
    keep_private(writer.folder());
    writer.write_json(&format!("{}/{}", layout::EVIDENCE, layout::CANDIDATES), &judgement.candidates)?;
    writer.write(layout::SCENARIO, &setup.text)?;
    for (name, text) in judge::ledger_files(raw) {
        writer.write(&format!("{}/{name}", layout::LEDGER), text)?;
    }
    writer.write_json(layout::VERDICT, &judgement.investigation)?;
    writer.write_json(layout::SCORE, &judgement.card)?;
    if let Some(trial) = &judgement.trial {
        writer.write_json(layout::TRIAL, trial)?;
    }
    writer.write(layout::REPORT, present::html(setup, raw, judgement))?;
    writer.write_json(layout::TIMINGS, &timings(raw, judgement, wall, started.elapsed()))?;
    writer.finish(manifest(setup, raw, judgement), &judgement.truth)
}

/// Keeps what the services said, and drops the rest of what was theirs alone.
fn keep_private(folder: &Path) {
    let (private, logs) = (folder.join("private"), folder.join("logs"));
    if !private.is_dir() || std::fs::create_dir_all(&logs).is_err() {
        return;
    }
    for entry in std::fs::read_dir(&private).into_iter().flatten().flatten() {
        if entry.path().extension().is_some_and(|extension| extension == "log") {
            // A log that cannot be moved is lost with the rest; nothing depends on it.
            drop(std::fs::rename(entry.path(), logs.join(entry.file_name())));
        }
    }
    drop(std::fs::remove_dir_all(&private));
}

/// `wall` ends with the judging; `writing` is the bundle's own files, without their digests.
fn timings(raw: &Raw, judgement: &Judgement, wall: Duration, writing: Duration) -> serde_json::Value {
    let moments = &raw.conducted.moments;
    let load = Duration::from_nanos(moments.load_to_ns.saturating_sub(moments.load_from_ns));
    let methods: BTreeMap<&str, f64> =
        judgement.answers.iter().map(|answer| (answer.name.as_str(), answer.took.as_secs_f64())).collect();
    let services: u64 = raw.remains.wills.values().flatten().map(|will| will.peak_memory_bytes).sum();
    json!({
        "wall_s": wall.as_secs_f64(),
        "load_s": load.as_secs_f64(),
        "phases_s": {
            "carry_out": raw.took.as_secs_f64(),
            "judge": judgement.took.as_secs_f64(),
            "write": writing.as_secs_f64(),
        },
        "time_to_verdict_s": judgement.time_to_verdict.as_secs_f64(),
        "methods_s": methods,
        "peak_memory_bytes": {"lab": machine::peak_memory_bytes(), "services": services},
        "load": raw.conducted.load,
    })
}

fn manifest(setup: &Setup, raw: &Raw, judgement: &Judgement) -> Manifest {
    let moments = &raw.conducted.moments;
    Manifest {
        schema: SCHEMA,
        run_id: setup.run_id().to_owned(),
        scenario_id: setup.scenario.id.clone(),
        mode: setup.mode.as_str().to_owned(),
        seed: setup.plan.seed,
        modifiers: setup.modifiers.iter().map(Modifier::to_string).collect(),
        commit: Some(env!("RCALAB_COMMIT").to_owned()),
        versions: BTreeMap::from([("rcalab".to_owned(), CODE_VERSION.to_owned())]),
        windows: Windows {
            started_ns: moments.load_from_ns,
            evidence_from_ns: moments.evidence_from_ns,
            onset_ns: judgement.truth.has_incident().then_some(moments.onset_ns),
            alert_ns: Some(moments.alert_ns),
            cut_ns: Some(moments.cut_ns),
            ended_ns: moments.load_to_ns,
        },
        reconciliation: judgement.books.clone(),
        files: BTreeMap::new(),
    }
}

/// Prints the verdict, says where everything is, and decides how the run ended.
fn end(setup: &Setup, place: &Path, judgement: &Judgement) -> Exit {
    output::print(&present::terminal(setup, judgement));
    output::print(&format!("\nbundle  {0}\nreport  {0}/{1}\n", place.display(), layout::REPORT));
    judgement.exit()
}
