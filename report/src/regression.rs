//! A regression as people and other programs read it: terminal, a page, Markdown, JUnit.

pub(crate) mod junit;
pub(crate) mod markdown;
pub(crate) mod page;
pub(crate) mod terminal;

use score::aggregate::{GateResult, GateState, Mean, MethodOverall, ScenarioFigures, Share, Summary};
use score::statistics::{Covered, SCENARIOS_MIN};

use crate::{quantity, text};

/// Troubled cells that are shown at most; all of them are in the JSON form.
const TROUBLES_MAX: usize = 20;
/// Reasons of one cell that are shown at most.
const REASONS_MAX: usize = 3;

/// `95 % [76, 99]`.
fn share(share: Option<Share>) -> String {
    share.map_or_else(none, |share| bracketed(share.share, share.low, share.high))
}

/// A mean over scenarios, with its interval where there are enough.
fn mean(mean: Option<Mean>) -> String {
    mean.map_or_else(none, |mean| match mean.interval {
        Some((low, high)) => bracketed(mean.value, low, high),
        None => quantity::percent(mean.value),
    })
}

/// ` [0.12, 0.61]`, or nothing.
fn ranged(interval: Option<(f64, f64)>) -> String {
    interval.map_or_else(String::new, |(low, high)| format!(" [{low:.2}, {high:.2}]").replace('-', "−"))
}

fn bracketed(value: f64, low: f64, high: f64) -> String {
    format!("{} [{:.0}, {:.0}]", quantity::percent(value), low * 100.0, high * 100.0)
}

fn percent(share: Option<f64>) -> String {
    share.map_or_else(none, quantity::percent)
}

/// A figure between 0 and 1 that is no share.
pub(crate) fn figure(value: Option<f64>) -> String {
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

/// What the engine did beside finding or missing the root: named decoys, abstained.
fn strayed(figures: &ScenarioFigures) -> Option<String> {
    let decoys = figures.root.map(|root| root.decoys).filter(|count| *count > 0);
    let decoys = decoys.map(|count| format!("{count} named a decoy or an innocent change"));
    let abstained = figures.abstained.filter(|share| share.hits > 0);
    let abstained = abstained.map(|share| format!("{} of {} abstained", share.hits, share.of));
    let swapped = figures.root.map(|root| root.swapped).filter(|count| *count > 0);
    let swapped = swapped.map(|count| format!("{count} named the bottleneck"));
    let all: Vec<String> = [decoys, swapped, abstained].into_iter().flatten().collect();
    (!all.is_empty()).then(|| all.join(", "))
}

/// How often what set it off and what keeps it going were told: `trigger in 20 of 20`.
fn told_roles(figures: &ScenarioFigures) -> Option<String> {
    let told =
        |word: &str, share: Option<Share>| share.map(|share| format!("{word} in {} of {}", share.hits, share.of));
    let both = [told("trigger", figures.trigger), told("what sustains it", figures.sustaining)];
    let both: Vec<String> = both.into_iter().flatten().collect();
    (!both.is_empty()).then(|| both.join(", "))
}

/// What the confidence of one scenario is worth; nothing where all answers are alike.
fn trusted(figures: &ScenarioFigures) -> Option<String> {
    let confidence = figures.confidence.as_ref().filter(|confidence| confidence.area.is_some())?;
    let (skill, area) = (figure(confidence.skill), figure(confidence.area));
    Some(format!(
        "Brier {:.3}, skill {skill}, area under the curve {area}, slope {}, {} answers",
        confidence.brier,
        figure(confidence.slope),
        confidence.answers
    ))
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
    if let Some(top1) = overall.top1 {
        let worth = overall.effective_n.map_or_else(none, |n| quantity::count(n.round() as usize, "independent run"));
        let how = match top1.interval {
            Some(_) => "interval by resampling scenarios".to_owned(),
            None => format!("no interval below {SCENARIOS_MIN} scenarios"),
        };
        lines.push(("root top-1", format!("{}, mean over scenarios, {how}, worth {worth}", mean(overall.top1))));
    }
    if let Some(skill) = overall.skill {
        let ranged = ranged(skill.interval);
        let sentence = "of the way from chance to perfect, mean over scenarios";
        lines.push(("above chance", format!("{}{ranged} {sentence}", figure(Some(skill.value)))));
    }
    if let Some(worst) = &overall.worst {
        let told = format!("{}, right in {}", text::name(&worst.scenario), quantity::percent(worst.right));
        lines.push(("worst", if worst.right < 1.0 { told } else { "none, all are right in every run".to_owned() }));
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
                "{} stated on average, {right} of {answers} right, worth {:.0} answers; Brier {:.3}, skill {}{}, area under the \
                 curve {}{}, slope {}",
                quantity::percent(confidence.mean),
                confidence.effective_n,
                confidence.brier,
                figure(confidence.skill),
                ranged(confidence.skill_interval),
                figure(confidence.area),
                ranged(confidence.area_interval),
                figure(confidence.slope),
            ),
        ));
        lines.extend(surest(&confidence.curve).map(|sentence| ("surest first", sentence)));
    }
    lines
}

/// The risk-coverage curve at about a quarter, a half, three quarters and all.
fn surest(curve: &[Covered]) -> Option<String> {
    let at = |share: f64| curve.iter().find(|point| point.coverage + 1e-9 >= share);
    let mut points: Vec<&Covered> = [0.25, 0.5, 0.75, 1.0].into_iter().filter_map(at).collect();
    points.dedup();
    let told = points
        .iter()
        .map(|at| format!("{} wrong of the surest {}", quantity::percent(at.risk), quantity::percent(at.coverage)));
    // Where all are right a curve says nothing.
    let varies = points.iter().any(|point| point.risk > 0.0);
    varies.then(|| told.collect::<Vec<_>>().join(", "))
}

/// One line on the size of it all.
fn size(summary: &Summary) -> String {
    let scenarios = quantity::count(summary.scenarios.len(), "scenario");
    let cells = quantity::count(usize::try_from(summary.cells).unwrap_or(usize::MAX), "cell");
    format!("{cells} of {scenarios}, {} count, code {}", summary.counted, text::name(&summary.code))
}

/// Why a cell is in trouble, in one line.
fn reasons(trouble: &score::aggregate::Trouble) -> String {
    let word = match trouble.stage {
        _ if !trouble.counts => "does not count".to_owned(),
        Some(stage) => format!("wrong from {stage} on"),
        None => "wrong".to_owned(),
    };
    let shown: Vec<String> = trouble.why.iter().take(REASONS_MAX).map(|why| text::sentence(why)).collect();
    let more = trouble.why.len().saturating_sub(REASONS_MAX);
    let more = if more == 0 { String::new() } else { format!("; {more} more") };
    format!("{word}: {}{more}", shown.join("; "))
}
