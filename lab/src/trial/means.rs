//! What the lab can do for each verb on each kind of component, and why it cannot do the rest.

use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::vocabulary::Verb;
use scenarios::lever::ChangeKind;
use scenarios::plan::PlannedInjection;
use services::{Role, control};

use crate::intervene::sizes;
use crate::intervene::sustain::without_retries;
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
        Verb::Drain => drain(target, setup),
        Verb::FailOver => Err("there is nothing beside the system that could take over".to_owned()),
        Verb::Kill => Err("in virtual time there is no process to kill".to_owned()),
        Verb::Limit => limit(target, setup),
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

/// One attempt a call where retries are limited; the usual requests alone where the workload is.
fn limit(target: &Component, setup: &Setup) -> Result<Means, String> {
    let turns = without_retries(target);
    if !turns.is_empty() {
        return Ok(Means { acts: turns.into_iter().map(Act::Turn).collect(), what: format!("{target} was taken off") });
    }
    let beyond = setup.plan.orders().into_iter().filter(|planned| matches!(planned.target, Component::Workload(_)));
    let acts: Vec<Act> = beyond.map(|planned| Act::TakeOff { id: planned.id.clone() }).collect();
    match target {
        Component::Workload(_) if !acts.is_empty() => {
            Ok(Means { acts, what: "requests beyond the usual ones were turned away before they came in".to_owned() })
        }
        Component::Workload(_) => Err("no more requests than usual come in".to_owned()),
        _ => Err(format!("nothing limits {target} while the system runs")),
    }
}

/// Undoes the change that is named, or the last one before the alert of the service that is.
fn take_back(target: &Component, setup: &Setup, alert_at: Duration, only: Option<ChangeKind>) -> Result<Means, String> {
    let orders = setup.plan.orders();
    let owner = service(target, setup);
    let fits = |planned: &&&PlannedInjection| {
        let change = planned.change;
        let named = match target {
            Component::Change(id) => planned.id == *id,
            Component::Version { version, .. } => planned.version.as_ref() == Some(version),
            // What is set back is the limit itself, whichever change lowered it.
            Component::Resource { .. } => planned.target == *target,
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

/// The callers leave the instance out that is named, or the one that runs the build that is.
fn drain(target: &Component, setup: &Setup) -> Result<Means, String> {
    let alone = |planned: &PlannedInjection| match target {
        Component::Version { service, version } if planned.version.as_ref() == Some(version) => {
            planned.target.owner() == Some(service)
        }
        _ => false,
    };
    let instance = match target {
        Component::Instance { .. } => Some(target),
        _ => setup.plan.orders().into_iter().find(|planned| alone(planned)).map(|planned| &planned.target),
    };
    let Some(Component::Instance { service, instance }) = instance else {
        return Err(format!("{target} is no instance beside which others could take the work"));
    };
    // Each build of an instance has an id of its own, which begins with the instance's number.
    let number = instance.split('.').next().and_then(|number| number.parse::<u32>().ok());
    let number = number.filter(|number| setup.scenario.system.instances(service).all().contains(number));
    let number = number.ok_or_else(|| format!("{service} has no instance {instance}"))?;
    if setup.scenario.system.instances(service).all().count() < 2 {
        return Err(format!("{service} has one instance alone: no other can take the work"));
    }
    let callee = Role::named(service).ok_or_else(|| format!("there is no {service}"))?;
    let callers = Role::CALLEES_FIRST.into_iter().filter(|role| role.callees().contains(&callee));
    let turn = |role: Role| Turn {
        role,
        lever: control::Lever::Drain,
        target: format!("{}/{service}", role.as_str()),
        magnitude: f64::from(number),
        ratio: 1.0,
    };
    let acts: Vec<Act> = callers.map(|role| Act::Turn(turn(role))).collect();
    if acts.is_empty() {
        return Err(format!("users call {service}: they cannot be told to leave an instance out"));
    }
    Ok(Means { acts, what: format!("callers left {service}-{number} out") })
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::setup::Mode;

    /// What each verb would do to each target in the founding story, forty seconds into it.
    fn told(verb: Verb, target: &str) -> String {
        let setup = Setup::new("cache_poison_pill", Mode::Sim, 5).expect("it is in the catalog");
        let target = target.parse().expect("the test names components");
        match means(verb, &target, &setup, Duration::from_secs(40)) {
            Ok(Means { acts, what }) => format!("{what}: {}", acts.len()),
            Err(reason) => format!("cannot: {reason}"),
        }
    }

    #[test]
    fn what_can_be_taken_back_is_the_change_that_is_named_or_the_last_one_before_the_alert() {
        let setup = Setup::new("cache_poison_pill", Mode::Sim, 5).expect("it is in the catalog");
        let guilty = &setup.plan.injections[0];
        let version = guilty.version.as_deref().unwrap_or_default();
        let back = format!("{} on service:catalog-cache was taken back: 1", guilty.id);
        assert_eq!(told(Verb::Rollback, &format!("change:{}", guilty.id)), back);
        assert_eq!(told(Verb::Rollback, &format!("version:catalog-cache@{version}")), back);
        assert_eq!(
            told(Verb::Rollback, "version:catalog-cache@v9"),
            "cannot: nothing of version:catalog-cache@v9 was changed"
        );
        assert_eq!(told(Verb::Rollback, "change:deploy-none"), "cannot: nothing of change:deploy-none was changed");
        // A deploy is no setting that could be set back.
        assert!(told(Verb::Set, &format!("change:{}", guilty.id)).starts_with("cannot: no setting of"));
    }

    #[test]
    fn what_keeps_a_storm_up_or_comes_beyond_the_usual_can_be_limited() {
        let limited = |scenario: &str, target: &str| {
            let setup = Setup::new(scenario, Mode::Sim, 5).expect("it is in the catalog");
            let target = target.parse().expect("the test names components");
            match means(Verb::Limit, &target, &setup, Duration::from_secs(40)) {
                Ok(Means { acts, what }) => format!("{what}: {}", acts.len()),
                Err(reason) => format!("cannot: {reason}"),
            }
        };
        assert_eq!(limited("retry_storm", "policy:catalog/retry"), "policy:catalog/retry was taken off: 2");
        let usual = "requests beyond the usual ones were turned away before they came in: 1";
        assert_eq!(limited("traffic_surge", "workload"), usual);
        assert_eq!(limited("retry_storm", "workload"), "cannot: no more requests than usual come in");
        assert_eq!(
            limited("retry_storm", "service:catalog"),
            "cannot: nothing limits service:catalog while the system runs"
        );
    }

    #[test]
    fn what_the_lab_cannot_do_is_said_and_never_done() {
        insta::assert_snapshot!([
            told(Verb::Purge, "version:catalog-cache@v2"),
            told(Verb::Purge, "service:database"),
            told(Verb::Scale, "resource:database/pool"),
            told(Verb::Scale, "service:search"),
            told(Verb::Scale, "edge:catalog->database"),
            told(Verb::Limit, "workload"),
            told(Verb::Drain, "service:catalog"),
            told(Verb::Drain, "instance:catalog/2.2"),
            told(Verb::Drain, "instance:search/2"),
            told(Verb::Drain, "instance:catalog-cache/1"),
            told(Verb::FailOver, "edge:catalog->database"),
            told(Verb::Kill, "service:database"),
            told(Verb::Skip, "queue:products"),
        ].join("\n"), @"
        all entries of catalog-cache were dropped: 1
        cannot: service:database holds no entries
        database/pool was raised from 3 to 6: 1
        search/compute was raised from 2 to 4: 1
        cannot: edge:catalog->database has no capacity that could be raised
        cannot: no more requests than usual come in
        cannot: service:catalog is no instance beside which others could take the work
        callers left catalog-2 out: 1
        cannot: users call search: they cannot be told to leave an instance out
        cannot: catalog-cache has one instance alone: no other can take the work
        cannot: there is nothing beside the system that could take over
        cannot: in virtual time there is no process to kill
        cannot: the system has no queue whose items could be skipped
        ");
    }
}
