//! What became of a run, from measured numbers.

use scenarios::effect::{Lateness, Measured, Reading, classify};
use scenarios::{catalog, parse};

fn reading(baseline: f64, incident: f64) -> Reading {
    Reading { baseline: Some(baseline), incident: Some(incident) }
}

/// A run of `cache_poison_pill` in which everything went as it should.
fn good() -> Measured {
    Measured {
        alerted: true,
        moves: vec![reading(0.4, 80.0), reading(0.4, 78.0), reading(4.7, 90.0), reading(0.001, 1.4)],
        flat: vec![reading(0.060, 0.061), reading(30.0, 33.0)],
        lateness: Lateness { timers: 10_000, late: 2, late_row: 1 },
    }
}

fn judged(id: &str, measured: &Measured) -> String {
    let text = catalog::find(id).expect("it is in the catalog");
    let effect = classify(&parse(id, text).expect("the catalog is sound"), measured);
    format!("{:?}: {}", effect.class, effect.reasons.join("\n  ")).trim_end().to_owned()
}

#[test]
fn a_run_that_shows_its_incident_is_valid() {
    insta::assert_snapshot!(judged("cache_poison_pill", &good()), @"Valid:");
}

#[test]
fn a_lever_that_did_not_bite_is_ineffective() {
    let still = vec![reading(0.4, 0.4), reading(0.4, 0.5), reading(4.7, 4.9), reading(0.001, 0.001)];
    insta::assert_snapshot!(judged("cache_poison_pill", &Measured { alerted: false, moves: still, ..good() }), @"
    Ineffective: catalog_cache.lookups of service:catalog-cache did not rise by a factor of 10: 0.4000 before, 0.4000 after
      catalog.cache.fallback of service:catalog did not rise by a factor of 10: 0.4000 before, 0.5000 after
      http.server.request.duration of service:database did not rise by a factor of 3: 4.7000 before, 4.9000 after
      db.client.connection.wait_time of resource:database/pool did not rise by a factor of 10: 0.0010 before, 0.0010 after
    ");
}

#[test]
fn a_bite_without_an_alert_is_absorbed() {
    let bitten = vec![reading(0.4, 20.0), reading(0.4, 19.0), reading(4.7, 25.0), reading(0.001, 0.004)];
    insta::assert_snapshot!(judged("cache_poison_pill", &Measured { alerted: false, moves: bitten, ..good() }), @"Absorbed: the alert did not fire");
}

#[test]
fn another_movement_or_a_late_machine_contaminates() {
    let slower = Measured { flat: vec![reading(0.060, 0.2), reading(30.0, 33.0)], ..good() };
    let fewer = Measured { flat: vec![reading(0.060, 0.06), reading(30.0, 3.0)], ..good() };
    let blind = Measured { flat: Vec::new(), ..good() };
    let stalled = Measured { lateness: Lateness { timers: 100_000, late: 3, late_row: 3 }, ..good() };
    let slow = Measured { lateness: Lateness { timers: 10_000, late: 11, late_row: 1 }, ..good() };
    let elsewhere = Measured { moves: vec![reading(0.4, 80.0), reading(0.4, 0.4)], ..good() };
    let all = [slower, fewer, blind, stalled, slow, elsewhere];
    insta::assert_snapshot!(all.map(|measured| judged("cache_poison_pill", &measured)).join("\n"), @"
    Contaminated: db.client.connection.use_time of resource:database/pool moved by more than a factor of 1.5: 0.0600 before, 0.2000 after
    Contaminated: http.server.request.duration of service:search moved by more than a factor of 2: 30.0000 before, 3.0000 after
    Contaminated: db.client.connection.use_time of resource:database/pool moved by more than a factor of 1.5: nothing before, nothing after
      http.server.request.duration of service:search moved by more than a factor of 2: nothing before, nothing after
    Contaminated: 3 timers in a row were late by more than 250 ms
    Contaminated: 11 of 10000 timers were late by more than 250 ms
    Contaminated: catalog.cache.fallback of service:catalog did not rise by a factor of 10: 0.4000 before, 0.4000 after
      http.server.request.duration of service:database did not rise by a factor of 3: nothing before, nothing after
      db.client.connection.wait_time of resource:database/pool did not rise by a factor of 10: nothing before, nothing after
    ");
}

#[test]
fn without_an_incident_only_the_machine_can_spoil_a_run() {
    let quiet = Measured { moves: Vec::new(), flat: vec![reading(30.0, 90.0)], alerted: false, ..good() };
    let fired = Measured { alerted: true, ..quiet.clone() };
    let stalled = Measured { lateness: Lateness { timers: 10, late: 5, late_row: 5 }, ..quiet.clone() };
    insta::assert_snapshot!([quiet, fired, stalled].map(|measured| judged("null_quiet", &measured)).join("\n"), @"
    Quiet:
    Quiet:
    Contaminated: 5 timers in a row were late by more than 250 ms
      5 of 10 timers were late by more than 250 ms
    ");
}
