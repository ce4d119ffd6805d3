//! What a witness gathers in memory is what reading the written files gives, to the last digit and number.

use std::sync::{Arc, Mutex};

use collector::{Batch, Config, Core, Lines};
use evidence::{Bundle, Gathered};

use crate::samples;

const MIDDLE: u64 = 50;

/// Pushes batches through a core that cuts in the middle; the evidence by either way.
fn both_ways(batches: Vec<Batch>) -> (String, String) {
    let folder = tempfile::tempdir().unwrap();
    let place = |name: &str| Lines::create(&folder.path().join(name)).unwrap();
    let gathered = Arc::new(Mutex::new(Gathered::default()));
    let shared = Arc::clone(&gathered);
    let witness = Box::new(move |batch: &Batch| {
        let mut gathered = shared.lock().unwrap();
        match batch {
            Batch::Traces(request) => gathered.traces(request),
            Batch::Metrics(request) => gathered.metrics(request),
            Batch::Logs(request) => gathered.logs(request),
        }
    });
    let core = Core::new(Config::default(), place("evidence"), place("after"), Vec::new()).with_witness(witness);
    for batch in batches {
        core.push(batch).unwrap();
    }
    core.finish(1).unwrap();
    let read = Bundle::open(folder.path()).unwrap().read().unwrap();
    assert_eq!(read.broken(), 0);
    let gathered = std::mem::take(&mut *gathered.lock().unwrap()).finish();
    (format!("{gathered:#?}"), format!("{:#?}", read.evidence))
}

#[test]
fn every_field_of_every_signal_is_gathered_as_it_is_read() {
    // Metrics and logs first: the files are read in another order than they were written in.
    let all: [Batch; 6] = [
        samples::metrics().into(),
        samples::logs().into(),
        samples::traces().into(),
        samples::spans_ending_at(&[1, 2, 3]).into(),
        samples::metrics().into(),
        samples::logs().into(),
    ];
    let (gathered, read) = both_ways(all.to_vec());
    assert!(gathered.len() > 5_000, "the samples are nearly empty");
    for (gathered, read) in gathered.lines().zip(read.lines()) {
        assert_eq!(gathered, read);
    }
    assert_eq!(gathered.lines().count(), read.lines().count());
}

#[test]
fn a_witness_sees_neither_the_warm_up_nor_what_is_later_than_the_cut_and_needs_no_lines() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let shared = Arc::clone(&seen);
    let witness = Box::new(move |batch: &Batch| shared.lock().unwrap().push(batch.items()));
    let core = Core::new(Config::default(), Lines::nowhere(), Lines::nowhere(), Vec::new()).with_witness(witness);
    core.begin_at(MIDDLE - 10);
    core.cut_at(MIDDLE + 10);
    for ends in [&[1, 2][..], &[45, 50, 55, 90], &[99]] {
        core.push(samples::spans_ending_at(ends)).unwrap();
    }
    let counters = core.finish(1).unwrap();
    assert_eq!(*seen.lock().unwrap(), [3]);
    let traces = counters.traces;
    assert_eq!((traces.written, traces.written_after, traces.dropped.warm_up), (3, 2, 2));
}
