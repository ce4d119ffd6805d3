//! `rcalab calibrate`: what a strength of evidence is worth, fitted on the verdicts of regressions.

use std::path::Path;

use rca_engine::calibration::Calibration;
use report::Fitted;
use score::calibration::{HeldOut, Verdict, fit, held_out};
use serde::Serialize;

use crate::exit::Exit;
use crate::regress::results::Results;
use crate::{cli, output};

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Record {
    table: Calibration,
    /// How the table fares on kinds of faults that it was not fitted on, by what the verdict says.
    cause: HeldOut,
    no_incident: HeldOut,
}

/// Fits a table, says what it is worth, and writes it where that is asked for.
pub(crate) fn calibrate(arguments: &cli::Calibrate) -> Exit {
    let mut verdicts: Vec<Verdict> = Vec::new();
    let mut made_from = Vec::new();
    for place in &arguments.results {
        let results = match Results::read(place) {
            Ok(results) => results,
            Err(error) => {
                output::complain(&error);
                return Exit::BadInput;
            }
        };
        let told: Vec<Verdict> = results.cells.values().filter_map(Verdict::of).collect();
        made_from.push(source(&results, &told));
        verdicts.extend(told);
    }
    if verdicts.is_empty() {
        output::remark("no run that counts has a verdict with a strength: nothing can be fitted");
        return Exit::Nothing;
    }
    let (cause, no_incident) = (held_out(&verdicts, true), held_out(&verdicts, false));
    let record = Record { table: fit(&verdicts, made_from), cause, no_incident };
    if let Some(out) = &arguments.out
        && let Err(error) = write(out, &record.table)
    {
        output::remark(&format!("cannot write {}: {error}", out.display()));
        return Exit::NoReport;
    }
    if arguments.json {
        output::print(&format!("{:#}\n", serde_json::json!(record)));
    } else {
        let fitted = Fitted { table: &record.table, cause: &record.cause, no_incident: &record.no_incident };
        output::print(&report::calibration(&fitted, &output::terminal()));
    }
    Exit::Met
}

/// What a table should say of one regression: by which code it is and how large, and no name of a scenario, because the
/// engine carries the table and must know none.
fn source(results: &Results, verdicts: &[Verdict]) -> String {
    let right = verdicts.iter().filter(|verdict| verdict.is_right).count();
    let seeds = || results.cells.keys().map(|key| key.seed);
    let (first, last) = (seeds().min().unwrap_or_default(), seeds().max().unwrap_or_default());
    let with = results.header.scenarios.values().flat_map(|source| &source.with);
    let mut with: Vec<String> = with.map(|modifier| format!(" --with {modifier}")).collect();
    with.sort();
    with.dedup();
    format!(
        "{} verdicts, {right} of them right, of {} runs of {} scenarios with seeds {first} to {last}{}, code {}",
        verdicts.len(),
        results.cells.len(),
        results.header.scenarios.len(),
        with.concat(),
        results.header.code
    )
}

fn write(out: &Path, table: &Calibration) -> std::io::Result<()> {
    let mut text = serde_json::to_vec_pretty(table)?;
    text.push(b'\n');
    std::fs::write(out, text)
}
