//! Results of several folders as those of one: every cell that was asked for, once, by the same code about the same texts.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::results::Results;
use super::selection::{Key, Partition};

/// Why results of several folders are not those of one regression.
#[derive(Debug, thiserror::Error)]
pub(crate) enum MergeError {
    #[error("join {first} and {second}: {why}", first = first.display(), second = second.display())]
    Differ { first: PathBuf, second: PathBuf, why: String },
    #[error(
        "join {first} and {second}: both have seed {seed} of {scenario}, and not with the same result",
        first = first.display(), second = second.display(), seed = key.seed, scenario = key.scenario
    )]
    Overlap { key: Key, first: PathBuf, second: PathBuf },
    #[error(
        "find {missing} of {all} cells: the first is seed {seed} of {scenario}{part}, which {folder} was made for",
        seed = key.seed, scenario = key.scenario, folder = folder.display(),
        part = part.map(|part| format!(", in {part}")).unwrap_or_default()
    )]
    Hole { key: Key, part: Option<Partition>, folder: PathBuf, missing: usize, all: usize },
    #[error("tell which cells {folder} was made for: {why}", folder = folder.display())]
    Unclear { folder: PathBuf, why: String },
}

/// Joins the results of folders; in which order they are given does not matter but to names in errors.
///
/// # Errors
/// [`MergeError`] names the first place where they do not make one whole.
pub(crate) fn join(parts: Vec<(PathBuf, Results)>) -> Result<Results, MergeError> {
    let mut parts = parts.into_iter();
    let Some((first, mut whole)) = parts.next() else {
        return Err(MergeError::Unclear { folder: PathBuf::new(), why: "there is none".to_owned() });
    };
    let mut homes: BTreeMap<Key, PathBuf> = whole.cells.keys().map(|key| (key.clone(), first.clone())).collect();
    let mut folders = vec![(first.clone(), whole.header.asked.clone())];
    for (folder, part) in parts {
        if let Some(why) = whole.header.difference(&part.header) {
            return Err(MergeError::Differ { first, second: folder, why });
        }
        for (key, cell) in part.cells {
            match whole.cells.get(&key) {
                Some(known) if *known != cell => {
                    let first = homes.get(&key).unwrap_or(&first).clone();
                    return Err(MergeError::Overlap { key, first, second: folder });
                }
                Some(_) => {}
                None => {
                    homes.insert(key.clone(), folder.clone());
                    whole.cells.insert(key, cell);
                }
            }
        }
        folders.push((folder, part.header.asked.clone()));
        for (id, source) in part.header.scenarios {
            whole.header.scenarios.entry(id).or_insert(source);
        }
        whole.header.commands.extend(part.header.commands);
        whole.header.asked.extend(part.header.asked);
        whole.broken += part.broken;
        if whole.header.build != part.header.build {
            "several".clone_into(&mut whole.header.build);
        }
    }
    complete(&whole, &folders)?;
    Ok(whole)
}

/// Whether every cell is there that any folder was made for, or that another part of the same whole has.
fn complete(
    whole: &Results,
    folders: &[(PathBuf, std::collections::BTreeSet<super::selection::Asked>)],
) -> Result<(), MergeError> {
    let mut wanted: BTreeMap<Key, (&Path, Option<Partition>)> = BTreeMap::new();
    for (folder, asked) in folders {
        let unclear = |why: String| MergeError::Unclear { folder: folder.clone(), why };
        if asked.is_empty() {
            return Err(unclear("its results do not say".to_owned()));
        }
        for asked in asked {
            for (key, part) in asked.whole().map_err(unclear)? {
                wanted.entry(key).or_insert((folder, part));
            }
        }
    }
    let missing: Vec<(&Key, &(&Path, Option<Partition>))> =
        wanted.iter().filter(|(key, _)| !whole.cells.contains_key(key)).collect();
    match missing.first() {
        None => Ok(()),
        Some((key, (folder, part))) => Err(MergeError::Hole {
            key: (*key).clone(),
            part: *part,
            folder: (*folder).to_owned(),
            missing: missing.len(),
            all: wanted.len(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::results::{Header, Source};
    use super::super::selection::Asked;
    use super::*;

    /// The part of seeds 1 to 4 of `a` and `b` that somebody carried out, all of it failed for a reason.
    fn part(slice: &str, cells: &[(&str, u64)]) -> Results {
        let source = |id: &str| {
            let source = Source { name: id.to_owned(), sha256: format!("of {id}"), with: Vec::new() };
            (id.to_owned(), source)
        };
        let scenarios: BTreeSet<String> = ["a", "b"].map(str::to_owned).into();
        let asked = Asked { scenarios, seeds: "1..4".to_owned(), slice: Some(slice.to_owned()) };
        let cell = |scenario: &str, seed: u64, why: &str| score::Cell {
            scenario: scenario.to_owned(),
            seed,
            run_id: format!("sim-{seed}"),
            card: None,
            complaints: vec![why.to_owned()],
            alert_after_ns: None,
            accepted: Vec::new(),
            first_action: None,
            described: None,
        };
        let cells = cells.iter().map(|(scenario, seed)| {
            (Key { scenario: (*scenario).to_owned(), seed: *seed }, cell(scenario, *seed, "it broke"))
        });
        let header = Header {
            schema: 1,
            code: "1.0".to_owned(),
            build: format!("of {slice}"),
            scenarios: ["a", "b"].map(source).into(),
            asked: BTreeSet::from([asked]),
            commands: BTreeMap::new(),
        };
        Results { header, cells: cells.collect(), broken: 0 }
    }

    const ODD: [(&str, u64); 4] = [("a", 1), ("a", 3), ("b", 1), ("b", 3)];
    const EVEN: [(&str, u64); 4] = [("a", 2), ("a", 4), ("b", 2), ("b", 4)];

    fn joined(parts: Vec<Results>) -> Result<Results, String> {
        let places = ["one", "two", "three"].map(PathBuf::from).into_iter();
        join(places.zip(parts).collect()).map_err(|error| error.to_string())
    }

    #[test]
    fn parts_make_the_whole_in_any_order_and_also_where_they_overlap() {
        let parts = || vec![part("slice:1/2", &ODD), part("slice:2/2", &EVEN)];
        let whole = joined(parts()).unwrap();
        assert_eq!((whole.cells.len(), whole.header.build.as_str()), (8, "several"));
        let other = joined(parts().into_iter().rev().collect()).unwrap();
        assert_eq!((&whole.header, &whole.cells), (&other.header, &other.cells));
        let twice = joined(vec![part("slice:1/2", &ODD), part("slice:2/2", &EVEN), part("slice:2/2", &EVEN)]).unwrap();
        assert_eq!(twice.cells, whole.cells);
    }

    #[test]
    fn a_hole_names_the_cell_and_its_part() {
        insta::assert_snapshot!(joined(vec![part("slice:1/2", &ODD)]).unwrap_err(), @"find 4 of 8 cells: the first is seed 2 of a, in slice:2/2, which one was made for");
        let torn = joined(vec![part("slice:1/2", &ODD), part("slice:2/2", &EVEN[..3])]);
        insta::assert_snapshot!(torn.unwrap_err(), @"find 1 of 8 cells: the first is seed 4 of b, in slice:2/2, which one was made for");
        let mut old = part("slice:1/2", &ODD);
        old.header.asked.clear();
        insta::assert_snapshot!(joined(vec![old]).unwrap_err(), @"tell which cells one was made for: its results do not say");
    }

    #[test]
    fn what_disagrees_is_named() {
        let mut other = part("slice:2/2", &[EVEN.as_slice(), &ODD[2..3]].concat());
        for cell in other.cells.values_mut().filter(|cell| cell.scenario == "b") {
            cell.complaints = vec!["it broke otherwise".to_owned()];
        }
        insta::assert_snapshot!(joined(vec![part("slice:1/2", &ODD), other]).unwrap_err(), @"join one and two: both have seed 1 of b, and not with the same result");
        let mut newer = part("slice:2/2", &EVEN);
        newer.header.code = "1.1".to_owned();
        insta::assert_snapshot!(joined(vec![part("slice:1/2", &ODD), newer]).unwrap_err(), @"join one and two: they are by code 1.1, this is 1.0");
        let mut edited = part("slice:2/2", &EVEN);
        edited.header.scenarios.values_mut().for_each(|source| source.sha256.push('!'));
        insta::assert_snapshot!(joined(vec![part("slice:1/2", &ODD), edited]).unwrap_err(), @"join one and two: scenario a has changed");
    }
}
