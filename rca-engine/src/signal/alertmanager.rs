//! Alertmanager webhooks, version 4.

use serde_json::{Map, Value};

use super::{CorrelationHints, SignalError, SignalKind, SignalSource, UniversalIncidentSignal, fields};

/// The alert name of an operator's question: it has no threshold, whatever else it carries.
const QUESTION: &str = "question";
/// Labels that have a field of their own.
const OWN_FIELDS: [&str; 4] = ["alertname", "service", "severity", "sli"];
/// Labels that select evidence, and the attribute that carries them.
const STRONG: [(&str, &str); 3] = [
    ("region", "cloud.region"),
    ("environment", "deployment.environment.name"),
    ("deployment.environment.name", "deployment.environment.name"),
];
/// Labels that name a single trace.
const TRACE_LABELS: [&str; 2] = ["trace_id", "traceId"];

/// Reads the first firing alert of the group; the others stay as weak hints.
pub(super) fn read(value: &Value) -> Result<UniversalIncidentSignal, SignalError> {
    const EXPECTED: &str = "expected a list with at least one alert";
    let alerts = value.get("alerts").and_then(Value::as_array).filter(|alerts| !alerts.is_empty());
    let alerts = alerts.ok_or_else(|| SignalError::Missing { field: "alerts[0]".to_owned(), expected: EXPECTED })?;
    let is_firing = |alert: &Value| alert.get("status").and_then(Value::as_str) != Some("resolved");
    let chosen = alerts.iter().position(is_firing).unwrap_or(0);
    let alert = alerts[chosen].as_object();
    let path = format!("alerts[{chosen}]");
    let labels = merged(value.get("commonLabels"), alert.and_then(|alert| alert.get("labels")));
    let annotations = merged(value.get("commonAnnotations"), alert.and_then(|alert| alert.get("annotations")));
    let (labels_path, annotations_path) = (format!("{path}.labels"), format!("{path}.annotations"));
    let label = |name: &str| fields::text(Some(&labels), &labels_path, name);
    let title = label("alertname")?.unwrap_or_default();
    let threshold = fields::number(Some(&annotations), &annotations_path, "threshold")?.filter(|_| title != QUESTION);
    let mut hints = hints(&labels);
    hints.weak = alerts
        .iter()
        .enumerate()
        .filter(|(index, _)| *index != chosen)
        .filter_map(|(_, other)| other.pointer("/labels/alertname").and_then(Value::as_str).map(str::to_owned))
        .collect();
    Ok(UniversalIncidentSignal {
        source: SignalSource::Alertmanager,
        description: fields::text(Some(&annotations), &annotations_path, "summary")?.unwrap_or_default(),
        service: label("service")?.filter(|service| !service.is_empty()),
        signal: SignalKind::from_word(&label("sli")?.unwrap_or_default()),
        threshold,
        window_ns: fields::seconds(Some(&annotations), &annotations_path, "window_s")?,
        for_ns: fields::seconds(Some(&annotations), &annotations_path, "for_s")?,
        severity: label("severity")?,
        tags: tags(&labels),
        hints,
        started_at_ns: fields::instant(alert, &path, "startsAt")?,
        baseline: None,
        incident: None,
        title,
    })
}

/// The group's labels, overridden by the alert's own.
fn merged(common: Option<&Value>, own: Option<&Value>) -> Map<String, Value> {
    let mut all = common.and_then(Value::as_object).cloned().unwrap_or_default();
    all.extend(own.and_then(Value::as_object).cloned().unwrap_or_default());
    all
}

fn tags(labels: &Map<String, Value>) -> Vec<(String, String)> {
    let mut tags: Vec<(String, String)> = labels
        .iter()
        .filter(|(name, _)| !OWN_FIELDS.contains(&name.as_str()))
        .filter_map(|(name, value)| Some((name.clone(), value.as_str()?.to_owned())))
        .collect();
    tags.sort();
    tags
}

fn hints(labels: &Map<String, Value>) -> CorrelationHints {
    let text = |name: &str| labels.get(name).and_then(Value::as_str).map(str::to_owned);
    let mut hints = CorrelationHints {
        exact: TRACE_LABELS.iter().filter_map(|name| Some(("trace_id".to_owned(), text(name)?))).collect(),
        strong: STRONG.iter().filter_map(|(name, attribute)| Some(((*attribute).to_owned(), text(name)?))).collect(),
        weak: Vec::new(),
    };
    hints.exact.sort();
    hints.strong.sort();
    hints.strong.dedup();
    hints
}
