//! What a run is and what the right answer is.

mod defaults;
pub mod ledger;
pub mod model;
