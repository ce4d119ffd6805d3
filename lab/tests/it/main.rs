//! The built program from outside: what it prints, how it ends, and what it leaves behind.
#![expect(clippy::unwrap_used, reason = "a test that cannot set itself up may panic")]

mod books;
mod calibrate;
mod cheats;
mod cli;
mod compare;
mod fidelity;
mod folders;
mod investigate;
mod leaks;
mod merge;
mod methods;
mod oracle;
mod page;
mod postgres;
mod program;
mod regress;
mod service;
mod sim;
mod source;
mod tidy;
mod trial;
mod verify;
mod words;
