//! The ledger as a tree: what each request did itself, and which calls it made.

use std::collections::BTreeMap;
use std::ops::{Bound, Range};

use super::{Entry, Phase};

/// All entries, by request and by caller.
#[derive(Default)]
pub(super) struct Book<'a> {
    handles: BTreeMap<&'a str, Vec<&'a Entry>>,
    /// Waits and services, by the request that they were for.
    own: BTreeMap<&'a str, Vec<&'a Entry>>,
    /// Calls, by the caller's request.
    calls: BTreeMap<&'a str, Vec<&'a Entry>>,
    /// Calls, by the id sent to the callee.
    sent: BTreeMap<&'a str, Vec<&'a Entry>>,
    /// Calls of each edge and instance of the caller, by their end.
    edges: BTreeMap<(&'a str, u32), Vec<&'a Entry>>,
}

impl<'a> Book<'a> {
    /// Sorts entries into the tree; entries that end before they begin are no intervals and are left out.
    pub(super) fn of(entries: &'a [Entry]) -> Self {
        let mut book = Self::default();
        for entry in entries.iter().filter(|entry| entry.from_ns <= entry.to_ns) {
            let request = entry.request.as_str();
            match entry.phase {
                Phase::Handle => book.handles.entry(request).or_default().push(entry),
                Phase::Wait | Phase::Serve => book.own.entry(request).or_default().push(entry),
                Phase::Call => {
                    book.sent.entry(request).or_default().push(entry);
                    book.edges.entry((&entry.station, entry.instance)).or_default().push(entry);
                    if let Some(parent) = &entry.parent {
                        book.calls.entry(parent).or_default().push(entry);
                    }
                }
            }
        }
        for calls in book.edges.values_mut() {
            calls.sort_by_key(|call| (call.to_ns, call.from_ns, &call.request));
        }
        book
    }

    /// Searches: requests that nobody of the system made, in the order of their ids.
    pub(super) fn searches(&self) -> impl Iterator<Item = &'a Entry> {
        self.handles.values().flatten().copied().filter(|entry| entry.parent.is_none())
    }

    /// The request at its server, where it overlaps a span of time.
    pub(super) fn handle(&self, request: &str, during: &Range<u64>) -> Option<&'a Entry> {
        let all = self.handles.get(request)?;
        all.iter().copied().find(|entry| entry.from_ns < during.end && during.start < entry.to_ns)
    }

    /// The call that sent a request, where it overlaps a span of time.
    pub(super) fn sent(&self, request: &str, during: &Range<u64>) -> Option<&'a Entry> {
        let all = self.sent.get(request)?;
        all.iter().copied().find(|entry| entry.from_ns < during.end && during.start < entry.to_ns)
    }

    /// The call of an instance over an edge that began before a time and ended nearest to it: whose connection became
    /// free then.
    pub(super) fn released(&self, edge: &'a str, instance: u32, at_ns: u64) -> Option<&'a Entry> {
        let calls = self.edges.get(&(edge, instance))?;
        let later = calls.partition_point(|call| call.to_ns < at_ns);
        let began = |call: &&&'a Entry| call.from_ns < at_ns && call.from_ns < call.to_ns;
        let before = calls[..later].iter().rev().find(began);
        let after = calls[later..].iter().find(began);
        before.into_iter().chain(after).min_by_key(|call| call.to_ns.abs_diff(at_ns)).copied()
    }

    /// What a request did at its server: waits, services, calls.
    pub(super) fn work(&self, request: &str) -> Vec<&'a Entry> {
        let own = self.own.get(request).into_iter().flatten();
        own.chain(self.calls.get(request).into_iter().flatten()).copied().collect()
    }

    /// Services that a search had anywhere, on its critical path or not.
    pub(super) fn services_under(&self, search: &str) -> impl Iterator<Item = &'a Entry> {
        // Ids are hierarchical, so all requests below a search stand together.
        let below = format!("{search}.");
        let from = (Bound::Included(below.as_str()), Bound::Unbounded);
        let own = self.own.get(search).into_iter().flatten();
        let under = self.own.range::<str, _>(from).take_while(|(request, _)| request.starts_with(&below));
        let entries: Vec<&'a Entry> = own.chain(under.flat_map(|(_, entries)| entries)).copied().collect();
        entries.into_iter().filter(|entry| entry.phase == Phase::Serve)
    }
}
