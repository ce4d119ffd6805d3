//! The control port: levers put on this instance, each with a time to live, behind a token. Never traced.

mod effects;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::{Path, Request, State};
use axum::http::{StatusCode, header};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, put};
use axum::{Json, Router};
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq as _;

use crate::instance::Instance;
use crate::reach::Reach;

/// A ramp is climbed in this many steps.
const RAMP_STEPS: u32 = 20;
/// The most levers that may be in force at once.
const MAX_LEVERS: usize = 64;
/// The longest id of a lever.
const MAX_ID: usize = 64;

/// What can be done to one instance.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Lever {
    /// The next build takes over, and writes entries that readers cannot decode.
    PoisonEntries,
    /// The next build takes over.
    Deploy,
    /// The next configuration is in force.
    Configure,
    /// The cache holds nothing; taking the order off brings nothing back.
    Purge,
    /// The service's own work takes this many times its figure; orders at once multiply.
    Slow,
    /// A pool, named in the target as in `database/pool`, has this many permits.
    PoolSize,
    /// This share of the requests ends in an exception.
    Exception,
    /// A call, named in the target as in `catalog/database`, is made this many times more, one after the other, for this
    /// share of the items.
    ExtraCalls,
    /// A call is tried so often at most.
    Attempts,
    /// A call earns this many retries.
    RetryBudget,
    /// An attempt of a call may take this many seconds.
    Timeout,
    /// The instance of the callee that has this number gets no calls, as long as there is another one.
    Drain,
    /// Of a call, named in the target as in `catalog/database`, this share still fails.
    CutErrors,
    /// A call is answered after this many milliseconds on average, whatever the callee does.
    CutLatency,
    /// This share of calls reaches the callee; the others are answered after this many milliseconds on average.
    CutLoad,
}

/// What telemetry shows of an order as it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Change {
    /// The next build takes over.
    Deploy,
    /// The next configuration is in force.
    Config,
}

/// The body of `PUT /faults/{id}`; the id is also the id of the change that telemetry shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub lever: Lever,
    /// The service it is meant for, with one of its pools or callees where the lever is about such; another one refuses.
    pub target: String,
    /// The instance it is meant for, from 1; another one refuses. None: whichever it reaches.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub instance: Option<u32>,
    /// None: nobody is told, unless the lever itself is a change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub change: Option<Change>,
    /// What the build or configuration is called that takes over; none: the next one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// In the lever's unit. Of several orders on one thing the last one counts.
    #[serde(default)]
    pub magnitude: f64,
    /// Share of what the lever touches, 0 to 1.
    #[serde(default = "whole")]
    pub ratio: f64,
    #[serde(default)]
    pub ramp_ms: u64,
    /// Undone this long after the last order of this id.
    pub ttl_ms: u64,
}

fn whole() -> f64 {
    1.0
}

/// The levers of one instance.
#[derive(Clone)]
pub(crate) struct Control(Arc<Inner>);

struct Inner {
    instance: Arc<Instance>,
    reach: Reach,
    token: String,
    active: Mutex<BTreeMap<String, Active>>,
    begun: AtomicU64,
}

#[derive(Clone, Debug)]
struct Active {
    order: Order,
    /// How many orders began before it.
    begun: u64,
    /// How much of its ramp is climbed, 0 to 1.
    grown: f64,
    /// On the world's clock.
    expires: Duration,
}

impl fmt::Debug for Control {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Control").finish_non_exhaustive()
    }
}

impl Control {
    pub(crate) fn new(instance: &Arc<Instance>, reach: Reach, token: &str) -> Self {
        let (instance, token) = (Arc::clone(instance), token.to_owned());
        Self(Arc::new(Inner { instance, reach, token, active: Mutex::default(), begun: AtomicU64::new(0) }))
    }

    pub(crate) fn routes(&self) -> Router {
        Router::new()
            .route("/faults", get(list))
            .route("/faults/{id}", put(set).delete(unset))
            .layer(axum::extract::DefaultBodyLimit::max(4_096))
            .layer(from_fn_with_state(self.clone(), authorise))
            .with_state(self.clone())
    }

    fn active(&self) -> MutexGuard<'_, BTreeMap<String, Active>> {
        self.0.active.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: &str, order: &Order) -> Result<(), Refusal> {
        self.check(order)?;
        let (instance, version) = (&self.0.instance, order.version.as_deref());
        match order.lever.change().or(order.change) {
            Some(Change::Deploy) => instance.deploy(id, version).map_err(|_start| Refusal::Failed)?,
            Some(Change::Config) => instance.configure(id, version),
            None => {}
        }
        if let (Lever::Purge, Some(cache)) = (order.lever, &self.0.reach.cache) {
            cache.purge();
        }
        if order.ramp_ms == 0 {
            self.grow(id, 1.0);
        } else {
            world::task::spawn_apart(self.clone().climb(id.to_owned(), order.clone()));
        }
        world::task::spawn_apart(self.clone().expire(id.to_owned()));
        Ok(())
    }

    /// Climbs the ramp step by step while the order is in force.
    async fn climb(self, id: String, order: Order) {
        for step in 1..=RAMP_STEPS {
            self.0.instance.world().clock.sleep(Duration::from_millis(order.ramp_ms) / RAMP_STEPS).await;
            if !self.grow(&id, f64::from(step) / f64::from(RAMP_STEPS)) {
                return;
            }
        }
    }

    /// So much of an order is in force from now on; false where it is no more.
    fn grow(&self, id: &str, grown: f64) -> bool {
        let order = self.active().get_mut(id).map(|active| {
            active.grown = grown;
            active.order.clone()
        });
        if let Some(order) = &order {
            self.settle(order);
        }
        order.is_some()
    }

    /// Undoes the order when its time to live ends without another order.
    async fn expire(self, id: String) {
        let clock = &self.0.instance.world().clock;
        loop {
            let Some(expires) = self.active().get(&id).map(|active| active.expires) else { return };
            if expires <= clock.now() {
                break;
            }
            clock.sleep_until(expires).await;
        }
        self.undo(&id);
    }

    fn undo(&self, id: &str) -> bool {
        let Some(active) = self.active().remove(id) else { return false };
        // Builds and configurations are not taken back: that would be another change.
        self.settle(&active.order);
        true
    }
}

impl Lever {
    /// The change that it is by itself.
    fn change(self) -> Option<Change> {
        match self {
            Self::PoisonEntries | Self::Deploy => Some(Change::Deploy),
            Self::Configure => Some(Change::Config),
            Self::Purge
            | Self::Slow
            | Self::Exception
            | Self::PoolSize
            | Self::ExtraCalls
            | Self::Attempts
            | Self::RetryBudget
            | Self::Timeout
            | Self::Drain
            | Self::CutErrors
            | Self::CutLatency
            | Self::CutLoad => None,
        }
    }

    /// Whether its target names a pool or a callee of the service.
    fn is_about_a_part(self) -> bool {
        !matches!(
            self,
            Self::PoisonEntries | Self::Purge | Self::Slow | Self::Exception | Self::Deploy | Self::Configure
        )
    }
}

/// Why an order was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
enum Refusal {
    #[error("authorise: the bearer token is missing or wrong")]
    Unauthorised,
    #[error("read the order: ratio must be within 0 and 1, magnitude finite, ttl_ms above 0, and the id plain")]
    Malformed,
    #[error("apply the order here: this service has no such lever, or the order is meant for another one")]
    WrongTarget,
    #[error("keep more levers in force")]
    TooMany,
    #[error("start the next build")]
    Failed,
}

impl From<Refusal> for Response {
    fn from(refusal: Refusal) -> Self {
        let status = match refusal {
            Refusal::Unauthorised => StatusCode::UNAUTHORIZED,
            Refusal::Malformed => StatusCode::BAD_REQUEST,
            Refusal::WrongTarget => StatusCode::UNPROCESSABLE_ENTITY,
            Refusal::TooMany => StatusCode::TOO_MANY_REQUESTS,
            Refusal::Failed => StatusCode::INTERNAL_SERVER_ERROR,
        };
        (status, format!("cannot {refusal}")).into_response()
    }
}

async fn authorise(State(control): State<Control>, request: Request, next: Next) -> Response {
    let given = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
    let token = given.and_then(|value| value.strip_prefix("Bearer ")).unwrap_or_default();
    if bool::from(token.as_bytes().ct_eq(control.0.token.as_bytes())) {
        next.run(request).await
    } else {
        Refusal::Unauthorised.into()
    }
}

async fn list(State(control): State<Control>) -> Json<BTreeMap<String, Order>> {
    Json(control.active().iter().map(|(id, active)| (id.clone(), active.order.clone())).collect())
}

async fn set(State(control): State<Control>, Path(id): Path<String>, Json(order): Json<Order>) -> Response {
    let plain = contract::context::is_plain(&id) && id.len() <= MAX_ID;
    let named = order.version.as_deref().is_none_or(contract::context::is_plain);
    let sane = (0.0..=1.0).contains(&order.ratio) && order.magnitude.is_finite() && order.ttl_ms > 0 && named;
    if !plain || !sane {
        return Refusal::Malformed.into();
    }
    let service = match order.target.split_once('/') {
        Some((service, _)) if order.lever.is_about_a_part() => service,
        Some(_) | None => &order.target,
    };
    let instance = &control.0.instance;
    if service != instance.role().as_str() || order.instance.is_some_and(|meant| meant != instance.ordinal()) {
        return Refusal::WrongTarget.into();
    }
    let expires = control.0.instance.world().clock.now() + Duration::from_millis(order.ttl_ms);
    {
        let mut active = control.active();
        if let Some(known) = active.get_mut(&id) {
            known.expires = expires;
            return StatusCode::NO_CONTENT.into_response();
        }
        if active.len() >= MAX_LEVERS {
            return Refusal::TooMany.into();
        }
        let begun = control.0.begun.fetch_add(1, Ordering::Relaxed);
        active.insert(id.clone(), Active { order: order.clone(), begun, grown: 0.0, expires });
    }
    match control.begin(&id, &order) {
        Ok(()) => StatusCode::CREATED.into_response(),
        Err(refusal) => {
            control.active().remove(&id);
            refusal.into()
        }
    }
}

async fn unset(State(control): State<Control>, Path(id): Path<String>) -> StatusCode {
    if control.undo(&id) { StatusCode::NO_CONTENT } else { StatusCode::NOT_FOUND }
}
