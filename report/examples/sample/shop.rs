//! A made-up run of the founding incident: search → catalog → catalog-cache → database, four searches a second for
//! 36 seconds; from the 21st on, the entries of the cache cannot be read. One connection serves the database, first
//! come, first served, so that the queue emerges.

use contract::{metric, resource, span};
use rca_engine::evidence::{
    Attributes, Distribution, Evidence, Number, Points, Resource, ResourceId, Series, Span, SpanKind, Status, Value,
};

pub(crate) const MS: u64 = 1_000_000;
pub(crate) const SECOND: u64 = 1_000 * MS;
/// 2030-01-01T00:00:00Z.
pub(crate) const EPOCH: u64 = 1_893_456_000 * SECOND;
pub(crate) const ONSET: u64 = EPOCH + 21 * SECOND + 300 * MS;
pub(crate) const END: u64 = EPOCH + 36 * SECOND;

/// What happened, and what the sample investigation needs to know of it.
pub(crate) struct Run {
    pub(crate) evidence: Evidence,
    pub(crate) slowest: Searched,
    pub(crate) second: Searched,
    pub(crate) normal: Searched,
}

/// One search and the parts of its critical path.
#[derive(Clone, Copy, Default)]
pub(crate) struct Searched {
    pub(crate) trace_id: u128,
    pub(crate) start_ns: u64,
    pub(crate) total_ns: u64,
    pub(crate) pool_wait_ns: u64,
    pub(crate) database_ns: u64,
    pub(crate) cache_ns: u64,
    pub(crate) catalog_ns: u64,
    pub(crate) search_ns: u64,
}

struct Shop {
    evidence: Evidence,
    state: u64,
    next_span: u64,
    /// When the one connection is free.
    free_ns: u64,
    fallbacks: Vec<u64>,
    lookups: Vec<(u64, &'static str)>,
    waits: Vec<(u64, u64)>,
    searches: Vec<Searched>,
    catalog: Vec<(u64, u64)>,
}

const SERVICES: [&str; 4] = ["search", "catalog", "catalog-cache", "database"];

pub(crate) fn run() -> Run {
    let mut shop = Shop {
        evidence: Evidence::default(),
        state: 7,
        next_span: 1,
        free_ns: 0,
        fallbacks: Vec::new(),
        lookups: Vec::new(),
        waits: Vec::new(),
        searches: Vec::new(),
        catalog: Vec::new(),
    };
    for service in SERVICES {
        let attributes = shop.texts(&[(resource::SERVICE_NAME, service), (resource::SERVICE_NAMESPACE, "shop")]);
        shop.evidence.resources.push(Resource { attributes });
    }
    let mut at = EPOCH;
    while at < END - SECOND {
        at += shop.draw(250 * MS);
        shop.search(at);
    }
    shop.metrics();
    let mut calm: Vec<Searched> = shop.searches.iter().copied().filter(|one| one.start_ns < ONSET - SECOND).collect();
    calm.sort_by_key(|one| one.total_ns);
    let mut burning = shop.searches.clone();
    burning.sort_by_key(|one| one.total_ns);
    let (second, slowest) = (burning[burning.len() - 2], burning[burning.len() - 1]);
    Run { normal: calm[calm.len() / 2], evidence: shop.evidence, slowest, second }
}

impl Shop {
    /// Uniform from half to one and a half of a mean.
    fn draw(&mut self, mean: u64) -> u64 {
        self.state = self.state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        mean / 2 + (self.state >> 33) % mean.max(1)
    }

    fn texts(&mut self, pairs: &[(&str, &str)]) -> Attributes {
        let names = &mut self.evidence.names;
        pairs.iter().map(|(key, value)| (names.intern(key), Value::Text(names.intern(value)))).collect()
    }

    fn search(&mut self, start: u64) {
        let trace_id = (u128::from(start) << 64) | u128::from(self.next_span);
        let root = self.reserve();
        let own = self.draw(20 * MS);
        let (mut end, mut slowest) = (start, Searched::default());
        for _ in 0..3 {
            let (ended, parts) = self.product(trace_id, root, start + own);
            if ended > end {
                (end, slowest) = (ended, parts);
            }
        }
        let end = end + 2 * MS;
        self.span(trace_id, (root, 0), 0, "GET /search", SpanKind::Server, (start, end), Attributes::default());
        let search_ns = own + 2 * MS;
        let total_ns = end - start;
        self.searches.push(Searched { trace_id, start_ns: start, total_ns, search_ns, ..slowest });
    }

    /// A call of search to catalog with all below it; gives its end and its parts.
    fn product(&mut self, trace_id: u128, parent: u64, start: u64) -> (u64, Searched) {
        let (client, server) = (self.reserve(), self.reserve());
        let mut now = start + MS;
        let catalog_ns = self.draw(8 * MS);
        now += catalog_ns;
        let (mut ended, cache_ns, readable) = self.look_up(trace_id, server, now);
        let (mut pool_wait_ns, mut database_ns) = (0, 0);
        if !readable {
            self.fallbacks.push(ended);
            (ended, pool_wait_ns, database_ns) = self.read(trace_id, server, ended + MS);
        }
        self.catalog.push((ended, ended - start));
        let peer = self.texts(&[(span::PEER_SERVICE, "catalog")]);
        self.span(
            trace_id,
            (server, client),
            1,
            "GET /products/{id}",
            SpanKind::Server,
            (start + MS, ended),
            Attributes::default(),
        );
        self.span(trace_id, (client, parent), 0, "GET /products/{id}", SpanKind::Client, (start, ended + MS), peer);
        (ended + MS, Searched { pool_wait_ns, database_ns, cache_ns, catalog_ns, ..Searched::default() })
    }

    fn look_up(&mut self, trace_id: u128, parent: u64, start: u64) -> (u64, u64, bool) {
        let poisoned = start > ONSET;
        let outcome = match self.draw(1_000) % 1_000 {
            share if poisoned && share < 930 => "unreadable",
            share if share > 990 => "unreadable",
            _ => "hit",
        };
        let (client, server) = (self.reserve(), self.reserve());
        let took = self.draw(4 * MS);
        let end = start + MS + took;
        self.lookups.push((end, outcome));
        let (told, peer) =
            (self.texts(&[(span::CACHE_OUTCOME, outcome)]), self.texts(&[(span::PEER_SERVICE, "catalog-cache")]));
        self.span(trace_id, (server, client), 2, "GET /entries/{key}", SpanKind::Server, (start + MS, end), told);
        self.span(trace_id, (client, parent), 1, "GET /entries/{key}", SpanKind::Client, (start, end + MS), peer);
        (end + MS, took, outcome == "hit")
    }

    fn read(&mut self, trace_id: u128, parent: u64, start: u64) -> (u64, u64, u64) {
        let (client, server) = (self.reserve(), self.reserve());
        let service = self.draw(98 * MS);
        let begin = (start + MS).max(self.free_ns);
        let wait = begin - (start + MS);
        let end = begin + service;
        self.free_ns = end;
        self.waits.push((end, wait));
        let names = &mut self.evidence.names;
        let told: Attributes = [
            (names.intern(span::WAIT_RESOURCE), Value::Text(names.intern("pool"))),
            (names.intern(span::WAIT_DURATION), Value::Int(i64::try_from(wait).expect("some seconds"))),
        ]
        .into();
        let peer = self.texts(&[(span::PEER_SERVICE, "database"), (span::DB_SYSTEM, "sqlite")]);
        self.span(trace_id, (server, client), 3, "GET /rows/{id}", SpanKind::Server, (start + MS, end), told);
        self.span(trace_id, (client, parent), 1, "GET /rows/{id}", SpanKind::Client, (start, end + MS), peer);
        (end + MS, wait, service)
    }

    fn reserve(&mut self) -> u64 {
        self.next_span += 1;
        self.next_span
    }

    #[expect(clippy::too_many_arguments, reason = "a span has that many parts")]
    fn span(
        &mut self,
        trace_id: u128,
        (span_id, parent_id): (u64, u64),
        service: u32,
        name: &str,
        kind: SpanKind,
        (start_ns, end_ns): (u64, u64),
        attributes: Attributes,
    ) {
        let name = self.evidence.names.intern(name);
        let links = Box::default();
        let (resource, status) = (ResourceId(service), Status::Unset);
        self.evidence.spans.push(Span {
            trace_id,
            span_id,
            parent_id,
            resource,
            name,
            kind,
            status,
            start_ns,
            end_ns,
            attributes,
            links,
        });
    }

    fn metrics(&mut self) {
        let searches: Vec<(u64, u64)> =
            self.searches.iter().map(|one| (one.start_ns + one.total_ns, one.total_ns)).collect();
        self.histogram(0, metric::SEARCH_LATENCY, &searches);
        let catalog = std::mem::take(&mut self.catalog);
        self.histogram(1, metric::HTTP_SERVER_DURATION, &catalog);
        let waits = std::mem::take(&mut self.waits);
        self.histogram(3, metric::CONNECTIONS.wait_time, &waits);
        for outcome in ["hit", "unreadable"] {
            let times: Vec<u64> = self.lookups.iter().filter(|(_, was)| *was == outcome).map(|(at, _)| *at).collect();
            let attributes = self.texts(&[(metric::CACHE_OUTCOME, outcome)]);
            self.counter(2, metric::CACHE_LOOKUPS, &times, attributes);
        }
        let fallbacks = std::mem::take(&mut self.fallbacks);
        self.counter(1, metric::CATALOG_FALLBACK, &fallbacks, Attributes::default());
    }

    fn histogram(&mut self, service: u32, name: &str, observed: &[(u64, u64)]) {
        let seconds = |ns: u64| f64::from(u32::try_from(ns / 1_000).expect("below an hour")) / 1e6;
        let points = ends_of_seconds()
            .map(|at_ns| {
                let inside = observed.iter().filter(|(at, _)| *at <= at_ns).map(|(_, ns)| seconds(*ns));
                let mut buckets = vec![0; metric::LATENCY_BOUNDS.len() + 1];
                let (mut count, mut sum) = (0, 0.0);
                for value in inside {
                    buckets[metric::LATENCY_BOUNDS.partition_point(|bound| *bound < value)] += 1;
                    (count, sum) = (count + 1, sum + value);
                }
                let buckets = buckets.into();
                Distribution { start_ns: EPOCH, at_ns, count, sum, buckets, exemplars: Box::default() }
            })
            .collect();
        let points = Points::Histogram { cumulative: true, bounds: metric::LATENCY_BOUNDS.into(), points };
        self.series(service, name, "s", Attributes::default(), points);
    }

    fn counter(&mut self, service: u32, name: &str, times: &[u64], attributes: Attributes) {
        let points = ends_of_seconds()
            .map(|at_ns| {
                let count = times.iter().filter(|at| **at <= at_ns).count();
                Number { start_ns: EPOCH, at_ns, value: f64::from(u32::try_from(count).expect("some thousand")) }
            })
            .collect();
        self.series(service, name, "1", attributes, Points::Sum { monotonic: true, cumulative: true, points });
    }

    fn series(&mut self, service: u32, name: &str, unit: &str, attributes: Attributes, points: Points) {
        let (name, unit) = (self.evidence.names.intern(name), self.evidence.names.intern(unit));
        self.evidence.series.push(Series { resource: ResourceId(service), name, unit, attributes, points });
    }
}

fn ends_of_seconds() -> impl Iterator<Item = u64> {
    (0..=36).map(|second| EPOCH + second * SECOND + 137 * MS)
}
