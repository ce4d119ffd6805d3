//! Recorded changes, and how near each is to the first deviation of its own component.

use crate::canonical::{Model, ServiceId};
use crate::evidence::{LogRecord, Symbol, Value};
use crate::windows::Windows;

/// A deploy, a configuration change or a start.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Change {
    pub(crate) service: ServiceId,
    pub(crate) at_ns: u64,
    /// The change's id, or the event's name where it has none.
    pub(crate) id: String,
    /// The version that took over.
    pub(crate) version: Option<String>,
    /// In the words of whoever recorded it.
    pub(crate) summary: String,
}

/// A change is no longer suspected for what begins this much later: half of the odds are lost after a tenth of it.
const MEMORY_NS: u64 = 600_000_000_000;

/// All changes by time, those of one time by service.
pub(crate) fn list(model: &Model<'_>) -> Vec<Change> {
    let evidence = model.evidence;
    let find = |names: &[String]| names.iter().filter_map(|name| evidence.names.find(name)).collect::<Vec<Symbol>>();
    let names = &model.options.changes;
    let (events, ids) = (find(&names.events), find(&names.id));
    let (versions, summaries) = (find(&names.version), find(&names.summary));
    let text = |log: &LogRecord, keys: &[Symbol]| -> Option<String> {
        keys.iter().find_map(|key| {
            log.attributes.iter().find(|(name, _)| name == key).map(|(_, value)| match value {
                Value::Text(text) => model.text(*text).to_owned(),
                Value::Int(number) => number.to_string(),
                Value::Double(number) => number.to_string(),
                Value::Bool(flag) => flag.to_string(),
            })
        })
    };
    let mut changes: Vec<Change> = evidence
        .logs
        .iter()
        .filter_map(|log| {
            let event = log.event_name.filter(|event| events.contains(event))?;
            let service = model.service(evidence.resource_text(log.resource, "service.name")?)?;
            Some(Change {
                service,
                at_ns: log.at_ns,
                id: text(log, &ids).filter(|id| !id.is_empty()).unwrap_or_else(|| model.text(event).to_owned()),
                version: text(log, &versions),
                summary: text(log, &summaries).unwrap_or_else(|| model.text(log.body).to_owned()),
            })
        })
        .collect();
    changes.sort_by(|a, b| (a.at_ns, a.service, &a.id).cmp(&(b.at_ns, b.service, &b.id)));
    changes.dedup();
    changes
}

/// How much a change is suspected of a deviation of its own component: 1 right before it, falling with the distance,
/// 0 where it came later than the deviation can have begun.
pub(crate) fn suspicion(change: &Change, deviation_ns: u64, uncertainty_ns: u64) -> f64 {
    if change.at_ns > deviation_ns.saturating_add(uncertainty_ns) {
        return 0.0;
    }
    let distance = deviation_ns.saturating_sub(change.at_ns);
    if distance > MEMORY_NS { 0.0 } else { 1.0 / (1.0 + 10.0 * distance as f64 / MEMORY_NS as f64) }
}

/// The most suspected change of a component.
pub(crate) fn most_suspected(
    changes: &[Change],
    service: ServiceId,
    deviation_ns: u64,
    uncertainty_ns: u64,
) -> Option<&Change> {
    changes
        .iter()
        .filter(|change| change.service == service)
        .map(|change| (suspicion(change, deviation_ns, uncertainty_ns), change))
        .filter(|(suspicion, _)| *suspicion > 0.0)
        // Of two at the same distance the later one is nearer.
        .max_by(|(a, x), (b, y)| a.total_cmp(b).then(x.at_ns.cmp(&y.at_ns)))
        .map(|(_, change)| change)
}

/// Changes that lie in or shortly before the incident.
pub(crate) fn recent<'c>(changes: &'c [Change], windows: &Windows) -> Vec<&'c Change> {
    changes.iter().filter(|change| change.at_ns < windows.incident.to_ns).collect()
}
