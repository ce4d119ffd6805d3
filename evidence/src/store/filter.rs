//! What one query lets in: its window, its dimensions and its limit, applied while a file is read.

use std::borrow::Cow;

use rca_engine::evidence::{Points, Series};
use rca_engine::query::{Query, Source};

use crate::line::TraceId;
use crate::line::logs::RecordLine;
use crate::line::metrics::PointLine;
use crate::line::traces::{EventLine, SpanLine};
use crate::line::value::{Any, Attributes, Resource};

/// A query's conditions on single items, and on series as wholes.
pub(crate) struct Filter {
    query: Query,
}

impl Filter {
    pub(crate) fn new(query: Query) -> Self {
        Self { query }
    }

    pub(super) fn query_id(&self) -> u32 {
        self.query.id
    }

    /// Spans count by their start.
    pub(super) fn takes_span(&self, resource: &Resource<'_>, span: &SpanLine<'_>) -> bool {
        self.query.source == Source::Traces
            && self.within(span.start_ns)
            && self.fits(resource, &span.attributes, || hex(span.trace_id))
    }

    /// Events of spans are log records to whoever asks.
    pub(super) fn takes_event(&self, resource: &Resource<'_>, span: &SpanLine<'_>, event: &EventLine<'_>) -> bool {
        self.query.source == Source::Logs
            && self.within(event.at_ns(span))
            && self.fits(resource, &event.attributes, || hex(span.trace_id))
    }

    pub(super) fn takes_record(&self, resource: &Resource<'_>, record: &RecordLine<'_>) -> bool {
        self.query.source == Source::Logs
            && self.within(record.at_ns())
            && self.fits(resource, &record.attributes, || hex(record.trace_id))
    }

    /// Points before the window are let in: the last of them tells the first increase, and the rest goes at the end.
    pub(super) fn takes_point(&self, resource: &Resource<'_>, point: &PointLine<'_>) -> bool {
        self.query.source == Source::Metrics
            && point.at_ns < self.query.to_ns
            && self.fits(resource, &point.attributes, String::new)
    }

    fn within(&self, at_ns: u64) -> bool {
        (self.query.from_ns..self.query.to_ns).contains(&at_ns)
    }

    fn fits(&self, resource: &Resource<'_>, attributes: &Attributes<'_>, trace_id: impl Fn() -> String) -> bool {
        let on_item_or_resource = |key: &str| find(attributes, key).or_else(|| find(&resource.attributes, key));
        let exact = self.query.dimensions.exact.iter().all(|(key, wanted)| match key.as_str() {
            "trace_id" => trace_id().eq_ignore_ascii_case(wanted),
            key => on_item_or_resource(key).is_some_and(|value| value == wanted.as_str()),
        });
        let strong = &self.query.dimensions.strong;
        exact
            && strong.iter().all(|(key, wanted)| on_item_or_resource(key).is_none_or(|value| value == wanted.as_str()))
    }

    /// Cuts series to the window and to the limit; whether nothing that passed had to go.
    pub(super) fn cut_series(&self, series: &mut Vec<Series>) -> bool {
        series.retain_mut(|series| match &mut series.points {
            Points::Gauge(points) | Points::Sum { points, .. } => self.cut_points(points, |point| point.at_ns),
            Points::Histogram { points, .. } => self.cut_points(points, |point| point.at_ns),
        });
        let limit = usize::try_from(self.query.limit).unwrap_or(usize::MAX);
        let is_whole = series.len() <= limit;
        series.truncate(limit);
        is_whole
    }

    /// Leaves the points of the window and the last one before it; whether any is left.
    fn cut_points<T>(&self, points: &mut Vec<T>, at_ns: impl Fn(&T) -> u64) -> bool {
        let first = points.partition_point(|point| at_ns(point) < self.query.from_ns);
        points.drain(..first.saturating_sub(1));
        !points.is_empty()
    }
}

fn hex(id: TraceId) -> String {
    format!("{:032x}", id.0)
}

/// An attribute as text, so that a query can name numbers and flags too.
fn find<'a>(attributes: &'a Attributes<'_>, key: &str) -> Option<Cow<'a, str>> {
    let attribute = attributes.0.iter().find(|attribute| attribute.0.key.0 == key)?;
    match &attribute.0.value {
        Any::Empty => None,
        Any::Text(text) => Some(Cow::Borrowed(text)),
        Any::Int(value) => Some(Cow::Owned(value.to_string())),
        Any::Double(value) => Some(Cow::Owned(value.to_string())),
        Any::Bool(value) => Some(Cow::Owned(value.to_string())),
        other @ (Any::List(_) | Any::Map(_)) => Some(Cow::Owned(other.to_json())),
    }
}
