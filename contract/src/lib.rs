//! The telemetry contract: every name the lab puts on the wire, and the incident context that travels with a request.
//!
//! Names of the OpenTelemetry semantic conventions (1.44) are used wherever they exist; the rest are the lab's own
//! domain signals. Nothing here knows a fault.

pub mod context;
pub mod event;
pub mod http;
pub mod metric;
pub mod resource;
pub mod span;

pub use context::IncidentContext;
