//! Telemetry that means harm, or is merely enormous, stays text and stays small.

use proptest::prelude::*;
use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Points};
use rca_engine::investigation::{
    Culprit, EvidenceItem, Hypothesis, Investigation, Pivot, PlannedQuery, PropagationEdge, TimeShare,
};
use rca_engine::vocabulary::Effect;
use report::{Check, Gate, NaiveAnswer, Options, RunFacts, html, markdown, terminal};

use crate::page::{assert_balanced, tags};
use crate::{founding, shop};

const ATTACKS: [&str; 6] = [
    "<script>alert(1)</script>",
    "\"><img src=x onerror=alert(1)>",
    "\" onload=\"alert(1)",
    "</title></style><svg/onload=alert(1)>",
    "a\u{202e}b\u{2066}c\0d\u{1b}[2Je\u{9b}31m",
    "javascript:alert(1)//&#x3c;",
];

fn item(text: &str, id: &str) -> EvidenceItem {
    let mut item = founding::investigation(&shop::run()).core.evidence[2].clone();
    item.id = id.to_owned();
    item.kind = text.to_owned();
    item.text = text.to_owned();
    item.reference.file = text.to_owned();
    item.reference.metric = Some(text.to_owned());
    item.reference.trace_id = Some(text.to_owned());
    item.reference.span_id = Some(text.to_owned());
    item.supports = vec![Component::service(text); 20];
    item.against = vec![Component::service(text); 20];
    item
}

/// The sample with every string replaced, and every list made long.
fn poisoned(text: &str, times: usize) -> (Investigation, Check, RunFacts) {
    let mut all = founding::investigation(&shop::run());
    let many = || vec![text.to_owned(); times];
    let component = |index: usize| Component::service(&format!("{text}{index}"));
    let header = &mut all.header;
    (header.confidence, header.root_cause, header.proof) = (text.into(), text.into(), text.into());
    (header.impact, header.doubts, header.refuted_by) = (many(), many(), many());
    let core = &mut all.core;
    core.roles.root = (0..times).map(|index| Culprit { component: component(index), kind: None }).collect();
    core.roles.symptom = component(0);
    core.roles.propagation = (0..times)
        .map(|index| PropagationEdge { from: component(index), to: component(index * 7 % times), effect: Effect::Load })
        .collect();
    core.evidence = (0..times).map(|index| item(text, &format!("E{index}"))).collect();
    core.evidence.push(item(text, text));
    core.hypotheses = (0..times)
        .map(|index| Hypothesis {
            supported_by: many(),
            against: many(),
            why: text.into(),
            ..core.hypotheses[index % 3].clone()
        })
        .collect();
    for action in &mut core.actions {
        action.target = component(1);
        (action.precondition, action.blast_radius, action.expect, action.avoid) =
            (text.into(), text.into(), text.into(), text.into());
        action.evidence = many();
    }
    core.actions = core.actions.iter().cycle().take(times).cloned().collect();
    core.why_not_slowest = Some(text.into());
    for line in &mut all.timeline {
        line.text = text.into();
        line.evidence = Some(text.into());
    }
    let proof = all.proof.as_mut().expect("the sample has a proof");
    (proof.why, proof.runner_up) = (text.into(), Some(text.into()));
    proof.accounting = (0..times)
        .map(|index| TimeShare { component: component(index), part: text.into(), ns: u64::MAX, baseline_ns: 7 })
        .collect();
    let (from_ns, to_ns) = (0, u64::MAX);
    all.pivots = vec![Pivot { tool: text.into(), title: text.into(), query: text.into(), from_ns, to_ns }; times];
    all.plan = vec![
        PlannedQuery {
            id: 1,
            source: text.into(),
            text: text.into(),
            priority: 1,
            items: u64::MAX,
            complete: false
        };
        times
    ];
    let mut check = founding::check();
    (check.scenario, check.title, check.effect) = (text.into(), text.into(), text.into());
    check.truth.roots = vec![many(); times];
    check.truth.propagation = many();
    check.gates = vec![Gate { name: text.into(), passed: false, why: text.into() }; times];
    check.naive =
        vec![
            NaiveAnswer { method: text.into(), answer: Some(text.into()), failure: None, right: true, must_fail: true };
            times
        ];
    let facts = RunFacts { run_id: text.into(), mode: text.into(), made_by: text.into(), ..founding::facts() };
    (all, check, facts)
}

/// The sample's telemetry with one string put into every name and value.
fn poisoned_evidence(text: &str) -> Evidence {
    let mut evidence = shop::run().evidence;
    let symbol = evidence.names.intern(text);
    for span in &mut evidence.spans {
        span.name = symbol;
    }
    for resource in &mut evidence.resources {
        resource.attributes[0].1 = rca_engine::evidence::Value::Text(symbol);
    }
    for series in &mut evidence.series {
        (series.name, series.unit) = (symbol, symbol);
    }
    evidence
}

#[test]
fn attacks_stay_text_in_every_form() {
    for attack in ATTACKS {
        let (mut investigation, check, facts) = poisoned(attack, 14);
        let sample = founding::investigation(&shop::run());
        investigation.proof.as_mut().expect("a proof").trace_id = sample.proof.expect("a proof").trace_id;
        let page = html(&investigation, Some(&poisoned_evidence(attack)), Some(&check), &facts);
        assert_balanced(&page);
        for (name, attributes) in tags(&page) {
            assert!(name != "script" && name != "img", "{attack}: {name}");
            for (key, value) in attributes {
                assert!(!key.starts_with("on"), "{attack}: {key}");
                assert!(key != "href" || value.starts_with('#'), "{attack}: {value}");
            }
        }
        let text = terminal(&investigation, Some(&check), &Options::default());
        let short = markdown(&investigation, Some(&check));
        for form in [&page, &text, &short] {
            let deceptive = |c: char| {
                (c.is_control() && c != '\n')
                    || ('\u{202a}'..='\u{202e}').contains(&c)
                    || ('\u{2066}'..='\u{2069}').contains(&c)
            };
            assert!(!form.chars().any(deceptive), "{attack}: {form}");
        }
        assert!(!short.contains("<script") && !short.contains("<img"), "{short}");
    }
}

#[test]
fn long_strings_in_long_lists_stay_below_a_megabyte() {
    // Quotes and line separators grow most when they are escaped.
    for text in ["\"".repeat(1 << 14), "\u{2028}".repeat(1 << 12), "x".repeat(1 << 14)] {
        let (mut investigation, check, facts) = poisoned(&text, 60);
        let item = investigation.core.evidence[1].clone();
        investigation
            .core
            .evidence
            .extend((60..150).map(|index| EvidenceItem { id: format!("E{index}"), ..item.clone() }));
        let sample = founding::investigation(&shop::run());
        investigation.proof.as_mut().expect("a proof").trace_id = sample.proof.expect("a proof").trace_id;
        let page = html(&investigation, Some(&poisoned_evidence(&text)), Some(&check), &facts);
        assert!(page.len() < 1_000_000, "{}", page.len());
        assert!(page.len() > 300_000, "the lists were not long: {}", page.len());
        let printed = terminal(&investigation, Some(&check), &Options::default());
        assert!(printed.len() < 300_000, "{}", printed.len());
        let short = markdown(&investigation, Some(&check));
        assert!(short.len() < 300_000, "{}", short.len());
    }
}

#[test]
fn a_megabyte_in_every_string_is_cut() {
    let text = "\"".repeat(1 << 20);
    let (investigation, check, facts) = poisoned(&text, 3);
    let page = html(&investigation, Some(&poisoned_evidence(&text)), Some(&check), &facts);
    assert!(page.len() < 300_000, "{}", page.len());
    assert!(page.contains("… (1048576 bytes)"));
}

#[test]
fn odd_points_and_times_draw_a_page_all_the_same() {
    let run = shop::run();
    for (value, at) in [(f64::NAN, 0), (f64::INFINITY, u64::MAX), (f64::MIN, 1), (f64::MAX, shop::ONSET)] {
        let mut evidence = run.evidence.clone();
        for series in &mut evidence.series {
            match &mut series.points {
                Points::Gauge(points) | Points::Sum { points, .. } => {
                    for point in points.iter_mut().step_by(3) {
                        (point.value, point.at_ns) = (value, at);
                    }
                }
                Points::Histogram { points, .. } => {
                    for point in points.iter_mut().step_by(3) {
                        (point.sum, point.at_ns, point.count) = (value, at, u64::MAX);
                        point.buckets.fill(u64::MAX);
                    }
                }
            }
        }
        for span in evidence.spans.iter_mut().step_by(5) {
            (span.start_ns, span.end_ns) = (at, 3);
        }
        let mut investigation = founding::investigation(&run);
        investigation.core.confidence = value;
        investigation.timeline[0].offset_ns = i64::MIN;
        investigation.envelope.baseline.from_ns = at;
        investigation.envelope.incident.to_ns = u64::MAX;
        let page = html(&investigation, Some(&evidence), None, &founding::facts());
        assert_balanced(&page);
        let drawn = tags(&page).into_iter().filter(|(name, _)| name == "path" || name == "rect");
        for (_, attributes) in drawn {
            assert!(
                attributes.iter().all(|(_, value)| !value.contains("NaN") && !value.contains("inf")),
                "{attributes:?}"
            );
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn any_text_keeps_the_markup_sound(text in "\\PC{0,40}[<>&\"'\\x00-\\x1f]{0,6}") {
        let (investigation, check, facts) = poisoned(&text, 3);
        let page = html(&investigation, None, Some(&check), &facts);
        assert_balanced(&page);
    }
}
