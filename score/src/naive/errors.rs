//! Errors: the first one, or the most.

use std::collections::BTreeMap;

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Status};

use super::{contains, service};
use crate::method::{Alert, Method, MethodOutput};

/// OTLP: severities from here on are errors.
const ERROR_SEVERITY: u8 = 17;

/// The service whose first error came first.
#[derive(Clone, Copy, Debug)]
pub struct FirstError;

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
