//! Novelty: who says something that was never said before.

use std::collections::BTreeMap;

use contract::event::CHANGE_ID;
use rca_engine::component::Component;
use rca_engine::evidence::{Attributes, Evidence, LogRecord, Points, ResourceId};

use super::service;
use crate::method::{Alert, Method, MethodOutput};

/// The service with the most names first seen in the incident: metrics, spans, attributes, events and templates of log
/// texts. Records of changes do not count: a change is rare by itself, and who is blamed for it is another method's matter.
/// In an honest laboratory it is no better than chance: nothing has a name that only a fault brings.
#[derive(Clone, Copy, Debug)]
pub struct Novelty;

/// What is called so, and how it is called: the same text may name a metric and a span.
type Name<'a> = (u8, std::borrow::Cow<'a, str>);

impl Method for Novelty {
    fn name(&self) -> &'static str {
        "novelty"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let windows = alert.windows;
        let mut first: BTreeMap<ResourceId, BTreeMap<Name<'_>, u64>> = BTreeMap::new();
        each_name(evidence, &mut |resource, at_ns, name| {
            if at_ns < windows.incident.to_ns {
                let known = first.entry(resource).or_default().entry(name).or_insert(at_ns);
                *known = at_ns.min(*known);
            }
        });
        // A new build of a service is a resource of its own, and has no new names by that.
        let mut of_service: BTreeMap<Component, BTreeMap<Name<'_>, u64>> = BTreeMap::new();
        for (resource, names) in first {
            let Some(service) = service(evidence, resource) else { continue };
            let known = of_service.entry(service).or_default();
            for (name, at_ns) in names {
                let first = known.entry(name).or_insert(at_ns);
                *first = at_ns.min(*first);
            }
        }
        let new = of_service.into_iter().map(|(service, names)| {
            let new = names.into_values().filter(|at_ns| *at_ns >= windows.incident.from_ns).count();
            (service, new as f64)
        });
        MethodOutput::ranked(new.filter(|(_, count)| *count > 0.0))
    }
}

fn each_name<'a>(evidence: &'a Evidence, found: &mut impl FnMut(ResourceId, u64, Name<'a>)) {
    let text = |symbol| std::borrow::Cow::Borrowed(evidence.names.text(symbol));
    let keys = |attributes: &'a Attributes| attributes.iter().map(move |(key, _)| text(*key));
    for span in &evidence.spans {
        found(span.resource, span.start_ns, (0, text(span.name)));
        keys(&span.attributes).for_each(|key| found(span.resource, span.start_ns, (1, key)));
    }
    let change = evidence.names.find(CHANGE_ID);
    let tells_change =
        |log: &&LogRecord| change.is_some_and(|change| evidence.text_of(&log.attributes, change).is_some());
    for log in evidence.logs.iter().filter(|log| !tells_change(log)) {
        found(log.resource, log.at_ns, (2, template(evidence.names.text(log.body)).into()));
        keys(&log.attributes).for_each(|key| found(log.resource, log.at_ns, (3, key)));
        if let Some(event) = log.event_name {
            found(log.resource, log.at_ns, (4, text(event)));
        }
    }
    for series in &evidence.series {
        let first = match &series.points {
            Points::Gauge(points) | Points::Sum { points, .. } => points.first().map(|point| point.at_ns),
            Points::Histogram { points, .. } => points.first().map(|point| point.at_ns),
        };
        let Some(at_ns) = first else { continue };
        found(series.resource, at_ns, (5, text(series.name)));
        keys(&series.attributes).for_each(|key| found(series.resource, at_ns, (6, key)));
    }
}

/// A log text without its parameters: words with a digit in them are one and the same.
pub(crate) fn template(body: &str) -> String {
    let words = body.split_whitespace();
    words
        .map(|word| if word.bytes().any(|byte| byte.is_ascii_digit()) { "#" } else { word })
        .collect::<Vec<_>>()
        .join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_template_has_no_parameters() {
        assert_eq!(template("read p-17 in 20ms, attempt 2 of many"), "read # in # attempt # of many");
    }
}
