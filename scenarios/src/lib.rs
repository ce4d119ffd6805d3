//! What a run is and what the right answer is.

pub mod ledger;
pub mod model;
