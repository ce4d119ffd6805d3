//! The critical path of a search: each of its nanoseconds is wait or service at one station.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::book::Book;
use super::{Entry, Phase};
use crate::topology::CONNECTIONS;

/// What a nanosecond of a search was spent on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Part {
    /// Queued for the station.
    Wait,
    /// Queued for a station whose holder neither worked nor waited.
    Blocked,
    /// Served by the station, or on the way over an edge.
    Serve,
}

/// A piece of a search's critical path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Piece {
    /// As in the ledger: `database/pool`, `edge:a->b`; a bare service where it did what no entry tells.
    pub station: String,
    pub part: Part,
    /// Nanoseconds since the Unix epoch.
    pub span: Range<u64>,
}

/// How often a wait may lead to a holder that waits for a holder; longer chains are cycles.
const MAX_HOLDERS: usize = 8;
/// How deep calls may be nested; the system has three levels.
const MAX_CALLS: usize = 32;
/// A wait at this resource is for another request's reading: all that the reader does is what is waited for.
const FLIGHT: &str = "flight";

/// The critical path of every search, in the order of their ids: its id, and its pieces from the end backwards.
/// The pieces of a search do not overlap, and sum to its duration.
pub fn search_paths(entries: &[Entry]) -> Vec<(&str, Vec<Piece>)> {
    let book = Book::of(entries);
    book.searches().map(|search| (search.request.as_str(), path(&book, search))).collect()
}

/// The critical path of one search.
pub(super) fn path(book: &Book<'_>, search: &Entry) -> Vec<Piece> {
    let mut sweep = Sweep { book, pieces: Vec::new() };
    sweep.request(search, &(search.from_ns..search.to_ns), Depth::default());
    sweep.pieces
}

#[derive(Clone, Copy, Default)]
struct Depth {
    calls: usize,
    holders: usize,
}

struct Sweep<'a> {
    book: &'a Book<'a>,
    pieces: Vec<Piece>,
}

impl Sweep<'_> {
    /// Gives away the time of a request at its server.
    fn request(&mut self, handle: &Entry, during: &Range<u64>, depth: Depth) {
        let work = self.book.work(&handle.request);
        self.backwards(&work, &handle.station, during, depth);
    }

    /// From the end of `during` to its start: what ended last was waited for last, then what ended before that began
    /// (as in CRISP, Zhang et al. 2022). Where several were under way, the one that ended nearest is taken, because its
    /// end is what let the request go on. Time under no entry is the owner's own.
    fn backwards(&mut self, work: &[&Entry], owner: &str, during: &Range<u64>, depth: Depth) {
        let mut at = during.end;
        while at > during.start {
            let next = work
                .iter()
                .filter(|entry| entry.from_ns < at && entry.to_ns > during.start && entry.from_ns < entry.to_ns)
                .min_by_key(|entry| (entry.to_ns.abs_diff(at), std::cmp::Reverse(entry.from_ns)));
            let Some(next) = next else {
                self.piece(owner, Part::Serve, during.start..at);
                return;
            };
            if next.to_ns < at {
                self.piece(owner, Part::Serve, next.to_ns.max(during.start)..at);
                at = next.to_ns;
            }
            let from = next.from_ns.max(during.start);
            self.entry(next, &(from..at), depth);
            at = from;
        }
    }

    fn entry(&mut self, entry: &Entry, during: &Range<u64>, depth: Depth) {
        match (entry.phase, &entry.holder) {
            (Phase::Wait, Some(holder)) if depth.holders < MAX_HOLDERS => self.held(entry, holder, during, depth),
            (Phase::Wait, None) if depth.holders < MAX_HOLDERS => self.unheld(entry, during, depth),
            (Phase::Wait, _) => self.piece(&entry.station, Part::Wait, during.clone()),
            (Phase::Serve | Phase::Handle, _) => self.piece(&entry.station, Part::Serve, during.clone()),
            (Phase::Call, _) => self.call(entry, during, depth),
        }
    }

    /// A call: the part that its server had is the server's, the rest is the edge's.
    fn call(&mut self, call: &Entry, during: &Range<u64>, depth: Depth) {
        let handle = self.book.handle(&call.request, during).filter(|_| depth.calls < MAX_CALLS);
        let Some(handle) = handle else {
            self.piece(&call.station, Part::Serve, during.clone());
            return;
        };
        let served = handle.from_ns.max(during.start)..handle.to_ns.min(during.end);
        self.piece(&call.station, Part::Serve, served.end..during.end);
        self.request(handle, &served, Depth { calls: depth.calls + 1, ..depth });
        self.piece(&call.station, Part::Serve, during.start..served.start);
    }

    /// A wait for a holder: where the holder waited elsewhere, it is that wait; where it did nothing, it was blocked.
    fn held(&mut self, wait: &Entry, holder: &str, during: &Range<u64>, depth: Depth) {
        let mut sweep = Sweep { book: self.book, pieces: Vec::new() };
        let deeper = Depth { holders: depth.holders + 1, ..depth };
        if let Some(handle) = self.book.handle(holder, during) {
            let busy = handle.from_ns.max(during.start)..handle.to_ns.min(during.end);
            sweep.request(handle, &busy, deeper);
        } else if let Some(call) = self.book.sent(holder, during) {
            let busy = call.from_ns.max(during.start)..call.to_ns.min(during.end);
            sweep.call(call, &busy, deeper);
        }
        let through = wait.station.rsplit_once('/').is_some_and(|(_, resource)| resource == FLIGHT);
        let mut at = during.end;
        for piece in sweep.pieces {
            self.piece(&wait.station, Part::Blocked, piece.span.end..at);
            at = piece.span.start;
            if through || piece.part != Part::Serve {
                self.pieces.push(piece);
            } else {
                self.piece(&wait.station, Part::Wait, piece.span);
            }
        }
        // Before the last holder had it, others did, one after the other.
        let taken = self.book.sent(holder, during).map_or(during.start, |call| call.from_ns.clamp(during.start, at));
        self.piece(&wait.station, Part::Blocked, taken..at);
        self.unheld(wait, &(during.start..taken), depth);
    }

    /// A wait for a connection is a wait for a call to end: followed back from call to call, as the connection was
    /// handed on, it counts where these calls queued. While they were served, the connections were too few.
    fn unheld(&mut self, wait: &Entry, during: &Range<u64>, depth: Depth) {
        let edge = CONNECTIONS.iter().find(|(station, _)| *station == wait.station).map(|(_, edge)| *edge);
        let deeper = Depth { holders: depth.holders + 1, ..depth };
        let mut at = during.end;
        while at > during.start {
            let call = edge
                .and_then(|edge| self.book.released(edge, wait.instance, at))
                .filter(|call| call.to_ns > during.start);
            let Some(call) = call else { break };
            let busy = call.from_ns.max(during.start)..call.to_ns.min(at);
            self.piece(&wait.station, Part::Wait, busy.end..at);
            let mut sweep = Sweep { book: self.book, pieces: Vec::new() };
            sweep.call(call, &busy, deeper);
            for piece in sweep.pieces {
                let served = piece.part == Part::Serve;
                let (station, part) = if served { (&wait.station, Part::Wait) } else { (&piece.station, piece.part) };
                self.piece(station, part, piece.span);
            }
            at = busy.start;
        }
        self.piece(&wait.station, Part::Wait, during.start..at);
    }

    fn piece(&mut self, station: &str, part: Part, span: Range<u64>) {
        if span.start < span.end {
            self.pieces.push(Piece { station: station.to_owned(), part, span });
        }
    }
}
