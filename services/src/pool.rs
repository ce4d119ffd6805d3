//! A bounded resource: permits, a first-come-first-served queue with a bound and a patience, and its five figures.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use contract::metric::{self, Family};
use contract::span as attribute;
use opentelemetry::KeyValue;
use scenarios::ledger::Phase;
use scenarios::model::Compute;
use telemetry::{Counter, Histogram, Telemetry, open_span};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::attached::Attached;
use crate::instance::Instance;

/// The most requests that may wait at once.
const MAX_PENDING: i64 = 4_096;
/// The most permits that a pool can be given: as many as requests may wait for one.
pub(crate) const MOST_PERMITS: u32 = 4_096;

/// What a pool is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    /// Its name within the service: `pool`, `compute`, `db`.
    pub(crate) name: &'static str,
    pub(crate) family: &'static Family,
    pub(crate) size: u32,
    /// None: waits for ever.
    pub(crate) patience: Option<Duration>,
    /// Whether holding a permit is work. Holding a connection while another service works is not.
    pub(crate) serves: bool,
    /// The size it can be given at most.
    pub(crate) most: u32,
}

impl Shape {
    /// Permits for a service's own work, which waits for its turn as long as it takes.
    pub(crate) fn compute(compute: Compute) -> Self {
        Self {
            name: "compute",
            family: &metric::COMPUTE,
            size: compute.permits,
            patience: None,
            serves: true,
            most: MOST_PERMITS,
        }
    }
}

/// A pool; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Pool(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    instance: Arc<Instance>,
    shape: Shape,
    station: String,
    attributes: [KeyValue; 1],
    permits: Arc<Semaphore>,
    /// Permits that are to vanish when they come back.
    surplus: AtomicUsize,
    levels: Arc<Levels>,
    holders: Mutex<Holders>,
    instruments: Attached<Instruments>,
}

/// Who holds permits: whoever waits for a permit waits for them.
#[derive(Debug, Default)]
struct Holders {
    granted: u64,
    /// What each permit is held for, by order of grant.
    active: BTreeMap<u64, String>,
    last_released: Option<String>,
}

#[derive(Debug, Default)]
struct Levels {
    limit: AtomicI64,
    in_use: AtomicI64,
    pending: AtomicI64,
}

#[derive(Debug)]
struct Instruments {
    wait_time: Histogram,
    use_time: Histogram,
    timeouts: Counter<u64>,
}

/// Why no permit was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PoolError {
    #[error("get a permit in time")]
    TimedOut,
    #[error("queue: too many are waiting")]
    Full,
}

impl PoolError {
    /// A low-cardinality `error.type`.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::TimedOut => "pool_timeout",
            Self::Full => "pool_full",
        }
    }
}

impl Pool {
    pub(crate) fn new(instance: &Arc<Instance>, shape: Shape) -> Self {
        let attributes = [KeyValue::new(shape.family.name, shape.name)];
        let levels = Arc::new(Levels { limit: AtomicI64::from(i64::from(shape.size)), ..Levels::default() });
        let instruments = {
            let (attributes, levels) = (attributes.clone(), Arc::clone(&levels));
            Attached::new(instance, move |telemetry| Instruments::new(telemetry, shape.family, &attributes, &levels))
        };
        Self(Arc::new(Inner {
            instance: Arc::clone(instance),
            shape,
            station: format!("{}/{}", instance.role().as_str(), shape.name),
            attributes,
            permits: Arc::new(Semaphore::new(shape.size as usize)),
            surplus: AtomicUsize::new(0),
            levels,
            holders: Mutex::default(),
            instruments,
        }))
    }

    /// Its name within the service.
    pub(crate) fn name(&self) -> &'static str {
        self.0.shape.name
    }

    /// The size that it began with.
    pub(crate) fn first_size(&self) -> u32 {
        self.0.shape.size
    }

    /// The size that it can be given at most.
    pub(crate) fn most(&self) -> u32 {
        self.0.shape.most
    }

    /// From now on so many permits are given at once. Those held beyond it run out as they come back.
    pub(crate) fn resize(&self, size: u32) {
        let inner = &self.0;
        let before = inner.levels.limit.swap(i64::from(size), Ordering::Relaxed);
        let change = i64::from(size) - before;
        let count = usize::try_from(change.unsigned_abs()).expect("a size has 32 bits");
        if change > 0 {
            // What was to vanish may stay instead.
            let kept = inner.surplus.load(Ordering::Relaxed).min(count);
            inner.surplus.fetch_sub(kept, Ordering::Relaxed);
            inner.permits.add_permits(count - kept);
        } else {
            let gone = inner.permits.forget_permits(count);
            inner.surplus.fetch_add(count - gone, Ordering::Relaxed);
        }
    }

    /// Waits for a permit for the request's own work.
    pub(crate) async fn acquire(&self, request: &str) -> Result<Permit, PoolError> {
        self.acquire_for(request, request, None).await
    }

    /// Waits for a permit, for at most the pool's patience and `limit`; marks the wait on the current span. The permit
    /// is held for `work`: the request itself, or a call of its own.
    pub(crate) async fn acquire_for(
        &self,
        request: &str,
        work: &str,
        limit: Option<Duration>,
    ) -> Result<Permit, PoolError> {
        let inner = &self.0;
        let clock = &inner.instance.world().clock;
        let asked_ns = clock.wall_ns();
        let Some(waiting) = Waiting::enter(&inner.levels) else {
            inner.instruments.get().timeouts.add(1, &inner.attributes);
            return Err(PoolError::Full);
        };
        let permit = Arc::clone(&inner.permits).acquire_owned();
        let patience = [inner.shape.patience, limit].into_iter().flatten().min();
        let granted = match patience {
            Some(patience) => clock.timeout(patience, permit).await.map_err(|_elapsed| PoolError::TimedOut),
            None => Ok(permit.await),
        };
        drop(waiting);
        let now_ns = clock.wall_ns();
        self.tell_wait(request, asked_ns, now_ns, granted.is_ok());
        let permit = granted
            .inspect_err(|_| inner.instruments.get().timeouts.add(1, &inner.attributes))?
            .expect("the semaphore of a pool is never closed");
        inner.levels.in_use.fetch_add(1, Ordering::Relaxed);
        let mut holders = inner.holders();
        holders.granted += 1;
        let grant = holders.granted;
        holders.active.insert(grant, work.to_owned());
        drop(holders);
        Ok(Permit { pool: self.clone(), request: request.to_owned(), grant, since_ns: now_ns, permit: Some(permit) })
    }

    fn tell_wait(&self, request: &str, from_ns: u64, to_ns: u64, granted: bool) {
        let inner = &self.0;
        let waited_ns = to_ns - from_ns;
        open_span::mark(attribute::WAIT_RESOURCE, inner.shape.name);
        open_span::mark(attribute::WAIT_DURATION, i64::try_from(waited_ns).unwrap_or(i64::MAX));
        let seconds = Duration::from_nanos(waited_ns).as_secs_f64();
        inner.instruments.get().wait_time.record(seconds, &inner.attributes);
        if waited_ns == 0 {
            return;
        }
        let ledger = inner.instance.ledger();
        if inner.shape.serves {
            ledger.note(request, &inner.station, Phase::Wait, from_ns, to_ns);
        } else {
            // The holder works elsewhere: what it waits for there is what is waited for here.
            ledger.wait_for(request, &inner.station, inner.holder(granted), from_ns, to_ns);
        }
    }
}

impl Inner {
    fn holders(&self) -> MutexGuard<'_, Holders> {
        self.holders.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Whose permit it was that was waited for: the one that came free, or the one that is held longest.
    fn holder(&self, granted: bool) -> Option<String> {
        let holders = self.holders();
        let longest = || holders.active.first_key_value().map(|(_, work)| work.clone());
        if granted { holders.last_released.clone().or_else(longest) } else { longest() }
    }
}

/// Holds one permit; using it ends when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    pool: Pool,
    request: String,
    grant: u64,
    since_ns: u64,
    /// None only while it is dropped.
    permit: Option<OwnedSemaphorePermit>,
}

impl Drop for Permit {
    fn drop(&mut self) {
        let inner = &self.pool.0;
        if inner.surplus.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok()
            && let Some(permit) = self.permit.take()
        {
            permit.forget();
        }
        inner.levels.in_use.fetch_sub(1, Ordering::Relaxed);
        let mut holders = inner.holders();
        holders.last_released = holders.active.remove(&self.grant);
        drop(holders);
        let now_ns = inner.instance.world().clock.wall_ns();
        let seconds = Duration::from_nanos(now_ns - self.since_ns).as_secs_f64();
        inner.instruments.get().use_time.record(seconds, &inner.attributes);
        if inner.shape.serves {
            inner.instance.ledger().note(&self.request, &inner.station, Phase::Serve, self.since_ns, now_ns);
        }
    }
}

/// Counts one waiting request, also when its future is dropped.
struct Waiting<'a>(&'a Levels);

impl<'a> Waiting<'a> {
    fn enter(levels: &'a Levels) -> Option<Self> {
        let before = levels.pending.fetch_add(1, Ordering::Relaxed);
        let waiting = Self(levels);
        (before < MAX_PENDING).then_some(waiting)
    }
}

impl Drop for Waiting<'_> {
    fn drop(&mut self) {
        self.0.pending.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Instruments {
    fn new(telemetry: &Telemetry, family: &Family, attributes: &[KeyValue; 1], levels: &Arc<Levels>) -> Self {
        let limit = Arc::clone(levels);
        telemetry.level(family.limit, "{permit}", attributes.to_vec(), move || limit.limit.load(Ordering::Relaxed));
        let used = Arc::clone(levels);
        let mut in_use = attributes.to_vec();
        in_use.push(KeyValue::new(metric::CONNECTION_STATE, "used"));
        telemetry.level(family.in_use, "{permit}", in_use, move || used.in_use.load(Ordering::Relaxed));
        let waiting = Arc::clone(levels);
        telemetry
            .level(family.pending, "{request}", attributes.to_vec(), move || waiting.pending.load(Ordering::Relaxed));
        let timeouts = telemetry.counter(family.timeouts, "{timeout}");
        timeouts.add(0, attributes);
        Self {
            wait_time: telemetry.histogram(family.wait_time),
            use_time: telemetry.histogram(family.use_time),
            timeouts,
        }
    }
}
