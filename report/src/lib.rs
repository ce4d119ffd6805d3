//! What people see of an investigation: terminal text, a self-contained HTML page, a short Markdown form.
//!
//! Everything here is a pure function from values to text. Every string that may come from telemetry passes through
//! one filter that makes control characters visible and cuts what is too long; the page escapes it once more.

mod chain;
mod check;
mod facts;
mod html;
mod markdown;
mod moment;
mod quantity;
mod role;
mod telemetry;
mod terminal;
mod text;
mod verdict_words;

pub use check::{Check, Gate, NaiveAnswer, Reconciliation, TruthSummary};
pub use facts::{Phase, RunFacts};
pub use html::html;
pub use markdown::markdown;
pub use terminal::{Options, terminal};
