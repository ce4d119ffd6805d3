//! The one place that prints: reports to standard output, errors to standard error.
#![expect(clippy::print_stderr, reason = "this is the output module of a command line program")]

use std::error::Error;
use std::io::IsTerminal as _;

/// Prints to standard output. A closed pipe is the reader's business.
pub(crate) fn print(text: &str) {
    use std::io::Write as _;
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints an error with all its causes.
pub(crate) fn complain(error: &dyn Error) {
    let mut text = format!("rcalab: cannot {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(&format!("\n  because it cannot {cause}"));
        source = cause.source();
    }
    eprintln!("{text}");
}

/// Prints a diagnostic that points into a file.
pub(crate) fn point(report: &miette::Report) {
    eprintln!("{report:?}");
}

/// Prints one line to standard error.
pub(crate) fn remark(text: &str) {
    eprintln!("rcalab: {text}");
}

/// Whether standard output is a person's terminal, and how wide to write.
pub(crate) fn terminal() -> report::Options {
    let colour = std::io::stdout().is_terminal();
    report::Options { colour, ..report::Options::default() }
}
