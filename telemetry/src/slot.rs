//! The telemetry of the build in force: a deploy puts another one in its place.

use std::sync::Arc;

use arc_swap::ArcSwap;

use crate::bootstrap::Telemetry;

/// Shared by all handlers of an instance; each request takes the current value and keeps it to its end.
#[derive(Clone, Debug)]
pub struct Slot(Arc<ArcSwap<Telemetry>>);

impl Slot {
    /// A slot that holds its first build.
    pub fn new(telemetry: Arc<Telemetry>) -> Self {
        Self(Arc::new(ArcSwap::new(telemetry)))
    }

    /// The build in force.
    pub fn current(&self) -> Arc<Telemetry> {
        self.0.load_full()
    }

    /// Puts the next build in force and returns the last one, which still ends the requests it began.
    pub fn swap(&self, next: Arc<Telemetry>) -> Arc<Telemetry> {
        let last = self.0.swap(next);
        last.retire();
        last
    }
}
