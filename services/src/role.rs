//! The roles a process can play.

use serde::{Deserialize, Serialize};

/// One role, named in telemetry as [`Role::as_str`] says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Role {
    Search,
    Catalog,
    CatalogCache,
    Database,
}

impl Role {
    /// Every role, callees before callers: the order in which a system can be started.
    pub const CALLEES_FIRST: [Self; 4] = [Self::Database, Self::CatalogCache, Self::Catalog, Self::Search];

    /// The service name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Search => "search",
            Self::Catalog => "catalog",
            Self::CatalogCache => "catalog-cache",
            Self::Database => "database",
        }
    }

    /// The role of a service name.
    pub fn named(name: &str) -> Option<Self> {
        Self::CALLEES_FIRST.into_iter().find(|role| role.as_str() == name)
    }

    /// Whom this role calls.
    pub fn callees(self) -> &'static [Self] {
        match self {
            Self::Search => &[Self::Catalog],
            Self::Catalog => &[Self::CatalogCache, Self::Database],
            Self::CatalogCache => &[Self::Database],
            Self::Database => &[],
        }
    }
}
