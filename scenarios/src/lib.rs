//! What a run is and what the right answer is.

mod defaults;
mod draw;
pub mod ledger;
pub mod lever;
mod measured;
pub mod model;
pub mod naive;
mod parse;
pub mod plan;
mod problem;
pub mod topology;
mod yaml;

pub use parse::parse;
pub use problem::{Problem, ScenarioErrors};
