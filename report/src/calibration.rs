//! A table of calibration, and how it fares on kinds of faults that it was not fitted on, as terminal text.

use rca_engine::calibration::Curve;
use score::calibration::{Fitness, Fitted, HeldOut};

use crate::quantity;
use crate::regression::figure;
use crate::table::{Align, Table};
use crate::terminal::Options;
use crate::terminal::sheet::{Sheet, Style, piece};
use crate::text;

/// The two curves, and for each what it is worth where it had to be guessed from other faults.
pub fn calibration(fitted: &Fitted, options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    sheet.item(&[piece(Style::Bold, "CALIBRATION  ")], &[piece(Style::Plain, "fitted on scored verdicts")]);
    for source in &fitted.table.made_from {
        sheet.item(&[piece(Style::Dim, "  from    ")], &[piece(Style::Plain, &text::sentence(source))]);
    }
    let halves = [
        ("A CAUSE IS NAMED", &fitted.table.cause, &fitted.cause),
        ("NOTHING IS SAID TO BE WRONG", &fitted.table.no_incident, &fitted.no_incident),
    ];
    for (title, curve, held_out) in halves {
        sheet.heading(title, "");
        if let (Some(strength), Some(stated)) = (&held_out.strength, &held_out.fitted) {
            figures(&mut sheet, strength, stated, held_out);
            points(&mut sheet, curve);
        } else {
            sheet.item(&[piece(Style::Plain, "  no such verdict")], &[]);
        }
    }
    sheet.finish()
}

fn figures(sheet: &mut Sheet, strength: &Fitness, stated: &Fitness, held_out: &HeldOut) {
    let mut table = Table::new(&[
        ("stated", Align::Left),
        ("verdicts", Align::Right),
        ("right", Align::Right),
        ("on average", Align::Right),
        ("Brier", Align::Right),
        ("skill", Align::Right),
        ("AUROC", Align::Right),
        ("slope", Align::Right),
    ]);
    let folds = held_out.folds.iter().map(|fold| (format!("  without {}", text::name(&fold.group)), &fold.fitted));
    let all = [("strength as it is".to_owned(), strength), ("fitted, each kind held out".to_owned(), stated)];
    for (name, fitness) in all.into_iter().chain(folds) {
        let right = fitness.right as f64 / fitness.verdicts.max(1) as f64;
        table.row(vec![
            (Style::Plain, name),
            (Style::Plain, fitness.verdicts.to_string()),
            (Style::Plain, quantity::percent(right)),
            (Style::Plain, quantity::percent(fitness.stated)),
            (Style::Plain, format!("{:.3}", fitness.brier)),
            (Style::Plain, figure(fitness.skill)),
            (Style::Plain, figure(fitness.area)),
            (Style::Plain, figure(fitness.slope)),
        ]);
    }
    table.write(sheet);
}

fn points(sheet: &mut Sheet, curve: &Curve) {
    let head =
        [("strength", Align::Right), ("verdicts", Align::Right), ("right", Align::Right), ("worth", Align::Right)];
    let mut table = Table::new(&head);
    for point in curve.points() {
        table.row(vec![
            (Style::Plain, format!("{:.3}", point.strength)),
            (Style::Plain, point.verdicts.to_string()),
            (Style::Plain, point.right.to_string()),
            (Style::Plain, quantity::percent(point.share())),
        ]);
    }
    table.write(sheet);
}
