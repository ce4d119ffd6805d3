//! Methods that do not look at the evidence at all.

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;

use crate::method::{Alert, Method, MethodOutput};

/// Whoever raised the alert is guilty.
#[derive(Clone, Copy, Debug)]
pub struct AlertingService;

/// Draws an order of the candidates.
#[derive(Clone, Copy, Debug)]
pub struct Random {
    pub seed: u64,
}

/// Says nothing, ever.
#[derive(Clone, Copy, Debug)]
pub struct AlwaysAbstain;

impl Method for AlertingService {
    fn name(&self) -> &'static str {
        "alerting_service"
    }

    fn rank(&self, _evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        MethodOutput::ranked(alert.signal.service.as_deref().map(|service| (Component::service(service), 1.0)))
    }
}

impl Method for Random {
    fn name(&self) -> &'static str {
        "random"
    }

    fn rank(&self, _evidence: &Evidence, _alert: &Alert, candidates: &[Component]) -> MethodOutput {
        // Each candidate's place depends on the seed and its own name: one candidate more moves no other.
        let drawn = candidates.iter().map(|candidate| {
            let label = candidate.to_string();
            let bits = label.bytes().fold(mix(self.seed), |state, byte| mix(state ^ u64::from(byte)));
            let score = (bits >> 11) as f64;
            (candidate.clone(), score)
        });
        MethodOutput::ranked(drawn)
    }
}

impl Method for AlwaysAbstain {
    fn name(&self) -> &'static str {
        "always_abstain"
    }

    fn rank(&self, _evidence: &Evidence, _alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        MethodOutput::abstain()
    }
}

/// The finaliser of `SplitMix64` (Steele, Lea and Flood 2014).
pub(crate) fn mix(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
