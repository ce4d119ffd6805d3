//! Root cause analysis without input or output: an alert and evidence in, an investigation out.

pub mod component;
pub mod evidence;
pub mod investigation;
pub mod vocabulary;
