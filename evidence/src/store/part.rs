//! What one query is answered with, as it grows; and what it will be asked for again if its limit cuts it short.

use rca_engine::evidence::{Evidence, LogRecord, Series, Span};
use rca_engine::query::{Answer, Query};

use super::filter::Filter;
use super::lane::Lane;
use super::series::{self, SeriesIndex};
use crate::line::logs::RecordLine;
use crate::line::metrics::PointLine;
use crate::line::traces::{EventLine, SpanLine};
use crate::line::value::Resource;

/// The items of one query, or everything where there is none.
#[derive(Default)]
pub(crate) struct Part {
    filter: Option<Filter>,
    spans: Lane<Span>,
    logs: Lane<LogRecord>,
    pub(super) series: Vec<Series>,
    pub(super) index: SeriesIndex,
    /// The narrower query that follows if this one is cut short.
    again: Option<Query>,
}

impl Part {
    /// What a query asks for, and `again`: the query that follows if it cannot have all of it.
    pub(crate) fn new(query: Query, again: Option<Query>) -> Self {
        let (spans, logs) = (Lane::new(&query, again.as_ref()), Lane::new(&query, again.as_ref()));
        Self { filter: Some(Filter::new(query)), spans, logs, again, ..Self::default() }
    }

    /// Spans count by their start.
    pub(super) fn takes_span(&mut self, resource: &Resource<'_>, span: &SpanLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_span(resource, span));
        wanted && self.spans.has_room((span.start_ns, span.span_id.0))
    }

    /// Events of spans are log records to whoever asks.
    pub(super) fn takes_event(&mut self, resource: &Resource<'_>, span: &SpanLine<'_>, event: &EventLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_event(resource, span, event));
        wanted && self.logs.has_room((event.at_ns(span), span.trace_id.0))
    }

    pub(super) fn takes_record(&mut self, resource: &Resource<'_>, record: &RecordLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_record(resource, record));
        wanted && self.logs.has_room((record.at_ns(), record.trace_id.0))
    }

    pub(super) fn takes_point(&self, resource: &Resource<'_>, point: &PointLine<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.takes_point(resource, point))
    }

    pub(super) fn push_span(&mut self, span: Span) {
        self.spans.push(span);
    }

    pub(super) fn push_log(&mut self, log: LogRecord) {
        self.logs.push(log);
    }

    /// All items beside what they are numbered by.
    pub(super) fn finish(self, numbering: Evidence) -> Evidence {
        let ((spans, ..), (logs, ..)) = (self.spans.finish(), self.logs.finish());
        let mut series = self.series;
        series::sort(&mut series);
        Evidence { spans, logs, series, ..numbering }
    }

    /// The answer, and the one to the query that follows where this one is not complete. `is_read` says whether every
    /// line that could answer was read.
    pub(crate) fn answer(self, numbering: &Evidence, is_read: bool) -> (Answer, Option<(Query, Answer)>) {
        let (spans, spans_are_whole, later_spans) = self.spans.finish();
        let (logs, logs_are_whole, later_logs) = self.logs.finish();
        let mut series = self.series;
        series::sort(&mut series);
        let id = self.filter.as_ref().map_or(0, Filter::query_id);
        let series_are_whole = self.filter.is_none_or(|filter| filter.cut_series(&mut series));
        let complete = spans_are_whole && logs_are_whole && series_are_whole && is_read;
        let evidence = Evidence { spans, logs, series, ..numbering.clone() };
        let later = self.again.zip(later_spans.zip(later_logs)).filter(|_| !complete);
        let again = later.map(|(query, (spans, logs))| {
            let (spans, spans_are_whole) = spans.answer(&evidence.spans);
            let (logs, logs_are_whole) = logs.answer(&evidence.logs);
            let complete = spans_are_whole && logs_are_whole && is_read;
            let evidence = Evidence { spans, logs, ..numbering.clone() };
            let answer = Answer { query: query.id, evidence, complete };
            (query, answer)
        });
        (Answer { query: id, evidence, complete }, again)
    }
}
