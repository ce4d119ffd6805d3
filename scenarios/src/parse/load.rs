//! `load` and `phases`: who asks how often, and how long each part of a run lasts.

use std::time::Duration;

use super::fields::Fields;
use super::value::{Bounds, SHARE, count, drawn, number, seconds};
use crate::model::{Load, Phases, Range};
use crate::problem::{Problem, Problems};
use crate::yaml::Node;

/// The shortest range that a baseline is drawn from: within a second the onset could be told from the clock.
const NARROWEST_BASELINE_S: f64 = 1.0;

pub(super) fn load(node: &Node, problems: &Problems) -> Option<Load> {
    let fields = Fields::open(node, "`load`", problems)?;
    let default = Load::default();
    let per_second = Bounds { low: 0.1, high: 10_000.0, unit: "searches per second", whole: false };
    let load = Load {
        rate_per_s: fields.or("rate_per_s", default.rate_per_s, number(per_second)),
        fan_out: fields.or("fan_out", default.fan_out, count(1, 100, "products per search")),
        drift: fields.or("drift", default.drift, number(Bounds { high: 0.9, ..SHARE })),
        drift_period: fields.or("drift_period_s", default.drift_period, seconds(5.0, 3_600.0)),
        keys: fields.or("keys", default.keys, count(1, 1_000_000, "keys")),
        zipf: fields.or("zipf", default.zipf, number(Bounds { low: 0.0, high: 3.0, unit: "", whole: false })),
    };
    fields.finish();
    Some(load)
}

pub(super) fn phases(node: &Node, problems: &Problems) -> Option<Phases> {
    let fields = Fields::open(node, "`phases`", problems)?;
    let default = Phases::default();
    let phases = Phases {
        warm_up: fields.or("warm_up_s", default.warm_up, seconds(0.0, 600.0)),
        baseline: fields.or("baseline_s", default.baseline, baseline),
        incident: fields.or("incident_s", default.incident, seconds(5.0, 3_600.0)),
        after_alert: fields.or("after_alert_s", default.after_alert, seconds(0.0, 600.0)),
        drain: fields.or("drain_s", default.drain, seconds(0.0, 600.0)),
    };
    fields.finish();
    Some(phases)
}

fn baseline(node: &Node, problems: &Problems) -> Option<Range<Duration>> {
    let Range { low, high } = drawn(Bounds::seconds(5.0, 3_600.0))(node, problems)?;
    if high - low < NARROWEST_BASELINE_S {
        problems.push(
            Problem::new(node.span.clone(), "too narrow", "the length of the baseline is not drawn")
                .help("write `[low, high]` at least one second apart, so that the onset cannot be guessed"),
        );
        return None;
    }
    Some(Range { low: Duration::from_secs_f64(low), high: Duration::from_secs_f64(high) })
}
