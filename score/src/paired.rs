//! Two regressions held against each other, run by run: what got better, what got worse, and whether chance explains it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::card::{INVALID, MET, MISSED};
use crate::cell::{Cell, ENGINE};
use crate::statistics::sign_test;

/// Of the cells that counted before, at least this share must still count; otherwise the rest says nothing.
const MIN_STILL_COUNTED: f64 = 0.95;

/// What changed between two sets of cells.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Pairing {
    /// For each method and question the totals first, then scenario by scenario; the engine first.
    pub tallies: Vec<Tally>,
    /// By method, question, scenario and seed.
    pub changes: Vec<Change>,
    /// Cells that are in one alone.
    pub only_before: Vec<Place>,
    pub only_after: Vec<Place>,
    /// Cells that counted before and do not any more, and the other way round. They are not compared.
    pub counted_before: Vec<Place>,
    pub counted_after: Vec<Place>,
    /// What a process that compared just these should exit with.
    pub exit: u8,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Place {
    pub scenario: String,
    pub seed: u64,
}

/// One question put to one method, over the cells that count on both sides.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    pub method: String,
    /// For the engine the name of a gate, for others `right`.
    pub question: String,
    /// None: all scenarios together.
    pub scenario: Option<String>,
    pub pairs: u64,
    pub right_before: u64,
    pub right_after: u64,
    pub better: u64,
    pub worse: u64,
    /// How likely a fair coin gives a split as uneven as this (the exact sign test of pairs, two-sided).
    pub p: f64,
}

/// One answer that changed sides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub method: String,
    pub question: String,
    pub scenario: String,
    pub seed: u64,
    pub better: bool,
    /// What was answered, or why it was right or wrong.
    pub before: String,
    pub after: String,
}

/// One answer: to which question, whether it was right, and what it was.
struct Verdict {
    method: String,
    question: String,
    right: bool,
    told: String,
}

/// Pairs cells by scenario and seed. `methods` restricts what is compared to some names; empty: all.
pub fn pair(before: &[Cell], after: &[Cell], methods: &[String]) -> Pairing {
    let (before, after) = (by_place(before), by_place(after));
    let only = |one: &BTreeMap<Place, &Cell>, other: &BTreeMap<Place, &Cell>| {
        one.keys().filter(|place| !other.contains_key(place)).cloned().collect::<Vec<_>>()
    };
    let both: Vec<(&Place, &Cell, &Cell)> =
        before.iter().filter_map(|(place, cell)| Some((place, *cell, *after.get(place)?))).collect();
    let lost = |counts: fn(&Cell, &Cell) -> bool| {
        let lost = both.iter().filter(|(_, before, after)| counts(before, after));
        lost.map(|(place, ..)| (*place).clone()).collect::<Vec<_>>()
    };
    let mut book = Book::default();
    for (place, before, after) in both.iter().filter(|(_, before, after)| before.counts() && after.counts()) {
        book.enter(place, verdicts(before, methods), verdicts(after, methods));
    }
    let mut pairing = Pairing {
        tallies: book.tallies(),
        changes: book.changes,
        only_before: only(&before, &after),
        only_after: only(&after, &before),
        counted_before: lost(|before, after| before.counts() && !after.counts()),
        counted_after: lost(|before, after| !before.counts() && after.counts()),
        exit: MET,
    };
    let counted = both.iter().filter(|(_, before, _)| before.counts()).count();
    let still = counted - pairing.counted_before.len();
    pairing.exit = match (counted as f64 * MIN_STILL_COUNTED > still as f64, pairing.is_worse()) {
        (true, _) => INVALID,
        (false, true) => MISSED,
        (false, false) => MET,
    };
    pairing
}

impl Pairing {
    /// Whether in any scenario the engine lost more answers to a question than it won; where only other methods were
    /// compared, whether one of them did.
    pub fn is_worse(&self) -> bool {
        let engine = self.tallies.iter().any(|tally| tally.method == ENGINE);
        let judged =
            self.tallies.iter().filter(|tally| tally.scenario.is_some() && (!engine || tally.method == ENGINE));
        judged.into_iter().any(|tally| tally.worse > tally.better)
    }

    /// Whether any cell is on both sides, compared or not.
    pub fn has_common(&self) -> bool {
        self.pairs() > 0 || !self.counted_before.is_empty() || !self.counted_after.is_empty()
    }

    /// How many cells were compared.
    pub fn pairs(&self) -> u64 {
        self.tallies.iter().filter(|tally| tally.scenario.is_none()).map(|tally| tally.pairs).max().unwrap_or(0)
    }
}

fn by_place(cells: &[Cell]) -> BTreeMap<Place, &Cell> {
    cells.iter().map(|cell| (Place { scenario: cell.scenario.clone(), seed: cell.seed }, cell)).collect()
}

fn verdicts(cell: &Cell, methods: &[String]) -> Vec<Verdict> {
    let Some(card) = &cell.card else { return Vec::new() };
    let wanted = |name: &str| methods.is_empty() || methods.iter().any(|method| method == name);
    let gates = card.gates.iter().filter(|_| wanted(ENGINE)).map(|gate| Verdict {
        method: ENGINE.to_owned(),
        question: gate.name.clone(),
        right: gate.passed,
        told: gate.why.clone(),
    });
    let others = card.methods.iter().filter(|method| wanted(&method.name)).map(|method| Verdict {
        method: method.name.clone(),
        question: "right".to_owned(),
        right: method.is_right(),
        told: match (&method.score.answered, method.score.outcome) {
            (Some(component), _) => component.to_string(),
            (None, Some(outcome)) => outcome.to_string(),
            (None, None) => "no answer".to_owned(),
        },
    });
    gates.chain(others).collect()
}

/// What is counted while pairs are gone through.
#[derive(Default)]
struct Book {
    /// Methods and questions in the order in which they came up, which is the order of the score cards.
    order: Vec<(String, String)>,
    scenarios: BTreeSet<String>,
    /// By place in `order`, then by scenario: right before and right after of each pair.
    pairs: BTreeMap<(usize, String), Vec<(bool, bool)>>,
    changes: Vec<Change>,
}

impl Book {
    fn enter(&mut self, place: &Place, before: Vec<Verdict>, mut after: Vec<Verdict>) {
        self.scenarios.insert(place.scenario.clone());
        for old in before {
            let same = |new: &Verdict| new.method == old.method && new.question == old.question;
            let Some(at) = after.iter().position(same) else { continue };
            let new = after.swap_remove(at);
            let key = (old.method.clone(), old.question.clone());
            let known = self.order.iter().position(|one| *one == key);
            let index = known.unwrap_or_else(|| {
                self.order.push(key);
                self.order.len() - 1
            });
            self.pairs.entry((index, place.scenario.clone())).or_default().push((old.right, new.right));
            if old.right != new.right {
                self.changes.push(Change {
                    method: old.method,
                    question: old.question,
                    scenario: place.scenario.clone(),
                    seed: place.seed,
                    better: new.right,
                    before: old.told,
                    after: new.told,
                });
            }
        }
    }

    fn tallies(&mut self) -> Vec<Tally> {
        // Questions that only some scenarios put come up late: the engine's stand together all the same.
        let mut order: Vec<(usize, &(String, String))> = self.order.iter().enumerate().collect();
        order.sort_by_key(|(index, (method, _))| (method != ENGINE, *index));
        let place = |change: &Change| {
            let own = |(_, (method, question)): &(usize, &(String, String))| {
                *method == change.method && *question == change.question
            };
            order.iter().position(own)
        };
        self.changes.sort_by(|a, b| (place(a), &a.scenario, a.seed).cmp(&(place(b), &b.scenario, b.seed)));
        let mut tallies = Vec::new();
        for (index, (method, question)) in order {
            let of = |scenario: &String| self.pairs.get(&(index, scenario.clone()));
            let all: Vec<(bool, bool)> = self.scenarios.iter().filter_map(of).flatten().copied().collect();
            tallies.push(tally(method, question, None, &all));
            for scenario in &self.scenarios {
                tallies.extend(of(scenario).map(|pairs| tally(method, question, Some(scenario), pairs)));
            }
        }
        tallies
    }
}

fn tally(method: &str, question: &str, scenario: Option<&String>, pairs: &[(bool, bool)]) -> Tally {
    let count =
        |wanted: fn(bool, bool) -> bool| pairs.iter().filter(|(before, after)| wanted(*before, *after)).count() as u64;
    let (better, worse) = (count(|before, after| !before && after), count(|before, after| before && !after));
    Tally {
        method: method.to_owned(),
        question: question.to_owned(),
        scenario: scenario.cloned(),
        pairs: pairs.len() as u64,
        right_before: count(|before, _| before),
        right_after: count(|_, after| after),
        better,
        worse,
        p: sign_test(better, worse),
    }
}
