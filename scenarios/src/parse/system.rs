//! `system`: figures and policies of the services, one flat key each with its unit last.

use std::time::Duration;

use super::fields::Fields;
use super::value::{Bounds, SHARE, choice, count, millis, nullable, number, seconds, truth_value};
use crate::model::{
    Breaker, CallPolicy, Catalog, CatalogCache, Compute, ConnectionPool, Database, Instances, OnUnreadable,
    RetryBudget, Search, System,
};
use crate::problem::{Problem, Problems};
use crate::yaml::Node;

const ON_UNREADABLE: &[(&str, OnUnreadable)] =
    &[("answer", OnUnreadable::Answer), ("read_through", OnUnreadable::ReadThrough)];

/// The most copies of a service: each is a process in a live run.
const MAX_INSTANCES: u32 = 8;
/// What a pool, a budget or a breaker gets for the figures that the file leaves out.
const ACQUIRE: Duration = Duration::from_secs(1);
const BURST: f64 = 10.0;
const OPEN_FOR: Duration = Duration::from_secs(5);

pub(super) fn system(node: &Node, problems: &Problems) -> Option<System> {
    let fields = Fields::open(node, "`system`", problems)?;
    let default = System::default();
    let system = System {
        exception_share: fields.or("exception_share", default.exception_share, number(SHARE)),
        search: fields.or("search", default.search, |node, problems| search(node, default.search, problems)),
        catalog: fields.or("catalog", default.catalog, |node, problems| catalog(node, default.catalog, problems)),
        catalog_cache: fields.or("catalog-cache", default.catalog_cache, |node, problems| {
            catalog_cache(node, default.catalog_cache, problems)
        }),
        database: fields.or("database", default.database, |node, problems| database(node, default.database, problems)),
    };
    fields.finish();
    Some(system)
}

fn search(node: &Node, default: Search, problems: &Problems) -> Option<Search> {
    let fields = Fields::open(node, "`search`", problems)?;
    let search = Search {
        instances: instances(&fields, default.instances),
        compute: compute(&fields, default.compute),
        concurrency: fields.or("concurrency", default.concurrency, count(1, 1_000, "items at once")),
        catalog: call(&fields, &CATALOG, default.catalog),
    };
    fields.finish();
    Some(search)
}

fn catalog(node: &Node, default: Catalog, problems: &Problems) -> Option<Catalog> {
    let fields = Fields::open(node, "`catalog`", problems)?;
    let catalog = Catalog {
        instances: instances(&fields, default.instances),
        compute: compute(&fields, default.compute),
        cache: call(&fields, &CACHE, default.cache),
        database: call(&fields, &DATABASE, default.database),
        uncached_share: fields.or("uncached_share", default.uncached_share, number(SHARE)),
    };
    fields.finish();
    Some(catalog)
}

fn catalog_cache(node: &Node, default: CatalogCache, problems: &Problems) -> Option<CatalogCache> {
    let fields = Fields::open(node, "`catalog-cache`", problems)?;
    let cache = CatalogCache {
        compute: compute(&fields, default.compute),
        database: call(&fields, &DATABASE, default.database),
        ttl: fields.or("ttl_s", default.ttl, seconds(0.1, 86_400.0)),
        unreadable_share: fields.or("unreadable_share", default.unreadable_share, number(SHARE)),
        on_unreadable: fields.or("on_unreadable", default.on_unreadable, choice(ON_UNREADABLE)),
    };
    fields.finish();
    Some(cache)
}

fn database(node: &Node, default: Database, problems: &Problems) -> Option<Database> {
    let fields = Fields::open(node, "`database`", problems)?;
    let database = Database {
        pool: ConnectionPool {
            size: fields.or("pool", default.pool.size, count(1, 10_000, "connections")),
            acquire: fields.or("acquire_s", default.pool.acquire, seconds(0.01, 600.0)),
        },
        service: fields.or("service_ms", default.service, millis(4.0, 60_000.0)),
    };
    fields.finish();
    Some(database)
}

fn instances(fields: &Fields<'_>, default: Instances) -> Instances {
    Instances {
        equal: fields.or("instances", default.equal, count(1, MAX_INSTANCES, "instances")),
        canary: fields.or("canary", default.canary, truth_value),
    }
}

fn compute(fields: &Fields<'_>, default: Compute) -> Compute {
    Compute {
        permits: fields.or("permits", default.permits, count(1, 10_000, "permits")),
        // A live timer overshoots by about a millisecond: below four the draw would say little.
        work: fields.or("work_ms", default.work, millis(4.0, 60_000.0)),
    }
}

/// The keys of one edge, named after its callee.
struct CallKeys {
    timeout_s: &'static str,
    attempts: &'static str,
    retries_per_call: &'static str,
    retry_burst: &'static str,
    pool: &'static str,
    acquire_s: &'static str,
    breaker_failures: &'static str,
    breaker_open_s: &'static str,
}

macro_rules! call_keys {
    ($callee:literal) => {
        CallKeys {
            timeout_s: concat!($callee, "_timeout_s"),
            attempts: concat!($callee, "_attempts"),
            retries_per_call: concat!($callee, "_retries_per_call"),
            retry_burst: concat!($callee, "_retry_burst"),
            pool: concat!($callee, "_pool"),
            acquire_s: concat!($callee, "_acquire_s"),
            breaker_failures: concat!($callee, "_breaker_failures"),
            breaker_open_s: concat!($callee, "_breaker_open_s"),
        }
    };
}

const CATALOG: CallKeys = call_keys!("catalog");
const CACHE: CallKeys = call_keys!("cache");
const DATABASE: CallKeys = call_keys!("database");

fn call(fields: &Fields<'_>, keys: &CallKeys, default: CallPolicy) -> CallPolicy {
    let per_call = Bounds { low: 0.0, high: 100.0, unit: "retries per call", whole: false };
    let burst = Bounds { low: 0.0, high: 100_000.0, unit: "retries", whole: false };
    let first = |value: &Option<RetryBudget>| value.map(|budget| budget.per_call);
    let retries = fields.or(keys.retries_per_call, first(&default.retry_budget), nullable(number(per_call)));
    let size = fields.or(keys.pool, default.pool.map(|pool| pool.size), nullable(count(1, 10_000, "connections")));
    let failures = default.breaker.map(|breaker| breaker.failures);
    let failures = fields.or(keys.breaker_failures, failures, nullable(count(1, 10_000, "failures in a row")));
    let idle = |key: &'static str, needs: &'static str, switched_on: bool| {
        let node = fields.find(key);
        if let (Some(node), false) = (node, switched_on) {
            let problem = Problem::new(node.span.clone(), "has no effect", format!("`{key}` needs `{needs}`"));
            fields.problems.push(problem.help(format!("give `{needs}` a number, or remove `{key}`")));
        }
        node.filter(|_| switched_on)
    };
    let burst_node = idle(keys.retry_burst, keys.retries_per_call, retries.is_some());
    let acquire_node = idle(keys.acquire_s, keys.pool, size.is_some());
    let open_node = idle(keys.breaker_open_s, keys.breaker_failures, failures.is_some());
    let or_else = |known: Option<f64>, fallback: f64| known.unwrap_or(fallback);
    let default_burst = or_else(default.retry_budget.map(|budget| budget.burst), BURST);
    let default_acquire = default.pool.map_or(ACQUIRE, |pool| pool.acquire);
    let default_open = default.breaker.map_or(OPEN_FOR, |breaker| breaker.open_for);
    let taken = |node: Option<&Node>, default: Duration, low: f64| {
        node.and_then(|node| seconds(low, 600.0)(node, fields.problems)).unwrap_or(default)
    };
    CallPolicy {
        timeout: fields.or(keys.timeout_s, default.timeout, seconds(0.01, 600.0)),
        attempts: fields.or(keys.attempts, default.attempts, count(1, 100, "attempts")),
        retry_budget: retries.map(|per_call| RetryBudget {
            per_call,
            burst: burst_node.and_then(|node| number(burst)(node, fields.problems)).unwrap_or(default_burst),
        }),
        pool: size.map(|size| ConnectionPool { size, acquire: taken(acquire_node, default_acquire, 0.01) }),
        breaker: failures.map(|failures| Breaker { failures, open_for: taken(open_node, default_open, 0.01) }),
    }
}
