//! Names of log events and their attributes.

/// A build took over on an instance.
pub const DEPLOYMENT: &str = "deployment.finished";
/// A configuration value changed.
pub const CONFIG_CHANGED: &str = "configuration.changed";
/// A process or instance began.
pub const STARTED: &str = "process.started";

/// On change events: the id of the change.
pub const CHANGE_ID: &str = "deployment.id";

/// Exceptions, as today's conventions want them: log events, not span events.
pub const CLIENT_EXCEPTION: &str = "http.client.request.exception";
/// An exception of a service's own code while it handled a request.
pub const SERVER_EXCEPTION: &str = "http.server.request.exception";
/// An exception while an entry was decoded.
pub const CACHE_EXCEPTION: &str = "cache.decode.exception";
/// An exception of a database operation.
pub const DB_EXCEPTION: &str = "db.client.operation.exception";

pub const EXCEPTION_TYPE: &str = "exception.type";
pub const EXCEPTION_MESSAGE: &str = "exception.message";
