//! What happens to a batch that left the queue: normalise, taps, route, write.

use std::io;
use std::sync::Arc;

use super::{Config, Outcome, Tap, WriteError, place_name};
use crate::batch::{Batch, Signal};
use crate::json;
use crate::lines::Lines;
use crate::normalise::normalise;
use crate::route::{Place, Route};
use crate::sample::sample;

pub(super) struct Pipeline {
    config: Config,
    evidence: Lines,
    after: Lines,
    taps: Vec<Tap>,
    pub(super) witness: Option<Tap>,
    /// Reused from line to line.
    line: Vec<u8>,
    last_flush_ns: u64,
    failure: Option<WriteError>,
}

impl Pipeline {
    pub(super) fn new(config: Config, evidence: Lines, after: Lines, taps: Vec<Tap>) -> Self {
        Self { config, evidence, after, taps, witness: None, line: Vec::new(), last_flush_ns: 0, failure: None }
    }

    /// Accounts for every item of the batch, whatever happens.
    pub(super) fn process(&mut self, mut batch: Batch, route: &Route, now_ns: u64) -> Outcome {
        let signal = batch.signal();
        if self.config.normalise {
            normalise(&mut batch);
        }
        for tap in &mut self.taps {
            tap(&batch);
        }
        let sampled = match &mut batch {
            Batch::Traces(request) if self.config.traces_kept < 1.0 => sample(request, self.config.traces_kept),
            Batch::Traces(_) | Batch::Metrics(_) | Batch::Logs(_) => 0,
        };
        let split = route.split(batch, now_ns);
        let mut outcome = Outcome { early: split.early, sampled, ..Outcome::default() };
        for (part, place) in [(split.evidence, Place::Evidence), (split.after, Place::After)] {
            let Some((part, items)) = part else { continue };
            match (self.write(signal, place, &part), place) {
                (false, _) => outcome.failed += items,
                (true, Place::After) => outcome.written_after += items,
                (true, Place::Evidence | Place::WarmUp) => outcome.written += items,
            }
        }
        outcome
    }

    pub(super) fn flush_if_due(&mut self, now_ns: u64) {
        if now_ns.saturating_sub(self.last_flush_ns) >= self.config.flush_interval_ns {
            self.flush(now_ns);
        }
    }

    pub(super) fn flush(&mut self, now_ns: u64) {
        self.last_flush_ns = now_ns;
        let flushed = self.evidence.flush().and_then(|()| self.after.flush());
        self.note(flushed, || "what was buffered".to_owned());
    }

    pub(super) fn failure(&self) -> Option<&WriteError> {
        self.failure.as_ref()
    }

    /// Whether the line was written.
    fn write(&mut self, signal: Signal, place: Place, batch: &Batch) -> bool {
        if self.failure.is_some() {
            return false;
        }
        let lines = match place {
            Place::Evidence | Place::WarmUp => &mut self.evidence,
            Place::After => &mut self.after,
        };
        self.line.clear();
        if lines.are_kept() {
            json::write_line(&mut self.line, batch);
        }
        let written = lines.write(signal, &self.line);
        self.note(written, || place_name(signal, place));
        let written = self.failure.is_none();
        if let (true, Place::Evidence, Some(witness)) = (written, place, &mut self.witness) {
            witness(batch);
        }
        written
    }

    /// Keeps the first failure.
    fn note(&mut self, result: io::Result<()>, what: impl FnOnce() -> String) {
        if let Err(error) = result {
            self.failure.get_or_insert_with(|| WriteError { what: what(), source: Arc::new(error) });
        }
    }
}
