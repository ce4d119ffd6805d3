//! Numbers as people read them: three digits, a unit, a sign where it is a change.

/// A duration in nanoseconds: `0`, `850 µs`, `44 ms`, `1.10 s`, `2 min 05 s`.
pub(crate) fn duration(ns: u64) -> String {
    #[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
    let value = ns as f64;
    match ns {
        0 => "0".to_owned(),
        1..=999 => format!("{ns} ns"),
        1_000..=999_499 => format!("{} µs", three(value / 1e3)),
        999_500..=999_499_999 => format!("{} ms", three(value / 1e6)),
        999_500_000..=119_999_999_999 => format!("{} s", three(value / 1e9)),
        _ => format!("{} min {:02} s", ns / 60_000_000_000, ns / 1_000_000_000 % 60),
    }
}

/// A change of a duration with its sign: `+974 ms`, `−3 ms`, `±0`.
pub(crate) fn change(from_ns: u64, to_ns: u64) -> String {
    match to_ns.cmp(&from_ns) {
        std::cmp::Ordering::Equal => "±0".to_owned(),
        std::cmp::Ordering::Greater => format!("+{}", duration(to_ns - from_ns)),
        std::cmp::Ordering::Less => format!("−{}", duration(from_ns - to_ns)),
    }
}

/// An offset from the onset, to a tenth of a second: `T+3.2 s`, `T−0.4 s`, `T+2 min 05 s`.
pub(crate) fn offset(ns: i64) -> String {
    let sign = if ns < 0 { '−' } else { '+' };
    let magnitude = ns.unsigned_abs();
    if magnitude >= 120_000_000_000 {
        return format!("T{sign}{}", duration(magnitude));
    }
    let tenths = (magnitude + 50_000_000) / 100_000_000;
    format!("T{sign}{}.{} s", tenths / 10, tenths % 10)
}

/// A number with three significant digits and thousands separators from 1,000 on.
pub(crate) fn three(value: f64) -> String {
    if !value.is_finite() {
        return "–".to_owned();
    }
    let magnitude = value.abs();
    let digits = if !(1e-9..99.95).contains(&magnitude) {
        0
    } else if magnitude >= 9.995 {
        1
    } else if magnitude >= 0.9995 {
        2
    } else {
        3
    };
    let text = format!("{value:.digits$}");
    if magnitude >= 999.5 { thousands(&text) } else { trimmed(&text) }
}

/// A share in percent: `0 %`, `0.5 %`, `63 %`, `100 %`.
pub(crate) fn percent(share: f64) -> String {
    let value = share * 100.0;
    if value > 0.0 && value < 9.95 {
        format!("{} %", trimmed(&format!("{value:.1}")))
    } else if value > 99.0 && value < 99.95 {
        format!("{value:.1} %")
    } else {
        format!("{value:.0} %")
    }
}

/// A share between 0 and 1; what is no number is 0.
pub(crate) fn share(value: f64) -> f64 {
    if value.is_nan() { 0.0 } else { value.clamp(0.0, 1.0) }
}

/// `1 span`, `2 spans`, `1,204 spans`.
pub(crate) fn count(number: usize, noun: &str) -> String {
    let number_text = thousands(&number.to_string());
    if number == 1 { format!("{number_text} {noun}") } else { format!("{number_text} {noun}s") }
}

fn thousands(digits: &str) -> String {
    let (sign, digits) = digits.strip_prefix('-').map_or(("", digits), |rest| ("−", rest));
    let mut text = String::from(sign);
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

fn trimmed(text: &str) -> String {
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { text };
    if text == "-0" { "0".to_owned() } else { text.replace('-', "−") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_keep_three_digits_and_step_their_unit_without_a_gap() {
        let shown: Vec<String> =
            [0, 7, 999_499, 999_500, 43_800_000, 999_499_999, 999_500_000, 3_021_000_000, 125_000_000_000]
                .map(duration)
                .into();
        insta::assert_snapshot!(shown.join(" | "), @"0 | 7 ns | 999 µs | 1 ms | 43.8 ms | 999 ms | 1 s | 3.02 s | 2 min 05 s");
    }

    #[test]
    fn changes_and_offsets_carry_their_sign() {
        let shown = [
            change(5_000_000, 979_000_000),
            change(9_000_000, 6_000_000),
            change(1, 1),
            offset(3_249_000_000),
            offset(-400_000_000),
            offset(125_000_000_000),
        ];
        insta::assert_snapshot!(shown.join(" | "), @"+974 ms | −3 ms | ±0 | T+3.2 s | T−0.4 s | T+2 min 05 s");
    }

    #[test]
    fn numbers_shares_and_counts() {
        let shown = [
            three(0.0),
            three(0.095),
            three(1.0),
            three(12_345.6),
            three(-2.5),
            three(f64::NAN),
            percent(0.005),
            percent(0.634),
            percent(1.0),
            percent(0.9961),
            count(1, "span"),
            count(12_040, "span"),
        ];
        insta::assert_snapshot!(shown.join(" | "), @"0 | 0.095 | 1 | 12,346 | −2.5 | – | 0.5 % | 63 % | 100 % | 99.6 % | 1 span | 12,040 spans");
    }
}
