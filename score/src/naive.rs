//! Naive methods: what a score must beat before it says anything.

mod changes;
mod errors;
mod fixed;
mod metrics;
mod novelty;
mod prior;
mod spans;

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, ResourceId};
use rca_engine::investigation::Window;

pub use changes::LatestChange;
pub use errors::{DeepestError, FirstError, MostErrors};
pub(crate) use fixed::mix;
pub use fixed::{AlertingService, AlwaysAbstain, Random};
pub use metrics::MostChangedMetric;
pub use novelty::Novelty;
pub(crate) use novelty::template;
pub use prior::{ModalRoot, Prior, TopologyPrior};
pub use spans::SlowestSpan;
pub(crate) use spans::own_ns;

use crate::method::Method;

/// Every naive method, in the order of [`scenarios::naive::METHODS`]. `seed` is for the one that draws, `prior` for those
/// that know other incidents and nothing of this one.
pub fn methods(seed: u64, prior: &Prior) -> Vec<Box<dyn Method>> {
    vec![
        Box::new(AlertingService),
        Box::new(SlowestSpan),
        Box::new(FirstError),
        Box::new(DeepestError),
        Box::new(MostErrors),
        Box::new(MostChangedMetric),
        Box::new(LatestChange),
        Box::new(Novelty),
        Box::new(ModalRoot { prior: prior.clone() }),
        Box::new(TopologyPrior { prior: prior.clone() }),
        Box::new(Random { seed }),
        Box::new(AlwaysAbstain),
    ]
}

/// The service that emitted something.
pub(crate) fn service(evidence: &Evidence, resource: ResourceId) -> Option<Component> {
    evidence.resource_text(resource, contract::resource::SERVICE_NAME).map(Component::service)
}

fn contains(window: Window, at_ns: u64) -> bool {
    (window.from_ns..window.to_ns).contains(&at_ns)
}
