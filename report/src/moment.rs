//! Points in time as text, in UTC or another zone, to the millisecond.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use rca_engine::investigation::Investigation;

/// `2030-01-01 00:00:31.204 UTC`.
pub(crate) fn full(ns: u64, zone: &TimeZone) -> String {
    shown(ns, zone, "%Y-%m-%d %H:%M:%S%.3f %Z")
}

/// `00:00:31.204`, without date and zone.
pub(crate) fn clock(ns: u64, zone: &TimeZone) -> String {
    shown(ns, zone, "%H:%M:%S%.3f")
}

/// The end of a stretch that was begun with its date: the time alone, or with its date where that is another.
pub(crate) fn until(from_ns: u64, to_ns: u64, zone: &TimeZone) -> String {
    let day = |ns| shown(ns, zone, "%Y-%m-%d");
    if day(from_ns) == day(to_ns) { clock(to_ns, zone) } else { full(to_ns, zone) }
}

/// RFC 3339 in UTC, as the `datetime` attribute and other programs want it.
pub(crate) fn machine(ns: u64) -> String {
    shown(ns, &TimeZone::UTC, "%Y-%m-%dT%H:%M:%S%.3fZ")
}

/// The abbreviation of a zone at a time, such as `CET`.
pub(crate) fn zone_name(ns: u64, zone: &TimeZone) -> String {
    shown(ns, zone, "%Z")
}

fn shown(ns: u64, zone: &TimeZone, format: &str) -> String {
    let timestamp = Timestamp::from_nanosecond(i128::from(ns)).expect("64 bits of nanoseconds end in the year 2554");
    timestamp.to_zoned(zone.clone()).strftime(format).to_string()
}

/// The estimated onset: the timeline tells offsets from it, the evidence tells times.
pub(crate) fn onset_ns(investigation: &Investigation) -> Option<u64> {
    investigation.timeline.iter().find_map(|line| {
        let id = line.evidence.as_ref()?;
        let item = investigation.core.evidence.iter().find(|item| item.id == *id)?;
        u64::try_from(i128::from(item.at_ns) - i128::from(line.offset_ns)).ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_moment_in_two_zones() {
        let berlin = TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").expect("a valid rule");
        let ns = 1_893_456_031_204_000_000;
        let text =
            [full(ns, &TimeZone::UTC), full(ns, &berlin), clock(ns, &berlin), machine(ns), zone_name(ns, &berlin)];
        insta::assert_snapshot!(text.join(" | "), @"2030-01-01 00:00:31.204 UTC | 2030-01-01 01:00:31.204 CET | 01:00:31.204 | 2030-01-01T00:00:31.204Z | CET");
    }

    #[test]
    fn an_end_tells_its_date_where_it_is_another_day() {
        let (late, midnight) = (1_893_455_990_000_000_000, 1_893_456_000_000_000_000);
        let told = [until(late, late + 1_500_000_000, &TimeZone::UTC), until(late, midnight, &TimeZone::UTC)];
        insta::assert_snapshot!(told.join(" | "), @"23:59:51.500 | 2030-01-01 00:00:00.000 UTC");
    }

    #[test]
    fn the_last_nanosecond_can_be_shown() {
        insta::assert_snapshot!(full(u64::MAX, &TimeZone::UTC), @"2554-07-21 23:34:33.709 UTC");
    }
}
