//! `rcalab compare`: what got better and what got worse between two regressions.

use std::path::Path;

use crate::compare::Record;
use crate::exit::Exit;
use crate::regress::results::Results;
use crate::{cli, output};

/// Compares two folders or files of results.
pub(crate) fn compare(arguments: &cli::Compare) -> Exit {
    let (before, after) = match (read(&arguments.before), read(&arguments.after)) {
        (Ok(before), Ok(after)) => (before, after),
        (Err(exit), _) | (_, Err(exit)) => return exit,
    };
    let (name_before, name_after) = (arguments.before.display().to_string(), arguments.after.display().to_string());
    let record = Record::new((&name_before, &before), (&name_after, &after), &arguments.methods);
    if arguments.json {
        output::print(&format!("{:#}\n", serde_json::json!(record)));
    } else {
        output::print(&record.told(&output::terminal()));
    }
    if !record.pairing.has_common() {
        output::remark("the two have no cell in common");
        return Exit::Nothing;
    }
    Exit::of_score(record.pairing.exit)
}

fn read(place: &Path) -> Result<Results, Exit> {
    Results::read(place).map_err(|error| {
        output::complain(&error);
        Exit::BadInput
    })
}
