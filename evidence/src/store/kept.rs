//! Items up to a limit: the earliest stay, whatever order they come in.

use rca_engine::evidence::{LogRecord, Span};

/// What decides which items stay: time, then an id.
pub(super) type Key = (u64, u128);

/// Something with a place in time.
pub(super) trait Timed {
    fn key(&self) -> Key;
}

impl Timed for Span {
    fn key(&self) -> Key {
        (self.start_ns, u128::from(self.span_id))
    }
}

impl Timed for LogRecord {
    fn key(&self) -> Key {
        (self.at_ns, self.trace_id)
    }
}

/// The earliest items of all that were offered. Memory stays bounded while they come: as soon as twice the limit is
/// held, the later half goes, and from then on nothing is taken in that would go again.
pub(super) struct Kept<T> {
    items: Vec<T>,
    limit: usize,
    /// Items from here on have no room.
    bar: Option<Key>,
    /// Whether anything had to go.
    cut: bool,
}

impl<T: Timed> Kept<T> {
    pub(super) fn new(limit: usize) -> Self {
        Self { items: Vec::new(), limit, bar: None, cut: false }
    }

    /// Whether an item may stay; that there was none for it is remembered.
    pub(super) fn has_room(&mut self, key: Key) -> bool {
        let has_room = self.is_open_to(key);
        self.cut |= !has_room;
        has_room
    }

    pub(super) fn is_open_to(&self, key: Key) -> bool {
        self.bar.is_none_or(|bar| key < bar)
    }

    /// Takes an item in and gives those that have to go for it.
    pub(super) fn push(&mut self, item: T) -> Vec<T> {
        self.items.push(item);
        if self.items.len() / 2 > self.limit { self.trim() } else { Vec::new() }
    }

    /// Cuts to the limit and gives what is beyond it. Order stays where nothing is.
    pub(super) fn trim(&mut self) -> Vec<T> {
        if self.items.len() <= self.limit {
            return Vec::new();
        }
        self.items.sort_by_key(Timed::key);
        let rest = self.items.split_off(self.limit);
        self.bar = rest.first().map(Timed::key);
        self.cut = true;
        rest
    }

    /// Whether everything that was offered is there.
    pub(super) fn is_whole(&self) -> bool {
        !self.cut
    }

    pub(super) fn into_items(self) -> Vec<T> {
        self.items
    }
}
