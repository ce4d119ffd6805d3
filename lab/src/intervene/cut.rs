//! Cutting the edges of the truth one by one: what lies beyond returns to its baseline, what lies before stays abnormal.

use std::collections::BTreeSet;
use std::ops::Range;

use rca_engine::component::Component;
use rca_engine::vocabulary::Effect;
use scenarios::truth::{TrueEdge, TruthRecord};
use services::{Role, control};

use super::course::fall;
use super::effects;
use super::finding::{Figure, Finding, percent};
use super::observed::{Observed, observe};
use super::{Case, VerifyError};
use crate::script::{Script, Turn};

/// What lies beyond loses at least this share of its excess.
const BEYOND_FALLS: f64 = 0.7;
/// What lies before loses at most this share.
const BEFORE_FALLS: f64 = 0.5;

/// Cuts each edge whose effect the lab can replace.
pub(super) fn edges(case: &Case<'_>) -> Result<Vec<Finding>, VerifyError> {
    let named =
        case.truth.edges.iter().map(|edge| format!("cut({} {} {})", plain(&edge.from), edge.effect, plain(&edge.to)));
    let wanted = named.enumerate().filter(|(_, name)| case.wants(name));
    wanted.map(|(index, name)| cut(case, name, index)).collect()
}

fn cut(case: &Case<'_>, name: String, index: usize) -> Result<Finding, VerifyError> {
    let edge = &case.truth.edges[index];
    let turn = match severing(&case.control, edge, &case.control.incident()) {
        Ok(turn) => turn,
        Err(why) => return Ok(Finding::unavailable(name, why)),
    };
    let script = Script { turns: vec![(case.setup.plan.onset, turn)], ..case.as_long() };
    let run = observe(case.setup, script).map_err(VerifyError::Run)?;
    let window = case.aftermath(&[]);
    let sides = Sides::of(&case.truth, index);
    let lost = |edge: &TrueEdge| {
        let strengths = (effects::excess(&case.control, edge, &window), effects::excess(&run, edge, &window));
        if let (Ok(with), Ok(without)) = strengths { fall(with, without) } else { None }
    };
    let alert_lost = fall(case.control.course.excess(&window), run.course.excess(&window)).unwrap_or(0.0);
    let told =
        |edge: &TrueEdge, lost: f64| format!("{} from {} falls by {}", edge.effect, plain(&edge.from), percent(lost));
    let all = case.truth.edges.iter().enumerate();
    let mut broken: Vec<String> = all
        .filter_map(|(other, edge)| {
            let lost = lost(edge)?;
            let wrong = (sides.beyond.contains(&other) && lost < BEYOND_FALLS)
                || (sides.before.contains(&other) && lost > BEFORE_FALLS);
            wrong.then(|| told(edge, lost))
        })
        .collect();
    if sides.alert_beyond && alert_lost < BEYOND_FALLS {
        broken.push(format!("the alert's excess falls by {}", percent(alert_lost)));
    }
    let broken = (!broken.is_empty()).then(|| broken.join("; "));
    Ok(Finding::of(name, broken, Some(Figure::share("the alert's excess falls by", alert_lost))))
}

/// What replaces the effect of an edge by the baseline's, as the control showed it.
fn severing(control: &Observed, edge: &TrueEdge, incident: &Range<u64>) -> Result<Turn, String> {
    let role = |component: &Component| {
        let owner = component.owner().and_then(Role::named);
        owner.ok_or_else(|| format!("{component} is no service that calls or is called"))
    };
    let (from, to) = (role(&edge.from)?, role(&edge.to)?);
    let usual = effects::strength(control, edge, &control.baseline())?;
    let turn = |caller: Role, callee: Role, lever, magnitude, ratio| {
        if !caller.callees().contains(&callee) {
            return Err(format!("{} does not call {}", caller.as_str(), callee.as_str()));
        }
        let target = format!("{}/{}", caller.as_str(), callee.as_str());
        Ok(Turn { role: caller, lever, target, magnitude, ratio })
    };
    match edge.effect {
        Effect::Error => turn(to, from, control::Lever::CutErrors, 0.0, usual),
        Effect::Latency => turn(to, from, control::Lever::CutLatency, usual * 1e3, 1.0),
        Effect::Load => {
            let now = effects::strength(control, edge, incident)?;
            let through = if now > 0.0 { (usual / now).min(1.0) } else { 1.0 };
            let back = TrueEdge { from: edge.to.clone(), to: edge.from.clone(), effect: Effect::Latency };
            let mean = effects::strength(control, &back, &control.baseline())?;
            turn(from, to, control::Lever::CutLoad, mean * 1e3, through)
        }
        other => Err(format!("no lever replaces {other} yet")),
    }
}

/// What a cut edge parts: by index into the truth's edges.
struct Sides {
    /// Reached from the roots over the cut edge alone.
    beyond: BTreeSet<usize>,
    /// Leads to the cut edge, and is reached without it.
    before: BTreeSet<usize>,
    /// Whether the symptom is reached over the cut edge alone.
    alert_beyond: bool,
}

impl Sides {
    fn of(truth: &TruthRecord, cut: usize) -> Self {
        let roots: Vec<&str> = truth.roots.iter().flat_map(|root| &root.any_of).filter_map(Component::owner).collect();
        let at_root = |edge: &TrueEdge| edge.from.owner().is_some_and(|owner| roots.contains(&owner));
        let starts = || (0..truth.edges.len()).filter(|index| at_root(&truth.edges[*index]));
        let without = reached(truth, starts().filter(|start| *start != cut), Some(cut));
        let with = reached(truth, starts(), None);
        // Where a loop sustains itself, what comes before one of its edges comes after it, too, and ends with it.
        let looped = truth.sustaining.as_ref().map(|_| reached(truth, std::iter::once(cut), None)).unwrap_or_default();
        let leads =
            |index: &usize| !looped.contains(index) && reached(truth, std::iter::once(*index), None).contains(&cut);
        let symptom = |edges: &BTreeSet<usize>| edges.iter().any(|index| truth.edges[*index].to == truth.symptom);
        Self {
            beyond: with.iter().copied().filter(|index| *index != cut && !without.contains(index)).collect(),
            before: without.iter().copied().filter(leads).collect(),
            alert_beyond: symptom(&with) && !symptom(&without),
        }
    }
}

/// Edges that follow each other from the given ones on, never over `barred`.
fn reached(truth: &TruthRecord, from: impl Iterator<Item = usize>, barred: Option<usize>) -> BTreeSet<usize> {
    let mut open: Vec<usize> = from.collect();
    let mut found = BTreeSet::new();
    while let Some(index) = open.pop() {
        if Some(index) == barred || !found.insert(index) {
            continue;
        }
        let at = &truth.edges[index].to;
        open.extend((0..truth.edges.len()).filter(|next| truth.edges[*next].from == *at));
    }
    found
}

fn plain(component: &Component) -> String {
    component.owner().map_or_else(|| component.to_string(), str::to_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The founding story: the cache fails, catalog loads the database, which slows catalog, which slows search.
    fn founding() -> TruthRecord {
        let text = scenarios::catalog::find("cache_poison_pill").expect("it is in the catalog");
        let scenario = scenarios::parse("cache_poison_pill", text).expect("the catalog is sound");
        TruthRecord::resolve(&scenario, &scenarios::plan::plan(&scenario, 1), None)
    }

    #[test]
    fn what_is_beyond_a_cut_is_only_what_the_truth_reaches_no_other_way() {
        let sides = |cut| {
            let sides = Sides::of(&founding(), cut);
            let list = |set: &BTreeSet<usize>| set.iter().map(ToString::to_string).collect::<Vec<_>>().join(" ");
            format!("before [{}] beyond [{}] alert {}", list(&sides.before), list(&sides.beyond), sides.alert_beyond)
        };
        let all: Vec<String> = (0..4).map(sides).collect();
        insta::assert_snapshot!(all.join("\n"), @"
        before [] beyond [1 2 3] alert true
        before [0] beyond [2] alert false
        before [0 1] beyond [] alert false
        before [0 1 2] beyond [] alert true
        ");
    }
}
