//! The bounded queue and its books.

use std::collections::VecDeque;

use super::{Config, Outcome, Refusal};
use crate::batch::{Batch, Signal};
use crate::counters::Counters;

/// An accepted batch with its measures.
pub(super) struct Waiting {
    pub(super) batch: Batch,
    pub(super) signal: Signal,
    pub(super) items: u64,
    pub(super) bytes: u64,
}

pub(super) struct Queue {
    config: Config,
    waiting: VecDeque<Waiting>,
    items: u64,
    bytes: u64,
    closed: bool,
    counters: Counters,
}

impl Queue {
    pub(super) fn new(config: Config) -> Self {
        Self { config, waiting: VecDeque::new(), items: 0, bytes: 0, closed: false, counters: Counters::default() }
    }

    pub(super) fn push(&mut self, batch: Batch, items: u64, bytes: u64) -> Result<(), Refusal> {
        let signal = batch.signal();
        let tally = self.counters.of_mut(signal);
        if self.closed {
            tally.refused.closed += items;
            return Err(Refusal::Closed);
        }
        if items > self.config.max_queue_items || bytes > self.config.max_queue_bytes {
            tally.refused.too_large += items;
            return Err(Refusal::TooLarge { items, bytes });
        }
        if self.items + items > self.config.max_queue_items {
            tally.refused.queue_items += items;
            return Err(Refusal::QueueItems { items });
        }
        if self.bytes + bytes > self.config.max_queue_bytes {
            tally.refused.queue_bytes += items;
            return Err(Refusal::QueueBytes { bytes });
        }
        tally.received += items;
        tally.queued += items;
        self.items += items;
        self.bytes += bytes;
        self.waiting.push_back(Waiting { batch, signal, items, bytes });
        Ok(())
    }

    /// The oldest batch; it counts against the limits until it is settled.
    pub(super) fn pop(&mut self) -> Option<Waiting> {
        self.waiting.pop_front()
    }

    pub(super) fn settle(&mut self, signal: Signal, items: u64, bytes: u64, outcome: &Outcome) {
        self.items -= items;
        self.bytes -= bytes;
        let tally = self.counters.of_mut(signal);
        tally.queued -= items;
        tally.written += outcome.written;
        tally.written_after += outcome.written_after;
        tally.dropped.warm_up += outcome.early;
        tally.dropped.sampled += outcome.sampled;
        tally.dropped.write_failed += outcome.failed;
    }

    pub(super) fn close(&mut self) {
        self.closed = true;
    }

    pub(super) fn counters(&self) -> Counters {
        self.counters
    }
}
