//! Instruments of one telemetry value: counters, histograms with exemplars, levels that are read when asked for.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use contract::metric;
use opentelemetry::KeyValue;
pub use opentelemetry::metrics::Counter;
use opentelemetry::metrics::{Meter, UpDownCounter};
use opentelemetry_sdk::metrics::{Instrument, Stream};
use world::Clock;

use crate::exemplar::{Reservoir, Reservoirs};

/// Attribute sets that one instrument keeps apart; more of them are counted together. The SDK sets memory aside for all of
/// them at the start, and by default for ten times as many.
pub(crate) const MAX_SETS: usize = 200;

/// The view of every instrument.
pub(crate) fn view(_instrument: &Instrument) -> Option<Stream> {
    Stream::builder().with_cardinality_limit(MAX_SETS).build().ok()
}

/// A histogram in seconds whose points carry exemplars.
#[derive(Clone, Debug)]
pub struct Histogram {
    inner: opentelemetry::metrics::Histogram<f64>,
    reservoir: Arc<Reservoir>,
    clock: Clock,
}

impl Histogram {
    /// Records one measurement inside the current span.
    pub fn record(&self, value: f64, attributes: &[KeyValue]) {
        self.reservoir.record(&self.inner, value, attributes, self.clock.wall_ns());
    }
}

/// What makes instruments.
#[derive(Clone, Debug)]
pub(crate) struct Instruments {
    pub(crate) meter: Meter,
    pub(crate) reservoirs: Arc<Reservoirs>,
    pub(crate) clock: Clock,
    /// Set when another build took over: levels are the new one's to tell.
    pub(crate) retired: Arc<AtomicBool>,
}

impl Instruments {
    pub(crate) fn counter(&self, name: &'static str, unit: &'static str) -> Counter<u64> {
        self.meter.u64_counter(name).with_unit(unit).build()
    }

    pub(crate) fn histogram(&self, name: &'static str) -> Histogram {
        let inner =
            self.meter.f64_histogram(name).with_unit("s").with_boundaries(metric::LATENCY_BOUNDS.to_vec()).build();
        Histogram { inner, reservoir: self.reservoirs.of(name), clock: self.clock.clone() }
    }

    pub(crate) fn level<F>(&self, name: &'static str, unit: &'static str, attributes: Vec<KeyValue>, read: F)
    where
        F: Fn() -> i64 + Send + Sync + 'static,
    {
        let retired = Arc::clone(&self.retired);
        // The meter's pipeline keeps the callback; the handle itself carries nothing.
        let _handle = self
            .meter
            .i64_observable_up_down_counter(name)
            .with_unit(unit)
            .with_callback(move |observer| {
                if !retired.load(Ordering::Relaxed) {
                    observer.observe(read(), &attributes);
                }
            })
            .build();
    }
}

/// What every HTTP server and client measures.
#[derive(Clone, Debug)]
pub(crate) struct HttpInstruments {
    pub(crate) server_duration: Histogram,
    pub(crate) server_active: UpDownCounter<i64>,
    pub(crate) client_duration: Histogram,
    pub(crate) baggage_dropped: Counter<u64>,
}

impl HttpInstruments {
    pub(crate) fn new(instruments: &Instruments) -> Self {
        let baggage_dropped = instruments.counter(metric::BAGGAGE_DROPPED, "{member}");
        baggage_dropped.add(0, &[]);
        let server_active =
            instruments.meter.i64_up_down_counter(metric::HTTP_SERVER_ACTIVE).with_unit("{request}").build();
        Self {
            server_duration: instruments.histogram(metric::HTTP_SERVER_DURATION),
            server_active,
            client_duration: instruments.histogram(metric::HTTP_CLIENT_DURATION),
            baggage_dropped,
        }
    }
}
