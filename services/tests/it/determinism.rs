//! The same seed gives the same bytes, whatever else happens in the process.

use scenarios::model::System;

use crate::support::{Lab, bytes, virtually};

fn emitted(seed: u64) -> Vec<u8> {
    virtually(|| async move {
        let lab = Lab::start(seed, System::default()).await;
        let mut searches = Vec::new();
        for id in 0..40 {
            searches.push(lab.search(&format!("{id}")).await.into_body());
        }
        let mut all = bytes(&lab.pull());
        all.extend(searches.iter().flatten());
        all
    })
}

#[test]
fn one_seed_twice_gives_the_same_bytes_of_telemetry() {
    assert_eq!(emitted(3), emitted(3));
}

#[test]
fn another_seed_gives_other_bytes() {
    assert_ne!(emitted(3), emitted(4));
}

#[test]
fn systems_in_parallel_threads_do_not_touch_each_other() {
    let alone = emitted(5);
    let threads: Vec<_> = (0..4).map(|i| std::thread::spawn(move || emitted(5 + i % 2))).collect();
    let together: Vec<Vec<u8>> = threads.into_iter().map(|thread| thread.join().unwrap()).collect();
    assert_eq!(together[0], alone);
    assert_eq!(together[2], alone);
    assert_eq!(together[1], together[3]);
}
