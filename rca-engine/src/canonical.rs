//! The canonical form: services, spans, calls and metrics in an order that depends on structure alone.
//!
//! Evidence comes in any order and under any names. Here every service gets a number by the fingerprint of its numbers
//! (times, durations, values), so that all later ties break by structure; spans become rows with resolved parents.

mod clock;
mod fingerprint;
mod groups;
mod metrics;
mod names;
mod readings;
mod rows;
mod services;
mod times;
mod tree;

use crate::evidence::{Evidence, ResourceId, Symbol};
use crate::options::Options;
use crate::windows::Windows;

pub(crate) use fingerprint::mix;
pub(crate) use metrics::{Aspect, Metric, SampleKind};
pub(crate) use names::Vocabulary;
pub(crate) use rows::{FailureKind, NONE, Row};
pub(crate) use services::{PoolId, ServiceId};
pub(crate) use times::VisitTime;
pub(crate) use tree::Call;

/// Evidence, ordered and resolved.
pub(crate) struct Model<'e> {
    pub(crate) evidence: &'e Evidence,
    pub(crate) options: &'e Options,
    pub(crate) words: Vocabulary,
    pub(crate) windows: Windows,
    /// Names of services, indexed by [`ServiceId`].
    pub(crate) services: Vec<String>,
    /// The service of each resource of the evidence.
    resources: Vec<Option<ServiceId>>,
    /// Bounded resources, indexed by [`PoolId`]: owner and name.
    pub(crate) pools: Vec<(ServiceId, String)>,
    /// Spans by trace, start and id.
    pub(crate) rows: Vec<Row>,
    /// Rows by parent, each parent's by start; a row knows its range.
    children: Vec<u32>,
    /// Calls between services by the visit that makes them, then by start.
    pub(crate) calls: Vec<Call>,
    /// Where the calls of each row begin, with the end behind the last.
    first_call: Vec<u32>,
    /// Rows where a service begins to work on something: their parent is elsewhere or missing.
    pub(crate) visits: Vec<u32>,
    groups: groups::Groups,
    times: times::Times,
    /// Metrics by service, joined over resources.
    pub(crate) metrics: Vec<Metric>,
    /// Callers and callees known from calls or topology.
    pub(crate) edges: Vec<(ServiceId, ServiceId)>,
    /// Share of spans whose parent is missing.
    pub(crate) partial_share: f64,
    /// The largest clock offset that was corrected, nanoseconds.
    pub(crate) clock_offset_ns: u64,
}

impl<'e> Model<'e> {
    /// Builds the canonical form: O(n log n) in spans.
    pub(crate) fn build(evidence: &'e Evidence, options: &'e Options, windows: Windows) -> Self {
        let words = Vocabulary::find(evidence, options);
        let readings = readings::all(evidence, &words);
        let services = services::Services::order(evidence, &words, &readings);
        let mut pools = services::Pools::default();
        let mut rows = rows::build(evidence, &words, &readings, &services, &mut pools);
        drop(readings);
        let clock_offset_ns = clock::align(&mut rows);
        let tree::Tree { children, calls, first_call, visits } = tree::build(&mut rows);
        let metrics = metrics::join(evidence, options, &words, &services, &mut pools);
        let groups = groups::Groups::of(&rows, &visits, &calls, services.count());
        let mut edges: Vec<(ServiceId, ServiceId)> = groups.edges().collect();
        edges.extend(
            evidence.topology.iter().filter_map(|(from, to)| Some((services.of_name(*from)?, services.of_name(*to)?))),
        );
        edges.sort_unstable();
        edges.dedup();
        let orphans = rows.iter().filter(|row| row.orphan).count();
        let partial_share = orphans as f64 / rows.len().max(1) as f64;
        let resources = services.by_resource();
        let services = services.names(evidence);
        let pools = pools.into_list(evidence, &services);
        let mut model = Self {
            evidence,
            options,
            words,
            windows,
            services,
            resources,
            pools,
            rows,
            children,
            calls,
            first_call,
            visits,
            groups,
            times: times::Times::default(),
            metrics,
            edges,
            partial_share,
            clock_offset_ns,
        };
        model.times = times::Times::measure(&model);
        model
    }

    pub(crate) fn row(&self, index: u32) -> &Row {
        &self.rows[index as usize]
    }

    /// The rows directly under a row, by start.
    pub(crate) fn children(&self, index: u32) -> &[u32] {
        let (from, to) = self.row(index).children;
        &self.children[from as usize..to as usize]
    }

    pub(crate) fn name(&self, service: ServiceId) -> &str {
        &self.services[service.0 as usize]
    }

    /// The service of a name, if it occurs in the evidence.
    pub(crate) fn service(&self, name: &str) -> Option<ServiceId> {
        let index = self.services.iter().position(|known| known == name)?;
        Some(ServiceId(u32::try_from(index).expect("services are numbered in 32 bits")))
    }

    /// The calls that a visit makes, by start.
    pub(crate) fn calls_of(&self, visit: u32) -> &[Call] {
        let (first, end) = (self.first_call[visit as usize], self.first_call[visit as usize + 1]);
        &self.calls[first as usize..end as usize]
    }

    /// The visits of a service, in the order of all visits.
    pub(crate) fn visits_of(&self, service: ServiceId) -> &[u32] {
        self.groups.visits_of(service)
    }

    /// The calls of one service to another, in the order of all calls.
    pub(crate) fn calls_between(&self, from: ServiceId, to: ServiceId) -> impl Iterator<Item = &Call> + Clone {
        self.groups.calls_between(from, to).iter().map(|position| &self.calls[*position as usize])
    }

    /// The calls to a service, by caller.
    pub(crate) fn calls_to(&self, to: ServiceId) -> impl Iterator<Item = &Call> {
        let into = self.called_edges().filter(move |(_, callee)| *callee == to);
        into.flat_map(|(from, to)| self.calls_between(from, to))
    }

    /// Callers and callees of all calls, in structural order.
    pub(crate) fn called_edges(&self) -> impl Iterator<Item = (ServiceId, ServiceId)> {
        self.groups.edges()
    }

    /// How a visit spent its time.
    pub(crate) fn visit_time(&self, visit: u32) -> VisitTime<'_> {
        self.times.of(visit)
    }

    /// What neither a call nor a wait covers of a visit, nanoseconds.
    pub(crate) fn own_ns(&self, visit: u32) -> u64 {
        self.times.own_ns(visit)
    }

    /// The calls that a visit waited for: its own, and those of the visit whose work it shared.
    pub(crate) fn awaited_calls(&self, visit: u32) -> impl Iterator<Item = &Call> + Clone {
        let shared = Some(self.row(visit).shared).filter(|shared| *shared != NONE);
        let shared = shared.map(|shared| self.row(shared).visit).filter(|shared| *shared != visit);
        let of_shared = shared.map_or(&[][..], |shared| self.calls_of(shared));
        self.calls_of(visit).iter().chain(of_shared)
    }

    /// A visit failed, and no call that it waited for did.
    pub(crate) fn fails_by_itself(&self, visit: u32) -> bool {
        self.row(visit).failure.is_some() && self.awaited_calls(visit).all(|call| call.failure.is_none())
    }

    /// The service of a resource, if it names one.
    pub(crate) fn service_of_resource(&self, resource: ResourceId) -> Option<ServiceId> {
        self.resources.get(resource.0 as usize).copied().flatten()
    }

    pub(crate) fn text(&self, symbol: Symbol) -> &str {
        self.evidence.names.text(symbol)
    }

    /// All services, in structural order.
    pub(crate) fn service_ids(&self) -> impl Iterator<Item = ServiceId> + use<> {
        (0..u32::try_from(self.services.len()).expect("services are numbered in 32 bits")).map(ServiceId)
    }
}
