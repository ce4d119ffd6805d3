//! Tells the engine the lab's own names, so that it has to know none.

use contract::metric::Family;
use contract::{context, event, metric, span};
use rca_engine::Options;
use rca_engine::options::{ChangeNames, ResourceFamily, WaitAttributes};

/// The options of every investigation that the lab starts.
pub(crate) fn options() -> Options {
    let defaults = Options::default();
    let own = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let mut correlation_keys = defaults.correlation_keys.clone();
    correlation_keys.extend(own(&context::KEYS));
    correlation_keys.sort();
    correlation_keys.dedup();
    Options {
        correlation_keys,
        resources: vec![family(&metric::CONNECTIONS), family(&metric::COMPUTE)],
        waits: vec![WaitAttributes {
            resource: span::WAIT_RESOURCE.to_owned(),
            duration_ns: span::WAIT_DURATION.to_owned(),
        }],
        changes: ChangeNames {
            events: own(&[event::DEPLOYMENT, event::CONFIG_CHANGED]),
            id: own(&[event::CHANGE_ID]),
            ..defaults.changes.clone()
        },
        ..defaults
    }
}

fn family(family: &Family) -> ResourceFamily {
    ResourceFamily {
        limit: family.limit.to_owned(),
        in_use: family.in_use.to_owned(),
        pending: family.pending.to_owned(),
        wait_time: family.wait_time.to_owned(),
        use_time: family.use_time.to_owned(),
        timeouts: family.timeouts.to_owned(),
        name: family.name.to_owned(),
    }
}
