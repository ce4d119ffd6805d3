//! A signal that something is over, heard by all in the order in which they began to wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::sync::Notify;

/// Told once, never taken back; clones share it. (A `tokio::sync::watch` wakes its waiters in random order.)
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<Inner>);

#[derive(Debug, Default)]
struct Inner {
    told: AtomicBool,
    notify: Notify,
}

impl Stop {
    /// Says that it is over.
    pub fn tell(&self) {
        self.0.told.store(true, Ordering::SeqCst);
        self.0.notify.notify_waiters();
    }

    /// Whether it is over.
    pub fn is_told(&self) -> bool {
        self.0.told.load(Ordering::SeqCst)
    }

    /// Waits until it is over; at once if it is.
    pub async fn told(&self) {
        let notified = self.0.notify.notified();
        if !self.is_told() {
            notified.await;
        }
    }
}
