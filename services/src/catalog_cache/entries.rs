//! What the cache holds: bytes under a schema, with an expiry.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use world::World;

use super::remaining;
use crate::product::{self, Product, Schema};

/// The entries by product id.
#[derive(Debug)]
pub(super) struct Entries(Mutex<State>);

#[derive(Debug)]
struct State {
    writes: Schema,
    held: BTreeMap<u32, Entry>,
}

#[derive(Debug)]
struct Entry {
    bytes: Vec<u8>,
    /// On the world's clock.
    expires: Duration,
}

/// What was found for a key.
#[derive(Debug)]
pub(super) enum Found {
    Readable(Product),
    Unreadable,
    Missing,
}

impl Entries {
    /// Holds every key, with staggered ages.
    pub(super) fn prefilled(world: &World, ttl: Duration, keys: u32) -> Self {
        let now = world.clock.now();
        let entry = |key| Entry {
            bytes: Schema::Named.encode(&product::product(key)),
            expires: now + remaining(world, ttl, key),
        };
        let held = (0..keys).map(|key| (key, entry(key))).collect();
        Self(Mutex::new(State { writes: Schema::Named, held }))
    }

    pub(super) fn get(&self, key: u32, now: Duration) -> Found {
        let mut state = self.lock();
        if state.held.get(&key).is_some_and(|entry| entry.expires <= now) {
            state.held.remove(&key);
        }
        match state.held.get(&key).map(|entry| product::decode(&entry.bytes)) {
            Some(Ok(product)) => Found::Readable(product),
            Some(Err(_)) => Found::Unreadable,
            None => Found::Missing,
        }
    }

    pub(super) fn fill(&self, product: &Product, expires: Duration) {
        let mut state = self.lock();
        let bytes = state.writes.encode(product);
        state.held.insert(product.id, Entry { bytes, expires });
    }

    pub(super) fn write_under(&self, schema: Schema) {
        self.lock().writes = schema;
    }

    /// Rewrites the chosen entries under the schema now written; expiries stay.
    pub(super) fn rewrite(&self, chosen: impl Fn(u32) -> bool) {
        let mut state = self.lock();
        let schema = state.writes;
        for (key, entry) in state.held.iter_mut().filter(|(key, _)| chosen(**key)) {
            entry.bytes = schema.encode(&product::product(*key));
        }
    }

    pub(super) fn clear(&self) {
        self.lock().held.clear();
    }

    pub(super) fn held(&self) -> i64 {
        i64::try_from(self.lock().held.len()).unwrap_or(i64::MAX)
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
