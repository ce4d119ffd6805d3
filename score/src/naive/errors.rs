//! Errors: the first one, the deepest one, or the most.

use std::collections::{BTreeMap, BTreeSet};

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Span, Status};

use super::{contains, service};
use crate::method::{Alert, Method, MethodOutput};

/// OTLP: severities from here on are errors.
const ERROR_SEVERITY: u8 = 17;

/// The service whose first error came first.
#[derive(Clone, Copy, Debug)]
pub struct FirstError;

/// The service whose failed span is the deepest of its trace in the most traces.
#[derive(Clone, Copy, Debug)]
pub struct DeepestError;

/// The service with the most errors.
#[derive(Clone, Copy, Debug)]
pub struct MostErrors;

impl Method for FirstError {
    fn name(&self) -> &'static str {
        "first_error"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let mut first: BTreeMap<Component, u64> = BTreeMap::new();
        for (service, at_ns) in errors(evidence, alert) {
            first.entry(service).and_modify(|known| *known = at_ns.min(*known)).or_insert(at_ns);
        }
        let from_ns = alert.windows.incident.from_ns;
        MethodOutput::ranked(first.into_iter().map(|(service, at_ns)| (service, -((at_ns - from_ns) as f64))))
    }
}

impl Method for DeepestError {
    fn name(&self) -> &'static str {
        "deepest_error"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let window = alert.windows.incident;
        let failed: Vec<&Span> = evidence
            .spans
            .iter()
            .filter(|span| span.status == Status::Error && contains(window, span.end_ns))
            .collect();
        let traces: BTreeSet<u128> = failed.iter().map(|span| span.trace_id).collect();
        let parents: BTreeMap<(u128, u64), u64> = evidence
            .spans
            .iter()
            .filter(|span| traces.contains(&span.trace_id))
            .map(|span| ((span.trace_id, span.span_id), span.parent_id))
            .collect();
        let mut deepest: BTreeMap<u128, (usize, BTreeSet<Component>)> = BTreeMap::new();
        for span in failed {
            let Some(service) = service(evidence, span.resource) else { continue };
            let depth = depth(&parents, span);
            let known = deepest.entry(span.trace_id).or_default();
            if depth > known.0 {
                *known = (depth, BTreeSet::new());
            }
            if depth == known.0 {
                known.1.insert(service);
            }
        }
        let mut votes: BTreeMap<Component, f64> = BTreeMap::new();
        for service in deepest.into_values().flat_map(|(_, services)| services) {
            *votes.entry(service).or_default() += 1.0;
        }
        MethodOutput::ranked(votes)
    }
}

/// Deeper than this is a circle.
const DEPTH_MAX: usize = 1_000;

/// How many spans are above one, itself included; those that were lost are not known.
fn depth(parents: &BTreeMap<(u128, u64), u64>, span: &Span) -> usize {
    let above = std::iter::successors(Some(span.span_id), |id| parents.get(&(span.trace_id, *id)).copied());
    above.take(DEPTH_MAX).take_while(|id| *id != 0).count()
}

impl Method for MostErrors {
    fn name(&self) -> &'static str {
        "most_errors"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let mut counts: BTreeMap<Component, f64> = BTreeMap::new();
        for (service, _) in errors(evidence, alert) {
            *counts.entry(service).or_default() += 1.0;
        }
        MethodOutput::ranked(counts)
    }
}

/// Failed spans, by the time at which they failed, and error logs within the incident.
fn errors<'a>(evidence: &'a Evidence, alert: &'a Alert) -> impl Iterator<Item = (Component, u64)> {
    let window = alert.windows.incident;
    let spans = evidence.spans.iter().filter(|span| span.status == Status::Error);
    let spans = spans.map(|span| (span.resource, span.end_ns));
    let logs = evidence.logs.iter().filter(|log| log.severity >= ERROR_SEVERITY).map(|log| (log.resource, log.at_ns));
    let all = spans.chain(logs).filter(move |(_, at_ns)| contains(window, *at_ns));
    all.filter_map(|(resource, at_ns)| Some((service(evidence, resource)?, at_ns)))
}
