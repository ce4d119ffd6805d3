//! The system in process, on virtual time: its telemetry contract, its physics, its control port, its stores.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up may panic")]

mod contract;
mod control;
mod determinism;
mod instances;
mod physics;
mod support;
