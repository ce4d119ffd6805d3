//! What a web tells of itself: spans, and levels of its bounded resources.

use std::collections::BTreeMap;

use rca_engine::evidence::{
    Attributes, Evidence, Number, Points, Resource, ResourceId, Series, Span, SpanKind, Status, Value,
};

/// A span that has not ended.
#[derive(Clone, Copy)]
pub(super) struct Open {
    pub(super) trace: u128,
    pub(super) id: u64,
    pub(super) parent: u64,
    pub(super) service: &'static str,
    pub(super) instance: usize,
    pub(super) is_new_build: bool,
    pub(super) kind: SpanKind,
    pub(super) peer: Option<&'static str>,
    pub(super) start_ns: u64,
    /// Class of the user, and the item asked for.
    pub(super) class: usize,
    pub(super) item: i64,
}

/// How a span ended.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    Answered,
    Failed,
    TimedOut,
}

const CLASSES: [&str; 4] = ["free", "basic", "plus", "firm"];
/// The class that a fault of one class concerns.
pub(super) const HARMED_CLASS: usize = 2;

#[derive(Default)]
pub(super) struct Recorder {
    pub(super) evidence: Evidence,
    resources: BTreeMap<(&'static str, usize, bool), ResourceId>,
}

impl Recorder {
    fn text(&mut self, key: &str, value: &str) -> (rca_engine::evidence::Symbol, Value) {
        (self.evidence.names.intern(key), Value::Text(self.evidence.names.intern(value)))
    }

    fn resource(&mut self, service: &'static str, instance: usize, is_new_build: bool) -> ResourceId {
        if let Some(known) = self.resources.get(&(service, instance, is_new_build)) {
            return *known;
        }
        let version = if is_new_build { "v2" } else { "v1" };
        let instance_id = format!("{instance}{}", if is_new_build { "-new" } else { "" });
        let attributes: Attributes = [
            self.text("service.name", service),
            self.text("service.version", version),
            self.text("service.instance.id", &instance_id),
        ]
        .into();
        self.evidence.resources.push(Resource { attributes });
        let id = ResourceId(u32::try_from(self.evidence.resources.len() - 1).expect("few resources"));
        self.resources.insert((service, instance, is_new_build), id);
        id
    }

    /// Records a span; a wait is named by its resource.
    pub(super) fn span(&mut self, open: &Open, end_ns: u64, end: End, wait: Option<(&str, u64)>) {
        let resource = self.resource(open.service, open.instance, open.is_new_build);
        let mut attributes = vec![self.text("tenant", CLASSES[open.class])];
        attributes.push((self.evidence.names.intern("item"), Value::Int(open.item)));
        if let Some((name, ns)) = wait {
            attributes.push(self.text("wait.resource", name));
            attributes.push((self.evidence.names.intern("wait.duration_ns"), Value::Int(ns as i64)));
        }
        if let Some(peer) = open.peer {
            attributes.push(self.text("service.peer.name", peer));
        }
        let code = self.evidence.names.intern("http.response.status_code");
        match end {
            End::Answered => attributes.push((code, Value::Int(200))),
            End::Failed => attributes.push((code, Value::Int(500))),
            End::TimedOut => attributes.push(self.text("error.type", "timeout")),
        }
        let name = if open.kind == SpanKind::Server { "GET /it" } else { "GET" };
        let span = Span {
            trace_id: open.trace,
            span_id: open.id,
            parent_id: open.parent,
            resource,
            name: self.evidence.names.intern(name),
            kind: open.kind,
            status: if end == End::Answered { Status::Unset } else { Status::Error },
            start_ns: open.start_ns,
            end_ns,
            attributes: attributes.into(),
            links: Box::new([]),
        };
        self.evidence.spans.push(span);
    }

    /// The levels of a bounded resource, once a second.
    pub(super) fn levels(&mut self, service: &'static str, resource: &str, metric: &str, points: Vec<Number>) {
        let id = self.resource(service, 0, false);
        let attributes = Box::new([self.text("db.client.connection.pool.name", resource)]);
        let series = Series {
            resource: id,
            name: self.evidence.names.intern(metric),
            unit: self.evidence.names.intern("{use}"),
            attributes,
            points: Points::Gauge(points),
        };
        self.evidence.series.push(series);
    }
}
