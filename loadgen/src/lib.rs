//! Open-loop load and the timeline of a run: what is asked of the system, and what is done to it.

pub mod arrivals;
mod driver;
mod report;
mod timeline;

pub use driver::{Load, Target, drive};
pub use report::{LatencySummary, LoadReport};
pub use timeline::{Order, OrderError, follow};
