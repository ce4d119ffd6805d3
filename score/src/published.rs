//! Published methods over series, as their authors' code has them; each says where it follows them and where not.

mod baro;
pub mod change_point;
mod n_sigma;
mod scaling;

use rca_engine::component::Component;

pub use baro::Baro;
pub use n_sigma::NSigma;
pub(crate) use n_sigma::largest_deviation;

use crate::method::{Method, MethodOutput};
use crate::series::Column;

/// Their names, in the order of [`methods`].
pub const METHODS: [&str; 2] = ["n_sigma", "baro"];

/// Every published method.
pub fn methods() -> Vec<Box<dyn Method>> {
    vec![Box::new(NSigma), Box::new(Baro)]
}

/// Services by their highest column, as both papers rank them: series first, and services by their best series.
pub(crate) fn by_service<'a>(scored: impl IntoIterator<Item = (&'a Column, f64)>) -> MethodOutput {
    let mut best: std::collections::BTreeMap<&Component, f64> = std::collections::BTreeMap::new();
    for (column, score) in scored {
        let known = best.entry(&column.service).or_insert(score);
        *known = known.max(score);
    }
    MethodOutput::ranked(best.into_iter().map(|(service, score)| (service.clone(), score)))
}
