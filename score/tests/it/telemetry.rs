//! Evidence written by hand: spans and changes in words, metrics in numbers, and a small incident made of them.

use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::{
    Attributes, Distribution, Evidence, LogRecord, Number, Points, Resource, ResourceId, Series, Span, SpanKind,
    Status, Symbol, Value,
};
use score::Alert;

pub(crate) const S: u64 = 1_000_000_000;
pub(crate) const T0: u64 = 1_893_456_000 * S;

pub(crate) struct Telemetry {
    pub(crate) evidence: Evidence,
}

impl Telemetry {
    pub(crate) fn new() -> Self {
        let mut telemetry = Self { evidence: Evidence::default() };
        for service in ["search", "catalog", "catalog-cache", "database"] {
            let attributes = telemetry.attributes(&[("service.name", service)]);
            telemetry.evidence.resources.push(Resource { attributes });
        }
        telemetry
    }

    fn symbol(&mut self, text: &str) -> Symbol {
        self.evidence.names.intern(text)
    }

    fn attributes(&mut self, pairs: &[(&str, &str)]) -> Attributes {
        pairs.iter().map(|(key, value)| (self.symbol(key), Value::Text(self.symbol(value)))).collect()
    }

    /// `id<parent service from..to` in milliseconds after T0; `!` at the end: it failed; `~7`: it links to span 7.
    pub(crate) fn span(&mut self, line: &str) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let number = |text: &str| text.parse::<u64>().expect("a number");
        let (id, parent) = words[0].split_once('<').expect("id and parent");
        let (from, to) = words[2].split_once("..").expect("a span of time");
        let name = self.symbol("GET");
        self.evidence.spans.push(Span {
            trace_id: u128::from(number(id) / 10),
            span_id: number(id),
            parent_id: number(parent),
            resource: ResourceId(u32::try_from(number(words[1])).expect("small")),
            name,
            kind: SpanKind::Server,
            status: if words.get(3) == Some(&"!") { Status::Error } else { Status::Unset },
            start_ns: T0 + number(from) * 1_000_000,
            end_ns: T0 + number(to) * 1_000_000,
            attributes: Box::default(),
            links: words
                .get(3)
                .and_then(|word| word.strip_prefix('~'))
                .map(|id| (u128::from(number(id) / 10), number(id)))
                .into_iter()
                .collect(),
        });
    }

    pub(crate) fn change(&mut self, at_s: u64, resource: u32, event: &str, id: &str) {
        let log = LogRecord {
            resource: ResourceId(resource),
            at_ns: T0 + at_s * S,
            severity: 9,
            event_name: Some(self.symbol(event)),
            body: self.symbol("took over"),
            trace_id: 0,
            span_id: 0,
            attributes: self.attributes(&[("deployment.id", id)]),
        };
        self.evidence.logs.push(log);
    }

    pub(crate) fn series(&mut self, resource: u32, name: &str, points: Points) {
        let (name, unit) = (self.symbol(name), self.symbol("1"));
        let resource = ResourceId(resource);
        self.evidence.series.push(Series { resource, name, unit, attributes: Box::default(), points });
    }
}

/// Points that began at T0: seconds after it, and the value.
pub(crate) fn numbers(points: &[(u64, f64)]) -> Vec<Number> {
    points.iter().map(|(at_s, value)| Number { start_ns: T0, at_ns: T0 + at_s * S, value: *value }).collect()
}

/// The same of a histogram: seconds, count and sum.
pub(crate) fn distributions(points: &[(u64, u64, f64)]) -> Vec<Distribution> {
    let point = |(at_s, count, sum): &(u64, u64, f64)| Distribution {
        start_ns: T0,
        at_ns: T0 + at_s * S,
        count: *count,
        sum: *sum,
        buckets: Box::default(),
        exemplars: Box::default(),
    };
    points.iter().map(point).collect()
}

/// The cache fails first and rarely, the catalog most often, the database is slowest, search complains at 40 s.
pub(crate) fn incident() -> (Evidence, Alert) {
    let mut telemetry = Telemetry::new();
    for line in [
        // The baseline: an error and a long span that must not count.
        "10<0 0 1000..9000",
        "11<10 2 1001..1002 !",
        // The incident.
        "20<0 0 30000..33000",
        "21<20 1 30010..32990 !",
        "22<21 2 30020..30024 !",
        "23<21 3 30030..32980",
        "30<0 0 31000..34000",
        "31<30 1 31010..33990 !",
        "33<31 3 31030..33980",
        // Longest of all, but it waited for the reading of another request.
        "40<0 2 30000..33500 ~23",
    ] {
        telemetry.span(line);
    }
    telemetry.change(5, 0, "deployment.finished", "deploy-0001");
    telemetry.change(29, 2, "deployment.finished", "deploy-0002");
    telemetry.change(36, 1, "configuration.changed", "config-0003");
    telemetry.change(37, 1, "process.started", "start-0004");
    telemetry.change(45, 3, "deployment.finished", "deploy-0005");
    let signal = UniversalIncidentSignal {
        service: Some("search".to_owned()),
        threshold: Some(0.5),
        window_ns: 5 * S,
        for_ns: 6 * S,
        ..UniversalIncidentSignal::from_text("search is slow", T0 + 40 * S)
    };
    let alert = Alert::new(signal, &telemetry.evidence);
    (telemetry.evidence, alert)
}
