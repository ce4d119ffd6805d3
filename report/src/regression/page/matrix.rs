//! The matrices: scenarios down, methods across, each cell a share with its interval, a bar, and a way to its failures.

use maud::{Markup, html};
use score::aggregate::{Mean, MethodInScenario, MustFail, ScenarioFigures, Share, Summary};

use super::anchor;
use crate::html::parts::{coordinate, wide};
use crate::{quantity, text};

/// Shades of a cell; the number says the same without colour.
const SHADES: f64 = 5.0;

/// How often the first answer of each method is right where something is wrong.
pub(super) fn incidents(summary: &Summary) -> Option<Markup> {
    let rows: Vec<(usize, &ScenarioFigures)> =
        summary.scenarios.iter().enumerate().filter(|(_, one)| one.incident).collect();
    let constant = summary.overall.best_constant.as_ref();
    (!rows.is_empty()).then(|| {
        html! {
            p class="lede" {
                "How often the first answer is right, in percent of the runs that count; below it the interval of 95 % "
                "(Wilson), drawn over the bar, too. A number that is underlined leads to its wrong answers. "
                "† the scenario is built to mislead this method. Chance is a blind guess among the candidates"
                @if let Some(constant) = constant {
                    "; the best constant answer is " code { (text::name(&constant.name)) }
                    ", chosen with all these truths at hand"
                }
                "."
            }
            (wide("Methods by scenarios", &html! {
                table class="matrix" {
                    thead { tr {
                        th scope="col" { "Scenario" }
                        th class="n runs" scope="col" { "Runs" }
                        @for title in ["Chance", "Constant"] { th class="n" scope="col" { (title) } }
                        @for method in &summary.methods { th class="turned" scope="col" { span { (text::name(&method.name)) } } }
                    } }
                    tbody { @for (place, figures) in rows { (row(summary, place, figures)) } }
                    tfoot {
                        (means(summary, "All alike", constant.map(|one| one.top1), |method| method.top1, true))
                        (means(summary, "Above chance", None, |method| method.skill, false))
                    }
                }
            }))
            p class="soft small" {
                "All alike: the mean over scenarios, with its interval by drawing scenarios again (from "
                (score::statistics::SCENARIOS_MIN) " scenarios on). Above chance: (share − chance) / (1 − chance), the mean likewise; "
                "1 is perfect, 0 is a blind guess."
            }
        }
    })
}

/// How often each method convicts where nothing is wrong.
pub(super) fn nulls(summary: &Summary) -> Option<Markup> {
    let rows: Vec<(usize, &ScenarioFigures)> =
        summary.scenarios.iter().enumerate().filter(|(_, one)| !one.incident).collect();
    (!rows.is_empty()).then(|| {
        html! {
            p class="lede" { "How often each method names a cause although there is none, in percent. Here low is good." }
            (wide("Convictions where nothing is wrong", &html! {
                table class="matrix" {
                    thead { tr {
                        th scope="col" { "Scenario" } th class="n" scope="col" { "Runs" }
                        @for method in &summary.methods { th class="turned" scope="col" { span { (text::name(&method.name)) } } }
                    } }
                    tbody { @for (place, figures) in rows {
                        tr {
                            th scope="row" { (text::name(&figures.scenario)) }
                            td class="n" { (figures.valid.hits) }
                            @for (column, method) in figures.methods.iter().enumerate() {
                                (cell(method.convicted, true, leads(method, place, column).as_deref(), ""))
                            }
                        }
                    } }
                }
            }))
        }
    })
}

fn row(summary: &Summary, place: usize, figures: &ScenarioFigures) -> Markup {
    let share = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| format!("{:.0}", value * 100.0));
    let chance = figures.methods.iter().find_map(|method| method.chance);
    let worst =
        summary.overall.worst.as_ref().is_some_and(|worst| worst.right < 1.0 && worst.scenario == figures.scenario);
    html! {
        tr {
            th scope="row" {
                (text::name(&figures.scenario))
                @if worst { " " span class="chip r-root" { "worst" } }
            }
            td class="n runs" { (figures.valid.hits) @if figures.valid.hits < figures.valid.of { span class="soft" { "/" (figures.valid.of) } } }
            td class="n was" { (share(chance)) }
            td class="n was" { (share(figures.constant)) }
            @for (column, method) in figures.methods.iter().enumerate() {
                (cell(method.right, false, leads(method, place, column).as_deref(), mark(method)))
            }
        }
    }
}

fn mark(method: &MethodInScenario) -> &'static str {
    match method.must_fail {
        MustFail::NotAsked => "",
        MustFail::Fails | MustFail::TooFewSeeds => "†",
        MustFail::Succeeds => "† ✗",
    }
}

/// Where the failures of a cell stand, if it has any.
fn leads(method: &MethodInScenario, scenario: usize, column: usize) -> Option<String> {
    (!method.failures.is_empty()).then(|| format!("#{}", anchor(scenario, column)))
}

/// A share, its interval and its bar. `low` says that little is good.
fn cell(share: Option<Share>, low: bool, leads: Option<&str>, mark: &str) -> Markup {
    let Some(share) = share else { return html! { td class="cell" { span class="soft" { "–" } } } };
    let good = if low { 1.0 - share.share } else { share.share };
    let shade = shade(good);
    let words = format!("{} of {}, {} to {} % at 95 %", share.hits, share.of, whole(share.low), whole(share.high));
    let value = html! { (whole(share.share)) @if !mark.is_empty() { sup { (mark) } } };
    html! {
        td class={ "cell s" (shade) } title=(words) {
            @if let Some(leads) = leads { a href=(leads) { (value) } } @else { (value) }
            small { (whole(share.low)) "–" (whole(share.high)) }
            (bar(share.share, Some((share.low, share.high))))
        }
    }
}

/// From 0, never, to 5, always; both ends are theirs alone.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share times five is below six")]
fn shade(good: f64) -> u8 {
    (quantity::share(good) * SHADES).floor() as u8
}

fn whole(share: f64) -> String {
    format!("{:.0}", share * 100.0)
}

fn bar(share: f64, interval: Option<(f64, f64)>) -> Markup {
    html! {
        svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true" {
            rect class="m-back" y="2" width="100" height="4" {}
            rect class="m-fill" y="2" width=(coordinate(share * 100.0)) height="4" {}
            @if let Some((low, high)) = interval {
                path class="whisker" d={ "M" (coordinate(low * 100.0)) " 4H" (coordinate(high * 100.0)) "M" (coordinate(low * 100.0)) " 1V7M" (coordinate(high * 100.0)) " 1V7" } {}
            }
        }
    }
}

fn means(
    summary: &Summary,
    title: &str,
    constant: Option<f64>,
    of: impl Fn(&score::aggregate::MethodOverall) -> Option<Mean>,
    percent: bool,
) -> Markup {
    let shown = |value: f64| if percent { whole(value) } else { format!("{value:.2}").replace('-', "−") };
    html! {
        tr {
            th scope="row" { (title) }
            td class="runs" {} td {}
            td class="n was" { @if let Some(constant) = constant { (whole(constant)) } }
            @for method in &summary.methods {
                td class="cell" {
                    @match of(method) {
                        None => span class="soft" { "–" },
                        Some(mean) => {
                            (shown(mean.value))
                            @if let Some((low, high)) = mean.interval { small { (shown(low)) " to " (shown(high)) } }
                        }
                    }
                }
            }
        }
    }
}
