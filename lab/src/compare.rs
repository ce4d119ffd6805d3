//! Two regressions held against each other: what they have in common, and why they may not be comparable.

use std::collections::BTreeMap;

use report::Side;
use score::{Cell, Pairing, pair};
use serde::Serialize;

use crate::regress::results::{Results, Source};

/// The version of [`Record`]'s shape.
const COMPARISON_SCHEMA: u32 = 1;

/// What `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Record {
    schema: u32,
    before: Origin,
    after: Origin,
    pub(crate) warnings: Vec<String>,
    #[serde(flatten)]
    pub(crate) pairing: Pairing,
    /// By scenario: the command that carries out a cell of it once more, but for the seed.
    commands: BTreeMap<String, String>,
}

/// Where one side comes from.
#[derive(Debug, Serialize)]
struct Origin {
    name: String,
    code: String,
    cells: usize,
}

impl Record {
    /// Pairs two sets of results. `methods` restricts what is compared; empty: all.
    pub(crate) fn new(before: (&str, &Results), after: (&str, &Results), methods: &[String]) -> Self {
        let cells = |results: &Results| {
            let mut cells: Vec<Cell> = results.cells.values().cloned().collect();
            score::learned::stand_beside(&mut cells);
            cells
        };
        let pairing = pair(&cells(before.1), &cells(after.1), methods);
        let warnings = warnings(before, after, &pairing);
        let sources = before.1.header.scenarios.iter().chain(&after.1.header.scenarios);
        let commands = sources.map(|(id, source)| (id.clone(), command(source))).collect();
        Self { schema: COMPARISON_SCHEMA, before: origin(before), after: origin(after), warnings, pairing, commands }
    }

    /// The tables for a terminal.
    pub(crate) fn told(&self, options: &report::Options) -> String {
        let side = |origin: &Origin| Side { name: origin.name.clone(), code: origin.code.clone(), cells: origin.cells };
        let again = |scenario: &str, seed: u64| {
            let command = self.commands.get(scenario).cloned().unwrap_or_else(|| command(&Source::named(scenario)));
            format!("{command}{seed}")
        };
        let (before, after) = (side(&self.before), side(&self.after));
        let comparison = report::Comparison { before, after, warnings: &self.warnings, pairing: &self.pairing };
        report::comparison(&comparison, &again, options)
    }
}

fn command(source: &Source) -> String {
    source.again(0).trim_end_matches('0').to_owned()
}

fn origin((name, results): (&str, &Results)) -> Origin {
    Origin { name: name.to_owned(), code: results.header.code.clone(), cells: results.cells.len() }
}

/// What differs beside the answers, in what is compared.
fn warnings(before: (&str, &Results), after: (&str, &Results), pairing: &Pairing) -> Vec<String> {
    let (old, new) = (&before.1.header, &after.1.header);
    let mut warnings = Vec::new();
    if old.code != new.code {
        warnings.push(format!("the code differs: {} before, {} after", old.code, new.code));
    } else if old.build != new.build {
        warnings.push("both are by the same commit, in different builds".to_owned());
    }
    for (id, source) in &old.scenarios {
        let other = new.scenarios.get(id).filter(|other| other.sha256 != source.sha256);
        let compared = pairing.tallies.iter().any(|tally| tally.scenario.as_ref() == Some(id));
        if other.is_some() && compared {
            warnings.push(format!("scenario {id} differs, so that its cells are other incidents"));
        }
    }
    for (name, results) in [before, after] {
        if results.broken > 0 {
            warnings.push(format!("{} lines of {name} cannot be read", results.broken));
        }
    }
    warnings
}
