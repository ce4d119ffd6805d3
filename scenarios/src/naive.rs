//! The names of the naive methods: what a scenario can say must fail on it.

/// Names as they stand in files and on scoreboards.
pub const METHODS: [&str; 7] =
    ["alerting_service", "slowest_span", "first_error", "most_errors", "latest_change", "random", "always_abstain"];
