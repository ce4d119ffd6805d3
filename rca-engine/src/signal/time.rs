//! RFC 3339 times to nanoseconds since the Unix epoch and back, in UTC.

const NANOS_PER_SECOND: i128 = 1_000_000_000;
const SECONDS_PER_DAY: i64 = 86_400;

/// Reads `2030-01-01T00:00:10.5Z` or with an offset such as `+01:00`; none for anything else or before 1970.
pub fn parse_rfc3339(text: &str) -> Option<u64> {
    let bytes = text.as_bytes();
    let number = |from: usize, to: usize| -> Option<i64> {
        let part = text.get(from..to)?;
        part.bytes().all(|b| b.is_ascii_digit()).then(|| part.parse().ok())?
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let marks = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if !marks.iter().all(|(at, mark)| bytes.get(*at) == Some(mark)) || !matches!(bytes.get(10)?, b'T' | b't' | b' ') {
        return None;
    }
    if !(1..=12).contains(&month) || !(1..=31).contains(&day) || hour > 23 || minute > 59 || second > 60 {
        return None;
    }
    let (nanos, rest) = fraction(text.get(19..)?)?;
    let offset = offset_seconds(rest)?;
    let seconds = days_from_civil(year, month, day) * SECONDS_PER_DAY + hour * 3_600 + minute * 60 + second - offset;
    u64::try_from(i128::from(seconds) * NANOS_PER_SECOND + i128::from(nanos)).ok()
}

/// Writes a time with nanoseconds cut to milliseconds: `2030-01-01T00:00:10.500Z`.
pub fn format_rfc3339(at_ns: u64) -> String {
    let seconds = i64::try_from(at_ns / 1_000_000_000).expect("2^64 nanoseconds are fewer than 2^63 seconds");
    let (year, month, day) = civil_from_days(seconds.div_euclid(SECONDS_PER_DAY));
    let of_day = seconds.rem_euclid(SECONDS_PER_DAY);
    format!(
        "{year:04}-{month:02}-{day:02}T{:02}:{:02}:{:02}.{:03}Z",
        of_day / 3_600,
        of_day / 60 % 60,
        of_day % 60,
        at_ns / 1_000_000 % 1_000
    )
}

/// Splits `.5Z` into nanoseconds and what follows; digits beyond the ninth are cut.
fn fraction(text: &str) -> Option<(i64, &str)> {
    let Some(after) = text.strip_prefix('.') else { return Some((0, text)) };
    let digits = after.bytes().take_while(u8::is_ascii_digit).count();
    let kept = &after[..digits.min(9)];
    let value: i64 = kept.parse().ok()?;
    let scale = u32::try_from(9 - kept.len()).ok()?;
    Some((value * 10_i64.pow(scale), &after[digits..]))
}

fn offset_seconds(text: &str) -> Option<i64> {
    if matches!(text, "Z" | "z") {
        return Some(0);
    }
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text.get(1..)?.split_once(':')?;
    Some(sign * (hours.parse::<u8>().ok()? as i64 * 3_600 + minutes.parse::<u8>().ok()? as i64 * 60))
}

/// Days since 1970-01-01 of a date of the proleptic Gregorian calendar, counted from 1 March of the year 0 so that the
/// leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year.rem_euclid(400);
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, i64, i64) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let of_year = day_of_era - (365 * of_era + of_era / 4 - of_era / 100);
    let shifted = (5 * of_year + 2) / 153;
    let month = if shifted < 10 { shifted + 3 } else { shifted - 9 };
    let year = of_era + era * 400 + i64::from(month <= 2);
    (year, month, of_year - (153 * shifted + 2) / 5 + 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn known_times_are_read() {
        assert_eq!(parse_rfc3339("1970-01-01T00:00:00Z"), Some(0));
        assert_eq!(parse_rfc3339("2000-02-29T12:00:00.000000001+02:00"), Some(951_818_400_000_000_001));
        assert_eq!(parse_rfc3339("2022-08-22T03:53:54.000Z"), Some(1_661_140_434_000_000_000));
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in
            ["", "2030", "2030-13-01T00:00:00Z", "2030-01-01T00:00:00", "1969-12-31T23:59:59Z", "2030-01-01T00:00:00.Z"]
        {
            assert_eq!(parse_rfc3339(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn every_millisecond_survives_a_round_trip(ms in 0_u64..4_102_444_800_000) {
            prop_assert_eq!(parse_rfc3339(&format_rfc3339(ms * 1_000_000)), Some(ms * 1_000_000));
        }
    }
}
