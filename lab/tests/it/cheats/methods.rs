//! Methods that do not investigate: each looks for the answer in one place where it must not be.

use std::collections::BTreeMap;
use std::path::Path;

use super::cases::{Case, Leak};

/// The owner of the root; none: nothing is wrong.
type Answer = Option<String>;

/// Fitted on cases whose answers are known, asked about others.
pub(crate) type Answers = Box<dyn Fn(&[&Case], &[&Case]) -> Vec<Answer>>;

/// A way of cheating.
pub(crate) struct Cheat {
    pub(crate) name: &'static str,
    /// What would give it the answer.
    pub(crate) leak: Option<Leak>,
    pub(crate) answers: Answers,
}

/// So many ways to hash are tried on the known cases; the best one is asked about the others.
const SALTS: u64 = 64;

pub(crate) fn cheats() -> Vec<Cheat> {
    vec![
        cheat("hash of the run's id", None, |known, asked| salted(known, asked, "run")),
        cheat("hash of a trace's id", None, |known, asked| salted(known, asked, "trace")),
        cheat("table of run ids", None, |known, asked| looked_up(known, asked, "run")),
        cheat("table of trace ids", None, |known, asked| looked_up(known, asked, "trace")),
        cheat("table of instances", Some(Leak::Ids), |known, asked| looked_up(known, asked, "instance")),
        cheat("order of candidates", Some(Leak::Candidates), placed),
        cheat("first and last in the files", Some(Leak::Files), ends),
        cheat("traffic of the fault port", Some(Leak::FaultPort), |_, asked| each(asked, controlled)),
        cheat("folders above", Some(Leak::Neighbours), |_, asked| each(asked, above)),
    ]
}

/// The one that is told.
pub(crate) fn peeking() -> Cheat {
    cheat("the truth itself", None, |_, asked| each(asked, |case| case.guilty.clone()))
}

fn cheat(
    name: &'static str,
    leak: Option<Leak>,
    answers: impl Fn(&[&Case], &[&Case]) -> Vec<Answer> + 'static,
) -> Cheat {
    Cheat { name, leak, answers: Box::new(answers) }
}

fn each(asked: &[&Case], answer: impl Fn(&Case) -> Answer) -> Vec<Answer> {
    asked.iter().map(|case| answer(case)).collect()
}

/// FNV-1a, whose low bits are good enough for a choice among five.
pub(crate) fn hash(text: &str, salt: u64) -> u64 {
    let mut state = 0xcbf2_9ce4_8422_2325 ^ salt.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    for byte in text.bytes() {
        state = (state ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3);
    }
    state ^ (state >> 29)
}

/// One of the services, or that nothing is wrong, by a hash.
fn drawn(case: &Case, kind: &str, salt: u64) -> Answer {
    let id = case.ids[kind].first().cloned().unwrap_or_default();
    let choices = case.services.len() as u64 + 1;
    case.services.get(usize::try_from(hash(&id, salt) % choices).unwrap()).cloned()
}

/// How often a way to answer is right.
fn hits(known: &[&Case], answer: impl Fn(&Case) -> Answer) -> usize {
    known.iter().filter(|case| case.is_right(answer(case).as_ref())).count()
}

fn salted(known: &[&Case], asked: &[&Case], kind: &str) -> Vec<Answer> {
    let best = (0..SALTS).max_by_key(|salt| hits(known, |case| drawn(case, kind, *salt))).unwrap();
    each(asked, |case| drawn(case, kind, best))
}

/// What was right where an id occurred; where no id of a case is known, a guess.
fn looked_up(known: &[&Case], asked: &[&Case], kind: &str) -> Vec<Answer> {
    let mut table: BTreeMap<&str, BTreeMap<&Answer, usize>> = BTreeMap::new();
    for case in known {
        for id in &case.ids[kind] {
            *table.entry(id).or_default().entry(&case.guilty).or_default() += 1;
        }
    }
    each(asked, |case| {
        let mut votes: BTreeMap<&Answer, usize> = BTreeMap::new();
        for (answer, count) in case.ids[kind].iter().filter_map(|id| table.get(id.as_str())).flatten() {
            *votes.entry(*answer).or_default() += count;
        }
        let best = votes.into_iter().max_by_key(|(_, count)| *count);
        best.map_or_else(|| drawn(case, kind, 0), |(answer, _)| answer.clone())
    })
}

/// The place among the candidates that was right most often; the place after the last is that nothing is wrong.
fn placed(known: &[&Case], asked: &[&Case]) -> Vec<Answer> {
    let at = |case: &Case, place: usize| case.services.get(place).cloned();
    let places = known.iter().map(|case| case.services.len()).max().unwrap_or(0) + 1;
    let best = (0..places).max_by_key(|place| hits(known, |case| at(case, *place))).unwrap();
    each(asked, |case| at(case, best))
}

/// The end of a file whose service was right most often.
fn ends(known: &[&Case], asked: &[&Case]) -> Vec<Answer> {
    let at = |case: &Case, end: &str| case.ends.get(end).cloned();
    let best = known[0].ends.keys().max_by_key(|end| hits(known, |case| at(case, end))).unwrap();
    each(asked, |case| at(case, best))
}

/// Who is named most often together with the fault port.
fn controlled(case: &Case) -> Answer {
    let mut counts: BTreeMap<&String, usize> = BTreeMap::new();
    for service in &case.controlled {
        *counts.entry(service).or_default() += 1;
    }
    counts.into_iter().max_by_key(|(_, count)| *count).map(|(service, _)| service.clone())
}

/// Looks for the truth, and for whatever else speaks of it, in the folder itself and in all above.
fn above(case: &Case) -> Answer {
    let files = ["truth.json", "score.json", "verdict.json", "scenario.yaml", "manifest.json"];
    let text = case.folder.ancestors().find_map(|folder| files.iter().find_map(|file| told(&folder.join(file))));
    match text {
        Some(answer) => answer,
        None => drawn(case, "run", 0),
    }
}

fn told(path: &Path) -> Option<Answer> {
    let text = std::fs::read_to_string(path).ok()?;
    let roots = &text[text.find("roots")?..];
    let end = roots.find("edges").or_else(|| roots.find("trigger")).unwrap_or(roots.len());
    let names = roots[..end].split('"').find_map(|part| part.strip_prefix("service:"));
    Some(names.map(str::to_owned))
}
