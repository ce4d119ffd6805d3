//! `rcalab calibrate`: what a strength of evidence is worth, fitted on the verdicts of regressions.

use score::calibration::{Fitted, Verdict};

use crate::exit::Exit;
use crate::regress::results::Results;
use crate::{cli, output};

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
    let fitted = Fitted::to(&verdicts, made_from);
    if let Some(out) = &arguments.out {
        let table = serde_json::to_string_pretty(&fitted.table).expect("a table is plain data");
        if let Err(exit) = output::write(out, &format!("{table}\n")) {
            return exit;
        }
    }
    if arguments.json {
        output::print(&format!("{:#}\n", serde_json::json!(fitted)));
    } else {
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
