//! The bundle on disk, and where an investigation reads from.

pub mod layout;
pub mod otlp;
