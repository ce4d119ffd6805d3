//! The latest change: whatever was rolled out last did it.

use std::collections::BTreeMap;

use contract::event::{CHANGE_ID, CONFIG_CHANGED, DEPLOYMENT};
use rca_engine::component::Component;
use rca_engine::evidence::Evidence;

use crate::method::{Alert, Method, MethodOutput};

/// The last recorded change before the alert.
#[derive(Clone, Copy, Debug)]
pub struct LatestChange;

impl Method for LatestChange {
    fn name(&self) -> &'static str {
        "latest_change"
    }

    fn rank(&self, evidence: &Evidence, alert: &Alert, _candidates: &[Component]) -> MethodOutput {
        let Some(key) = evidence.names.find(CHANGE_ID) else { return MethodOutput::abstain() };
        let begin = alert.windows.baseline.from_ns;
        let changes = evidence.logs.iter().filter(|log| log.at_ns <= alert.signal.started_at_ns && log.at_ns >= begin);
        let mut latest: BTreeMap<Component, u64> = BTreeMap::new();
        for log in changes {
            let event = log.event_name.map(|name| evidence.names.text(name));
            if !event.is_some_and(|event| [DEPLOYMENT, CONFIG_CHANGED].contains(&event)) {
                continue;
            }
            if let Some(id) = evidence.text_of(&log.attributes, key) {
                let at_ns = log.at_ns - begin;
                let known = latest.entry(Component::Change(id.to_owned())).or_insert(at_ns);
                *known = at_ns.max(*known);
            }
        }
        MethodOutput::ranked(latest.into_iter().map(|(change, at_ns)| (change, at_ns as f64)))
    }
}
