//! The control port: levers put on this instance, each with a time to live, behind a token. Never traced.

use std::collections::BTreeMap;
use std::fmt;
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

use crate::call::Edge;
use crate::cut::Cut;
use crate::instance::Instance;
use crate::pool::Pool;
use crate::reach::Reach;

/// A ramp is climbed in this many steps.
const RAMP_STEPS: u32 = 20;
/// The most levers that may be in force at once.
const MAX_LEVERS: usize = 64;
/// The most permits that a pool can be given: as many as requests may wait for one.
const MAX_SIZE: f64 = 4_096.0;
/// The most that work can be slowed down or sped up, as a factor.
const MAX_PACE: f64 = 1_000.0;
/// The longest that a cut call may take on average, in milliseconds.
const MAX_CUT_MS: f64 = 60_000.0;
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
    /// A pool, named in the target as in `database/pool`, has this many permits.
    PoolSize,
    /// The service's own work takes this many times its figure.
    Pace,
    /// The cache holds nothing; taking the order off brings nothing back.
    Purge,
    /// Of a call, named in the target as in `catalog/database`, this share still fails.
    CutErrors,
    /// A call is answered after this many milliseconds on average, whatever the callee does.
    CutLatency,
    /// This share of calls reaches the callee; the others are answered after this many milliseconds on average.
    CutLoad,
}

/// The body of `PUT /faults/{id}`; the id is also the id of the change that telemetry shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub lever: Lever,
    /// The service it is meant for, with one of its pools or callees where the lever is about such; another one refuses.
    pub target: String,
    /// In the lever's unit.
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
}

#[derive(Clone, Debug)]
struct Active {
    order: Order,
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
        Self(Arc::new(Inner { instance, reach, token, active: Mutex::default() }))
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

    /// The pool that an order is about.
    fn pool(&self, order: &Order) -> Option<&Pool> {
        self.0.reach.pool(order.target.split_once('/')?.1)
    }

    /// The call that an order is about.
    fn edge(&self, order: &Order) -> Option<&Edge> {
        self.0.reach.edge(order.target.split_once('/')?.1)
    }

    fn begin(&self, id: &str, order: &Order) -> Result<(), Refusal> {
        let inner = &self.0;
        match order.lever {
            Lever::PoisonEntries => {
                let cache = inner.reach.cache.as_ref().ok_or(Refusal::WrongTarget)?;
                inner.instance.deploy(id).map_err(|_start| Refusal::Failed)?;
                if order.ramp_ms == 0 {
                    cache.write_positional(order.ratio);
                } else {
                    world::task::spawn_apart(self.clone().climb(id.to_owned(), order.clone()));
                }
            }
            Lever::Deploy => inner.instance.deploy(id).map_err(|_start| Refusal::Failed)?,
            Lever::Configure => inner.instance.configure(id),
            Lever::PoolSize if (0.0..=MAX_SIZE).contains(&order.magnitude) => {
                self.pool(order).ok_or(Refusal::WrongTarget)?.resize(order.magnitude as u32);
            }
            Lever::Pace if order.magnitude > 0.0 && order.magnitude <= MAX_PACE => {
                inner.reach.pace.set(order.magnitude);
            }
            Lever::PoolSize | Lever::Pace => return Err(Refusal::Malformed),
            Lever::CutErrors | Lever::CutLatency | Lever::CutLoad => {
                let cut = cut(order).ok_or(Refusal::Malformed)?;
                self.edge(order).ok_or(Refusal::WrongTarget)?.severed().set(Some(cut));
            }
            Lever::Purge => inner.reach.cache.as_ref().ok_or(Refusal::WrongTarget)?.purge(),
        }
        world::task::spawn_apart(self.clone().expire(id.to_owned()));
        Ok(())
    }

    /// Raises the ratio step by step while the order is in force.
    async fn climb(self, id: String, order: Order) {
        for step in 1..=RAMP_STEPS {
            self.0.instance.world().clock.sleep(Duration::from_millis(order.ramp_ms) / RAMP_STEPS).await;
            if !self.active().contains_key(&id) {
                return;
            }
            if let Some(cache) = &self.0.reach.cache {
                cache.write_positional(order.ratio * f64::from(step) / f64::from(RAMP_STEPS));
            }
        }
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
        match active.order.lever {
            Lever::PoisonEntries => self.0.reach.cache.iter().for_each(|cache| cache.write_named()),
            Lever::PoolSize => self.pool(&active.order).into_iter().for_each(|pool| pool.resize(pool.first_size())),
            Lever::Pace => self.0.reach.pace.set(1.0),
            Lever::CutErrors | Lever::CutLatency | Lever::CutLoad => {
                self.edge(&active.order).into_iter().for_each(|edge| edge.severed().set(None));
            }
            // Builds and configurations are not taken back: that would be another change. What was thrown away is gone.
            Lever::Deploy | Lever::Configure | Lever::Purge => {}
        }
        true
    }
}

/// What an order to cut says; none where it is not about a cut, or out of bounds.
fn cut(order: &Order) -> Option<Cut> {
    let mean = (0.0..=MAX_CUT_MS).contains(&order.magnitude).then(|| Duration::from_secs_f64(order.magnitude / 1e3))?;
    match order.lever {
        Lever::CutErrors => Some(Cut::Errors { share: order.ratio }),
        Lever::CutLatency => Some(Cut::Latency { mean }),
        Lever::CutLoad => Some(Cut::Load { through: order.ratio, mean }),
        Lever::PoisonEntries | Lever::Deploy | Lever::Configure | Lever::PoolSize | Lever::Pace | Lever::Purge => None,
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
    let sane = (0.0..=1.0).contains(&order.ratio) && order.magnitude.is_finite() && order.ttl_ms > 0;
    if !plain || !sane {
        return Refusal::Malformed.into();
    }
    let about_a_part = matches!(order.lever, Lever::PoolSize | Lever::CutErrors | Lever::CutLatency | Lever::CutLoad);
    let service = match order.target.split_once('/') {
        Some((service, _)) if about_a_part => service,
        Some(_) | None => &order.target,
    };
    if service != control.0.instance.role().as_str() {
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
        active.insert(id.clone(), Active { order: order.clone(), expires });
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
