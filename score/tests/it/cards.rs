//! The card of one run: gates, exit code and its text.

use rca_engine::evidence::Evidence;
use rca_engine::investigation::{BottleneckAnswer, Core, Culprit, Investigation, PropagationEdge, Roles};
use rca_engine::vocabulary::Outcome;
use rca_engine::{Options, UniversalIncidentSignal, investigate};
use scenarios::effect::EffectClass;
use scenarios::truth::TruthRecord;
use score::{Answer, MethodOutput, ScoreCard};

use crate::runs::{candidates, component, truth};

/// An investigation with the given verdict; the rest is that of an engine which saw nothing.
fn verdict(truth: &TruthRecord, answer: &Answer) -> Investigation {
    let nothing = investigate(
        &UniversalIncidentSignal::from_text("service=search", 1_000_000_000_000),
        &Evidence::default(),
        &Options::default(),
    );
    let roots = answer.ranks.iter().map(|rank| Culprit { component: rank.component.clone(), kind: rank.kind });
    let roles = Roles {
        root: roots.collect(),
        trigger: None,
        sustaining: None,
        propagation: answer.propagation.clone().unwrap_or_default(),
        bottleneck: answer.bottleneck.clone(),
        symptom: truth.symptom.clone(),
    };
    let core = Core { outcome: answer.outcome, confidence: 0.9, roles, hypotheses: Vec::new(), ..nothing.core.clone() };
    Investigation { core, ..nothing }
}

fn shown(truth: &TruthRecord, class: EffectClass, answer: &Answer) -> String {
    let methods = vec![
        ("most_errors".to_owned(), Ok(MethodOutput::ranked([(component("service:catalog-cache"), 1.0)]))),
        ("slowest_span".to_owned(), Ok(MethodOutput::ranked([(component("service:database"), 1.0)]))),
        ("their_own".to_owned(), Err("ended with exit status 1".to_owned())),
    ];
    let must_fail = vec!["slowest_span".to_owned()];
    let card = ScoreCard::new(truth, class, &verdict(truth, answer), &methods, &must_fail, &candidates(truth));
    let gates = card.gates.iter().map(|gate| format!("{} {}: {}", gate.name, gate.passed, gate.why));
    let methods = card.methods.iter().map(|method| {
        let must = if method.must_fail { " (must fail)" } else { "" };
        format!("{} {}{must}", method.name, if method.is_right() { "right" } else { "wrong" })
    });
    let text = serde_json::to_string(&card).unwrap_or_default();
    assert_eq!(serde_json::from_str::<ScoreCard>(&text).ok().as_ref(), Some(&card), "{text}");
    gates.chain(methods).chain([format!("exit {}", card.exit)]).collect::<Vec<_>>().join("\n")
}

#[test]
fn a_right_verdict_meets_every_gate() {
    let truth = truth("cache_poison_pill", 1);
    insta::assert_snapshot!(shown(&truth, EffectClass::Valid, &Answer::oracle(&truth)), @"
    root true: expected version:catalog-cache@v2 or service:catalog-cache or change:deploy-4f9c; answered version:catalog-cache@v2
    bottleneck true: expected resource:database/pool; answered resource:database/pool, saturated
    most_errors right
    slowest_span wrong (must fail)
    their_own wrong
    exit 0
    ");
}

#[test]
fn a_wrong_root_or_bottleneck_misses_its_gate() {
    let truth = truth("cache_poison_pill", 1);
    let mut answer = Answer::oracle(&truth);
    answer.ranks[0].component = component("service:database");
    answer.bottleneck = None;
    insta::assert_snapshot!(shown(&truth, EffectClass::Valid, &answer), @"
    root false: expected version:catalog-cache@v2 or service:catalog-cache or change:deploy-4f9c; answered service:database
    bottleneck false: expected resource:database/pool; answered nothing
    most_errors right
    slowest_span wrong (must fail)
    their_own wrong
    exit 99
    ");
}

#[test]
fn a_run_that_does_not_count_says_so_whatever_was_answered() {
    let truth = truth("cache_poison_pill", 1);
    let card = shown(&truth, EffectClass::Absorbed, &Answer::oracle(&truth));
    assert!(card.ends_with("exit 106"), "{card}");
}

#[test]
fn a_conviction_without_an_incident_misses_the_gate_and_an_acquittal_meets_it() {
    let quiet = truth("null_quiet", 1);
    let convicted = Answer { outcome: Outcome::Cause, ..Answer::oracle(&truth("cache_poison_pill", 1)) };
    insta::assert_snapshot!([
        shown(&quiet, EffectClass::Quiet, &Answer::oracle(&quiet)),
        shown(&quiet, EffectClass::Quiet, &convicted),
    ].join("\n\n"), @"
    no_conviction true: nothing is wrong; answered no_incident
    most_errors wrong
    slowest_span wrong (must fail)
    their_own wrong
    exit 0

    no_conviction false: nothing is wrong; answered version:catalog-cache@v2
    most_errors wrong
    slowest_span wrong (must fail)
    their_own wrong
    exit 99
    ");
}

#[test]
fn cited_ids_that_do_not_exist_are_counted() {
    let truth = truth("cache_poison_pill", 1);
    let mut investigation = verdict(&truth, &Answer::oracle(&truth));
    investigation.core.evidence.clear();
    investigation.timeline.clear();
    investigation.core.actions.clear();
    let edge: Vec<PropagationEdge> = investigation.core.roles.propagation.clone();
    assert_eq!(edge.len(), truth.edges.len());
    investigation.core.hypotheses = vec![rca_engine::investigation::Hypothesis {
        rank: 1,
        root: investigation.core.roles.root[0].clone(),
        score: 0.9,
        supported_by: vec!["E1".to_owned(), "E2".to_owned()],
        against: vec!["E2".to_owned()],
        why: String::new(),
    }];
    let citations = Answer::from(&investigation).citations.unwrap();
    assert_eq!((citations.cited, citations.resolved), (2, 0));
    assert!(matches!(Answer::from(&investigation).bottleneck, Some(BottleneckAnswer::At { .. })));
}
