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
    /// At a service, for work that another request had begun there and that was not recorded.
    Shared(ServiceId),
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

    /// The chain of these services, if it was seen.
    pub(crate) fn find(&self, services: &[ServiceId]) -> Option<PathId> {
        services.iter().try_fold(None, |parent, service| self.index.get(&(parent, *service)).copied().map(Some))?
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
    /// Work of another request that this one waits for: its time counts, its visits do not.
    borrowed: bool,
}

/// A row under another, clipped to what matters.
struct Child {
    row: u32,
    start: u64,
    end: u64,
    /// End of the producer span where this is its consumer.
    queued_since: Option<u64>,
    /// A child of the row whose work this one shares.
    borrowed: bool,
}

/// Accounts for one row from its start to its end, backwards from the end along the child that returned last (the
/// sweep of CRISP, Zhang et al., 2022; where children overlap, the earlier one keeps what lies before the later one).
pub(crate) fn account(model: &Model<'_>, root: u32, paths: &mut Paths) -> Parts {
    let mut parts = Parts::new();
    let row = model.row(root);
    let path = paths.of(None, row.service);
    let mut open = vec![Stretch { row: root, from: row.start, to: row.end, path, borrowed: false }];
    while let Some(stretch) = open.pop() {
        let own = sweep(model, &stretch, paths, &mut open, &mut parts);
        charge(model, &stretch, own, &mut parts);
    }
    parts
}

/// Gives each child its stretch and returns what stays with the row itself.
fn sweep(model: &Model<'_>, stretch: &Stretch, paths: &mut Paths, open: &mut Vec<Stretch>, parts: &mut Parts) -> u64 {
    let (mut cursor, mut own) = (stretch.to, 0);
    for child in children(model, stretch) {
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
        let borrowed = stretch.borrowed || child.borrowed;
        open.push(Stretch { row: child.row, from: start, to: end, path, borrowed });
        cursor = start;
        if let Some(since) = child.queued_since.map(|since| since.max(stretch.from)).filter(|since| *since < cursor) {
            let station = Station::Queue(model.row(stretch.row).service, service);
            add(parts, stretch.path, station, cursor - since, u64::from(!stretch.borrowed));
            cursor = since;
        }
    }
    own + (cursor - stretch.from)
}

/// Children by end, last first; consumers stand beside their producers, because nobody waits for a producer's child.
/// Where the row shares the work of another, that one's children stand beside its own (once: who shares does not lend).
fn children(model: &Model<'_>, stretch: &Stretch) -> Vec<Child> {
    let own = model.children(stretch.row).iter().map(|child| (child, false));
    let shared = Some(model.row(stretch.row).shared).filter(|shared| *shared != NONE && !stretch.borrowed);
    let lent = shared.into_iter().flat_map(|shared| model.children(shared)).map(|child| (child, true));
    let mut children: Vec<Child> = Vec::new();
    for (child, borrowed) in own.chain(lent) {
        let span = model.row(*child);
        children.push(Child { row: *child, start: span.start, end: span.end, queued_since: None, borrowed });
        if span.kind == SpanKind::Producer {
            let consumers = model.children(*child).iter().filter(|c| model.row(**c).kind == SpanKind::Consumer);
            children.extend(consumers.map(|consumer| {
                let (start, end) = (model.row(*consumer).start, model.row(*consumer).end);
                Child { row: *consumer, start, end, queued_since: Some(span.end), borrowed }
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
        add(parts, stretch.path, Station::Pool(wait.pool), waited, u64::from(!stretch.borrowed));
    }
    let callee = model.children(stretch.row).iter().map(|child| model.row(*child).service).find(|s| *s != row.service);
    let station = match (row.is_outgoing(), callee, row.peer) {
        (true, Some(callee), _) => Station::Gap(row.service, callee),
        (true, None, Some(peer)) if peer != row.service => Station::Away(row.service, peer),
        _ if row.awaits_unseen => Station::Shared(row.service),
        _ => Station::Own(row.service),
    };
    let begins = row.parent == NONE || row.visit == stretch.row || row.is_outgoing();
    add(parts, stretch.path, station, rest, u64::from(begins && !stretch.borrowed));
}

fn add(parts: &mut Parts, path: PathId, station: Station, ns: u64, visits: u64) {
    let part = parts.entry((path, station)).or_default();
    part.ns += ns;
    part.visits += visits;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::evidence::{Evidence, Resource, ResourceId, Span, Status, Value};
    use crate::investigation::Window;
    use crate::options::Options;
    use crate::windows::Windows;

    /// One request reads for 100 ms; another for the same, 40 ms later, waits for that reading and links to it.
    fn two_readers(same_operation: bool) -> Evidence {
        let mut evidence = Evidence::default();
        let names = &mut evidence.names;
        let key = names.intern("service.name");
        for service in ["cache", "store"] {
            let name = names.intern(service);
            evidence.resources.push(Resource { attributes: Box::new([(key, Value::Text(name))]) });
        }
        let (get, read, other) = (names.intern("get"), names.intern("read"), names.intern("purge"));
        let mut span = |trace_id, span_id, parent_id, resource, name, kind, ms: (u64, u64), links: &[(u128, u64)]| {
            evidence.spans.push(Span {
                trace_id,
                span_id,
                parent_id,
                resource: ResourceId(resource),
                name,
                kind,
                start_ns: 1_000_000 * ms.0,
                end_ns: 1_000_000 * ms.1,
                status: Status::Unset,
                attributes: Box::new([]),
                links: links.into(),
            });
        };
        span(1, 1, 0, 0, get, SpanKind::Server, (1000, 1110), &[]);
        span(1, 2, 1, 0, read, SpanKind::Client, (1005, 1105), &[]);
        span(1, 3, 2, 1, read, SpanKind::Server, (1005, 1105), &[]);
        let name = if same_operation { get } else { other };
        span(2, 4, 0, 0, name, SpanKind::Server, (1040, 1112), &[(1, 1)]);
        // A third one waits for somebody whose trace was not kept.
        span(3, 5, 0, 0, get, SpanKind::Server, (1040, 1101), &[(9, 9)]);
        evidence
    }

    /// How long the span of an id was at work itself: by the sweep, by the census.
    fn own_ms(evidence: &Evidence, span_id: u64) -> (u64, u64) {
        let options = Options::default();
        let window = |from_ns, to_ns| Window { from_ns, to_ns };
        let windows = Windows { baseline: window(0, 1), incident: window(1, 10_000_000_000) };
        let model = Model::build(evidence, &options, windows);
        let row = (0..).find(|row| model.row(*row).span_id == span_id).unwrap();
        let parts = account(&model, row, &mut Paths::default());
        let service = model.row(row).service;
        assert_eq!(parts.values().map(|part| part.ns).sum::<u64>(), model.row(row).duration());
        let own = parts.iter().filter(|((_, station), _)| *station == Station::Own(service));
        (own.map(|(_, part)| part.ns).sum::<u64>() / 1_000_000, model.own_ns(row) / 1_000_000)
    }

    #[test]
    fn who_waits_for_the_same_work_of_another_is_not_at_work_itself() {
        assert_eq!(own_ms(&two_readers(true), 4), (7, 7));
    }

    #[test]
    fn a_wait_for_what_was_not_recorded_is_no_work_where_links_of_the_operation_are_waits() {
        assert_eq!(own_ms(&two_readers(true), 5), (0, 0));
        assert_eq!(own_ms(&two_readers(false), 5), (61, 61));
    }

    #[test]
    fn a_link_to_other_work_is_no_wait() {
        assert_eq!(own_ms(&two_readers(false), 4), (72, 72));
    }
}
