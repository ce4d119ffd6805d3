//! `alert`: the rule that fires.

use std::time::Duration;

use contract::metric::LATENCY_BOUNDS;

use super::fields::Fields;
use super::value::{Bounds, SHARE, choice, number, seconds};
use crate::model::{AlertRule, Sli};
use crate::problem::{Problem, Problems};
use crate::yaml::Node;

const SLIS: &[(&str, Sli)] = &[("latency", Sli::Latency), ("degraded", Sli::Degraded)];

/// The statistic where the file names none.
const QUANTILE: f64 = 0.99;

/// `quiet`: nothing is wrong in this scenario, so the rule may be one that noise fires.
pub(super) fn alert(node: &Node, quiet: bool, problems: &Problems) -> Option<AlertRule> {
    let fields = Fields::open(node, "`alert`", problems)?;
    let sli = fields.required("sli", "`latency` or `degraded`", choice(SLIS));
    let quantile_node = fields.find("quantile");
    let quantile = quantile_node.map_or(Some(QUANTILE), |node| {
        number(Bounds { low: 0.5, high: 0.999, unit: "", whole: false })(node, problems)
    });
    let window = fields.required("window_s", "how much the rule averages over", seconds(1.0, 600.0));
    let above_node = fields.need("above", "seconds for latency, a share for degraded");
    let above = above_node.and_then(|node| threshold(node, sli?, problems));
    let for_node = fields.need("for_s", "how long the breach must last");
    let for_ = for_node.and_then(|node| seconds(0.0, 3_600.0)(node, problems));
    if let (Some(Sli::Degraded), Some(node)) = (sli, quantile_node) {
        problems.push(Problem::new(node.span.clone(), "here", "a share has no quantile").help("remove `quantile`"));
    }
    if let (Some(window), Some(for_), Some(node), false) = (window, for_, for_node, quiet) {
        outlasts(window, for_, node, problems);
    }
    fields.finish();
    Some(AlertRule { sli: sli?, quantile: quantile?, window: window?, above: above?, for_: for_? })
}

/// A rule whose patience ends within its window is fired by a single stall.
fn outlasts(window: Duration, for_: Duration, node: &Node, problems: &Problems) {
    if for_ <= window {
        problems.push(
            Problem::new(node.span.clone(), "too short", "one stall would fire this rule")
                .help(format!("`for_s` is longer than `window_s`: above {}", window.as_secs_f64())),
        );
    }
}

fn threshold(node: &Node, sli: Sli, problems: &Problems) -> Option<f64> {
    match sli {
        Sli::Degraded => number(SHARE)(node, problems),
        Sli::Latency => {
            let above = number(Bounds::seconds(0.001, 60.0))(node, problems)?;
            if LATENCY_BOUNDS.iter().any(|bound| (bound - above).abs() < f64::EPSILON) {
                return Some(above);
            }
            let known: Vec<String> = LATENCY_BOUNDS.iter().map(ToString::to_string).collect();
            problems.push(
                Problem::new(node.span.clone(), "between two bounds", "the histogram cannot tell this threshold")
                    .help(format!("use one of its bounds: {}", known.join(", "))),
            );
            None
        }
    }
}
