//! The top of the page: the verdict in one sentence, how sure it is, the proof, the impact.

use maud::{Markup, html};
use rca_engine::vocabulary::Outcome;

use super::parts::{Context, coordinate};
use crate::{quantity, text};

const LIST_MAX: usize = 12;

pub(super) fn header(context: &Context<'_>) -> Markup {
    let (core, header, facts) = (&context.investigation.core, &context.investigation.header, context.facts);
    let share = quantity::share(core.confidence);
    let (label, class) = match core.outcome {
        Outcome::Cause => ("Root cause", "who r-root"),
        Outcome::NoIncident => ("No incident", "right"),
        Outcome::InsufficientEvidence => ("Not enough evidence", "who"),
    };
    html! {
        p class="eyebrow" {
            strong class=(class) { (label) }
            span { "run " (text::name(&facts.run_id)) }
            span { (text::name(&facts.mode)) }
            @if let Some(ns) = context.onset_ns { span { "onset " (context.moment(ns)) } }
            @if let Some(ns) = facts.alert_ns { span { "alert " (context.moment(ns)) } }
        }
        h1 { (text::sentence(&header.root_cause)) }
        dl class="facts" {
            dt { "Confidence" }
            dd {
                svg class="meter" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
                    rect class="m-back" width="100" height="6" rx="3" {}
                    rect class="m-fill" width=(coordinate(share * 100.0)) height="6" rx="3" {}
                }
                strong { (quantity::percent(share)) } ", " (text::sentence(&header.confidence))
            }
            dt { "Proof" }
            dd { (text::sentence(&header.proof)) }
        }
        @if !header.impact.is_empty() {
            div class="impact" {
                // Where nothing is wrong there is no impact, but there is what raised the question.
                h2 { @if core.outcome == Outcome::NoIncident { "What was asked about" } @else { "Impact" } }
                ul class="plain" { @for line in header.impact.iter().take(LIST_MAX) { li { (text::sentence(line)) } } }
            }
        }
    }
}
