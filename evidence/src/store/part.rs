//! What one query is answered with, as it grows; and what it will be asked for again if its limit cuts it short.

use rca_engine::evidence::{Evidence, LogRecord, Series, Span};
use rca_engine::query::{Answer, Query};

use super::filter::Filter;
use super::kept::{Kept, Timed};
use super::series::{self, SeriesIndex};
use crate::line::logs::RecordLine;
use crate::line::metrics::PointLine;
use crate::line::traces::{EventLine, SpanLine};
use crate::line::value::Resource;

/// The items of one query, or everything where there is none.
pub(crate) struct Part {
    filter: Option<Filter>,
    spans: Kept<Span>,
    logs: Kept<LogRecord>,
    pub(super) series: Vec<Series>,
    pub(super) index: SeriesIndex,
    again: Option<Again>,
}

/// The narrower query that follows one which is cut short, and what of its answer the first one has no room for.
struct Again {
    query: Query,
    spans: Kept<Span>,
    logs: Kept<LogRecord>,
}

impl Default for Part {
    fn default() -> Self {
        let (spans, logs) = (Kept::new(usize::MAX), Kept::new(usize::MAX));
        Self { filter: None, spans, logs, series: Vec::new(), index: SeriesIndex::default(), again: None }
    }
}

impl Part {
    /// What a query asks for, and `again`: the query that follows if it cannot have all of it.
    pub(crate) fn new(query: Query, again: Option<Query>) -> Self {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Self {
            filter: Some(Filter::new(query)),
            spans: Kept::new(limit),
            logs: Kept::new(limit),
            again: again.map(Again::new),
            ..Self::default()
        }
    }

    /// Spans count by their start.
    pub(super) fn takes_span(&mut self, resource: &Resource<'_>, span: &SpanLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_span(resource, span));
        let key = (span.start_ns, span.span_id.0);
        wanted && (self.spans.has_room(key) || self.again.as_mut().is_some_and(|again| again.spans_have_room(key)))
    }

    /// Events of spans are log records to whoever asks.
    pub(super) fn takes_event(&mut self, resource: &Resource<'_>, span: &SpanLine<'_>, event: &EventLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_event(resource, span, event));
        wanted && self.has_room_for_log((event.at_ns(span), span.trace_id.0))
    }

    pub(super) fn takes_record(&mut self, resource: &Resource<'_>, record: &RecordLine<'_>) -> bool {
        let wanted = self.filter.as_ref().is_none_or(|filter| filter.takes_record(resource, record));
        wanted && self.has_room_for_log((record.at_ns(), record.trace_id.0))
    }

    pub(super) fn takes_point(&self, resource: &Resource<'_>, point: &PointLine<'_>) -> bool {
        self.filter.as_ref().is_none_or(|filter| filter.takes_point(resource, point))
    }

    fn has_room_for_log(&mut self, key: (u64, u128)) -> bool {
        self.logs.has_room(key) || self.again.as_mut().is_some_and(|again| again.logs_have_room(key))
    }

    pub(super) fn push_span(&mut self, span: Span) {
        if self.spans.is_open_to(span.key()) {
            let rest = self.spans.push(span);
            if let Some(again) = &mut self.again {
                again.take_spans(rest);
            }
        } else if let Some(again) = &mut self.again {
            again.take_spans(vec![span]);
        }
    }

    pub(super) fn push_log(&mut self, log: LogRecord) {
        if self.logs.is_open_to(log.key()) {
            let rest = self.logs.push(log);
            if let Some(again) = &mut self.again {
                again.take_logs(rest);
            }
        } else if let Some(again) = &mut self.again {
            again.take_logs(vec![log]);
        }
    }

    /// All items beside what they are numbered by.
    pub(super) fn finish(self, numbering: Evidence) -> Evidence {
        let mut series = self.series;
        series::sort(&mut series);
        Evidence { spans: self.spans.into_items(), logs: self.logs.into_items(), series, ..numbering }
    }

    /// The answer, and the one to the query that follows where this one is not complete. `is_read` says whether every
    /// line that could answer was read.
    pub(crate) fn answer(mut self, numbering: &Evidence, is_read: bool) -> (Answer, Option<(Query, Answer)>) {
        let (spans, logs) = (self.spans.trim(), self.logs.trim());
        let mut again = self.again.take();
        if let Some(again) = &mut again {
            again.take_spans(spans);
            again.take_logs(logs);
        }
        let filter = self.filter.take();
        let id = filter.as_ref().map_or(0, Filter::query_id);
        let is_whole = self.spans.is_whole() && self.logs.is_whole();
        let mut evidence = self.finish(numbering.clone());
        let series_are_whole = filter.is_none_or(|filter| filter.cut_series(&mut evidence.series));
        let complete = is_whole && series_are_whole && is_read;
        let again = again.filter(|_| !complete).map(|again| again.answer(&evidence, numbering, is_read));
        (Answer { query: id, evidence, complete }, again)
    }
}

impl Again {
    fn new(query: Query) -> Self {
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        Self { query, spans: Kept::new(limit), logs: Kept::new(limit) }
    }

    fn has_in_window(&self, at_ns: u64) -> bool {
        (self.query.from_ns..self.query.to_ns).contains(&at_ns)
    }

    fn spans_have_room(&mut self, key: (u64, u128)) -> bool {
        self.has_in_window(key.0) && self.spans.has_room(key)
    }

    fn logs_have_room(&mut self, key: (u64, u128)) -> bool {
        self.has_in_window(key.0) && self.logs.has_room(key)
    }

    fn take_spans(&mut self, spans: Vec<Span>) {
        for span in spans {
            if self.spans_have_room(span.key()) {
                // What it has no room for is gone: nothing follows after it.
                drop(self.spans.push(span));
            }
        }
    }

    fn take_logs(&mut self, logs: Vec<LogRecord>) {
        for log in logs {
            if self.logs_have_room(log.key()) {
                drop(self.logs.push(log));
            }
        }
    }

    /// What the first answer has of the window comes before what there was no room for in it.
    fn answer(self, first: &Evidence, numbering: &Evidence, is_read: bool) -> (Query, Answer) {
        let (mut spans, mut logs) = (Kept::new(self.limit()), Kept::new(self.limit()));
        let mut is_whole = self.spans.is_whole() && self.logs.is_whole();
        for span in first.spans.iter().filter(|span| self.has_in_window(span.start_ns)) {
            spans.push(span.clone());
        }
        for log in first.logs.iter().filter(|log| self.has_in_window(log.at_ns)) {
            logs.push(log.clone());
        }
        self.spans.into_items().into_iter().for_each(|span| drop(spans.push(span)));
        self.logs.into_items().into_iter().for_each(|log| drop(logs.push(log)));
        drop((spans.trim(), logs.trim()));
        is_whole &= spans.is_whole() && logs.is_whole();
        let evidence = Evidence { spans: spans.into_items(), logs: logs.into_items(), ..numbering.clone() };
        let answer = Answer { query: self.query.id, evidence, complete: is_whole && is_read };
        (self.query, answer)
    }

    fn limit(&self) -> usize {
        usize::try_from(self.query.limit).unwrap_or(usize::MAX)
    }
}
