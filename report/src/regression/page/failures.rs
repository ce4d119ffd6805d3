//! What stands behind the cells: wrong answers by stage, and the first few of each cell beside the truth.

use std::collections::BTreeMap;

use maud::{Markup, html};
use score::aggregate::{Failure, MethodInScenario, ScenarioFigures, Summary};
use score::cell::ENGINE;
use score::diagnosis::Stage;

use super::{Links, anchor};
use crate::html::difference;
use crate::html::parts::wide;
use crate::{quantity, text};

/// Reasons of one run that are shown at most.
const REASONS_MAX: usize = 6;
/// Wrong answers of one method beside the engine that are shown at most, so that forty scenarios stay one small page.
const OTHERS_MAX: usize = 1;
/// Runs that do not count and are shown at most.
const UNCOUNTED_MAX: usize = 60;

pub(super) fn list(summary: &Summary, links: &Links<'_>) -> Option<Markup> {
    let failing = |figures: &&ScenarioFigures| figures.methods.iter().any(|method| !method.failures.is_empty());
    summary.scenarios.iter().any(|figures| failing(&figures)).then(|| {
        html! {
            (stages(summary))
            @for (place, figures) in summary.scenarios.iter().enumerate().filter(|(_, figures)| failing(figures)) {
                h3 { (text::name(&figures.scenario)) }
                (right(figures))
                @for (column, method) in figures.methods.iter().enumerate().filter(|(_, method)| !method.failures.is_empty()) {
                    (behind(figures, method, &anchor(place, column), links))
                }
            }
        }
    })
}

/// What would have been right, once a scenario: ids differ from seed to seed, names do not.
fn right(figures: &ScenarioFigures) -> Markup {
    let first = figures.methods.iter().find_map(|method| method.failures.first());
    let root = first.and_then(|failure| {
        let mut parts = failure.diagnosis.differences.iter();
        let root = parts.find(|difference| difference.part == "root" && !difference.expected.is_empty())?;
        Some((failure.seed, difference::alternatives(root)))
    });
    html! { @if let Some((seed, right)) = root { p class="soft small" { "With seed " (seed) " the right root is " (right) "." } } }
}

/// How many of the engine's answers went wrong at which stage first: what to repair.
fn stages(summary: &Summary) -> Markup {
    let mut all: BTreeMap<Stage, u64> = BTreeMap::new();
    let engine = summary.scenarios.iter().flat_map(|figures| &figures.methods).filter(|method| method.name == ENGINE);
    for (stage, count) in engine.flat_map(|method| &method.stages) {
        *all.entry(*stage).or_default() += count;
    }
    html! {
        p class="lede" {
            "An investigation is a chain of stages, each of which works on what the one before it found. A wrong answer stands "
            "under the first stage that went wrong; what came after it says little. Runs of a cell are the ones with the "
            "lowest seeds; all of them are counted."
        }
        @if !all.is_empty() {
            (wide("First wrong stage of the engine", &html! {
                table {
                    caption { "The engine's wrong verdicts by the first stage that went wrong" }
                    thead { tr { th scope="col" { "Stage" } th scope="col" { "Asks" } th class="n" scope="col" { "Wrong" } } }
                    tbody { @for (stage, count) in &all {
                        tr { th scope="row" { (stage) } td { (stage.asks()) "?" } td class="n" { (count) } }
                    } }
                }
            }))
        }
    }
}

/// One cell: the engine's stand open, other methods' closed. The anchor is inside, so that a browser opens what it leads to.
fn behind(figures: &ScenarioFigures, method: &MethodInScenario, anchor: &str, links: &Links<'_>) -> Markup {
    let wrong: u64 = method.stages.values().sum();
    let of = method.right.or(method.convicted).map_or(wrong, |share| share.of);
    let stages: Vec<String> = method.stages.iter().map(|(stage, count)| format!("{stage} {count}")).collect();
    let body = html! {
        div class="failures" id=(anchor) {
            @let shown = if method.name == ENGINE { method.failures.len() } else { OTHERS_MAX.min(method.failures.len()) };
            @for failure in &method.failures[..shown] {
                @if method.name == ENGINE { (run(figures, failure, links)) } @else { (brief(failure)) }
            }
            @let left = wrong.saturating_sub(shown as u64);
            @if left > 0 { p class="soft small" { (quantity::count(usize::try_from(left).unwrap_or(usize::MAX), "more run")) " of this cell went wrong." } }
        }
    };
    html! {
        details class="behind" open[method.name == ENGINE] {
            summary {
                strong { (text::name(&method.name)) } ": " (wrong) " of " (of) " wrong"
                span class="soft" { " (" (stages.join(", ")) ")" }
            }
            (body)
        }
    }
}

fn run(figures: &ScenarioFigures, failure: &Failure, links: &Links<'_>) -> Markup {
    let report = (links.report)(&figures.scenario, failure.seed);
    html! {
        div class="run" {
            h4 {
                "Seed " (failure.seed)
                @if let Some(report) = report { " " a href=(address(&report)) { "the run's report" } }
            }
            (difference::block(&failure.diagnosis))
            code class="query" { (text::sentence(&(links.again)(&figures.scenario, failure.seed))) }
        }
    }
}

/// A method beside the engine has no report: what it said instead of what is all there is.
fn brief(failure: &Failure) -> Markup {
    html! {
        p class="run" {
            strong { "Seed " (failure.seed) } " "
            span class="chip r-root" { "first wrong: " (failure.diagnosis.stage) } " " (text::sentence(&failure.diagnosis.why))
        }
    }
}

/// Runs of which nothing can be said, and why.
pub(super) fn uncounted(summary: &Summary, links: &Links<'_>) -> Option<Markup> {
    let all: Vec<_> = summary.troubles.iter().filter(|trouble| !trouble.counts).collect();
    (!all.is_empty()).then(|| {
        html! {
            table class="stack" role="table" {
                thead { tr { @for title in ["Scenario", "Seed", "Why", ""] { th scope="col" { (title) } } } }
                tbody { @for trouble in all.iter().take(UNCOUNTED_MAX) {
                    tr role="row" {
                        th scope="row" role="rowheader" { (text::name(&trouble.scenario)) }
                        td role="cell" { (trouble.seed) }
                        td role="cell" { @for why in trouble.why.iter().take(REASONS_MAX) { span class="part" { (text::sentence(why)) } } }
                        td role="cell" { @if let Some(report) = (links.report)(&trouble.scenario, trouble.seed) { a href=(address(&report)) { "report" } } }
                    }
                } }
            }
            @if all.len() > UNCOUNTED_MAX { p class="soft small" { (all.len() - UNCOUNTED_MAX) " more are in the JSON form." } }
        }
    })
}

/// A relative address in which nothing is a scheme, a query or markup.
fn address(path: &str) -> String {
    let mut address = String::from("./");
    for byte in path.bytes() {
        if byte.is_ascii_alphanumeric() || b"/._-~".contains(&byte) {
            address.push(char::from(byte));
        } else {
            address.push_str(&format!("%{byte:02X}"));
        }
    }
    address
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_nowhere_but_down() {
        insta::assert_snapshot!(address("failed/a-3/report.html"), @"./failed/a-3/report.html");
        insta::assert_snapshot!(address("javascript:alert(1)?x#y\"<é"), @"./javascript%3Aalert%281%29%3Fx%23y%22%3C%C3%A9");
    }
}
