//! A folder of evidence: a run's, or any folder with OTLP/JSON lines in it.

use std::io;
use std::path::{Path, PathBuf};

use rca_engine::evidence::Evidence;
use serde::Deserialize;

use crate::layout;
use crate::line::Json;
use crate::reader::{self, Tally};
use crate::store::Store;

/// An opened folder. Nothing is read yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    root: PathBuf,
    evidence: PathBuf,
}

/// Why a folder is no bundle.
#[derive(Debug, thiserror::Error)]
#[error("find evidence in {folder}: none of traces.jsonl, metrics.jsonl, logs.jsonl is there, in it or in evidence/", folder = folder.display())]
pub struct OpenError {
    pub folder: PathBuf,
}

/// A file of a bundle that could not be read at all.
#[derive(Debug, thiserror::Error)]
#[error("read {file}", file = file.display())]
pub struct ReadError {
    pub file: PathBuf,
    pub source: io::Error,
}

/// Everything a bundle holds, and what of it could not be read.
#[derive(Debug)]
pub struct Reading {
    pub evidence: Evidence,
    /// Absent where the file is.
    pub traces: Option<Tally>,
    pub metrics: Option<Tally>,
    pub logs: Option<Tally>,
}

impl Reading {
    /// How many lines could not be read, in all files.
    pub fn broken(&self) -> u64 {
        self.tallies().map(|tally| tally.broken).sum()
    }

    /// What was read of each file that is there.
    pub fn tallies(&self) -> impl Iterator<Item = &Tally> {
        [&self.traces, &self.metrics, &self.logs].into_iter().flatten()
    }
}

impl Bundle {
    /// Opens a run's folder, which has `evidence/` in it, or a bare folder of evidence. A missing file is an absence.
    ///
    /// # Errors
    /// None of the three files of telemetry is there.
    pub fn open(folder: &Path) -> Result<Self, OpenError> {
        let has_telemetry = |folder: &Path| {
            [layout::TRACES, layout::METRICS, layout::LOGS].iter().any(|name| reader::find(folder, name).is_some())
        };
        let candidates = [folder.join(layout::EVIDENCE), folder.to_owned()];
        let evidence = candidates.into_iter().find(|folder| has_telemetry(folder));
        let evidence = evidence.ok_or_else(|| OpenError { folder: folder.to_owned() })?;
        Ok(Self { root: folder.to_owned(), evidence })
    }

    /// The folder that was opened.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The folder that holds the telemetry.
    pub fn evidence_folder(&self) -> &Path {
        &self.evidence
    }

    /// `alert.json` as text, if there is one.
    ///
    /// # Errors
    /// It is there and cannot be read.
    pub fn alert(&self) -> Result<Option<String>, ReadError> {
        self.text(layout::ALERT)
    }

    /// Reads everything. Order is that of the files: spans, then metrics, then log records.
    ///
    /// # Errors
    /// A file is there and cannot be opened. Broken lines are no error, they are in the result.
    pub fn read(&self) -> Result<Reading, ReadError> {
        let mut store = Store::default();
        let traces =
            self.lines(layout::TRACES, |line| serde_json::from_str(line).map(|Json(line)| store.traces(&line)))?;
        let metrics =
            self.lines(layout::METRICS, |line| serde_json::from_str(line).map(|Json(line)| store.metrics(&line)))?;
        let logs = self.lines(layout::LOGS, |line| serde_json::from_str(line).map(|Json(line)| store.logs(&line)))?;
        self.topology(&mut store)?;
        Ok(Reading { evidence: store.finish(), traces, metrics, logs })
    }

    pub(crate) fn lines(
        &self,
        name: &str,
        take: impl FnMut(&str) -> serde_json::Result<()>,
    ) -> Result<Option<Tally>, ReadError> {
        let Some(path) = reader::find(&self.evidence, name) else { return Ok(None) };
        reader::lines(&path, take).map(Some).map_err(|source| ReadError { file: path, source })
    }

    pub(crate) fn topology(&self, store: &mut Store) -> Result<(), ReadError> {
        #[derive(Deserialize)]
        struct Topology {
            edges: Vec<(String, String)>,
        }
        let Some(text) = self.text(layout::TOPOLOGY)? else { return Ok(()) };
        let topology: Topology = serde_json::from_str(&text)
            .map_err(|error| ReadError { file: self.evidence.join(layout::TOPOLOGY), source: error.into() })?;
        for (caller, callee) in topology.edges {
            store.connect(&caller, &callee);
        }
        Ok(())
    }

    fn text(&self, name: &str) -> Result<Option<String>, ReadError> {
        let Some(path) = reader::find(&self.evidence, name) else { return Ok(None) };
        reader::text(&path).map(Some).map_err(|source| ReadError { file: path, source })
    }
}
