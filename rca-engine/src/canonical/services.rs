//! Services and bounded resources, numbered by structure.

use std::collections::BTreeMap;

use super::fingerprint::Fingerprint;
use super::names::Vocabulary;
use super::readings::Reading;
use crate::evidence::{Evidence, Points, ResourceId, Symbol};

/// A service, numbered by the fingerprint of what it emitted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct ServiceId(pub(crate) u32);

/// A bounded resource of a service, numbered by owner and first use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct PoolId(pub(crate) u32);

/// How often the fingerprints of neighbours are folded in: enough for services that emit nothing themselves and are
/// told apart only by who calls their callers.
const REFINEMENTS: usize = 3;

/// Which service each resource and each name belongs to.
pub(crate) struct Services {
    /// By symbol, as far as the last one that names a service.
    by_name: Vec<Option<ServiceId>>,
    by_resource: Vec<Option<ServiceId>>,
    order: Vec<Symbol>,
}

impl Services {
    /// Numbers every service that emits, is called, or is known from the topology.
    pub(super) fn order(evidence: &Evidence, words: &Vocabulary, readings: &[Reading]) -> Self {
        let names: Vec<Option<Symbol>> = evidence
            .resources
            .iter()
            .map(|resource| words.first_text(&resource.attributes, words.service.as_slice()))
            .collect();
        let name_of = |resource: ResourceId| names.get(resource.0 as usize).copied().flatten();
        let mut prints: BTreeMap<Symbol, Fingerprint> = BTreeMap::new();
        // By resource first, because a number finds its place faster than a name.
        let mut emitted = vec![Fingerprint::default(); names.len()];
        for (span, said) in evidence.spans.iter().zip(readings) {
            emitted[span.resource.0 as usize].add(&[span.start_ns, span.end_ns, span.span_id]);
            if let Some(peer) = said.peer {
                prints.entry(peer).or_default().add(&[span.end_ns, span.span_id]);
            }
        }
        for log in &evidence.logs {
            emitted[log.resource.0 as usize].add(&[log.at_ns, u64::from(log.severity), log.span_id]);
        }
        for (name, print) in names.iter().zip(emitted).filter(|(_, print)| *print != Fingerprint::default()) {
            if let Some(name) = name {
                prints.entry(*name).or_default().merge(print);
            }
        }
        for series in &evidence.series {
            if let Some(name) = name_of(series.resource) {
                prints.entry(name).or_default().add(&[digest_points(&series.points)]);
            }
        }
        let topology: Vec<(Symbol, Symbol)> = evidence
            .topology
            .iter()
            .copied()
            .filter(|(from, to)| words.names_something(*from) && words.names_something(*to))
            .collect();
        for (from, to) in &topology {
            prints.entry(*from).or_default();
            prints.entry(*to).or_default();
        }
        let digests = refine(prints.iter().map(|(name, print)| (*name, print.digest())).collect(), &topology);
        let mut order: Vec<Symbol> = digests.keys().copied().collect();
        // Services that nothing tells apart keep the order of their texts: any order is as good, but it is the same
        // for any order of the evidence.
        order.sort_by_key(|name| (digests[name], evidence.names.text(*name)));
        let mut by_name = vec![None; order.iter().map(|name| name.0 as usize + 1).max().unwrap_or(0)];
        for (name, index) in order.iter().zip(0_u32..) {
            by_name[name.0 as usize] = Some(ServiceId(index));
        }
        let by_resource = names.iter().map(|name| by_name.get((*name)?.0 as usize).copied().flatten()).collect();
        Self { by_name, by_resource, order }
    }

    pub(super) fn of_resource(&self, resource: ResourceId) -> Option<ServiceId> {
        self.by_resource.get(resource.0 as usize).copied().flatten()
    }

    pub(super) fn by_resource(&self) -> Vec<Option<ServiceId>> {
        self.by_resource.clone()
    }

    pub(super) fn of_name(&self, name: Symbol) -> Option<ServiceId> {
        self.by_name.get(name.0 as usize).copied().flatten()
    }

    pub(super) fn count(&self) -> usize {
        self.order.len()
    }

    pub(super) fn names(&self, evidence: &Evidence) -> Vec<String> {
        self.order.iter().map(|name| evidence.names.text(*name).to_owned()).collect()
    }
}

/// Folds the fingerprints of callers and callees in (Weisfeiler and Leman's colour refinement).
fn refine(mut digests: BTreeMap<Symbol, u64>, topology: &[(Symbol, Symbol)]) -> BTreeMap<Symbol, u64> {
    for _ in 0..REFINEMENTS {
        let mut folded: BTreeMap<Symbol, Fingerprint> = BTreeMap::new();
        for (name, digest) in &digests {
            folded.entry(*name).or_default().add(&[*digest]);
        }
        for (from, to) in topology {
            let (caller, callee) = (digests[from], digests[to]);
            folded.entry(*from).or_default().add(&[callee, 1]);
            folded.entry(*to).or_default().add(&[caller, 2]);
        }
        digests = folded.into_iter().map(|(name, print)| (name, print.digest())).collect();
    }
    digests
}

/// A number that depends on the points of a series alone.
pub(super) fn digest_points(points: &Points) -> u64 {
    let mut print = Fingerprint::default();
    match points {
        Points::Gauge(points) | Points::Sum { points, .. } => {
            points.iter().for_each(|point| print.add(&[point.at_ns, point.value.to_bits()]));
        }
        Points::Histogram { points, .. } => {
            points.iter().for_each(|point| print.add(&[point.at_ns, point.count, point.sum.to_bits()]));
        }
    }
    print.digest()
}

/// The bounded resources seen so far.
#[derive(Default)]
pub(crate) struct Pools {
    index: BTreeMap<(ServiceId, Symbol), PoolId>,
    list: Vec<(ServiceId, Symbol)>,
}

impl Pools {
    pub(super) fn of(&mut self, service: ServiceId, name: Symbol) -> PoolId {
        *self.index.entry((service, name)).or_insert_with(|| {
            self.list.push((service, name));
            PoolId(u32::try_from(self.list.len() - 1).expect("fewer than 2^32 resources fit in memory"))
        })
    }

    /// Owners and names; a name that repeats its owner in front loses that part.
    pub(super) fn into_list(self, evidence: &Evidence, services: &[String]) -> Vec<(ServiceId, String)> {
        let name = |(owner, name): (ServiceId, Symbol)| {
            let text = evidence.names.text(name);
            let own = text.strip_prefix(services[owner.0 as usize].as_str()).and_then(|rest| rest.strip_prefix('/'));
            (owner, own.filter(|rest| !rest.is_empty()).unwrap_or(text).to_owned())
        };
        self.list.into_iter().map(name).collect()
    }
}
