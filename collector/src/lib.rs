//! An embedded OTLP collector round a synchronous core.

pub mod batch;
pub mod core;
pub mod counters;
pub mod json;
pub mod lines;
pub mod live;
mod normalise;
mod order;
pub mod receive;
mod route;
mod sample;

pub use batch::{Batch, Signal};
pub use core::{Config, Core, Refusal, Tap, WriteError};
pub use counters::Counters;
pub use lines::Lines;
pub use receive::{Limits, Receiver};
