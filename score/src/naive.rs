//! Naive methods: what a score must beat before it says anything.

mod changes;
mod errors;
mod fixed;
mod spans;

use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, ResourceId};
use rca_engine::investigation::Window;

pub use changes::LatestChange;
pub use errors::{FirstError, MostErrors};
pub(crate) use fixed::mix;
pub use fixed::{AlertingService, AlwaysAbstain, Random};
pub use spans::SlowestSpan;

use crate::method::Method;

/// Every naive method, in the order of [`scenarios::naive::METHODS`]. `seed` is for the one that draws.
pub fn methods(seed: u64) -> Vec<Box<dyn Method>> {
    vec![
        Box::new(AlertingService),
        Box::new(SlowestSpan),
        Box::new(FirstError),
        Box::new(MostErrors),
        Box::new(LatestChange),
        Box::new(Random { seed }),
        Box::new(AlwaysAbstain),
    ]
}

/// The service that emitted something.
fn service(evidence: &Evidence, resource: ResourceId) -> Option<Component> {
    evidence.resource_text(resource, contract::resource::SERVICE_NAME).map(Component::service)
}

fn contains(window: Window, at_ns: u64) -> bool {
    (window.from_ns..window.to_ns).contains(&at_ns)
}
