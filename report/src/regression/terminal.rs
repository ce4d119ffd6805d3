//! A regression as terminal text: a line a scenario, a line a method, then gates and the cells to look at.

use score::aggregate::{GateResult, GateState, ScenarioFigures, Summary};

use super::{
    TROUBLES_MAX, classes, counted, figure, first_actions, mean, must_fail, of_state, overall, percent, reasons,
    seconds, share, size, strayed, told_roles, trusted,
};
use crate::table::{Align, Table};
use crate::terminal::Options;
use crate::terminal::sheet::{Sheet, Style, piece};
use crate::text;

/// `again` gives the command that carries a cell out once more.
pub fn terminal(summary: &Summary, again: &dyn Fn(&str, u64) -> String, options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    sheet.item(&[piece(Style::Bold, "REGRESSION  ")], &[piece(Style::Plain, &size(summary))]);
    incidents(&mut sheet, summary);
    nulls(&mut sheet, summary);
    methods(&mut sheet, summary);
    asides(&mut sheet, summary);
    let lines = overall(summary);
    if !lines.is_empty() {
        sheet.heading("OVER ALL", "");
    }
    for (word, sentence) in lines {
        sheet.item(&[piece(Style::Dim, &format!("  {word:<14}"))], &[piece(Style::Plain, &sentence)]);
    }
    gates(&mut sheet, summary);
    troubles(&mut sheet, summary, again);
    sheet.finish()
}

fn incidents(sheet: &mut Sheet, summary: &Summary) {
    let mut table = Table::new(&[
        ("scenario", Align::Left),
        ("count", Align::Right),
        ("root top-1", Align::Left),
        ("chance", Align::Right),
        ("above", Align::Right),
        ("top-3", Align::Right),
        ("MRR", Align::Right),
        ("bottleneck", Align::Right),
        ("path F1", Align::Right),
        ("alert", Align::Right),
    ]);
    for figures in summary.scenarios.iter().filter(|figures| figures.incident) {
        let root = figures.root;
        let missed =
            summary.gates.iter().any(|gate| gate.scenario == figures.scenario && gate.state == GateState::Missed);
        table.row(vec![
            (if missed { Style::Bad } else { Style::Bold }, text::name(&figures.scenario)),
            count(figures),
            (Style::Plain, share(root.map(|root| root.top1))),
            (Style::Dim, percent(root.map(|root| root.chance))),
            (Style::Plain, figure(root.and_then(|root| root.skill))),
            (Style::Plain, percent(root.map(|root| root.top3.share))),
            (Style::Plain, figure(root.map(|root| root.mrr))),
            (Style::Plain, percent(figures.bottleneck.map(|share| share.share))),
            (Style::Plain, figure(figures.propagation)),
            (Style::Plain, seconds(figures.alert_after_s.map(|spread| spread.median))),
        ]);
    }
    // All of it is in the other forms.
    table.fit(sheet.width(), &["MRR", "alert", "top-3", "above", "path F1", "chance"]);
    table.write(sheet);
}

fn nulls(sheet: &mut Sheet, summary: &Summary) {
    let mut table = Table::new(&[
        ("nothing is wrong in", Align::Left),
        ("count", Align::Right),
        ("convicted", Align::Left),
        ("acquitted", Align::Left),
    ]);
    for figures in summary.scenarios.iter().filter(|figures| !figures.incident) {
        table.row(vec![
            (Style::Bold, text::name(&figures.scenario)),
            count(figures),
            (Style::Plain, share(figures.null.map(|null| null.convicted))),
            (Style::Plain, share(figures.null.map(|null| null.acquitted))),
        ]);
    }
    table.write(sheet);
}

fn count(figures: &ScenarioFigures) -> (Style, String) {
    let style = if figures.valid.hits < figures.valid.of { Style::Bad } else { Style::Plain };
    (style, counted(figures))
}

fn methods(sheet: &mut Sheet, summary: &Summary) {
    let mut table = Table::new(&[
        ("method", Align::Left),
        ("root top-1", Align::Left),
        ("above chance", Align::Right),
        ("convicted", Align::Left),
        ("fails where it must", Align::Left),
    ]);
    for method in &summary.methods {
        let succeeds = method.fails + method.untested < method.must_fail;
        table.row(vec![
            (Style::Plain, text::name(&method.name)),
            (Style::Plain, mean(method.top1)),
            (Style::Plain, figure(method.skill.map(|skill| skill.value))),
            (Style::Plain, percent(method.convicted.map(|share| share.share))),
            (if succeeds { Style::Bad } else { Style::Plain }, must_fail(method)),
        ]);
    }
    table.fit(sheet.width(), &["above chance"]);
    table.write(sheet);
}

/// What only some scenarios have to say.
fn asides(sheet: &mut Sheet, summary: &Summary) {
    let lines = summary.scenarios.iter().flat_map(|figures| {
        let lines = [
            ("cells", classes(figures)),
            ("answers", strayed(figures)),
            ("rightly told", told_roles(figures)),
            ("confidence", trusted(figures)),
            ("first action", first_actions(figures)),
        ];
        lines.map(|(word, line)| (text::name(&figures.scenario), word, line))
    });
    let lines: Vec<_> = lines.filter_map(|(name, word, line)| Some((name, word, line?))).collect();
    if !lines.is_empty() {
        sheet.blank();
    }
    for (name, word, line) in lines {
        sheet.item(&[piece(Style::Dim, &format!("  {name}, {word}: "))], &[piece(Style::Plain, &line)]);
    }
}

fn gates(sheet: &mut Sheet, summary: &Summary) {
    let met = of_state(summary, GateState::Met).count();
    sheet.heading("GATES", &format!("{met} of {} met", summary.gates.len()));
    for GateResult { scenario, name, why, .. } in of_state(summary, GateState::Missed) {
        let body = format!("{} {}: {}", text::name(scenario), text::name(name), text::sentence(why));
        sheet.item(&[piece(Style::Bad, "  MISSED      ")], &[piece(Style::Plain, &body)]);
    }
    let untested: Vec<&GateResult> = of_state(summary, GateState::NotTested).collect();
    if let Some(first) = untested.first() {
        // One line for all: mostly they lack the same thing, seeds. The page and the JSON list each.
        let all = if untested.len() > 1 { format!("{} gates, such as ", untested.len()) } else { String::new() };
        let (scenario, name) = (text::name(&first.scenario), text::name(&first.name));
        let body = format!("{all}{scenario} {name}: {}", text::sentence(&first.why));
        sheet.item(&[piece(Style::Dim, "  not tested  ")], &[piece(Style::Plain, &body)]);
    }
}

fn troubles(sheet: &mut Sheet, summary: &Summary, again: &dyn Fn(&str, u64) -> String) {
    if summary.troubles.is_empty() {
        return;
    }
    sheet.heading("CELLS TO LOOK AT", &summary.troubles.len().to_string());
    for trouble in summary.troubles.iter().take(TROUBLES_MAX) {
        let lead = format!("  {} {}  ", text::name(&trouble.scenario), trouble.seed);
        sheet.item(&[piece(Style::Bold, &lead)], &[piece(Style::Plain, &reasons(trouble))]);
        sheet.verbatim("    ", &text::sentence(&again(&trouble.scenario, trouble.seed)));
    }
    let left = summary.troubles.len().saturating_sub(TROUBLES_MAX);
    if left > 0 {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, &format!("{left} more"))]);
    }
}
