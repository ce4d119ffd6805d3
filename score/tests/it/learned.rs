//! The logistic regression: what it sees of a case, from whom it learns, and that only the cells decide.

use rca_engine::component::Component;
use scenarios::truth::TruthRecord;
use score::Cell;
use score::learned::{Described, FEATURES, LEARNED, Traits, describe, stand_beside};

use crate::cells::{RIGHT, Sketch};
use crate::runs::{candidates, component, truth};
use crate::telemetry::incident;

#[test]
fn every_candidate_is_described_in_numbers_without_names() {
    let (evidence, alert) = incident();
    let names = ["service:catalog", "change:deploy-0002", "edge:catalog->catalog-cache", "workload", "queue:none"];
    let described = describe(&evidence, &alert, &names.map(component));
    let told = described.iter().map(|traits| {
        assert_eq!(traits.values.len(), FEATURES.len());
        let values = FEATURES.iter().zip(&traits.values).filter(|(_, value)| **value != 0);
        let values: Vec<String> = values.map(|(name, value)| format!("{name} {value}")).collect();
        format!("{}: {}", traits.component, values.join(", ")).trim_end().to_owned()
    });
    insta::assert_snapshot!(told.collect::<Vec<_>>().join("\n"), @"
    service:catalog: depth 1000, callers 1000, callees 2000, errors_rose_by 1000, share_of_time 6, share_of_time_rose_by 6, spans_factor 1061, metrics_moved 693, largest_deviation 21815, first_to_depart 500, records_factor 368, new_templates 693, changes 693, last_change 667
    change:deploy-0002: is_change 1000, depth 1000, callers 2000, errors_rose_by -500, own_p50_factor 1386, own_p99_factor 7000, share_of_time 369, share_of_time_rose_by 369, spans_factor 1061, metrics_moved 1386, largest_deviation 21976, first_to_depart 1000, changes 693, last_change 529, part_largest_deviation 529
    edge:catalog->catalog-cache: is_edge 1000, depth 1000, callers 1000, callees 2000, errors_rose_by 1000, share_of_time 6, share_of_time_rose_by 6, spans_factor 1061, metrics_moved 693, largest_deviation 21815, first_to_depart 500, records_factor 368, new_templates 693, changes 693, last_change 667, part_errors_rose_by 1000, part_share_rose_by 500
    workload: is_workload 1000, alerting 1000, callees 2000, own_p50_factor -5991, own_p99_factor -5991, share_of_time 4, share_of_time_rose_by -996, spans_factor 1061, metrics_moved 693, largest_deviation 1792, changes 693, last_change 310
    queue:none:
    ");
}

/// A cell of which each candidate is described by one number: whether it is right, or in `reverse` whether it is not.
fn cell(scenario: &str, seed: u64, reverse: bool) -> Cell {
    let truth = TruthRecord { derived: None, ..truth(scenario, seed) };
    let right = |component: &Component| truth.roots.iter().any(|root| root.any_of.contains(component));
    let traits = |component: Component| {
        let values = vec![if right(&component) == reverse { 0 } else { 1_000 }];
        Traits { component, values }
    };
    let described =
        Described { candidates: candidates(&truth).into_iter().map(traits).collect(), truth: truth.clone() };
    Cell { described: Some(described), ..Sketch { scenario, seed, ..RIGHT }.cell() }
}

/// Whether it was right, by scenario and seed; `–` where it gave no answer.
fn right(cells: &[Cell]) -> String {
    let told = |cell: &Cell| match cell.is_right(LEARNED) {
        None => format!("{} {} –", cell.scenario, cell.seed),
        Some(right) => format!("{} {} {right}", cell.scenario, cell.seed),
    };
    let mut told: Vec<String> = cells.iter().map(told).collect();
    told.sort();
    told.join("\n")
}

#[test]
fn it_learns_from_scenarios_that_pull_no_lever_of_the_one_it_is_asked_about() {
    // The two variants of one story pull one lever; whoever learned from the quiet one would be wrong about the other.
    let mut cells = vec![
        cell("cache_poison_pill", 1, false),
        cell("cache_poison_pill_quiet", 1, true),
        cell("cache_poison_pill_quiet", 2, true),
        cell("slow_database", 1, false),
    ];
    stand_beside(&mut cells);
    insta::assert_snapshot!(right(&cells), @"
    cache_poison_pill 1 true
    cache_poison_pill_quiet 1 false
    cache_poison_pill_quiet 2 false
    slow_database 1 false
    ");
    let mut family = vec![cell("cache_poison_pill", 1, false), cell("cache_poison_pill_quiet", 1, false)];
    stand_beside(&mut family);
    insta::assert_snapshot!(right(&family), @"
    cache_poison_pill 1 –
    cache_poison_pill_quiet 1 –
    ");
}

#[test]
fn answers_follow_from_the_cells_in_whichever_order_and_however_often() {
    let mut cells: Vec<Cell> = ["cache_poison_pill", "slow_database", "search_regression", "null_quiet"]
        .into_iter()
        .flat_map(|scenario| (1..=3).map(move |seed| cell(scenario, seed, seed == 3)))
        .collect();
    // What was written and read again is the same.
    let mut read: Vec<Cell> =
        cells.iter().rev().map(|cell| serde_json::from_str(&serde_json::to_string(cell).unwrap()).unwrap()).collect();
    let card = |cell: &Cell| {
        let methods = cell.card.as_ref().unwrap().methods.iter();
        methods.filter(|method| method.name == LEARNED).cloned().collect::<Vec<_>>()
    };
    let cards = |cells: &[Cell]| cells.iter().map(card).collect::<Vec<_>>();
    stand_beside(&mut cells);
    let once = cards(&cells);
    assert!(once.iter().all(|cards| cards.len() == 1));
    stand_beside(&mut cells);
    assert!(once == cards(&cells), "asking again changes the answers");
    stand_beside(&mut read);
    read.reverse();
    assert!(once == cards(&read), "the order of the cells changes the answers");
}
