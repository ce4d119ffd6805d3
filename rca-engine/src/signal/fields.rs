//! Reading single fields of an alert's JSON, with errors that point at them.

use serde_json::{Map, Value};

use super::{SignalError, time};

/// The longest text of an alert that an error repeats.
const QUOTED_CHARS: usize = 40;
/// The largest number of seconds that fits as nanoseconds, with room to add several.
const MAX_SECONDS: f64 = 1e9;

/// A text, absent where the field is.
pub(super) fn text(object: Option<&Map<String, Value>>, path: &str, name: &str) -> Result<Option<String>, SignalError> {
    match object.and_then(|object| object.get(name)) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::String(text)) => Ok(Some(text.clone())),
        Some(other) => Err(invalid(path, name, other, "expected a text")),
    }
}

/// A number, written as a number or as text, absent where the field is.
pub(super) fn number(object: Option<&Map<String, Value>>, path: &str, name: &str) -> Result<Option<f64>, SignalError> {
    let Some(value) = object.and_then(|object| object.get(name)) else { return Ok(None) };
    let number = match value {
        Value::Null => return Ok(None),
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse().ok(),
        Value::Bool(_) | Value::Array(_) | Value::Object(_) => None,
    };
    number
        .filter(|number: &f64| number.is_finite() && *number >= 0.0)
        .map(Some)
        .ok_or_else(|| invalid(path, name, value, "expected a plain number, not negative"))
}

/// A number of seconds, as nanoseconds; 0 where the field is absent.
pub(super) fn seconds(object: Option<&Map<String, Value>>, path: &str, name: &str) -> Result<u64, SignalError> {
    let seconds = number(object, path, name)?.unwrap_or(0.0);
    Ok((seconds.min(MAX_SECONDS) * 1e9) as u64)
}

/// A time, which must be there.
pub(super) fn instant(object: Option<&Map<String, Value>>, path: &str, name: &str) -> Result<u64, SignalError> {
    const EXPECTED: &str = "expected an RFC 3339 time such as 2030-01-01T00:00:00Z";
    let value = object
        .and_then(|object| object.get(name))
        .ok_or_else(|| SignalError::Missing { field: joined(path, name), expected: EXPECTED })?;
    value.as_str().and_then(time::parse_rfc3339).ok_or_else(|| invalid(path, name, value, EXPECTED))
}

fn invalid(path: &str, name: &str, value: &Value, expected: &'static str) -> SignalError {
    let found = match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    };
    SignalError::Invalid { field: joined(path, name), found: found.chars().take(QUOTED_CHARS).collect(), expected }
}

fn joined(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}
