//! Priors: who is guilty elsewhere, by name or by place in the system, without a look at this incident.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, ResourceId};
use scenarios::model::Scenario;
use scenarios::topology;

use super::service;
use crate::method::{Alert, Method, MethodOutput};

/// What other incidents taught.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Prior {
    /// In how many incidents a name was right.
    names: BTreeMap<Component, u32>,
    /// In how many incidents a place was right.
    places: BTreeMap<Place, u32>,
}

/// Where something stands in the system, whatever it is called.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Workload,
    /// Calls away from the service of the alert, and whether it calls nobody itself.
    Service {
        hops: usize,
        is_leaf: bool,
    },
    /// By its caller.
    Edge {
        hops: usize,
    },
}

/// The root of most other incidents is the root of this one.
#[derive(Clone, Debug)]
pub struct ModalRoot {
    pub prior: Prior,
}

/// What stands where the roots of most other incidents stand.
#[derive(Clone, Debug)]
pub struct TopologyPrior {
    pub prior: Prior,
}

impl Prior {
    /// Counts the roots of incidents. The one that is asked about must not be among them.
    pub fn fitted<'a>(others: impl IntoIterator<Item = &'a Scenario>) -> Self {
        let map = Map::new(topology::EDGES.iter().map(|(from, to)| ((*from).to_owned(), (*to).to_owned())));
        let hops = map.hops(topology::ENTRY);
        let mut prior = Self::default();
        for scenario in others {
            let right: BTreeSet<&Component> = scenario.truth.roots.iter().flat_map(|root| &root.any_of).collect();
            // Ids of changes and numbers of builds are those of one run.
            let lasts = |name: &&&Component| !matches!(name, Component::Change(_) | Component::Version { .. });
            for name in right.iter().filter(lasts) {
                *prior.names.entry((*name).clone()).or_default() += 1;
            }
            // Whatever belongs to a service stands where that stands.
            let places: BTreeSet<Place> = right.iter().filter_map(|name| map.place(&hops, name)).collect();
            for place in places {
                *prior.places.entry(place).or_default() += 1;
            }
        }
        prior
    }
}

impl Method for ModalRoot {
    fn name(&self) -> &'static str {
        "modal_root"
    }

    fn rank(&self, _evidence: &Evidence, _alert: &Alert, candidates: &[Component]) -> MethodOutput {
        let known = candidates.iter().filter_map(|candidate| Some((candidate, *self.prior.names.get(candidate)?)));
        let mut known: Vec<(&Component, u32)> = known.collect();
        // One answer has to be first: among equals the order of components, in which services are first.
        known.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(b.0)));
        MethodOutput::ranked(known.iter().zip(0_u32..).map(|((name, _), place)| ((*name).clone(), -f64::from(place))))
    }
}

impl Method for TopologyPrior {
    fn name(&self) -> &'static str {
        "topology_prior"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, candidates: &[Component]) -> MethodOutput {
        let Some(entry) = alert.signal.service.as_deref() else { return MethodOutput::abstain() };
        let map = Map::seen(evidence);
        let hops = map.hops(entry);
        let asked = candidates.iter().filter(|candidate| {
            matches!(candidate, Component::Service(_) | Component::Edge { .. } | Component::Workload(None))
        });
        MethodOutput::ranked(asked.filter_map(|candidate| {
            let votes = self.prior.places.get(&map.place(&hops, candidate)?)?;
            Some((candidate.clone(), f64::from(*votes)))
        }))
    }
}

/// Who calls whom.
struct Map {
    calls: BTreeMap<String, BTreeSet<String>>,
}

impl Map {
    fn new(edges: impl Iterator<Item = (String, String)>) -> Self {
        let mut calls: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for (from, to) in edges.filter(|(from, to)| from != to) {
            calls.entry(from).or_default().insert(to);
        }
        Self { calls }
    }

    /// From parents and children in different services, and from what is known beside the traces.
    fn seen(evidence: &Evidence) -> Self {
        let by_id: BTreeMap<(u128, u64), ResourceId> =
            evidence.spans.iter().map(|span| ((span.trace_id, span.span_id), span.resource)).collect();
        let called = evidence
            .spans
            .iter()
            .filter_map(|span| Some((*by_id.get(&(span.trace_id, span.parent_id))?, span.resource)));
        let pairs: BTreeSet<(ResourceId, ResourceId)> = called.filter(|(from, to)| from != to).collect();
        let name = |resource| match service(evidence, resource)? {
            Component::Service(name) => Some(name),
            _ => None,
        };
        let seen = pairs.into_iter().filter_map(|(from, to)| Some((name(from)?, name(to)?)));
        let text = |symbol| evidence.names.text(symbol).to_owned();
        Self::new(seen.chain(evidence.topology.iter().map(|(from, to)| (text(*from), text(*to)))))
    }

    /// How many calls away everybody is.
    fn hops(&self, entry: &str) -> BTreeMap<String, usize> {
        let mut hops = BTreeMap::from([(entry.to_owned(), 0)]);
        let mut open = VecDeque::from([(entry.to_owned(), 0)]);
        while let Some((from, away)) = open.pop_front() {
            for to in self.calls.get(&from).into_iter().flatten() {
                if !hops.contains_key(to) {
                    hops.insert(to.clone(), away + 1);
                    open.push_back((to.clone(), away + 1));
                }
            }
        }
        hops
    }

    fn place(&self, hops: &BTreeMap<String, usize>, component: &Component) -> Option<Place> {
        if matches!(component, Component::Workload(_)) {
            return Some(Place::Workload);
        }
        let owner = component.owner()?;
        let hops = *hops.get(owner)?;
        if matches!(component, Component::Edge { .. }) {
            return Some(Place::Edge { hops });
        }
        Some(Place::Service { hops, is_leaf: !self.calls.contains_key(owner) })
    }
}
