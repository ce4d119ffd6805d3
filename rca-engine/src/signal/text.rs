//! Plain alert text.

use super::{CorrelationHints, SignalKind, SignalSource, UniversalIncidentSignal};

/// A W3C trace id has this many hexadecimal digits.
const TRACE_ID_DIGITS: usize = 32;

pub(super) fn read(text: &str, now_ns: u64) -> UniversalIncidentSignal {
    let mut signal = UniversalIncidentSignal {
        source: SignalSource::Text,
        title: text.lines().next().unwrap_or_default().trim().to_owned(),
        description: text.trim().to_owned(),
        service: None,
        signal: SignalKind::Unspecified,
        threshold: None,
        window_ns: 0,
        for_ns: 0,
        severity: None,
        tags: Vec::new(),
        hints: CorrelationHints::default(),
        started_at_ns: now_ns,
        baseline: None,
        incident: None,
    };
    for word in text.split_whitespace().map(|word| word.trim_matches(|c: char| ",.;!?()\"'`".contains(c))) {
        if word.len() == TRACE_ID_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit()) {
            signal.hints.exact.push(("trace_id".to_owned(), word.to_ascii_lowercase()));
        } else if let Some((name, value)) = word.split_once(['=', ':']).filter(|(_, value)| !value.is_empty()) {
            understand(&mut signal, name, value);
        } else {
            match SignalKind::from_word(word) {
                SignalKind::Unspecified => signal.hints.weak.push(word.to_owned()),
                kind => signal.signal = kind,
            }
        }
    }
    signal.hints.exact.sort();
    signal.hints.exact.dedup();
    signal.tags.sort();
    signal
}

fn understand(signal: &mut UniversalIncidentSignal, name: &str, value: &str) {
    let number = || value.parse::<f64>().ok().filter(|number| number.is_finite() && *number >= 0.0);
    // A billion seconds bounds the conversion to nanoseconds.
    let nanos = || number().map_or(0, |seconds| (seconds.min(1e9) * 1e9) as u64);
    match name {
        "service" => signal.service = Some(value.to_owned()),
        "sli" | "signal" => signal.signal = SignalKind::from_word(value),
        "threshold" => signal.threshold = number(),
        "window_s" => signal.window_ns = nanos(),
        "for_s" => signal.for_ns = nanos(),
        "severity" => signal.severity = Some(value.to_owned()),
        _ => signal.tags.push((name.to_owned(), value.to_owned())),
    }
}
