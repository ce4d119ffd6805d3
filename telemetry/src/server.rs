//! The server side of a hop: context from headers, one server span, metrics, and work that outlives its caller.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{MatchedPath, Request, State};
use axum::http::{Method, StatusCode};
use axum::middleware::Next;
use axum::response::{IntoResponse as _, Response};
use contract::{http as headers, span as attribute};
use opentelemetry::KeyValue;
use opentelemetry::context::FutureExt as _;
use tracing::instrument::WithSubscriber as _;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use world::Clock;

use crate::bootstrap::Telemetry;
use crate::open_span::OpenSpan;
use crate::propagation;
use crate::slot::Slot;

/// The longest request id that is believed; a longer or odd one is replaced.
const MAX_REQUEST_ID: usize = 64;

/// State of the server middleware: use it with `axum::middleware::from_fn_with_state(entry, serve)`.
#[derive(Clone, Debug)]
pub struct Entry {
    pub slot: Slot,
    pub clock: Clock,
    /// Off: once started, the work runs to its end, also when its caller has left.
    pub cancel_on_disconnect: bool,
}

/// What a handler knows of the request beside its parameters; found in the request's extensions.
#[derive(Clone, Debug)]
pub struct RequestContext {
    /// Hierarchical, see [`headers::REQUEST_ID`].
    pub id: String,
    pub tenant: String,
    /// The build that serves this request, to its end.
    pub telemetry: Arc<Telemetry>,
}

/// Response extension: a low-cardinality `error.type` that says more than the status code.
#[derive(Clone, Copy, Debug)]
pub struct ErrorType(pub &'static str);

/// The middleware.
pub async fn serve(State(entry): State<Entry>, mut request: Request, next: Next) -> Response {
    let telemetry = entry.slot.current();
    let exchange = Exchange::begin(&telemetry, &entry.clock, &request);
    let context = exchange.span.context().clone();
    let known = RequestContext {
        id: plain_header(&request, headers::REQUEST_ID).unwrap_or_else(|| "0".to_owned()),
        tenant: plain_header(&request, headers::TENANT_CLASS).unwrap_or_else(|| "none".to_owned()),
        telemetry: Arc::clone(&telemetry),
    };
    request.extensions_mut().insert(known);
    let work = async move {
        let mut exchange = exchange;
        let response = next.run(request).await;
        exchange.outcome = Some((response.status(), response.extensions().get::<ErrorType>().copied()));
        response
    };
    let work = work.with_context(context).with_subscriber(telemetry.dispatch().clone());
    if entry.cancel_on_disconnect {
        return work.await;
    }
    world::task::spawn_apart(work).await.unwrap_or_else(|_panicked| StatusCode::INTERNAL_SERVER_ERROR.into_response())
}

fn plain_header(request: &Request, name: &str) -> Option<String> {
    let value = request.headers().get(name)?.to_str().ok()?;
    (value.len() <= MAX_REQUEST_ID && contract::context::is_plain(value)).then(|| value.to_owned())
}

/// One request at its server: ends its span and its measurements when dropped, however that happens.
struct Exchange {
    telemetry: Arc<Telemetry>,
    clock: Clock,
    span: OpenSpan,
    started: Duration,
    method: &'static str,
    route: String,
    outcome: Option<(StatusCode, Option<ErrorType>)>,
}

impl Exchange {
    fn begin(telemetry: &Arc<Telemetry>, clock: &Clock, request: &Request) -> Self {
        let (parent, dropped) = propagation::extract(request.headers(), &telemetry.known);
        let method = known_method(request.method());
        let route = request.extensions().get::<MatchedPath>().map_or("/", |path| path.as_str()).to_owned();
        let span = tracing::dispatcher::with_default(telemetry.dispatch(), || {
            let span = tracing::info_span!(
                "http.server",
                otel.name = format!("{method} {route}"),
                otel.kind = "server",
                "http.request.method" = method,
                "http.route" = route,
                "url.path" = request.uri().path(),
                "url.scheme" = "http",
            );
            // It fails only for a span that has begun, and this one has not.
            drop(span.set_parent(parent));
            // Begun now, because the first poll comes later.
            OpenSpan::begin(span)
        });
        if dropped > 0 {
            telemetry.http.baggage_dropped.add(dropped, &[]);
        }
        telemetry.http.server_active.add(1, &server_attributes(method));
        let (telemetry, clock) = (Arc::clone(telemetry), clock.clone());
        let started = clock.now();
        Self { telemetry, clock, span, started, method, route, outcome: None }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        self.telemetry.http.server_active.add(-1, &server_attributes(self.method));
        let mut attributes = server_attributes(self.method).to_vec();
        attributes.push(KeyValue::new(attribute::HTTP_ROUTE, self.route.clone()));
        let error = match self.outcome {
            Some((status, error)) => {
                self.span.mark(attribute::HTTP_STATUS, i64::from(status.as_u16()));
                attributes.push(KeyValue::new(attribute::HTTP_STATUS, i64::from(status.as_u16())));
                status.is_server_error().then(|| error.map_or(status.as_str().to_owned(), |error| error.0.to_owned()))
            }
            None => Some("cancelled".to_owned()),
        };
        if let Some(error) = error {
            self.span.fail();
            self.span.mark(attribute::ERROR_TYPE, error.clone());
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, error));
        }
        let elapsed = self.clock.now().saturating_sub(self.started);
        self.telemetry.http.server_duration.record(elapsed.as_secs_f64(), &attributes);
    }
}

/// The conventions' name of a method: one for all that nobody knows, because a caller could invent any number of them.
fn known_method(method: &Method) -> &'static str {
    const KNOWN: [&str; 9] = ["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH", "TRACE", "CONNECT"];
    KNOWN.into_iter().find(|known| *known == method.as_str()).unwrap_or("_OTHER")
}

fn server_attributes(method: &'static str) -> [KeyValue; 2] {
    [KeyValue::new(attribute::HTTP_REQUEST_METHOD, method), KeyValue::new(attribute::URL_SCHEME, "http")]
}
