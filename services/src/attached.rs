//! Instruments that follow the build in force.

use std::sync::Arc;

use arc_swap::{ArcSwap, Guard};
use telemetry::Telemetry;

use crate::instance::Instance;

/// Instruments made anew for each build; clones share them.
#[derive(Debug)]
pub(crate) struct Attached<T>(Arc<ArcSwap<T>>);

impl<T> Clone for Attached<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<T: Send + Sync + 'static> Attached<T> {
    /// Makes the instruments of the current build now and of every later one at its deploy.
    pub(crate) fn new(instance: &Instance, make: impl Fn(&Telemetry) -> T + Send + Sync + 'static) -> Self {
        let attached = Self(Arc::new(ArcSwap::from_pointee(make(&instance.telemetry()))));
        let later = attached.clone();
        instance.on_build(Box::new(move |telemetry| later.0.store(Arc::new(make(telemetry)))));
        attached
    }

    /// The instruments of the build in force.
    pub(crate) fn get(&self) -> Guard<Arc<T>> {
        self.0.load()
    }
}
