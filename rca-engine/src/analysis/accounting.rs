//! Exact time accounting: each nanosecond of a piece of work belongs to one part, and the parts sum to the whole.

use std::collections::BTreeMap;

use crate::canonical::{Model, NONE, PoolId, ServiceId};
use crate::evidence::SpanKind;

/// Where time can be spent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Station {
    /// A service's own work.
    Own(ServiceId),
    /// The wait for a bounded resource.
    Pool(PoolId),
    /// Between a client span and its server span.
    Gap(ServiceId, ServiceId),
    /// A client span whose server span is missing.
    Away(ServiceId, ServiceId),
    /// From a producer span's end to its consumer span's start.
    Queue(ServiceId, ServiceId),
}

/// A chain of services from the one that was asked first; consecutive spans of a service are one link.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PathId(u32);

/// All chains seen, numbered in order of first sight.
#[derive(Debug, Default)]
pub(crate) struct Paths {
    nodes: Vec<(Option<PathId>, ServiceId)>,
    index: BTreeMap<(Option<PathId>, ServiceId), PathId>,
}

impl Paths {
    pub(crate) fn of(&mut self, parent: Option<PathId>, service: ServiceId) -> PathId {
        *self.index.entry((parent, service)).or_insert_with(|| {
            self.nodes.push((parent, service));
            PathId(u32::try_from(self.nodes.len() - 1).expect("fewer than 2^32 chains fit in memory"))
        })
    }

    /// The services of a chain, the one that was asked first in front.
    pub(crate) fn services(&self, path: PathId) -> Vec<ServiceId> {
        let mut chain = Vec::new();
        let mut next = Some(path);
        while let Some(PathId(index)) = next {
            let (parent, service) = self.nodes[index as usize];
            chain.push(service);
            next = parent;
        }
        chain.reverse();
        chain
    }
}

/// Nanoseconds and visits by chain and station.
pub(crate) type Parts = BTreeMap<(PathId, Station), Part>;

/// What one station took.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) ns: u64,
    pub(crate) visits: u64,
}

/// A stretch of a row that is still to be accounted for.
struct Stretch {
    row: u32,
    from: u64,
    to: u64,
    path: PathId,
}

/// A row under another, clipped to what matters.
struct Child {
    row: u32,
    start: u64,
    end: u64,
    /// End of the producer span where this is its consumer.
    queued_since: Option<u64>,
}

/// Accounts for one row from its start to its end, backwards from the end along the child that returned last (the
/// sweep of CRISP, Zhang et al., 2022; where children overlap, the earlier one keeps what lies before the later one).
pub(crate) fn account(model: &Model<'_>, root: u32, paths: &mut Paths) -> Parts {
    let mut parts = Parts::new();
    let row = model.row(root);
    let path = paths.of(None, row.service);
    let mut open = vec![Stretch { row: root, from: row.start, to: row.end, path }];
    while let Some(stretch) = open.pop() {
        let own = sweep(model, &stretch, paths, &mut open, &mut parts);
        charge(model, &stretch, own, &mut parts);
    }
    parts
}

/// Gives each child its stretch and returns what stays with the row itself.
fn sweep(model: &Model<'_>, stretch: &Stretch, paths: &mut Paths, open: &mut Vec<Stretch>, parts: &mut Parts) -> u64 {
    let (mut cursor, mut own) = (stretch.to, 0);
    for child in children(model, stretch.row) {
        let (start, end) = (child.start.max(stretch.from), child.end.min(cursor));
        if start >= end {
            continue;
        }
        own += cursor - end;
        let service = model.row(child.row).service;
        let path = if service == model.row(stretch.row).service {
            stretch.path
        } else {
            paths.of(Some(stretch.path), service)
        };
        open.push(Stretch { row: child.row, from: start, to: end, path });
        cursor = start;
        if let Some(since) = child.queued_since.map(|since| since.max(stretch.from)).filter(|since| *since < cursor) {
            let station = Station::Queue(model.row(stretch.row).service, service);
            add(parts, stretch.path, station, cursor - since, 1);
            cursor = since;
        }
    }
    own + (cursor - stretch.from)
}

/// Children by end, last first; consumers stand beside their producers, because nobody waits for a producer's child.
fn children(model: &Model<'_>, row: u32) -> Vec<Child> {
    let mut children: Vec<Child> = Vec::new();
    for child in model.children(row) {
        let span = model.row(*child);
        children.push(Child { row: *child, start: span.start, end: span.end, queued_since: None });
        if span.kind == SpanKind::Producer {
            let consumers = model.children(*child).iter().filter(|c| model.row(**c).kind == SpanKind::Consumer);
            children.extend(consumers.map(|consumer| {
                let (start, end) = (model.row(*consumer).start, model.row(*consumer).end);
                Child { row: *consumer, start, end, queued_since: Some(span.end) }
            }));
        }
    }
    children.sort_by_key(|child| std::cmp::Reverse((child.end, child.start, child.row)));
    children
}

/// Puts what stays with a row where it belongs: its wait first, then own work, network or the missing far end.
fn charge(model: &Model<'_>, stretch: &Stretch, own: u64, parts: &mut Parts) {
    let row = model.row(stretch.row);
    let mut rest = own;
    if let Some(wait) = row.wait {
        let waited = wait.ns.min(rest);
        rest -= waited;
        add(parts, stretch.path, Station::Pool(wait.pool), waited, 1);
    }
    let callee = model.children(stretch.row).iter().map(|child| model.row(*child).service).find(|s| *s != row.service);
    let station = match (row.is_outgoing(), callee, row.peer) {
        (true, Some(callee), _) => Station::Gap(row.service, callee),
        (true, None, Some(peer)) if peer != row.service => Station::Away(row.service, peer),
        _ => Station::Own(row.service),
    };
    let begins = row.parent == NONE || row.visit == stretch.row || row.is_outgoing();
    add(parts, stretch.path, station, rest, u64::from(begins));
}

fn add(parts: &mut Parts, path: PathId, station: Station, ns: u64, visits: u64) {
    let part = parts.entry((path, station)).or_default();
    part.ns += ns;
    part.visits += visits;
}
