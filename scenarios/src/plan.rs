//! Everything of a run that is drawn from its seed: lengths, onset, magnitudes, innocent changes and all ids.

mod background;

use std::time::Duration;

use rca_engine::component::Component;

use crate::draw;
use crate::lever::ChangeKind;
use crate::model::{Injection, Lever, Scenario};

/// An onset keeps this far from a whole second of the run, so that it cannot be told from a clock.
const OFF_THE_SECOND: f64 = 0.05;
/// An operator's question comes this long after the onset that a quiet run would have had: as alerts do.
const QUESTION_S: (f64, f64) = (7.0, 12.0);

/// What one seed makes of a scenario. All times count from the start of the load.
#[derive(Clone, Debug, PartialEq)]
pub struct RunPlan {
    pub seed: u64,
    /// Cut from the evidence.
    pub warm_up: Duration,
    /// From the end of the warm-up to the onset.
    pub baseline: Duration,
    /// `warm_up + baseline`; never on a whole second.
    pub onset: Duration,
    /// Where in its period the sine of the load begins, 0 to 1.
    pub drift_phase: f64,
    /// Only where the truth has no root: when an operator asks, unless the alert fires first.
    pub question: Option<Duration>,
    /// The scenario's own conditions and events, in its order.
    pub injections: Vec<PlannedInjection>,
    /// Innocent changes, by time.
    pub background: Vec<PlannedInjection>,
}

/// A lever with all that was drawn for it.
#[derive(Clone, Debug, PartialEq)]
pub struct PlannedInjection {
    /// The id in the run, for control port and telemetry. It tells nothing: innocent changes look alike.
    pub id: String,
    /// The id in the scenario's file; none for innocent changes.
    pub source: Option<String>,
    pub lever: Lever,
    pub target: Component,
    /// As which change operators see it come; none: not at all.
    pub change: Option<ChangeKind>,
    pub at: Duration,
    /// None: until the end of the run.
    pub until: Option<Duration>,
    pub ramp: Duration,
    pub ratio: f64,
    pub magnitude: f64,
    /// Which build or configuration the target runs once it is in force, such as `v2` or `c3`; none: no change.
    pub version: Option<String>,
}

impl RunPlan {
    /// Every lever of the run by time: what the timeline carries out.
    pub fn orders(&self) -> Vec<&PlannedInjection> {
        let mut orders: Vec<_> = self.injections.iter().chain(&self.background).collect();
        orders.sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.id.cmp(&right.id)));
        orders
    }

    /// The same run without some of its levers, by their ids in the run: all that was drawn for the others stays, and
    /// builds and configurations are numbered anew.
    pub fn without(&self, ids: &[&str]) -> Self {
        let mut plan = self.clone();
        plan.injections.retain(|injection| !ids.contains(&injection.id.as_str()));
        plan.background.retain(|injection| !ids.contains(&injection.id.as_str()));
        number_versions(&mut plan);
        plan
    }
}

/// Draws a run. Each draw depends on the seed and its own name alone.
pub fn plan(scenario: &Scenario, seed: u64) -> RunPlan {
    let phases = &scenario.phases;
    let baseline = baseline(scenario, seed);
    let onset = phases.warm_up + baseline;
    let end = onset + phases.incident;
    let conditions = scenario.conditions.iter().map(|injection| injected(injection, Duration::ZERO, seed));
    let events = scenario.events.iter().map(|injection| injected(injection, onset + injection.after_onset, seed));
    let injections: Vec<_> = conditions.chain(events).collect();
    let background = background::changes(&scenario.system, &injections, end, seed);
    let question = scenario.truth.roots.is_empty().then(|| {
        let (low, high) = QUESTION_S;
        onset + Duration::from_secs_f64(draw::between(seed, "question", low, high)).min(phases.incident)
    });
    let mut plan = RunPlan {
        seed,
        warm_up: phases.warm_up,
        baseline,
        onset,
        drift_phase: draw::unit(seed, "drift phase"),
        question,
        injections,
        background,
    };
    number_versions(&mut plan);
    plan
}

/// The length of the baseline, in milliseconds, such that the onset is off the whole second.
fn baseline(scenario: &Scenario, seed: u64) -> Duration {
    let range = scenario.phases.baseline;
    let (low, high) = (range.low.as_secs_f64(), range.high.as_secs_f64());
    let warm_up = scenario.phases.warm_up.as_secs_f64();
    // The range is at least a second wide, so a draw that falls near a whole second has room on one side.
    let onset = warm_up + draw::between(seed, "baseline", low, high);
    let fraction = onset.fract().clamp(OFF_THE_SECOND, 1.0 - OFF_THE_SECOND);
    let moved = onset.floor() + fraction - warm_up;
    let kept = if moved > high { moved - 2.0 * OFF_THE_SECOND } else { moved };
    let millis = (kept.max(low) * 1_000.0).round() as u64;
    Duration::from_millis(millis)
}

fn injected(injection: &Injection, at: Duration, seed: u64) -> PlannedInjection {
    let Injection { id, lever, target, change, lasts, ramp, ratio, magnitude, .. } = injection;
    let drawn = |what: &str, low, high| draw::between(seed, &format!("{what} of {id}"), low, high);
    let whole = lever.spec().magnitude.is_some_and(|unit| unit.whole);
    // Each whole number of the range is as likely as the others.
    let magnitude = if whole {
        drawn("magnitude", magnitude.low, magnitude.high + 1.0).floor().min(magnitude.high)
    } else {
        drawn("magnitude", magnitude.low, magnitude.high)
    };
    PlannedInjection {
        id: change_id(*change, seed, &format!("id of {id}")),
        source: Some(id.clone()),
        lever: *lever,
        target: target.clone(),
        change: *change,
        at,
        until: lasts.map(|lasts| at + lasts),
        ramp: *ramp,
        ratio: drawn("ratio", ratio.low, ratio.high),
        magnitude,
        version: None,
    }
}

/// `deploy-3fa2`, `config-91c0`: guilty and innocent alike. A lever that nobody sees gets a neutral id.
fn change_id(change: Option<ChangeKind>, seed: u64, label: &str) -> String {
    let word = match change {
        Some(ChangeKind::Deploy) => "deploy",
        Some(ChangeKind::Config) => "config",
        None => "order",
    };
    format!("{word}-{:04x}", draw::bits(seed, label) & 0xffff)
}

/// Builds and configurations are numbered per service from 1, whichever of its instances get them; each change is the next
/// number.
fn number_versions(plan: &mut RunPlan) {
    let mut order: Vec<&mut PlannedInjection> = plan.injections.iter_mut().chain(&mut plan.background).collect();
    order.sort_by(|left, right| left.at.cmp(&right.at).then_with(|| left.id.cmp(&right.id)));
    let mut numbers = std::collections::BTreeMap::new();
    for injection in order {
        let Some((change, service)) = injection.change.zip(injection.target.owner()) else { continue };
        let number = numbers.entry((service.to_owned(), change)).or_insert(1_u32);
        *number += 1;
        let letter = match change {
            ChangeKind::Deploy => 'v',
            ChangeKind::Config => 'c',
        };
        injection.version = Some(format!("{letter}{number}"));
    }
}
