//! The copy of the evidence that a method gets: in a folder whose name says nothing, with run and scenario ids replaced.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write as _};
use std::path::{Path, PathBuf};

use crate::bundle::{Bundle, ReadError};
use crate::layout;
use crate::reader;

/// An id and what stands in its place, everywhere.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pseudonym {
    pub id: String,
    pub opaque: String,
}

/// Ids shorter than this are refused: they would be found inside of other words.
pub const MIN_ID_BYTES: usize = 4;

/// Why there is no copy.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    #[error("hide the id `{id}`: it is shorter than {MIN_ID_BYTES} bytes, or is not plain")]
    Id { id: String },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("write {path}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
}

/// Copies the evidence into a new folder below `parent`, uncompressed, and nothing else. `draw` names the folder: it must
/// be drawn anew each time.
///
/// # Errors
/// An id cannot be hidden, a file cannot be read, or the folder is there already or cannot be written.
pub fn copy(bundle: &Bundle, parent: &Path, draw: u128, pseudonyms: &[Pseudonym]) -> Result<PathBuf, CopyError> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-');
    let pseudonyms = longest_first(pseudonyms);
    for Pseudonym { id, opaque } in &pseudonyms {
        if id.len() < MIN_ID_BYTES || !id.bytes().all(plain) || !opaque.bytes().all(plain) {
            return Err(CopyError::Id { id: id.clone() });
        }
    }
    let folder = parent.join(format!("{draw:032x}"));
    fs::create_dir(&folder).map_err(|source| CopyError::Write { path: folder.clone(), source })?;
    let names = [layout::TRACES, layout::METRICS, layout::LOGS, layout::ALERT, layout::CANDIDATES, layout::TOPOLOGY];
    for name in names {
        if let Some(from) = reader::find(bundle.evidence_folder(), name) {
            copy_file(&from, &folder.join(name), &pseudonyms)?;
        }
    }
    Ok(folder)
}

/// Adds a file that the bundle does not have to a copy, ids replaced as there.
///
/// # Errors
/// It cannot be written.
pub fn add(folder: &Path, name: &str, text: &str, pseudonyms: &[Pseudonym]) -> Result<(), CopyError> {
    let pseudonyms: Vec<&Pseudonym> = longest_first(pseudonyms);
    let path = folder.join(name);
    fs::write(&path, replaced(text.as_bytes(), &pseudonyms)).map_err(|source| CopyError::Write { path, source })
}

/// A longer id goes first, so that one inside of another does not take a piece out of it.
fn longest_first(pseudonyms: &[Pseudonym]) -> Vec<&Pseudonym> {
    let mut pseudonyms: Vec<&Pseudonym> = pseudonyms.iter().collect();
    pseudonyms.sort_by_key(|pseudonym| std::cmp::Reverse(pseudonym.id.len()));
    pseudonyms
}

fn copy_file(from: &Path, to: &Path, pseudonyms: &[&Pseudonym]) -> Result<(), CopyError> {
    let write_error = |source| CopyError::Write { path: to.to_owned(), source };
    let mut out = BufWriter::new(File::create_new(to).map_err(write_error)?);
    let mut written = Ok(());
    let read = reader::raw_lines(from, |line| {
        if written.is_ok() {
            written = out.write_all(&replaced(line, pseudonyms));
        }
    });
    read.map_err(|source| ReadError { file: from.to_owned(), source })?;
    written.and_then(|()| out.flush()).map_err(write_error)
}

fn replaced(line: &[u8], pseudonyms: &[&Pseudonym]) -> Vec<u8> {
    let mut out = Vec::with_capacity(line.len());
    let mut rest = line;
    while let Some(first) = rest.first() {
        // Ids are few and start with few bytes, so most positions are passed by the first comparison.
        match pseudonyms.iter().find(|pseudonym| rest.starts_with(pseudonym.id.as_bytes())) {
            Some(pseudonym) => {
                out.extend_from_slice(pseudonym.opaque.as_bytes());
                rest = &rest[pseudonym.id.len()..];
            }
            None => {
                out.push(*first);
                rest = &rest[1..];
            }
        }
    }
    out
}
