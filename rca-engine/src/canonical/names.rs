//! The symbols of the few attribute names that the analysis reads.

use crate::evidence::{Attributes, Evidence, Symbol, Value};
use crate::options::Options;

/// Symbols of one evidence store; none where the name does not occur.
pub(crate) struct Vocabulary {
    pub(crate) service: Option<Symbol>,
    pub(crate) version: Option<Symbol>,
    pub(crate) instances: Vec<Symbol>,
    pub(crate) peers: Vec<Symbol>,
    pub(crate) error_type: Option<Symbol>,
    pub(crate) status_codes: Vec<Symbol>,
    /// Resource and duration of a wait.
    pub(crate) waits: Vec<(Symbol, Symbol)>,
    /// Attributes that select evidence and never inform.
    pub(crate) ignored: Vec<Symbol>,
    /// The symbol of the empty text.
    empty: Option<Symbol>,
}

impl Vocabulary {
    pub(super) fn find(evidence: &Evidence, options: &Options) -> Self {
        let find = |name: &str| evidence.names.find(name);
        let all = |names: &[String]| names.iter().filter_map(|name| find(name)).collect::<Vec<Symbol>>();
        Self {
            service: find("service.name"),
            version: find("service.version"),
            instances: all(&options.instance_attributes),
            peers: all(&options.peer_attributes),
            error_type: find("error.type"),
            status_codes: ["http.response.status_code", "http.status_code"].into_iter().filter_map(find).collect(),
            waits: options
                .waits
                .iter()
                .filter_map(|wait| Some((find(&wait.resource)?, find(&wait.duration_ns)?)))
                .collect(),
            ignored: all(&options.correlation_keys),
            empty: find(""),
        }
    }

    /// The text of the first of several attributes that is there; an empty text names nothing.
    pub(crate) fn first_text(&self, attributes: &Attributes, keys: &[Symbol]) -> Option<Symbol> {
        keys.iter().find_map(|key| self.text(value(attributes, *key)?))
    }

    /// A text that names something.
    pub(super) fn text(&self, value: Value) -> Option<Symbol> {
        match value {
            Value::Text(text) => Some(text).filter(|text| self.names_something(*text)),
            Value::Int(_) | Value::Double(_) | Value::Bool(_) => None,
        }
    }

    /// Whether a text is not empty.
    pub(crate) fn names_something(&self, text: Symbol) -> bool {
        Some(text) != self.empty
    }
}

/// The value of an attribute.
pub(crate) fn value(attributes: &Attributes, key: Symbol) -> Option<Value> {
    attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| *value)
}

/// A whole number, also where it was written as text or as a fraction.
pub(crate) fn whole(evidence: &Evidence, value: Value) -> Option<i64> {
    match value {
        Value::Int(number) => Some(number),
        Value::Double(number) if number.is_finite() => Some(number as i64),
        Value::Text(text) => evidence.names.text(text).parse().ok(),
        Value::Double(_) | Value::Bool(_) => None,
    }
}
