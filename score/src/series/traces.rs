//! Latency, errors and rate of each service, from the spans in which it served.

use std::collections::BTreeMap;

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Span, SpanKind, Status};

use super::{Column, Grid, Quantity, filled};
use crate::naive::service;

/// What a service did in one step.
#[derive(Clone, Copy, Debug, Default)]
struct Served {
    count: u64,
    failed: u64,
    sum_ns: u64,
}

/// Three columns for each service that has spans in the window. A request counts where it ends: there it is known.
pub(super) fn columns(evidence: &Evidence, grid: &Grid) -> Vec<Column> {
    let mut serving: BTreeMap<Component, Vec<&Span>> = BTreeMap::new();
    for span in &evidence.spans {
        if let Some(service) = service(evidence, span.resource) {
            serving.entry(service).or_default().push(span);
        }
    }
    let columns = serving.into_iter().filter_map(|(service, spans)| of_service(&service, &spans, grid));
    columns.flatten().collect()
}

fn of_service(service: &Component, spans: &[&Span], grid: &Grid) -> Option<[Column; 3]> {
    let serves = |span: &&&Span| matches!(span.kind, SpanKind::Server | SpanKind::Consumer);
    // Where nobody says which spans serve, all of them do.
    let says = spans.iter().any(|span| serves(&span));
    let mut steps = vec![Served::default(); grid.steps];
    for span in spans.iter().filter(|span| !says || serves(span)) {
        let Some(step) = grid.step(span.end_ns) else { continue };
        let served = &mut steps[step];
        served.count += 1;
        served.failed += u64::from(span.status == Status::Error);
        served.sum_ns += span.end_ns - span.start_ns;
    }
    if steps.iter().all(|step| step.count == 0) {
        return None;
    }
    let column = |quantity, values| Column { service: service.clone(), quantity, series: None, values };
    let mean = |step: &Served| (step.count > 0).then(|| step.sum_ns as f64 / step.count as f64);
    Some([
        column(Quantity::Latency, filled(steps.iter().map(mean).collect())),
        column(Quantity::Errors, steps.iter().map(|step| step.failed as f64).collect()),
        column(Quantity::Requests, steps.iter().map(|step| step.count as f64).collect()),
    ])
}
