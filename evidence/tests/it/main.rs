//! The evidence crate as its users see it: folders in, evidence and bundles out.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is test code, its helpers included")]

mod bundles;
mod candidate_lists;
mod hostile;
mod opaque_copies;
mod public_cases;
mod reading;
mod shown;
mod sources;
