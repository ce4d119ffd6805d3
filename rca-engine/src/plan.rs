//! The correlation envelope of a signal, and the ordered queries that gather its evidence.

use crate::investigation::{CorrelationMode, Envelope, Window};
use crate::options::Options;
use crate::query::{Dimensions, Query, Source};
use crate::signal::UniversalIncidentSignal;
use crate::windows::Windows;

/// How much of the first window is asked for again when a store could not give all of it.
const NARROWED_SHARE: u64 = 4;

/// Which evidence belongs to the signal.
pub fn envelope(signal: &UniversalIncidentSignal, options: &Options) -> Envelope {
    let windows = Windows::asked(signal);
    let is_key = |name: &str| options.correlation_keys.iter().any(|key| key == name);
    let mut exact = signal.hints.exact.clone();
    exact.extend(signal.tags.iter().filter(|(name, _)| is_key(name)).cloned());
    exact.sort();
    exact.dedup();
    let has_trace = exact.iter().any(|(name, _)| name == "trace_id");
    let mode = match (has_trace, exact.is_empty()) {
        (true, _) => CorrelationMode::TraceFirst,
        (false, false) => CorrelationMode::RunFirst,
        (false, true) => CorrelationMode::DimensionFirst,
    };
    let mut strong = signal.hints.strong.clone();
    strong.extend(signal.service.iter().map(|service| ("service.name".to_owned(), service.clone())));
    strong.sort();
    let weak: Vec<String> =
        [&signal.title, &signal.description].into_iter().filter(|text| !text.is_empty()).cloned().collect();
    Envelope { mode, exact, strong, weak, baseline: windows.baseline, incident: windows.incident }
}

/// The first round: metrics are cheap and go first, then the incident, then what it is compared with.
pub fn first_round(signal: &UniversalIncidentSignal, options: &Options) -> Vec<Query> {
    let windows = Windows::asked(signal);
    let envelope = envelope(signal, options);
    // A trace id names where to look first, but one trace alone has no baseline: it selects the proof, not the
    // evidence. The service is a place to start the walk from, not a filter: the cause is elsewhere.
    let dimensions = Dimensions {
        exact: envelope.exact.iter().filter(|(name, _)| name != "trace_id").cloned().collect(),
        strong: signal.hints.strong.clone(),
    };
    let budget = options.budget;
    let asked: [(Source, Window, u64, &str); 5] = [
        (Source::Metrics, windows.whole(), budget.series, "every metric over both windows: what moved, and when"),
        (
            Source::Traces,
            windows.incident,
            budget.spans / 2,
            "requests of the incident: where their time and errors come from",
        ),
        (Source::Logs, windows.incident, budget.logs / 2, "log records of the incident: exceptions and changes"),
        (Source::Traces, windows.baseline, budget.spans / 2, "requests of the baseline: what is normal"),
        (
            Source::Logs,
            windows.baseline,
            budget.logs / 2,
            "log records of the baseline: what is always said, earlier changes",
        ),
    ];
    (1_u32..)
        .zip(asked)
        .filter(|(_, (_, window, _, _))| window.from_ns < window.to_ns)
        .map(|(id, (source, window, limit, text))| Query {
            id,
            source,
            from_ns: window.from_ns,
            to_ns: window.to_ns,
            dimensions: dimensions.clone(),
            text: text.to_owned(),
            priority: id,
            limit,
        })
        .collect()
}

/// What to ask again after a query came back cut short: the part of its window next to the alert. Nothing for metrics:
/// what their limit counts is series, and a shorter window has as many.
pub fn narrowed(query: &Query, id: u32, started_at_ns: u64) -> Option<Query> {
    if query.source == Source::Metrics {
        return None;
    }
    let length = (query.to_ns - query.from_ns) / NARROWED_SHARE;
    let end = if started_at_ns < query.to_ns { started_at_ns.max(query.from_ns) } else { query.to_ns };
    let from_ns = end.saturating_sub(length).max(query.from_ns);
    (from_ns < end).then(|| Query {
        id,
        from_ns,
        to_ns: end,
        text: format!("{} (again, nearer to the alert)", query.text),
        priority: id,
        ..query.clone()
    })
}
