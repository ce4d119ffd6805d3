//! The private ledger: what each request waited for and was served by, apart from all telemetry.

mod book;
mod bottleneck;
mod path;

use serde::{Deserialize, Serialize};

pub use bottleneck::{Bottleneck, Derived, StationChange, Windows, derive};
pub use path::{Part, Piece, search_paths};

/// One line of `ledger/<instance>.jsonl`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// Hierarchical request id: `17` is the search, `17.1` its second item, `17.1.k` what catalog asked the cache for.
    pub request: String,
    /// The request that caused this one; none for a search.
    pub parent: Option<String>,
    /// `search/compute`, `database/pool`, or `edge:catalog->database` for a call as its caller saw it,
    /// or a bare service name for a request as its server saw it.
    pub station: String,
    /// Which instance of the station's own service, or of the caller of an edge, wrote it, from 1.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub instance: u32,
    pub phase: Phase,
    /// Nanoseconds since the Unix epoch.
    pub from_ns: u64,
    /// Nanoseconds since the Unix epoch.
    pub to_ns: u64,
    /// The request that held what this one waited for, where the holder itself queued elsewhere.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holder: Option<String>,
}

fn first() -> u32 {
    1
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_first(instance: &u32) -> bool {
    *instance == first()
}

/// What happened at a station between the two times.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Queued for the station.
    Wait,
    /// Held it and was served.
    Serve,
    /// A call to another service, from send to answer (station `edge:a->b`). `request` is the id sent to the callee,
    /// `parent` the caller's own request.
    Call,
    /// The whole request at a server (station: the service).
    Handle,
}
