//! Metric names, units, attributes and histogram bounds.

pub const HTTP_SERVER_DURATION: &str = "http.server.request.duration";
pub const HTTP_SERVER_ACTIVE: &str = "http.server.active_requests";
pub const HTTP_CLIENT_DURATION: &str = "http.client.request.duration";
pub const DB_OPERATION_DURATION: &str = "db.client.operation.duration";

/// Latency of a search as the service measures it; the alert watches this one.
pub const SEARCH_LATENCY: &str = "search.request.latency";
/// Searches that failed.
pub const SEARCH_ERRORS: &str = "search.request.errors";
/// Searches whose answer lacks an item.
pub const SEARCH_DEGRADED: &str = "search.request.degraded";
/// Items that catalog read from the database because the cache could not give them.
pub const CATALOG_FALLBACK: &str = "catalog.cache.fallback";
/// Cache look-ups by outcome.
pub const CACHE_LOOKUPS: &str = "catalog_cache.lookups";
/// Entries written after a read-through.
pub const CACHE_FILLS: &str = "catalog_cache.fills";
/// Entries held now.
pub const CACHE_ENTRIES: &str = "catalog_cache.entries";
/// Baggage members or headers dropped because they were over the limits.
pub const BAGGAGE_DROPPED: &str = "baggage.dropped";

/// What every bounded resource tells: limit, in use, pending, wait time, use time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Family {
    pub limit: &'static str,
    pub in_use: &'static str,
    pub pending: &'static str,
    pub wait_time: &'static str,
    pub use_time: &'static str,
    /// Requests that gave up waiting or found the queue full.
    pub timeouts: &'static str,
    /// The attribute that names the resource.
    pub name: &'static str,
}

/// Pools of connections: the semantic conventions' names.
pub const CONNECTIONS: Family = Family {
    limit: "db.client.connection.max",
    in_use: "db.client.connection.count",
    pending: "db.client.connection.pending_requests",
    wait_time: "db.client.connection.wait_time",
    use_time: "db.client.connection.use_time",
    timeouts: "db.client.connection.timeouts",
    name: "db.client.connection.pool.name",
};

/// Permits for a service's own work.
pub const COMPUTE: Family = Family {
    limit: "compute.permit.max",
    in_use: "compute.permit.count",
    pending: "compute.permit.pending_requests",
    wait_time: "compute.permit.wait_time",
    use_time: "compute.permit.use_time",
    timeouts: "compute.permit.timeouts",
    name: "compute.permit.pool.name",
};

/// On [`Family::in_use`]: the state that is counted. Only `used` is emitted.
pub const CONNECTION_STATE: &str = "db.client.connection.state";
/// On [`CACHE_LOOKUPS`]: `hit`, `miss` or `unreadable`.
pub const CACHE_OUTCOME: &str = "cache.outcome";

/// Seconds. Every alert threshold is one of these bounds.
pub const LATENCY_BOUNDS: [f64; 20] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.125, 0.15, 0.175, 0.2, 0.25, 0.3, 0.4, 0.5, 0.75, 1.0, 1.5, 2.5, 5.0, 10.0,
];
