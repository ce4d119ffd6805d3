//! Header names that are not the W3C's own.

/// Identifies a request and the work done for it, hierarchically (`17`, `17.1`, `17.1.db`); never put into telemetry.
pub const REQUEST_ID: &str = "x-request-id";
/// Class of the tenant that asked.
pub const TENANT_CLASS: &str = "x-tenant-class";
