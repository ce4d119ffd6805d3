//! What each lever can be put on, what its figures mean, and whether operators see it as a change.

use rca_engine::component::Component;

use crate::model::{Lever, Range};
use crate::topology::{EDGES, RESOURCES, SERVICES};

/// What operators see of a lever that is recorded as a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A build takes over.
    Deploy,
    /// A configuration takes over.
    Config,
}

/// The unit of a magnitude, and what it may be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Unit {
    /// In plural.
    pub name: &'static str,
    pub bounds: Range<f64>,
    /// Whether only whole numbers make sense.
    pub whole: bool,
}

/// What a lever takes and does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeverSpec {
    /// The word in files and at the fault port.
    pub word: &'static str,
    /// What the ratio is a share of; none: the lever has no ratio.
    pub ratio_of: Option<&'static str>,
    /// None: the lever has no magnitude.
    pub magnitude: Option<Unit>,
    /// The change that it always is; none: a silent one, unless an event says as which change it came.
    pub change: Option<ChangeKind>,
    /// Whether it can grow bit by bit.
    pub ramps: bool,
    /// Whether it harms anything by itself.
    pub harms: bool,
    sites: Sites,
}

/// Kinds of components that a lever can be put on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Sites {
    /// Those that hold entries.
    Caches,
    Services,
    Resources,
    Edges,
    Workload,
}

impl Lever {
    /// Every lever, in the order of the documentation.
    pub const ALL: [Self; 12] = [
        Self::PoisonEntries,
        Self::Purge,
        Self::Slow,
        Self::Exception,
        Self::PoolSize,
        Self::ExtraCalls,
        Self::Attempts,
        Self::RetryBudget,
        Self::Timeout,
        Self::Surge,
        Self::Deploy,
        Self::Configure,
    ];

    /// What the lever takes and does.
    pub fn spec(self) -> LeverSpec {
        match self {
            Self::PoisonEntries => LeverSpec {
                ratio_of: Some("the entries held"),
                change: Some(ChangeKind::Deploy),
                ramps: true,
                ..harmful("poison_entries", Sites::Caches)
            },
            Self::Purge => harmful("purge", Sites::Caches),
            Self::Slow => LeverSpec {
                magnitude: Some(unit("times the usual work", 1.0, 1_000.0)),
                ramps: true,
                ..harmful("slow", Sites::Services)
            },
            Self::Exception => {
                LeverSpec { ratio_of: Some("the requests"), ramps: true, ..harmful("exception", Sites::Services) }
            }
            Self::PoolSize => {
                LeverSpec { magnitude: Some(whole("permits", 1.0, 4_096.0)), ..harmful("pool_size", Sites::Resources) }
            }
            Self::ExtraCalls => LeverSpec {
                ratio_of: Some("the items that the caller handles"),
                magnitude: Some(whole("further calls an item, one after the other", 1.0, 100.0)),
                ramps: true,
                ..harmful("extra_calls", Sites::Edges)
            },
            Self::Attempts => {
                LeverSpec { magnitude: Some(whole("attempts", 1.0, 100.0)), ..harmful("attempts", Sites::Edges) }
            }
            Self::RetryBudget => LeverSpec {
                magnitude: Some(unit("retries earned per call", 0.0, 100.0)),
                ..harmful("retry_budget", Sites::Edges)
            },
            Self::Timeout => {
                LeverSpec { magnitude: Some(unit("seconds", 0.01, 600.0)), ..harmful("timeout", Sites::Edges) }
            }
            Self::Surge => LeverSpec {
                magnitude: Some(unit("times the usual load", 1.0, 100.0)),
                ramps: true,
                ..harmful("surge", Sites::Workload)
            },
            Self::Deploy => {
                LeverSpec { change: Some(ChangeKind::Deploy), harms: false, ..harmful("deploy", Sites::Services) }
            }
            Self::Configure => {
                LeverSpec { change: Some(ChangeKind::Config), harms: false, ..harmful("configure", Sites::Services) }
            }
        }
    }

    /// The word in files and at the fault port.
    pub fn as_str(self) -> &'static str {
        self.spec().word
    }
}

/// A lever without any figure that nobody is told of.
fn harmful(word: &'static str, sites: Sites) -> LeverSpec {
    LeverSpec { word, ratio_of: None, magnitude: None, change: None, ramps: false, harms: true, sites }
}

fn unit(name: &'static str, low: f64, high: f64) -> Unit {
    Unit { name, bounds: Range { low, high }, whole: false }
}

fn whole(name: &'static str, low: f64, high: f64) -> Unit {
    Unit { whole: true, ..unit(name, low, high) }
}

impl LeverSpec {
    /// Whether the lever can be put on a component.
    pub fn touches(&self, target: &Component) -> bool {
        match target {
            // What can be done to a service can be done to one of its instances alone.
            Component::Instance { service, .. } => self.touches(&Component::service(service.as_str())),
            _ => self.sites().contains(target),
        }
    }

    /// Everything the lever can be put on, for messages.
    pub fn targets(&self) -> String {
        self.sites().iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
    }

    /// Whether an event with this lever can say as which change it came: whatever a service does can be changed.
    pub fn comes_as_a_change(&self) -> bool {
        self.change.is_none() && self.sites != Sites::Workload
    }

    fn sites(&self) -> Vec<Component> {
        match self.sites {
            Sites::Caches => vec![Component::service("catalog-cache")],
            Sites::Services => SERVICES.into_iter().map(Component::service).collect(),
            Sites::Resources => {
                let named = RESOURCES.into_iter();
                named
                    .map(|(service, resource)| Component::Resource {
                        service: service.to_owned(),
                        resource: resource.to_owned(),
                    })
                    .collect()
            }
            Sites::Edges => {
                let edge = |(from, to): (&str, &str)| Component::Edge { from: from.to_owned(), to: to.to_owned() };
                EDGES.into_iter().map(edge).collect()
            }
            Sites::Workload => vec![Component::Workload(None)],
        }
    }
}
