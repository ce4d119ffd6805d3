//! What a run was, and the digests of what it left: `manifest.json`.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, Read as _};
use std::path::Path;

use serde::{Deserialize, Serialize};
use sha2::{Digest as _, Sha256};

use crate::layout;
use crate::reconciliation::Reconciliation;

/// The shape written today.
pub const SCHEMA: u32 = 1;

/// What a run was. [`crate::writer::BundleWriter::finish`] fills in the files.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    pub schema: u32,
    pub run_id: String,
    pub scenario_id: String,
    /// `live`, `sim` or `replay`.
    pub mode: String,
    pub seed: u64,
    pub modifiers: Vec<String>,
    /// What the lab was built from.
    pub commit: Option<String>,
    /// By component: the lab, its toolchain, the telemetry libraries.
    pub versions: BTreeMap<String, String>,
    pub windows: Windows,
    pub reconciliation: Reconciliation,
    /// By path relative to the run's folder, with `/`. Not among them: this file, the truth, which is written after it,
    /// and the timings, which no promise of equal bytes covers.
    pub files: BTreeMap<String, FileDigest>,
}

/// When things happened, nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Windows {
    pub started_ns: u64,
    /// The evidence begins here: the warm-up is over.
    pub evidence_from_ns: u64,
    pub onset_ns: Option<u64>,
    pub alert_ns: Option<u64>,
    /// The evidence ends here.
    pub cut_ns: Option<u64>,
    pub ended_ns: u64,
}

/// A file as it was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileDigest {
    pub bytes: u64,
    /// Lowercase hex.
    pub sha256: String,
}

/// A file that is not what the manifest says.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Mismatch {
    #[error("find {path}, which the manifest lists")]
    Missing { path: String },
    #[error("find {path} in the manifest")]
    Unlisted { path: String },
    #[error("recognise {path}: its content is not what was written")]
    Changed { path: String },
}

/// Digests every file below a run's folder that a manifest covers.
///
/// # Errors
/// A file or folder cannot be read.
pub fn digest(folder: &Path) -> io::Result<BTreeMap<String, FileDigest>> {
    const APART: [&str; 3] = [layout::MANIFEST, layout::TRUTH, layout::TIMINGS];
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        for entry in fs::read_dir(&folder)? {
            let entry = entry?;
            let path = format!("{prefix}{}", entry.file_name().to_string_lossy());
            if entry.file_type()?.is_dir() {
                folders.push((entry.path(), format!("{path}/")));
            } else if !APART.contains(&path.as_str()) {
                files.insert(path, digest_file(&entry.path())?);
            }
        }
    }
    Ok(files)
}

fn digest_file(path: &Path) -> io::Result<FileDigest> {
    let (mut file, mut hasher, mut bytes) = (File::open(path)?, Sha256::new(), 0);
    let mut buffer = vec![0; 1 << 16];
    loop {
        let read = file.read(&mut buffer)?;
        if read == 0 {
            break;
        }
        hasher.update(&buffer[..read]);
        bytes += read as u64;
    }
    let sha256 = hasher.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
    Ok(FileDigest { bytes, sha256 })
}

impl Manifest {
    /// Reads the manifest of a run's folder.
    ///
    /// # Errors
    /// It is not there, or is no manifest.
    pub fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join(layout::MANIFEST))?)?)
    }

    /// Everything in the folder that is not as the manifest says.
    ///
    /// # Errors
    /// A file or folder cannot be read.
    pub fn mismatches(&self, folder: &Path) -> io::Result<Vec<Mismatch>> {
        let found = digest(folder)?;
        let listed = self.files.iter().filter_map(|(path, written)| match found.get(path) {
            None => Some(Mismatch::Missing { path: path.clone() }),
            Some(digest) if digest != written => Some(Mismatch::Changed { path: path.clone() }),
            Some(_) => None,
        });
        let extra = found.keys().filter(|path| !self.files.contains_key(*path));
        Ok(listed.chain(extra.map(|path| Mismatch::Unlisted { path: path.clone() })).collect())
    }
}
