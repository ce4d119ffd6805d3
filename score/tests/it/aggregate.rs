//! Many cells in figures: what is counted, what is held against it, and which gates fall.

use proptest::prelude::*;
use scenarios::effect::EffectClass;
use score::aggregate::{GateState, MustFail};
use score::{Cell, Stage, Summary, Thresholds, summarise};

use crate::cells::{RIGHT, Sketch, failed};

const QUIET: Sketch<'static> =
    Sketch { scenario: "null_quiet", answered: None, class: EffectClass::Quiet, confidence: 0.8, ..RIGHT };

fn summary(cells: &[Cell]) -> Summary {
    summarise("0.1.0+test", cells, &[], Thresholds::default())
}

/// The figures that tests are about.
fn shown(summary: &Summary) -> String {
    let mut text = String::new();
    for figures in &summary.scenarios {
        let root = figures.root.map(|root| {
            format!(
                "top-1 {}/{} of all {}/{} chance {:.3} swapped {}",
                root.top1.hits,
                root.top1.of,
                root.top1_unconditional.hits,
                root.top1_unconditional.of,
                root.chance,
                root.swapped
            )
        });
        let null = figures.null.map(|null| format!("convicted {}/{}", null.convicted.hits, null.convicted.of));
        let said = root.or(null).unwrap_or_else(|| "nothing counts".to_owned());
        text.push_str(&format!("{} {}/{}: {said}\n", figures.scenario, figures.valid.hits, figures.valid.of));
    }
    for gate in &summary.gates {
        text.push_str(&format!("{:?} {} {}: {}\n", gate.state, gate.scenario, gate.name, gate.why));
    }
    for trouble in &summary.troubles {
        text.push_str(&format!("{} {}: {}\n", trouble.scenario, trouble.seed, trouble.why.join("; ")));
    }
    text.push_str(&format!("exit {}", summary.exit));
    text
}

#[test]
fn right_verdicts_meet_every_gate_and_few_seeds_test_no_naive_method() {
    let cells: Vec<Cell> =
        (1..=3).flat_map(|seed| [Sketch { seed, ..RIGHT }.cell(), Sketch { seed, ..QUIET }.cell()]).collect();
    insta::assert_snapshot!(shown(&summary(&cells)), @"
    cache_poison_pill 3/3: top-1 3/3 of all 3/3 chance 0.104 swapped 0
    null_quiet 3/3: convicted 0/3
    Met cache_poison_pill valid: 3 of 3 cells count, at least 95 % needed
    Met cache_poison_pill root_top1: 3 of 3 roots are right, at least 95 % needed
    Met cache_poison_pill bottleneck: 3 of 3 bottlenecks are right, at least 95 % needed
    NotTested cache_poison_pill slowest_span_fails: right in 0 of 3; it takes 20 seeds to tell, and there are 3
    Met null_quiet valid: 3 of 3 cells count, at least 95 % needed
    Met null_quiet convictions: 0 of 3 convict although nothing is wrong, at most 5 % allowed
    exit 0
    ");
}

#[test]
fn wrong_verdicts_miss_their_gates_and_are_named() {
    let wrong = Sketch { seed: 2, answered: Some("service:database"), ..RIGHT };
    let convicted = Sketch { seed: 2, answered: Some("service:catalog"), ..QUIET };
    let cells = [RIGHT.cell(), wrong.cell(), QUIET.cell(), convicted.cell()];
    insta::assert_snapshot!(shown(&summary(&cells)), @"
    cache_poison_pill 2/2: top-1 1/2 of all 1/2 chance 0.102 swapped 1
    null_quiet 2/2: convicted 1/2
    Met cache_poison_pill valid: 2 of 2 cells count, at least 95 % needed
    Missed cache_poison_pill root_top1: 1 of 2 roots are right, at least 95 % needed
    Met cache_poison_pill bottleneck: 2 of 2 bottlenecks are right, at least 95 % needed
    NotTested cache_poison_pill slowest_span_fails: right in 0 of 2; it takes 20 seeds to tell, and there are 2
    Met null_quiet valid: 2 of 2 cells count, at least 95 % needed
    Missed null_quiet convictions: 1 of 2 convict although nothing is wrong, at most 5 % allowed
    cache_poison_pill 2: root: answered service:database
    null_quiet 2: no_conviction: answered service:catalog
    exit 99
    ");
}

#[test]
fn where_too_few_cells_count_nothing_else_decides() {
    let absorbed = Sketch { seed: 2, class: EffectClass::Absorbed, ..RIGHT };
    let cells = [RIGHT.cell(), absorbed.cell(), failed(3)];
    insta::assert_snapshot!(shown(&summary(&cells)), @"
    cache_poison_pill 1/3: top-1 1/1 of all 2/3 chance 0.103 swapped 0
    Missed cache_poison_pill valid: 1 of 3 cells count, at least 95 % needed
    Met cache_poison_pill root_top1: 1 of 1 roots are right, at least 95 % needed
    Met cache_poison_pill bottleneck: 1 of 1 bottlenecks are right, at least 95 % needed
    NotTested cache_poison_pill slowest_span_fails: right in 0 of 1; it takes 20 seeds to tell, and there are 3
    cache_poison_pill 2: the alert did not fire
    cache_poison_pill 3: cannot write telemetry
    exit 106
    ");
    insta::assert_snapshot!(shown(&summary(&[failed(1)])), @"
    cache_poison_pill 0/1: nothing counts
    Missed cache_poison_pill valid: 0 of 1 cells count, at least 95 % needed
    cache_poison_pill 1: cannot write telemetry
    exit 106
    ");
}

#[test]
fn a_method_that_must_fail_is_tested_from_twenty_seeds_on() {
    let state = |seeds: u64, right: u64| {
        let slowest = |seed| if seed <= right { "service:catalog-cache" } else { "service:database" };
        let cells: Vec<Cell> =
            (1..=seeds).map(|seed| Sketch { seed, slowest: slowest(seed), ..RIGHT }.cell()).collect();
        let summary = summary(&cells);
        let method = summary.scenarios[0].methods.iter().find(|method| method.name == "slowest_span").unwrap();
        (method.must_fail, summary.exit)
    };
    assert_eq!(state(19, 19), (MustFail::TooFewSeeds, 0));
    assert_eq!(state(20, 0), (MustFail::Fails, 0));
    // Chance is three of 24 candidates here, and the margin a tenth.
    assert_eq!(state(20, 4), (MustFail::Fails, 0));
    assert_eq!(state(20, 5), (MustFail::Succeeds, 99));
}

#[test]
fn gates_are_where_the_user_sets_them() {
    let wrong = Sketch { seed: 2, answered: Some("service:database"), ..RIGHT };
    let cells = [RIGHT.cell(), wrong.cell()];
    let exit = |min_top1| summarise("", &cells, &[], Thresholds { min_top1, ..Thresholds::default() }).exit;
    assert_eq!([exit(0.5), exit(0.51)], [0, 99]);
    // Whoever asks for other methods is not told about the engine.
    let naive = summarise("", &cells, &["slowest_span".to_owned()], Thresholds::default());
    assert_eq!(naive.methods.iter().map(|method| method.name.as_str()).collect::<Vec<_>>(), ["slowest_span"]);
    assert!(naive.gates.iter().all(|gate| gate.state != GateState::Missed), "{:?}", naive.gates);
}

#[test]
fn over_all_names_the_worst_the_best_constant_and_what_confidence_is_worth() {
    let loud = (1..=4).map(|seed| Sketch { seed, ..RIGHT }.cell());
    let quiet = (1..=4).map(|seed| {
        let answered = Some(if seed == 1 { "service:catalog-cache" } else { "service:database" });
        let confidence = if seed == 1 { 0.9 } else { 0.4 };
        Sketch { scenario: "cache_poison_pill_quiet", seed, answered, confidence, ..RIGHT }.cell()
    });
    let overall = summary(&loud.chain(quiet).collect::<Vec<_>>()).overall;
    let text = format!(
        "{:?}\nworth {:.1}\n{:?}\n{:?}\n{:?}\n{:.3?}",
        overall.top1,
        overall.effective_n.unwrap(),
        overall.worst,
        overall.best_constant,
        overall.best_naive,
        overall.confidence.unwrap()
    );
    insta::assert_snapshot!(text, @r#"
    Some(Mean { value: 0.625, scenarios: 2, interval: None })
    worth 2.7
    Some(Worst { scenario: "cache_poison_pill_quiet", right: 0.25 })
    Some(Constant { name: "service:catalog-cache", top1: 1.0 })
    Some(Constant { name: "slowest_span", top1: 0.0 })
    Confidence { answers: 8, right: 5, effective_n: 2.667, mean: 0.713, brier: 0.066, skill: Some(0.717), skill_interval: None, area: Some(1.000), area_interval: None, slope: Some(5.740), curve: [Covered { stated: 0.900, coverage: 0.625, risk: 0.000 }, Covered { stated: 0.400, coverage: 1.000, risk: 0.375 }] }
    "#);
}

#[test]
fn from_five_scenarios_on_means_and_confidence_have_intervals_that_enclose_them() {
    let names = ["a", "b", "c", "d", "e"];
    let cells = |number: usize| -> Vec<Cell> {
        let cell = |(place, name): (usize, &&'static str), seed: u64| {
            let right = place % 2 == 0 || seed == 1;
            let answered = Some(if right { "service:catalog-cache" } else { "service:database" });
            let confidence = if right { 0.7 + 0.05 * place as f64 } else { 0.2 + 0.2 * seed as f64 };
            let cell = Sketch { seed, answered, confidence, ..RIGHT }.cell();
            Cell { scenario: (*name).to_owned(), ..cell }
        };
        let of = names.iter().take(number).enumerate();
        of.flat_map(|one| (1..=4).map(move |seed| cell(one, seed))).collect()
    };
    let (few, many) = (summary(&cells(4)).overall, summary(&cells(5)).overall);
    assert!(few.top1.is_some_and(|mean| mean.interval.is_none()), "{few:?}");
    assert!(few.confidence.is_some_and(|it| it.skill_interval.is_none() && it.area_interval.is_none()));
    for mean in [many.top1.unwrap(), many.skill.unwrap()] {
        let (low, high) = mean.interval.unwrap();
        assert!(low < mean.value && mean.value < high, "{mean:?}");
    }
    let confidence = many.confidence.unwrap();
    assert!(confidence.effective_n >= 5.0 && confidence.effective_n < 20.0, "{confidence:?}");
    for (value, interval) in
        [(confidence.skill, confidence.skill_interval), (confidence.area, confidence.area_interval)]
    {
        let ((low, high), value) = (interval.unwrap(), value.unwrap());
        assert!(low <= value && value <= high && low < high, "{value} [{low}, {high}]");
    }
}

#[test]
fn each_cell_of_the_matrix_says_how_many_went_wrong_where_and_keeps_the_first() {
    let cells: Vec<Cell> = (1..=6)
        .map(|seed| Sketch { seed, answered: (seed > 1).then_some("service:database"), ..RIGHT }.cell())
        .collect();
    let summary = summary(&cells);
    let shown = summary.scenarios[0].methods.iter().map(|method| {
        let seeds: Vec<u64> = method.failures.iter().map(|failure| failure.seed).collect();
        let abstained = method.abstained.map(|share| share.hits);
        format!("{} {:?} {seeds:?} abstained {abstained:?} skill {:.2?}", method.name, method.stages, method.skill)
    });
    insta::assert_snapshot!(shown.collect::<Vec<_>>().join("\n"), @"
    engine {Outcome: 1, Component: 5} [1, 2, 3] abstained Some(1) skill Some(-0.12)
    slowest_span {Walk: 6} [1, 2, 3] abstained Some(0) skill Some(-0.12)
    ");
    let stages: Vec<_> = summary.troubles.iter().map(|trouble| trouble.stage).collect();
    assert_eq!(stages[..2], [Some(Stage::Outcome), Some(Stage::Component)]);
    assert_eq!(summary.scenarios[0].constant, Some(1.0));
}

#[test]
fn nothing_at_all_is_a_summary_too() {
    let empty = summary(&[]);
    assert_eq!((empty.cells, empty.exit, empty.overall.top1), (0, 0, None));
}

proptest! {
    #[test]
    fn the_order_of_cells_does_not_matter(order in Just((1..=6_u64).collect::<Vec<_>>()).prop_shuffle()) {
        let cell = |seed: &u64| Sketch { seed: *seed, confidence: *seed as f64 / 10.0, ..RIGHT }.cell();
        let sorted: Vec<Cell> = (1..=6).map(|seed| cell(&seed)).collect();
        let shuffled: Vec<Cell> = order.iter().map(cell).collect();
        let json = |cells: &[Cell]| serde_json::to_string(&summary(cells)).unwrap();
        prop_assert_eq!(json(&sorted), json(&shuffled));
    }
}
