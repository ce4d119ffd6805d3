//! Runs to score: the truth of every scenario of the catalog, and the candidates that such a run shows.

use rca_engine::component::Component;
use rca_engine::vocabulary::Mode;
use scenarios::ledger::{Bottleneck, Derived};
use scenarios::plan::plan;
use scenarios::topology::{EDGES, RESOURCES, SERVICES};
use scenarios::truth::TruthRecord;
use scenarios::{catalog, parse};

pub(crate) fn component(text: &str) -> Component {
    text.parse().expect("the test names components")
}

/// The truth of one run, with the database's pool as what the ledger found.
pub(crate) fn truth(id: &str, seed: u64) -> TruthRecord {
    let text = catalog::find(id).expect("it is in the catalog");
    let scenario = parse(id, text).expect("the catalog is sound");
    let pool = Bottleneck { component: component("resource:database/pool"), mode: Mode::Saturated };
    let derived = Derived { bottlenecks: vec![pool], ..Derived::default() };
    TruthRecord::resolve(&scenario, &plan(&scenario, seed), Some(&derived))
}

/// Everything that a run can be blamed on, sorted by text.
pub(crate) fn candidates(truth: &TruthRecord) -> Vec<Component> {
    let services = SERVICES.iter().map(|service| format!("service:{service}"));
    let versions =
        SERVICES.iter().flat_map(|service| ["v1", "v2"].map(|version| format!("version:{service}@{version}")));
    let edges = EDGES.iter().map(|(from, to)| format!("edge:{from}->{to}"));
    let resources = RESOURCES.iter().map(|(service, name)| format!("resource:{service}/{name}"));
    let named = services.chain(versions).chain(edges).chain(resources).chain(["workload".to_owned()]);
    let mut all: Vec<Component> = named.map(|text| component(&text)).collect();
    all.extend(truth.innocents.iter().cloned());
    all.extend(truth.roots.iter().flat_map(|root| root.any_of.iter().cloned()));
    all.sort_by_cached_key(ToString::to_string);
    all.dedup();
    all
}
