//! Two regressions held against each other, as terminal text.

use score::paired::{Change, Pairing, Place, Tally};

use crate::quantity;
use crate::table::{Align, Table};
use crate::terminal::Options;
use crate::terminal::sheet::{Sheet, Style, piece};
use crate::text;

/// Changes that are shown at most, better and worse each; all of them are in the JSON form.
const CHANGES_MAX: usize = 20;
/// Cells that are named at most where only their places are listed.
const PLACES_MAX: usize = 12;

/// Everything that a comparison shows.
#[derive(Clone, Debug)]
pub struct Comparison<'a> {
    pub before: Side,
    pub after: Side,
    /// Why the two may not be comparable.
    pub warnings: &'a [String],
    pub pairing: &'a Pairing,
}

/// One of the two regressions.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Side {
    /// The folder or file, as given.
    pub name: String,
    pub code: String,
    pub cells: usize,
}

/// `again` gives the command that carries a cell out once more.
pub fn comparison(comparison: &Comparison<'_>, again: &dyn Fn(&str, u64) -> String, options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    let pairing = comparison.pairing;
    let (word, style) = match (pairing.is_worse(), pairing.changes.is_empty()) {
        (true, _) => ("WORSE", Style::Bad),
        (false, true) => ("THE SAME", Style::Good),
        (false, false) => ("NO WORSE", Style::Good),
    };
    let pairs = quantity::count(usize::try_from(pairing.pairs()).unwrap_or(usize::MAX), "cell");
    sheet.item(&[piece(style, &format!("{word}  "))], &[piece(Style::Plain, &format!("{pairs} compared"))]);
    for (word, side) in [("before", &comparison.before), ("after", &comparison.after)] {
        let cells = quantity::count(side.cells, "cell");
        let body = format!("{}, {cells}, code {}", text::name(&side.name), text::name(&side.code));
        sheet.item(&[piece(Style::Dim, &format!("  {word:<8}"))], &[piece(Style::Plain, &body)]);
    }
    for warning in comparison.warnings {
        sheet.item(&[piece(Style::Bad, "  note    ")], &[piece(Style::Plain, &text::sentence(warning))]);
    }
    tallies(&mut sheet, pairing);
    changes(&mut sheet, "WORSE", Style::Bad, pairing.changes.iter().filter(|change| !change.better), again);
    changes(&mut sheet, "BETTER", Style::Good, pairing.changes.iter().filter(|change| change.better), again);
    places(&mut sheet, "counted before, not any more", &pairing.counted_before);
    places(&mut sheet, "count now, did not before", &pairing.counted_after);
    places(&mut sheet, "only before", &pairing.only_before);
    places(&mut sheet, "only after", &pairing.only_after);
    sheet.finish()
}

fn tallies(sheet: &mut Sheet, pairing: &Pairing) {
    let mut table = Table::new(&[
        ("method", Align::Left),
        ("question", Align::Left),
        ("scenario", Align::Left),
        ("cells", Align::Right),
        ("before", Align::Right),
        ("after", Align::Right),
        ("better", Align::Right),
        ("worse", Align::Right),
        ("p", Align::Right),
    ]);
    for tally in pairing.tallies.iter().filter(|tally| is_shown(tally)) {
        let share =
            |right: u64| quantity::percent(if tally.pairs == 0 { 0.0 } else { right as f64 / tally.pairs as f64 });
        let style = if tally.worse > tally.better { Style::Bad } else { Style::Plain };
        let total = tally.scenario.is_none();
        table.row(vec![
            (Style::Plain, if total { text::name(&tally.method) } else { String::new() }),
            (Style::Plain, if total { text::name(&tally.question) } else { String::new() }),
            (Style::Plain, tally.scenario.as_ref().map_or_else(|| "all".to_owned(), |name| text::name(name))),
            (Style::Plain, tally.pairs.to_string()),
            (Style::Plain, share(tally.right_before)),
            (Style::Plain, share(tally.right_after)),
            (Style::Plain, tally.better.to_string()),
            (style, tally.worse.to_string()),
            (Style::Plain, format!("{:.3}", tally.p)),
        ]);
    }
    table.write(sheet);
}

/// Totals always; a scenario where something changed.
fn is_shown(tally: &Tally) -> bool {
    tally.scenario.is_none() || tally.better + tally.worse > 0
}

fn changes<'a>(
    sheet: &mut Sheet,
    title: &str,
    style: Style,
    changes: impl Iterator<Item = &'a Change>,
    again: &dyn Fn(&str, u64) -> String,
) {
    let changes: Vec<&Change> = changes.collect();
    if changes.is_empty() {
        return;
    }
    sheet.heading(title, &changes.len().to_string());
    for change in changes.iter().take(CHANGES_MAX) {
        let lead = format!("  {} {}  ", text::name(&change.scenario), change.seed);
        let body = format!(
            "{} {}: {} (before: {})",
            text::name(&change.method),
            text::name(&change.question),
            text::sentence(&change.after),
            text::sentence(&change.before)
        );
        sheet.item(&[piece(style, &lead)], &[piece(Style::Plain, &body)]);
        sheet.verbatim("    ", &text::sentence(&again(&change.scenario, change.seed)));
    }
    let left = changes.len().saturating_sub(CHANGES_MAX);
    if left > 0 {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, &format!("{left} more"))]);
    }
}

fn places(sheet: &mut Sheet, what: &str, places: &[Place]) {
    if places.is_empty() {
        return;
    }
    let named: Vec<String> =
        places.iter().take(PLACES_MAX).map(|place| format!("{} {}", text::name(&place.scenario), place.seed)).collect();
    let left = places.len().saturating_sub(PLACES_MAX);
    let more = if left == 0 { String::new() } else { format!(", {left} more") };
    sheet.blank();
    let lead = format!("  {what}, {}: ", places.len());
    sheet.item(&[piece(Style::Dim, &lead)], &[piece(Style::Plain, &format!("{}{more}", named.join(", ")))]);
}
