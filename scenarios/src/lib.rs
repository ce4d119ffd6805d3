//! What a run is and what the right answer is.

pub mod catalog;
mod defaults;
mod draw;
pub mod effect;
mod instances;
pub mod ledger;
pub mod lever;
mod measured;
pub mod model;
pub mod modifier;
pub mod naive;
mod parse;
pub mod plan;
mod problem;
pub mod topology;
pub mod truth;
mod yaml;

pub use parse::parse;
pub use problem::{Problem, ScenarioErrors};
