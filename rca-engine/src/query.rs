//! What the engine asks for and what it gets, and how evidence in memory answers.

use crate::evidence::{Evidence, Points, Series};
use crate::investigation::Window;

/// Which store is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Source {
    Traces,
    Metrics,
    Logs,
}

impl Source {
    /// The word in a plan.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Traces => "traces",
            Self::Metrics => "metrics",
            Self::Logs => "logs",
        }
    }
}

/// Attribute values that select evidence.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dimensions {
    /// Every item must carry these: `trace_id`, or an attribute of item or resource.
    pub exact: Vec<(String, String)>,
    /// Items that carry the attribute must have this value; items without it pass.
    pub strong: Vec<(String, String)>,
}

/// A question to a store.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Query {
    /// Unique within an inquiry.
    pub id: u32,
    pub source: Source,
    /// Half-open: spans by start, logs by time, metrics by point.
    pub from_ns: u64,
    pub to_ns: u64,
    pub dimensions: Dimensions,
    /// In words, for people: why this is asked.
    pub text: String,
    /// 1 first; a store that is short of time answers low numbers first.
    pub priority: u32,
    /// At most this many items: spans, log records or series.
    pub limit: u64,
}

impl Query {
    /// The time it asks about.
    pub fn window(&self) -> Window {
        Window { from_ns: self.from_ns, to_ns: self.to_ns }
    }
}

/// The answer to a [`Query`].
#[derive(Clone, Debug)]
pub struct Answer {
    /// [`Query::id`].
    pub query: u32,
    pub evidence: Evidence,
    /// Whether everything that matches is in it: false where a limit or a failure cut it short.
    pub complete: bool,
}

/// Answers a query from evidence in memory. Whole traces are not kept together: a limit cuts by time, the earliest
/// items stay, so that the answer does not depend on the order of the evidence.
pub fn answer(evidence: &Evidence, query: &Query) -> Answer {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let within = |at_ns: u64| (query.from_ns..query.to_ns).contains(&at_ns);
    let mut found = Evidence {
        names: evidence.names.clone(),
        resources: evidence.resources.clone(),
        topology: evidence.topology.clone(),
        ..Evidence::default()
    };
    let complete = match query.source {
        Source::Traces => {
            found.spans = evidence.spans.iter().filter(|span| within(span.start_ns)).cloned().collect();
            cut(&mut found.spans, limit, |span| (span.start_ns, u128::from(span.span_id)))
        }
        Source::Logs => {
            found.logs = evidence.logs.iter().filter(|log| within(log.at_ns)).cloned().collect();
            cut(&mut found.logs, limit, |log| (log.at_ns, log.trace_id))
        }
        Source::Metrics => {
            found.series = evidence.series.iter().filter_map(|series| cut_series(series, query)).collect();
            let complete = found.series.len() <= limit;
            found.series.truncate(limit);
            complete
        }
    };
    Answer { query: query.id, evidence: found, complete }
}

fn cut<T, K: Ord>(items: &mut Vec<T>, limit: usize, key: impl Fn(&T) -> K) -> bool {
    if items.len() <= limit {
        return true;
    }
    items.sort_by_key(key);
    items.truncate(limit);
    false
}

/// The points of a series inside the window; the last one before it stays too, so that increases can be told.
fn cut_series(series: &Series, query: &Query) -> Option<Series> {
    fn kept<T: Clone>(points: &[T], query: &Query, at: impl Fn(&T) -> u64) -> Vec<T> {
        let first = points.partition_point(|point| at(point) < query.from_ns);
        let end = points.partition_point(|point| at(point) < query.to_ns);
        points[first.saturating_sub(1).min(end)..end].to_vec()
    }
    let points = match &series.points {
        Points::Gauge(points) => Points::Gauge(kept(points, query, |point| point.at_ns)),
        Points::Sum { monotonic, cumulative, points } => Points::Sum {
            monotonic: *monotonic,
            cumulative: *cumulative,
            points: kept(points, query, |point| point.at_ns),
        },
        Points::Histogram { cumulative, bounds, points } => Points::Histogram {
            cumulative: *cumulative,
            bounds: bounds.clone(),
            points: kept(points, query, |point| point.at_ns),
        },
    };
    let is_empty = match &points {
        Points::Gauge(points) | Points::Sum { points, .. } => points.is_empty(),
        Points::Histogram { points, .. } => points.is_empty(),
    };
    (!is_empty).then(|| Series { points, ..series.clone() })
}
