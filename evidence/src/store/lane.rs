//! One kind of items on their way to an answer, and to the narrower one that follows where a limit cuts the first short.

use rca_engine::query::Query;

use super::kept::{Kept, Key, Timed};

/// Items of one query, and what only the query that follows has room for.
pub(super) struct Lane<T> {
    first: Kept<T>,
    later: Option<Later<T>>,
}

/// What a narrower query asks for beyond what the first one has.
pub(super) struct Later<T> {
    from_ns: u64,
    to_ns: u64,
    limit: usize,
    kept: Kept<T>,
}

impl<T: Timed> Default for Lane<T> {
    fn default() -> Self {
        Self { first: Kept::new(usize::MAX), later: None }
    }
}

impl<T: Timed + Clone> Lane<T> {
    pub(super) fn new(query: &Query, again: Option<&Query>) -> Self {
        let later = again.map(|again| Later {
            from_ns: again.from_ns,
            to_ns: again.to_ns,
            limit: limit(again),
            kept: Kept::new(limit(again)),
        });
        Self { first: Kept::new(limit(query)), later }
    }

    /// Whether an item may stay for either; that there was no room is remembered.
    pub(super) fn has_room(&mut self, key: Key) -> bool {
        self.first.has_room(key) || self.later.as_mut().is_some_and(|later| later.has_room(key))
    }

    pub(super) fn push(&mut self, item: T) {
        let rest = if self.first.is_open_to(item.key()) { self.first.push(item) } else { vec![item] };
        self.pass_on(rest);
    }

    fn pass_on(&mut self, rest: Vec<T>) {
        if let Some(later) = &mut self.later {
            later.take(rest);
        }
    }

    /// The items, whether everything that was offered is among them, and what is beyond them.
    pub(super) fn finish(mut self) -> (Vec<T>, bool, Option<Later<T>>) {
        let rest = self.first.trim();
        self.pass_on(rest);
        let is_whole = self.first.is_whole();
        (self.first.into_items(), is_whole, self.later)
    }
}

impl<T: Timed + Clone> Later<T> {
    fn has_in_window(&self, key: Key) -> bool {
        (self.from_ns..self.to_ns).contains(&key.0)
    }

    fn has_room(&mut self, key: Key) -> bool {
        self.has_in_window(key) && self.kept.has_room(key)
    }

    fn take(&mut self, items: Vec<T>) {
        for item in items {
            if self.has_room(item.key()) {
                // What it has no room for is gone: nothing follows after it.
                drop(self.kept.push(item));
            }
        }
    }

    /// What the first answer has of the window comes before what there was no room for in it. Whether that is all.
    pub(super) fn answer(self, first: &[T]) -> (Vec<T>, bool) {
        let had_room = self.kept.is_whole();
        let mut all = Kept::new(self.limit);
        for item in first.iter().filter(|item| self.has_in_window(item.key())) {
            drop(all.push(item.clone()));
        }
        self.kept.into_items().into_iter().for_each(|item| drop(all.push(item)));
        drop(all.trim());
        let is_whole = had_room && all.is_whole();
        (all.into_items(), is_whole)
    }
}

fn limit(query: &Query) -> usize {
    usize::try_from(query.limit).unwrap_or(usize::MAX)
}
