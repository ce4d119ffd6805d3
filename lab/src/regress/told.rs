//! What a regression tells in the end: table, page, JSON, JUnit, Markdown, whoever carried its cells out.

use std::path::Path;

use evidence::layout;
use score::{Cell, Summary, learned, summarise};

use super::failed::Shelf;
use super::results::{self, Header};
use super::selection::Key;
use crate::exit::Exit;
use crate::{cli, output};

/// What stands in place of a file's name where its text is to be printed.
const STANDARD_OUTPUT: &str = "-";

/// Sums up cells of some code. `methods` restricts what is reported; empty: all.
pub(crate) fn summary(code: &str, mut cells: Vec<Cell>, methods: &[String], gates: &cli::Gates) -> Summary {
    if methods.is_empty() || methods.iter().any(|name| name == learned::LEARNED) {
        learned::stand_beside(&mut cells);
    }
    summarise(code, &cells, methods, gates.thresholds())
}

/// Writes every report that was asked for, and the page into the folder of the regression.
///
/// # Errors
/// The exit code, after what went wrong was said.
pub(crate) fn tell(
    reports: &cli::Reports,
    out: &Path,
    header: &Header,
    summary: &Summary,
    shelf: &Shelf,
) -> Result<(), Exit> {
    let again = results::again(header);
    if let Some(path) = &reports.junit {
        let text = report::junit(summary, &again).map_err(|error| {
            output::complain(&error);
            Exit::NoReport
        })?;
        output::write(path, &text)?;
    }
    if let Some(path) = &reports.markdown {
        output::write(path, &report::regression_markdown(summary, &again))?;
    }
    let report = |scenario: &str, seed: u64| shelf.report(&Key { scenario: scenario.to_owned(), seed });
    let page = out.join(layout::REPORT);
    output::write(&page, &report::regression_html(summary, &report::Links { again: &again, report: &report }))?;
    if !reports.quiet {
        output::remark(&format!("the matrix is {}", page.display()));
    }
    let mut table = true;
    if let Some(path) = &reports.json {
        let text = format!("{:#}\n", serde_json::json!(summary));
        if path.as_os_str() == STANDARD_OUTPUT {
            output::print(&text);
            table = false;
        } else {
            output::write(path, &text)?;
        }
    }
    if table {
        output::print(&report::regression(summary, &again, &output::terminal()));
    }
    Ok(())
}
