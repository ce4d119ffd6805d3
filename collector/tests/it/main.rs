//! The collector as its users see it: requests in, lines and counters out.
#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "all of this is test code, its helpers included")]

mod books;
mod hostile;
mod live;
mod normalised;
mod reference;
mod requests;
mod routed;
mod samples;
mod shown;
mod witnessed;
