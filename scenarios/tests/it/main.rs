//! What the crate promises to those who write scenarios and to those who run them.

mod catalog;
mod effect;
mod hostile;
mod ledger;
mod plan;
mod reports;
mod schema;
