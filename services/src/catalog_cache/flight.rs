//! One flight a key: whoever asks for a key that is being read waits for that reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use contract::span as attribute;
use opentelemetry::trace::{SpanContext, TraceContextExt as _};
use scenarios::ledger::{Entry, Phase};
use telemetry::RequestContext;
use tokio::sync::watch;
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

use crate::call::CallError;
use crate::instance::Instance;

/// What a reading brought.
type Landing = Result<Bytes, CallError>;

/// The readings under way.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<BTreeMap<u32, Flight>>);

#[derive(Clone, Debug)]
struct Flight {
    /// The request that reads.
    leader: String,
    span: SpanContext,
    landed: watch::Receiver<Option<Landing>>,
}

impl Flights {
    /// Waits for the reading of a key that is under way, or does it.
    pub(super) async fn join(
        &self,
        instance: &Arc<Instance>,
        context: &RequestContext,
        key: u32,
        read: impl Future<Output = Landing>,
    ) -> Landing {
        let (landing, landed) = watch::channel(None);
        let span = Span::current().context().span().span_context().clone();
        let mine = Flight { leader: context.id.clone(), span, landed };
        let under_way = {
            let mut flights = self.lock();
            let known = flights.get(&key).cloned();
            if known.is_none() {
                flights.insert(key, mine);
            }
            known
        };
        if let Some(flight) = under_way {
            return wait(instance, context, flight).await;
        }
        let _ends = Ends { flights: self, key };
        let outcome = read.await;
        // Nobody may be waiting, and then nobody needs to hear it.
        landing.send_replace(Some(outcome.clone()));
        outcome
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Ends a flight, also when the reading request is dropped: those who wait then fail at once.
struct Ends<'a> {
    flights: &'a Flights,
    key: u32,
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.flights.lock().remove(&self.key);
    }
}

async fn wait(instance: &Instance, context: &RequestContext, mut flight: Flight) -> Landing {
    let clock = &instance.world().clock;
    let from_ns = clock.wall_ns();
    Span::current().add_link(flight.span.clone());
    let landed = match flight.landed.wait_for(Option::is_some).await {
        Ok(landing) => landing.clone().unwrap_or(Err(CallError::NoAnswer("cancelled"))),
        Err(_dropped) => Err(CallError::NoAnswer("cancelled")),
    };
    let to_ns = clock.wall_ns();
    let span = Span::current();
    span.set_attribute(attribute::WAIT_RESOURCE, "flight");
    span.set_attribute(attribute::WAIT_DURATION, i64::try_from(to_ns - from_ns).unwrap_or(i64::MAX));
    instance.ledger().write(Entry {
        request: context.id.clone(),
        parent: context.id.rsplit_once('.').map(|(parent, _)| parent.to_owned()),
        station: format!("{}/flight", instance.role().as_str()),
        phase: Phase::Wait,
        from_ns,
        to_ns,
        holder: Some(flight.leader),
    });
    landed
}
