//! Requests as metrics count them: every one of them, also where spans are only a sample.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::{Distribution, Points, Series, Symbol, Value};
use crate::signal::SignalKind;

use super::statistics::share;

/// Units of durations other than a second (UCUM), and how many of them make one.
const PARTS: [(&str, f64); 3] = [("ms", 1e3), ("us", 1e6), ("ns", 1e9)];

/// Requests of a moment: all, and those that breach.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    /// The earliest time at which one of them may have ended.
    pub(crate) at_ns: u64,
    pub(crate) all: u64,
    pub(crate) breaching: u64,
}

/// Which observations breach.
#[derive(Clone, Copy)]
enum Breach {
    /// Those in buckets that lie above a number of seconds as a whole.
    Above(f64),
    /// Those that carry the type of an error.
    Failed,
}

/// What a service's own histograms count, by time. Empty where they do not tell what the alert is about.
///
/// Answers that lack a part are no errors, and no convention counts them: there what the service asked of others counts,
/// and a part is missing where a call failed.
pub(crate) fn counted(model: &Model<'_>, service: ServiceId, kind: SignalKind, limit_ns: Option<u64>) -> Vec<Tally> {
    let names = &model.options.durations;
    match (kind, limit_ns) {
        (SignalKind::Latency, Some(limit)) => {
            most_counted(model, service, &names.served, Breach::Above(limit as f64 / 1e9))
        }
        (SignalKind::Errors, _) => most_counted(model, service, &names.served, Breach::Failed),
        (SignalKind::Degraded, _) => most_counted(model, service, &names.asked, Breach::Failed),
        (SignalKind::Latency | SignalKind::Unspecified, _) => Vec::new(),
    }
}

/// The share of requests that breach.
pub(crate) fn share_of(tallies: &[Tally]) -> f64 {
    let (breaching, all) = sum(tallies);
    share(breaching, all)
}

/// Requests that breach, and all.
pub(crate) fn sum(tallies: &[Tally]) -> (u64, u64) {
    tallies.iter().fold((0, 0), |sum, tally| (sum.0 + tally.breaching, sum.1 + tally.all))
}

/// A request may be counted under an older and a newer name: only the histogram that counts most is looked at.
fn most_counted(model: &Model<'_>, service: ServiceId, names: &[String], breach: Breach) -> Vec<Tally> {
    let of_name = |name: &String| -> Option<Vec<Tally>> {
        let name = model.evidence.names.find(name)?;
        Some(tallies(model, service, name, breach))
    };
    let counted = names.iter().filter_map(of_name);
    counted.fold(Vec::new(), |most, next| if sum(&next).1 > sum(&most).1 { next } else { most })
}

fn tallies(model: &Model<'_>, service: ServiceId, name: Symbol, breach: Breach) -> Vec<Tally> {
    let mut by_time: BTreeMap<u64, Tally> = BTreeMap::new();
    let own = |series: &&Series| series.name == name && model.service_of_resource(series.resource) == Some(service);
    for series in model.evidence.series.iter().filter(own) {
        let Points::Histogram { cumulative, bounds, points } = &series.points else { continue };
        let above = match breach {
            Breach::Failed if is_failed(model, series) => Some(0),
            Breach::Failed => None,
            Breach::Above(limit) => {
                let scale =
                    PARTS.iter().find(|(unit, _)| model.text(series.unit) == *unit).map_or(1.0, |(_, scale)| *scale);
                // The bucket behind the first bound that is not below the limit, and all after it.
                bounds.iter().position(|bound| *bound >= limit * scale).map(|index| index + 1)
            }
        };
        let mut last: Option<&Distribution> = None;
        for point in points {
            if let Some((from_ns, all, breaching)) = increase(last, point, *cumulative, above) {
                let tally = by_time.entry(from_ns).or_insert(Tally { at_ns: from_ns, ..Tally::default() });
                (tally.all, tally.breaching) = (tally.all + all, tally.breaching + breaching);
            }
            last = Some(point);
        }
    }
    by_time.into_values().filter(|tally| tally.all > 0).collect()
}

fn is_failed(model: &Model<'_>, series: &Series) -> bool {
    let named = |value: &Value| !matches!(value, Value::Text(text) if !model.words.names_something(*text));
    series.attributes.iter().any(|(key, value)| Some(*key) == model.words.error_type && named(value))
}

/// Since when, how many observations came, and how many of them lie in the buckets from the given one on. None for the
/// first point of a sum that began nobody knows when.
fn increase(
    last: Option<&Distribution>,
    point: &Distribution,
    cumulative: bool,
    from_bucket: Option<usize>,
) -> Option<(u64, u64, u64)> {
    let above = |point: &Distribution| -> u64 {
        match from_bucket {
            None => 0,
            Some(0) => point.count,
            Some(index) => point.buckets.iter().skip(index).sum(),
        }
    };
    if !cumulative {
        return Some((point.start_ns.min(point.at_ns), point.count, above(point)));
    }
    let last = last?;
    // A process that starts anew counts from nothing.
    let base =
        if last.count <= point.count && last.start_ns == point.start_ns { (last.count, above(last)) } else { (0, 0) };
    Some((last.at_ns.max(point.start_ns.min(point.at_ns)), point.count - base.0, above(point).saturating_sub(base.1)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(at: u64, start: u64, buckets: [u64; 3]) -> Distribution {
        let count = buckets.iter().sum();
        Distribution { start_ns: start, at_ns: at, count, sum: 0.0, buckets: buckets.into(), exemplars: Box::new([]) }
    }

    #[test]
    fn a_sum_counts_from_its_second_point_on_and_begins_anew_with_its_process() {
        let (first, second, restarted) = (point(10, 1, [5, 2, 1]), point(20, 1, [6, 2, 4]), point(30, 25, [9, 9, 9]));
        assert_eq!(increase(None, &first, true, Some(2)), None);
        assert_eq!(increase(Some(&first), &second, true, Some(2)), Some((10, 4, 3)));
        assert_eq!(increase(Some(&first), &second, true, None), Some((10, 4, 0)));
        assert_eq!(increase(Some(&first), &second, true, Some(0)), Some((10, 4, 4)));
        assert_eq!(increase(Some(&second), &restarted, true, Some(1)), Some((25, 27, 18)));
    }

    #[test]
    fn what_is_told_as_an_increase_counts_at_once() {
        assert_eq!(increase(None, &point(10, 1, [5, 2, 1]), false, Some(1)), Some((1, 8, 3)));
    }
}
