//! The system in process, on virtual time: its telemetry contract, its physics, its control port, its stores.

mod contract;
mod control;
mod determinism;
mod physics;
mod support;
