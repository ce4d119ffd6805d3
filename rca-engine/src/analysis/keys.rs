//! What a service's work is about: the attribute that names the item, found by how its values repeat.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId, mix};
use crate::evidence::{Symbol, Value};

/// A key has at least so many values, so that it is no class; and each comes back so often on average, so that it is
/// no id of a single request.
const MIN_VALUES: usize = 20;
const MIN_REPEATS: f64 = 1.5;
/// A class has at most so many values.
const MAX_CLASSES: usize = 12;
/// An attribute must be on this share of the visits to say something about all of them.
const MIN_COVERAGE: f64 = 0.8;
/// Visits looked at to find out which attributes there are.
const SAMPLE: usize = 4_000;

/// The value of an attribute as a number: equal values, equal numbers.
pub(crate) fn number(value: Value) -> u64 {
    match value {
        Value::Text(text) => mix(u64::from(text.0)),
        Value::Int(number) => mix(!(number as u64)),
        Value::Double(number) => mix(number.to_bits() ^ 1),
        Value::Bool(flag) => u64::from(flag),
    }
}

/// Attributes of a service's visits by the number of their values.
pub(crate) struct Attributes {
    /// Attribute, distinct values, structural order.
    pub(crate) key: Option<Symbol>,
    /// Attributes with a few values each, in structural order.
    pub(crate) classes: Vec<Symbol>,
}

/// Sorts the attributes of a service's visits into the key and the classes.
pub(crate) fn attributes(model: &Model<'_>, service: ServiceId) -> Attributes {
    let mut seen: BTreeMap<Symbol, BTreeMap<u64, u64>> = BTreeMap::new();
    let mut visits = 0_u64;
    for visit in model.visits_of(service).iter().take(SAMPLE) {
        visits += 1;
        let span = &model.evidence.spans[model.row(*visit).source as usize];
        for (name, value) in span.attributes.iter().filter(|(name, _)| !model.words.ignored.contains(name)) {
            *seen.entry(*name).or_default().entry(number(*value)).or_default() += 1;
        }
    }
    // (Distinct values, counts in order): a structural key that no name enters.
    let mut keys: Vec<(usize, Vec<u64>, Symbol)> = Vec::new();
    let mut classes: Vec<(usize, Vec<u64>, Symbol)> = Vec::new();
    for (name, values) in seen {
        let total: u64 = values.values().sum();
        if (total as f64) < MIN_COVERAGE * visits as f64 {
            continue;
        }
        let mut counts: Vec<u64> = values.values().copied().collect();
        counts.sort_unstable();
        let distinct = values.len();
        if distinct >= MIN_VALUES && total as f64 >= MIN_REPEATS * distinct as f64 {
            keys.push((distinct, counts, name));
        } else if (2..=MAX_CLASSES).contains(&distinct) {
            classes.push((distinct, counts, name));
        }
    }
    let order = |(distinct, counts, _): &(usize, Vec<u64>, Symbol)| (*distinct, counts.clone());
    classes.sort_by_key(order);
    Attributes {
        key: keys.into_iter().max_by_key(order).map(|(_, _, name)| name),
        classes: classes.into_iter().map(|(_, _, name)| name).collect(),
    }
}

/// The value of an attribute of a visit, as a number.
pub(crate) fn of_visit(model: &Model<'_>, visit: u32, name: Symbol) -> Option<u64> {
    let span = &model.evidence.spans[model.row(visit).source as usize];
    span.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| number(*value))
}
