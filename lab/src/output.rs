//! The one place that prints: reports to standard output, errors to standard error.

use std::error::Error;
use std::io::Write as _;
use std::path::Path;

use jiff::tz::TimeZone;

use crate::exit::Exit;

/// Prints to standard output. A closed pipe is the reader's business.
pub(crate) fn print(text: &str) {
    let mut out = std::io::stdout().lock();
    drop(out.write_all(text.as_bytes()).and_then(|()| out.flush()));
}

/// Prints an error with all its causes.
pub(crate) fn complain(error: &dyn Error) {
    let mut text = format!("rcalab: cannot {error}");
    let mut source = error.source();
    while let Some(cause) = source {
        source = cause.source();
        // The last one is mostly somebody else's, who words it otherwise.
        let because = if source.is_some() { "because it cannot" } else { "because:" };
        text.push_str(&format!("\n  {because} {cause}"));
    }
    say(&text);
}

/// Prints a diagnostic that points into a file.
pub(crate) fn point(report: &miette::Report) {
    say(&format!("{report:?}"));
}

/// Prints one line to standard error.
pub(crate) fn remark(text: &str) {
    say(&format!("rcalab: {text}"));
}

/// Writes a file, and the folders above it where they are missing.
///
/// # Errors
/// The exit code, after what went wrong was said.
pub(crate) fn write(path: &Path, text: &str) -> Result<(), Exit> {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    let written = folder.map_or(Ok(()), std::fs::create_dir_all).and_then(|()| std::fs::write(path, text));
    written.map_err(|error| {
        remark(&format!("cannot write {}: {error}", path.display()));
        Exit::NoReport
    })
}

/// One line to standard error, which may be closed as well: `eprintln!` would panic then.
fn say(text: &str) {
    drop(writeln!(std::io::stderr().lock(), "{text}"));
}

/// The same with times in a zone, where one is asked for.
pub(crate) fn terminal_in(zone: Option<&TimeZone>) -> report::Options {
    let usual = terminal();
    report::Options { time_zone: zone.cloned().unwrap_or(usual.time_zone), ..usual }
}

/// Whether standard output is a person's terminal, and how wide to write.
pub(crate) fn terminal() -> report::Options {
    let usual = report::Options::default();
    let terminal = console::Term::stdout();
    // Lines longer than usual are hard to read, however wide the terminal is.
    let width = terminal.size_checked().map_or(usual.width, |(_, columns)| usize::from(columns).min(usual.width));
    report::Options { colour: console::colors_enabled(), width, ..usual }
}
