//! Root cause analysis without input or output: an alert and evidence in, an investigation out.
//!
//! [`signal`] reads the alert, [`inquiry`] asks for evidence and concludes, [`investigation`] is what comes out. The
//! engine does no input or output, knows no system, and looks at no clock: the same evidence in any order gives the
//! same bytes.

pub mod calibration;
pub mod component;
pub mod evidence;
pub mod followup;
pub mod inquiry;
pub mod investigation;
pub mod options;
pub mod plan;
pub mod query;
pub mod signal;
pub mod vocabulary;
pub mod windows;

mod analysis;
mod canonical;

pub use inquiry::{Inquiry, Step, investigate};
pub use options::Options;
pub use signal::UniversalIncidentSignal;
