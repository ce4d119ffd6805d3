//! The table of callers and callees: how often, and where the time of a call goes, before and during the incident.

use maud::{Markup, html};
use rca_engine::evidence::Evidence;

use super::parts::{Context, class, wide};
use crate::telemetry::calls::{Pair, Sums, calls};
use crate::{quantity, text};

const PAIRS_MAX: usize = 30;

pub(super) fn table(context: &Context<'_>, evidence: &Evidence) -> Option<Markup> {
    let envelope = &context.investigation.envelope;
    let measured = calls(evidence, envelope.baseline, envelope.incident);
    if measured.pairs.is_empty() {
        return None;
    }
    let requests = (measured.requests_before, measured.requests_after);
    Some(html! {
        p class="lede" {
            "Means of a call, before → during the incident, from spans. Waiting is for a bounded resource on either side, "
            "own work is the callee's, and the gap is what neither side accounts for: the network, mostly. "
            (requests.0) " requests began in the baseline, " (requests.1) " in the incident."
        }
        (wide("Who calls whom", &html! {
            table {
                thead { tr {
                    th scope="col" { "Caller → callee" }
                    @for title in ["Calls a request", "Waiting", "Own work", "Gap", "Whole call", "Failed"] { th class="n" scope="col" { (title) } }
                } }
                tbody { @for pair in measured.pairs.iter().take(PAIRS_MAX) { (line(context, pair, requests)) } }
            }
        }))
        @if measured.pairs.len() > PAIRS_MAX { p class="soft small" { (quantity::count(measured.pairs.len() - PAIRS_MAX, "more pair")) " not shown: they grew least." } }
    })
}

fn line(context: &Context<'_>, pair: &Pair<'_>, requests: (u64, u64)) -> Markup {
    let name = |service: &str| html! { span class={ "who " (class(context.role(service))) } { (text::name(service)) } };
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let per = |count: u64, of: u64| (of > 0).then(|| count as f64 / of as f64);
    let (before, after) = (&pair.before, &pair.after);
    let times = |value: fn(&Sums) -> u128| {
        let mean = |sums: &Sums| sums.mean_ns(value(sums));
        change(mean(before), mean(after), 1e6, |ns| quantity::duration(whole(ns)))
    };
    let halves = |value: fn(&Sums) -> u128| {
        let mean = |sums: &Sums| sums.paired_mean_ns(value(sums));
        change(mean(before), mean(after), 1e6, |ns| quantity::duration(whole(ns)))
    };
    html! {
        tr {
            th scope="row" { (name(pair.caller)) " → " (name(pair.callee)) }
            td class="n" { (change(per(before.calls, requests.0), per(after.calls, requests.1), 0.1, quantity::three)) }
            td class="n" { (times(|sums| sums.wait_ns)) }
            td class="n" { (halves(|sums| sums.own_ns)) }
            td class="n" { (halves(|sums| sums.gap_ns)) }
            td class="n" { (times(|sums| sums.total_ns)) }
            td class="n" { (change(per(before.errors, before.calls), per(after.errors, after.calls), 0.02, quantity::percent)) }
        }
    }
}

/// `12 ms → 1.10 s`, in bold where it grew by half and by more than a trifle.
fn change(before: Option<f64>, after: Option<f64>, trifle: f64, shown: impl Fn(f64) -> String) -> Markup {
    let grew = match (before, after) {
        (Some(before), Some(after)) => after > before * 1.5 && after - before > trifle,
        (None, Some(after)) => after > trifle,
        (_, None) => false,
    };
    let word = |value: Option<f64>| value.map_or_else(|| "–".to_owned(), &shown);
    html! { span class="was" { (word(before)) " → " } span class=[grew.then_some("grew")] { (word(after)) } }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "durations are positive and below 2^63 ns")]
fn whole(ns: f64) -> u64 {
    ns.round() as u64
}
