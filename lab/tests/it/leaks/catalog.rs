//! What runs of the whole catalog give away together: names, metrics and arrivals, held against chance.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use evidence::Bundle;
use rca_engine::UniversalIncidentSignal;
use rca_engine::evidence::Evidence;
use score::statistics::{area_under_curve, binomial_limit};
use serde_json::Value;

use crate::folders::{folder, json};
use crate::program::{rcalab, text};

/// What is kept of one run while its folder goes.
#[derive(Debug)]
struct Seen {
    scenario: String,
    /// Whether something is wrong, and whether it is the load itself.
    incident: bool,
    workload: bool,
    /// Names of metrics by service.
    metrics: BTreeMap<String, BTreeSet<String>>,
    /// Requests a second before the incident may have begun, and from then to the alert.
    rates: (f64, f64),
    /// Whether novelty was right, and how often a blind guess is. None: nothing is wrong, or the run does not count.
    novelty: Option<(bool, f64)>,
}

/// Three seeds of every scenario: enough that what gives the answer away every time is seen.
static RUNS: LazyLock<Vec<Seen>> = LazyLock::new(|| {
    let folder = folder();
    let ended = rcalab(&["regress", "--seeds", "1..3", "--keep", "all", "--out", text(folder.path()), "-q"]);
    // Whether verdicts are right is not asked here.
    assert!(matches!(ended.code, Some(0 | 99 | 106)), "{ended:?}");
    let bundles = std::fs::read_dir(folder.path().join("bundles")).unwrap();
    let runs: Vec<Seen> = bundles.map(|entry| seen(&entry.unwrap().path())).collect();
    assert_eq!(runs.len(), 3 * scenarios::catalog::catalog().len());
    runs
});

fn seen(bundle: &std::path::Path) -> Seen {
    let truth = json(&bundle.join("truth.json"));
    let roots = truth["roots"].as_array().unwrap();
    let names = roots.iter().flat_map(|root| root["any_of"].as_array().unwrap()).filter_map(Value::as_str);
    let card = json(&bundle.join("score.json"));
    let novelty = card["methods"].as_array().unwrap().iter().find(|method| method["name"] == "novelty").unwrap();
    let root = &novelty["score"]["root"];
    let right = root["top1"].as_bool().zip(root["chance"].as_f64()).filter(|_| card["class"] == "valid");
    let read = Bundle::open(bundle).unwrap();
    let signal = UniversalIncidentSignal::parse(&read.alert().unwrap().unwrap()).unwrap();
    let evidence = read.read().unwrap().evidence;
    Seen {
        scenario: truth["scenario"].as_str().unwrap().to_owned(),
        incident: !roots.is_empty(),
        workload: names.into_iter().any(|name| name.starts_with("workload")),
        metrics: metrics(&evidence),
        rates: rates(&evidence, &signal),
        novelty: right,
    }
}

fn metrics(evidence: &Evidence) -> BTreeMap<String, BTreeSet<String>> {
    let mut metrics: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for series in &evidence.series {
        let service = evidence.resource_text(series.resource, "service.name").unwrap().to_owned();
        metrics.entry(service).or_default().insert(evidence.names.text(series.name).to_owned());
    }
    metrics
}

/// A request comes when the first span of its trace begins: a root that has not ended yet is not in the evidence.
fn rates(evidence: &Evidence, signal: &UniversalIncidentSignal) -> (f64, f64) {
    let mut first: BTreeMap<u128, u64> = BTreeMap::new();
    for span in &evidence.spans {
        let known = first.entry(span.trace_id).or_insert(span.start_ns);
        *known = span.start_ns.min(*known);
    }
    let (begin, end) = (*first.values().min().unwrap(), signal.started_at_ns);
    // The alert's window and duration, as they usually are: a question has none.
    let split = end - 13_000_000_000;
    let rate = |from: u64, to: u64| {
        first.values().filter(|at| (from..to).contains(*at)).count() as f64 / ((to - from) as f64 / 1e9)
    };
    (rate(begin, split), rate(split, end))
}

#[test]
fn novelty_finds_the_root_hardly_more_often_than_chance() {
    let asked: Vec<(bool, f64)> = RUNS.iter().filter_map(|run| run.novelty).collect();
    let (tries, hits) = (asked.len() as u64, asked.iter().filter(|(right, _)| *right).count() as u64);
    let chance = asked.iter().map(|(_, chance)| chance).sum::<f64>() / asked.len() as f64;
    // Ten points are what every naive method is granted.
    let limit = binomial_limit(tries, chance + 0.1, 1e-3);
    assert!(hits < limit, "{hits} of {tries}, caught from {limit} on: new names give the root away");
    assert!(limit * 5 <= tries * 4, "too few runs to catch anybody: {limit} of {tries}");
}

#[test]
fn no_service_has_a_metric_that_it_lacks_where_nothing_is_wrong() {
    let usual = &RUNS.iter().find(|run| !run.incident).unwrap().metrics;
    assert!(usual.values().all(|names| names.len() >= 5), "{usual:?}");
    for run in RUNS.iter() {
        assert!(run.metrics.keys().eq(usual.keys()), "{}: {:?}", run.scenario, run.metrics.keys());
        for (service, names) in &run.metrics {
            // Fewer there may be: who is not called measures nothing.
            let more: Vec<&String> = names.difference(&usual[service]).collect();
            assert!(more.is_empty(), "{}: only there {service} has {more:?}", run.scenario);
        }
    }
}

/// How well a figure tells incidents from none, 0.5 being chance, and how far chance reaches in one of a thousand cases
/// (the standard deviation of Mann and Whitney's statistic, normally approximated).
fn told(figures: &[(f64, bool)]) -> (f64, f64) {
    let (yes, no) = (figures.iter().filter(|it| it.1).count() as f64, figures.iter().filter(|it| !it.1).count() as f64);
    let deviation = ((yes + no + 1.0) / (12.0 * yes * no)).sqrt();
    (area_under_curve(figures).unwrap(), 3.3 * deviation)
}

#[test]
fn arrivals_alone_do_not_tell_an_incident_from_none() {
    let growth = |run: &Seen| run.rates.1 / run.rates.0;
    let figures = |wanted: &dyn Fn(&Seen) -> bool, of: &dyn Fn(&Seen) -> f64| {
        let runs = RUNS.iter().filter(|run| !run.incident || wanted(run));
        runs.map(|run| (of(run), run.incident)).collect::<Vec<_>>()
    };
    for (name, of) in [
        ("growth", &growth as &dyn Fn(&Seen) -> f64),
        ("rate before", &|run: &Seen| run.rates.0),
        ("rate at the alert", &|run: &Seen| run.rates.1),
    ] {
        let (area, reach) = told(&figures(&|run| !run.workload, of));
        assert!(
            (area - 0.5).abs() <= reach,
            "{name} tells incidents from none: area {area:.2}, chance reaches {reach:.2}"
        );
    }
    // Where the load itself is what is wrong, it does: the check can fail.
    let surges = figures(&|run| run.workload, &growth);
    if surges.iter().any(|(_, incident)| *incident) {
        assert!(told(&surges).0 > 0.99, "{surges:?}");
    }
}
