//! A web in virtual time: events in their order, queues, calls with attempts and time-outs.

use std::cell::Cell;
use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap, VecDeque};
use std::rc::Rc;

use rca_engine::evidence::{Evidence, Number, SpanKind};

use super::record::{End, HARMED_CLASS, Open, Recorder};
use super::{Call, Fault, Web};
use crate::toy::{EPOCH, MS, ONSET, SECOND};

const RUN: u64 = 42 * SECOND;

type Event = Box<dyn FnOnce(&mut Sim)>;
type Then = Box<dyn FnOnce(&mut Sim, bool)>;
/// Gets the time waited.
type Turn = Box<dyn FnOnce(&mut Sim, u64)>;
/// Own work of a service, or its connections to another one.
type PoolId = (usize, Option<usize>);

/// A queue in front of a limited number of uses.
#[derive(Default)]
struct Pool {
    limit: usize,
    used: usize,
    waiting: VecDeque<(u64, Turn)>,
    /// Limit, and most uses at one time since the last scrape.
    told: (Vec<Number>, Vec<Number>),
}

/// What a request is about.
#[derive(Clone, Copy)]
struct Request {
    trace: u128,
    class: usize,
    item: i64,
}

struct Sim {
    now: u64,
    events: BinaryHeap<Reverse<(u64, usize)>>,
    actions: Vec<Option<Event>>,
    draws: u64,
    ids: u64,
    web: Web,
    fault: Fault,
    pools: BTreeMap<PoolId, Pool>,
    recorder: Recorder,
}

/// Runs a web with a fault after the onset and gives its evidence.
pub(crate) fn run(web: &Web, fault: Fault) -> Evidence {
    let mut pools = BTreeMap::new();
    for (index, service) in web.services.iter().enumerate() {
        pools.insert((index, None), Pool { limit: service.permits, ..Pool::default() });
        for call in &service.calls {
            if let Some(limit) = call.connections {
                pools.insert((index, Some(web.index(call.to))), Pool { limit, ..Pool::default() });
            }
        }
    }
    let mut sim = Sim {
        now: EPOCH,
        events: BinaryHeap::new(),
        actions: Vec::new(),
        draws: web.seed.wrapping_mul(0x2545_f491_4f6c_dd1d),
        ids: web.seed << 32,
        web: web.clone(),
        fault: Fault::Nothing,
        pools,
        recorder: Recorder::default(),
    };
    sim.at(EPOCH + ONSET, move |sim| sim.begin(fault));
    sim.at(EPOCH, Sim::arrive);
    sim.at(EPOCH, Sim::scrape);
    while let Some(Reverse((time, index))) = sim.events.pop().filter(|Reverse((time, _))| *time < EPOCH + RUN) {
        sim.now = time;
        let action = sim.actions[index].take().expect("each event happens once");
        action(&mut sim);
    }
    sim.tell_levels();
    sim.recorder.evidence
}

impl Sim {
    fn at(&mut self, time: u64, event: impl FnOnce(&mut Self) + 'static) {
        self.events.push(Reverse((time, self.actions.len())));
        self.actions.push(Some(Box::new(event)));
    }

    fn after(&mut self, ns: u64, event: impl FnOnce(&mut Self) + 'static) {
        self.at(self.now + ns, event);
    }

    fn begin(&mut self, fault: Fault) {
        self.fault = fault;
        match fault {
            Fault::Permits { at, limit } => self.set_limit((self.web.index(at), None), limit),
            Fault::Connections { from, to, limit } => {
                self.set_limit((self.web.index(from), Some(self.web.index(to))), limit);
            }
            Fault::Slow { for_ns: Some(ns), .. } => self.after(ns, |sim| sim.fault = Fault::Nothing),
            Fault::Batch { on, workers } => {
                let on = self.web.index(on);
                (0..workers).for_each(|_| self.batch(on));
            }
            _ => {}
        }
    }

    fn set_limit(&mut self, pool: PoolId, limit: usize) {
        self.pools.get_mut(&pool).expect("a test cuts what is bounded").limit = limit;
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

    fn request(&mut self) -> Request {
        let trace = (u128::from(self.id()) << 64) | u128::from(self.id());
        let class = (self.draw() * 4.0) as usize;
        Request { trace, class, item: (self.draw().powi(2) * 200.0) as i64 }
    }

    fn acquire(&mut self, pool: PoolId, then: impl FnOnce(&mut Self, u64) + 'static) {
        let now = self.now;
        match self.pools.get_mut(&pool) {
            Some(pool) => pool.waiting.push_back((now, Box::new(then))),
            None => return then(self, 0),
        }
        self.advance(pool);
    }

    fn release(&mut self, id: PoolId) {
        if let Some(pool) = self.pools.get_mut(&id) {
            pool.used -= 1;
            self.advance(id);
        }
    }

    fn advance(&mut self, id: PoolId) {
        while let Some(pool) = self.pools.get_mut(&id).filter(|pool| pool.used < pool.limit) {
            let Some((arrived, then)) = pool.waiting.pop_front() else { return };
            pool.used += 1;
            let waited = self.now - arrived;
            then(self, waited);
        }
    }

    fn scrape(&mut self) {
        let at_ns = self.now;
        for pool in self.pools.values_mut() {
            let level = |value: usize| Number { start_ns: 0, at_ns, value: value as f64 };
            pool.told.0.push(level(pool.limit));
            pool.told.1.push(level(pool.used));
        }
        self.after(SECOND, Self::scrape);
    }

    fn tell_levels(&mut self) {
        for ((owner, callee), pool) in std::mem::take(&mut self.pools) {
            let service = self.web.services[owner].name;
            let name = self.pool_name((owner, callee));
            if self.web.tells_limits {
                self.recorder.levels(service, &name, "db.client.connection.max", pool.told.0);
            }
            self.recorder.levels(service, &name, "db.client.connection.count", pool.told.1);
        }
    }

    fn pool_name(&self, (_, callee): PoolId) -> String {
        callee.map_or_else(|| "work".to_owned(), |callee| format!("to-{}", self.web.services[callee].name))
    }

    fn arrive(&mut self) {
        let factor = if let Fault::Surge { factor } = self.fault { factor } else { 1.0 };
        let gap = -(1.0 - self.draw()).ln() / (self.web.rate_per_s * factor);
        self.after((gap * SECOND as f64) as u64, Self::arrive);
        let request = self.request();
        self.serve(0, 0, request, Box::new(|_, _| {}));
    }

    fn open(&mut self, at: usize, parent: u64, request: Request, peer: Option<usize>) -> Open {
        Open {
            trace: request.trace,
            id: self.id(),
            parent,
            service: self.web.services[at].name,
            instance: 0,
            is_new_build: false,
            kind: if peer.is_some() { SpanKind::Client } else { SpanKind::Server },
            peer: peer.map(|peer| self.web.services[peer].name),
            start_ns: self.now,
            class: request.class,
            item: request.item,
        }
    }

    /// A service's work for one request: its own, then its calls in their order.
    fn serve(&mut self, at: usize, parent: u64, request: Request, then: Then) {
        let mut open = self.open(at, parent, request, None);
        let name = self.web.services[at].name;
        open.instance = (self.draw() * self.web.services[at].instances as f64) as usize;
        let drawn = self.draw();
        open.is_new_build = matches!(self.fault, Fault::BadBuild { at, .. } if at == name) && drawn < 0.1;
        let failing = match self.fault {
            Fault::Fails { at, share } if at == name => share,
            Fault::BadBuild { failing, .. } if open.is_new_build => failing,
            _ => 0.0,
        };
        let fails = self.draw() < failing;
        self.acquire((at, None), move |sim, waited| {
            let work = sim.work(at, &open);
            sim.after(work, move |sim| {
                sim.release((at, None));
                let done: Then = Box::new(move |sim, ok| {
                    let end = if ok { End::Answered } else { End::Failed };
                    sim.recorder.span(&open, sim.now, end, Some(("work", waited)));
                    then(sim, ok);
                });
                if fails { done(sim, false) } else { sim.step(at, 0, open.id, request, done) }
            });
        });
    }

    /// How long own work takes that begins now.
    fn work(&mut self, at: usize, open: &Open) -> u64 {
        let name = self.web.services[at].name;
        let factor = match self.fault {
            Fault::Slow { at, factor, .. } if at == name => factor,
            Fault::SlowInstance { at, factor } if at == name && open.instance == 0 => factor,
            Fault::SlowClass { at, factor } if at == name && open.class == HARMED_CLASS => factor,
            Fault::BadBuild { factor, .. } if open.is_new_build => factor,
            _ => 1.0,
        };
        self.erlang(self.web.services[at].work_ms * factor)
    }

    /// The calls of a visit from one on, each kind after the other; the first failure ends them.
    fn step(&mut self, at: usize, index: usize, parent: u64, request: Request, then: Then) {
        let Some(call) = self.web.services[at].calls.get(index).copied() else { return then(self, true) };
        let name = self.web.services[at].name;
        let (mut times, mut share) = (call.times, call.share);
        let mut extra = 0;
        let drawn = self.draw();
        match self.fault {
            Fault::Reach { from, to, share: wider } if (from, to) == (name, call.to) => share = wider,
            Fault::Extra { from, to, times, share } if (from, to) == (name, call.to) && drawn < share => extra = times,
            _ => {}
        }
        if self.draw() >= share {
            times = 0;
        }
        let next: Then =
            Box::new(move |sim, ok| if ok { sim.step(at, index + 1, parent, request, then) } else { then(sim, false) });
        if call.is_parallel && times > 0 {
            let open = Rc::new(Cell::new((times, true, Some(next))));
            for _ in 0..times {
                let open = Rc::clone(&open);
                let one: Then = Box::new(move |sim, ok| {
                    let (left, all, next) = open.take();
                    match next {
                        Some(next) if left == 1 => next(sim, all && ok),
                        next => open.set((left - 1, all && ok, next)),
                    }
                });
                self.attempt(at, call, call.attempts, parent, request, one);
            }
        } else {
            self.serially(at, call, times + extra, parent, request, next);
        }
    }

    fn serially(&mut self, at: usize, call: Call, times: u32, parent: u64, request: Request, then: Then) {
        if times == 0 {
            return then(self, true);
        }
        let next: Then =
            Box::new(
                move |sim, ok| {
                    if ok { sim.serially(at, call, times - 1, parent, request, then) } else { then(sim, false) }
                },
            );
        self.attempt(at, call, call.attempts, parent, request, next);
    }

    /// One attempt; a time-out gives up while the far end goes on, and a failure is tried again while attempts last.
    fn attempt(&mut self, at: usize, call: Call, attempts: u32, parent: u64, request: Request, then: Then) {
        let callee = self.web.index(call.to);
        let name = self.web.services[at].name;
        let open = self.open(at, parent, request, Some(callee));
        let pool = (at, Some(callee));
        let pool_name = self.pool_name(pool);
        let (mut delay, mut arrives) = (0, true);
        match self.fault {
            Fault::Delay { from, to, ms } if (from, to) == (name, call.to) => delay = ms * MS,
            Fault::BlackHole { from, to } if (from, to) == (name, call.to) => arrives = false,
            _ => {}
        }
        self.acquire(pool, move |sim, waited| {
            let end = move |sim: &mut Self, end: End| {
                sim.release(pool);
                let wait = call.connections.is_some().then_some((pool_name.as_str(), waited));
                sim.recorder.span(&open, sim.now, end, wait);
                match end {
                    End::Failed | End::TimedOut if attempts > 1 => {
                        sim.attempt(at, call, attempts - 1, parent, request, then);
                    }
                    _ => then(sim, end == End::Answered),
                }
            };
            let end = Rc::new(Cell::new(Some(end)));
            let late = Rc::clone(&end);
            sim.after(call.timeout_ns, move |sim| {
                if let Some(end) = late.take() {
                    end(sim, End::TimedOut);
                }
            });
            if !arrives {
                return;
            }
            sim.after(delay, move |sim| {
                let answer: Then = Box::new(move |sim, ok| {
                    sim.after(delay, move |sim| {
                        if let Some(end) = end.take() {
                            end(sim, if ok { End::Answered } else { End::Failed });
                        }
                    });
                });
                sim.serve(callee, open.id, request, answer);
            });
        });
    }

    /// Work that nobody asked for: one call after the other, by a service that is called by nobody.
    fn batch(&mut self, on: usize) {
        let request = self.request();
        let mut open = self.open(on, 0, request, None);
        (open.service, open.kind) = ("batch", SpanKind::Internal);
        self.serve(
            on,
            open.id,
            request,
            Box::new(move |sim, _| {
                sim.recorder.span(&open, sim.now, End::Answered, None);
                sim.batch(on);
            }),
        );
    }
}
