//! The bundle on disk, and where an investigation reads from.
//!
//! Reading: [`Bundle`] opens a folder, [`Bundle::read`] brings everything into memory, and [`source`] answers an inquiry's
//! queries from the files instead. Writing: [`BundleWriter`], [`manifest`], [`candidates`], and the [`opaque`] copy that a
//! method gets.

pub mod bundle;
pub mod candidates;
pub mod gathered;
pub mod layout;
mod line;
pub mod manifest;
pub mod opaque;
pub mod otlp;
pub mod reader;
pub mod reconciliation;
pub mod source;
mod store;
pub mod writer;

pub use bundle::{Bundle, OpenError, ReadError, Reading};
pub use candidates::Candidates;
pub use gathered::Gathered;
pub use manifest::Manifest;
pub use reader::{BrokenLine, Tally};
pub use reconciliation::Reconciliation;
pub use writer::{BundleError, BundleWriter};
