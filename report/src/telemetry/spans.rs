//! Spans of the evidence by parent, with the few attributes that the report reads.

use contract::{resource, span};
use rca_engine::evidence::{Evidence, ResourceId, Span, SpanKind, Value};

/// All spans, findable by trace and parent.
pub(crate) struct SpanIndex<'a> {
    pub(crate) evidence: &'a Evidence,
    /// Positions in [`Evidence::spans`], by trace, parent, start and span id.
    by_parent: Vec<usize>,
}

impl<'a> SpanIndex<'a> {
    pub(crate) fn new(evidence: &'a Evidence) -> Self {
        let mut by_parent: Vec<usize> = (0..evidence.spans.len()).collect();
        by_parent.sort_by_key(|&index| {
            let span = &evidence.spans[index];
            (span.trace_id, span.parent_id, span.start_ns, span.span_id)
        });
        Self { evidence, by_parent }
    }

    /// The children of a span, by start.
    pub(crate) fn children(&self, span: &Span) -> impl Iterator<Item = &'a Span> + Clone + use<'a, '_> {
        self.with_parent(span.trace_id, span.span_id)
    }

    /// The spans of a trace that name this parent; 0 finds the roots.
    pub(crate) fn with_parent(
        &self,
        trace_id: u128,
        parent_id: u64,
    ) -> impl Iterator<Item = &'a Span> + Clone + use<'a, '_> {
        let spans = &self.evidence.spans;
        let at = |index: &usize| (spans[*index].trace_id, spans[*index].parent_id);
        let from = self.by_parent.partition_point(|index| at(index) < (trace_id, parent_id));
        let count = self.by_parent[from..].partition_point(|index| at(index) == (trace_id, parent_id));
        self.by_parent[from..from + count].iter().map(|&index| &spans[index])
    }

    /// Every span of a trace, by parent and start.
    pub(crate) fn of_trace(&self, trace_id: u128) -> impl Iterator<Item = &'a Span> + use<'a, '_> {
        let spans = &self.evidence.spans;
        let from = self.by_parent.partition_point(|&index| spans[index].trace_id < trace_id);
        let count = self.by_parent[from..].partition_point(|&index| spans[index].trace_id == trace_id);
        self.by_parent[from..from + count].iter().map(|&index| &spans[index])
    }

    /// The service that emitted.
    pub(crate) fn service(&self, id: ResourceId) -> &'a str {
        self.evidence.resource_text(id, resource::SERVICE_NAME).unwrap_or("unnamed service")
    }

    /// Whom a client span says it calls.
    pub(crate) fn peer(&self, span: &Span) -> Option<&'a str> {
        [span::PEER_SERVICE, span::DB_SYSTEM, span::SERVER_ADDRESS].into_iter().find_map(|key| {
            let key = self.evidence.names.find(key)?;
            self.evidence.text_of(&span.attributes, key)
        })
    }

    /// How long a span says that it waited for a bounded resource, at most its own duration.
    pub(crate) fn wait_ns(&self, span: &Span) -> u64 {
        let Some(key) = self.evidence.names.find(span::WAIT_DURATION) else { return 0 };
        let waited: u64 = span
            .attributes
            .iter()
            .filter(|(name, _)| *name == key)
            .map(|(_, value)| match value {
                Value::Int(ns) => u64::try_from(*ns).unwrap_or(0),
                Value::Text(_) | Value::Double(_) | Value::Bool(_) => 0,
            })
            .fold(0, u64::saturating_add);
        waited.min(duration_ns(span))
    }

    /// The parts of a span's time that no child covers, as offsets from the epoch.
    pub(crate) fn own_time(&self, span: &Span) -> Vec<(u64, u64)> {
        let mut free = Vec::new();
        let mut from = span.start_ns;
        for child in self.children(span) {
            let begins = child.start_ns.clamp(from, span.end_ns.max(from));
            if begins > from {
                free.push((from, begins));
            }
            from = from.max(child.end_ns.min(span.end_ns));
        }
        if span.end_ns > from {
            free.push((from, span.end_ns));
        }
        free
    }
}

pub(crate) fn duration_ns(span: &Span) -> u64 {
    span.end_ns.saturating_sub(span.start_ns)
}

/// Whether a span is the caller's side of a call.
pub(crate) fn is_call(span: &Span) -> bool {
    matches!(span.kind, SpanKind::Client | SpanKind::Producer)
}

/// Whether a span is the callee's side of a call.
pub(crate) fn is_service(span: &Span) -> bool {
    matches!(span.kind, SpanKind::Server | SpanKind::Consumer)
}
