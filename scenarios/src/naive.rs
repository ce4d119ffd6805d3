//! The names of the naive methods: what a scenario can say must fail on it.

/// Names as they stand in files and on scoreboards.
pub const METHODS: [&str; 12] = [
    "alerting_service",
    "slowest_span",
    "first_error",
    "deepest_error",
    "most_errors",
    "most_changed_metric",
    "latest_change",
    "novelty",
    "modal_root",
    "topology_prior",
    "random",
    "always_abstain",
];
