//! The closed words of an answer: kinds of fault, effects, bottleneck modes, outcomes, action verbs.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

macro_rules! words {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, JsonSchema)]
        pub enum $name { $($(#[$variant_doc])* #[serde(rename = $word)] $variant,)+ }

        impl $name {
            /// Every word, in declaration order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word as it stands in files.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $word,)+ }
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $name {
            type Err = UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.iter().copied().find(|word| word.as_str() == text).ok_or_else(|| UnknownWord {
                    text: text.to_owned(),
                    allowed: Self::ALL.iter().map(|word| word.as_str()).collect::<Vec<_>>().join(", "),
                })
            }
        }
    };
}

/// A word that is not in a closed list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("use `{text}` here: expected one of {allowed}")]
pub struct UnknownWord {
    /// The word as given.
    pub text: String,
    /// The words of the list, comma separated.
    pub allowed: String,
}

words! {
    /// What is wrong with a root.
    Kind {
        BadFormat = "bad_format",
        Stale = "stale",
        WrongKey = "wrong_key",
        CapacityReduced = "capacity_reduced",
        SlowService = "slow_service",
        ExtraCalls = "extra_calls",
        CallAmplification = "call_amplification",
        NetworkSlow = "network_slow",
        NetworkDrop = "network_drop",
        Lock = "lock",
        LoadByOther = "load_by_other",
        Leak = "leak",
        Restart = "restart",
        CodeException = "code_exception",
        BadInput = "bad_input",
        Rejecting = "rejecting",
        Config = "config",
        Surge = "surge",
        Mix = "mix",
        HotKey = "hot_key",
        Backlog = "backlog",
        Redelivery = "redelivery",
    }
}

words! {
    /// How one component harms the next.
    Effect {
        Error = "error",
        Latency = "latency",
        Load = "load",
        Lock = "lock",
        Starvation = "starvation",
        Reject = "reject",
        WrongValue = "wrong_value",
        Stale = "stale",
        Backlog = "backlog",
    }
}

words! {
    /// Why the bottleneck is one.
    Mode {
        /// Wait for it rose.
        Saturated = "saturated",
        /// Each use takes longer.
        Slow = "slow",
        /// It is used more often per request.
        Visits = "visits",
        /// A holder that does no work keeps it.
        Blocked = "blocked",
    }
}

words! {
    /// How an investigation ends.
    Outcome {
        Cause = "cause",
        NoIncident = "no_incident",
        InsufficientEvidence = "insufficient_evidence",
    }
}

words! {
    /// What an operator can be asked to do.
    Verb {
        Rollback = "rollback",
        Purge = "purge",
        Drain = "drain",
        Kill = "kill",
        Set = "set",
        Scale = "scale",
        Limit = "limit",
        Skip = "skip",
        FailOver = "fail_over",
    }
}
