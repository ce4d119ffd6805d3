//! The right answer of one run: ids resolved to what the run called them, the bottleneck taken from the ledger.

use rca_engine::component::Component;
use rca_engine::vocabulary::{Effect, Kind};
use serde::{Deserialize, Serialize};

use crate::ledger::{Bottleneck, Derived};
use crate::lever::ChangeKind;
use crate::model::{Scenario, TruthBottleneck};
use crate::plan::RunPlan;
use crate::topology;

/// The version of [`TruthRecord`]'s shape.
pub const TRUTH_SCHEMA: u32 = 1;

/// `truth.json`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TruthRecord {
    pub schema: u32,
    pub scenario: String,
    pub seed: u64,
    /// One of: nothing is wrong where there is none. All of them are to be found.
    pub roots: Vec<TrueRoot>,
    pub trigger: Option<Component>,
    pub sustaining: Option<Component>,
    /// In failure direction.
    pub edges: Vec<TrueEdge>,
    /// Every right answer; empty: the right answer is that there is none.
    pub bottlenecks: Vec<Bottleneck>,
    pub symptom: Component,
    pub decoys: Vec<Component>,
    /// Damaged, not on the path: neither credit nor penalty.
    pub collateral: Vec<Component>,
    /// Changes of the run that did nothing.
    pub innocents: Vec<Component>,
    pub clears_within_s: Option<f64>,
    /// What the ledger said; none where no ledger was read.
    pub derived: Option<Derived>,
    /// What was drawn for each condition and event.
    pub injections: Vec<TrueInjection>,
}

/// One root, by any of the names that are equally right.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TrueRoot {
    /// The best name first.
    pub any_of: Vec<Component>,
    pub kind: Kind,
}

/// One step of the damage.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct TrueEdge {
    pub from: Component,
    pub to: Component,
    pub effect: Effect,
}

/// What was drawn for a condition or event.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TrueInjection {
    /// In the scenario's file.
    pub source: String,
    /// In the run.
    pub id: String,
    pub lever: String,
    pub target: Component,
    /// Nanoseconds since the start of the load.
    pub at_ns: u64,
    pub ratio: f64,
    pub magnitude: f64,
}

impl TruthRecord {
    /// Resolves the scenario's truth for one run.
    ///
    /// `change:<event>` becomes the id that the change had in the run. A version of a service that an event deploys to
    /// becomes the version that this deploy had, whatever number the file gives it: innocent deploys count, too. An instance
    /// gets the id that it had once everything was in force: each deploy to it gave it another one.
    pub fn resolve(scenario: &Scenario, plan: &RunPlan, derived: Option<&Derived>) -> Self {
        let truth = &scenario.truth;
        let named = |component: &Component| resolved(component, scenario, plan);
        let all = |components: &[Component]| components.iter().map(named).collect::<Vec<_>>();
        let roots = truth.roots.iter().map(|root| TrueRoot { any_of: all(&root.any_of), kind: root.kind });
        let edges = truth.edges.iter().map(|edge| TrueEdge {
            from: named(&edge.from),
            to: named(&edge.to),
            effect: edge.effect,
        });
        Self {
            schema: TRUTH_SCHEMA,
            scenario: scenario.id.clone(),
            seed: plan.seed,
            roots: roots.collect(),
            trigger: truth.trigger.as_ref().map(named),
            sustaining: truth.sustaining.as_ref().map(named),
            edges: edges.collect(),
            bottlenecks: match &truth.bottleneck {
                TruthBottleneck::None => Vec::new(),
                TruthBottleneck::At { component, mode } => {
                    vec![Bottleneck { component: named(component), mode: *mode }]
                }
                TruthBottleneck::Derived => derived.map(|derived| derived.bottlenecks.clone()).unwrap_or_default(),
            },
            symptom: named(&truth.symptom),
            decoys: all(&truth.decoys),
            collateral: all(&truth.collateral),
            innocents: plan.background.iter().map(|change| Component::Change(change.id.clone())).collect(),
            clears_within_s: truth.clears_within.map(|clears| clears.as_secs_f64()),
            derived: derived.cloned(),
            injections: injections(plan),
        }
    }

    /// Whether anything is wrong at all.
    pub fn has_incident(&self) -> bool {
        !self.roots.is_empty()
    }
}

fn resolved(component: &Component, scenario: &Scenario, plan: &RunPlan) -> Component {
    let deployed = |service: &str| {
        let mut own = plan.injections.iter();
        own.find(|injection| injection.target.owner() == Some(service) && injection.change == Some(ChangeKind::Deploy))
    };
    match component {
        Component::Change(source) => {
            let planned = plan.injections.iter().find(|injection| injection.source.as_ref() == Some(source));
            planned.map_or_else(|| component.clone(), |planned| Component::Change(planned.id.clone()))
        }
        Component::Version { service, .. } => {
            let version = deployed(service).and_then(|injection| injection.version.clone());
            version
                .map_or_else(|| component.clone(), |version| Component::Version { service: service.clone(), version })
        }
        Component::Instance { service, instance } => {
            let ordinal =
                instance.parse().ok().filter(|ordinal| scenario.system.instances(service).all().contains(ordinal));
            ordinal.map_or_else(|| component.clone(), |ordinal| instance_in_force(service, ordinal, scenario, plan))
        }
        Component::Service(_)
        | Component::Edge { .. }
        | Component::Resource { .. }
        | Component::Policy { .. }
        | Component::Queue(_)
        | Component::Workload(_) => component.clone(),
    }
}

/// The build of an instance that runs once the last of the scenario's own levers is in force.
fn instance_in_force(service: &str, ordinal: u32, scenario: &Scenario, plan: &RunPlan) -> Component {
    let from = plan.injections.iter().map(|injection| injection.at).max().unwrap_or_default();
    let rolled_out = scenario.system.instances(service).rolled_out().contains(&ordinal);
    let reaches = |target: &Component| match target {
        Component::Service(name) => rolled_out && name == service,
        Component::Instance { service: name, instance } => name == service && *instance == ordinal.to_string(),
        _ => false,
    };
    let orders = plan.orders();
    let builds = orders
        .iter()
        .filter(|order| order.at <= from && order.change == Some(ChangeKind::Deploy) && reaches(&order.target));
    let build = 1 + u32::try_from(builds.count()).unwrap_or(u32::MAX - 1);
    Component::Instance { service: service.to_owned(), instance: topology::instance_id(ordinal, build) }
}

fn injections(plan: &RunPlan) -> Vec<TrueInjection> {
    let planned = plan.injections.iter().map(|injection| TrueInjection {
        source: injection.source.clone().unwrap_or_default(),
        id: injection.id.clone(),
        lever: injection.lever.as_str().to_owned(),
        target: injection.target.clone(),
        at_ns: u64::try_from(injection.at.as_nanos()).unwrap_or(u64::MAX),
        ratio: injection.ratio,
        magnitude: injection.magnitude,
    });
    planned.collect()
}
