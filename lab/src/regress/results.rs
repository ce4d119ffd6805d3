//! `results.jsonl`: a header, then one line a cell, appended as cells complete, so that an interruption loses nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, UNIX_EPOCH};

use score::Cell;
use serde::{Deserialize, Serialize};

use super::cell::Done;
use super::selection::{Asked, Key, Selection};
use crate::method::command::Command;
use crate::setup::CODE_VERSION;

/// The version of the shape of the lines.
const RESULTS_SCHEMA: u32 = 1;
pub(crate) const RESULTS: &str = "results.jsonl";
/// What is set aside when a regression starts anew.
const EARLIER: &str = "results-before.jsonl";
/// Wall times, apart: they differ from machine to machine, results do not.
const TIMINGS: &str = "timings.jsonl";
/// Held while a regression writes.
const LOCK: &str = ".lock";

/// What the cells of a file have in common.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Header {
    pub(crate) schema: u32,
    pub(crate) code: String,
    /// Tells two builds of the same commit apart. Two machines need not agree about it.
    pub(crate) build: String,
    /// By id.
    pub(crate) scenarios: BTreeMap<String, Source>,
    /// Every selection that was begun here.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) asked: BTreeSet<Asked>,
    /// Commands that were asked, and what tells them from edited ones.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) commands: BTreeMap<String, String>,
}

/// Where a scenario was read from, and what it said.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Source {
    /// Id or path, as it was given.
    pub(crate) name: String,
    /// Of the text and of what changes it.
    pub(crate) sha256: String,
    /// Modifiers, as they are written.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) with: Vec<String>,
}

#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum Written<'a> {
    Header(&'a Header),
    Cell(&'a Cell),
}

#[derive(Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Header(Header),
    Cell(Box<Cell>),
}

/// A file of results, read.
#[derive(Debug)]
pub(crate) struct Results {
    pub(crate) header: Header,
    /// The last line of a cell counts.
    pub(crate) cells: BTreeMap<Key, Cell>,
    /// Lines that cannot be read: at the end one that was torn.
    pub(crate) broken: usize,
}

/// Why results could not be read.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ReadError {
    #[error("read {path}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("use {path}: it does not begin with a header of results", path = path.display())]
    NoHeader { path: PathBuf },
}

/// Why results could not be written.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WriteError {
    #[error("write {path}", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("write into {folder}: another regression does", folder = folder.display())]
    Locked { folder: PathBuf },
    #[error("write into {folder}: it has results of its own", folder = folder.display())]
    Taken { folder: PathBuf },
}

impl Results {
    /// Reads a folder's results, or a file.
    ///
    /// # Errors
    /// It is not there, cannot be read, or is something else. Single broken lines are counted, not refused.
    pub(crate) fn read(place: &Path) -> Result<Self, ReadError> {
        let path = if place.is_dir() { place.join(RESULTS) } else { place.to_owned() };
        let text = fs::read(&path).map_err(|source| ReadError::Read { path: path.clone(), source })?;
        let mut lines = text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
        let first = lines.next().and_then(|line| serde_json::from_slice(line).ok());
        let Some(Line::Header(header)) = first else { return Err(ReadError::NoHeader { path }) };
        let mut results = Self { header, cells: BTreeMap::new(), broken: 0 };
        for line in lines {
            match serde_json::from_slice(line) {
                Ok(Line::Cell(cell)) => drop(results.cells.insert(key(&cell), *cell)),
                Ok(Line::Header(_)) | Err(_) => results.broken += 1,
            }
        }
        Ok(results)
    }
}

/// Writes results into a folder that has none, as a regression that carried all of it out would have left them.
///
/// # Errors
/// The folder cannot be written, or there is something that would be lost.
pub(crate) fn found(folder: &Path, results: &Results) -> Result<(), WriteError> {
    fs::create_dir_all(folder).map_err(write_error(folder))?;
    let _lock = lock(folder)?;
    let path = folder.join(RESULTS);
    if path.exists() {
        return Err(WriteError::Taken { folder: folder.to_owned() });
    }
    begin(&path, &results.header, &results.cells).map(drop).map_err(write_error(&path))
}

/// The commands that carry cells out once more, by scenario and seed.
pub(crate) fn again(header: &Header) -> impl Fn(&str, u64) -> String {
    |scenario, seed| match header.scenarios.get(scenario) {
        Some(source) => source.again(seed),
        None => Source::named(scenario).again(seed),
    }
}

impl Source {
    /// One of which nothing else is known.
    pub(crate) fn named(name: &str) -> Self {
        Self { name: name.to_owned(), sha256: String::new(), with: Vec::new() }
    }

    /// The command that carries one cell out once more, with its whole bundle.
    pub(crate) fn again(&self, seed: u64) -> String {
        let with: String = self.with.iter().map(|modifier| format!(" --with '{modifier}'")).collect();
        format!("rcalab run {} --mode sim{with} --seed {seed}", self.name)
    }
}

fn key(cell: &Cell) -> Key {
    Key { scenario: cell.scenario.clone(), seed: cell.seed }
}

impl Header {
    fn new(selection: &Selection, commands: &[Arc<Command>]) -> Self {
        let source = |(id, story): (&String, &Arc<super::selection::Story>)| {
            let with = story.modifiers.iter().map(ToString::to_string).collect();
            (id.clone(), Source { name: story.name.clone(), sha256: story.sha256.clone(), with })
        };
        Self {
            schema: RESULTS_SCHEMA,
            code: CODE_VERSION.to_owned(),
            build: build(),
            scenarios: selection.stories.iter().map(source).collect(),
            asked: BTreeSet::from([selection.asked.clone()]),
            commands: commands.iter().map(|command| (command.name.clone(), command.digest.clone())).collect(),
        }
    }

    /// Why cells under another header must not stand beside cells under this one.
    fn disagreement(&self, other: &Self) -> Option<String> {
        let rebuilt = self.code == other.code && self.build != other.build;
        let rebuilt = rebuilt.then(|| "they are by another build of the same commit".to_owned());
        self.difference(other).or(rebuilt)
    }

    /// What differs between runs under two headers. Builds may: every machine makes its own of the same code.
    pub(crate) fn difference(&self, other: &Self) -> Option<String> {
        if self.schema != other.schema {
            return Some("they have another shape".to_owned());
        }
        if self.code != other.code {
            return Some(format!("they are by code {}, this is {}", other.code, self.code));
        }
        let changed = self
            .scenarios
            .iter()
            .find(|(id, source)| other.scenarios.get(*id).is_some_and(|known| known.sha256 != source.sha256));
        let edited =
            self.commands.iter().find(|(name, digest)| other.commands.get(*name).is_some_and(|known| known != *digest));
        let changed = changed.map(|(id, _)| format!("scenario {id} has changed"));
        changed.or_else(|| edited.map(|(name, _)| format!("method {name} has changed")))
    }
}

/// Size and time of the executable. A commit does not say what was built from an edited tree.
fn build() -> String {
    let executable = std::env::current_exe().and_then(fs::metadata);
    let Ok(executable) = executable else { return "unknown".to_owned() };
    let built = executable.modified().ok().and_then(|at| at.duration_since(UNIX_EPOCH).ok()).unwrap_or_default();
    format!("{}-{}", executable.len(), built.as_nanos())
}

/// The results of a regression under way, and where they are written.
#[derive(Debug)]
pub(crate) struct Journal {
    folder: PathBuf,
    results: File,
    timings: File,
    /// Dropped, it lets others write.
    _lock: File,
    pub(crate) header: Header,
    pub(crate) cells: BTreeMap<Key, Cell>,
    /// What a person should know of how it began; empty: nothing.
    pub(crate) remarks: Vec<String>,
}

impl Journal {
    /// Opens a folder's results to go on with them, or starts anew and sets aside what is there.
    ///
    /// # Errors
    /// The folder cannot be written, or another regression writes into it.
    pub(crate) fn open(folder: &Path, selection: &Selection, commands: &[Arc<Command>]) -> Result<Self, WriteError> {
        let fail = |path: &Path| write_error(path);
        fs::create_dir_all(folder).map_err(fail(folder))?;
        let lock = lock(folder)?;
        let path = folder.join(RESULTS);
        let mut header = Header::new(selection, commands);
        let mut remarks = Vec::new();
        let mut cells = BTreeMap::new();
        if path.exists() {
            match Results::read(&path)
                .map_err(|error| error.to_string())
                .and_then(|there| header.disagreement(&there.header).map_or(Ok(there), Err))
            {
                Ok(there) => {
                    if there.broken > 0 {
                        remarks.push(format!("{} torn lines of {} are dropped", there.broken, path.display()));
                    }
                    // Scenarios that are not asked for now stay for the next time.
                    for (id, source) in there.header.scenarios {
                        header.scenarios.entry(id).or_insert(source);
                    }
                    for (name, digest) in there.header.commands {
                        header.commands.entry(name).or_insert(digest);
                    }
                    header.asked.extend(there.header.asked);
                    cells = there.cells;
                }
                Err(why) => {
                    let earlier = folder.join(EARLIER);
                    fs::rename(&path, &earlier).map_err(fail(&earlier))?;
                    let timings = folder.join(TIMINGS);
                    if timings.exists() {
                        fs::remove_file(&timings).map_err(fail(&timings))?;
                    }
                    remarks.push(format!("starts anew, earlier results are now {}: {why}", earlier.display()));
                }
            }
        }
        let results = begin(&path, &header, &cells).map_err(fail(&path))?;
        let timings = folder.join(TIMINGS);
        let timings = File::options().create(true).append(true).open(&timings).map_err(fail(&timings))?;
        Ok(Self { folder: folder.to_owned(), results, timings, _lock: lock, header, cells, remarks })
    }

    /// Keeps a cell. When this returns, an end of the program loses nothing of it.
    ///
    /// # Errors
    /// It cannot be written.
    pub(crate) fn keep(&mut self, done: Done) -> Result<(), WriteError> {
        let Done { cell, wall, time_to_verdict, methods } = done;
        // One call a line, so that no other line stands in the middle of it.
        self.results.write_all(&line(&Written::Cell(&cell))).map_err(write_error(&self.folder.join(RESULTS)))?;
        let timing = serde_json::json!({
            "scenario": cell.scenario,
            "seed": cell.seed,
            "wall_s": wall.as_secs_f64(),
            "time_to_verdict_s": time_to_verdict.as_secs_f64(),
            "methods_s": seconds(&methods),
        });
        self.timings.write_all(format!("{timing}\n").as_bytes()).map_err(write_error(&self.folder.join(TIMINGS)))?;
        self.cells.insert(key(&cell), cell);
        Ok(())
    }
}

fn seconds(methods: &[(String, Duration)]) -> BTreeMap<&str, f64> {
    methods.iter().map(|(name, took)| (name.as_str(), took.as_secs_f64())).collect()
}

fn lock(folder: &Path) -> Result<File, WriteError> {
    let path = folder.join(LOCK);
    let file = File::options().create(true).append(true).open(&path).map_err(write_error(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(WriteError::Locked { folder: folder.to_owned() }),
        Err(TryLockError::Error(source)) => Err(WriteError::Write { path, source }),
    }
}

/// Writes what is there beside its place and moves it there in one step, then goes on at its end.
fn begin(path: &Path, header: &Header, cells: &BTreeMap<Key, Cell>) -> io::Result<File> {
    let beside = path.with_extension("partial");
    let mut text = line(&Written::Header(header));
    cells.values().for_each(|cell| text.extend(line(&Written::Cell(cell))));
    fs::write(&beside, text)?;
    fs::rename(&beside, path)?;
    File::options().append(true).open(path)
}

fn line(written: &Written<'_>) -> Vec<u8> {
    let mut line = serde_json::to_vec(written).expect("results have text as keys");
    line.push(b'\n');
    line
}

fn write_error(path: &Path) -> impl FnOnce(io::Error) -> WriteError + use<> {
    let path = path.to_owned();
    move |source| WriteError::Write { path, source }
}
