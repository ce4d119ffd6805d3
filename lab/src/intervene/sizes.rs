//! How large each bounded resource of the system is, by the names that components have.

use scenarios::model::System;
use services::Role;

/// As many permits as requests may wait at once: nobody ever waits.
pub(crate) const UNLIMITED: u32 = 4_096;

/// The pool that a service's own work goes through.
pub(crate) fn work(role: Role) -> &'static str {
    match role {
        Role::Search | Role::Catalog | Role::CatalogCache => "compute",
        Role::Database => "pool",
    }
}

/// Name and size of a pool; none where there is no such pool, or no bound.
pub(crate) fn size(system: &System, role: Role, pool: &str) -> Option<(&'static str, u32)> {
    let connections = |policy: scenarios::model::CallPolicy| policy.pool.map(|pool| ("db", pool.size));
    match (role, pool) {
        (Role::Search, "compute") => Some(("compute", system.search.compute.permits)),
        (Role::Catalog, "compute") => Some(("compute", system.catalog.compute.permits)),
        (Role::CatalogCache, "compute") => Some(("compute", system.catalog_cache.compute.permits)),
        (Role::Catalog, "db") => connections(system.catalog.database),
        (Role::CatalogCache, "db") => connections(system.catalog_cache.database),
        (Role::Database, "pool") => Some(("pool", system.database.pool.size)),
        (Role::Search | Role::Catalog | Role::CatalogCache | Role::Database, _) => None,
    }
}

#[cfg(test)]
mod tests {
    use scenarios::topology::RESOURCES;

    use super::*;

    #[test]
    fn every_bounded_resource_of_the_system_has_a_size() {
        let system = System::default();
        for (service, resource) in RESOURCES {
            let role = Role::named(service).expect("the topology names roles");
            assert_eq!(size(&system, role, resource).map(|(name, _)| name), Some(resource), "{service}");
        }
        for role in Role::CALLEES_FIRST {
            assert!(size(&system, role, work(role)).is_some());
        }
    }
}
