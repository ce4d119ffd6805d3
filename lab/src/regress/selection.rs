//! Which cells a regression consists of: scenarios, seeds, and the part of them that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use std::sync::Arc;

use scenarios::model::Scenario;
use scenarios::modifier::Modifier;
use serde::{Deserialize, Serialize};
use sha2::Digest as _;

use crate::setup::{self, Mode, Setup, SetupError};

/// More seeds than this are a slip of the hand: results are held in memory.
const MAX_SEEDS: u64 = 100_000;

/// Seeds in ascending order, each once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seeds(BTreeSet<u64>);

/// One part of all cells, counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Partition {
    slice: u64,
    of: u64,
}

/// A scenario as it is carried out: read once, so that a file that changes meanwhile changes nothing.
#[derive(Clone, Debug)]
pub(crate) struct Story {
    /// Id or path, as it was given.
    pub(crate) name: String,
    pub(crate) scenario: Scenario,
    pub(crate) text: String,
    pub(crate) modifiers: Vec<Modifier>,
    /// Of the text and the modifiers, in hexadecimal.
    pub(crate) sha256: String,
}

/// One cell. The order is that of every report.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Key {
    pub(crate) scenario: String,
    pub(crate) seed: u64,
}

/// Everything that is asked for.
#[derive(Debug)]
pub(crate) struct Selection {
    /// By id.
    pub(crate) stories: BTreeMap<String, Arc<Story>>,
    /// In order.
    pub(crate) keys: Vec<Key>,
}

/// Why scenarios could not be selected.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SelectionError {
    #[error("set a scenario up")]
    Setup(#[source] SetupError),
    #[error("tell two scenarios apart: both `{first}` and `{second}` have the id {id}, and their texts differ")]
    Twice { id: String, first: String, second: String },
}

impl Selection {
    /// Reads the scenarios, the whole catalog where none is named, and lays out the cells.
    ///
    /// # Errors
    /// A scenario cannot be read, is wrong, or has another's id.
    pub(crate) fn new(
        names: &[String],
        modifiers: &[Modifier],
        seeds: &Seeds,
        part: Option<Partition>,
    ) -> Result<Self, SelectionError> {
        let catalog: Vec<String> = scenarios::catalog::catalog().into_iter().map(|(id, _)| id.to_owned()).collect();
        let mut stories: BTreeMap<String, Arc<Story>> = BTreeMap::new();
        for name in if names.is_empty() { &catalog } else { names } {
            let story = Story::read(name, modifiers).map_err(SelectionError::Setup)?;
            let id = story.scenario.id.clone();
            if let Some(known) = stories.get(&id) {
                if known.sha256 != story.sha256 {
                    return Err(SelectionError::Twice { id, first: known.name.clone(), second: story.name });
                }
                continue;
            }
            stories.insert(id, Arc::new(story));
        }
        let all = stories.keys().flat_map(|id| seeds.0.iter().map(|seed| Key { scenario: id.clone(), seed: *seed }));
        let keys = all.zip(0_u64..).filter(|(_, index)| part.is_none_or(|part| part.has(*index)));
        Ok(Self { keys: keys.map(|(key, _)| key).collect(), stories })
    }
}

impl Story {
    fn read(name: &str, modifiers: &[Modifier]) -> Result<Self, SetupError> {
        let (scenario, text) = setup::parse_scenario(name, modifiers)?;
        let sha256 = setup::hex(&setup::modified_digest(&text, modifiers).finalize());
        Ok(Self { name: name.to_owned(), scenario, text, modifiers: modifiers.to_vec(), sha256 })
    }

    /// The run of a seed.
    pub(crate) fn setup(&self, seed: u64) -> Setup {
        Setup::drawn(self.scenario.clone(), self.text.clone(), &self.modifiers, Mode::Sim, seed)
            .expect("the id of a virtual run is derived, which cannot fail")
    }
}

impl Partition {
    /// Neighbours go to different parts, so that every part has of every scenario.
    fn has(self, index: u64) -> bool {
        index % self.of == self.slice - 1
    }
}

impl FromStr for Seeds {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let mut seeds = BTreeSet::new();
        for part in text.split(',') {
            let (from, to) = part.split_once("..").unwrap_or((part, part));
            let (Ok(from), Ok(to)) = (from.trim().parse::<u64>(), to.trim().parse::<u64>()) else {
                return Err("expected seeds and ranges with both ends, such as 1..20 or 3,7,100..120".to_owned());
            };
            if from > to {
                return Err(format!("the range {from}..{to} is empty"));
            }
            if to - from >= MAX_SEEDS || seeds.len() as u64 + (to - from) >= MAX_SEEDS {
                return Err(format!("more than {MAX_SEEDS} seeds"));
            }
            seeds.extend(from..=to);
        }
        Ok(Self(seeds))
    }
}

impl FromStr for Partition {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.strip_prefix("slice:").and_then(|rest| rest.split_once('/'));
        let parts = parts.and_then(|(slice, of)| Some((slice.parse().ok()?, of.parse().ok()?)));
        match parts {
            Some((slice, of)) if (1..=of).contains(&slice) => Ok(Self { slice, of }),
            Some((slice, of)) => Err(format!("there is no slice {slice} of {of}")),
            None => Err("expected slice:M/N, such as slice:2/3".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seeds(text: &str) -> String {
        text.parse::<Seeds>().map_or_else(|error| error, |seeds| format!("{:?}", seeds.0))
    }

    #[test]
    fn seeds_are_lists_of_numbers_and_ranges_with_both_ends() {
        insta::assert_snapshot!(
            ["1..3", "7", "5,1..2,2,5", "4..4", "", "3..1", "1..", "a", "-1", "1..9999999", "0..18446744073709551615"]
                .map(seeds)
                .join("\n"),
            @"
        {1, 2, 3}
        {7}
        {1, 2, 5}
        {4}
        expected seeds and ranges with both ends, such as 1..20 or 3,7,100..120
        the range 3..1 is empty
        expected seeds and ranges with both ends, such as 1..20 or 3,7,100..120
        expected seeds and ranges with both ends, such as 1..20 or 3,7,100..120
        expected seeds and ranges with both ends, such as 1..20 or 3,7,100..120
        more than 100000 seeds
        more than 100000 seeds
        "
        );
    }

    #[test]
    fn parts_have_every_cell_once_and_every_scenario() {
        let names = ["cache_poison_pill".to_owned(), "null_quiet".to_owned()];
        let seeds: Seeds = "1..5".parse().unwrap();
        let keys = |part: Option<Partition>| Selection::new(&names, &[], &seeds, part).unwrap().keys;
        let parts = ["slice:1/3", "slice:2/3", "slice:3/3"].map(|part| keys(Some(part.parse().unwrap())));
        for part in &parts {
            assert_eq!(part.iter().map(|key| &key.scenario).collect::<BTreeSet<_>>().len(), 2, "{part:?}");
        }
        let mut joined = parts.concat();
        joined.sort();
        assert_eq!(joined, keys(None));
        assert_eq!(joined.len(), 10);
        for wrong in ["2/3", "slice:0/3", "slice:4/3", "slice:a/b", "slice:1/0"] {
            assert!(wrong.parse::<Partition>().is_err(), "{wrong}");
        }
    }
}
