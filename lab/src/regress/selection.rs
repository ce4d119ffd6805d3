//! Which cells a regression consists of: scenarios, seeds, and the part of them that is asked for.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
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

/// What was asked for, as results keep it: from it follows which cells belong together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub(crate) struct Asked {
    /// By id, in order.
    pub(crate) scenarios: BTreeSet<String>,
    /// As they are written.
    pub(crate) seeds: String,
    /// The part that was carried out, as it is written. None: all of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) slice: Option<String>,
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
    pub(crate) asked: Asked,
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
        let keys = keys(stories.keys(), seeds).filter(|(_, index)| part.is_none_or(|part| part.has(*index)));
        let keys = keys.map(|(key, _)| key).collect();
        let slice = part.map(|part| part.to_string());
        let asked = Asked { scenarios: stories.keys().cloned().collect(), seeds: seeds.to_string(), slice };
        Ok(Self { keys, stories, asked })
    }
}

/// Cells in order, each with its number.
fn keys<'a>(scenarios: impl Iterator<Item = &'a String>, seeds: &Seeds) -> impl Iterator<Item = (Key, u64)> {
    let of_scenario = |id: &'a String| seeds.0.iter().map(|seed| Key { scenario: id.clone(), seed: *seed });
    scenarios.flat_map(of_scenario).zip(0_u64..)
}

impl Asked {
    /// All cells of which this may be a part, each with the part that it belongs to where there are parts.
    ///
    /// # Errors
    /// Seeds or slice are none.
    pub(crate) fn whole(&self) -> Result<Vec<(Key, Option<Partition>)>, String> {
        let seeds: Seeds = self.seeds.parse()?;
        let part: Option<Partition> = self.slice.as_deref().map(str::parse).transpose()?;
        let of = |index: u64| part.map(|part| Partition { slice: index % part.of + 1, of: part.of });
        Ok(keys(self.scenarios.iter(), &seeds).map(|(key, index)| (key, of(index))).collect())
    }
}

/// Ranges where seeds follow each other, as they can be written.
impl fmt::Display for Seeds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut ranges: Vec<(u64, u64)> = Vec::new();
        for seed in &self.0 {
            match ranges.last_mut() {
                Some((_, to)) if to.checked_add(1) == Some(*seed) => *to = *seed,
                _ => ranges.push((*seed, *seed)),
            }
        }
        for (place, (from, to)) in ranges.into_iter().enumerate() {
            let comma = if place > 0 { "," } else { "" };
            if from == to { write!(f, "{comma}{from}") } else { write!(f, "{comma}{from}..{to}") }?;
        }
        Ok(())
    }
}

impl fmt::Display for Partition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "slice:{}/{}", self.slice, self.of)
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

    #[test]
    fn seeds_and_parts_are_written_as_they_are_read() {
        let again = |text: &str| text.parse::<Seeds>().unwrap().to_string();
        assert_eq!([again("3,1..2,9,7..8,20"), again("4"), again("1..3,2..5")], ["1..3,7..9,20", "4", "1..5"]);
        assert_eq!("slice:2/3".parse::<Partition>().unwrap().to_string(), "slice:2/3");
    }

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
