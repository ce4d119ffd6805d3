//! Numbers as people read them.

/// A duration in the unit that keeps three digits.
pub(crate) fn nanos(ns: f64) -> String {
    match ns.abs() {
        below if below < 1e3 => format!("{ns:.0} ns"),
        below if below < 1e6 => format!("{} µs", three(ns / 1e3)),
        below if below < 1e9 => format!("{} ms", three(ns / 1e6)),
        below if below < 120e9 => format!("{} s", three(ns / 1e9)),
        _ => format!("{} min", three(ns / 60e9)),
    }
}

/// A share of 1 in per cent.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value != 0.0 && value.abs() < 10.0 { format!("{value:.1} %") } else { format!("{value:.0} %") }
}

/// A number with about three digits.
pub(crate) fn three(value: f64) -> String {
    match value.abs() {
        below if below == 0.0 || below >= 100.0 => format!("{value:.0}"),
        below if below >= 10.0 => format!("{value:.1}"),
        below if below >= 0.01 => format!("{value:.2}"),
        _ => format!("{value:.1e}"),
    }
}

/// Before and after.
pub(crate) fn from_to(before: &str, after: &str) -> String {
    format!("{before} → {after}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_keep_about_three_digits() {
        let shown =
            [nanos(0.0), nanos(62_345_678.0), nanos(1.5e9), nanos(300e9), percent(0.005), percent(0.84), three(0.0)];
        insta::assert_snapshot!(shown.join(" · "), @"0 ns · 62.3 ms · 1.50 s · 5.00 min · 0.5 % · 84 % · 0");
    }
}
