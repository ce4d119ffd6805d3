//! A regression as people and other programs read it: terminal, Markdown, JUnit.

pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod terminal;

use score::aggregate::{GateResult, GateState, MethodOverall, ScenarioFigures, Share, Summary};
use score::statistics::Interval;

use crate::{quantity, text};

/// Troubled cells that are shown at most; all of them are in the JSON form.
const TROUBLES_MAX: usize = 20;
/// Reasons of one cell that are shown at most.
const REASONS_MAX: usize = 3;

/// `95 % [76, 99]`.
fn share(share: Option<Share>) -> String {
    share.map_or_else(none, |share| bracketed(share.share, share.low, share.high))
}

/// The same of an interval over scenarios.
fn interval(interval: Option<Interval>) -> String {
    interval.map_or_else(none, |interval| bracketed(interval.estimate, interval.low, interval.high))
}

fn bracketed(value: f64, low: f64, high: f64) -> String {
    format!("{} [{:.0}, {:.0}]", quantity::percent(value), low * 100.0, high * 100.0)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(none, quantity::percent)
}

/// A figure between 0 and 1 that is no share.
fn figure(value: Option<f64>) -> String {
    value.map_or_else(none, |value| format!("{value:.2}").replace('-', "−"))
}

fn seconds(value: Option<f64>) -> String {
    value.map_or_else(none, |value| format!("{value:.1} s"))
}

fn none() -> String {
    "–".to_owned()
}

/// `19 of 20`, the cells of a scenario that count.
fn counted(figures: &ScenarioFigures) -> String {
    format!("{}/{}", figures.valid.hits, figures.valid.of)
}

/// What became of the cells where not all of them count: `18 valid, 2 absorbed`.
fn classes(figures: &ScenarioFigures) -> Option<String> {
    (figures.valid.hits < figures.valid.of).then(|| listed(figures.classes.iter()))
}

/// What the first actions brought: `clears 18, eases 2`.
fn first_actions(figures: &ScenarioFigures) -> Option<String> {
    (!figures.first_actions.is_empty()).then(|| listed(figures.first_actions.iter()))
}

fn listed<'a>(counts: impl Iterator<Item = (&'a String, &'a u64)>) -> String {
    counts.map(|(word, count)| format!("{count} {}", text::name(word))).collect::<Vec<_>>().join(", ")
}

/// Whether a method fails where it must, in words.
fn must_fail(method: &MethodOverall) -> String {
    let MethodOverall { must_fail, fails, untested, .. } = method;
    match must_fail {
        0 => String::new(),
        _ if *untested > 0 => format!("{fails} of {must_fail}, {untested} not tested"),
        _ => format!("{fails} of {must_fail}"),
    }
}

fn of_state(summary: &Summary, state: GateState) -> impl Iterator<Item = &GateResult> {
    summary.gates.iter().filter(move |gate| gate.state == state)
}

/// What the summary says over all scenarios: a word and a sentence each.
fn overall(summary: &Summary) -> Vec<(&'static str, String)> {
    let overall = &summary.overall;
    let mut lines = Vec::new();
    if overall.top1.is_some() {
        let worth = overall.effective_n.map_or_else(none, |n| quantity::count(n.round() as usize, "independent run"));
        let sentence = "mean over scenarios, interval by resampling scenarios, worth";
        lines.push(("root top-1", format!("{}, {sentence} {worth}", interval(overall.top1))));
    }
    if let Some(worst) = &overall.worst {
        lines.push(("worst", format!("{}, right in {}", text::name(&worst.scenario), quantity::percent(worst.right))));
    }
    for (word, constant) in [("best constant", &overall.best_constant), ("best naive", &overall.best_naive)] {
        if let Some(constant) = constant {
            lines
                .push((word, format!("{}, right in {}", text::name(&constant.name), quantity::percent(constant.top1))));
        }
    }
    if let Some(confidence) = &overall.confidence {
        let (right, answers) = (confidence.right, confidence.answers);
        lines.push((
            "confidence",
            format!(
                "{} stated on average, {right} of {answers} right; Brier {:.3}, skill {}, area under the curve {}",
                quantity::percent(confidence.mean),
                confidence.brier,
                figure(confidence.skill),
                figure(confidence.area),
            ),
        ));
    }
    lines
}

/// One line on the size of it all.
fn size(summary: &Summary) -> String {
    let scenarios = quantity::count(summary.scenarios.len(), "scenario");
    let cells = quantity::count(usize::try_from(summary.cells).unwrap_or(usize::MAX), "cell");
    format!("{cells} of {scenarios}, {} count, code {}", summary.counted, text::name(&summary.code))
}

/// Why a cell is in trouble, in one line.
fn reasons(trouble: &score::aggregate::Trouble) -> String {
    let word = if trouble.counts { "wrong" } else { "does not count" };
    let shown: Vec<String> = trouble.why.iter().take(REASONS_MAX).map(|why| text::sentence(why)).collect();
    let more = trouble.why.len().saturating_sub(REASONS_MAX);
    let more = if more == 0 { String::new() } else { format!("; {more} more") };
    format!("{word}: {}{more}", shown.join("; "))
}
