//! The ledger becomes critical paths, and these the bottleneck.

use proptest::prelude::*;
use scenarios::ledger::{Derived, Entry, Part, Phase, Windows, derive, search_paths};

const MS: u64 = 1_000_000;

/// `17.1 edge:a->b call 10..20`, times in milliseconds; a holder may follow as `by 3.1`.
fn entry(line: &str) -> Entry {
    let words: Vec<&str> = line.split_whitespace().collect();
    let (from, to) = words[3].split_once("..").expect("a span of time");
    let phase = match words[2] {
        "wait" => Phase::Wait,
        "serve" => Phase::Serve,
        "call" => Phase::Call,
        _ => Phase::Handle,
    };
    let ms = |text: &str| text.parse::<u64>().expect("milliseconds") * MS;
    Entry {
        request: words[0].to_owned(),
        parent: words[0].rsplit_once('.').map(|(parent, _)| parent.to_owned()),
        station: words[1].to_owned(),
        instance: 1,
        phase,
        from_ns: ms(from),
        to_ns: ms(to),
        holder: words.get(5).map(|holder| (*holder).to_owned()),
    }
}

fn entries(lines: &str) -> Vec<Entry> {
    lines.lines().filter(|line| !line.trim().is_empty()).map(entry).collect()
}

/// The path of the first search, from its start, in milliseconds.
fn shown(lines: &str) -> String {
    let entries = entries(lines);
    let paths = search_paths(&entries);
    let pieces = paths[0].1.iter().rev().map(|piece| {
        let part = match piece.part {
            Part::Wait => "wait",
            Part::Blocked => "blocked",
            Part::Serve => "serve",
        };
        format!("{}..{} {} {part}", piece.span.start / MS, piece.span.end / MS, piece.station)
    });
    pieces.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_search_is_its_own_work_its_slowest_item_and_the_network_between() {
    insta::assert_snapshot!(shown("
        1 search handle 0..100
        1 search/compute wait 0..5
        1 search/compute serve 5..25
        1.0 edge:search->catalog call 25..60
        1.1 edge:search->catalog call 25..98
        1.1 catalog handle 27..96
        1.1 catalog/compute serve 27..35
        1.1.d edge:catalog->database call 36..95
        1.1.d database handle 37..94
        1.1.d database/pool wait 37..70
        1.1.d database/pool serve 70..94
    "), @"
    0..5 search/compute wait
    5..25 search/compute serve
    25..27 edge:search->catalog serve
    27..35 catalog/compute serve
    35..36 catalog serve
    36..37 edge:catalog->database serve
    37..70 database/pool wait
    70..94 database/pool serve
    94..95 edge:catalog->database serve
    95..96 catalog serve
    96..98 edge:search->catalog serve
    98..100 search serve
    ");
}

#[test]
fn items_one_after_the_other_are_followed_back() {
    insta::assert_snapshot!(shown("
        1 search handle 0..60
        1.0 edge:search->catalog call 0..30
        1.1 edge:search->catalog call 0..50
        1.2 edge:search->catalog call 30..60
    "), @"
    0..30 edge:search->catalog serve
    30..60 edge:search->catalog serve
    ");
}

#[test]
fn a_call_that_was_given_up_counts_what_its_server_did_meanwhile() {
    insta::assert_snapshot!(shown("
        1 search handle 0..50
        1.0 edge:search->catalog call 0..50
        1.0 catalog handle 1..90
        1.0 catalog/compute wait 1..80
        1.0 catalog/compute serve 80..90
    "), @"
    0..1 edge:search->catalog serve
    1..50 catalog/compute wait
    ");
}

#[test]
fn a_wait_for_another_requests_reading_is_what_that_reading_did() {
    insta::assert_snapshot!(shown("
        1 search handle 0..50
        1.0 edge:search->catalog call 0..50
        1.0 catalog handle 0..50
        1.0 catalog-cache/flight wait 10..50 by 2.0.k
        2.0.k catalog-cache handle 5..49
        2.0.k.d edge:catalog-cache->database call 6..48
        2.0.k.d database handle 7..47
        2.0.k.d database/pool wait 7..30
        2.0.k.d database/pool serve 30..47
    "), @"
    0..10 catalog serve
    10..30 database/pool wait
    30..47 database/pool serve
    47..48 edge:catalog-cache->database serve
    48..49 catalog-cache serve
    49..50 catalog-cache/flight blocked
    ");
}

#[test]
fn a_wait_for_a_holder_that_queues_elsewhere_counts_there_and_for_an_idle_one_as_blocked() {
    insta::assert_snapshot!(shown("
        1 search handle 0..60
        1 search/db wait 0..60 by 2.0
        2.0 catalog handle 0..40
        2.0 catalog/compute wait 5..25
        2.0 catalog/compute serve 25..40
    "), @"
    0..5 search/db wait
    5..25 catalog/compute wait
    25..40 search/db wait
    40..60 search/db blocked
    ");
}

#[test]
fn a_wait_for_a_connection_counts_where_the_calls_that_held_it_queued() {
    insta::assert_snapshot!(shown("
        1 search handle 0..100
        1.0 edge:search->catalog call 0..100
        1.0 catalog handle 0..100
        1.0 catalog/db wait 0..60
        1.0.d edge:catalog->database call 60..100
        7.0.d edge:catalog->database call 20..60
        7.0.d database handle 20..60
        7.0.d database/pool wait 20..50
        7.0.d database/pool serve 50..60
        6.0.d edge:catalog->database call 0..20
        6.0.d database handle 0..20
        6.0.d database/pool serve 0..20
    "), @"
    0..20 catalog/db wait
    20..50 database/pool wait
    50..60 catalog/db wait
    60..100 edge:catalog->database serve
    ");
}

#[test]
fn a_wait_for_a_connection_that_went_from_hand_to_hand_is_a_wait_all_along() {
    insta::assert_snapshot!(shown("
        1 search handle 0..100
        1.0 edge:search->catalog call 0..100
        1.0 catalog handle 0..100
        1.0 catalog/db wait 0..60 by 7.0.d
        1.0.d edge:catalog->database call 60..100
        7.0.d edge:catalog->database call 40..60
        7.0.d database handle 40..60
        7.0.d database/pool serve 40..60
        6.0.d edge:catalog->database call 0..40
        6.0.d database handle 0..40
        6.0.d database/pool serve 0..40
    "), @"
    0..40 catalog/db wait
    40..60 catalog/db wait
    60..100 edge:catalog->database serve
    ");
}

#[test]
fn holders_that_wait_for_each_other_come_to_an_end() {
    let paths = shown(
        "
        1 search handle 0..10
        1 search/lock wait 0..10 by 2
        2 search handle 0..10
        2 search/lock wait 0..10 by 1
    ",
    );
    insta::assert_snapshot!(paths, @"0..10 search/lock wait");
}

/// Searches one after the other; before 1 s quick, later slow at the given station.
fn ledger(slow: &str) -> Vec<Entry> {
    let lines = (0..20_u64).map(|n| {
        let at = n * 100;
        let quick = format!(
            "{n} search handle {at}..{}\n{n} search/compute serve {at}..{}\n{n}.0 edge:search->catalog call {}..{}\n\
             {n}.0 catalog handle {}..{}\n{n}.0 catalog/compute serve {}..{}",
            at + 40,
            at + 20,
            at + 20,
            at + 40,
            at + 21,
            at + 39,
            at + 21,
            at + 39
        );
        if n < 10 { quick } else { slow.replace("@n", &n.to_string()) }
    });
    // Times of the slow searches are relative to their start.
    lines
        .enumerate()
        .flat_map(|(n, text)| {
            let shift = if n < 10 { 0 } else { n as u64 * 100 * MS };
            entries(&text).into_iter().map(move |mut entry| {
                entry.from_ns += shift;
                entry.to_ns += shift;
                entry
            })
        })
        .collect()
}

fn verdict(derived: &Derived) -> String {
    let names: Vec<String> = derived.bottlenecks.iter().map(|one| format!("{} {}", one.component, one.mode)).collect();
    let share = derived.stations.first().map_or(0.0, |station| station.share);
    format!("{} of {} + {}: {:.2}", names.join(" or "), derived.baseline_searches, derived.breaching_searches, share)
}

fn derived(slow: &str) -> String {
    let windows = Windows { baseline: 0..1_000 * MS, incident: 1_000 * MS..9_000 * MS };
    verdict(&derive(&ledger(slow), &windows, Some(60 * MS)))
}

#[test]
fn the_mode_says_why() {
    insta::assert_snapshot!([
        derived("@n search handle 0..90\n@n search/compute serve 0..20\n@n.0 edge:search->catalog call 20..90\n\
                 @n.0 catalog handle 21..89\n@n.0 catalog/compute wait 21..71\n@n.0 catalog/compute serve 71..89"),
        derived("@n search handle 0..90\n@n search/compute serve 0..20\n@n.0 edge:search->catalog call 20..90\n\
                 @n.0 catalog handle 21..89\n@n.0 catalog/compute serve 21..89"),
        derived("@n search handle 0..90\n@n search/compute serve 0..20\n@n.0 edge:search->catalog call 20..90\n\
                 @n.0 catalog handle 21..89\n@n.0 catalog/compute serve 21..39\n@n.0 catalog/compute serve 39..57\n\
                 @n.0 catalog/compute serve 57..89"),
        derived("@n search handle 0..90\n@n search/compute serve 0..20\n@n.0 edge:search->catalog call 20..90\n\
                 @n.0 catalog handle 51..69\n@n.0 catalog/compute serve 51..69"),
        derived("@n search handle 0..90\n@n search/compute serve 0..20\n@n search/lock wait 20..90 by 999"),
    ].join("\n"), @"
    resource:catalog/compute saturated of 10 + 10: 1.00
    resource:catalog/compute slow or service:catalog slow of 10 + 10: 1.00
    resource:catalog/compute visits or service:catalog visits of 10 + 10: 1.00
    edge:search->catalog slow of 10 + 10: 1.00
    resource:search/lock blocked of 10 + 10: 1.00
    ");
}

#[test]
fn a_tie_is_listed() {
    insta::assert_snapshot!(derived(
        "@n search handle 0..100\n@n search/compute wait 0..30\n@n search/compute serve 30..50\n\
         @n.0 edge:search->catalog call 50..100\n@n.0 catalog handle 51..99\n@n.0 catalog/compute wait 51..81\n\
         @n.0 catalog/compute serve 81..99"
    ), @"resource:catalog/compute saturated or resource:search/compute saturated of 10 + 10: 0.50");
}

#[test]
fn where_nothing_breached_there_is_no_bottleneck() {
    let windows = Windows { baseline: 0..1_000 * MS, incident: 1_000 * MS..9_000 * MS };
    let all = ledger("@n search handle 0..41");
    assert_eq!(derive(&all, &windows, Some(60 * MS)).bottlenecks, vec![]);
    assert_eq!(derive(&[], &windows, None).bottlenecks, vec![]);
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let request = prop::sample::select(vec!["1", "1.0", "1.1", "1.0.k", "1.0.k.d", "2", "2.0"]);
    let place = prop::sample::select(vec![
        ("search/compute", Phase::Wait),
        ("database/pool", Phase::Serve),
        ("catalog-cache/flight", Phase::Wait),
        ("edge:search->catalog", Phase::Call),
        ("catalog", Phase::Handle),
        ("catalog/db", Phase::Wait),
        ("edge:catalog->database", Phase::Call),
    ]);
    let holder = prop::option::of(prop::sample::select(vec!["1", "1.0", "2", "2.0", "9"]));
    (request, place, 0_u64..1_000, 0_u64..1_000, holder).prop_map(|(request, (station, phase), from, to, holder)| {
        Entry {
            request: request.to_owned(),
            parent: request.rsplit_once('.').map(|(parent, _)| parent.to_owned()),
            station: station.to_owned(),
            instance: 1,
            phase,
            from_ns: from,
            to_ns: to,
            holder: holder.filter(|_| phase == Phase::Wait).map(ToOwned::to_owned),
        }
    })
}

proptest! {
    #[test]
    fn the_pieces_of_a_path_follow_each_other_and_sum_to_the_search(
        mut all in prop::collection::vec(any_entry(), 0..40), start in 0_u64..500, length in 0_u64..800,
    ) {
        all.retain(|entry| entry.phase != Phase::Handle || entry.parent.is_some());
        all.push(Entry { from_ns: start, to_ns: start + length, ..entry("1 search handle 0..1") });
        let paths = search_paths(&all);
        prop_assert_eq!(paths.len(), 1);
        let mut at = start + length;
        for piece in &paths[0].1 {
            prop_assert_eq!(piece.span.end, at);
            prop_assert!(piece.span.start < piece.span.end);
            at = piece.span.start;
        }
        prop_assert_eq!(at, start);
    }

    #[test]
    fn the_order_of_entries_does_not_matter_to_the_bottleneck(seed: u64) {
        let slow = "@n search handle 0..90\n@n search/compute wait 0..70\n@n search/compute serve 70..90";
        let windows = Windows { baseline: 0..1_000 * MS, incident: 1_000 * MS..9_000 * MS };
        let mut all = ledger(slow);
        let straight = derive(&all, &windows, Some(60 * MS));
        let len = all.len();
        all.rotate_left(usize::try_from(seed % len as u64).unwrap());
        prop_assert_eq!(straight, derive(&all, &windows, Some(60 * MS)));
    }
}
