//! `rcalab merge`: the parts of a regression that several machines carried out, as one folder and one report.

use std::fs;
use std::io;
use std::path::Path;

use score::Cell;

use crate::exit::Exit;
use crate::regress::failed::Shelf;
use crate::regress::merge::{self, MergeError};
use crate::regress::results::{self, ReadError, Results};
use crate::regress::selection::Key;
use crate::regress::told;
use crate::{cli, output};

/// Joins the results of folders and reports on all of them.
pub(crate) fn merge(arguments: &cli::Merge) -> Exit {
    let read = |folder: &std::path::PathBuf| Ok((folder.clone(), Results::read(folder)?));
    let parts: Result<Vec<_>, ReadError> = arguments.parts.iter().map(read).collect();
    let whole = match parts.map(merge::join) {
        Ok(Ok(whole)) => whole,
        Ok(Err(error)) => {
            output::complain(&error);
            let hole = matches!(error, MergeError::Hole { .. });
            return if hole { Exit::Invalid } else { Exit::BadInput };
        }
        Err(error) => {
            output::complain(&error);
            return Exit::BadInput;
        }
    };
    if whole.broken > 0 {
        output::remark(&format!("{} torn lines are dropped", whole.broken));
    }
    if let Err(error) = results::found(&arguments.out, &whole) {
        output::complain(&error);
        return Exit::NoReport;
    }
    let keys: Vec<Key> = whole.cells.keys().cloned().collect();
    let shelf = Shelf::new(&arguments.out, arguments.reports);
    for key in shelf.wanted(&whole.cells, &keys) {
        if let Err(error) = arguments.parts.iter().try_for_each(|part| take_over(part, &shelf, &key)) {
            output::remark(&format!("cannot write {}: {error}", shelf.place(&key).display()));
            return Exit::NoReport;
        }
    }
    let cells: Vec<Cell> = whole.cells.into_values().collect();
    let summary = told::summary(&whole.header.code, cells, &[], &arguments.told.gates);
    match told::tell(&arguments.told, &arguments.out, &whole.header, &summary, &shelf) {
        Ok(()) => Exit::of_score(summary.exit),
        Err(exit) => exit,
    }
}

/// Copies what a part kept of a failed run, if it did and nobody else has.
fn take_over(part: &Path, shelf: &Shelf, key: &Key) -> io::Result<()> {
    let (from, to) = (Shelf::new(part, 1).place(key), shelf.place(key));
    if !from.is_dir() || to.exists() {
        return Ok(());
    }
    fs::create_dir_all(&to)?;
    for entry in fs::read_dir(&from)? {
        let entry = entry?;
        if entry.file_type()?.is_file() {
            fs::copy(entry.path(), to.join(entry.file_name()))?;
        }
    }
    Ok(())
}
