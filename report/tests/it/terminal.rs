//! The terminal form, section by section.

use insta::assert_snapshot;
use rca_engine::investigation::Investigation;
use rca_engine::vocabulary::Outcome;
use report::{Options, terminal};

use crate::{founding, shop};

fn sample() -> Investigation {
    founding::investigation(&shop::run())
}

fn printed(investigation: &Investigation, width: usize) -> String {
    terminal(investigation, Some(&founding::check()), &Options { width, ..Options::default() })
}

/// What stands under a heading, or before the first one.
fn section(text: &str, heading: &str) -> String {
    let lines = text.lines().skip_while(|line| !heading.is_empty() && !line.starts_with(heading));
    lines.take_while(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[test]
fn the_first_three_lines_say_it_all() {
    assert_snapshot!(section(&printed(&sample(), 90), ""), @"
    CONFIDENCE   87 %, likely: of 50 earlier verdicts this sure, 44 were right
    ROOT CAUSE   The new build of catalog-cache (v2) writes entries that its readers cannot
                 decode.
    PROOF TRACE  One search of 1.63 s waited 1.44 s for the database's pool, because three
                 look-ups in catalog-cache were unreadable.
    ");
}

#[test]
fn the_chain_runs_from_the_root_to_the_symptom() {
    let text = printed(&sample(), 90);
    let from = text.find("HOW THE DAMAGE").expect("there is a chain");
    let to = text.find("TIMELINE").expect("there is a timeline");
    assert_snapshot!(text[from..to].trim_end(), @"
    HOW THE DAMAGE TRAVELS
      root cause   catalog-cache  build v2 · bad_format
            │ error
            ▼
      propagation  catalog
            │ load
            ▼
      bottleneck   database  pool · saturated

      symptom      search
      also         catalog ─latency→ search
                   database ─latency→ catalog
      set off by   change:deploy-17
    ");
}

#[test]
fn the_timeline_counts_from_the_onset_and_ends_with_what_was_not_seen() {
    assert_snapshot!(section(&printed(&sample(), 90), "TIMELINE"), @"
    TIMELINE  T = 2030-01-01 00:00:21.300 UTC
        T−0.2 s · E1  catalog-cache deployed v2 (deploy-17), state kept
        T+0.1 s ✓ E2  unreadable look-ups in catalog-cache 0.9 → 93 % (2 of 262 → 163 of 175)
        T+0.2 s ✓ E3  catalog reads the database after an unreadable look-up, in the same
                      trace: 163 of 163
        T+0.4 s ✓ E4  fallbacks of catalog 0.1 → 10.6 a second
        T+0.9 s ✓ E5  mean wait for the database's pool 0 → 1.9 s (n = 2 → 163)
        T+7.1 s ✗ E8  against the database as root: use time of a connection 98 → 99 ms, limit
                      unchanged
        T+7.3 s ✓ E9  p99 of search 0.1 → 2.4 s, above 0.5 s for 6 s; arrivals flat, 4.1 → 4.0
                      a second
                ?     The content of cache entries is not in the telemetry: that the format is
                      wrong follows from its readers alone.
                ✓ supports   ✗ speaks against   · context   ? not seen
    ");
}

#[test]
fn hypotheses_tell_what_speaks_against_them() {
    assert_snapshot!(section(&printed(&sample(), 90), "HYPOTHESES"), @"
    HYPOTHESES
      1.  87 %  version:catalog-cache@v2 (bad_format)
                Its failures per call rose first, and with them put back 96 % of the slow
                traces return below the threshold.
                for      E1, E2, E3, E4, E7
                against  nothing seen
      2.   8 %  resource:database/pool (capacity_reduced)
                Its waits are the longest, but its limit and its use time did not move: the
                load explains the waits.
                for      E5, E6
                against  E3, E8
      3.   3 %  workload (surge)
                Arrivals at search are flat.
                for      nothing seen
                against  E9
    ");
}

#[test]
fn actions_say_what_they_touch_and_what_to_avoid() {
    assert_snapshot!(section(&printed(&sample(), 90), "WHAT TO DO"), @"
    WHAT TO DO
      1. purge service:catalog-cache
         first check  The build is rolled back first, else the entries come back unreadable.
         touches      Every entry of one region; each key is read from the database once,
                      about 200 reads.
         expect       Fallbacks at zero at once, p99 of search below 0.5 s within 10 s.
         undo         CANNOT be undone; because of E2, E7
         AVOID        Do not purge while v2 still writes; do not purge all regions at the same
                      time.
      2. rollback version:catalog-cache@v2
         first check  v1 can still read what v1 wrote: its entries are older than the deploy.
         touches      catalog-cache alone, no restart.
         expect       New entries are readable; the old ones stay until their time to live,
                      40 s.
         undo         can be undone; because of E1, E2
         AVOID        Do not scale the database: it is as fast as before, and its queue is fed
                      by the fallbacks.
    ");
}

#[test]
fn the_check_tells_right_from_wrong_for_gates_and_naive_methods() {
    assert_snapshot!(section(&printed(&sample(), 100), "CHECK"), @"
    CHECK AGAINST THE TRUTH  cache_poison_pill, seed 7, effect valid
      root         version:catalog-cache@v2 or service:catalog-cache or change:deploy-17 (bad_format)
      propagation  service:catalog-cache ─error→ service:catalog, service:catalog ─load→
                   service:database
      bottleneck   resource:database/pool (saturated)
      symptom      service:search
      right  root: expected version:catalog-cache@v2 or an equal, answered version:catalog-cache@v2
      right  bottleneck: expected resource:database/pool (saturated), answered the same
      right  alerting service must fail: alerting_service answered service:search
      right  the run counts: every span, point and record that was emitted is accounted for
      what other methods said:
      WRONG  alerting_service     service:search  (misled, as this scenario means to)
      WRONG  slowest_span         service:database  (misled, as this scenario means to)
      right  most_errors          service:catalog-cache
      right  latest_change        change:deploy-17
      WRONG  always_abstain       no answer
    ");
}

#[test]
fn times_are_told_in_the_zone_asked_for() {
    let zone = jiff::tz::TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a valid rule");
    let text = terminal(&sample(), None, &Options { time_zone: zone, ..Options::default() });
    assert!(text.contains("TIMELINE  T = 2030-01-01 01:00:21.300 CET"), "{text}");
}

#[test]
fn without_colour_there_is_no_escape_and_with_it_only_the_colours_are_added() {
    let investigation = sample();
    let plain = printed(&investigation, 90);
    let check = founding::check();
    let options = Options { width: 90, colour: true, ..Options::default() };
    let coloured = terminal(&investigation, Some(&check), &options);
    assert!(!plain.contains('\u{1b}'));
    let mut stripped = String::new();
    for (index, part) in coloured.split('\u{1b}').enumerate() {
        stripped.push_str(if index == 0 { part } else { part.split_once('m').expect("a colour ends with m").1 });
    }
    assert_eq!(stripped, plain);
}

#[test]
fn everything_but_queries_to_copy_stays_within_the_width() {
    let investigation = sample();
    let queries: Vec<String> = investigation.pivots.iter().map(|pivot| format!("    {}", pivot.query)).collect();
    for width in [40, 60, 80, 140] {
        for line in printed(&investigation, width).lines().filter(|line| !queries.contains(&(*line).to_owned())) {
            assert!(unicode_width::UnicodeWidthStr::width(line) <= width, "{width}: {line}");
        }
    }
}

#[test]
fn no_incident_names_no_root_and_draws_no_chain() {
    let mut investigation = sample();
    let core = &mut investigation.core;
    core.outcome = Outcome::NoIncident;
    core.roles.root.clear();
    core.roles.propagation.clear();
    core.roles.bottleneck = None;
    core.hypotheses.clear();
    core.actions.clear();
    core.why_not_slowest = None;
    investigation.header.root_cause = "Everything lies within the baseline's own excursions.".into();
    let text = printed(&investigation, 90);
    assert!(text.contains("VERDICT      Everything lies within"), "{text}");
    for heading in ["HOW THE DAMAGE", "HYPOTHESES", "WHAT TO DO", "WHY NOT", "ROOT CAUSE"] {
        assert!(!text.contains(heading), "{heading}");
    }
}

#[test]
fn a_long_timeline_keeps_twelve_lines_and_the_last() {
    let mut investigation = sample();
    let last = investigation.timeline.pop().expect("a last line");
    let line = investigation.timeline[1].clone();
    investigation.timeline.extend(std::iter::repeat_n(line, 40));
    investigation.timeline.push(last);
    let timeline = section(&printed(&investigation, 200), "TIMELINE");
    assert_eq!(timeline.lines().count(), 1 + 12 + 1, "{timeline}");
    assert!(timeline.contains("?     The content of cache entries"), "{timeline}");
}
