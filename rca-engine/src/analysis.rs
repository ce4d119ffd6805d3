//! From evidence to an investigation: the steps of the analysis in their order.

use crate::component::Component;
use crate::evidence::Evidence;
use crate::investigation::{Core, Header, Investigation, PlannedQuery, Roles};
use crate::options::Options;
use crate::plan;
use crate::signal::UniversalIncidentSignal;
use crate::vocabulary::Outcome;
use crate::windows::Windows;

/// The version of the verdict's shape.
pub(crate) const SCHEMA: u32 = 1;

/// Concludes from everything that was supplied.
pub(crate) fn conclude(
    signal: &UniversalIncidentSignal,
    evidence: &Evidence,
    options: &Options,
    plan: Vec<PlannedQuery>,
) -> Investigation {
    let windows = Windows::seen(signal, evidence);
    let mut envelope = plan::envelope(signal, options);
    (envelope.baseline, envelope.incident) = (windows.baseline, windows.incident);
    let symptom = signal.service.as_deref().map_or(Component::Workload(None), Component::service);
    Investigation {
        schema: SCHEMA,
        core: Core {
            outcome: Outcome::InsufficientEvidence,
            confidence: 0.0,
            roles: Roles {
                root: Vec::new(),
                trigger: None,
                sustaining: None,
                propagation: Vec::new(),
                bottleneck: None,
                symptom,
            },
            hypotheses: Vec::new(),
            evidence: Vec::new(),
            actions: Vec::new(),
            why_not_slowest: None,
        },
        envelope,
        header: Header {
            confidence: String::new(),
            root_cause: String::new(),
            proof: String::new(),
            impact: Vec::new(),
            doubts: Vec::new(),
            refuted_by: Vec::new(),
        },
        timeline: Vec::new(),
        proof: None,
        plan,
        pivots: Vec::new(),
    }
}
