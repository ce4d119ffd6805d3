//! The proof trace as a waterfall, each span over the same span of a normal trace.

use maud::{Markup, html};
use rca_engine::evidence::Evidence;
use rca_engine::investigation::{Investigation, RepresentativeTrace};

use super::parts::{Context, class, coordinate};
use crate::telemetry::traces::{Row, Waterfall, waterfall};
use crate::{quantity, text};

/// Pieces of own time that one bar shows at most.
const PIECES_MAX: usize = 16;
const SCALE: f64 = 1_000.0;

/// Which trace this is, and why this one.
pub(super) fn about(context: &Context<'_>, proof: &RepresentativeTrace) -> Markup {
    let told =
        [("Trace", Some(&proof.trace_id)), ("Runner-up", proof.runner_up.as_ref()), ("Normal", proof.normal.as_ref())];
    let at_ns = span_begin(context.investigation, &proof.trace_id);
    html! {
        p class="prose" { (text::sentence(&proof.why)) }
        dl class="pairs" {
            @for (word, id) in told { @if let Some(id) = id {
                dt { (word) }
                dd { code { (text::name(id)) } @if word == "Trace" {
                    " " span class="soft num" { (quantity::duration(proof.duration_ns)) @if let Some(ns) = at_ns { ", " (context.clock(ns)) } }
                } }
            } }
        }
    }
}

/// When the cited evidence places the trace.
fn span_begin(investigation: &Investigation, trace_id: &str) -> Option<u64> {
    let cites = |id: &Option<String>| id.as_deref() == Some(trace_id);
    investigation.core.evidence.iter().find(|item| cites(&item.reference.trace_id)).map(|item| item.at_ns)
}

/// None: the evidence does not hold the trace.
pub(super) fn drawn(context: &Context<'_>, evidence: &Evidence, proof: &RepresentativeTrace) -> Option<Markup> {
    let trace = u128::from_str_radix(&proof.trace_id, 16).ok()?;
    let normal = proof.normal.as_ref().and_then(|id| u128::from_str_radix(id, 16).ok());
    let falls = waterfall(evidence, trace, normal)?;
    let scale = falls.duration_ns.max(falls.normal_ns.unwrap_or(0)).max(1);
    Some(html! {
        (legend(falls.normal_ns.is_some()))
        table class="falls" {
            caption { (caption(&falls)) }
            thead { tr {
                th class="span" scope="col" { "Span" }
                th class="bar" scope="col" {
                    span { span { "0" } span { (quantity::duration(scale / 2)) } span { (quantity::duration(scale)) } }
                }
                th class="n" scope="col" { "Took" } th class="n" scope="col" { "Usual" } th class="n" scope="col" { "Excess" }
            } }
            tbody { @for row in &falls.rows { (line(context, row, scale, falls.normal_ns.is_some())) } }
        }
        @if falls.left_out > 0 {
            p class="soft small" {
                (quantity::count(falls.left_out, "more span")) " not drawn, none more than "
                (quantity::duration(falls.left_out_excess_ns)) " slower than usual."
            }
        }
    })
}

fn caption(falls: &Waterfall<'_>) -> String {
    let took = quantity::duration(falls.duration_ns);
    match falls.normal_ns {
        Some(normal) => format!("{took} in all, {} in a normal trace of the same kind.", quantity::duration(normal)),
        None => format!("{took} in all; there is no normal trace to lay beside it."),
    }
}

fn legend(normal: bool) -> Markup {
    let swatch = |shape: &Markup, words: &str| {
        html! { li class="r-none" { svg viewBox="0 0 24 11" aria-hidden="true" { (shape) } (words) } }
    };
    html! {
        ul class="legend" {
            (swatch(&html! { rect class="work" width="24" height="8" {} }, "own work"))
            (swatch(&html! { rect class="waits" width="24" height="8" {} (hatch(0.0, 24.0, 8)) }, "waiting for a bounded resource, drawn at the beginning"))
            (swatch(&html! { rect class="extent" width="24" height="8" {} }, "waiting for a callee"))
            @if normal { (swatch(&html! { rect class="usual" y="8" width="24" height="3" {} }, "the same span in the normal trace")) }
        }
    }
}

/// Strokes that set waiting apart from work without colour.
fn hatch(from: f64, to: f64, height: u32) -> Markup {
    let mut path = String::new();
    let mut at = from + 5.0;
    while at < to {
        path.push_str(&format!("M{} 0V{height}", coordinate(at)));
        at += 14.0;
    }
    html! { path class="hatch" d=(path) {} }
}

fn line(context: &Context<'_>, row: &Row<'_>, scale: u64, compared: bool) -> Markup {
    let usual = row.normal.map_or_else(|| "new".to_owned(), |(_, duration)| quantity::duration(duration));
    let change = match row.normal {
        Some((_, usual)) => quantity::change(usual, row.duration_ns),
        None => format!("+{}", quantity::duration(row.duration_ns)),
    };
    let service = text::name(row.service);
    let role = class(context.role(row.service));
    html! {
        tr class=(role) {
            th class={ "d" (row.depth) } scope="row" {
                @if row.is_call { span class="soft" { "calls" } } @else { span class="who" { (service) } }
                // The word comes first, so that a long name cannot push it out.
                span class="op" { @if row.failed { strong class="wrong" { "failed" } " " } (text::name(row.name)) }
            }
            td class="bar" { (bar(row, scale)) }
            td class="n" { (quantity::duration(row.duration_ns)) }
            td class="n was opt" { @if compared { (usual) } @else { "–" } }
            td class="n" { @if compared { @if row.excess_ns() * 10 >= scale { strong { (change) } } @else { (change) } } @else { "–" } }
        }
    }
}

fn bar(row: &Row<'_>, scale: u64) -> Markup {
    #[expect(clippy::cast_precision_loss, reason = "a bar has a thousand columns")]
    let x = |ns: u64| ns as f64 / scale as f64 * SCALE;
    let wide = |from: u64, ns: u64| coordinate(x(ns).clamp(1.5, (SCALE - x(from)).max(1.5)));
    let own: u64 = row.own.iter().map(|(from, to)| to - from).sum();
    let waited = waiting_pieces(row);
    let title = format!(
        "{}: {} in all, {} waiting for a bounded resource, {} own work",
        text::name(row.name),
        quantity::duration(row.duration_ns),
        quantity::duration(row.wait_ns),
        quantity::duration(own.saturating_sub(row.wait_ns))
    );
    html! {
        svg viewBox="0 0 1000 22" preserveAspectRatio="none" role="img" {
            title { (title) }
            rect class="extent" x=(coordinate(x(row.begins_ns))) y="3" width=(wide(row.begins_ns, row.duration_ns)) height="11" {}
            @for (from, to) in row.own.iter().take(PIECES_MAX) {
                rect class="work" x=(coordinate(x(*from))) y="3" width=(wide(*from, to - from)) height="11" {}
            }
            @for (from, to) in waited.iter().take(PIECES_MAX) {
                rect class="extent" x=(coordinate(x(*from))) y="3" width=(wide(*from, to - from)) height="11" {}
                rect class="waits" x=(coordinate(x(*from))) y="3" width=(wide(*from, to - from)) height="11" {}
                g transform="translate(0 3)" { (hatch(x(*from), x(*to), 11)) }
            }
            @if let Some((begins, duration)) = row.normal {
                rect class="usual" x=(coordinate(x(begins))) y="16" width=(wide(begins, duration)) height="3.5" {}
            }
        }
    }
}

/// The wait is known as a sum; it is drawn over the first own time of the span.
fn waiting_pieces(row: &Row<'_>) -> Vec<(u64, u64)> {
    let mut left = row.wait_ns;
    let mut pieces = Vec::new();
    for &(from, to) in &row.own {
        let taken = left.min(to - from);
        if taken == 0 {
            break;
        }
        pieces.push((from, from + taken));
        left -= taken;
    }
    pieces
}
