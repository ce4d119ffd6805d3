//! A wrong answer beside the truth: the first stage that went wrong, and what was expected and answered.

use rca_engine::component::Component;
use rca_engine::investigation::{BottleneckAnswer, NoBottleneck, Window};
use rca_engine::vocabulary::{Kind, Mode, Outcome};
use scenarios::truth::TruthRecord;
use score::diagnosis::diagnose;
use score::{Answer, Diagnosis, Rank, Stage};

use crate::runs::{component, truth};

/// The truth as an answer, with other ranks.
fn ranked(truth: &TruthRecord, names: &[&str]) -> Answer {
    let ranks = names.iter().zip(0_u32..).map(|(name, place)| Rank {
        component: component(name),
        kind: Some(Kind::BadFormat),
        score: -f64::from(place),
    });
    let roots = names.iter().take(1).map(|name| component(name)).collect();
    Answer { ranks: ranks.collect(), roots, ..Answer::oracle(truth) }
}

fn founding() -> TruthRecord {
    truth("cache_poison_pill", 1)
}

fn told(diagnosis: Option<Diagnosis>) -> String {
    diagnosis.map_or_else(|| "right".to_owned(), |it| format!("{}: {}", it.stage, it.why))
}

#[test]
fn the_first_stage_that_went_wrong_is_named_and_what_went_wrong_there() {
    let truth = founding();
    let right = ["service:catalog-cache", "service:database"];
    let change = |with: &dyn Fn(&mut Answer)| {
        let mut answer = ranked(&truth, &right);
        with(&mut answer);
        told(diagnose(&truth, Some(&answer), None))
    };
    let names = |names: &[&str]| told(diagnose(&truth, Some(&ranked(&truth, names)), None));
    let pool = || component("resource:database/pool");
    let search = component("service:database");
    let elsewhere = Some(&search);
    let stories = [
        change(&|_| ()),
        told(diagnose(&truth, None, None)),
        change(&|answer| answer.outcome = Outcome::NoIncident),
        told(diagnose(&truth, Some(&ranked(&truth, &right)), elsewhere)),
        change(&|answer| {
            answer.propagation = None;
            answer.ranks.remove(0);
        }),
        change(&|answer| {
            answer.ranks.remove(0);
        }),
        names(&["service:database", "resource:catalog-cache/compute"]),
        names(&["service:database", "service:catalog-cache", "service:search"]),
        change(&|answer| answer.ranks[0].kind = Some(Kind::Stale)),
        change(&|answer| {
            let component = component("resource:catalog/db");
            answer.bottleneck = Some(BottleneckAnswer::At { component, mode: Mode::Saturated });
        }),
        change(&|answer| answer.bottleneck = Some(BottleneckAnswer::None(NoBottleneck::None))),
        change(&|answer| answer.bottleneck = None),
        change(&|answer| answer.bottleneck = Some(BottleneckAnswer::At { component: pool(), mode: Mode::Slow })),
        change(&|answer| {
            answer.propagation.as_mut().unwrap().pop();
        }),
    ];
    insta::assert_snapshot!(stories.join("\n"), @"
    right
    answer: it gave no answer
    outcome: something is wrong, and it ends with no_incident
    symptom: it began at service:database, the alert is about service:search
    walk: none of the 1 considered lies where the root is; first stood service:database
    component: the damage was followed through service:catalog-cache, and nothing there was considered
    component: it considered resource:catalog-cache/compute, which is near the root, and not the root itself; first stood service:database
    ranking: the root stands at 2 of 3, behind service:database
    kind: stale was told of it, bad_format is right
    bottleneck: resource:catalog/db was told, right is resource:database/pool (saturated)
    bottleneck: none was told, right is resource:database/pool (saturated)
    bottleneck: it was not answered, right is resource:database/pool (saturated)
    mode: slow was told of resource:database/pool, right is resource:database/pool (saturated)
    propagation: 3 of the 3 steps told are right, there are 4
    ");
}

#[test]
fn collateral_damage_that_is_told_is_no_fault() {
    let truth = founding();
    let mut answer = ranked(&truth, &["service:catalog-cache"]);
    let steps = answer.propagation.as_mut().unwrap();
    let mut step = steps[0].clone();
    (step.from, step.to) = (component("service:database"), component("service:catalog-cache"));
    steps.push(step.clone());
    assert_eq!(diagnose(&truth, Some(&answer), None), None);
    step.to = component("service:search");
    answer.propagation.as_mut().unwrap().push(step);
    insta::assert_snapshot!(
        told(diagnose(&truth, Some(&answer), None)),
        @"propagation: 4 of the 5 steps told are right, there are 4"
    );
}

#[test]
fn a_method_that_tells_no_roles_is_not_blamed_for_them() {
    let truth = founding();
    let naive = Answer { propagation: None, bottleneck: None, ..ranked(&truth, &["service:catalog-cache"]) };
    assert_eq!(diagnose(&truth, Some(&naive), None), None);
}

#[test]
fn where_nothing_is_wrong_a_conviction_is_the_only_fault() {
    let quiet = truth("null_quiet", 1);
    let convicts = Answer { outcome: Outcome::Cause, ..ranked(&founding(), &["service:database"]) };
    insta::assert_snapshot!(
        told(diagnose(&quiet, Some(&convicts), None)),
        @"outcome: nothing is wrong, and it convicts service:database"
    );
    let abstains = Answer { outcome: Outcome::InsufficientEvidence, ..Answer::oracle(&quiet) };
    assert_eq!(diagnose(&quiet, Some(&abstains), None), None);
}

#[test]
fn differences_show_every_part_right_or_wrong() {
    let truth = founding();
    let mut answer = ranked(&truth, &["service:database", "service:catalog-cache"]);
    answer.propagation.as_mut().unwrap().pop();
    let diagnosis = diagnose(&truth, Some(&answer), None).unwrap();
    let lines = diagnosis.differences.iter().map(|it| {
        let (expected, answered) = (it.expected.join(if it.any { " or " } else { " and " }), it.answered.join(" and "));
        format!("{} {}: {expected} | {answered}", if it.right { "right" } else { "WRONG" }, it.part)
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    // The deploy's id is drawn for the run.
    let change = truth.roots[0].any_of.iter().find(|name| matches!(name, Component::Change(_))).unwrap().to_string();
    insta::assert_snapshot!(text.replace(&change, "change:…"), @"
    right outcome: cause | cause
    WRONG root: version:catalog-cache@v2 or service:catalog-cache or change:… | service:database
    right kind: bad_format | bad_format
    right bottleneck: resource:database/pool, saturated | resource:database/pool, saturated
    WRONG propagation: service:catalog ─latency→ service:search and service:catalog ─load→ service:database and service:catalog-cache ─error→ service:catalog and service:database ─latency→ service:catalog | service:catalog ─load→ service:database and service:catalog-cache ─error→ service:catalog and service:database ─latency→ service:catalog
    ");
}

#[test]
fn a_baseline_in_the_incident_comes_before_everything_else() {
    let truth = founding();
    let wrong = || diagnose(&truth, Some(&ranked(&truth, &["service:database"])), None).unwrap();
    let window = |from: u64, to: u64| Window { from_ns: from * 1_000_000_000, to_ns: to * 1_000_000_000 };
    let told = |onset: u64| {
        let mended = wrong().with_windows(window(0, 20), window(20, 40), onset * 1_000_000_000);
        assert_eq!(mended.differences[0].part, "windows");
        format!("{}: {} ({})", mended.stage, mended.why, mended.differences[0].answered.join(""))
    };
    // A tenth of a baseline does no harm yet; an alert can be so quick.
    insta::assert_snapshot!([told(25), told(18), told(15)].join("\n"), @"
    component: the damage was followed through service:catalog-cache, and nothing there was considered (baseline until −5.0 s, incident from −5.0 s, counted from the onset)
    component: the damage was followed through service:catalog-cache, and nothing there was considered (baseline until +2.0 s, incident from +2.0 s, counted from the onset)
    windows: 25 % of the baseline lies after the onset, and the incident's begins after it (baseline until +5.0 s, incident from +5.0 s, counted from the onset)
    ");
    assert_eq!(wrong().stage, Stage::Component);
}
