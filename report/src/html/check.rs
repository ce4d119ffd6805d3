//! The check against the truth, closed until somebody opens it.

use maud::{Markup, html};

use super::difference::{self, mark};
use crate::check::Check;
use crate::{text, verdict_words};

const LINES_MAX: usize = 40;

pub(super) fn block(check: &Check) -> Markup {
    html! {
        p class="lede" { "The truth of this run is known. Judge the verdict above first, then open." }
        details class="truth" {
            summary { "Show the truth of " (text::name(&check.scenario)) ", seed " (check.seed) }
            @if !check.title.is_empty() { p { (text::sentence(&check.title)) } }
            dl class="pairs" {
                @for (word, value) in verdict_words::truth(check) { dt { (word) } dd { (value) } }
                dt { "effect" } dd { (text::name(&check.effect)) }
            }
            h3 { "Gates" }
            table class="stack" role="table" {
                thead { tr { th scope="col" { "Gate" } th scope="col" { "" } th scope="col" { "Expected and answered" } } }
                tbody {
                    @for gate in check.gates.iter().take(LINES_MAX) { (line(&gate.name, gate.passed, &gate.why)) }
                    (line("the run counts", check.validity.counts, &check.validity.why))
                }
            }
            @if let Some(diagnosis) = &check.diagnosis {
                h3 { "The verdict beside the truth" }
                (difference::block(diagnosis))
            }
            @if !check.naive.is_empty() {
                h3 { "What other methods said" }
                table class="stack" role="table" {
                    thead { tr { th scope="col" { "Method" } th scope="col" { "" } th scope="col" { "Answer" } } }
                    tbody { @for naive in check.naive.iter().take(LINES_MAX) {
                        tr role="row" {
                            th scope="row" role="rowheader" { (text::name(&naive.method)) }
                            td role="cell" { (mark(naive.right)) }
                            td role="cell" {
                                @if let Some(answer) = &naive.answer { code { (text::name(answer)) } } @else { span class="soft" { (verdict_words::no_answer(naive)) } }
                                span class="soft small" { (verdict_words::naive_aside(naive)) }
                            }
                        }
                    } }
                }
            }
        }
    }
}

fn line(name: &str, passed: bool, why: &str) -> Markup {
    html! {
        tr role="row" {
            th scope="row" role="rowheader" { (text::name(name)) }
            td role="cell" { (mark(passed)) }
            td role="cell" { (text::sentence(why)) }
        }
    }
}
