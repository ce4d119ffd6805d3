//! The metrics that an expectation can be about.

use contract::metric::{
    CACHE_ENTRIES, CACHE_FILLS, CACHE_LOOKUPS, CATALOG_FALLBACK, COMPUTE, CONNECTIONS, DB_OPERATION_DURATION,
    HTTP_CLIENT_DURATION, HTTP_SERVER_ACTIVE, HTTP_SERVER_DURATION, SEARCH_DEGRADED, SEARCH_ERRORS, SEARCH_LATENCY,
};

/// Every metric that the services export and that moves with load or faults.
pub(crate) const METRICS: [&str; 20] = [
    HTTP_SERVER_DURATION,
    HTTP_SERVER_ACTIVE,
    HTTP_CLIENT_DURATION,
    DB_OPERATION_DURATION,
    SEARCH_LATENCY,
    SEARCH_ERRORS,
    SEARCH_DEGRADED,
    CATALOG_FALLBACK,
    CACHE_LOOKUPS,
    CACHE_FILLS,
    CACHE_ENTRIES,
    CONNECTIONS.in_use,
    CONNECTIONS.pending,
    CONNECTIONS.wait_time,
    CONNECTIONS.use_time,
    CONNECTIONS.timeouts,
    COMPUTE.in_use,
    COMPUTE.pending,
    COMPUTE.wait_time,
    COMPUTE.use_time,
];
