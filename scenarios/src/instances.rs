//! The instances of each service: how many there are, which share of the requests each gets, and which one is a canary.

use crate::model::{Instances, System};

impl Instances {
    /// One instance that gets everything.
    pub const ONE: Self = Self { equal: 1, canary: false };
    /// A canary's share of the requests.
    pub const CANARY_WEIGHT: f64 = 0.1;

    /// The share of the requests that each instance gets, in their order; they sum to 1.
    pub fn weights(self) -> Vec<f64> {
        let canary = if self.canary { Self::CANARY_WEIGHT } else { 0.0 };
        let each = (1.0 - canary) / f64::from(self.equal.max(1));
        let equal = (0..self.equal.max(1)).map(|_| each);
        equal.chain(self.canary.then_some(canary)).collect()
    }

    /// The number of the canary.
    pub fn canary(self) -> Option<u32> {
        self.canary.then_some(self.equal.max(1) + 1)
    }

    /// The numbers of all instances.
    pub fn all(self) -> std::ops::RangeInclusive<u32> {
        1..=self.canary().unwrap_or(self.equal.max(1))
    }

    /// The numbers of those that a rollout to the whole service reaches: a canary keeps the build it tries.
    pub fn rolled_out(self) -> std::ops::RangeInclusive<u32> {
        1..=self.equal.max(1)
    }
}

impl System {
    /// The instances of a service.
    pub fn instances(&self, service: &str) -> Instances {
        match service {
            "search" => self.search.instances,
            "catalog" => self.catalog.instances,
            _ => Instances::ONE,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_canary_comes_last_and_takes_its_share_from_all_others() {
        let instances = Instances { equal: 3, canary: true };
        assert_eq!(instances.weights(), [0.3, 0.3, 0.3, 0.1]);
        assert_eq!((instances.canary(), instances.all(), instances.rolled_out()), (Some(4), 1..=4, 1..=3));
        assert_eq!((Instances::ONE.weights(), Instances::ONE.canary()), (vec![1.0], None));
    }

    #[test]
    fn what_keeps_entries_or_rows_is_one() {
        let system = System::default();
        let told = crate::topology::SERVICES.map(|service| system.instances(service).all().count());
        assert_eq!(told, [2, 2, 1, 1]);
    }
}
