//! What the damage looks like in the metrics: the effect on each edge of the truth, and the root's own signature.

use std::ops::Range;

use contract::{metric, span};
use rca_engine::component::Component;
use rca_engine::vocabulary::Effect;
use scenarios::ledger::{Entry, Phase};
use scenarios::model::{Scenario, Statistic};
use scenarios::truth::{TrueEdge, TruthRecord};

use super::observed::Observed;
use crate::tally::Selection;

/// How abnormal an edge is: what its effect adds to the baseline. None where the lab does not measure such an effect,
/// with the reason.
pub(super) fn excess(run: &Observed, edge: &TrueEdge, window: &Range<u64>) -> Result<f64, String> {
    let of = |window: &Range<u64>| strength(run, edge, window);
    let (before, after) = (of(&run.baseline())?, of(window)?);
    Ok((after - before).max(0.0))
}

/// Errors and latency are those of the harmed one's calls to the one that harms; load is the calls that the one that
/// harms makes, per search, so that the drift of the load is no effect.
pub(super) fn strength(run: &Observed, edge: &TrueEdge, window: &Range<u64>) -> Result<f64, String> {
    let ends = edge.from.owner().zip(edge.to.owner());
    let (from, to) = ends.ok_or_else(|| format!("{} to {} is no step between services", edge.from, edge.to))?;
    let calls = |caller, callee, having| {
        let with = vec![(span::PEER_SERVICE, callee)];
        run.tally.growth(&Selection { name: metric::HTTP_CLIENT_DURATION, service: caller, with, having }, window)
    };
    match edge.effect {
        Effect::Error => {
            let all = calls(to, from, None).count;
            Ok(if all > 0.0 { calls(to, from, Some(span::ERROR_TYPE)).count / all } else { 0.0 })
        }
        Effect::Latency => Ok(calls(to, from, None).mean().unwrap_or(0.0)),
        Effect::Load => {
            let searches = served(run, scenarios::topology::ENTRY, window);
            Ok(if searches > 0.0 { calls(from, to, None).count / searches } else { 0.0 })
        }
        other => Err(format!("the lab measures no {other} on an edge yet")),
    }
}

/// The first movement that the scenario expects of a root's own service, per request of that service where it is a rate;
/// of a root that is the workload what users ask for.
/// None where the scenario lists none that can be told.
pub(super) fn signature(run: &Observed, scenario: &Scenario, truth: &TruthRecord, window: &Range<u64>) -> Option<f64> {
    let names = || truth.roots.iter().flat_map(|root| &root.any_of);
    if names().any(|name| matches!(name, Component::Workload(_))) {
        return Some(asked(run, window));
    }
    let roots: Vec<&str> = names().filter_map(Component::owner).collect();
    scenario.expect.moves.iter().find_map(|movement| {
        let service = movement.component.owner().filter(|owner| roots.contains(owner))?;
        let with = movement.attributes.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect();
        let selection = Selection { name: &movement.metric, service, with, having: None };
        let growth = run.tally.growth(&selection, window);
        match movement.statistic {
            Statistic::Rate => {
                let requests = served(run, service, window);
                (requests > 0.0).then(|| growth.count / requests)
            }
            Statistic::Mean | Statistic::P99 => growth.mean(),
            Statistic::Level => None,
        }
    })
}

/// Searches that users began: by the ledger, because what is answered in a window tells how fast the system is, too.
fn asked(run: &Observed, window: &Range<u64>) -> f64 {
    let ledger = run.raw.remains.ledger.iter();
    let began =
        |entry: &&Entry| entry.parent.is_none() && entry.phase == Phase::Handle && window.contains(&entry.from_ns);
    ledger.filter(began).count() as f64
}

/// Requests that a service answered.
fn served(run: &Observed, service: &str, window: &Range<u64>) -> f64 {
    let selection = Selection { name: metric::HTTP_SERVER_DURATION, service, ..Selection::default() };
    run.tally.growth(&selection, window).count
}
