//! The synchronous core: a bounded queue that refuses rather than loses, and a pipeline that a tick drives.
//!
//! There is no clock, no thread and no runtime in here: the same pushes and ticks give the same bytes, in real time and in
//! virtual time alike.

mod pipeline;
mod queue;

use std::io;
use std::sync::{Arc, Mutex, MutexGuard};

use crate::batch::{Batch, Signal};
use crate::counters::Counters;
use crate::lines::Lines;
use crate::route::{Place, Route};
use pipeline::Pipeline;
use queue::Queue;

/// Limits of a core.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Config {
    /// Spans, metric points and log records that may wait, all together.
    pub max_queue_items: u64,
    /// Bytes of memory that what waits may occupy, what is being written included.
    pub max_queue_bytes: u64,
    /// Output is flushed by the first tick that is this much later than the last flush.
    pub flush_interval_ns: u64,
    /// Whether gaps are filled and hash orders sorted; off, what comes in goes out unchanged.
    pub normalise: bool,
    /// Share of traces that are written, each whole; the others are dropped and counted.
    pub traces_kept: f64,
}

impl Default for Config {
    fn default() -> Self {
        Self {
            max_queue_items: 200_000,
            max_queue_bytes: 256 << 20,
            flush_interval_ns: 200_000_000,
            normalise: true,
            traces_kept: 1.0,
        }
    }
}

/// Sees each batch once, in order: after it was normalised and before it is routed, what is warm-up or late included.
///
/// A tap may move the limits of the route ([`Core::cut_at`]), which then hold for the batch it is looking at. It must not
/// push, tick or finish: the pipeline is busy with it.
pub type Tap = Box<dyn FnMut(&Batch) + Send>;

/// Why a batch was not accepted. The sender still has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    #[error("take {items} more items: the queue is full")]
    QueueItems { items: u64 },
    #[error("take {bytes} more bytes: the queue is full")]
    QueueBytes { bytes: u64 },
    #[error("take {items} items of {bytes} bytes at once: the whole queue is smaller")]
    TooLarge { items: u64, bytes: u64 },
    #[error("take anything: the collector has ended")]
    Closed,
}

/// A line that could not be written. The first one ends the core: later batches are refused, queued ones are counted as
/// dropped.
#[derive(Clone, Debug, thiserror::Error)]
#[error("write {what}")]
pub struct WriteError {
    /// The signal and folder.
    pub what: String,
    pub source: Arc<io::Error>,
}

/// The collector without its receiver. Share it in an [`Arc`]: a push never waits for a write.
pub struct Core {
    queue: Mutex<Queue>,
    pipeline: Mutex<Pipeline>,
    route: Route,
}

impl Core {
    /// A core that writes what is evidence to one place and what is later than the cut to another.
    pub fn new(config: Config, evidence: Lines, after: Lines, taps: Vec<Tap>) -> Self {
        Self {
            queue: Mutex::new(Queue::new(config)),
            pipeline: Mutex::new(Pipeline::new(config, evidence, after, taps)),
            route: Route::open(),
        }
    }

    /// Has what is written to the evidence shown to a witness, too: each batch once, in the order of the lines.
    #[must_use]
    pub fn with_witness(self, witness: Tap) -> Self {
        lock(&self.pipeline).witness = Some(witness);
        self
    }

    /// Accepts a batch, or refuses it as a whole. A batch without items is accepted and leaves no trace.
    ///
    /// # Errors
    /// The queue is full or closed; nothing was taken.
    pub fn push(&self, batch: impl Into<Batch>) -> Result<(), Refusal> {
        let batch = batch.into();
        let (items, bytes) = (batch.items(), batch.bytes());
        if items == 0 {
            return Ok(());
        }
        lock(&self.queue).push(batch, items, bytes)
    }

    /// Writes everything that waits: normalised, seen by the taps, routed by time.
    ///
    /// `now_ns` is nanoseconds since the Unix epoch, of whichever clock the run has.
    ///
    /// # Errors
    /// A line could not be written, now or in an earlier tick.
    pub fn tick(&self, now_ns: u64) -> Result<(), WriteError> {
        let mut pipeline = lock(&self.pipeline);
        // What is being written still counts against the limits until it is on its way to the disk.
        loop {
            let Some(waiting) = lock(&self.queue).pop() else { break };
            let outcome = pipeline.process(waiting.batch, &self.route, now_ns);
            lock(&self.queue).settle(waiting.signal, waiting.items, waiting.bytes, &outcome);
        }
        pipeline.flush_if_due(now_ns);
        self.outcome(&pipeline)
    }

    /// Takes no more, writes what waits and flushes.
    ///
    /// # Errors
    /// A line could not be written, now or in an earlier tick.
    pub fn finish(&self, now_ns: u64) -> Result<Counters, WriteError> {
        lock(&self.queue).close();
        self.tick(now_ns)?;
        let mut pipeline = lock(&self.pipeline);
        pipeline.flush(now_ns);
        self.outcome(&pipeline)?;
        Ok(self.counters())
    }

    /// Records earlier than this are dropped and counted as warm-up, from the next batch on.
    pub fn begin_at(&self, ns: u64) {
        self.route.begin_at(ns);
    }

    /// Records later than this are written apart, from the next batch on.
    pub fn cut_at(&self, ns: u64) {
        self.route.cut_at(ns);
    }

    pub fn counters(&self) -> Counters {
        lock(&self.queue).counters()
    }

    fn outcome(&self, pipeline: &Pipeline) -> Result<(), WriteError> {
        match pipeline.failure() {
            None => Ok(()),
            Some(failure) => {
                lock(&self.queue).close();
                Err(failure.clone())
            }
        }
    }
}

/// A batch that left the queue, by what became of its items.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Outcome {
    written: u64,
    written_after: u64,
    early: u64,
    sampled: u64,
    failed: u64,
}

/// A panic while a lock was held can only come from a tap; the core's own data is whole at every such moment.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

fn place_name(signal: Signal, place: Place) -> String {
    match place {
        Place::Evidence | Place::WarmUp => format!("{signal} of the evidence"),
        Place::After => format!("{signal} after the cut"),
    }
}
