//! Which of a role's instances: `catalog-2` is the second of catalog.

use std::fmt;

use crate::role::Role;

/// One of the instances of a role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    pub role: Role,
    /// From 1.
    pub ordinal: u32,
}

impl Member {
    /// The one that every role has.
    pub fn first(role: Role) -> Self {
        Self { role, ordinal: 1 }
    }

    /// The member of a name such as `catalog-2`; a bare role is its first.
    pub fn named(name: &str) -> Option<Self> {
        if let Some(role) = Role::named(name) {
            return Some(Self::first(role));
        }
        let (role, ordinal) = name.rsplit_once('-')?;
        let ordinal = ordinal.parse().ok().filter(|ordinal| *ordinal > 0)?;
        Some(Self { role: Role::named(role)?, ordinal })
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", self.role.as_str(), self.ordinal)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_says_role_and_number_and_a_bare_role_is_its_first() {
        let told = |name| Member::named(name).map(|member| member.to_string());
        assert_eq!(told("catalog-cache").as_deref(), Some("catalog-cache-1"));
        assert_eq!(told("catalog-cache-3").as_deref(), Some("catalog-cache-3"));
        assert_eq!([told("catalog-0"), told("catalog-x"), told("nobody-1")], [None, None, None]);
    }
}
