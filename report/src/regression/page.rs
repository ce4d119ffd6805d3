//! A regression as one self-contained page: methods by scenarios, and what stands behind each cell.

mod confidence;
mod engine;
mod failures;
mod matrix;

use maud::{Markup, html as markup};
use score::aggregate::{GateState, Summary};

use super::{of_state, overall, size};
use crate::html::page::{self, Page, Section};
use crate::{quantity, text};

const STYLE: &str = include_str!("page/regression.css");

/// What the page leads to.
pub struct Links<'a> {
    /// The command that carries a cell out once more.
    pub again: &'a dyn Fn(&str, u64) -> String,
    /// Where the report of a failed run is, relative to the page. None: it was not kept.
    pub report: &'a dyn Fn(&str, u64) -> Option<String>,
}

/// The page. Every number on it can be read without colour, and every cell leads to the runs that failed in it.
pub fn html(summary: &Summary, links: &Links<'_>) -> String {
    let page = Page {
        head: page::framed("Regression", &[page::STYLE, STYLE].concat()),
        skip: "Skip to the matrix",
        class: "page broad",
        header: header(summary),
        sections: sections(summary, links),
        footer: markup! { dl { div { dt { "code" } dd { (text::name(&summary.code)) } } } },
    };
    page.into_string()
}

fn sections(summary: &Summary, links: &Links<'_>) -> Vec<Section> {
    [
        Section::new("matrix", "Who finds the root", matrix::incidents(summary)),
        Section::new("nulls", "Where nothing is wrong", matrix::nulls(summary)),
        Section::new("engine", "The engine by scenario", engine::table(summary)),
        Section::new("confidence", "What its confidence is worth", confidence::tables(summary)),
        Section::new("gates", "Gates", gates(summary)),
        Section::new("failures", "Where it goes wrong", failures::list(summary, links)),
        Section::new("uncounted", "Runs that do not count", failures::uncounted(summary, links)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

fn header(summary: &Summary) -> Markup {
    let missed = of_state(summary, GateState::Missed).count();
    let (word, class) = if missed == 0 { ("All gates met", "right") } else { ("Gates missed", "wrong") };
    markup! {
        p class="eyebrow" { strong class=(class) { (word) } span { (size(summary)) } }
        h1 {
            @if missed == 0 { "Regression: every gate that could be tested is met" }
            @else { "Regression: " (quantity::count(missed, "gate")) " of " (summary.gates.len()) " missed" }
        }
        dl class="facts" {
            @for (word, sentence) in overall(summary) { dt { (word) } dd { (text::sentence(&sentence)) } }
        }
    }
}

fn gates(summary: &Summary) -> Option<Markup> {
    let table = |state: GateState, word: &str| {
        markup! {
            table class="stack" role="table" {
                thead { tr { @for title in ["Scenario", "Gate", "", "Why"] { th scope="col" { (title) } } } }
                tbody { @for gate in of_state(summary, state) {
                    tr role="row" {
                        th scope="row" role="rowheader" { (text::name(&gate.scenario)) }
                        td role="cell" { code { (text::name(&gate.name)) } }
                        td role="cell" { span class=(if state == GateState::Missed { "wrong" } else { "soft" }) { (word) } }
                        td role="cell" { (text::sentence(&gate.why)) }
                    }
                } }
            }
        }
    };
    let count = |state| of_state(summary, state).count();
    (!summary.gates.is_empty()).then(|| {
        markup! {
            @if count(GateState::Missed) > 0 { (table(GateState::Missed, "✗ missed")) }
            @for (state, word, title) in [(GateState::NotTested, "not tested", "not tested: too little to tell"), (GateState::Met, "met", "met")] {
                @if count(state) > 0 {
                    details { summary { (count(state)) " " (title) } (table(state, word)) }
                }
            }
        }
    })
}

/// The anchor of what stands behind a cell: by place, because names may hold anything.
fn anchor(scenario: usize, method: usize) -> String {
    format!("f-{scenario}-{method}")
}
