//! The option that names a second clock.

use clap::Args;
use jiff::fmt::temporal::DateTimeParser;
use jiff::tz::TimeZone;

/// Times are UTC unless somebody asks for another zone.
#[derive(Debug, Args)]
pub(crate) struct Zone {
    /// Tell times in this zone: a name such as Europe/Berlin or an offset such as +05:30. The page tells UTC, too.
    #[arg(long, env = "RCALAB_TIME_ZONE", value_name = "ZONE", value_parser = zone)]
    pub(crate) time_zone: Option<TimeZone>,
}

fn zone(text: &str) -> Result<TimeZone, String> {
    let known = DateTimeParser::new().parse_time_zone(text);
    known.map_err(|_error| "expected a name such as Europe/Berlin, an offset such as +05:30, or UTC".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_zone_is_a_name_or_an_offset() {
        let noon = jiff::Timestamp::from_second(1_893_456_000).unwrap();
        let told = ["UTC", "Europe/Berlin", "+05:30", "-03", "Mars", "", "Europe/Berlin; rm"].map(|text| {
            zone(text).map_or_else(|error| error, |zone| noon.to_zoned(zone).strftime("%H:%M %Z").to_string())
        });
        insta::assert_snapshot!(told.join("\n"), @"
        00:00 UTC
        01:00 CET
        05:30 +05:30
        21:00 -03
        expected a name such as Europe/Berlin, an offset such as +05:30, or UTC
        expected a name such as Europe/Berlin, an offset such as +05:30, or UTC
        expected a name such as Europe/Berlin, an offset such as +05:30, or UTC
        ");
    }
}
