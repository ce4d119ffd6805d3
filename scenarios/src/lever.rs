//! What each lever can be put on, what its figures mean, and whether operators see it as a change.

use rca_engine::component::Component;

use crate::model::{Lever, Range};

const EVERY_SERVICE: [&str; 4] = ["service:search", "service:catalog", "service:catalog-cache", "service:database"];

/// What operators see of a lever that is recorded as a change.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    /// A build takes over.
    Deploy,
    /// A configuration takes over.
    Config,
}

/// What a lever takes and does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LeverSpec {
    /// The word in files and at the fault port.
    pub word: &'static str,
    /// What the ratio is a share of; none: the lever has no ratio.
    pub ratio_of: Option<&'static str>,
    /// The unit of the magnitude with its bounds; none: the lever has no magnitude.
    pub magnitude: Option<(&'static str, Range<f64>)>,
    /// How operators see it; none: not at all.
    pub change: Option<ChangeKind>,
    /// Whether it harms anything by itself.
    pub harms: bool,
    targets: &'static [&'static str],
}

impl Lever {
    /// Every lever, in the order of the documentation.
    pub const ALL: [Self; 3] = [Self::PoisonEntries, Self::Deploy, Self::Configure];

    /// What the lever takes and does.
    pub fn spec(self) -> LeverSpec {
        match self {
            Self::PoisonEntries => LeverSpec {
                word: "poison_entries",
                ratio_of: Some("the entries held"),
                magnitude: None,
                change: Some(ChangeKind::Deploy),
                harms: true,
                targets: &["service:catalog-cache"],
            },
            Self::Deploy => LeverSpec {
                word: "deploy",
                ratio_of: None,
                magnitude: None,
                change: Some(ChangeKind::Deploy),
                harms: false,
                targets: &EVERY_SERVICE,
            },
            Self::Configure => LeverSpec {
                word: "configure",
                ratio_of: None,
                magnitude: None,
                change: Some(ChangeKind::Config),
                harms: false,
                targets: &EVERY_SERVICE,
            },
        }
    }

    /// The word in files and at the fault port.
    pub fn as_str(self) -> &'static str {
        self.spec().word
    }
}

impl LeverSpec {
    /// Whether the lever can be put on a component.
    pub fn touches(&self, target: &Component) -> bool {
        self.targets.contains(&target.to_string().as_str())
    }

    /// Everything the lever can be put on, for messages.
    pub fn targets(&self) -> String {
        self.targets.join(", ")
    }
}
