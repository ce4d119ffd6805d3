//! What is accepted is kept, what is refused is known, and the books balance.

use std::sync::Arc;

use collector::{Batch, Config, Core, Lines, Refusal};
use insta::assert_snapshot;
use proptest::prelude::*;

use crate::samples;
use crate::shown::{self, Full, Memory};

#[test]
fn the_queue_refuses_by_items_by_bytes_and_after_the_end() {
    let three = || Batch::from(samples::spans_ending_at(&[1, 2, 3]));
    let by_items = shown::bench(Config { max_queue_items: 5, ..Config::default() }, Vec::new());
    let by_bytes = shown::bench(Config { max_queue_bytes: three().bytes() + 1, ..Config::default() }, Vec::new());
    let mut rows = Vec::new();
    for core in [&by_items.core, &by_bytes.core] {
        rows.push(format!("{:?}", core.push(three())));
        rows.push(core.push(three()).unwrap_err().to_string());
        core.tick(1).unwrap();
        rows.push(format!("after a tick: {:?}", core.push(three())));
    }
    let huge: Vec<u64> = (1..=100).collect();
    rows.push(by_items.core.push(samples::spans_ending_at(&huge)).unwrap_err().to_string());
    by_items.core.finish(2).unwrap();
    rows.push(by_items.core.push(three()).unwrap_err().to_string());
    rows.push(format!("{:?}", by_items.core.counters().traces));
    let bytes = three().bytes().to_string();
    let rows: Vec<String> = rows.into_iter().map(|row| row.replace(&bytes, "BYTES")).collect();
    assert_snapshot!(rows.join("\n"), @"
    Ok(())
    take 3 more items: the queue is full
    after a tick: Ok(())
    Ok(())
    take BYTES more bytes: the queue is full
    after a tick: Ok(())
    take 100 items of 29064 bytes at once: the whole queue is smaller
    take anything: the collector has ended
    Tally { received: 6, written: 6, written_after: 0, dropped: Dropped { warm_up: 0, sampled: 0, write_failed: 0 }, queued: 0, refused: Refused { queue_items: 3, queue_bytes: 0, too_large: 100, closed: 3 } }
    ");
}

#[test]
fn a_batch_without_items_leaves_no_trace() {
    let bench = shown::plain();
    bench.core.push(samples::spans_ending_at(&[])).unwrap();
    bench.core.finish(1).unwrap();
    assert_eq!(bench.evidence.text(), "");
    assert_eq!(bench.core.counters(), collector::Counters::default());
}

#[test]
fn a_full_disk_ends_the_core_and_the_books_still_balance() {
    let core = Core::new(
        Config::default(),
        Lines::to(Full, Memory::default(), Memory::default()),
        Lines::to(Memory::default(), Memory::default(), Memory::default()),
        Vec::new(),
    );
    core.push(samples::logs()).unwrap();
    core.push(samples::spans_ending_at(&[1, 2])).unwrap();
    core.push(samples::spans_ending_at(&[3])).unwrap();
    let first = core.tick(1).unwrap_err();
    let refused = core.push(samples::spans_ending_at(&[4])).unwrap_err();
    let last = core.finish(2).unwrap_err();
    let source = std::error::Error::source(&first).unwrap().to_string();
    let counters = core.counters();
    assert!(counters.balance());
    assert_snapshot!(format!("{first}: {source}\n{refused}\n{last}\n{:?}\n{:?}", counters.traces, counters.logs), @"
    write traces of the evidence: no storage space
    take anything: the collector has ended
    write traces of the evidence
    Tally { received: 3, written: 0, written_after: 0, dropped: Dropped { warm_up: 0, sampled: 0, write_failed: 3 }, queued: 0, refused: Refused { queue_items: 0, queue_bytes: 0, too_large: 0, closed: 1 } }
    Tally { received: 3, written: 3, written_after: 0, dropped: Dropped { warm_up: 0, sampled: 0, write_failed: 0 }, queued: 0, refused: Refused { queue_items: 0, queue_bytes: 0, too_large: 0, closed: 0 } }
    ");
}

#[test]
fn a_tap_sees_every_batch_once_and_may_set_the_cut() {
    let seen = Arc::new(std::sync::Mutex::new(Vec::new()));
    let core: Arc<std::sync::OnceLock<Arc<Core>>> = Arc::default();
    let (tap_seen, tap_core) = (Arc::clone(&seen), Arc::clone(&core));
    let tap = Box::new(move |batch: &Batch| {
        tap_seen.lock().unwrap().push((batch.signal(), batch.items()));
        if tap_seen.lock().unwrap().len() == 2 {
            tap_core.get().unwrap().cut_at(20);
        }
    });
    let bench = shown::bench(Config::default(), vec![tap]);
    core.set(Arc::clone(&bench.core)).ok().unwrap();
    for ends in [[10, 30], [10, 30]] {
        bench.core.push(samples::spans_ending_at(&ends)).unwrap();
    }
    bench.core.push(samples::logs()).unwrap();
    bench.core.finish(1).unwrap();
    let counters = bench.core.counters();
    assert_snapshot!(format!("{:?}\n{:?}", seen.lock().unwrap(), counters.traces), @"
    [(Traces, 2), (Traces, 2), (Logs, 3)]
    Tally { received: 4, written: 3, written_after: 1, dropped: Dropped { warm_up: 0, sampled: 0, write_failed: 0 }, queued: 0, refused: Refused { queue_items: 0, queue_bytes: 0, too_large: 0, closed: 0 } }
    ");
}

proptest! {
    /// However pushes and ticks come, each accepted span is in exactly one line, in the order of the pushes.
    #[test]
    fn nothing_accepted_is_lost_or_doubled(
        steps in proptest::collection::vec(proptest::option::of(1_usize..8), 1..60),
        max_queue_items in 1_u64..20,
        max_queue_bytes in 500_u64..20_000,
    ) {
        let config = Config { max_queue_items, max_queue_bytes, ..Config::default() };
        let bench = shown::bench(config, Vec::new());
        let (mut next, mut accepted, mut refused) = (1_u64, Vec::new(), 0);
        for step in steps {
            let Some(count) = step else {
                bench.core.tick(1).unwrap();
                continue;
            };
            let ends: Vec<u64> = (next..).take(count).collect();
            next += count as u64;
            match bench.core.push(samples::spans_ending_at(&ends)) {
                Ok(()) => accepted.extend(ends),
                Err(Refusal::Closed) => prop_assert!(false, "the core is open"),
                Err(_) => refused += count as u64,
            }
        }
        let counters = bench.core.finish(2).unwrap();
        let written = bench.evidence.traces.text();
        let ids = written.split("\"spanId\":\"").skip(1).map(|rest| u64::from_str_radix(&rest[..16], 16).unwrap());
        prop_assert_eq!(ids.collect::<Vec<_>>(), accepted.clone());
        prop_assert!(counters.balance());
        let tally = counters.traces;
        prop_assert_eq!(tally.received, accepted.len() as u64);
        prop_assert_eq!(tally.written, tally.received);
        prop_assert_eq!(tally.queued, 0);
        let known = tally.refused;
        prop_assert_eq!(known.queue_items + known.queue_bytes + known.too_large + known.closed, refused);
    }

    /// When ticks come has no influence on the bytes.
    #[test]
    fn the_same_pushes_give_the_same_bytes(ticks in proptest::collection::vec(any::<bool>(), 6)) {
        let write = |ticks: &[bool]| {
            let bench = shown::bench(Config::default(), Vec::new());
            let batches: [Batch; 3] = [samples::traces().into(), samples::metrics().into(), samples::logs().into()];
            for (batch, tick) in batches.iter().cycle().zip(ticks) {
                bench.core.push(batch.clone()).unwrap();
                if *tick {
                    bench.core.tick(1).unwrap();
                }
            }
            bench.core.finish(1).unwrap();
            bench.evidence.text()
        };
        prop_assert_eq!(write(&ticks), write(&[false; 6]));
    }
}
