//! Recorded cases: a service, a time, and both windows.

use serde_json::{Map, Value};

use super::{CorrelationHints, SignalError, SignalKind, SignalSource, UniversalIncidentSignal, fields};
use crate::investigation::Window;

/// Reads a case; both windows are optional, but a window needs its start and its end.
pub(super) fn read(value: &Value) -> Result<UniversalIncidentSignal, SignalError> {
    let case = value.as_object();
    let service = fields::text(case, "", "service")?;
    let word = fields::text(case, "", "signal")?.unwrap_or_default();
    Ok(UniversalIncidentSignal {
        source: SignalSource::Case,
        title: fields::text(case, "", "title")?.unwrap_or_default(),
        description: fields::text(case, "", "description")?.unwrap_or_default(),
        service,
        signal: SignalKind::from_word(&word),
        threshold: fields::number(case, "", "threshold")?,
        window_ns: 0,
        for_ns: 0,
        severity: fields::text(case, "", "severity")?,
        tags: Vec::new(),
        hints: CorrelationHints::default(),
        started_at_ns: fields::instant(case, "", "started_at")?,
        baseline: window(case, "baseline")?,
        incident: window(case, "window")?,
    })
}

fn window(case: Option<&Map<String, Value>>, name: &str) -> Result<Option<Window>, SignalError> {
    let Some(window) = case.and_then(|case| case.get(name)).filter(|window| !window.is_null()) else { return Ok(None) };
    let window = window.as_object();
    let (from_ns, to_ns) = (fields::instant(window, name, "start")?, fields::instant(window, name, "end")?);
    if to_ns < from_ns {
        return Err(SignalError::Invalid {
            field: format!("{name}.end"),
            found: super::time::format_rfc3339(to_ns),
            expected: "expected a time that is not before the start",
        });
    }
    Ok(Some(Window { from_ns, to_ns }))
}
