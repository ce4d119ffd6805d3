//! One line of a file as borrowed structs: only what an investigation uses, nothing copied that has no escapes.

pub(crate) mod logs;
pub(crate) mod metrics;
pub(crate) mod traces;
pub(crate) mod value;

/// Something read from a JSON object.
pub(crate) struct Json<T>(pub(crate) T);

/// The ids of a trace and of a span; 0 is none.
pub(crate) type TraceId = crate::otlp::HexId<32>;
pub(crate) type SpanId = crate::otlp::HexId<16>;

/// A span id is 16 hex digits at most, so it fits.
pub(crate) fn narrow(id: SpanId) -> u64 {
    u64::try_from(id.0).expect("sixteen hex digits are 64 bits")
}
