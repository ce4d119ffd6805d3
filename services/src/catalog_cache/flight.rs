//! One flight a key: whoever asks for a key that is being read waits for that reading.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use contract::span as attribute;
use opentelemetry::trace::SpanContext;
use telemetry::{RequestContext, open_span};
use tokio::sync::oneshot;

use crate::call::CallError;
use crate::instance::Instance;

/// What a reading brought.
type Landing = Result<Bytes, CallError>;

/// The readings under way.
#[derive(Debug, Default)]
pub(super) struct Flights(Mutex<BTreeMap<u32, Flight>>);

#[derive(Debug)]
struct Flight {
    /// The request that reads.
    leader: String,
    span: SpanContext,
    /// Those who wait, first come first served.
    waiting: Vec<oneshot::Sender<Landing>>,
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
        if let Some(seat) = self.board(context, key) {
            return wait(instance, context, seat).await;
        }
        let mut ends = Ends { flights: self, key: Some(key) };
        let landing = read.await;
        for waiting in ends.end() {
            // Whoever has left does not need to hear it.
            drop(waiting.send(landing.clone()));
        }
        landing
    }

    /// A seat in the flight that is under way; none: a flight was begun, and the caller leads it.
    fn board(&self, context: &RequestContext, key: u32) -> Option<Seat> {
        let mut flights = self.lock();
        if let Some(flight) = flights.get_mut(&key) {
            let (landing, landed) = oneshot::channel();
            flight.waiting.push(landing);
            return Some(Seat { leader: flight.leader.clone(), span: flight.span.clone(), landed });
        }
        let span = open_span::ids();
        flights.insert(key, Flight { leader: context.id.clone(), span, waiting: Vec::new() });
        None
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<u32, Flight>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A place in somebody else's flight.
struct Seat {
    leader: String,
    span: SpanContext,
    landed: oneshot::Receiver<Landing>,
}

/// Ends a flight, also when the reading request is dropped: those who wait then fail at once.
struct Ends<'a> {
    flights: &'a Flights,
    /// None once it has ended: the next flight for the key is another one.
    key: Option<u32>,
}

impl Ends<'_> {
    fn end(&mut self) -> Vec<oneshot::Sender<Landing>> {
        let flight = self.key.take().and_then(|key| self.flights.lock().remove(&key));
        flight.map(|flight| flight.waiting).unwrap_or_default()
    }
}

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        drop(self.end());
    }
}

async fn wait(instance: &Instance, context: &RequestContext, seat: Seat) -> Landing {
    let clock = &instance.world().clock;
    let from_ns = clock.wall_ns();
    open_span::link(seat.span);
    let landed = seat.landed.await.unwrap_or(Err(CallError::NoAnswer("cancelled")));
    let to_ns = clock.wall_ns();
    open_span::mark(attribute::WAIT_RESOURCE, "flight");
    open_span::mark(attribute::WAIT_DURATION, i64::try_from(to_ns - from_ns).unwrap_or(i64::MAX));
    let station = format!("{}/flight", instance.role().as_str());
    instance.ledger().wait_for(&context.id, &station, Some(seat.leader), from_ns, to_ns);
    landed
}
