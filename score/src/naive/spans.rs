//! The slowest span: where the waterfall is longest.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Span};

use super::{contains, service};
use crate::method::{Alert, Method, MethodOutput};

/// The service of the span with the largest time of its own. A wait for a resource is the waiting span's own time; a wait
/// for work that the span links to, such as another request's reading of the same key, is that work's.
#[derive(Clone, Copy, Debug)]
pub struct SlowestSpan;

impl Method for SlowestSpan {
    fn name(&self) -> &'static str {
        "slowest_span"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let mut children: BTreeMap<(u128, u64), Vec<&Span>> = BTreeMap::new();
        for span in evidence.spans.iter().filter(|span| span.parent_id != 0) {
            children.entry((span.trace_id, span.parent_id)).or_default().push(span);
        }
        let linked: BTreeSet<(u128, u64)> = evidence.spans.iter().flat_map(|span| span.links.iter().copied()).collect();
        let by_id: BTreeMap<(u128, u64), &Span> = evidence
            .spans
            .iter()
            .map(|span| ((span.trace_id, span.span_id), span))
            .filter(|(id, _)| linked.contains(id))
            .collect();
        let mut slowest: BTreeMap<Component, u64> = BTreeMap::new();
        for span in evidence.spans.iter().filter(|span| contains(alert.windows.incident, span.start_ns)) {
            let Some(service) = service(evidence, span.resource) else { continue };
            let below = children.get(&(span.trace_id, span.span_id)).into_iter().flatten().copied();
            let links = span.links.iter().filter_map(|link| by_id.get(link).copied());
            let own = own_ns(span, below.chain(links));
            slowest.entry(service).and_modify(|known| *known = own.max(*known)).or_insert(own);
        }
        MethodOutput::ranked(slowest.into_iter().map(|(service, ns)| (service, ns as f64)))
    }
}

/// The part of a span that no other work covers.
pub(crate) fn own_ns<'a>(span: &Span, others: impl Iterator<Item = &'a Span>) -> u64 {
    let mut covered: Vec<(u64, u64)> =
        others.map(|other| (other.start_ns.max(span.start_ns), other.end_ns.min(span.end_ns))).collect();
    covered.retain(|(from, to)| from < to);
    covered.sort_unstable();
    let mut own = 0;
    let mut at = span.start_ns;
    for (from, to) in covered {
        own += from.saturating_sub(at);
        at = at.max(to);
    }
    own + span.end_ns.saturating_sub(at)
}

#[cfg(test)]
mod tests {
    use rca_engine::evidence::{Names, ResourceId, SpanKind, Status};

    use super::*;

    fn span(start_ns: u64, end_ns: u64) -> Span {
        Span {
            trace_id: 1,
            span_id: 1,
            parent_id: 0,
            resource: ResourceId(0),
            name: Names::default().intern("a"),
            kind: SpanKind::Server,
            status: Status::Unset,
            start_ns,
            end_ns,
            attributes: Box::default(),
            links: Box::default(),
        }
    }

    #[test]
    fn overlapping_children_are_not_counted_twice_and_overhanging_ones_are_clipped() {
        let own = |children: &[Span]| own_ns(&span(0, 100), children.iter());
        assert_eq!(own(&[]), 100);
        assert_eq!(own(&[span(10, 40), span(20, 60)]), 50);
        assert_eq!(own(&[span(50, 200)]), 50);
        assert_eq!(own(&[span(200, 300)]), 100);
    }
}
