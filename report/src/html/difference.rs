//! An answer beside the truth: the first stage that went wrong, then part by part what was expected and answered.

use maud::{Markup, html};
use score::diagnosis::{Diagnosis, Difference};

use crate::text;

pub(crate) fn block(diagnosis: &Diagnosis) -> Markup {
    html! {
        p {
            span class="chip r-root" title=(diagnosis.stage.asks()) { "first wrong: " (diagnosis.stage) } " "
            (text::sentence(&diagnosis.why))
            span class="soft" { " (the stage asks: " (diagnosis.stage.asks()) "?)" }
        }
        table class="stack diff" role="table" {
            thead { tr {
                @for title in ["Part", "", "Expected", "Answered"] { th scope="col" { (title) } }
            } }
            tbody { @for difference in &diagnosis.differences { (line(difference)) } }
        }
    }
}

/// What would have been right, in one line.
pub(crate) fn alternatives(difference: &Difference) -> String {
    let joint = if difference.any { " or " } else { " and " };
    if difference.expected.is_empty() { "none".to_owned() } else { text::sentence(&difference.expected.join(joint)) }
}

fn line(difference: &Difference) -> Markup {
    let Difference { part, right, any, expected, answered } = difference;
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (text::name(part)) }
            td role="cell" { (mark(*right)) }
            td role="cell" { (side("Expected", expected, *any, |one| missing(difference, one))) }
            td role="cell" { (side("Answered", answered, false, |one| surplus(difference, one))) }
        }
    }
}

/// Right or wrong, in words and colour.
pub(super) fn mark(right: bool) -> Markup {
    if right {
        html! { span class="right" { "✓ right" } }
    } else {
        html! { span class="wrong" { "✗ wrong" } }
    }
}

/// What an answer lacks is marked where several things are expected together.
fn missing(difference: &Difference, one: &String) -> Option<&'static str> {
    let marked = !difference.any && !difference.right && difference.expected.len() > 1;
    (marked && !difference.answered.contains(one)).then_some("missing")
}

/// What an answer has too much, likewise.
fn surplus(difference: &Difference, one: &String) -> Option<&'static str> {
    let marked = !difference.any && !difference.right && difference.answered.len() > 1;
    (marked && !difference.expected.contains(one)).then_some("not in the truth")
}

fn side(word: &str, all: &[String], any: bool, marked: impl Fn(&String) -> Option<&'static str>) -> Markup {
    html! {
        // The word stands where the head of the table has no room.
        span class="word soft" { (word) ": " }
        @if all.is_empty() { span class="soft" { "none" } }
        @if any && !all.is_empty() { (text::sentence(&all.join(" or "))) }
        @else {
            @for one in all {
                span class="part" {
                    (text::name(one))
                    @if let Some(mark) = marked(one) { " " strong class="wrong small" { (mark) } }
                }
            }
        }
    }
}
