//! What the lab can do for each verb on each kind of component, and why it cannot do the rest.

use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::vocabulary::Verb;
use scenarios::lever::ChangeKind;
use scenarios::plan::PlannedInjection;
use services::{Role, control};

use crate::intervene::sizes;
use crate::script::{Act, Turn};
use crate::setup::Setup;

/// How an action is carried out.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Means {
    pub(super) acts: Vec<Act>,
    /// In the past tense, for reports.
    pub(super) what: String,
}

/// More capacity is this many times as much.
const SCALED: u32 = 2;

/// Means for a verb on a target.
///
/// # Errors
/// The reason why the lab has none.
pub(super) fn means(verb: Verb, target: &Component, setup: &Setup, alert_at: Duration) -> Result<Means, String> {
    match verb {
        Verb::Rollback => take_back(target, setup, alert_at, None),
        Verb::Set => take_back(target, setup, alert_at, Some(ChangeKind::Config)),
        Verb::Purge => purge(target, setup),
        Verb::Scale => scale(target, setup),
        Verb::Drain | Verb::FailOver => {
            Err("every service runs as one instance here: no other can take the work".to_owned())
        }
        Verb::Kill => Err("in virtual time there is no process to kill".to_owned()),
        Verb::Limit => Err("neither users nor policies can be limited while the system runs".to_owned()),
        Verb::Skip => Err("the system has no queue whose items could be skipped".to_owned()),
    }
}

/// The service that a target stands for.
fn service(target: &Component, setup: &Setup) -> Option<String> {
    match target {
        Component::Change(id) => {
            let planned = setup.plan.orders().into_iter().find(|planned| planned.id == *id)?;
            planned.target.owner().map(str::to_owned)
        }
        _ => target.owner().map(str::to_owned),
    }
}

/// Undoes the change that is named, or the last one before the alert of the service that is.
fn take_back(target: &Component, setup: &Setup, alert_at: Duration, only: Option<ChangeKind>) -> Result<Means, String> {
    let orders = setup.plan.orders();
    let owner = service(target, setup);
    let fits = |planned: &&&PlannedInjection| {
        let change = planned.lever.spec().change;
        let named = match target {
            Component::Change(id) => planned.id == *id,
            Component::Version { version, .. } => planned.version.as_ref() == Some(version),
            _ => planned.at <= alert_at,
        };
        named
            && change.is_some()
            && only.is_none_or(|only| change == Some(only))
            && planned.target.owner() == owner.as_deref()
    };
    let planned = orders.iter().rev().find(fits);
    let planned = planned.ok_or_else(|| match only {
        Some(ChangeKind::Config) => format!("no setting of {target} was changed"),
        Some(ChangeKind::Deploy) | None => format!("nothing of {target} was changed"),
    })?;
    let what = format!("{} on {} was taken back", planned.id, planned.target);
    Ok(Means { acts: vec![Act::TakeOff { id: planned.id.clone() }], what })
}

fn purge(target: &Component, setup: &Setup) -> Result<Means, String> {
    match service(target, setup).as_deref().and_then(Role::named) {
        Some(role @ Role::CatalogCache) => {
            let turn = Turn::of_service(role, control::Lever::Purge, 1.0);
            Ok(Means { acts: vec![Act::Turn(turn)], what: "all entries of catalog-cache were dropped".to_owned() })
        }
        Some(Role::Search | Role::Catalog | Role::Database) | None => Err(format!("{target} holds no entries")),
    }
}

/// Twice the permits of the pool that is named, or of the one that a service's own work goes through.
fn scale(target: &Component, setup: &Setup) -> Result<Means, String> {
    let none = || format!("{target} has no capacity that could be raised");
    let pool = match target {
        Component::Resource { resource, .. } => Some(resource.as_str()),
        Component::Service(service) | Component::Instance { service, .. } | Component::Version { service, .. } => {
            Role::named(service).map(sizes::work)
        }
        Component::Edge { .. }
        | Component::Policy { .. }
        | Component::Queue(_)
        | Component::Workload(_)
        | Component::Change(_) => None,
    };
    let role = target.owner().and_then(Role::named).ok_or_else(none)?;
    let (pool, size) = pool.and_then(|pool| sizes::size(&setup.scenario.system, role, pool)).ok_or_else(none)?;
    let what = format!("{}/{pool} was raised from {size} to {}", role.as_str(), size * SCALED);
    Ok(Means { acts: vec![Act::Turn(Turn::of_pool(role, pool, size * SCALED))], what })
}
