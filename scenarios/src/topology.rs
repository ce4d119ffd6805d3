//! What the system under test consists of: services, calls, bounded resources and policies.

use rca_engine::component::Component;

/// Every service, from the users inwards.
pub const SERVICES: [&str; 4] = ["search", "catalog", "catalog-cache", "database"];

/// Every call, caller and callee.
pub const EDGES: [(&str, &str); 4] =
    [("search", "catalog"), ("catalog", "catalog-cache"), ("catalog", "database"), ("catalog-cache", "database")];

/// Every bounded resource, service and pool name.
pub const RESOURCES: [(&str, &str); 6] = [
    ("search", "compute"),
    ("catalog", "compute"),
    ("catalog", "db"),
    ("catalog-cache", "compute"),
    ("catalog-cache", "db"),
    ("database", "pool"),
];

/// Pools of connections, as the ledger calls them, and the edge whose calls hold them.
pub const CONNECTIONS: [(&str, &str); 2] =
    [("catalog/db", "edge:catalog->database"), ("catalog-cache/db", "edge:catalog-cache->database")];

/// Every policy, service and name.
pub const POLICIES: [(&str, &str); 8] = [
    ("search", "timeout"),
    ("search", "concurrency"),
    ("catalog", "timeout"),
    ("catalog", "retry"),
    ("catalog", "breaker"),
    ("catalog-cache", "timeout"),
    ("catalog-cache", "ttl"),
    ("database", "timeout"),
];

/// The service that users call; the alert is about it.
pub const ENTRY: &str = "search";

/// `service.instance.id` of a build of an instance, both numbered from 1: the second instance starts as `2`, and its
/// third build is `2.3`.
pub fn instance_id(ordinal: u32, build: u32) -> String {
    if build == 1 { ordinal.to_string() } else { format!("{ordinal}.{build}") }
}

/// Whether the system has this component; where not, what it has.
pub(crate) fn check(component: &Component) -> Result<(), String> {
    let pairs = |known: &[(&str, &str)], separator: &str| {
        let texts: Vec<String> = known.iter().map(|(left, right)| format!("{left}{separator}{right}")).collect();
        texts.join(", ")
    };
    let known = |known: &[(&str, &str)], left: &str, right: &str| known.contains(&(left, right));
    match component {
        Component::Service(service) | Component::Instance { service, .. } | Component::Version { service, .. } => {
            SERVICES.contains(&service.as_str()).then_some(()).ok_or_else(|| SERVICES.join(", "))
        }
        Component::Edge { from, to } => known(&EDGES, from, to).then_some(()).ok_or_else(|| pairs(&EDGES, "->")),
        Component::Resource { service, resource } => {
            known(&RESOURCES, service, resource).then_some(()).ok_or_else(|| pairs(&RESOURCES, "/"))
        }
        Component::Policy { service, policy } => {
            known(&POLICIES, service, policy).then_some(()).ok_or_else(|| pairs(&POLICIES, "/"))
        }
        Component::Queue(_) => return Err("it has no queues".to_owned()),
        // Classes of work and changes exist per run, not per system.
        Component::Workload(_) | Component::Change(_) => Ok(()),
    }
    .map_err(|what| format!("it has {what}"))
}
