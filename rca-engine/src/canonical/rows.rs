//! Spans as rows: sorted, without duplicates, with resolved parents.

use std::collections::{BTreeMap, BTreeSet};

use super::names::Vocabulary;
use super::readings::Reading;
use super::services::{PoolId, Pools, ServiceId, Services};
use crate::evidence::{Evidence, Span, SpanKind, Symbol};

/// No row.
pub(crate) const NONE: u32 = u32::MAX;

/// A span of a known service.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) trace_id: u128,
    pub(crate) span_id: u64,
    /// Row of the parent, or [`NONE`].
    pub(crate) parent: u32,
    /// The parent is named but not there, or the parents ran in a circle.
    pub(crate) orphan: bool,
    pub(crate) service: ServiceId,
    /// Name of the operation.
    pub(crate) name: Symbol,
    pub(crate) kind: SpanKind,
    /// On the common clock, nanoseconds.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) failure: Option<Failure>,
    /// Which service a client span says it calls.
    pub(crate) peer: Option<ServiceId>,
    pub(crate) version: Option<Symbol>,
    pub(crate) instance: Option<Symbol>,
    pub(crate) wait: Option<Wait>,
    /// The row whose work this one waited for instead of doing the same again, or [`NONE`].
    pub(crate) shared: u32,
    /// It waited for the work of a row that is not there: sampled traces are whole, and the work was another trace's.
    pub(crate) awaits_unseen: bool,
    /// Index of the span in the evidence.
    pub(crate) source: u32,
    /// Range in the list of children.
    pub(crate) children: (u32, u32),
    /// The row with which this service began this piece of work.
    pub(crate) visit: u32,
}

impl Row {
    pub(crate) fn duration(&self) -> u64 {
        self.end - self.start
    }

    pub(crate) fn is_outgoing(&self) -> bool {
        matches!(self.kind, SpanKind::Client | SpanKind::Producer)
    }
}

/// Time spent waiting for a bounded resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait {
    pub(crate) pool: PoolId,
    pub(crate) ns: u64,
}

/// How a span failed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Failure {
    pub(crate) kind: FailureKind,
    pub(crate) error_type: Option<Symbol>,
    /// A status code came back: the far end answered, whatever it said.
    pub(crate) answered: bool,
}

/// What a status code says about a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum FailureKind {
    /// 429 or 503: the work was refused.
    Refused,
    /// 408 or 504, or the conventions' error type `timeout`.
    TimedOut,
    /// Anything else.
    Fault,
}

/// Where a span comes in the order of rows: trace, start, and its position in the evidence. Ends and ids decide where
/// those are equal.
type Place = (u128, u64, u32);

/// Rows by trace, start, end and id. Of spans with the same id in a trace the first in this order stays.
pub(super) fn build(
    evidence: &Evidence,
    words: &Vocabulary,
    readings: &[Reading],
    services: &Services,
    pools: &mut Pools,
) -> Vec<Row> {
    let order = order(evidence, services);
    let identities = Identity::all(evidence, words);
    let mut rows: Vec<Row> = Vec::with_capacity(order.len());
    let mut linking: Vec<u32> = Vec::new();
    let mut ids: Vec<(u64, u32)> = Vec::new();
    for trace in order.chunk_by(|a, b| a.0 == b.0) {
        let first = rows.len();
        for (_, _, source) in trace {
            let span = &evidence.spans[*source as usize];
            let service = services.of_resource(span.resource).expect("spans without a service were left out");
            let identity = &identities[span.resource.0 as usize];
            rows.push(row(span, &readings[*source as usize], identity, service, services, *source));
        }
        drop_copies(&mut rows, first, &mut ids);
        link(evidence, &mut rows[first..], first, &ids);
        for (row, index) in rows[first..].iter_mut().zip(first..) {
            if let Some((name, ns)) = readings[row.source as usize].wait {
                row.wait = Some(Wait { pool: pools.of(row.service, name), ns });
            }
            if !evidence.spans[row.source as usize].links.is_empty() {
                linking.push(u32::try_from(index).expect("fewer than 2^32 spans fit in memory"));
            }
        }
    }
    break_circles(&mut rows);
    share(evidence, &mut rows, &linking);
    rows
}

/// Spans of known services in the order of rows.
fn order(evidence: &Evidence, services: &Services) -> Vec<Place> {
    let mut order: Vec<Place> = evidence
        .spans
        .iter()
        .zip(0_u32..)
        .filter(|(span, _)| services.of_resource(span.resource).is_some())
        .map(|(span, index)| (span.trace_id, span.start_ns, index))
        .collect();
    order.sort_unstable();
    // Few spans of a trace begin at the same time, so their ends and ids are looked at apart.
    for same in order.chunk_by_mut(|a, b| (a.0, a.1) == (b.0, b.1)).filter(|same| same.len() > 1) {
        same.sort_unstable_by_key(|(_, _, index)| {
            let span = &evidence.spans[*index as usize];
            (span.end_ns.max(span.start_ns), span.span_id, *index)
        });
    }
    order
}

/// Leaves out rows of a trace whose id an earlier one has, and lists the ids with their rows' places in the trace. A span
/// without an id is nobody's copy.
fn drop_copies(rows: &mut Vec<Row>, first: usize, ids: &mut Vec<(u64, u32)>) {
    let list = |rows: &[Row], ids: &mut Vec<(u64, u32)>| {
        ids.clear();
        ids.extend(rows[first..].iter().zip(0_u32..).map(|(row, place)| (row.span_id, place)));
        ids.retain(|(id, _)| *id != 0);
        ids.sort_unstable();
    };
    list(rows, ids);
    if ids.windows(2).all(|pair| pair[0].0 != pair[1].0) {
        return;
    }
    let copies: BTreeSet<u32> = ids.windows(2).filter(|pair| pair[0].0 == pair[1].0).map(|pair| pair[1].1).collect();
    let mut place = 0;
    let mut kept = rows.split_off(first);
    kept.retain(|_| {
        place += 1;
        !copies.contains(&(place - 1))
    });
    rows.append(&mut kept);
    list(rows, ids);
}

/// A span that links to an earlier one of the same operation, still at work when it began, waited for that one's result.
/// Links say more than that (a batch and its messages, work and who asked for it): those are of other operations.
fn share(evidence: &Evidence, rows: &mut [Row], linking: &[u32]) {
    // By operation: its links that were found, and those of them that are waits.
    let mut waits: BTreeMap<(ServiceId, Symbol, SpanKind), (u64, u64)> = BTreeMap::new();
    for index in linking {
        let row = &rows[*index as usize];
        let same = |other: &Row| (other.service, other.name, other.kind) == (row.service, row.name, row.kind);
        let links = &evidence.spans[row.source as usize].links;
        let found: Vec<u32> = links.iter().filter_map(|(trace, span)| find(rows, *trace, *span)).collect();
        let there = found.len() as u64;
        let found = found.into_iter().filter(|other| {
            let other = &rows[*other as usize];
            same(other) && (other.start..other.end).contains(&row.start)
        });
        // Of several, the one that it had to wait for longest.
        let longest = found.max_by_key(|other| (rows[*other as usize].end, *other));
        if there > 0 {
            let known = waits.entry((row.service, row.name, row.kind)).or_default();
            *known = (known.0 + there, known.1 + u64::from(longest.is_some()));
        }
        let row = &mut rows[*index as usize];
        row.shared = longest.unwrap_or(NONE);
        row.awaits_unseen = there == 0;
    }
    // What a link to something that is not there means is told by the others of the same operation.
    for index in linking {
        let row = &mut rows[*index as usize];
        let known = waits.get(&(row.service, row.name, row.kind));
        row.awaits_unseen &= known.is_some_and(|(there, waits)| waits * 2 > *there);
    }
}

/// The last row with these ids.
fn find(rows: &[Row], trace_id: u128, span_id: u64) -> Option<u32> {
    let first = rows.partition_point(|row| row.trace_id < trace_id);
    let trace = rows[first..].iter().take_while(|row| row.trace_id == trace_id);
    let found = trace.zip(first..).filter(|(row, _)| row.span_id == span_id).last();
    found.map(|(_, index)| u32::try_from(index).expect("fewer than 2^32 spans fit in memory"))
}

/// Version and instance of a resource.
struct Identity {
    version: Option<Symbol>,
    instance: Option<Symbol>,
}

impl Identity {
    fn all(evidence: &Evidence, words: &Vocabulary) -> Vec<Self> {
        let identity = |resource: &crate::evidence::Resource| Self {
            version: words.first_text(&resource.attributes, words.version.as_slice()),
            instance: words.first_text(&resource.attributes, &words.instances),
        };
        evidence.resources.iter().map(identity).collect()
    }
}

/// A row that knows neither its parent nor what it waited for yet.
fn row(span: &Span, said: &Reading, identity: &Identity, service: ServiceId, services: &Services, source: u32) -> Row {
    Row {
        trace_id: span.trace_id,
        span_id: span.span_id,
        parent: NONE,
        orphan: false,
        service,
        name: span.name,
        kind: span.kind,
        start: span.start_ns,
        end: span.end_ns.max(span.start_ns),
        failure: said.failure,
        peer: said.peer.and_then(|name| services.of_name(name)),
        version: identity.version,
        instance: identity.instance,
        wait: None,
        shared: NONE,
        awaits_unseen: false,
        source,
        children: (0, 0),
        visit: NONE,
    }
}

/// Resolves the parents of one trace, of which the first row and the sorted ids are given.
fn link(evidence: &Evidence, rows: &mut [Row], first: usize, ids: &[(u64, u32)]) {
    for (row, place) in rows.iter_mut().zip(0_u32..) {
        let parent_id = evidence.spans[row.source as usize].parent_id;
        if parent_id == 0 {
            continue;
        }
        let found = ids.binary_search_by_key(&parent_id, |(id, _)| *id).ok().map(|found| ids[found].1);
        let parent = found.filter(|parent| *parent != place);
        row.orphan = parent.is_none();
        row.parent =
            parent.map_or(NONE, |parent| u32::try_from(first).expect("fewer than 2^32 spans fit in memory") + parent);
    }
}

/// Where parents run in a circle, the earliest row of the circle becomes a root.
fn break_circles(rows: &mut [Row]) {
    // 0: not seen, otherwise the number of the walk that saw it.
    let mut seen = vec![0_u32; rows.len()];
    for (start, walk) in (0..rows.len()).zip(1_u32..) {
        let mut at = start;
        while seen[at] == 0 {
            seen[at] = walk;
            match rows[at].parent {
                NONE => break,
                parent => at = parent as usize,
            }
        }
        if seen[at] == walk && rows[at].parent != NONE {
            // The walk came back into its own steps: `at` is in a circle.
            let (mut earliest, mut next) = (at, rows[at].parent as usize);
            while next != at {
                earliest = earliest.min(next);
                next = rows[next].parent as usize;
            }
            rows[earliest].parent = NONE;
            rows[earliest].orphan = true;
        }
    }
}
