//! The types of a scenario: they cannot be wrong once they exist.

use std::collections::BTreeMap;
use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::vocabulary::{Effect, Kind, Mode};
use serde::{Deserialize, Serialize};

use crate::lever::ChangeKind;

/// A parsed scenario file.
#[derive(Clone, Debug, PartialEq)]
pub struct Scenario {
    pub id: String,
    pub title: String,
    /// 1 one clear signal, 2 one confounder, 3 key evidence missing or misleading, 4 compositional.
    pub difficulty: u8,
    /// The public incident it is modelled on.
    pub modelled_on: String,
    pub system: System,
    pub load: Load,
    pub phases: Phases,
    /// In force from the start, in the baseline too.
    pub conditions: Vec<Injection>,
    pub events: Vec<Injection>,
    pub alert: AlertRule,
    pub truth: Truth,
    pub expect: Expect,
}

/// The system under test: figures and policies of its services.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct System {
    /// Share of the requests that ends in an exception of a service's own code in every run, 0 to 1; where data is held,
    /// a tenth of it.
    pub exception_share: f64,
    pub search: Search,
    pub catalog: Catalog,
    pub catalog_cache: CatalogCache,
    pub database: Database,
}

/// How many copies of a service run, each with all of its figures. Only services that keep nothing between requests have
/// more than one: entries and rows would be apart in the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instances {
    /// Copies that share alike, numbered from 1.
    pub equal: u32,
    /// One more after them, which gets [`Instances::CANARY_WEIGHT`] of the requests and new builds first.
    pub canary: bool,
}

/// What every service has: permits for its own work, and how long that work takes.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Compute {
    pub permits: u32,
    /// Mean of an Erlang-4 distribution.
    pub work: Duration,
}

/// A caller's policy on one edge.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CallPolicy {
    /// Deadline of one attempt, connection wait included.
    pub timeout: Duration,
    /// 1 is no retry.
    pub attempts: u32,
    /// Retries earned per call; none: unbounded.
    pub retry_budget: Option<RetryBudget>,
    /// Connections to the callee; none: unbounded.
    pub pool: Option<ConnectionPool>,
    /// Consecutive refused connections or timeouts that open the breaker; none: no breaker.
    pub breaker: Option<Breaker>,
}

/// A token bucket of retries.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct RetryBudget {
    pub per_call: f64,
    pub burst: f64,
}

/// A bounded set of connections with a first-come-first-served queue.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct ConnectionPool {
    pub size: u32,
    pub acquire: Duration,
}

/// A circuit breaker that counts refused connections and timeouts.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Breaker {
    pub failures: u32,
    pub open_for: Duration,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Search {
    pub instances: Instances,
    pub compute: Compute,
    /// Items asked for at once.
    pub concurrency: u32,
    pub catalog: CallPolicy,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Catalog {
    pub instances: Instances,
    pub compute: Compute,
    pub cache: CallPolicy,
    pub database: CallPolicy,
    /// Share of items read from the database directly, 0 to 1.
    pub uncached_share: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct CatalogCache {
    pub compute: Compute,
    pub database: CallPolicy,
    pub ttl: Duration,
    /// Share of hits that cannot be decoded in every run, 0 to 1.
    pub unreadable_share: f64,
    pub on_unreadable: OnUnreadable,
}

/// What the cache does with an entry it cannot decode.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum OnUnreadable {
    /// Answers so at once; the entry stays until its time to live.
    Answer,
    /// Treats it as a miss and reads through.
    ReadThrough,
}

#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Database {
    pub pool: ConnectionPool,
    /// Mean time a query holds a connection, Erlang-4.
    pub service: Duration,
}

/// Open-loop arrivals.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Load {
    pub rate_per_s: f64,
    /// Products per search.
    pub fan_out: u32,
    /// Amplitude of the sine drift as a share of the rate, 0 to 1.
    pub drift: f64,
    pub drift_period: Duration,
    pub keys: u32,
    /// Exponent of the popularity of keys.
    pub zipf: f64,
}

/// How long each part of a run lasts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Phases {
    /// Cut from the evidence.
    pub warm_up: Duration,
    /// Drawn per seed.
    pub baseline: Range<Duration>,
    /// At most this long after the onset.
    pub incident: Duration,
    /// Kept running after the alert.
    pub after_alert: Duration,
    /// At most this long until idle.
    pub drain: Duration,
}

/// A value drawn per seed, uniformly; `low == high` is a constant.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Range<T> {
    pub low: T,
    pub high: T,
}

/// A lever put on a target for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Injection {
    pub id: String,
    pub lever: Lever,
    pub target: Component,
    /// As which change operators see it come; none: not at all.
    pub change: Option<ChangeKind>,
    /// After the onset; conditions ignore it.
    pub after_onset: Duration,
    /// None: until the end of the run.
    pub lasts: Option<Duration>,
    /// Linear growth to the full ratio or magnitude; zero: at once.
    pub ramp: Duration,
    /// Share of what the lever touches, drawn per seed, 0 to 1; 1 where the lever has no ratio.
    pub ratio: Range<f64>,
    /// In the lever's unit, drawn per seed; 1 where the lever has no magnitude.
    pub magnitude: Range<f64>,
}

/// What can be done to the system. Each touches its target and nothing else.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lever {
    /// A new build of the cache writes entries its readers cannot decode; ratio of the held entries is rewritten.
    PoisonEntries,
    /// A cache loses all that it holds.
    Purge,
    /// A service's own work takes the magnitude times as long.
    Slow,
    /// A bounded resource has the magnitude as its size.
    PoolSize,
    /// For a ratio of the items that a caller handles, it makes the magnitude of further calls, one after the other.
    ExtraCalls,
    /// A call is tried the magnitude of times at most.
    Attempts,
    /// Each call earns the magnitude of retries.
    RetryBudget,
    /// An attempt of a call may take the magnitude in seconds.
    Timeout,
    /// Users ask the magnitude times as often.
    Surge,
    /// A share of the requests ends in an exception of the code.
    Exception,
    /// A build takes over and changes nothing else.
    Deploy,
    /// A configuration takes over and changes nothing else.
    Configure,
}

/// The rule that fires the alert.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AlertRule {
    pub sli: Sli,
    /// The statistic of a latency, 0 to 1.
    pub quantile: f64,
    pub window: Duration,
    /// Seconds for latency, a share for degraded.
    pub above: f64,
    /// How long the breach must last.
    pub for_: Duration,
}

/// What the alert watches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sli {
    Latency,
    Degraded,
}

/// The right answer, as far as it is typed by hand; [`Truth::bottleneck`] may be derived from the ledger.
#[derive(Clone, Debug, PartialEq)]
pub struct Truth {
    /// Empty: no incident. `change:<event>` is the change that the event makes, and a version of a service that an event
    /// deploys to is the build that it deploys: ids and numbers are those of the run, see
    /// [`TruthRecord::resolve`](crate::truth::TruthRecord::resolve).
    pub roots: Vec<RootSet>,
    pub trigger: Option<Component>,
    pub sustaining: Option<Component>,
    pub edges: Vec<TruthEdge>,
    pub bottleneck: TruthBottleneck,
    pub symptom: Component,
    pub decoys: Vec<Component>,
    pub collateral: Vec<Component>,
    pub clears_within: Option<Duration>,
}

/// One root, by any of the names that are equally right.
#[derive(Clone, Debug, PartialEq)]
pub struct RootSet {
    pub any_of: Vec<Component>,
    pub kind: Kind,
}

/// One step of the damage, in failure direction.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TruthEdge {
    pub from: Component,
    pub to: Component,
    pub effect: Effect,
}

/// Where the time goes.
#[derive(Clone, Debug, PartialEq)]
pub enum TruthBottleneck {
    /// From the ledger.
    Derived,
    /// The symptom is not about time.
    None,
    At {
        component: Component,
        mode: Mode,
    },
}

/// What must be seen for a run to count.
#[derive(Clone, Debug, PartialEq)]
pub struct Expect {
    pub moves: Vec<Movement>,
    pub flat: Vec<Movement>,
    /// Names of naive methods.
    pub naive_must_fail: Vec<String>,
}

/// A measured quantity, incident against baseline.
#[derive(Clone, Debug, PartialEq)]
pub struct Movement {
    /// Metric name.
    pub metric: String,
    pub component: Component,
    /// Only points with these attributes.
    pub attributes: BTreeMap<String, String>,
    pub statistic: Statistic,
    /// For `moves`: at least this factor; for `flat`: at most this factor either way.
    pub factor: f64,
}

/// How a metric becomes one number per window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statistic {
    /// Increase per second.
    Rate,
    /// Mean of a histogram.
    Mean,
    /// 99th percentile of a histogram.
    P99,
    /// Mean of a gauge.
    Level,
}
