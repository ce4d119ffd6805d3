//! A toy of four services in virtual time: `s` asks `c` three times, `c` asks `k`, `k` asks `d` on a miss, and `c` falls
//! back to `d` where `k` fails. Every bounded resource is a first-come-first-served queue; faults touch one place each.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::rc::Rc;

use rca_engine::evidence::{
    Attributes, Evidence, Number, Points, Resource, ResourceId, Series, Span, SpanKind, Status, Value,
};

pub(crate) const SECOND: u64 = 1_000_000_000;
pub(crate) const MS: u64 = 1_000_000;
/// When a run begins, nanoseconds since the Unix epoch.
pub(crate) const EPOCH: u64 = 1_900_000_000 * SECOND;
/// When the fault begins, after the start.
pub(crate) const ONSET: u64 = 21 * SECOND;
const END: u64 = 42 * SECOND;

/// What is wrong after the onset; the default is nothing.
#[derive(Clone, Debug)]
pub(crate) struct Fault {
    /// Share of what `k` keeps that cannot be used.
    pub(crate) unreadable: f64,
    /// `k` reads through instead of failing.
    pub(crate) reads_through: bool,
    /// Factors of the time that a use of `d` and the own work of `s` take.
    pub(crate) slow_d: f64,
    pub(crate) slow_s: f64,
    /// How long `d` is slow, nanoseconds; none: until the end.
    pub(crate) slow_for: Option<u64>,
    /// Limit of the connections from `k` to `d`.
    pub(crate) connections: usize,
    /// Calls to `d` that `c` adds to a tenth of its visits.
    pub(crate) extra_calls: u32,
    /// Milliseconds each way between `c` and `k`.
    pub(crate) delay_ms: u64,
    /// Calls from `k` to `d` never arrive.
    pub(crate) black_hole: bool,
    /// A tenth of `c` runs a build that fails half of its visits.
    pub(crate) canary: bool,
    /// Factor of the arrivals.
    pub(crate) surge: f64,
    /// `b`, which nobody calls, asks `d` for work without pause.
    pub(crate) batch: bool,
}

impl Default for Fault {
    fn default() -> Self {
        Self {
            unreadable: 0.005,
            reads_through: false,
            slow_d: 1.0,
            slow_s: 1.0,
            slow_for: None,
            connections: 16,
            extra_calls: 0,
            delay_ms: 0,
            black_hole: false,
            canary: false,
            surge: 1.0,
            batch: false,
        }
    }
}

/// What stays the same during a run.
#[derive(Clone, Debug)]
pub(crate) struct System {
    /// Uses of `d` at one time.
    pub(crate) servers: usize,
    /// Share of lookups in `k` that miss.
    pub(crate) misses: f64,
    /// Attempts of `c` at `d`, and how long it waits for each; it then reads everything from `d`.
    pub(crate) impatient: Option<(u32, u64)>,
    pub(crate) seed: u64,
}

impl Default for System {
    fn default() -> Self {
        Self { servers: 3, misses: 0.05, impatient: None, seed: 1 }
    }
}

type Event = Box<dyn FnOnce(&mut Toy)>;
type Then = Box<dyn FnOnce(&mut Toy, bool)>;
/// Gets the time waited.
type Turn = Box<dyn FnOnce(&mut Toy, u64)>;

/// A queue in front of a limited number of uses.
struct Pool {
    service: &'static str,
    name: &'static str,
    limit: usize,
    used: usize,
    /// Since when, and what happens then.
    waiting: VecDeque<(u64, Turn)>,
}

pub(crate) struct Toy {
    now: u64,
    events: BinaryHeap<Reverse<(u64, usize)>>,
    actions: Vec<Option<Event>>,
    draws: u64,
    ids: u64,
    fault: Fault,
    system: System,
    pools: Vec<Pool>,
    limits: Vec<Vec<Number>>,
    evidence: Evidence,
    resources: BTreeMap<(String, String), ResourceId>,
}

const D_POOL: usize = 0;
const K_POOL: usize = 1;

/// Who works for whom, while a span is open.
#[derive(Clone, Copy)]
struct Scope {
    trace: u128,
    span: u64,
}

/// Runs a system with a fault after the onset and gives its evidence.
pub(crate) fn run(system: &System, fault: &Fault) -> Evidence {
    let pool = |service, name, limit| Pool { service, name, limit, used: 0, waiting: VecDeque::new() };
    let mut toy = Toy {
        now: EPOCH,
        events: BinaryHeap::new(),
        actions: Vec::new(),
        draws: system.seed,
        ids: 0,
        fault: Fault::default(),
        system: system.clone(),
        pools: vec![pool("d", "pool", system.servers), pool("k", "db", 16)],
        limits: vec![Vec::new(), Vec::new()],
        evidence: Evidence::default(),
        resources: BTreeMap::new(),
    };
    let fault = fault.clone();
    toy.at(EPOCH + ONSET, move |toy| {
        toy.pools[K_POOL].limit = fault.connections;
        toy.fault = fault;
        if let Some(end) = toy.fault.slow_for {
            toy.at(toy.now + end, |toy| toy.fault.slow_d = 1.0);
        }
        if toy.fault.batch {
            (0..40).for_each(|_| toy.batch());
        }
    });
    toy.at(EPOCH, Toy::arrive);
    toy.at(EPOCH, Toy::scrape);
    while let Some(Reverse((time, index))) = toy.events.pop() {
        if time >= EPOCH + END {
            break;
        }
        toy.now = time;
        let action = toy.actions[index].take().expect("each event happens once");
        action(&mut toy);
    }
    toy.limit_series();
    toy.evidence
}

impl Toy {
    fn at(&mut self, time: u64, event: impl FnOnce(&mut Self) + 'static) {
        self.events.push(Reverse((time, self.actions.len())));
        self.actions.push(Some(Box::new(event)));
    }

    fn draw(&mut self) -> f64 {
        self.draws = self.draws.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.draws;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
    }

    /// Erlang-4 with the given mean.
    fn erlang(&mut self, mean_ms: f64) -> u64 {
        let sum: f64 = (0..4).map(|_| -(1.0 - self.draw()).ln()).sum();
        (sum / 4.0 * mean_ms * MS as f64) as u64
    }

    fn id(&mut self) -> u64 {
        self.ids += 1;
        self.ids.wrapping_mul(0x9e37_79b9_7f4a_7c15)
    }

    fn acquire(&mut self, pool: usize, then: impl FnOnce(&mut Self, u64) + 'static) {
        let arrived = self.now;
        self.pools[pool].waiting.push_back((arrived, Box::new(then)));
        self.advance(pool);
    }

    fn release(&mut self, pool: usize) {
        self.pools[pool].used -= 1;
        self.advance(pool);
    }

    fn advance(&mut self, pool: usize) {
        while self.pools[pool].used < self.pools[pool].limit {
            let Some((arrived, then)) = self.pools[pool].waiting.pop_front() else { return };
            self.pools[pool].used += 1;
            let waited = self.now - arrived;
            then(self, waited);
        }
    }

    fn scrape(&mut self) {
        for (pool, points) in self.pools.iter().zip(&mut self.limits) {
            points.push(Number { start_ns: 0, at_ns: self.now, value: pool.limit as f64 });
        }
        self.at(self.now + SECOND, Self::scrape);
    }

    fn limit_series(&mut self) {
        for index in 0..self.pools.len() {
            let resource = self.resource(self.pools[index].service, "v1");
            let key = self.evidence.names.intern("db.client.connection.pool.name");
            let name = self.evidence.names.intern(self.pools[index].name);
            let series = Series {
                resource,
                name: self.evidence.names.intern("db.client.connection.max"),
                unit: self.evidence.names.intern("{connection}"),
                attributes: Box::new([(key, Value::Text(name))]),
                points: Points::Gauge(std::mem::take(&mut self.limits[index])),
            };
            self.evidence.series.push(series);
        }
    }

    fn resource(&mut self, service: &str, version: &str) -> ResourceId {
        let key = (service.to_owned(), version.to_owned());
        if let Some(known) = self.resources.get(&key) {
            return *known;
        }
        let names = &mut self.evidence.names;
        let attributes: Attributes = [
            ("service.name", service),
            ("service.version", version),
            ("service.instance.id", version),
            ("run_id", "r-17"),
        ]
        .map(|(key, value)| (names.intern(key), Value::Text(names.intern(value))))
        .into();
        self.evidence.resources.push(Resource { attributes });
        let id = ResourceId(u32::try_from(self.evidence.resources.len() - 1).expect("few resources"));
        self.resources.insert(key, id);
        id
    }

    /// Records a span that ends now.
    fn record(&mut self, open: &Open, ok: bool, more: &[(&str, Value)], code: i64) {
        let resource = self.resource(open.service, open.version);
        let names = &mut self.evidence.names;
        let mut attributes: Vec<_> = more.iter().map(|(key, value)| (names.intern(key), *value)).collect();
        attributes.push((names.intern("run_id"), Value::Text(names.intern("r-17"))));
        if code > 0 {
            attributes.push((names.intern("http.response.status_code"), Value::Int(code)));
        }
        if let Some(peer) = open.peer {
            attributes.push((names.intern("service.peer.name"), Value::Text(names.intern(peer))));
        }
        let span = Span {
            trace_id: open.scope.trace,
            span_id: open.scope.span,
            parent_id: open.parent,
            resource,
            name: names.intern(open.name),
            kind: open.kind,
            status: if ok { Status::Unset } else { Status::Error },
            start_ns: open.start,
            end_ns: self.now,
            attributes: attributes.into(),
            links: Box::new([]),
        };
        self.evidence.spans.push(span);
    }

    fn open(&mut self, scope: Scope, service: &'static str, kind: SpanKind, peer: Option<&'static str>) -> Open {
        let span = self.id();
        Open {
            scope: Scope { trace: scope.trace, span },
            parent: scope.span,
            service,
            version: "v1",
            name: if kind == SpanKind::Server { "GET /x" } else { "GET" },
            kind,
            peer,
            start: self.now,
        }
    }

    fn wait(&mut self, pool: usize, waited: u64) -> [(&'static str, Value); 2] {
        let name = self.evidence.names.intern(self.pools[pool].name);
        [("wait.resource", Value::Text(name)), ("wait.duration_ns", Value::Int(waited as i64))]
    }

    fn arrive(&mut self) {
        let gap = -(1.0 - self.draw()).ln() / (30.0 * self.fault.surge);
        self.at(self.now + (gap * SECOND as f64) as u64, Self::arrive);
        let trace = (u128::from(self.id()) << 64) | u128::from(self.id());
        let open = self.open(Scope { trace, span: 0 }, "s", SpanKind::Server, None);
        // Own work needs one of many processors: a surge alone makes nothing wait here.
        let work = self.erlang(20.0 * self.fault.slow_s);
        self.at(self.now + work, move |toy| {
            let left = Rc::new(Cell::new(3));
            for _ in 0..3 {
                let left = Rc::clone(&left);
                toy.call(open.scope, "s", "c", 0, None, Self::c, move |toy, _| {
                    left.set(left.get() - 1);
                    if left.get() == 0 {
                        toy.record(&open, true, &[], 200);
                    }
                });
            }
        });
    }

    /// A client span round what the far end does; a time-out gives up while the far end goes on.
    #[expect(clippy::too_many_arguments, reason = "a toy's one way to call, used by every service")]
    fn call(
        &mut self,
        scope: Scope,
        from: &'static str,
        to: &'static str,
        delay: u64,
        timeout: Option<u64>,
        serve: impl FnOnce(&mut Self, Scope, Then) + 'static,
        then: impl FnOnce(&mut Self, bool) + 'static,
    ) {
        let open = self.open(scope, from, SpanKind::Client, Some(to));
        let then: Rc<Cell<Option<Then>>> = Rc::new(Cell::new(Some(Box::new(then))));
        let late = Rc::clone(&then);
        if let Some(timeout) = timeout {
            self.at(self.now + timeout, move |toy| {
                if let Some(then) = late.take() {
                    let timed_out = toy.evidence.names.intern("timeout");
                    toy.record(&open, false, &[("error.type", Value::Text(timed_out))], 0);
                    then(toy, false);
                }
            });
        }
        self.at(self.now + delay, move |toy| {
            let answer: Then = Box::new(move |toy, ok| {
                toy.at(toy.now + delay, move |toy| {
                    if let Some(then) = then.take() {
                        toy.record(&open, ok, &[], if ok { 200 } else { 500 });
                        then(toy, ok);
                    }
                });
            });
            serve(toy, open.scope, answer);
        });
    }

    fn c(&mut self, scope: Scope, then: Then) {
        let mut open = self.open(scope, "c", SpanKind::Server, None);
        let mut broken = false;
        if self.fault.canary && self.draw() < 0.1 {
            open.version = "v2";
            broken = self.draw() < 0.5;
        }
        let extra = if self.draw() < 0.1 { self.fault.extra_calls } else { 0 };
        let work = self.erlang(8.0);
        self.at(self.now + work, move |toy| {
            if broken {
                toy.record(&open, false, &[], 500);
                return then(toy, false);
            }
            let done: Then = Box::new(move |toy, ok| {
                toy.record(&open, ok, &[], if ok { 200 } else { 502 });
                then(toy, ok);
            });
            if let Some((attempts, timeout)) = toy.system.impatient {
                return toy.attempt(open.scope, attempts, timeout, done);
            }
            let delay = toy.fault.delay_ms * MS;
            toy.call(open.scope, "c", "k", delay, None, Self::k, move |toy, ok| {
                if ok && extra == 0 {
                    return done(toy, true);
                }
                toy.serially(open.scope, extra.max(1), done);
            });
        });
    }

    /// Calls of `c` to `d`, one after the other.
    fn serially(&mut self, scope: Scope, calls: u32, then: Then) {
        self.call(scope, "c", "d", 0, None, Self::d, move |toy, ok| {
            if calls > 1 { toy.serially(scope, calls - 1, then) } else { then(toy, ok) }
        });
    }

    fn attempt(&mut self, scope: Scope, attempts: u32, timeout: u64, then: Then) {
        self.call(scope, "c", "d", 0, Some(timeout), Self::d, move |toy, ok| {
            if ok || attempts <= 1 { then(toy, ok) } else { toy.attempt(scope, attempts - 1, timeout, then) }
        });
    }

    fn k(&mut self, scope: Scope, then: Then) {
        let open = self.open(scope, "k", SpanKind::Server, None);
        let item = (self.draw().powi(2) * 200.0) as i64;
        let (miss, bad) = (self.draw() < self.system.misses, self.draw() < self.fault.unreadable);
        let outcome = match (miss, bad) {
            (true, _) => "miss",
            (false, true) => "third",
            (false, false) => "hit",
        };
        let work = self.erlang(4.0);
        self.at(self.now + work, move |toy| {
            let outcome = Value::Text(toy.evidence.names.intern(outcome));
            let told = [("cache.outcome", outcome), ("item", Value::Int(item))];
            if bad && !miss && !toy.fault.reads_through {
                toy.record(&open, false, &told, 500);
                return then(toy, false);
            }
            if !miss && !bad {
                toy.record(&open, true, &told, 200);
                return then(toy, true);
            }
            toy.read(open.scope, move |toy, ok| {
                toy.record(&open, ok, &told, if ok { 200 } else { 504 });
                then(toy, ok);
            });
        });
    }

    /// `k` waits for a connection, then asks `d`.
    fn read(&mut self, scope: Scope, then: impl FnOnce(&mut Self, bool) + 'static) {
        let open = self.open(scope, "k", SpanKind::Client, Some("d"));
        self.acquire(K_POOL, move |toy, waited| {
            let answer: Then = Box::new(move |toy, ok| {
                toy.release(K_POOL);
                let wait = toy.wait(K_POOL, waited);
                toy.record(&open, ok, &wait, if ok { 200 } else { 504 });
                then(toy, ok);
            });
            if toy.fault.black_hole {
                toy.at(toy.now + SECOND, move |toy| answer(toy, false));
            } else {
                toy.d(open.scope, answer);
            }
        });
    }

    fn d(&mut self, scope: Scope, then: Then) {
        let open = self.open(scope, "d", SpanKind::Server, None);
        self.acquire(D_POOL, move |toy, waited| {
            let used = toy.erlang(60.0 * toy.fault.slow_d);
            toy.at(toy.now + used, move |toy| {
                toy.release(D_POOL);
                let wait = toy.wait(D_POOL, waited);
                toy.record(&open, true, &wait, 200);
                then(toy, true);
            });
        });
    }

    /// Work that nobody asked for: one call after the other.
    fn batch(&mut self) {
        let trace = (u128::from(self.id()) << 64) | u128::from(self.id());
        let open = self.open(Scope { trace, span: 0 }, "b", SpanKind::Internal, None);
        self.call(open.scope, "b", "d", 0, None, Self::d, move |toy, ok| {
            toy.record(&open, ok, &[], 0);
            toy.batch();
        });
    }
}

/// A span that has not ended.
#[derive(Clone, Copy)]
struct Open {
    scope: Scope,
    parent: u64,
    service: &'static str,
    version: &'static str,
    name: &'static str,
    kind: SpanKind,
    peer: Option<&'static str>,
    start: u64,
}
