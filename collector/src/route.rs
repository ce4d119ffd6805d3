//! Which folder a record belongs to, by its time.

use std::sync::atomic::{AtomicU64, Ordering};

use opentelemetry_proto::tonic::metrics::v1::metric::Data;

use crate::batch::Batch;

/// Where a record goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// Before the evidence begins: counted and dropped.
    WarmUp,
    /// Between the two limits.
    Evidence,
    /// Later than the cut.
    After,
}

/// The two limits, both settable while batches flow.
///
/// A span counts by its end, because that is when it is known: a backend that begins to record at the first limit and
/// stops at the second one holds exactly the spans that ended between them, so a trace that runs across a limit is
/// partial, as it would be there. A log record counts by its time (or the observed one where it has none), a metric point
/// by its time. A record without any time counts by the time of the tick that writes it.
#[derive(Debug)]
pub(crate) struct Route {
    begin_ns: AtomicU64,
    cut_ns: AtomicU64,
}

impl Route {
    /// Everything is evidence.
    pub(crate) fn open() -> Self {
        Self { begin_ns: AtomicU64::new(0), cut_ns: AtomicU64::new(u64::MAX) }
    }

    pub(crate) fn begin_at(&self, ns: u64) {
        self.begin_ns.store(ns, Ordering::SeqCst);
    }

    pub(crate) fn cut_at(&self, ns: u64) {
        self.cut_ns.store(ns, Ordering::SeqCst);
    }

    /// Splits a batch: what is evidence, what is later, and how many items were too early.
    pub(crate) fn split(&self, batch: Batch, now_ns: u64) -> Split {
        let (begin_ns, cut_ns) = (self.begin_ns.load(Ordering::SeqCst), self.cut_ns.load(Ordering::SeqCst));
        let place = |at_ns: u64| match if at_ns == 0 { now_ns } else { at_ns } {
            at_ns if at_ns < begin_ns => Place::WarmUp,
            at_ns if at_ns > cut_ns => Place::After,
            _ => Place::Evidence,
        };
        let mut counts = Counts::default();
        each_time(&batch, |at_ns| counts.add(place(at_ns)));
        let whole = counts.early + counts.evidence + counts.after;
        let part = |count: u64, wanted: Place| match count {
            0 => None,
            count => {
                let mut part = batch.clone();
                if count < whole {
                    keep(&mut part, |at_ns| place(at_ns) == wanted);
                }
                Some((part, count))
            }
        };
        let after = part(counts.after, Place::After);
        // The usual batch lies on one side as a whole and is moved, not copied.
        let evidence = if whole > 0 && counts.evidence == whole {
            Some((batch, whole))
        } else {
            part(counts.evidence, Place::Evidence)
        };
        Split { evidence, after, early: counts.early }
    }
}

/// A batch by place, each part with its count of items.
pub(crate) struct Split {
    pub(crate) evidence: Option<(Batch, u64)>,
    pub(crate) after: Option<(Batch, u64)>,
    pub(crate) early: u64,
}

#[derive(Default)]
struct Counts {
    early: u64,
    evidence: u64,
    after: u64,
}

impl Counts {
    fn add(&mut self, place: Place) {
        match place {
            Place::WarmUp => self.early += 1,
            Place::Evidence => self.evidence += 1,
            Place::After => self.after += 1,
        }
    }
}

/// The time of a log record.
fn log_time(time_ns: u64, observed_ns: u64) -> u64 {
    if time_ns == 0 { observed_ns } else { time_ns }
}

fn each_time(batch: &Batch, mut visit: impl FnMut(u64)) {
    match batch {
        Batch::Traces(request) => {
            let scopes = request.resource_spans.iter().flat_map(|resource| &resource.scope_spans);
            scopes.flat_map(|scope| &scope.spans).for_each(|span| visit(span.end_time_unix_nano));
        }
        Batch::Logs(request) => {
            let scopes = request.resource_logs.iter().flat_map(|resource| &resource.scope_logs);
            let records = scopes.flat_map(|scope| &scope.log_records);
            records.for_each(|record| visit(log_time(record.time_unix_nano, record.observed_time_unix_nano)));
        }
        Batch::Metrics(request) => {
            let scopes = request.resource_metrics.iter().flat_map(|resource| &resource.scope_metrics);
            for data in scopes.flat_map(|scope| &scope.metrics).filter_map(|metric| metric.data.as_ref()) {
                match data {
                    Data::Gauge(data) => data.data_points.iter().for_each(|point| visit(point.time_unix_nano)),
                    Data::Sum(data) => data.data_points.iter().for_each(|point| visit(point.time_unix_nano)),
                    Data::Histogram(data) => data.data_points.iter().for_each(|point| visit(point.time_unix_nano)),
                    Data::ExponentialHistogram(data) => {
                        data.data_points.iter().for_each(|point| visit(point.time_unix_nano));
                    }
                    Data::Summary(data) => data.data_points.iter().for_each(|point| visit(point.time_unix_nano)),
                }
            }
        }
    }
}

/// Leaves only the items whose time passes, and no empty shells round them.
fn keep(batch: &mut Batch, wanted: impl Fn(u64) -> bool) {
    match batch {
        Batch::Traces(request) => request.resource_spans.retain_mut(|resource| {
            resource.scope_spans.retain_mut(|scope| {
                scope.spans.retain(|span| wanted(span.end_time_unix_nano));
                !scope.spans.is_empty()
            });
            !resource.scope_spans.is_empty()
        }),
        Batch::Logs(request) => request.resource_logs.retain_mut(|resource| {
            resource.scope_logs.retain_mut(|scope| {
                scope
                    .log_records
                    .retain(|record| wanted(log_time(record.time_unix_nano, record.observed_time_unix_nano)));
                !scope.log_records.is_empty()
            });
            !resource.scope_logs.is_empty()
        }),
        Batch::Metrics(request) => request.resource_metrics.retain_mut(|resource| {
            resource.scope_metrics.retain_mut(|scope| {
                scope.metrics.retain_mut(|metric| metric.data.as_mut().is_some_and(|data| keep_points(data, &wanted)));
                !scope.metrics.is_empty()
            });
            !resource.scope_metrics.is_empty()
        }),
    }
}

/// Whether any point is left.
fn keep_points(data: &mut Data, wanted: impl Fn(u64) -> bool) -> bool {
    macro_rules! retain {
        ($data:expr) => {{
            $data.data_points.retain(|point| wanted(point.time_unix_nano));
            !$data.data_points.is_empty()
        }};
    }
    match data {
        Data::Gauge(data) => retain!(data),
        Data::Sum(data) => retain!(data),
        Data::Histogram(data) => retain!(data),
        Data::ExponentialHistogram(data) => retain!(data),
        Data::Summary(data) => retain!(data),
    }
}
