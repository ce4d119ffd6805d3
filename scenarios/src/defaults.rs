//! The figures a scenario starts from: sound by simulation, absorbed when healthy, saturated when the cache is lost.

use std::time::Duration;

use crate::model::{
    Breaker, CallPolicy, Catalog, CatalogCache, Compute, ConnectionPool, Database, Instances, Load, OnUnreadable,
    Phases, Range, RetryBudget, Search, System,
};

/// How long a caller waits for a connection, wherever one is bounded.
const ACQUIRE: Duration = Duration::from_secs(1);
/// Rare enough to hurt nobody, often enough for every error path to be known from the baseline: of ninety requests a second
/// to catalog about five in twenty seconds.
const EXCEPTION_SHARE: f64 = 0.003;
/// A new build takes a little traffic before it takes all of it, wherever that can be: a canary is no sign of guilt.
const WITH_CANARY: Instances = Instances { equal: 1, canary: true };

impl Default for System {
    fn default() -> Self {
        Self {
            exception_share: EXCEPTION_SHARE,
            search: search(),
            catalog: catalog(),
            catalog_cache: catalog_cache(),
            database: database(),
        }
    }
}

impl Default for Load {
    fn default() -> Self {
        Self { rate_per_s: 30.0, fan_out: 3, drift: 0.3, drift_period: Duration::from_secs(60), keys: 200, zipf: 0.8 }
    }
}

impl Default for Phases {
    fn default() -> Self {
        Self {
            warm_up: Duration::from_secs(5),
            baseline: Range { low: Duration::from_secs(18), high: Duration::from_secs(24) },
            incident: Duration::from_secs(25),
            after_alert: Duration::from_secs(10),
            drain: Duration::from_secs(15),
        }
    }
}

fn search() -> Search {
    Search {
        instances: WITH_CANARY,
        compute: Compute { permits: 2, work: Duration::from_millis(20) },
        concurrency: 3,
        catalog: call(Duration::from_secs(4)),
    }
}

fn catalog() -> Catalog {
    Catalog {
        instances: WITH_CANARY,
        compute: Compute { permits: 4, work: Duration::from_millis(8) },
        // It counts refused connections and time-outs, so an unreadable entry never opens it.
        cache: CallPolicy {
            breaker: Some(Breaker { failures: 5, open_for: Duration::from_secs(5) }),
            ..call(Duration::from_secs(3))
        },
        // The only retry of the system, held down by a budget: without one a slow database feeds itself.
        database: CallPolicy {
            attempts: 2,
            retry_budget: Some(RetryBudget { per_call: 0.1, burst: 10.0 }),
            pool: Some(ConnectionPool { size: 64, acquire: ACQUIRE }),
            ..call(Duration::from_millis(1_500))
        },
        uncached_share: 0.0,
    }
}

fn catalog_cache() -> CatalogCache {
    CatalogCache {
        compute: Compute { permits: 4, work: Duration::from_millis(4) },
        database: CallPolicy {
            pool: Some(ConnectionPool { size: 16, acquire: ACQUIRE }),
            ..call(Duration::from_millis(1_500))
        },
        ttl: Duration::from_secs(40),
        unreadable_share: 0.005,
        on_unreadable: OnUnreadable::Answer,
    }
}

fn database() -> Database {
    Database { pool: ConnectionPool { size: 3, acquire: ACQUIRE }, service: Duration::from_millis(60) }
}

/// One attempt, nothing bounded, no breaker.
fn call(timeout: Duration) -> CallPolicy {
    CallPolicy { timeout, attempts: 1, retry_budget: None, pool: None, breaker: None }
}
