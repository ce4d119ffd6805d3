//! The client side of a hop: one client span an attempt, context into headers, metrics.

use std::sync::Arc;
use std::time::Duration;

use contract::span as attribute;
use http::{HeaderMap, Uri};
use opentelemetry::KeyValue;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;
use world::Clock;

use crate::bootstrap::Telemetry;
use crate::open_span::OpenSpan;
use crate::propagation;

/// One attempt of a call; ends its span and its measurement when dropped.
#[derive(Debug)]
pub struct Attempt {
    telemetry: Arc<Telemetry>,
    clock: Clock,
    span: OpenSpan,
    started: Duration,
    peer: String,
    method: &'static str,
    address: (String, i64),
    outcome: Option<Result<u16, &'static str>>,
}

impl Attempt {
    /// Starts the span, in the current one. `resend` counts earlier attempts of the same call.
    pub fn begin(
        telemetry: &Arc<Telemetry>,
        clock: &Clock,
        method: &'static str,
        peer: &str,
        uri: &Uri,
        resend: u32,
    ) -> Self {
        let address = uri.host().unwrap_or_default().to_owned();
        let port = i64::from(uri.port_u16().unwrap_or(80));
        let span = tracing::info_span!(
            "http.client",
            otel.name = method,
            otel.kind = "client",
            "http.request.method" = method,
            "url.full" = %uri,
            "server.address" = address,
            "server.port" = port,
            "service.peer.name" = peer,
        );
        if resend > 0 {
            span.set_attribute(attribute::HTTP_RESEND_COUNT, i64::from(resend));
        }
        Self {
            telemetry: Arc::clone(telemetry),
            clock: clock.clone(),
            span: OpenSpan::begin(span),
            started: clock.now(),
            peer: peer.to_owned(),
            method,
            address: (address, port),
            outcome: None,
        }
    }

    /// The attempt's span: run the work inside it.
    pub fn span(&self) -> &OpenSpan {
        &self.span
    }

    /// Writes the context of this attempt into the headers of its request.
    pub fn inject(&self, headers: &mut HeaderMap) {
        propagation::inject(self.span.context(), headers);
    }

    /// Ends the attempt with a status code, or with the low-cardinality reason why there is none.
    pub fn finish(mut self, outcome: Result<u16, &'static str>) {
        self.outcome = Some(outcome);
    }
}

impl Drop for Attempt {
    fn drop(&mut self) {
        let _entered = self.span.enter();
        let mut attributes = vec![
            KeyValue::new(attribute::HTTP_REQUEST_METHOD, self.method),
            KeyValue::new(attribute::SERVER_ADDRESS, self.address.0.clone()),
            KeyValue::new(attribute::SERVER_PORT, self.address.1),
            KeyValue::new(attribute::PEER_SERVICE, self.peer.clone()),
        ];
        let error = match self.outcome.unwrap_or(Err("cancelled")) {
            Ok(status) => {
                self.span.mark(attribute::HTTP_STATUS, i64::from(status));
                attributes.push(KeyValue::new(attribute::HTTP_STATUS, i64::from(status)));
                // A client takes a 4xx for an error too.
                (status >= 400).then(|| status.to_string())
            }
            Err(reason) => Some(reason.to_owned()),
        };
        if let Some(error) = error {
            self.span.fail();
            self.span.mark(attribute::ERROR_TYPE, error.clone());
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, error));
        }
        let elapsed = self.clock.now().saturating_sub(self.started);
        self.telemetry.http.client_duration.record(elapsed.as_secs_f64(), &attributes);
    }
}
