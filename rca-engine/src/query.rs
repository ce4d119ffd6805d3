//! What the engine asks for and what it gets, and how evidence in memory answers.

use crate::evidence::{Attributes, Evidence, Points, ResourceId, Series, Symbol, Value};
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
    let filter = Filter::of(evidence, &query.dimensions);
    let mut found = Evidence {
        names: evidence.names.clone(),
        resources: evidence.resources.clone(),
        topology: evidence.topology.clone(),
        ..Evidence::default()
    };
    let complete = match query.source {
        Source::Traces => {
            found.spans = evidence
                .spans
                .iter()
                .filter(|span| within(span.start_ns))
                .filter(|span| filter.passes(Some(span.trace_id), span.resource, &span.attributes))
                .cloned()
                .collect();
            cut(&mut found.spans, limit, |span| (span.start_ns, u128::from(span.span_id)))
        }
        Source::Logs => {
            found.logs = evidence
                .logs
                .iter()
                .filter(|log| within(log.at_ns))
                .filter(|log| filter.passes(Some(log.trace_id), log.resource, &log.attributes))
                .cloned()
                .collect();
            cut(&mut found.logs, limit, |log| (log.at_ns, log.trace_id))
        }
        Source::Metrics => {
            found.series = evidence
                .series
                .iter()
                .filter(|series| filter.passes(None, series.resource, &series.attributes))
                .filter_map(|series| cut_series(series, query))
                .collect();
            // The longest series stay; of equally long ones those that begin first.
            cut(&mut found.series, limit, |series| {
                let (length, first) = extent(&series.points);
                (std::cmp::Reverse(length), first)
            })
        }
    };
    Answer { query: query.id, evidence: found, complete }
}

/// The dimensions of a query in the symbols of one evidence store.
struct Filter<'e> {
    evidence: &'e Evidence,
    trace_id: Option<u128>,
    /// A symbol that does not occur at all is none: then nothing can match it.
    exact: Vec<Option<(Symbol, Symbol)>>,
    /// The name, and the value where it occurs.
    strong: Vec<(Symbol, Option<Symbol>)>,
}

impl<'e> Filter<'e> {
    fn of(evidence: &'e Evidence, dimensions: &Dimensions) -> Self {
        let find = |text: &str| evidence.names.find(text);
        let is_trace = |name: &str| name == "trace_id";
        let trace = dimensions.exact.iter().find(|(name, _)| is_trace(name));
        Self {
            evidence,
            trace_id: trace.map(|(_, id)| u128::from_str_radix(id, 16).unwrap_or(0)),
            exact: dimensions
                .exact
                .iter()
                .filter(|(name, _)| !is_trace(name))
                .map(|(name, value)| Some((find(name)?, find(value)?)))
                .collect(),
            strong: dimensions.strong.iter().filter_map(|(name, value)| Some((find(name)?, find(value)))).collect(),
        }
    }

    fn passes(&self, trace_id: Option<u128>, resource: ResourceId, attributes: &Attributes) -> bool {
        let of_resource = self.evidence.resources.get(resource.0 as usize).map_or(&[][..], |r| &r.attributes[..]);
        let value = |key: Symbol| attributes.iter().chain(of_resource).find(|(name, _)| *name == key);
        let is = |key: Symbol, text: Symbol| value(key).is_some_and(|(_, value)| *value == Value::Text(text));
        let of_trace = self.trace_id.is_none_or(|wanted| trace_id.is_none_or(|id| id == wanted));
        let exact = self.exact.iter().all(|pair| pair.is_some_and(|(key, text)| is(key, text)));
        let strong =
            self.strong.iter().all(|(key, text)| value(*key).is_none() || text.is_some_and(|text| is(*key, text)));
        of_trace && exact && strong
    }
}

/// How many points a series has, and when the first one is.
fn extent(points: &Points) -> (usize, u64) {
    match points {
        Points::Gauge(points) | Points::Sum { points, .. } => (points.len(), points.first().map_or(0, |p| p.at_ns)),
        Points::Histogram { points, .. } => (points.len(), points.first().map_or(0, |point| point.at_ns)),
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Resource, Span, SpanKind, Status};

    /// Two spans a second apart, of the runs `x` and `y`; only the first says its region.
    fn evidence() -> Evidence {
        let mut evidence = Evidence::default();
        let names = &mut evidence.names;
        let (run, region) = (names.intern("run"), names.intern("region"));
        let (x, y, eu) = (names.intern("x"), names.intern("y"), names.intern("eu"));
        let name = names.intern("work");
        evidence.resources.push(Resource { attributes: Box::new([(region, Value::Text(eu))]) });
        evidence.resources.push(Resource { attributes: Box::new([]) });
        for (index, value) in [x, y].into_iter().enumerate() {
            let index = u32::try_from(index).expect("two spans");
            evidence.spans.push(Span {
                trace_id: u128::from(index) + 1,
                span_id: 1,
                parent_id: 0,
                resource: ResourceId(index),
                name,
                kind: SpanKind::Server,
                status: Status::Unset,
                start_ns: u64::from(index) * 1_000,
                end_ns: u64::from(index) * 1_000 + 1,
                attributes: Box::new([(run, Value::Text(value))]),
                links: Box::new([]),
            });
        }
        evidence
    }

    fn found(dimensions: Dimensions, to_ns: u64, limit: u64) -> (Vec<u128>, bool) {
        let query = Query {
            id: 1,
            source: Source::Traces,
            from_ns: 0,
            to_ns,
            dimensions,
            text: String::new(),
            priority: 1,
            limit,
        };
        let answer = answer(&evidence(), &query);
        (answer.evidence.spans.iter().map(|span| span.trace_id).collect(), answer.complete)
    }

    fn exactly(name: &str, value: &str) -> Dimensions {
        Dimensions { exact: vec![(name.to_owned(), value.to_owned())], strong: Vec::new() }
    }

    #[test]
    fn exact_dimensions_must_be_carried() {
        assert_eq!(found(exactly("run", "y"), 9_000, 9), (vec![2], true));
        assert_eq!(found(exactly("run", "z"), 9_000, 9), (vec![], true));
        assert_eq!(found(exactly("trace_id", "1"), 9_000, 9), (vec![1], true));
    }

    #[test]
    fn strong_dimensions_exclude_only_who_says_otherwise() {
        let strong =
            |value: &str| Dimensions { exact: Vec::new(), strong: vec![("region".to_owned(), value.to_owned())] };
        assert_eq!(found(strong("eu"), 9_000, 9), (vec![1, 2], true));
        assert_eq!(found(strong("us"), 9_000, 9), (vec![2], true));
    }

    #[test]
    fn a_limit_keeps_the_earliest_and_says_so() {
        assert_eq!(found(Dimensions::default(), 9_000, 1), (vec![1], false));
        assert_eq!(found(Dimensions::default(), 500, 9), (vec![1], true));
    }
}
