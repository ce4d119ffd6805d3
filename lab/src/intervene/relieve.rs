//! Relieving bounded resources from the onset on: the bottleneck eases the alert without touching the root, others do not.

use rca_engine::component::Component;
use rca_engine::vocabulary::Mode;
use scenarios::ledger::Bottleneck;
use scenarios::topology::RESOURCES;
use services::{Role, control};

use super::course::fall;
use super::effects;
use super::finding::{Figure, Finding, percent};
use super::observed::{Observed, observe};
use super::{Case, VerifyError, sizes};
use crate::script::{Script, Turn};

/// The excess falls by at least this share where the bottleneck is relieved.
const BOTTLENECK_FALL: f64 = 0.7;
/// It falls by at most this share where another resource is.
const OTHER_FALL: f64 = 0.3;
/// The root's signature moves by at most this share.
const SIGNATURE: f64 = 0.2;
/// What is slow or visited too often works in this share of its time.
const PACE: f64 = 0.25;

/// Relieves the bottleneck, and each other bounded resource.
pub(super) fn resources(case: &Case<'_>) -> Result<Vec<Finding>, VerifyError> {
    let bottlenecks = &case.truth.bottlenecks;
    let mut findings = Vec::new();
    for bottleneck in bottlenecks.iter().take(1) {
        let name = format!("relieve(bottleneck {})", bottleneck.component);
        if case.wants(&name) {
            findings.push(relieve_bottleneck(case, name, bottleneck)?);
        }
    }
    for (service, resource) in RESOURCES {
        let component = Component::Resource { service: service.to_owned(), resource: resource.to_owned() };
        let name = format!("relieve({component})");
        if bottlenecks.iter().any(|bottleneck| bottleneck.component == component) || !case.wants(&name) {
            continue;
        }
        let Some(turn) = unlimited(case, &component) else {
            findings.push(Finding::unavailable(name, "it has no bound"));
            continue;
        };
        let (_, fallen) = relieved(case, turn)?;
        let broken = (fallen > OTHER_FALL).then(|| format!("the excess falls by {}", percent(fallen)));
        findings.push(Finding::of(name, broken, Some(Figure::share("excess falls by", fallen))));
    }
    Ok(findings)
}

fn relieve_bottleneck(case: &Case<'_>, name: String, bottleneck: &Bottleneck) -> Result<Finding, VerifyError> {
    let component = &bottleneck.component;
    let mut roots = case.truth.roots.iter().flat_map(|root| &root.any_of);
    if roots.any(|root| root == component || root.owner().is_some_and(|owner| Some(owner) == component.owner())) {
        return Ok(Finding::unavailable(name, "the bottleneck is on the root's own service"));
    }
    let turn = match relief(case, bottleneck) {
        Ok(turn) => turn,
        Err(why) => return Ok(Finding::unavailable(name, why)),
    };
    let (run, fallen) = relieved(case, turn)?;
    let window = case.control.incident();
    let signature = |run: &Observed| effects::signature(run, &case.setup.scenario, &case.truth, &window);
    let moved = signature(&case.control).zip(signature(&run)).and_then(|(before, after)| fall(before, after));
    let broken = if fallen < BOTTLENECK_FALL {
        Some(format!("the excess falls by {} alone", percent(fallen)))
    } else if case.truth.sustaining.is_some() {
        // A loop that is broken at any place ends as a whole: its root has no signature left that could stay.
        None
    } else {
        match moved {
            Some(moved) if moved.abs() > SIGNATURE => {
                Some(format!("the root's own signature moves by {}", percent(moved)))
            }
            Some(_) => None,
            None => Some("the scenario expects nothing of the root's own service that could be measured".to_owned()),
        }
    };
    Ok(Finding::of(name, broken, Some(Figure::share("excess falls by", fallen))))
}

/// What takes a bottleneck away, by its mode.
fn relief(case: &Case<'_>, bottleneck: &Bottleneck) -> Result<Turn, String> {
    match (bottleneck.mode, &bottleneck.component) {
        (Mode::Saturated, component) => {
            unlimited(case, component).ok_or_else(|| format!("{component} has no bound that could be lifted"))
        }
        (Mode::Slow | Mode::Visits, Component::Resource { service, resource }) => {
            let role = Role::named(service).filter(|role| sizes::work(*role) == resource);
            let role = role.ok_or_else(|| format!("{service}/{resource} does no work of its own"))?;
            Ok(Turn::of_service(role, control::Lever::Slow, PACE))
        }
        (Mode::Slow | Mode::Visits, component) => Err(format!("no lever makes {component} faster")),
        (Mode::Blocked, _) => Err("no lever releases what is held".to_owned()),
    }
}

fn unlimited(case: &Case<'_>, component: &Component) -> Option<Turn> {
    let Component::Resource { service, resource } = component else { return None };
    let role = Role::named(service)?;
    let (pool, _) = sizes::size(&case.setup.scenario.system, role, resource)?;
    Some(Turn::of_pool(role, pool, sizes::UNLIMITED))
}

/// The run with something turned at the onset, and the share by which the alert's excess falls.
fn relieved(case: &Case<'_>, turn: Turn) -> Result<(Observed, f64), VerifyError> {
    let script = Script { turns: vec![(case.setup.plan.onset, turn)], ..case.as_long() };
    let run = observe(case.setup, script).map_err(VerifyError::Run)?;
    let window = case.aftermath(&[]);
    // A control without an excess would not have fired.
    let fallen = fall(case.control.course.excess(&window), run.course.excess(&window)).unwrap_or(0.0);
    Ok((run, fallen))
}
