//! The evidence table: what everything else links to.

use maud::{Markup, html};
use rca_engine::component::Component;
use rca_engine::investigation::EvidenceItem;

use super::parts::{Context, EVIDENCE_MAX, is_plain};
use crate::{quantity, text};

/// Components that one line names at most.
const COMPONENTS_MAX: usize = 4;

pub(super) fn table(context: &Context<'_>) -> Option<Markup> {
    let items = &context.investigation.core.evidence;
    (!items.is_empty()).then(|| {
        html! {
            table class="evidence stack" role="table" {
                caption { "Facts measured in the telemetry, each with the place where it can be looked up." }
                thead {
                    tr {
                        @for title in ["Id", "When", "What was measured, whom it speaks for or against, and where to look it up"] {
                            th scope="col" { (title) }
                        }
                    }
                }
                tbody { @for item in items.iter().take(EVIDENCE_MAX) { (line(context, item)) } }
            }
            @if items.len() > EVIDENCE_MAX { p class="soft" { (items.len() - EVIDENCE_MAX) " more are in the verdict." } }
        }
    })
}

fn line(context: &Context<'_>, item: &EvidenceItem) -> Markup {
    let offset = context.onset_ns.and_then(|onset| i64::try_from(i128::from(item.at_ns) - i128::from(onset)).ok());
    let reference = &item.reference;
    let places =
        [Some(&reference.file), reference.metric.as_ref(), reference.trace_id.as_ref(), reference.span_id.as_ref()];
    html! {
        tr role="row" id=[is_plain(&item.id).then_some(&item.id)] {
            th class="id" scope="row" role="rowheader" { (text::id(&item.id)) }
            td class="when" role="cell" {
                @if let Some(offset) = offset { span class="num" { (quantity::offset(offset)) } }
                small class="soft" { (context.clock(item.at_ns)) }
            }
            td role="cell" {
                p { (text::sentence(&item.text)) " " span class="kind" { (text::name(&item.kind)) } }
                p class="small" {
                    @if !item.supports.is_empty() { span class="s-for" { "for " } (components(context, &item.supports)) " " }
                    @if !item.against.is_empty() { span class="s-against" { "against " } (components(context, &item.against)) }
                }
                p class="small soft" {
                    @for place in places.into_iter().flatten() { code { (text::name(place)) } " " }
                    @if reference.to_ns > reference.from_ns {
                        span class="num" {
                            (quantity::duration(reference.to_ns - reference.from_ns)) " from " (context.clock(reference.from_ns))
                        }
                    }
                }
            }
        }
    }
}

fn components(context: &Context<'_>, components: &[Component]) -> Markup {
    html! {
        @for (index, component) in components.iter().take(COMPONENTS_MAX).enumerate() {
            @if index > 0 { ", " } (context.component(component))
        }
        @if components.len() > COMPONENTS_MAX { " and " (components.len() - COMPONENTS_MAX) " more" }
    }
}
