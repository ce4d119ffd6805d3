//! Open spans by their OpenTelemetry context.
//!
//! A request is polled dozens of times, and entering a `tracing` span each time costs more than the request's own work.
//! Children, log records and exemplars look at the OpenTelemetry context alone, so that is what is put in force.

use opentelemetry::context::{FutureExt as _, WithContext};
use opentelemetry::trace::{SpanContext, Status, TraceContextExt as _};
use opentelemetry::{Context, ContextGuard, KeyValue, Value};
use tracing::Span;
use tracing_opentelemetry::OpenTelemetrySpanExt as _;

/// A span that has begun; it ends when dropped.
#[derive(Debug)]
pub struct OpenSpan {
    /// Held because it ends with its last holder.
    _span: Span,
    context: Context,
}

impl OpenSpan {
    /// Begins the span now.
    pub fn begin(span: Span) -> Self {
        // Asking for its context is what begins a span.
        let context = span.context();
        Self { _span: span, context }
    }

    /// Runs a future inside the span.
    pub fn run<F: Future>(&self, work: F) -> WithContext<F> {
        work.with_context(self.context.clone())
    }

    /// What happens until the guard is dropped happens inside the span. Not to be held across an await.
    #[must_use]
    pub fn enter(&self) -> ContextGuard {
        self.context.clone().attach()
    }

    /// Sets an attribute.
    pub fn mark(&self, key: &'static str, value: impl Into<Value>) {
        self.context.span().set_attribute(KeyValue::new(key, value));
    }

    /// Marks the span as failed.
    pub fn fail(&self) {
        self.context.span().set_status(Status::error(""));
    }

    pub(crate) fn context(&self) -> &Context {
        &self.context
    }
}

/// Sets an attribute of the span in force.
pub fn mark(key: &'static str, value: impl Into<Value>) {
    Context::map_current(|context| context.span().set_attribute(KeyValue::new(key, value)));
}

/// Links the span in force to another one.
pub fn link(to: SpanContext) {
    if to.is_valid() {
        Context::map_current(|context| context.span().add_link(to, Vec::new()));
    }
}

/// The ids of the span in force.
pub fn ids() -> SpanContext {
    Context::map_current(|context| context.span().span_context().clone())
}
