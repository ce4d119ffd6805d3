//! What raised the question: an alert, a case or plain text, as one shape.

mod alertmanager;
mod case;
mod fields;
mod text;
pub mod time;

use serde_json::Value;

use crate::investigation::Window;

/// An alert or question from anywhere, in one shape.
#[derive(Clone, Debug, PartialEq)]
pub struct UniversalIncidentSignal {
    pub source: SignalSource,
    /// The alert's name, or the first line of a text.
    pub title: String,
    /// Free text for people.
    pub description: String,
    /// The service it is about, as named by `service.name`; none where the text does not say.
    pub service: Option<String>,
    /// What is said to be wrong with it.
    pub signal: SignalKind,
    /// Seconds for latency, a share from 0 to 1 for degraded and errors; none for a question.
    pub threshold: Option<f64>,
    /// The span of time that the rule averages over, nanoseconds; 0 where unknown.
    pub window_ns: u64,
    /// How long the breach had lasted when the alert fired, nanoseconds; 0 where unknown.
    pub for_ns: u64,
    pub severity: Option<String>,
    /// Remaining labels, sorted.
    pub tags: Vec<(String, String)>,
    pub hints: CorrelationHints,
    /// When the alert fired or the question was asked, nanoseconds since the Unix epoch.
    pub started_at_ns: u64,
    /// Windows that the asker gave; derived from the times above otherwise.
    pub baseline: Option<Window>,
    pub incident: Option<Window>,
}

/// Where a signal came from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SignalSource {
    /// An Alertmanager webhook.
    Alertmanager,
    /// A recorded case with given windows.
    Case,
    /// Plain text.
    Text,
}

/// What is said to be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum SignalKind {
    /// Answers take too long.
    Latency,
    /// Answers come, but lack a part.
    Degraded,
    /// Answers fail.
    Errors,
    /// Somebody asks, or the text does not say.
    Unspecified,
}

impl SignalKind {
    /// The kind for the word of a label; unknown words are [`SignalKind::Unspecified`].
    pub fn from_word(word: &str) -> Self {
        match word {
            "latency" => Self::Latency,
            "degraded" => Self::Degraded,
            "errors" => Self::Errors,
            _ => Self::Unspecified,
        }
    }

    /// Whether the symptom is about time: only then is there a bottleneck to look for.
    pub fn is_about_time(self) -> bool {
        matches!(self, Self::Latency | Self::Unspecified)
    }
}

/// What else the signal says that can select evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CorrelationHints {
    /// Ids that name single traces or requests: attribute and value, sorted.
    pub exact: Vec<(String, String)>,
    /// Attributes that most evidence carries: environment, region; sorted.
    pub strong: Vec<(String, String)>,
    /// Free text.
    pub weak: Vec<String>,
}

/// Why a signal cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum SignalError {
    #[error("read the alert as JSON")]
    Json {
        #[source]
        source: serde_json::Error,
    },
    #[error("find `{field}` in the alert: {expected}")]
    Missing { field: String, expected: &'static str },
    #[error("read `{field}` of the alert from `{found}`: {expected}")]
    Invalid { field: String, found: String, expected: &'static str },
    #[error(
        "tell what kind of alert this is: expected `alerts` (Alertmanager webhook, version 4) or `started_at` (case)"
    )]
    Shape,
}

impl UniversalIncidentSignal {
    /// Reads an Alertmanager webhook (version 4) or a recorded case.
    ///
    /// # Errors
    /// [`SignalError`] names the field that is missing or cannot be read.
    pub fn parse(json: &str) -> Result<Self, SignalError> {
        let value: Value = serde_json::from_str(json).map_err(|source| SignalError::Json { source })?;
        if value.get("alerts").is_some() {
            alertmanager::read(&value)
        } else if value.get("started_at").is_some() {
            case::read(&value)
        } else {
            Err(SignalError::Shape)
        }
    }

    /// Reads plain text: `name=value` pairs (service, sli, threshold, `window_s`, `for_s`) and 32-digit trace ids are
    /// understood wherever they stand, everything else is a weak hint. `now_ns` is when it was asked.
    pub fn from_text(text: &str, now_ns: u64) -> Self {
        text::read(text, now_ns)
    }

    /// Whether somebody states that there is an incident, with its windows, rather than a rule that may be wrong.
    pub fn is_asserted(&self) -> bool {
        self.source == SignalSource::Case && self.incident.is_some()
    }

    /// Whether there is no rule behind it that says what too much is.
    pub fn is_question(&self) -> bool {
        self.threshold.is_none()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(result: Result<UniversalIncidentSignal, SignalError>) -> String {
        match result {
            Err(error) => format!("cannot {error}"),
            Ok(s) => format!(
                "{:?} {} · {:?} {:?} above {:?} over {} ms for {} ms at {} · tags {:?} · exact {:?} strong {:?} weak {:?} · {:?} {:?}",
                s.source,
                s.title,
                s.service,
                s.signal,
                s.threshold,
                s.window_ns / 1_000_000,
                s.for_ns / 1_000_000,
                s.started_at_ns,
                s.tags,
                s.hints.exact,
                s.hints.strong,
                s.hints.weak,
                s.baseline,
                s.incident,
            ),
        }
    }

    #[test]
    fn a_webhook_becomes_a_signal() {
        let json = r#"{"version":"4","status":"firing","alerts":[{"status":"firing",
            "labels":{"alertname":"slow","service":"a","severity":"page","sli":"latency","region":"r1","team":"x"},
            "annotations":{"summary":"p99 too high","threshold":"0.5","window_s":"5","for_s":"6"},
            "startsAt":"2030-01-01T00:00:10.5Z","endsAt":"0001-01-01T00:00:00Z"}]}"#;
        insta::assert_snapshot!(shown(UniversalIncidentSignal::parse(json)), @r#"Alertmanager slow · Some("a") Latency above Some(0.5) over 5000 ms for 6000 ms at 1893456010500000000 · tags [("region", "r1"), ("team", "x")] · exact [] strong [("cloud.region", "r1")] weak [] · None None"#);
    }

    #[test]
    fn a_question_has_no_threshold() {
        let json = r#"{"alerts":[{"labels":{"alertname":"question","service":"a"},"annotations":{"threshold":"0.5"},
            "startsAt":"2030-01-01T01:00:00+01:00"}]}"#;
        insta::assert_snapshot!(shown(UniversalIncidentSignal::parse(json)), @r#"Alertmanager question · Some("a") Unspecified above None over 0 ms for 0 ms at 1893456000000000000 · tags [] · exact [] strong [] weak [] · None None"#);
    }

    #[test]
    fn a_case_brings_both_windows() {
        let json = r#"{"service":"a","signal":"errors","started_at":"2030-01-01T00:00:10Z",
            "window":{"start":"2030-01-01T00:00:10Z","end":"2030-01-01T00:00:20Z"},
            "baseline":{"start":"2030-01-01T00:00:00Z","end":"2030-01-01T00:00:09Z"}}"#;
        insta::assert_snapshot!(shown(UniversalIncidentSignal::parse(json)), @r#"Case  · Some("a") Errors above None over 0 ms for 0 ms at 1893456010000000000 · tags [] · exact [] strong [] weak [] · Some(Window { from_ns: 1893456000000000000, to_ns: 1893456009000000000 }) Some(Window { from_ns: 1893456010000000000, to_ns: 1893456020000000000 })"#);
    }

    #[test]
    fn text_is_read_for_what_it_names() {
        let text = "checkout is slow\nservice=a sli=latency threshold=0.25 trace 0123456789abcdef0123456789abcdef";
        insta::assert_snapshot!(shown(Ok(UniversalIncidentSignal::from_text(text, 7))), @r#"Text checkout is slow · Some("a") Latency above Some(0.25) over 0 ms for 0 ms at 7 · tags [] · exact [("trace_id", "0123456789abcdef0123456789abcdef")] strong [] weak ["checkout", "is", "slow", "trace"] · None None"#);
    }

    #[test]
    fn a_mistake_is_pointed_at() {
        let cases = [
            "{",
            "{}",
            r#"{"alerts":[]}"#,
            r#"{"alerts":[{"labels":{},"startsAt":"yesterday"}]}"#,
            r#"{"alerts":[{"labels":{},"startsAt":"2030-01-01T00:00:00Z","annotations":{"threshold":"half"}}]}"#,
            r#"{"started_at":"2030-01-01T00:00:00Z","service":7}"#,
            r#"{"started_at":"2030-01-01T00:00:00Z","window":{"start":"2030-01-01T00:00:01Z"}}"#,
        ];
        let errors: Vec<String> = cases.iter().map(|json| shown(UniversalIncidentSignal::parse(json))).collect();
        insta::assert_snapshot!(errors.join("\n"), @r#"
        cannot read the alert as JSON
        cannot tell what kind of alert this is: expected `alerts` (Alertmanager webhook, version 4) or `started_at` (case)
        cannot find `alerts[0]` in the alert: expected a list with at least one alert
        cannot read `alerts[0].startsAt` of the alert from `yesterday`: expected an RFC 3339 time such as 2030-01-01T00:00:00Z
        cannot read `alerts[0].annotations.threshold` of the alert from `half`: expected a plain number, not negative
        cannot read `service` of the alert from `7`: expected a text
        cannot find `window.end` in the alert: expected an RFC 3339 time such as 2030-01-01T00:00:00Z
        "#);
    }
}
