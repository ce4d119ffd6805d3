//! `rcalab regress`: every scenario with many seeds on virtual time, in one table, with gates.

use std::sync::Arc;
use std::time::Duration;

use miette::Report;
use score::Cell;

use crate::exit::Exit;
use crate::regress::Keep;
use crate::regress::cell::{self, Done, Terms};
use crate::regress::crew::{self, Ending};
use crate::regress::failed::{FAILED, Shelf, Standing};
use crate::regress::pace::Pace;
use crate::regress::results::Journal;
use crate::regress::selection::{Key, Selection, SelectionError, Story};
use crate::regress::told;
use crate::setup::CODE_VERSION;
use crate::{cli, machine, output};

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
    let summary = told::summary(CODE_VERSION, cells, &panel.reported(), &arguments.told.gates);
    match told::tell(&arguments.told, &arguments.out, &journal.header, &summary, &terms.shelf) {
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
    if there > 0 && !arguments.told.quiet {
        output::remark(&format!("{there} of {all} cells are there already"));
    }
    if tasks.is_empty() {
        return Ok(());
    }
    let jobs = arguments.jobs.map_or_else(machine::cores, usize::from);
    let pace = std::cell::RefCell::new(Pace::new(arguments.told.quiet, there, all));
    let mut lost = None;
    let mut standing = Standing::new(&terms.shelf, &journal.cells, &selection.keys);
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
        let trimmed = standing.came(&key, &done.cell).map_or(Ok(()), |pushed_out| terms.shelf.drop_one(&pushed_out));
        if let Err(error) = journal.keep(done) {
            lost = Some(unwritten(&error));
        } else if let Err(error) = trimmed {
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
    terms.panel.groups.close();
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
