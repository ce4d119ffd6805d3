//! Requests between services: over sockets, or to routers in the same process with a modelled latency.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::BodyExt as _;
use tower::ServiceExt as _;

use crate::clock::Clock;
use crate::draws::Draws;
use crate::task::spawn_apart;

/// The largest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 1 << 20;

/// Median one-way time of a small request between two processes on loopback, as the live lab shows it between a
/// client span and its server span.
const ONE_WAY: Duration = Duration::from_micros(180);

/// Why the HTTP client could not be built.
pub type ClientError = reqwest::Error;

/// The network of a world.
#[derive(Clone)]
pub enum Network {
    /// Sockets.
    Http(reqwest::Client),
    /// Routers of the same process.
    InProcess(InProcess),
}

/// Why no answer came.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, thiserror::Error)]
pub enum SendError {
    #[error("connect: refused")]
    Refused,
    #[error("read the answer: connection reset")]
    Reset,
    #[error("answer within the deadline")]
    TimedOut,
}

impl SendError {
    /// A low-cardinality `error.type`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "connection_refused",
            Self::Reset => "connection_reset",
            Self::TimedOut => "timeout",
        }
    }
}

impl Network {
    /// Sockets without proxies, redirects or idle connections that outlive a run.
    ///
    /// # Errors
    /// If the client cannot be built.
    pub fn http() -> Result<Self, ClientError> {
        let client = reqwest::Client::builder()
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .tcp_nodelay(true)
            .pool_max_idle_per_host(1_024)
            .build()?;
        Ok(Self::Http(client))
    }

    /// Sends a request and reads the whole answer, for at most `limit`.
    ///
    /// # Errors
    /// [`SendError`] if no complete answer came.
    pub async fn send(
        &self,
        clock: &Clock,
        request: Request<Bytes>,
        limit: Duration,
    ) -> Result<Response<Bytes>, SendError> {
        let answer = async {
            match self {
                Self::Http(client) => over_sockets(client, request).await,
                Self::InProcess(hosts) => hosts.send(clock, request).await,
            }
        };
        clock.timeout(limit, answer).await.unwrap_or(Err(SendError::TimedOut))
    }
}

impl fmt::Debug for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http(_) => "Network::Http",
            Self::InProcess(_) => "Network::InProcess",
        })
    }
}

impl fmt::Debug for InProcess {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("InProcess")
    }
}

async fn over_sockets(client: &reqwest::Client, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
    let broken = |error: &reqwest::Error| if error.is_connect() { SendError::Refused } else { SendError::Reset };
    let request = reqwest::Request::try_from(request).map_err(|_invalid| SendError::Refused)?;
    let mut answer = client.execute(request).await.map_err(|error| broken(&error))?;
    let (status, headers) = (answer.status(), std::mem::take(answer.headers_mut()));
    let mut body = Vec::new();
    while let Some(chunk) = answer.chunk().await.map_err(|error| broken(&error))? {
        if body.len() + chunk.len() > MAX_ANSWER_BYTES {
            return Err(SendError::Reset);
        }
        body.extend_from_slice(&chunk);
    }
    let mut response = Response::new(Bytes::from(body));
    *response.status_mut() = status;
    *response.headers_mut() = headers;
    Ok(response)
}

/// Hosts by authority (`catalog:80`), each a router.
#[derive(Clone, Default)]
pub struct InProcess {
    draws: Option<Draws>,
    hosts: Arc<RwLock<BTreeMap<String, Router>>>,
}

impl InProcess {
    /// No hosts yet; latencies come from these draws.
    pub fn new(draws: Draws) -> Self {
        Self { draws: Some(draws), hosts: Arc::default() }
    }

    /// Puts a router behind an authority, replacing what was there.
    pub fn listen(&self, authority: &str, router: Router) {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).insert(authority.to_owned(), router);
    }

    /// Forgets a host: connections to it are refused.
    pub fn close(&self, authority: &str) {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).remove(authority);
    }

    /// Forgets all hosts. Whoever listened here and can also reach this network keeps it alive, and itself with it, until
    /// then.
    pub fn close_all(&self) {
        self.hosts.write().unwrap_or_else(PoisonError::into_inner).clear();
    }

    async fn send(&self, clock: &Clock, request: Request<Bytes>) -> Result<Response<Bytes>, SendError> {
        let authority = request.uri().authority().map(ToString::to_string).unwrap_or_default();
        let id = request.headers().get(contract::http::REQUEST_ID).and_then(|id| id.to_str().ok()).unwrap_or_default();
        let (there, back) = (self.latency("there", id), self.latency("back", id));
        clock.pass(there).await;
        let router = self.hosts.read().unwrap_or_else(PoisonError::into_inner).get(&authority).cloned();
        let router = router.ok_or(SendError::Refused)?;
        // A task of its own, as behind a socket: neither the caller's span nor its subscriber crosses.
        let served = spawn_apart(router.oneshot(request.map(Body::from))).await;
        let answer = served.map_err(|_panicked| SendError::Reset)?.unwrap_or_else(|never| match never {});
        clock.pass(back).await;
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map_err(|_broken| SendError::Reset)?.to_bytes();
        Ok(Response::from_parts(parts, body))
    }

    fn latency(&self, way: &str, id: &str) -> Duration {
        self.draws.map_or(ONE_WAY, |draws| ONE_WAY / 2 + draws.exponential(way, id, ONE_WAY / 2))
    }
}
