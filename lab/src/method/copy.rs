//! The folder that a command gets: a copy of the evidence alone, in a place whose name says nothing, gone afterwards.

use std::path::{Path, PathBuf};

use evidence::candidates::Candidates;
use evidence::layout;
use evidence::opaque::{self, CopyError, Pseudonym};
use tempfile::TempDir;

use super::Folder;

/// What every run and every scenario is called in a copy: an id that is always the same tells nothing.
pub(super) const RUN: &str = "run-0000";
pub(super) const SCENARIO: &str = "scenario-0000";

/// A folder that is gone when this is.
#[derive(Debug)]
pub(crate) struct Copy {
    _place: TempDir,
    folder: PathBuf,
}

/// Why a command could not be given anything.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error("make a folder for the method")]
    Place(#[source] std::io::Error),
    #[error("draw a name for the method's folder")]
    Draw(#[source] std::io::Error),
    #[error("copy the evidence for the method")]
    Copy(#[source] CopyError),
}

/// What a run's ids are replaced by.
pub(crate) fn pseudonyms(run: &str, scenario: &str) -> Vec<Pseudonym> {
    vec![pseudonym(run, RUN), pseudonym(scenario, SCENARIO)]
}

pub(super) fn pseudonym(id: &str, opaque: &str) -> Pseudonym {
    Pseudonym { id: id.to_owned(), opaque: opaque.to_owned() }
}

/// Copies a case. The folder lies in no folder of the lab, so that nothing above it tells anything.
///
/// # Errors
/// [`Error`] if an id cannot be hidden, or a file not be read or written.
pub(super) fn copy(case: &Folder<'_>, candidates: &Candidates) -> Result<Copy, Error> {
    let place = TempDir::new().map_err(Error::Place)?;
    let draw = u128::from_le_bytes(world::entropy::bytes().map_err(Error::Draw)?);
    let folder = opaque::copy(case.bundle, place.path(), draw, case.hidden).map_err(Error::Copy)?;
    let candidates = format!("{:#}\n", serde_json::json!(candidates));
    for (name, text) in [(layout::ALERT, case.alert), (layout::CANDIDATES, candidates.as_str())] {
        if !folder.join(name).exists() {
            opaque::add(&folder, name, text, case.hidden).map_err(Error::Copy)?;
        }
    }
    Ok(Copy { _place: place, folder })
}

impl Copy {
    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }
}
