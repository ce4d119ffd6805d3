//! What is known about the run beside its telemetry.

use std::time::Duration;

use jiff::tz::TimeZone;

/// Facts that a reader wants at the edge of a report.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RunFacts {
    pub run_id: String,
    /// `live`, `sim`, `replay`, or what the bundle says.
    pub mode: String,
    pub seed: Option<u64>,
    /// In order of time.
    pub phases: Vec<Phase>,
    /// How long the run took on the machine that made it.
    pub wall_time: Option<Duration>,
    /// How long the investigation took.
    pub time_to_verdict: Option<Duration>,
    /// When the alert fired, in nanoseconds since the Unix epoch.
    pub alert_ns: Option<u64>,
    /// A second clock beside UTC.
    pub second_zone: Option<TimeZone>,
    /// Version of the program that made the run.
    pub made_by: String,
}

/// A part of a run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Phase {
    pub name: String,
    pub lasted: Duration,
}
