//! What one operation on one seed showed.

use serde::Serialize;

/// Whether an operation held, and its figure.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Finding {
    /// As in the table, such as `omit(root)`.
    pub(crate) operation: String,
    pub(crate) result: Outcome,
    /// What was measured; none where nothing was.
    pub(crate) figure: Option<Figure>,
}

/// How an operation ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    Held,
    /// Why not.
    Broken(String),
    /// The levers at hand do not allow it, and why.
    Unavailable(String),
}

/// A measured number with what it is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Figure {
    pub(crate) what: &'static str,
    pub(crate) value: f64,
    pub(crate) unit: Unit,
}

/// How a figure is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Unit {
    Percent,
    Seconds,
}

impl Finding {
    /// An operation that was carried out; `broken` says what did not hold.
    pub(crate) fn of(operation: impl Into<String>, broken: Option<String>, figure: Option<Figure>) -> Self {
        let result = broken.map_or(Outcome::Held, Outcome::Broken);
        Self { operation: operation.into(), result, figure }
    }

    pub(crate) fn unavailable(operation: impl Into<String>, why: impl Into<String>) -> Self {
        Self { operation: operation.into(), result: Outcome::Unavailable(why.into()), figure: None }
    }
}

impl Figure {
    /// A share of one.
    pub(crate) fn share(what: &'static str, value: f64) -> Self {
        Self { what, value: value * 100.0, unit: Unit::Percent }
    }

    pub(crate) fn seconds(what: &'static str, value: f64) -> Self {
        Self { what, value, unit: Unit::Seconds }
    }
}

impl Unit {
    pub(crate) fn shown(self, value: f64) -> String {
        match self {
            Self::Percent => format!("{:.0} %", rounded(value)),
            Self::Seconds => format!("{:.0} s", rounded(value)),
        }
    }
}

/// A share of one in percent.
pub(crate) fn percent(share: f64) -> String {
    Unit::Percent.shown(share * 100.0)
}

/// To a whole number; nothing at all has no sign.
fn rounded(value: f64) -> f64 {
    value.round() + 0.0
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_are_whole_and_nothing_has_no_sign() {
        let shown = [percent(-0.001), percent(0.705), percent(-1.2), Unit::Seconds.shown(24.9)];
        assert_eq!(shown, ["0 %", "71 %", "-120 %", "25 s"]);
    }
}
