//! Key series as small line charts: windows shaded, onset and alert marked, cited evidence pinned to its time.

mod scale;

use maud::{Markup, html};
use rca_engine::evidence::Evidence;

use super::parts::{Context, chip, class, coordinate, is_plain};
use crate::telemetry::curves::{Curve, Line, curves, shown_window};
use crate::text;
use scale::{Scale, shown};

/// The drawing and, inside it, the plot.
const WIDTH: f64 = 440.0;
const HEIGHT: f64 = 196.0;
const LEFT: f64 = 48.0;
const RIGHT: f64 = 434.0;
const TOP: f64 = 20.0;
const BOTTOM: f64 = 150.0;
/// A pin with its id.
const PIN: f64 = 32.0;

pub(super) fn charts(context: &Context<'_>, evidence: &Evidence) -> Option<Markup> {
    let curves = curves(context.investigation, evidence);
    (!curves.is_empty()).then(|| {
        html! {
            p class="lede" {
                "Those that the evidence cites. Shaded: baseline and incident window; T is the estimated onset; circles are evidence."
            }
            div class="charts" { @for (index, curve) in curves.iter().enumerate() { (figure(context, curve, index)) } }
        }
    })
}

fn figure(context: &Context<'_>, curve: &Curve, index: usize) -> Markup {
    let (from_ns, to_ns) = shown_window(context.investigation);
    let highest = curve.lines.iter().flat_map(|line| &line.points).map(|(_, value)| *value).fold(0.0, f64::max);
    let lowest = curve.lines.iter().flat_map(|line| &line.points).map(|(_, value)| *value).fold(0.0, f64::min);
    let scale = Scale::new((from_ns, to_ns), (lowest, highest));
    let id = format!("chart-{index}");
    let seconds = curve.step_ns / 1_000_000_000;
    html! {
        figure class=(class(curve.role)) {
            figcaption {
                h3 {
                    span class="who" { (text::name(&curve.service)) }
                    @if let Some(role) = curve.role { (chip(role)) }
                    span class="share" { (text::name(&curve.metric)) @if curve.unit == "1/s" { ", per second" } }
                }
            }
            svg class="plot" viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-labelledby=(id) {
                title id=(id) { (sentence(context, curve)) }
                (windows(context, &scale))
                (axes(context, &scale, &curve.unit))
                @for (place, line) in curve.lines.iter().enumerate() { (drawn(&scale, line, place, curve.step_ns)) }
                (moments(context, &scale))
                (pins(&scale, curve))
            }
            ul class="legend" {
                @for (place, line) in curve.lines.iter().enumerate() {
                    li {
                        svg viewBox="0 0 24 11" aria-hidden="true" { path class={ "curve k" (place) } d="M0 6H24" {} }
                        (line_name(line)) " " span class="num" { (before_after(context, line, &curve.unit)) }
                    }
                }
                li { @if seconds == 1 { "each second" } @else { "every " (seconds) " s" } }
            }
        }
    }
}

fn line_name(line: &Line) -> String {
    if line.name.is_empty() { "all".to_owned() } else { text::clean(&line.name, 48) }
}

/// The medians of a line in the two windows; the incident's begins at the onset, where one is known.
fn before_after(context: &Context<'_>, line: &Line, unit: &str) -> String {
    let envelope = &context.investigation.envelope;
    let onset = context.onset_ns.unwrap_or(envelope.incident.from_ns);
    let median = |from: u64, to: u64| {
        let inside = line.points.iter().filter(|(at, _)| (from..to).contains(at));
        let mut values: Vec<f64> = inside.map(|(_, value)| *value).collect();
        values.sort_by(f64::total_cmp);
        values.get(values.len() / 2).copied()
    };
    let word = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), |value| shown(value, unit));
    let before = median(
        envelope.baseline.from_ns,
        envelope.baseline.to_ns.min(onset.max(envelope.baseline.from_ns.saturating_add(1))),
    );
    format!("{} → {}", word(before), word(median(onset.max(envelope.incident.from_ns), envelope.incident.to_ns)))
}

/// What the chart shows, for those who do not see it.
fn sentence(context: &Context<'_>, curve: &Curve) -> String {
    let lines: Vec<String> = curve
        .lines
        .iter()
        .map(|line| format!("{} {}", line_name(line), before_after(context, line, &curve.unit)))
        .collect();
    format!(
        "{} of {}, medians before and during the incident: {}",
        text::name(&curve.metric),
        text::name(&curve.service),
        lines.join("; ")
    )
}

fn windows(context: &Context<'_>, scale: &Scale) -> Markup {
    let envelope = &context.investigation.envelope;
    html! {
        @for (window, class, word) in [(envelope.baseline, "band-b", "baseline"), (envelope.incident, "band-i", "incident")] {
            rect class=(class) x=(scale.x(window.from_ns)) y=(TOP) width=(scale.width(window.from_ns, window.to_ns)) height=(BOTTOM - TOP) {}
            text class="axis" x=(coordinate(scale.at(window.from_ns) + 4.0)) y=(coordinate(TOP + 12.0)) { (word) }
        }
    }
}

fn axes(context: &Context<'_>, scale: &Scale, unit: &str) -> Markup {
    let origin = context.onset_ns.unwrap_or(context.investigation.envelope.incident.from_ns);
    html! {
        @for value in scale.values() {
            path class="grid" d={ "M" (LEFT) " " (scale.y(value)) "H" (RIGHT) } {}
            text class="axis end" x=(LEFT - 5.0) y=(coordinate(scale.height(value) + 3.5)) { (shown(value, unit)) }
        }
        @for (ns, offset_s) in scale.ticks(origin) {
            text class="axis mid" x=(scale.x(ns)) y=(coordinate(BOTTOM + 16.0)) {
                @if offset_s == 0 { "T" } @else if offset_s < 0 { "−" (-offset_s) " s" } @else { "+" (offset_s) " s" }
            }
        }
    }
}

/// A path that breaks where more than three steps are missing.
fn drawn(scale: &Scale, line: &Line, place: usize, step_ns: u64) -> Markup {
    let mut path = String::new();
    let mut last = None;
    for (at, value) in &line.points {
        let joined = last.is_some_and(|last: u64| at.saturating_sub(last) <= 3 * step_ns);
        path.push(if joined { 'L' } else { 'M' });
        path.push_str(&format!("{} {}", scale.x(*at), scale.y(*value)));
        last = Some(*at);
    }
    html! { path class={ "curve k" (place) } d=(path) { title { (line_name(line)) } } }
}

fn moments(context: &Context<'_>, scale: &Scale) -> Markup {
    let marks = [(context.onset_ns, "onset", "onset"), (context.facts.alert_ns, "alert", "alert")];
    // The words stand on either side of the pair of lines, so that they do not meet.
    html! {
        @for (ns, class, word) in marks {
            @if let Some(ns) = ns.filter(|ns| scale.holds(*ns)) {
                path class=(class) d={ "M" (scale.x(ns)) " " (TOP) "V" (BOTTOM) } {}
                text class={ "t-" (class) @if word == "onset" { " end" } } y=(TOP - 6.0)
                    x=(coordinate(scale.at(ns) + if word == "onset" { 3.0 } else { -3.0 })) { (word) }
            }
        }
    }
}

/// Circles below the axis that link to the evidence; close ones step down.
fn pins(scale: &Scale, curve: &Curve) -> Markup {
    let mut marks: Vec<(f64, &str)> =
        curve.marks.iter().filter(|(id, _)| is_plain(id)).map(|(id, ns)| (scale.at(*ns), id.as_str())).collect();
    marks.sort_by(|left, right| left.0.total_cmp(&right.0).then(left.1.cmp(right.1)));
    let mut edge = f64::NEG_INFINITY;
    for (x, _) in &mut marks {
        *x = x.max(edge + PIN + 3.0).min(RIGHT);
        edge = *x;
    }
    html! {
        @for (x, id) in marks {
            a href={ "#" (id) } {
                rect class="pin" x=(coordinate(x - PIN / 2.0)) y=(coordinate(BOTTOM + 25.0)) width=(PIN) height="16" rx="8" {}
                text class="pin-text" x=(coordinate(x)) y=(coordinate(BOTTOM + 37.0)) { (id) }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_reads_in_its_unit() {
        let text = [shown(0.0438, "s"), shown(12.25, "1/s"), shown(3.0, "{connection}"), shown(1536.0, "By")];
        insta::assert_snapshot!(text.join(" | "), @"43.8 ms | 12.2/s | 3 | 1,536 By");
    }
}
