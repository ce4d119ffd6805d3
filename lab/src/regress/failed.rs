//! What stays of failed runs: report, verdict and score of the first few of a scenario, whatever the order in which cells
//! came.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use evidence::{BundleError, layout};
use score::Cell;

use super::selection::Key;
use crate::carry_out::Raw;
use crate::judge::Judgement;
use crate::present;
use crate::setup::Setup;

/// The folder of failed runs, in that of the regression.
pub(crate) const FAILED: &str = "failed";

/// Where failed runs are kept, and how many.
#[derive(Clone, Debug)]
pub(crate) struct Shelf {
    folder: PathBuf,
    /// Of each scenario so many with a wrong verdict, and so many that do not count.
    at_most: usize,
}

impl Shelf {
    pub(crate) fn new(out: &Path, at_most: usize) -> Self {
        Self { folder: out.join(FAILED), at_most }
    }

    /// Where a run's files are, if they are kept.
    pub(crate) fn place(&self, key: &Key) -> PathBuf {
        self.folder.join(name(key))
    }

    /// The cells whose files stay: the lowest seeds among those that failed, so that neither the number of jobs nor an
    /// interruption shows.
    pub(crate) fn wanted(&self, cells: &BTreeMap<Key, Cell>, keys: &[Key]) -> BTreeSet<Key> {
        let mut seen: BTreeMap<(&str, bool), usize> = BTreeMap::new();
        let failed = keys.iter().filter(|key| cells.get(key).is_some_and(is_failed));
        let first = failed.filter(|key| {
            let counts = cells.get(key).is_some_and(Cell::counts);
            let place = seen.entry((&key.scenario, counts)).or_default();
            *place += 1;
            *place <= self.at_most
        });
        first.cloned().collect()
    }

    /// Cells whose files should be there and are not.
    pub(crate) fn lacking(&self, cells: &BTreeMap<Key, Cell>, keys: &[Key]) -> BTreeSet<Key> {
        self.wanted(cells, keys).into_iter().filter(|key| !self.place(key).is_dir()).collect()
    }

    /// Writes what stays of a run, as a whole or not at all; a run that did not fail leaves nothing.
    ///
    /// # Errors
    /// The folder cannot be written.
    pub(crate) fn keep(
        &self,
        key: &Key,
        cell: &Cell,
        setup: &Setup,
        raw: &Raw,
        judgement: &Judgement,
    ) -> Result<(), BundleError> {
        self.drop_one(key)?;
        if self.at_most == 0 || !is_failed(cell) {
            return Ok(());
        }
        let work = self.folder.join(format!(".{}.partial", name(key)));
        let fail = |step: &'static str| move |source| BundleError { step, path: self.place(key), source };
        let json = |value: serde_json::Value| format!("{value:#}\n");
        fs::create_dir_all(&work).map_err(fail("create"))?;
        let files = [
            (layout::REPORT, present::html(setup, raw, judgement)),
            (layout::VERDICT, json(serde_json::json!(judgement.investigation))),
            (layout::SCORE, json(serde_json::json!(judgement.card))),
        ];
        for (file, text) in files {
            fs::write(work.join(file), text).map_err(fail("write"))?;
        }
        fs::rename(&work, self.place(key)).map_err(fail("move into place"))
    }

    /// Takes away what was kept of a cell, if anything was.
    ///
    /// # Errors
    /// It cannot be removed.
    pub(crate) fn drop_one(&self, key: &Key) -> Result<(), BundleError> {
        let place = self.place(key);
        for folder in [self.folder.join(format!(".{}.partial", name(key))), place.clone()] {
            match fs::remove_dir_all(&folder) {
                Err(source) if source.kind() != io::ErrorKind::NotFound => {
                    return Err(BundleError { step: "clear", path: place, source });
                }
                Ok(()) | Err(_) => {}
            }
        }
        Ok(())
    }

    /// Takes away all but what is wanted: what others left, and what lower seeds pushed out.
    ///
    /// # Errors
    /// The folder cannot be read or written.
    pub(crate) fn prune(&self, wanted: &BTreeSet<Key>) -> io::Result<()> {
        if !self.folder.is_dir() {
            return Ok(());
        }
        let names: BTreeSet<String> = wanted.iter().map(name).collect();
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            let stays = entry.file_name().to_str().is_some_and(|name| names.contains(name));
            if !stays && entry.file_type()?.is_dir() {
                fs::remove_dir_all(entry.path())?;
            }
        }
        if names.is_empty() { fs::remove_dir(&self.folder) } else { Ok(()) }
    }

    /// A run's report, relative to the folder of the regression.
    pub(crate) fn report(&self, key: &Key) -> Option<String> {
        let there = self.place(key).join(layout::REPORT).is_file();
        there.then(|| format!("{FAILED}/{}/{}", name(key), layout::REPORT))
    }
}

/// What stands on a shelf while cells come, so that it never holds more than it may.
#[derive(Debug)]
pub(crate) struct Standing {
    at_most: usize,
    /// By scenario, and whether the runs count.
    seeds: BTreeMap<(String, bool), BTreeSet<u64>>,
}

impl Standing {
    /// Begins with what is there and stays.
    pub(crate) fn new(shelf: &Shelf, cells: &BTreeMap<Key, Cell>, keys: &[Key]) -> Self {
        let mut standing = Self { at_most: shelf.at_most, seeds: BTreeMap::new() };
        for key in shelf.wanted(cells, keys) {
            let counts = cells.get(&key).is_some_and(Cell::counts);
            standing.seeds.entry((key.scenario, counts)).or_default().insert(key.seed);
        }
        standing
    }

    /// A cell is done, and its files are on the shelf if it failed. Gives the one that has to go: the highest seed where
    /// there are too many.
    pub(crate) fn came(&mut self, key: &Key, cell: &Cell) -> Option<Key> {
        self.enter(key, is_failed(cell).then(|| cell.counts()))
    }

    /// `counts` is none of a cell that did not fail.
    fn enter(&mut self, key: &Key, counts: Option<bool>) -> Option<Key> {
        // It may stand there from before, when it failed otherwise.
        for counts in [true, false] {
            if let Some(seeds) = self.seeds.get_mut(&(key.scenario.clone(), counts)) {
                seeds.remove(&key.seed);
            }
        }
        let seeds = self.seeds.entry((key.scenario.clone(), counts?)).or_default();
        seeds.insert(key.seed);
        let seed = (seeds.len() > self.at_most).then(|| seeds.pop_last()).flatten()?;
        Some(Key { scenario: key.scenario.clone(), seed })
    }
}

/// Whether there is something to look at: a wrong verdict, or a run that was judged and does not count.
fn is_failed(cell: &Cell) -> bool {
    cell.is_wrong() || (!cell.counts() && cell.card.is_some())
}

fn name(key: &Key) -> String {
    format!("{}-{}", key.scenario, key.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lowest_seeds_stay_however_cells_come() {
        let key = |seed| Key { scenario: "a".to_owned(), seed };
        let gone = |seeds: &[u64]| {
            let mut standing = Standing { at_most: 2, seeds: BTreeMap::new() };
            let gone: Vec<u64> =
                seeds.iter().filter_map(|seed| standing.enter(&key(*seed), Some(true))).map(|key| key.seed).collect();
            (gone, standing.seeds[&("a".to_owned(), true)].iter().copied().collect::<Vec<_>>())
        };
        assert_eq!(gone(&[5, 3, 4, 1, 2]), (vec![5, 4, 3], vec![1, 2]));
        assert_eq!(gone(&[1, 2, 3, 4]), (vec![3, 4], vec![1, 2]));
        // One that comes again counts once, and one that fails no more makes room.
        assert_eq!(gone(&[2, 2, 1]), (vec![], vec![1, 2]));
        let mut standing = Standing { at_most: 1, seeds: BTreeMap::new() };
        assert_eq!(standing.enter(&key(1), Some(false)), None);
        assert_eq!(standing.enter(&key(1), None), None);
        assert_eq!(standing.enter(&key(2), Some(false)), None);
        assert_eq!(standing.enter(&key(3), Some(false)), Some(key(3)));
        // Who keeps nothing keeps nothing.
        assert_eq!(Standing { at_most: 0, seeds: BTreeMap::new() }.enter(&key(1), Some(true)), Some(key(1)));
    }
}
