//! Two sets of cells held against each other: what changed sides, and whether that is worse.

use scenarios::effect::EffectClass;
use score::{Cell, Pairing, pair};

use crate::cells::{RIGHT, Sketch, failed};

const WRONG: Sketch<'static> = Sketch { answered: Some("service:database"), ..RIGHT };

fn shown(pairing: &Pairing) -> String {
    let mut text = String::new();
    for tally in &pairing.tallies {
        let scenario = tally.scenario.as_deref().unwrap_or("all");
        let (before, after) = (tally.right_before, tally.right_after);
        text.push_str(&format!(
            "{} {} {scenario}: {before} to {after} of {}, +{} -{}, p {:.3}\n",
            tally.method, tally.question, tally.pairs, tally.better, tally.worse, tally.p
        ));
    }
    for change in &pairing.changes {
        let word = if change.better { "better" } else { "worse" };
        text.push_str(&format!(
            "{word} {} {} {}: {} -> {}\n",
            change.scenario, change.seed, change.method, change.before, change.after
        ));
    }
    let places = [&pairing.only_before, &pairing.only_after, &pairing.counted_before, &pairing.counted_after];
    let places = places.map(|places| places.iter().map(|place| place.seed).collect::<Vec<_>>());
    text.push_str(&format!("{places:?} exit {}", pairing.exit));
    text
}

fn cells(sketches: &[Sketch<'_>]) -> Vec<Cell> {
    sketches.iter().map(Sketch::cell).collect()
}

#[test]
fn the_same_cells_are_no_worse() {
    let same = cells(&[RIGHT, Sketch { seed: 2, ..WRONG }]);
    let pairing = pair(&same, &same, &[]);
    assert!(pairing.changes.is_empty() && !pairing.is_worse(), "{pairing:?}");
    assert_eq!((pairing.exit, pairing.pairs()), (0, 2));
}

#[test]
fn what_got_better_and_worse_is_named_cell_by_cell() {
    let before = cells(&[RIGHT, Sketch { seed: 2, ..RIGHT }, Sketch { seed: 3, ..WRONG }, Sketch { seed: 4, ..RIGHT }]);
    let slowest = "service:catalog-cache";
    let after =
        cells(&[RIGHT, Sketch { seed: 2, ..WRONG }, Sketch { seed: 3, slowest, ..RIGHT }, Sketch { seed: 5, ..RIGHT }]);
    insta::assert_snapshot!(shown(&pair(&before, &after, &[])), @"
    engine root all: 2 to 2 of 3, +1 -1, p 1.000
    engine root cache_poison_pill: 2 to 2 of 3, +1 -1, p 1.000
    engine bottleneck all: 3 to 3 of 3, +0 -0, p 1.000
    engine bottleneck cache_poison_pill: 3 to 3 of 3, +0 -0, p 1.000
    slowest_span right all: 0 to 1 of 3, +1 -0, p 1.000
    slowest_span right cache_poison_pill: 0 to 1 of 3, +1 -0, p 1.000
    worse cache_poison_pill 2 engine: answered service:catalog-cache -> answered service:database
    better cache_poison_pill 3 engine: answered service:database -> answered service:catalog-cache
    better cache_poison_pill 3 slowest_span: service:database -> service:catalog-cache
    [[4], [5], [], []] exit 0
    ");
}

#[test]
fn a_scenario_that_lost_is_not_made_up_for_by_another() {
    let quiet = Sketch { scenario: "cache_poison_pill_quiet", ..RIGHT };
    let wrong = Sketch { scenario: "cache_poison_pill_quiet", ..WRONG };
    let before = cells(&[RIGHT, wrong, Sketch { seed: 2, ..wrong }]);
    let after = cells(&[WRONG, quiet, Sketch { seed: 2, ..quiet }]);
    assert_eq!(pair(&before, &after, &[]).exit, 99);
    assert_eq!(pair(&after, &before, &[]).exit, 99);
    // The naive methods did not change.
    assert_eq!(pair(&before, &after, &["slowest_span".to_owned()]).exit, 0);
}

#[test]
fn cells_that_no_longer_count_are_no_proof_that_nothing_got_worse() {
    let before = cells(&[RIGHT, Sketch { seed: 2, ..RIGHT }]);
    let after = [RIGHT.cell(), failed(2)];
    let pairing = pair(&before, &after, &[]);
    assert_eq!((pairing.exit, pairing.pairs(), pairing.counted_before.len()), (106, 1, 1));
    let absorbed = cells(&[RIGHT, Sketch { seed: 2, class: EffectClass::Absorbed, ..RIGHT }]);
    assert_eq!(pair(&absorbed, &before, &[]).exit, 0);
    assert!(!pair(&before, &[failed(9)], &[]).has_common());
}
