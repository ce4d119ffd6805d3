//! The bundle on disk, and where an investigation reads from.

pub mod bundle;
pub mod layout;
mod line;
pub mod otlp;
pub mod reader;
pub mod source;
mod store;

pub use bundle::{Bundle, OpenError, ReadError, Reading};
pub use reader::{BrokenLine, Tally};
