//! Each naive method does what its name says, on a small incident written out by hand.

use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::{
    Attributes, Evidence, LogRecord, Resource, ResourceId, Span, SpanKind, Status, Symbol, Value,
};
use score::naive::{Random, methods};
use score::{Alert, Method, MethodOutput};

use crate::runs::component;

const S: u64 = 1_000_000_000;
const T0: u64 = 1_893_456_000 * S;

struct Telemetry {
    evidence: Evidence,
}

impl Telemetry {
    fn new() -> Self {
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
    fn span(&mut self, line: &str) {
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

    fn change(&mut self, at_s: u64, resource: u32, event: &str, id: &str) {
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
}

/// The cache fails first and rarely, the catalog most often, the database is slowest, search complains at 40 s.
fn incident() -> (Evidence, Alert) {
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

fn answer(output: &MethodOutput) -> String {
    let ranks: Vec<String> = output.ranks.iter().take(3).map(|rank| rank.component.to_string()).collect();
    format!("{}: {}", output.outcome, ranks.join(", "))
}

#[test]
fn each_method_does_what_its_name_says() {
    let (evidence, alert) = incident();
    let candidates = [component("service:a"), component("service:b"), component("service:c")];
    let told: Vec<String> = methods(7)
        .iter()
        .map(|method| format!("{} {}", method.name(), answer(&method.rank(&evidence, &alert, &candidates))))
        .collect();
    insta::assert_snapshot!(told.join("\n"), @"
    alerting_service cause: service:search
    slowest_span cause: service:database, service:catalog-cache, service:catalog
    first_error cause: service:catalog-cache, service:catalog
    most_errors cause: service:catalog, service:catalog-cache
    latest_change cause: change:config-0003, change:deploy-0002, change:deploy-0001
    random cause: service:c, service:a, service:b
    always_abstain insufficient_evidence:
    ");
}

#[test]
fn without_evidence_every_method_that_looks_at_it_abstains() {
    let evidence = Evidence::default();
    let alert = Alert::new(UniversalIncidentSignal::from_text("something is wrong", T0), &evidence);
    for method in methods(1) {
        assert_eq!(method.rank(&evidence, &alert, &[]), MethodOutput::abstain(), "{}", method.name());
    }
}

#[test]
fn the_names_are_those_that_scenarios_use() {
    let names: Vec<&str> = methods(0).iter().map(|method| method.name()).collect();
    assert_eq!(names, scenarios::naive::METHODS);
}

#[test]
fn the_random_method_is_right_as_often_as_chance() {
    let (evidence, alert) = incident();
    let candidates: Vec<_> = (0..10).map(|n| component(&format!("service:s{n}"))).collect();
    let hits = (0..5_000)
        .filter(|seed| {
            let output = Random { seed: *seed }.rank(&evidence, &alert, &candidates);
            output.ranks[0].component == candidates[3]
        })
        .count();
    assert!((400..600).contains(&hits), "{hits}");
}
