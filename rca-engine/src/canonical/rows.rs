//! Spans as rows: sorted, without duplicates, with resolved parents.

use std::collections::BTreeMap;

use super::names::{self, Vocabulary};
use super::services::{PoolId, Pools, ServiceId, Services};
use crate::evidence::{Evidence, Span, SpanKind, Status, Symbol};

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

/// Rows by trace, start, end and id. Of spans with the same id in a trace the first in this order stays.
pub(super) fn build(evidence: &Evidence, words: &Vocabulary, services: &Services, pools: &mut Pools) -> Vec<Row> {
    let mut order: Vec<(u128, u64, u64, u64, u32)> = evidence
        .spans
        .iter()
        .zip(0_u32..)
        .filter(|(span, _)| services.of_resource(span.resource).is_some())
        .map(|(span, index)| (span.trace_id, span.start_ns, span.end_ns.max(span.start_ns), span.span_id, index))
        .collect();
    order.sort_unstable();
    let resources = Identity::all(evidence, words);
    let mut rows: Vec<Row> = Vec::with_capacity(order.len());
    let mut parents: Vec<u64> = Vec::with_capacity(order.len());
    let mut first_of_trace = 0;
    let mut index: BTreeMap<u64, u32> = BTreeMap::new();
    for (trace_id, _, _, span_id, source) in order {
        if rows.last().is_some_and(|last| last.trace_id != trace_id) {
            link(&mut rows[first_of_trace..], &parents[first_of_trace..], &index, first_of_trace);
            first_of_trace = rows.len();
            index.clear();
        }
        let position = u32::try_from(rows.len()).expect("fewer than 2^32 spans fit in memory");
        if span_id != 0 && *index.entry(span_id).or_insert(position) != position {
            continue;
        }
        let span = &evidence.spans[source as usize];
        let service = services.of_resource(span.resource).expect("spans without a service were left out above");
        rows.push(row(evidence, words, services, pools, &resources[span.resource.0 as usize], span, service, source));
        parents.push(span.parent_id);
    }
    link(&mut rows[first_of_trace..], &parents[first_of_trace..], &index, first_of_trace);
    break_circles(&mut rows);
    share(evidence, &mut rows);
    rows
}

/// A span that links to an earlier one of the same operation, still at work when it began, waited for that one's result.
/// Links say more than that (a batch and its messages, work and who asked for it): those are of other operations.
fn share(evidence: &Evidence, rows: &mut [Row]) {
    let links = |row: &Row| &evidence.spans[row.source as usize].links;
    let mut linked: BTreeMap<(u128, u64), u32> =
        rows.iter().flat_map(|row| links(row).iter().map(|link| (*link, NONE))).collect();
    if linked.is_empty() {
        return;
    }
    for (row, index) in rows.iter().zip(0_u32..) {
        if let Some(known) = linked.get_mut(&(row.trace_id, row.span_id)) {
            *known = index;
        }
    }
    // By operation: its links that were found, and those of them that are waits.
    let mut waits: BTreeMap<(ServiceId, Symbol, SpanKind), (u64, u64)> = BTreeMap::new();
    for index in 0..rows.len() {
        let row = &rows[index];
        let same = |other: &Row| (other.service, other.name, other.kind) == (row.service, row.name, row.kind);
        let found = links(row).iter().filter_map(|link| linked.get(link)).copied().filter(|other| *other != NONE);
        let there = found.clone().count() as u64;
        let found = found.filter(|other| {
            let other = &rows[*other as usize];
            same(other) && (other.start..other.end).contains(&row.start)
        });
        // Of several, the one that it had to wait for longest.
        let longest = found.max_by_key(|other| (rows[*other as usize].end, *other));
        if there > 0 {
            let known = waits.entry((row.service, row.name, row.kind)).or_default();
            *known = (known.0 + there, known.1 + u64::from(longest.is_some()));
        }
        rows[index].shared = longest.unwrap_or(NONE);
        rows[index].awaits_unseen = there == 0 && !links(&rows[index]).is_empty();
    }
    // What a link to something that is not there means is told by the others of the same operation.
    for row in rows.iter_mut().filter(|row| row.awaits_unseen) {
        let known = waits.get(&(row.service, row.name, row.kind));
        row.awaits_unseen = known.is_some_and(|(there, waits)| waits * 2 > *there);
    }
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

#[expect(clippy::too_many_arguments, reason = "one call site; a struct of the same fields would be used once")]
fn row(
    evidence: &Evidence,
    words: &Vocabulary,
    services: &Services,
    pools: &mut Pools,
    identity: &Identity,
    span: &Span,
    service: ServiceId,
    source: u32,
) -> Row {
    let wait = words.waits.iter().find_map(|(resource, duration)| {
        let name = words.first_text(&span.attributes, &[*resource])?;
        let ns = names::whole(evidence, names::value(&span.attributes, *duration)?)?;
        Some(Wait { pool: pools.of(service, name), ns: u64::try_from(ns).unwrap_or(0) })
    });
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
        failure: failure(evidence, words, span),
        peer: words.first_text(&span.attributes, &words.peers).and_then(|name| services.of_name(name)),
        version: identity.version,
        instance: identity.instance,
        wait,
        shared: NONE,
        awaits_unseen: false,
        source,
        children: (0, 0),
        visit: NONE,
    }
}

/// A span failed where its status, its error type or a server's 5xx says so.
fn failure(evidence: &Evidence, words: &Vocabulary, span: &Span) -> Option<Failure> {
    let code = words
        .status_codes
        .iter()
        .find_map(|key| names::whole(evidence, names::value(&span.attributes, *key)?))
        .unwrap_or(0);
    let error_type = words.first_text(&span.attributes, words.error_type.as_slice());
    let failed = span.status == Status::Error || error_type.is_some() || (500..600).contains(&code);
    let kind = match code {
        429 | 503 => FailureKind::Refused,
        408 | 504 => FailureKind::TimedOut,
        _ if error_type.is_some_and(|name| evidence.names.text(name) == "timeout") => FailureKind::TimedOut,
        _ => FailureKind::Fault,
    };
    failed.then_some(Failure { kind, error_type, answered: code > 0 })
}

/// Resolves the parents of one trace.
fn link(rows: &mut [Row], parents: &[u64], index: &BTreeMap<u64, u32>, first: usize) {
    for (position, (row, parent_id)) in rows.iter_mut().zip(parents).enumerate() {
        if *parent_id == 0 {
            continue;
        }
        let parent = index.get(parent_id).copied().filter(|parent| *parent as usize != first + position);
        row.parent = parent.unwrap_or(NONE);
        row.orphan = parent.is_none();
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
