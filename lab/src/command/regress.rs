//! `rcalab regress`: every scenario with many seeds on virtual time, in one table, with gates.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use evidence::layout;
use miette::Report;
use scenarios::modifier::Modifier;
use score::{Cell, Summary, summarise};

use crate::exit::Exit;
use crate::regress::Keep;
use crate::regress::cell::{self, Done, Terms};
use crate::regress::crew::{self, Ending};
use crate::regress::failed::{FAILED, Shelf};
use crate::regress::pace::Pace;
use crate::regress::results::Journal;
use crate::regress::selection::{Key, Selection, SelectionError, Story};
use crate::setup::CODE_VERSION;
use crate::{cli, machine, output};

/// What stands in place of a file's name where its text is to be printed.
const STANDARD_OUTPUT: &str = "-";

/// Carries out what is missing, and reports on everything that was asked for.
pub(crate) fn regress(arguments: &cli::Regress) -> Exit {
    let selection = match Selection::new(&arguments.scenarios, &arguments.with, &arguments.seeds, arguments.partition) {
        Ok(selection) => selection,
        Err(error) => return refuse(error),
    };
    if selection.keys.is_empty() {
        output::remark("no cell is selected: the partition has more slices than there are cells");
        return Exit::Nothing;
    }
    let panel = arguments.methods.panel();
    let terms = Terms {
        out: arguments.out.clone(),
        keep: arguments.keep,
        try_actions: arguments.try_actions,
        shelf: Shelf::new(&arguments.out, arguments.reports),
        panel: panel.clone(),
    };
    let mut journal = match Journal::open(&arguments.out, &selection, &panel.commands) {
        Ok(journal) => journal,
        Err(error) => return unwritten(&error),
    };
    if let Err(error) = terms.prepare() {
        output::remark(&format!("cannot write {}: {error}", arguments.out.display()));
        return Exit::NoReport;
    }
    journal.remarks.iter().for_each(|remark| output::remark(remark));
    if let Err(exit) = carry_out(arguments, &selection, &terms, &mut journal) {
        return exit;
    }
    // Nobody writes there any more: what others left can go, and what stays is what the page leads to.
    if let Err(error) = terms.shelf.prune(&terms.shelf.wanted(&journal.cells, &selection.keys)) {
        output::remark(&format!("cannot clear {}: {error}", arguments.out.join(FAILED).display()));
        return Exit::NoReport;
    }
    let cells: Vec<Cell> = selection.keys.iter().filter_map(|key| journal.cells.get(key).cloned()).collect();
    let summary = summarise(CODE_VERSION, &cells, &panel.reported(), arguments.gates.thresholds());
    match tell(arguments, &selection, &summary, &terms.shelf) {
        Ok(()) => Exit::of_score(summary.exit),
        Err(exit) => exit,
    }
}

fn refuse(error: SelectionError) -> Exit {
    match error {
        SelectionError::Setup(error) => output::point(&Report::new(error)),
        SelectionError::Twice { .. } => output::complain(&error),
    }
    Exit::BadInput
}

fn unwritten(error: &dyn std::error::Error) -> Exit {
    output::complain(error);
    Exit::NoReport
}

/// Carries out the cells that are missing, and keeps each as it completes.
fn carry_out(
    arguments: &cli::Regress,
    selection: &Selection,
    terms: &Terms,
    journal: &mut Journal,
) -> Result<(), Exit> {
    let unshelved = terms.shelf.lacking(&journal.cells, &selection.keys);
    let missing =
        |key: &&Key| unshelved.contains(key) || journal.cells.get(key).is_none_or(|cell| terms.lacks(cell, key));
    let tasks: Vec<(Arc<Story>, Key)> = selection
        .keys
        .iter()
        .filter(missing)
        .map(|key| (Arc::clone(&selection.stories[&key.scenario]), key.clone()))
        .collect();
    let (all, there) = (selection.keys.len(), selection.keys.len() - tasks.len());
    if there > 0 && !arguments.quiet {
        output::remark(&format!("{there} of {all} cells are there already"));
    }
    if tasks.is_empty() {
        return Ok(());
    }
    let jobs = arguments.jobs.map_or_else(machine::cores, usize::from);
    let pace = std::cell::RefCell::new(Pace::new(arguments.quiet, there, all));
    let mut lost = None;
    let take = |(story, key): (Arc<Story>, Key), outcome: crew::Outcome<_>| {
        let done = match outcome {
            Ok(Ok(done)) => done,
            Ok(Err(error)) => {
                lost = Some(unwritten(&error));
                return false;
            }
            Err(panic) => broken(&story, &key, &panic),
        };
        pace.borrow_mut().done(Keep::Wrong.keeps(&done.cell));
        if let Err(error) = journal.keep(done) {
            lost = Some(unwritten(&error));
        } else if let Err(error) = terms.shelf.trim(&journal.cells, &selection.keys, &key.scenario) {
            lost = Some(unwritten(&error));
        }
        lost.is_none()
    };
    let of_terms = terms.clone();
    let task = move |(story, key): &(Arc<Story>, Key)| cell::carry_out(story, key, &of_terms);
    let interrupted = |under_way| {
        pace.borrow().remark(&format!("interrupted: ends the {under_way} cells under way; once more to leave them"));
    };
    let ending = crew::work(tasks, jobs, task, take, interrupted);
    // Somebody who leaves cells behind leaves no process behind.
    terms.panel.groups.kill();
    pace.borrow().end();
    match (lost, ending) {
        (Some(exit), _) => Err(exit),
        (None, Ok(Ending::Complete)) => Ok(()),
        (None, Ok(Ending::Interrupted | Ending::Abandoned)) => {
            let done = selection.keys.iter().filter(|key| journal.cells.contains_key(key)).count();
            output::remark(&format!("{done} of {all} cells are kept; the same command goes on from here"));
            Err(Exit::Interrupted)
        }
        (None, Err(error)) => {
            output::complain(&error);
            Err(Exit::NotUp)
        }
    }
}

/// A cell in which the lab broke one of its own invariants.
fn broken(story: &Story, key: &Key, panic: &str) -> Done {
    let cell = cell::failed(&story.setup(key.seed), format!("the lab broke: {panic}"));
    Done { cell, wall: Duration::ZERO, time_to_verdict: Duration::ZERO, methods: Vec::new() }
}

/// Writes every report that was asked for.
fn tell(arguments: &cli::Regress, selection: &Selection, summary: &Summary, shelf: &Shelf) -> Result<(), Exit> {
    let names: BTreeMap<&str, &str> =
        selection.stories.iter().map(|(id, story)| (id.as_str(), story.name.as_str())).collect();
    let again =
        |scenario: &str, seed: u64| again(names.get(scenario).copied().unwrap_or(scenario), &arguments.with, seed);
    if let Some(path) = &arguments.junit {
        let text = report::junit(summary, &again).map_err(|error| unwritten(&error))?;
        write(path, &text)?;
    }
    if let Some(path) = &arguments.markdown {
        write(path, &report::regression_markdown(summary, &again))?;
    }
    let report = |scenario: &str, seed: u64| shelf.report(&Key { scenario: scenario.to_owned(), seed });
    let page = arguments.out.join(layout::REPORT);
    write(&page, &report::regression_html(summary, &report::Links { again: &again, report: &report }))?;
    if !arguments.quiet {
        output::remark(&format!("the matrix is {}", page.display()));
    }
    let mut table = true;
    if let Some(path) = &arguments.json {
        let text = format!("{:#}\n", serde_json::json!(summary));
        if path.as_os_str() == STANDARD_OUTPUT {
            output::print(&text);
            table = false;
        } else {
            write(path, &text)?;
        }
    }
    if table {
        output::print(&report::regression(summary, &again, &output::terminal()));
    }
    Ok(())
}

/// The command that carries one cell out once more, with its whole bundle.
pub(crate) fn again(name: &str, modifiers: &[Modifier], seed: u64) -> String {
    let with: String = modifiers.iter().map(|modifier| format!(" --with '{modifier}'")).collect();
    format!("rcalab run {name} --mode sim --seed {seed}{with}")
}

fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| {
        output::remark(&format!("cannot write {}: {error}", path.display()));
        Exit::NoReport
    })
}
