//! Leaving levers out from the start: the guilty ones prevent the alert, the innocent ones change nothing.

use rca_engine::component::Component;
use rca_engine::investigation::Investigation;

use super::effects;
use super::finding::{Figure, Finding, percent};
use super::observed::{Observed, observe, observe_and_judge};
use super::{Case, VerifyError};
use crate::judge::Judgement;
use crate::setup::Setup;

/// What may be left of an effect that is gone, as a share of it.
const LEFT: f64 = 0.1;
const INNOCENT: &str = "omit(innocent changes)";

/// Omits each root, and the trigger where there is one beside it.
pub(super) fn guilty(case: &Case<'_>) -> Result<Vec<Finding>, VerifyError> {
    let truth = &case.truth;
    let mut findings = Vec::new();
    for (root, number) in truth.roots.iter().zip(1..) {
        let name = if truth.roots.len() > 1 { format!("omit(root {number})") } else { "omit(root)".to_owned() };
        findings.extend(without(case, name, &levers_of(case.setup, &root.any_of))?);
    }
    if let Some(trigger) = &truth.trigger {
        let levers = levers_of(case.setup, std::slice::from_ref(trigger));
        findings.extend(without(case, "omit(trigger)".to_owned(), &levers)?);
    }
    Ok(findings)
}

/// The levers of the plan that a component stands for: the change itself, or what does harm to its service.
pub(super) fn levers_of(setup: &Setup, names: &[Component]) -> Vec<String> {
    let injections = setup.plan.injections.iter();
    let stands = injections.filter(|injection| {
        names.iter().any(|name| match name {
            Component::Change(id) => *id == injection.id,
            _ if *name == injection.target => injection.lever.spec().harms,
            _ => injection.lever.spec().harms && name.owner().is_some() && name.owner() == injection.target.owner(),
        })
    });
    stands.map(|injection| injection.id.clone()).collect()
}

fn without(case: &Case<'_>, name: String, ids: &[String]) -> Result<Option<Finding>, VerifyError> {
    if !case.wants(&name) {
        return Ok(None);
    }
    if ids.is_empty() {
        return Ok(Some(Finding::unavailable(name, "no lever of the scenario stands for it")));
    }
    let run = observe(&leave_out(case.setup, ids), case.as_long()).map_err(VerifyError::Run)?;
    let window = case.aftermath(ids);
    let mut broken = run.fired().then(|| "the alert fired all the same".to_owned());
    let mut most_left = 0.0_f64;
    for edge in &case.truth.edges {
        let (Ok(with), Ok(without)) =
            (effects::excess(&case.control, edge, &window), effects::excess(&run, edge, &window))
        else {
            continue;
        };
        let left = if with > 0.0 { without / with } else { 0.0 };
        most_left = most_left.max(left);
        if left > LEFT {
            broken.get_or_insert_with(|| format!("{} of {} from {} is left", percent(left), edge.effect, edge.from));
        }
    }
    Ok(Some(Finding::of(name, broken, Some(Figure::share("most left of an edge's effect", most_left)))))
}

/// Omits what has nothing to do with it: decoys, levers that the truth does not name, and the innocent changes of the run.
pub(super) fn innocent(case: &Case<'_>) -> Result<Vec<Finding>, VerifyError> {
    let truth = &case.truth;
    let decoys = levers_of(case.setup, &truth.decoys);
    let guilty = truth.roots.iter().flat_map(|root| &root.any_of).chain(&truth.trigger).chain(&truth.sustaining);
    let named: Vec<Component> = guilty.chain(&truth.decoys).cloned().collect();
    let named = levers_of(case.setup, &named);
    let own = case.setup.plan.injections.iter().map(|injection| injection.id.clone());
    let unnamed: Vec<String> = own.filter(|id| !named.contains(id)).collect();
    let changes: Vec<String> = case.setup.plan.background.iter().map(|change| change.id.clone()).collect();
    let mut findings = Vec::new();
    // A decoy may do something, as long as nothing comes of it; an innocent change does nothing at all.
    for (name, ids, exactly) in
        [("omit(decoys)", decoys, false), ("omit(unnamed levers)", unnamed, false), (INNOCENT, changes, true)]
    {
        if ids.is_empty() || !case.wants(name) {
            continue;
        }
        let setup = leave_out(case.setup, &ids);
        let (run, judgement) = observe_and_judge(&setup)?;
        let moved = if exactly { differs(case, &run) } else { None };
        let broken = moved.or_else(|| turns(case, &setup, &run, &judgement));
        findings.push(Finding::of(name, broken, None));
    }
    Ok(findings)
}

/// What is not as it was: draws are keyed, so every figure of the alert and of the ledger must be the same to the last bit.
fn differs(case: &Case<'_>, run: &Observed) -> Option<String> {
    let (one, two) = (&case.control.raw, &run.raw);
    if one.conducted.fired != two.conducted.fired || one.conducted.moments != two.conducted.moments {
        return Some("the alert fired at another time".to_owned());
    }
    if one.conducted.sli != two.conducted.sli {
        return Some("the alert's quantity is another one".to_owned());
    }
    (one.remains.ledger != two.remains.ledger).then(|| "the ledger is another one".to_owned())
}

/// What turns out otherwise: whether there is an alert, and the roles by ledger and by verdict.
fn turns(case: &Case<'_>, setup: &Setup, run: &Observed, judgement: &Judgement) -> Option<String> {
    if case.control.fired() != run.fired() {
        let now = if run.fired() { "fires only now" } else { "does not fire any more" };
        return Some(format!("the alert {now}"));
    }
    if case.truth.bottlenecks != judgement.truth.bottlenecks {
        return Some("the ledger names another bottleneck".to_owned());
    }
    let (before, after) = (roles(&case.investigation, case.setup), roles(&judgement.investigation, setup));
    (before != after).then(|| format!("the verdict was {before}, and is {after}"))
}

/// Outcome, root and bottleneck of a verdict; builds are numbered by all deploys before them, so only the service counts.
fn roles(investigation: &Investigation, setup: &Setup) -> String {
    let roles = &investigation.core.roles;
    let unnumbered = |component: &Component| match component {
        Component::Version { service, .. } => format!("a build of {service}"),
        Component::Change(id) => {
            let known = setup.plan.injections.iter().find(|injection| injection.id == *id);
            known.map_or_else(|| format!("innocent {component}"), |known| format!("guilty change of {}", known.target))
        }
        other => other.to_string(),
    };
    let roots: Vec<String> = roles.root.iter().map(|root| unnumbered(&root.component)).collect();
    format!("{}, {}, bottleneck {:?}", investigation.core.outcome, roots.join(" and "), roles.bottleneck)
}

/// The same run without some of its levers.
pub(super) fn leave_out(setup: &Setup, ids: &[String]) -> Setup {
    let ids: Vec<&str> = ids.iter().map(String::as_str).collect();
    Setup { plan: setup.plan.without(&ids), ..setup.clone() }
}
