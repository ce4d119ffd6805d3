//! One bootstrap for traces, metrics and logs, as a value; propagation layers for axum and the client.
//!
//! Nothing is process-wide: a [`Telemetry`] owns its providers and its subscriber, so that several services, or two
//! builds of one, live in one process without sharing anything but headers.

mod account;
mod bootstrap;
mod carried;
pub mod client;
mod exemplar;
mod export;
mod identity;
mod ids;
mod inline;
pub mod instruments;
mod log_line;
pub mod open_span;
mod propagation;
pub mod server;
mod slot;
mod stamp;

pub use account::{Account, SignalAccount};
pub use bootstrap::{Sink, StartError, Telemetry};
pub use identity::Identity;
pub use inline::Batch;
pub use instruments::{Counter, Histogram};
pub use open_span::OpenSpan;
pub use server::{Entry, ErrorType, RequestContext};
pub use slot::Slot;
