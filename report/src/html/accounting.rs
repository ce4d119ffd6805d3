//! Exact time accounting of the proof trace: every nanosecond belongs to one part, and the parts sum to the whole.

use maud::{Markup, html};
use rca_engine::investigation::{RepresentativeTrace, TimeShare};

use super::parts::{Context, class, coordinate, wide};
use crate::chain::role_of;
use crate::{quantity, text};

const LINES_MAX: usize = 20;

pub(super) fn table(context: &Context<'_>, proof: &RepresentativeTrace) -> Markup {
    let mut shares: Vec<&TimeShare> = proof.accounting.iter().collect();
    // The largest excess first; the engine's order decides between equals.
    shares.sort_by_key(|share| std::cmp::Reverse(i128::from(share.ns) - i128::from(share.baseline_ns)));
    let rest = shares.split_off(shares.len().min(LINES_MAX));
    let sum = |shares: &mut dyn Iterator<Item = (u64, u64)>| {
        shares.fold((0u64, 0u64), |total, part| (total.0.saturating_add(part.0), total.1.saturating_add(part.1)))
    };
    let other = sum(&mut rest.iter().map(|share| (share.ns, share.baseline_ns)));
    let total = sum(&mut proof.accounting.iter().map(|share| (share.ns, share.baseline_ns)));
    let longest = shares.iter().map(|share| share.ns.max(share.baseline_ns)).max().unwrap_or(0).max(1);
    html! {
        @if !shares.is_empty() {
            h3 { "Where its time went" }
            p class="soft small" { "The parts sum to the whole; usual is the mean of a request in the baseline." }
            (wide("Time accounting", &html! {
                table {
                    thead { tr {
                        th scope="col" { "Component" } th scope="col" { "Part" } th class="n" scope="col" { "This trace" }
                        th class="n" scope="col" { "Usual" } th class="n" scope="col" { "Change" } th class="bar" scope="col" { "" }
                    } }
                    tbody {
                        @for share in shares { (line(context, share, longest)) }
                        @if !rest.is_empty() { tr {
                            th scope="row" { (quantity::count(rest.len(), "smaller part")) } td {}
                            td class="n" { (quantity::duration(other.0)) } td class="n was" { (quantity::duration(other.1)) }
                            td class="n" { (quantity::change(other.1, other.0)) } td {}
                        } }
                    }
                    tfoot { tr {
                        th scope="row" { "All" } td {}
                        td class="n" { (quantity::duration(total.0)) } td class="n was" { (quantity::duration(total.1)) }
                        td class="n" { (quantity::change(total.1, total.0)) } td {}
                    } }
                }
            }))
        }
    }
}

fn line(context: &Context<'_>, share: &TimeShare, longest: u64) -> Markup {
    let role = role_of(&context.investigation.core.roles, &share.component);
    #[expect(clippy::cast_precision_loss, reason = "a bar has three digits")]
    let part = |ns: u64| coordinate(ns as f64 / longest as f64 * 100.0);
    html! {
        tr {
            th scope="row" { (context.component(&share.component)) }
            td { (text::name(&share.part).replace('_', " ")) }
            td class="n" { (quantity::duration(share.ns)) }
            td class="n was" { (quantity::duration(share.baseline_ns)) }
            td class="n" { (quantity::change(share.baseline_ns, share.ns)) }
            td class="bar" {
                svg class={ "meter " (class(role)) } viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true" {
                    rect class="work" width=(part(share.ns)) height="4" {}
                    rect class="usual" y="4.6" width=(part(share.baseline_ns)) height="1.4" {}
                }
            }
        }
    }
}
