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

use crate::catalog_cache::CatalogCache;
use crate::instance::Instance;

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
}

/// The body of `PUT /faults/{id}`; the id is also the id of the change that telemetry shows.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Order {
    pub lever: Lever,
    /// The service it is meant for; another one refuses.
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
    cache: Option<Arc<CatalogCache>>,
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
    pub(crate) fn new(instance: &Arc<Instance>, cache: Option<Arc<CatalogCache>>, token: &str) -> Self {
        let (instance, token) = (Arc::clone(instance), token.to_owned());
        Self(Arc::new(Inner { instance, cache, token, active: Mutex::default() }))
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
        let inner = &self.0;
        match (order.lever, &inner.cache) {
            (Lever::PoisonEntries, None) => return Err(Refusal::WrongTarget),
            (Lever::PoisonEntries, Some(cache)) => {
                inner.instance.deploy(id).map_err(|_start| Refusal::Failed)?;
                if order.ramp_ms == 0 {
                    cache.write_positional(order.ratio);
                } else {
                    world::task::spawn_apart(self.clone().climb(id.to_owned(), order.clone()));
                }
            }
            (Lever::Deploy, _) => inner.instance.deploy(id).map_err(|_start| Refusal::Failed)?,
            (Lever::Configure, _) => inner.instance.configure(id),
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
            if let Some(cache) = &self.0.cache {
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
        match (active.order.lever, &self.0.cache) {
            (Lever::PoisonEntries, Some(cache)) => cache.write_named(),
            // Builds and configurations are not taken back: that would be another change.
            (Lever::PoisonEntries, None) | (Lever::Deploy | Lever::Configure, _) => {}
        }
        true
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
    if order.target != control.0.instance.role().as_str() {
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
