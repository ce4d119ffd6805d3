//! What the attributes of each span say about it, read once and in the order in which the spans lie in memory.

use super::names::{self, Vocabulary};
use super::rows::{Failure, FailureKind};
use crate::evidence::{Attributes, Evidence, Span, Status, Symbol, Value};

/// What a span says beside its times and ids.
#[derive(Clone, Copy, Debug)]
pub(super) struct Reading {
    pub(super) failure: Option<Failure>,
    /// Whom a client says it calls.
    pub(super) peer: Option<Symbol>,
    /// What it waited for, and how long in nanoseconds.
    pub(super) wait: Option<(Symbol, u64)>,
}

/// The readings of all spans, by their position in the evidence.
pub(super) fn all(evidence: &Evidence, words: &Vocabulary) -> Vec<Reading> {
    let wanted = Wanted::new(words);
    let mut found = vec![None; wanted.keys];
    evidence
        .spans
        .iter()
        .map(|span| {
            wanted.find(&span.attributes, &mut found);
            reading(evidence, words, &wanted, span, &found)
        })
        .collect()
}

/// The attributes that are read. Each has a place; what reads the same attribute shares it.
struct Wanted {
    /// One more than the place of each symbol's value; 0 where it is not read.
    places: Vec<u16>,
    keys: usize,
    error_type: Option<usize>,
    peers: Vec<usize>,
    status_codes: Vec<usize>,
    /// Resource and duration.
    waits: Vec<(usize, usize)>,
}

impl Wanted {
    fn new(words: &Vocabulary) -> Self {
        let mut keys: Vec<Symbol> = Vec::new();
        let mut place = |key: Symbol| {
            keys.iter().position(|known| *known == key).unwrap_or_else(|| {
                keys.push(key);
                keys.len() - 1
            })
        };
        let error_type = words.error_type.map(&mut place);
        let peers = words.peers.iter().copied().map(&mut place).collect();
        let status_codes = words.status_codes.iter().copied().map(&mut place).collect();
        let waits = words.waits.iter().map(|(resource, duration)| (place(*resource), place(*duration))).collect();
        let symbols = keys.iter().map(|key| key.0 as usize + 1).max().unwrap_or(0);
        let mut places = vec![0; symbols];
        for (key, place) in keys.iter().zip(1_u16..) {
            places[key.0 as usize] = place;
        }
        Self { places, keys: keys.len(), error_type, peers, status_codes, waits }
    }

    /// Puts the value of each attribute that is read in its place; of several with one name the first counts.
    fn find(&self, attributes: &Attributes, found: &mut [Option<Value>]) {
        found.fill(None);
        for (key, value) in attributes {
            let place = self.places.get(key.0 as usize).copied().unwrap_or(0);
            if let Some(place) = usize::from(place).checked_sub(1) {
                found[place].get_or_insert(*value);
            }
        }
    }
}

fn reading(evidence: &Evidence, words: &Vocabulary, wanted: &Wanted, span: &Span, found: &[Option<Value>]) -> Reading {
    let text = |place: usize| words.text(found[place]?);
    let wait = wanted.waits.iter().find_map(|(resource, duration)| {
        let name = text(*resource)?;
        Some((name, u64::try_from(names::whole(evidence, found[*duration]?)?).unwrap_or(0)))
    });
    let code = wanted.status_codes.iter().find_map(|place| names::whole(evidence, found[*place]?));
    Reading {
        failure: failure(evidence, span, code.unwrap_or(0), wanted.error_type.and_then(text)),
        peer: wanted.peers.iter().find_map(|place| text(*place)),
        wait,
    }
}

/// A span failed where its status, its error type or a server's 5xx says so.
fn failure(evidence: &Evidence, span: &Span, code: i64, error_type: Option<Symbol>) -> Option<Failure> {
    let failed = span.status == Status::Error || error_type.is_some() || (500..600).contains(&code);
    let kind = match code {
        429 | 503 => FailureKind::Refused,
        408 | 504 => FailureKind::TimedOut,
        _ if error_type.is_some_and(|name| evidence.names.text(name) == "timeout") => FailureKind::TimedOut,
        _ => FailureKind::Fault,
    };
    failed.then_some(Failure { kind, error_type, answered: code > 0 })
}
