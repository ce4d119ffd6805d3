//! The OTLP/HTTP receiver: three routes, protobuf and JSON, gzip or none, and a limit on everything that a body can make
//! us hold.

mod body;
mod limits;
mod measure;
mod reading;
mod reply;

use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, Request};
use axum::response::Response;
use axum::routing::post;
use tokio::sync::{Notify, Semaphore};

use crate::batch::{Batch, Signal};
use crate::core::Core;
pub use limits::Limits;
pub use reply::Rejection;

/// How a body is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Encoding {
    Protobuf,
    Json,
}

/// What the three routes share.
#[derive(Clone)]
pub struct Receiver {
    shared: Arc<Shared>,
}

struct Shared {
    core: Arc<Core>,
    limits: Limits,
    permits: Semaphore,
    arrived: Arc<Notify>,
}

impl Receiver {
    pub fn new(core: Arc<Core>, limits: Limits) -> Self {
        let permits = Semaphore::new(limits.max_requests);
        Self { shared: Arc::new(Shared { core, limits, permits, arrived: Arc::new(Notify::new()) }) }
    }

    /// Woken after every accepted batch: whoever drives the core waits for it.
    pub fn arrived(&self) -> Arc<Notify> {
        Arc::clone(&self.shared.arrived)
    }

    pub(crate) fn core(&self) -> &Core {
        &self.shared.core
    }

    /// `POST /v1/traces`, `/v1/metrics` and `/v1/logs`, and nothing else.
    pub fn router(&self) -> Router {
        Router::new()
            .route("/v1/traces", post(|State(shared), request| export(shared, Signal::Traces, request)))
            .route("/v1/metrics", post(|State(shared), request| export(shared, Signal::Metrics, request)))
            .route("/v1/logs", post(|State(shared), request| export(shared, Signal::Logs, request)))
            .with_state(Arc::clone(&self.shared))
    }
}

async fn export(shared: Arc<Shared>, signal: Signal, request: Request<Body>) -> Response {
    // An answer to what could not even be typed is JSON, because a person will read it.
    let encoding = content_type(request.headers());
    let accepted = match &encoding {
        Ok(encoding) => accept(&shared, signal, *encoding, request).await,
        Err(_) => Ok(()),
    };
    match (encoding, accepted) {
        (Ok(encoding), Ok(())) => reply::success(encoding),
        (Ok(encoding), Err(rejection)) => reply::failure(encoding, &rejection, &shared.limits),
        (Err(rejection), _) => reply::failure(Encoding::Json, &rejection, &shared.limits),
    }
}

async fn accept(shared: &Shared, signal: Signal, encoding: Encoding, request: Request<Body>) -> Result<(), Rejection> {
    // Bounds the memory of bodies that are still arriving; a closed semaphore does not exist here.
    let Ok(_permit) = shared.permits.try_acquire() else { return Err(Rejection::Busy) };
    let (parts, body) = request.into_parts();
    let body = body::read(&parts.headers, body, &shared.limits).await?;
    let batch = decode(signal, encoding, &body, &shared.limits)?;
    limits::check(&batch, &shared.limits)?;
    shared.core.push(batch).map_err(Rejection::Refused)?;
    shared.arrived.notify_one();
    Ok(())
}

/// Decodes a body after its decoded size was bounded.
fn decode(signal: Signal, encoding: Encoding, body: &[u8], limits: &Limits) -> Result<Batch, Rejection> {
    let estimate = match encoding {
        Encoding::Protobuf => measure::protobuf(signal, body, limits.max_decoded_bytes)?,
        Encoding::Json => measure::json(body),
    };
    if estimate > limits.max_decoded_bytes {
        return Err(Rejection::DecodedTooLarge { limit: limits.max_decoded_bytes });
    }
    match encoding {
        Encoding::Protobuf => reading::protobuf(signal, body),
        Encoding::Json => reading::json(signal, body),
    }
}

fn content_type(headers: &HeaderMap) -> Result<Encoding, Rejection> {
    let given = headers.get(axum::http::header::CONTENT_TYPE).map_or(&b""[..], |value| value.as_bytes());
    let essence = given.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    if essence.eq_ignore_ascii_case(b"application/x-protobuf") {
        Ok(Encoding::Protobuf)
    } else if essence.eq_ignore_ascii_case(b"application/json") {
        Ok(Encoding::Json)
    } else {
        Err(Rejection::ContentType)
    }
}
