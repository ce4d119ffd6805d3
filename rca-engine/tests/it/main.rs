//! The engine from outside: incidents of a toy system, invariants, and the published schema.

mod followup;
mod fuzz;
mod incidents;
mod invariants;
mod metrics_only;
mod positions;
mod sampled;
mod schema;
mod toy;
mod web;
