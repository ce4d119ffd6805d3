//! What people see of an investigation, of a regression over many and of two held against each other: terminal text,
//! a self-contained HTML page, a short Markdown form, JUnit.
//!
//! Everything here is a pure function from values to text. Every string that may come from telemetry passes through
//! one filter that makes control characters visible and cuts what is too long; the page escapes it once more.

mod calibration;
mod chain;
mod check;
mod comparison;
mod facts;
mod html;
mod markdown;
mod moment;
mod quantity;
mod regression;
mod role;
mod table;
mod telemetry;
mod terminal;
mod text;
mod verdict_words;

pub use calibration::calibration;
pub use check::{Check, Gate, NaiveAnswer, TruthSummary, Validity};
pub use comparison::{Comparison, Side, comparison};
pub use facts::{Phase, RunFacts};
pub use html::html;
pub use markdown::markdown;
pub use regression::junit::{JunitError, junit};
pub use regression::markdown::markdown as regression_markdown;
pub use regression::page::{Links, html as regression_html};
pub use regression::terminal::terminal as regression;
pub use terminal::others::{OtherAnswer, others};
pub use terminal::{Options, reply, terminal};
