//! The one grammar for what can be guilty: `service:a`, `edge:a->b`, `resource:a/pool`, …

use std::fmt;
use std::str::FromStr;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// A part of the system that a truth, a verdict or a method can name.
///
/// The text form is the only form in files: `service:catalog`, `instance:catalog/2`, `version:catalog@v2`,
/// `edge:catalog->cache`, `resource:database/pool`, `policy:catalog/retry`, `queue:products`, `workload`,
/// `workload:<class>`, `change:<id>`. Ordering is by kind, then by name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(try_from = "String", into = "String")]
#[schemars(with = "String")]
pub enum Component {
    /// A service, as named by `service.name`.
    Service(String),
    /// One running copy of a service.
    Instance { service: String, instance: String },
    /// One build of a service.
    Version { service: String, version: String },
    /// The calls of one service to another, network included.
    Edge { from: String, to: String },
    /// A bounded resource of a service.
    Resource { service: String, resource: String },
    /// A policy of a service: a retry, a timeout, a time to live.
    Policy { service: String, policy: String },
    /// A message queue.
    Queue(String),
    /// What the users ask for, as a whole or one class of it.
    Workload(Option<String>),
    /// A recorded change: a deploy, a configuration change.
    Change(String),
}

impl Component {
    /// The service that owns this component: an edge is owned by its caller; queues, workloads and changes by none.
    pub fn owner(&self) -> Option<&str> {
        match self {
            Self::Service(service)
            | Self::Instance { service, .. }
            | Self::Version { service, .. }
            | Self::Resource { service, .. }
            | Self::Policy { service, .. } => Some(service),
            Self::Edge { from, .. } => Some(from),
            Self::Queue(_) | Self::Workload(_) | Self::Change(_) => None,
        }
    }

    /// Shorthand for [`Component::Service`].
    pub fn service(name: &str) -> Self {
        Self::Service(name.to_owned())
    }
}

impl fmt::Display for Component {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Service(service) => write!(f, "service:{service}"),
            Self::Instance { service, instance } => write!(f, "instance:{service}/{instance}"),
            Self::Version { service, version } => write!(f, "version:{service}@{version}"),
            Self::Edge { from, to } => write!(f, "edge:{from}->{to}"),
            Self::Resource { service, resource } => write!(f, "resource:{service}/{resource}"),
            Self::Policy { service, policy } => write!(f, "policy:{service}/{policy}"),
            Self::Queue(queue) => write!(f, "queue:{queue}"),
            Self::Workload(None) => f.write_str("workload"),
            Self::Workload(Some(class)) => write!(f, "workload:{class}"),
            Self::Change(id) => write!(f, "change:{id}"),
        }
    }
}

/// Text that is not a component.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "read `{text}` as a component: expected service:NAME, instance:SERVICE/ID, version:SERVICE@VERSION, \
     edge:CALLER->CALLEE, resource:SERVICE/NAME, policy:SERVICE/NAME, queue:NAME, workload, workload:CLASS or change:ID"
)]
pub struct ComponentError {
    /// The text as given.
    pub text: String,
}

impl FromStr for Component {
    type Err = ComponentError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let error = || ComponentError { text: text.to_owned() };
        let name = |part: &str| (!part.is_empty()).then(|| part.to_owned()).ok_or_else(error);
        let pair = |rest: &str, separator: &str| {
            let (left, right) = rest.split_once(separator).ok_or_else(error)?;
            Ok((name(left)?, name(right)?))
        };
        if text == "workload" {
            return Ok(Self::Workload(None));
        }
        let (kind, rest) = text.split_once(':').ok_or_else(error)?;
        match kind {
            "service" => Ok(Self::Service(name(rest)?)),
            "instance" => pair(rest, "/").map(|(service, instance)| Self::Instance { service, instance }),
            "version" => pair(rest, "@").map(|(service, version)| Self::Version { service, version }),
            "edge" => pair(rest, "->").map(|(from, to)| Self::Edge { from, to }),
            "resource" => pair(rest, "/").map(|(service, resource)| Self::Resource { service, resource }),
            "policy" => pair(rest, "/").map(|(service, policy)| Self::Policy { service, policy }),
            "queue" => Ok(Self::Queue(name(rest)?)),
            "workload" => Ok(Self::Workload(Some(name(rest)?))),
            "change" => Ok(Self::Change(name(rest)?)),
            _ => Err(error()),
        }
    }
}

impl TryFrom<String> for Component {
    type Error = ComponentError;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<Component> for String {
    fn from(component: Component) -> Self {
        component.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_survives_a_round_trip() {
        for text in [
            "service:a",
            "instance:a/2",
            "version:a@v2",
            "edge:a->b",
            "resource:a/pool",
            "policy:a/retry",
            "queue:q",
            "workload",
            "workload:gold",
            "change:deploy-7",
        ] {
            assert_eq!(text.parse::<Component>().map(|c| c.to_string()), Ok(text.to_owned()));
        }
    }

    #[test]
    fn what_is_not_a_component_is_refused() {
        for text in ["", "a", "service:", "edge:a", "edge:->b", "version:a@", "host:a", "Workload"] {
            assert!(text.parse::<Component>().is_err(), "{text}");
        }
    }
}
