//! Span attributes. `tracing` wants literals as field names, so spans repeat these; a test holds the two together.

pub const HTTP_REQUEST_METHOD: &str = "http.request.method";
pub const HTTP_ROUTE: &str = "http.route";
pub const HTTP_STATUS: &str = "http.response.status_code";
pub const HTTP_RESEND_COUNT: &str = "http.request.resend_count";
pub const URL_PATH: &str = "url.path";
pub const URL_SCHEME: &str = "url.scheme";
pub const URL_FULL: &str = "url.full";
pub const SERVER_ADDRESS: &str = "server.address";
pub const SERVER_PORT: &str = "server.port";
pub const ERROR_TYPE: &str = "error.type";
pub const DB_SYSTEM: &str = "db.system.name";
pub const DB_OPERATION: &str = "db.operation.name";
pub const DB_COLLECTION: &str = "db.collection.name";
pub const DB_QUERY_SUMMARY: &str = "db.query.summary";
/// Which service answers at the far end of a client span.
pub const PEER_SERVICE: &str = "service.peer.name";

/// Class of the tenant that asked.
pub const TENANT_CLASS: &str = "tenant.class";
/// A stable hash of the cache key, never the key.
pub const CACHE_KEY_HASH: &str = "cache.key_hash";
/// What the cache found: `hit`, `miss` or `unreadable`.
pub const CACHE_OUTCOME: &str = "cache.outcome";
/// Which configuration was in force.
pub const CONFIG_VERSION: &str = "config.version";
/// How many items an answer lacks.
pub const DEGRADED_ITEMS: &str = "search.degraded_items";
/// The bounded resource a span waited for: its pool name.
pub const WAIT_RESOURCE: &str = "wait.resource";
/// How long a span waited for it, in nanoseconds.
pub const WAIT_DURATION: &str = "wait.duration_ns";
