//! Calls to another service under a policy: connections, deadline, retries with a budget, circuit breaker.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use contract::{event, http as headers, metric};
use http::{HeaderValue, Request, Response, StatusCode, Uri};
use scenarios::ledger::Phase;
use scenarios::model::CallPolicy;
use telemetry::RequestContext;
use telemetry::client::Attempt;

use crate::cut::Severed;
use crate::instance::Instance;
use crate::peers::Peers;
use crate::pool::{MOST_PERMITS, Pool, Shape};
use crate::role::Role;
use crate::turned::Turned;

/// One edge: a caller's connections and policy towards one callee; clones share it.
#[derive(Clone, Debug)]
pub(crate) struct Edge(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    instance: Arc<Instance>,
    callee: Role,
    peers: Peers,
    station: String,
    /// As it began.
    policy: CallPolicy,
    turned: Turned,
    connections: Option<Pool>,
    severed: Severed,
    guard: Mutex<Guard>,
}

/// What is remembered from call to call.
#[derive(Debug)]
struct Guard {
    retry_tokens: f64,
    /// Refused or timed out, in a row.
    broken_row: u32,
    open_until: Duration,
}

/// Why a call has no usable answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum CallError {
    /// No answer, with a low-cardinality reason.
    #[error("get an answer: {0}")]
    NoAnswer(&'static str),
    #[error("use the answer: status {0}")]
    Status(StatusCode),
}

impl Edge {
    /// `peers` are the callee's instances.
    pub(crate) fn new(instance: &Arc<Instance>, callee: Role, peers: &Peers, policy: CallPolicy) -> Self {
        let connections = policy.pool.map(|pool| {
            let shape = Shape {
                // Both bounded edges lead to the database; the conventions name a pool after what it connects to.
                name: "db",
                family: &metric::CONNECTIONS,
                size: pool.size,
                patience: Some(pool.acquire),
                serves: false,
                most: MOST_PERMITS,
            };
            Pool::new(instance, shape)
        });
        let tokens = policy.retry_budget.map_or(0.0, |budget| budget.burst);
        Self(Arc::new(Inner {
            instance: Arc::clone(instance),
            callee,
            peers: peers.clone(),
            station: format!("edge:{}->{}", instance.role().as_str(), callee.as_str()),
            policy,
            turned: Turned::default(),
            connections,
            severed: Severed::default(),
            guard: Mutex::new(Guard { retry_tokens: tokens, broken_row: 0, open_until: Duration::ZERO }),
        }))
    }

    /// Its connections, where they are bounded.
    pub(crate) fn connections(&self) -> Option<Pool> {
        self.0.connections.clone()
    }

    /// Whom it leads to.
    pub(crate) fn callee(&self) -> Role {
        self.0.callee
    }

    /// What it is cut by.
    pub(crate) fn severed(&self) -> &Severed {
        &self.0.severed
    }

    /// What of it is turned.
    pub(crate) fn turned(&self) -> &Turned {
        &self.0.turned
    }

    /// Its policy as it is in force.
    fn policy(&self) -> CallPolicy {
        self.0.turned.policy(self.0.policy)
    }

    /// The calls that are made for an item beside the one that it needs: none, unless that is turned. `step` names the
    /// item within the caller's request; related products are those whose ids come before its own.
    ///
    /// # Errors
    /// The first call that fails: what depends on it cannot be answered.
    pub(crate) async fn further(
        &self,
        context: &RequestContext,
        step: &str,
        (path, id): (&str, u32),
    ) -> Result<(), CallError> {
        let Some(further) = self.0.turned.get().further else { return Ok(()) };
        let item = format!("{}.{step}", context.id);
        if !self.0.instance.world().draws.chance("further", &item, further.share) {
            return Ok(());
        }
        for n in 1..=further.calls {
            self.get(context, &format!("{step}x{n}"), &format!("{path}{}", id.saturating_sub(n))).await?;
        }
        Ok(())
    }

    /// GET with retries. `step` names this call within the caller's request; path must be a plain path.
    pub(crate) async fn get(
        &self,
        context: &RequestContext,
        step: &str,
        path: &str,
    ) -> Result<Response<Bytes>, CallError> {
        self.earn_retries();
        let mut attempt = 0;
        loop {
            if self.is_open() {
                return Err(CallError::NoAnswer("circuit_open"));
            }
            let id = if attempt == 0 {
                format!("{}.{step}", context.id)
            } else {
                format!("{}.{step}-{attempt}", context.id)
            };
            // Apart, so that what holds a call stays small: it is moved about before it runs.
            let outcome = Box::pin(self.attempt(context, &id, path, attempt)).await;
            self.remember(&outcome);
            let error = match outcome {
                Ok(response) if response.status().is_success() => return Ok(response),
                Ok(response) if !response.status().is_server_error() => {
                    return Err(CallError::Status(response.status()));
                }
                Ok(response) => CallError::Status(response.status()),
                Err(reason) => CallError::NoAnswer(reason),
            };
            attempt += 1;
            if attempt >= self.policy().attempts || !self.spend_retry() {
                return Err(error);
            }
        }
    }

    async fn attempt(
        &self,
        context: &RequestContext,
        id: &str,
        path: &str,
        resend: u32,
    ) -> Result<Response<Bytes>, &'static str> {
        let inner = &self.0;
        let clock = &inner.instance.world().clock;
        let draws = &inner.instance.world().draws;
        let base =
            inner.peers.pick(draws, inner.callee.as_str(), id, inner.turned.get().drained).ok_or("no_instance")?;
        let uri: Uri = format!("{base}{path}").parse().map_err(|_invalid| "invalid_address")?;
        let call = Attempt::begin(&context.telemetry, clock, "GET", inner.callee.as_str(), &uri, resend);
        let work = async {
            let outcome = self.exchange(context, id, uri, &call).await;
            let reason = match &outcome {
                Ok(response) if response.status().is_server_error() => Some(response.status().to_string()),
                Ok(_) => None,
                Err(reason) => Some((*reason).to_owned()),
            };
            if let Some(reason) = reason {
                tracing::warn!(
                    name: event::CLIENT_EXCEPTION,
                    { "exception.type" = "CallError", "exception.message" = reason },
                    "call to {} failed",
                    inner.callee.as_str()
                );
            }
            outcome
        };
        let outcome = call.span().run(work).await;
        call.finish(outcome.as_ref().map(|response| response.status().as_u16()).map_err(|reason| *reason));
        outcome
    }

    /// Sends one attempt, over the edge as it is or as it is cut.
    async fn exchange(
        &self,
        context: &RequestContext,
        id: &str,
        uri: Uri,
        call: &Attempt,
    ) -> Result<Response<Bytes>, &'static str> {
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri;
        let plain = |value: &str| HeaderValue::from_str(value).map_err(|_invalid| "invalid_header");
        request.headers_mut().insert(headers::REQUEST_ID, plain(id)?);
        request.headers_mut().insert(headers::TENANT_CLASS, plain(&context.tenant)?);
        call.inject(request.headers_mut());
        match self.0.severed.get() {
            None => self.send(&context.id, id, request).await,
            Some(cut) => cut.exchange(self, self.0.instance.world(), (&context.id, id), request).await,
        }
    }

    /// Waits for a connection and then for the answer, both within one deadline. `caller` is the caller's own request.
    pub(crate) async fn send(
        &self,
        caller: &str,
        id: &str,
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, &'static str> {
        let inner = &self.0;
        let world = inner.instance.world();
        let timeout = self.policy().timeout;
        let deadline = world.clock.now() + timeout;
        let connection = match &inner.connections {
            Some(pool) => {
                let permit = pool.acquire_for(caller, id, Some(timeout)).await;
                Some(permit.map_err(|error| error.as_str())?)
            }
            None => None,
        };
        let from_ns = world.clock.wall_ns();
        let left = deadline.saturating_sub(world.clock.now());
        let answer = world.network.send(&world.clock, request, left).await;
        inner.instance.ledger().note(id, &inner.station, Phase::Call, from_ns, world.clock.wall_ns());
        drop(connection);
        answer.map_err(world::SendError::as_str)
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, Guard> {
        self.0.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn earn_retries(&self) {
        if let Some(budget) = self.policy().retry_budget {
            let mut guard = self.guard();
            guard.retry_tokens = (guard.retry_tokens + budget.per_call).min(budget.burst);
        }
    }

    fn spend_retry(&self) -> bool {
        if self.policy().retry_budget.is_none() {
            return true;
        }
        let mut guard = self.guard();
        let enough = guard.retry_tokens >= 1.0;
        if enough {
            guard.retry_tokens -= 1.0;
        }
        enough
    }

    fn is_open(&self) -> bool {
        self.0.policy.breaker.is_some() && self.guard().open_until > self.0.instance.world().clock.now()
    }

    /// The breaker counts refused connections and time-outs; an answer, whatever it says, closes it.
    fn remember(&self, outcome: &Result<Response<Bytes>, &'static str>) {
        let Some(breaker) = self.0.policy.breaker else { return };
        let mut guard = self.guard();
        if outcome.is_ok() {
            guard.broken_row = 0;
            return;
        }
        guard.broken_row += 1;
        if guard.broken_row >= breaker.failures {
            guard.broken_row = 0;
            guard.open_until = self.0.instance.world().clock.now() + breaker.open_for;
        }
    }
}
