//! Where things are in a bundle: every path relative to the run's folder, or to `evidence/` for what lies in it.

/// The only folder a method may see.
pub const EVIDENCE: &str = "evidence";
/// Telemetry later than the cut; no method may see it.
pub const AFTER: &str = "after";
/// What each request waited for and was served by, one file an instance.
pub const LEDGER: &str = "ledger";

/// In `evidence/` and `after/`: spans, one export request a line.
pub const TRACES: &str = "traces.jsonl";
/// In `evidence/` and `after/`: metric points, one export request a line.
pub const METRICS: &str = "metrics.jsonl";
/// In `evidence/` and `after/`: log records, one export request a line.
pub const LOGS: &str = "logs.jsonl";
/// In `evidence/`: what fired.
pub const ALERT: &str = "alert.json";
/// In `evidence/`: what can be blamed.
pub const CANDIDATES: &str = "candidates.json";
/// In `evidence/`, optional: calls known from elsewhere.
pub const TOPOLOGY: &str = "topology.json";

pub const SCENARIO: &str = "scenario.yaml";
pub const MANIFEST: &str = "manifest.json";
pub const TIMINGS: &str = "timings.json";
pub const VERDICT: &str = "verdict.json";
pub const SCORE: &str = "score.json";
/// Only where the verdict's first action was tried.
pub const TRIAL: &str = "trial.json";
pub const REPORT: &str = "report.html";
/// Written last: a folder that has it is complete.
pub const TRUTH: &str = "truth.json";
