//! Evidence kept in memory as the collector writes it, so that a virtual run need not read its own files again.

use std::sync::{Arc, Mutex, PoisonError};

use collector::{Batch, Tap};
use evidence::Gathered;
use rca_engine::evidence::Evidence;

/// What was written so far; clones share it.
#[derive(Clone, Default)]
pub(crate) struct Witness(Arc<Mutex<Gathered>>);

impl Witness {
    /// Sees what the collector writes to the evidence.
    pub(crate) fn tap(&self) -> Tap {
        let gathered = Arc::clone(&self.0);
        Box::new(move |batch| {
            let mut gathered = gathered.lock().unwrap_or_else(PoisonError::into_inner);
            match batch {
                Batch::Traces(request) => gathered.traces(request),
                Batch::Metrics(request) => gathered.metrics(request),
                Batch::Logs(request) => gathered.logs(request),
            }
        })
    }

    /// The evidence that reading the files would give.
    pub(crate) fn evidence(&self) -> Evidence {
        std::mem::take(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner)).finish()
    }
}
