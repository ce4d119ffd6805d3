//! `rcalab fidelity`: whether virtual time tells what real time tells.

use std::path::{Path, PathBuf};

use miette::Report;

use crate::carry_out::RunOptions;
use crate::command::run::Beside;
use crate::exit::Exit;
use crate::fidelity::{self, Sample};
use crate::progress::Progress;
use crate::setup::{Mode, Setup};
use crate::{cli, command, output};

/// Makes the runs that are missing, compares both modes and prints the table.
pub(crate) fn fidelity(arguments: &cli::Fidelity) -> Exit {
    match compared(arguments) {
        Ok(fidelity) => {
            let json = || format!("{:#}\n", serde_json::json!(fidelity));
            output::print(&if arguments.json { json() } else { fidelity::table(&fidelity) });
            match (fidelity.counts(), fidelity.holds()) {
                (false, _) => Exit::Invalid,
                (true, false) => Exit::Missed,
                (true, true) => Exit::Met,
            }
        }
        Err(exit) => exit,
    }
}

fn compared(arguments: &cli::Fidelity) -> Result<fidelity::Fidelity, Exit> {
    let seeds = arguments.seed..arguments.seed.saturating_add(arguments.runs);
    if seeds.is_empty() {
        output::remark("no run is asked for");
        return Err(Exit::Nothing);
    }
    let scenario = setup(&arguments.scenario, Mode::Sim, arguments.seed)?.scenario.id;
    let live = match &arguments.live_from {
        Some(folder) => existing(folder, &scenario)?,
        None => made(arguments, Mode::Live, seeds.clone(), &scenario)?,
    };
    // Runs that are there already say which seeds to compare them with.
    let seeds: Vec<u64> = match &arguments.live_from {
        Some(_) => live.iter().map(|sample| sample.seed).collect(),
        None => seeds.collect(),
    };
    let sim = made(arguments, Mode::Sim, seeds, &scenario)?;
    Ok(fidelity::compare(&scenario, &live, &sim, arguments.tolerance))
}

fn setup(scenario: &str, mode: Mode, seed: u64) -> Result<Setup, Exit> {
    Setup::new(scenario, mode, seed).map_err(|error| {
        output::point(&Report::new(error));
        Exit::BadInput
    })
}

/// One run after the other: live runs side by side would slow each other down.
fn made(
    arguments: &cli::Fidelity,
    mode: Mode,
    seeds: impl IntoIterator<Item = u64>,
    scenario: &str,
) -> Result<Vec<Sample>, Exit> {
    let mut samples = Vec::new();
    for seed in seeds {
        let setup = setup(&arguments.scenario, mode, seed)?;
        if !arguments.quiet {
            output::remark(&format!("{} run of seed {seed}", mode.as_str()));
        }
        let (place, _) = command::run::bundle(
            &setup,
            &RunOptions::default(),
            &arguments.out,
            &Progress::new(true),
            &Beside::default(),
        )?;
        samples.extend(sample(&place, scenario)?);
    }
    Ok(samples)
}

/// The live runs of a scenario in a folder of bundles, by seed.
fn existing(folder: &Path, scenario: &str) -> Result<Vec<Sample>, Exit> {
    let unreadable = |error: std::io::Error| {
        output::remark(&format!("cannot read {}: {error}", folder.display()));
        Exit::BadInput
    };
    let mut places: Vec<PathBuf> = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(unreadable)? {
        let place = entry.map_err(unreadable)?.path();
        if place.join(evidence::layout::TRUTH).is_file() {
            places.push(place);
        }
    }
    let mut found = Vec::new();
    for place in places {
        found.extend(sample(&place, scenario)?);
    }
    // What an earlier comparison left there are runs of both modes.
    let (mut samples, virtual_ones): (Vec<Sample>, Vec<Sample>) =
        found.into_iter().partition(|sample| sample.mode == Mode::Live.as_str());
    samples.sort_by_key(|sample| sample.seed);
    if samples.is_empty() && !virtual_ones.is_empty() {
        let (count, folder) = (virtual_ones.len(), folder.display());
        output::remark(&format!(
            "cannot take live runs of {scenario} from {folder}: all {count} there are on virtual time, which would be \
             compared with itself"
        ));
        return Err(Exit::BadInput);
    }
    if samples.is_empty() {
        output::remark(&format!("no live run of {scenario} is in {}", folder.display()));
        return Err(Exit::Nothing);
    }
    Ok(samples)
}

fn sample(place: &Path, scenario: &str) -> Result<Option<Sample>, Exit> {
    fidelity::read(place, scenario).map_err(|error| {
        output::complain(&error);
        Exit::BadInput
    })
}
