//! The four roles, in the order in which damage travels, with the words and classes used everywhere.

/// What a component did in the incident.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Role {
    Root,
    Propagation,
    Bottleneck,
    Symptom,
}

impl Role {
    pub(crate) const ALL: [Self; 4] = [Self::Root, Self::Propagation, Self::Bottleneck, Self::Symptom];

    /// The word, lowercase.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Root => "root cause",
            Self::Propagation => "propagation",
            Self::Bottleneck => "bottleneck",
            Self::Symptom => "symptom",
        }
    }

    /// The style class that sets its colour.
    pub(crate) fn class(self) -> &'static str {
        match self {
            Self::Root => "r-root",
            Self::Propagation => "r-prop",
            Self::Bottleneck => "r-bott",
            Self::Symptom => "r-symp",
        }
    }

    /// What it means, for a reader who sees the word for the first time.
    pub(crate) fn meaning(self) -> &'static str {
        match self {
            Self::Root => "without it, none of this happens",
            Self::Propagation => "passes the damage on",
            Self::Bottleneck => "where the time goes",
            Self::Symptom => "what the alert is about",
        }
    }
}
