//! Writes a bundle beside its place and moves it there in one step, so that no half of one is ever seen.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::layout;
use crate::manifest::{self, Manifest};

/// A bundle being written. Dropped without [`BundleWriter::finish`], it leaves its working folder for a person to look
/// at; the next run of the same name replaces it.
#[derive(Debug)]
pub struct BundleWriter {
    place: PathBuf,
    work: PathBuf,
}

/// A step of writing a bundle that failed.
#[derive(Debug, thiserror::Error)]
#[error("{step} {path}", path = path.display())]
pub struct BundleError {
    pub step: &'static str,
    pub path: PathBuf,
    pub source: io::Error,
}

impl BundleWriter {
    /// Begins a bundle that will be at `place`: makes a working folder beside it, with the folders of the layout.
    ///
    /// # Errors
    /// The place has no name, or folders cannot be made there.
    pub fn begin(place: &Path) -> Result<Self, BundleError> {
        let fail = |step, path: &Path| move_error(step, path);
        let Some(name) = place.file_name() else {
            return Err(fail("name a bundle after", place)(io::ErrorKind::InvalidInput.into()));
        };
        let work = place.with_file_name(format!(".{}.partial", name.to_string_lossy()));
        remove(&work).map_err(fail("clear", &work))?;
        for folder in [layout::EVIDENCE, layout::AFTER, layout::LEDGER] {
            fs::create_dir_all(work.join(folder)).map_err(fail("create", &work))?;
        }
        Ok(Self { place: place.to_owned(), work })
    }

    /// Where the bundle is while it is being written: collectors and ledgers write below it.
    pub fn folder(&self) -> &Path {
        &self.work
    }

    /// Writes one file, its path relative to the bundle.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write(&self, path: &str, content: impl AsRef<[u8]>) -> Result<(), BundleError> {
        let path = self.work.join(path);
        fs::write(&path, content).map_err(move_error("write", &path))
    }

    /// Writes a value as indented JSON with a line feed at its end.
    ///
    /// # Errors
    /// It cannot be written.
    pub fn write_json(&self, path: &str, value: &impl Serialize) -> Result<(), BundleError> {
        self.write(path, json(value).map_err(move_error("write", &self.work.join(path)))?)
    }

    /// Digests what was written, writes the manifest, then the truth, and moves the bundle to its place; what was there
    /// is replaced as a whole.
    ///
    /// # Errors
    /// A file cannot be read or written, or the place cannot be taken.
    pub fn finish(self, mut manifest: Manifest, truth: &impl Serialize) -> Result<PathBuf, BundleError> {
        manifest.files = manifest::digest(&self.work).map_err(move_error("digest", &self.work))?;
        self.write_json(layout::MANIFEST, &manifest)?;
        self.write_json(layout::TRUTH, truth)?;
        let fail = |step, path: &Path| move_error(step, path);
        // A folder cannot be replaced by one call everywhere, so the old one steps aside first.
        let old = self.work.with_extension("old");
        remove(&old).map_err(fail("clear", &old))?;
        if self.place.exists() {
            fs::rename(&self.place, &old).map_err(fail("set aside", &self.place))?;
        }
        fs::rename(&self.work, &self.place).map_err(fail("move the bundle to", &self.place))?;
        remove(&old).map_err(fail("clear", &old))?;
        Ok(self.place)
    }
}

fn json(value: &impl Serialize) -> io::Result<Vec<u8>> {
    let mut text = serde_json::to_vec_pretty(value)?;
    text.push(b'\n');
    Ok(text)
}

fn move_error(step: &'static str, path: &Path) -> impl FnOnce(io::Error) -> BundleError + use<> {
    let path = path.to_owned();
    move |source| BundleError { step, path, source }
}

/// Removes a folder, or a file in its place; none there is fine.
fn remove(path: &Path) -> io::Result<()> {
    match fs::symlink_metadata(path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error),
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
    }
}
