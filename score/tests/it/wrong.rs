//! Answers that are wrong in known ways get their known values.

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, Culprit, NoBottleneck, PropagationEdge};
use rca_engine::vocabulary::{Effect, Kind, Mode, Outcome};
use scenarios::truth::TruthRecord;
use score::{Answer, MethodOutput, MethodRoles, Rank, Score, score};

use crate::runs::{candidates, component, truth};

/// Seed 1 deploys the guilty build as `v2`.
fn poisoned() -> TruthRecord {
    let truth = truth("cache_poison_pill", 1);
    assert_eq!(truth.roots[0].any_of[0], component("version:catalog-cache@v2"));
    truth
}

fn ranked(names: &[(&str, f64)]) -> MethodOutput {
    MethodOutput {
        outcome: Outcome::Cause,
        ranks: names
            .iter()
            .map(|(name, score)| Rank { component: component(name), kind: None, score: *score })
            .collect(),
        roles: None,
        evidence: None,
    }
}

fn scored(truth: &TruthRecord, output: &MethodOutput) -> Score {
    score(truth, Some(&Answer::from(output)), &candidates(truth))
}

/// The root's figures, strictly and on services.
fn roots(output: &MethodOutput) -> String {
    let score = scored(&poisoned(), output);
    let one = |root: Option<score::scoring::RootScore>| {
        root.map_or_else(
            || "–".to_owned(),
            |it| format!("{} {} {:.3} {:.1}", u8::from(it.top1), u8::from(it.top3), it.reciprocal_rank, it.recall),
        )
    };
    format!("{} | {}{}", one(score.root), one(score.root_service), if score.swapped { " swapped" } else { "" })
}

#[test]
fn ranks_count_strictly_and_on_services() {
    insta::assert_snapshot!([
        roots(&ranked(&[("version:catalog-cache@v2", 1.0)])),
        roots(&ranked(&[("service:catalog-cache", 1.0)])),
        roots(&ranked(&[("version:catalog-cache@v1", 1.0)])),
        roots(&ranked(&[("edge:catalog->catalog-cache", 1.0)])),
        roots(&ranked(&[("service:database", 3.0), ("service:catalog", 2.0), ("service:catalog-cache", 1.0)])),
        roots(&ranked(&[("service:catalog-cache", 1.0), ("service:database", 3.0)])),
        roots(&ranked(&[("workload", 9.0)])),
    ].join("\n"), @"
    1 1 1.000 1.0 | 1 1 1.000 1.0
    1 1 1.000 1.0 | 1 1 1.000 1.0
    0 0 0.000 0.0 | 1 1 1.000 1.0
    0 0 0.000 0.0 | 1 1 1.000 1.0
    0 1 0.333 0.0 | 0 1 0.333 0.0 swapped
    0 1 0.500 0.0 | 0 1 0.500 0.0 swapped
    0 0 0.000 0.0 | 0 0 0.000 0.0
    ");
}

#[test]
fn what_is_not_told_apart_counts_in_the_worst_order() {
    insta::assert_snapshot!([
        roots(&ranked(&[("service:catalog-cache", 1.0), ("service:database", 1.0), ("service:search", 1.0)])),
        roots(&ranked(&[("service:catalog-cache", f64::NAN), ("service:database", -5.0)])),
    ].join("\n"), @"
    0 1 0.333 0.0 | 0 1 0.333 0.0
    0 1 0.500 0.0 | 0 1 0.500 0.0 swapped
    ");
}

#[test]
fn a_constant_score_is_no_better_than_its_last_place() {
    let truth = poisoned();
    let all = candidates(&truth);
    let constant = MethodOutput::ranked(all.iter().map(|candidate| (candidate.clone(), 0.5)));
    let root = scored(&truth, &constant).root.unwrap();
    // Three names are right; all others stand before them.
    let last = all.len() - 2;
    assert!((root.reciprocal_rank - 1.0 / last as f64).abs() < 1e-12 && !root.top3);
    assert!((root.chance - 3.0 / all.len() as f64).abs() < 1e-12);
}

#[test]
fn an_abstention_and_a_crash_are_wrong_but_convict_nobody() {
    let shown = |truth: &TruthRecord, answer: Option<&Answer>| {
        let score = score(truth, answer, &candidates(truth));
        format!(
            "{:?} top1 {:?} bottleneck {:?} propagation {:?} roles {:.2?} convicted {:?} acquitted {:?}",
            score.outcome,
            score.root.map(|root| root.top1),
            score.bottleneck,
            score.propagation,
            score.roles,
            score.convicted,
            score.acquitted
        )
    };
    let abstained = Answer::from(&MethodOutput::abstain());
    let (poisoned, quiet) = (poisoned(), truth("null_quiet", 1));
    insta::assert_snapshot!([
        shown(&poisoned, Some(&abstained)),
        shown(&poisoned, None),
        shown(&quiet, Some(&abstained)),
        shown(&quiet, None),
        shown(&quiet, Some(&Answer::from(&ranked(&[("service:database", 1.0)])))),
    ].join("\n"), @"
    Some(InsufficientEvidence) top1 Some(false) bottleneck None propagation None roles Some(0.50) convicted None acquitted None
    None top1 Some(false) bottleneck None propagation None roles Some(0.50) convicted None acquitted None
    Some(InsufficientEvidence) top1 None bottleneck None propagation None roles None convicted Some(false) acquitted Some(false)
    None top1 None bottleneck None propagation None roles None convicted Some(false) acquitted Some(false)
    Some(Cause) top1 None bottleneck None propagation None roles None convicted Some(true) acquitted Some(false)
    ");
}

#[test]
fn a_cause_named_without_the_outcome_is_no_answer() {
    let hedged = MethodOutput { outcome: Outcome::NoIncident, ..ranked(&[("service:catalog-cache", 1.0)]) };
    assert_eq!(scored(&poisoned(), &hedged).root.map(|root| root.top1), Some(false));
}

#[test]
fn the_bottleneck_can_be_none_and_can_be_tied() {
    let mut tied = poisoned();
    tied.bottlenecks.push(scenarios::ledger::Bottleneck {
        component: component("resource:catalog-cache/compute"),
        mode: Mode::Slow,
    });
    let mut timeless = poisoned();
    timeless.bottlenecks.clear();
    let at = |name: &str, mode| Some(BottleneckAnswer::At { component: component(name), mode });
    let shown = |truth: &TruthRecord, bottleneck| {
        let answer = Answer { bottleneck, ..Answer::oracle(truth) };
        let score = score(truth, Some(&answer), &candidates(truth));
        format!("{:?} {:?}", score.bottleneck, score.bottleneck_mode)
    };
    insta::assert_snapshot!([
        shown(&tied, at("resource:database/pool", Mode::Saturated)),
        shown(&tied, at("resource:catalog-cache/compute", Mode::Slow)),
        shown(&tied, at("resource:catalog-cache/compute", Mode::Saturated)),
        shown(&tied, at("service:database", Mode::Saturated)),
        shown(&tied, Some(BottleneckAnswer::None(NoBottleneck::None))),
        shown(&tied, None),
        shown(&timeless, Some(BottleneckAnswer::None(NoBottleneck::None))),
        shown(&timeless, at("resource:database/pool", Mode::Saturated)),
    ].join("\n"), @"
    Some(true) Some(true)
    Some(true) Some(true)
    Some(true) Some(false)
    Some(false) Some(false)
    Some(false) Some(false)
    None None
    Some(true) Some(true)
    Some(false) Some(false)
    ");
}

fn edges(text: &str) -> Vec<PropagationEdge> {
    let edge = |line: &str| {
        let words: Vec<&str> = line.split_whitespace().collect();
        let effect: Effect = words[1].parse().expect("an effect");
        PropagationEdge { from: component(words[0]), to: component(words[2]), effect }
    };
    text.split(", ").filter(|line| !line.is_empty()).map(edge).collect()
}

/// F1 strictly and contracted, as precision / recall.
fn path(text: &str) -> String {
    let truth = poisoned();
    let output = MethodOutput {
        roles: Some(MethodRoles { propagation: Some(edges(text)), ..MethodRoles::default() }),
        ..ranked(&[("service:catalog-cache", 1.0)])
    };
    let score = scored(&truth, &output);
    [score.propagation, score.propagation_contracted]
        .map(|overlap| {
            overlap.map_or_else(|| "–".to_owned(), |it| format!("{:.2}/{:.2}={:.2}", it.precision, it.recall, it.f1))
        })
        .join(" | ")
}

#[test]
fn paths_count_strictly_and_contracted() {
    insta::assert_snapshot!([
        path(""),
        path("service:catalog-cache error service:catalog, service:catalog load service:database"),
        path("service:catalog-cache latency service:catalog"),
        path("service:catalog-cache load service:database, service:database latency service:search"),
        path("service:catalog-cache latency service:search"),
        path("service:search latency service:catalog"),
        path("version:catalog-cache@v2 error service:catalog, resource:database/pool latency service:catalog"),
        path("service:database latency service:catalog-cache"),
    ].join("\n"), @"
    0.00/0.00=0.00 | 0.00/0.00=0.00
    1.00/0.50=0.67 | 1.00/0.50=0.67
    0.00/0.00=0.00 | 1.00/0.25=0.40
    0.00/0.00=0.00 | 1.00/0.25=0.40
    0.00/0.00=0.00 | 1.00/0.25=0.40
    0.00/0.00=0.00 | 0.00/0.00=0.00
    0.00/0.00=0.00 | 1.00/0.50=0.67
    0.00/0.00=0.00 | 0.00/0.00=0.00
    ");
}

#[test]
fn without_damage_elsewhere_an_empty_path_is_right() {
    let mut alone = poisoned();
    alone.edges.clear();
    let score = score(&alone, Some(&Answer::oracle(&alone)), &candidates(&alone));
    assert!((score.propagation.unwrap().f1 - 1.0).abs() < 1e-12);
    assert!((score.propagation_contracted.unwrap().f1 - 1.0).abs() < 1e-12);
}

#[test]
fn an_innocent_change_is_a_decoy_and_the_wrong_kind_is_wrong() {
    let truth = poisoned();
    let innocent: Component = truth.innocents[0].clone();
    let blamed = MethodOutput::ranked([(innocent, 1.0)]);
    assert!(scored(&truth, &blamed).decoy);
    let mut answer = Answer::oracle(&truth);
    answer.ranks[0].kind = Some(Kind::Config);
    let score = score(&truth, Some(&answer), &candidates(&truth));
    assert_eq!((score.kind, score.decoy), (Some(false), false));
}

#[test]
fn a_method_output_is_read_without_what_it_leaves_out() {
    let output: MethodOutput = serde_json::from_str(
        r#"{"outcome":"cause","ranks":[{"component":"service:a","score":0.5,"kind":"lock"}],
            "roles":{"bottleneck":"none"}}"#,
    )
    .unwrap();
    assert_eq!(output.ranks[0].kind, Some(Kind::Lock));
    let roles = output.roles.unwrap();
    assert_eq!((roles.bottleneck, roles.propagation), (Some(BottleneckAnswer::None(NoBottleneck::None)), None));
    assert!(serde_json::from_str::<MethodOutput>(r#"{"outcome":"perhaps","ranks":[]}"#).is_err());
}

#[test]
fn what_set_it_off_and_what_keeps_it_going_count_by_service_and_only_where_the_truth_has_them() {
    let storm = truth("retry_storm", 1);
    let told = |truth: &TruthRecord, trigger: Option<&str>, sustaining: Option<&str>| {
        let culprit = |name: &str| Culprit { component: component(name), kind: None };
        let roles = MethodRoles {
            trigger: trigger.map(culprit),
            sustaining: sustaining.map(culprit),
            ..MethodRoles::default()
        };
        let score = scored(truth, &MethodOutput { roles: Some(roles), ..ranked(&[("policy:catalog/retry", 1.0)]) });
        (score.trigger, score.sustaining)
    };
    let right = told(&storm, Some("resource:database/pool"), Some("policy:catalog/retry"));
    assert_eq!(right, (Some(true), Some(true)));
    let swapped = told(&storm, Some("policy:catalog/retry"), Some("service:database"));
    assert_eq!(swapped, (Some(false), Some(false)));
    assert_eq!(told(&storm, None, None), (Some(false), Some(false)));
    assert_eq!(told(&poisoned(), Some("service:database"), Some("service:database")), (None, None));
}
