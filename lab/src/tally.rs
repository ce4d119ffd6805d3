//! Adding metrics up as the collector receives them: how often and how much, by series, over any window afterwards.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use collector::Batch;
use contract::resource;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::common::v1::any_value::Value;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as Number;

/// Cumulative points of chosen metrics.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    names: BTreeSet<String>,
    series: BTreeMap<Key, Vec<Point>>,
}

/// One series: of one build of a service, under one set of attributes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    name: String,
    service: String,
    /// Builds follow each other, and each counts from zero.
    instance: String,
    attributes: BTreeMap<String, String>,
}

#[derive(Clone, Copy, Debug)]
struct Point {
    at_ns: u64,
    count: f64,
    sum: f64,
}

/// Which series are meant; what is not said may be anything.
#[derive(Clone, Debug, Default)]
pub(crate) struct Selection<'a> {
    pub(crate) name: &'a str,
    pub(crate) service: &'a str,
    /// Attributes that must have this value.
    pub(crate) with: Vec<(&'a str, &'a str)>,
    /// An attribute that must be there.
    pub(crate) having: Option<&'a str>,
}

/// What a selection did in a window.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Growth {
    pub(crate) count: f64,
    pub(crate) sum: f64,
}

impl Tally {
    /// Of metrics with these names alone.
    pub(crate) fn of(names: impl IntoIterator<Item = String>) -> Self {
        Self { names: names.into_iter().collect(), series: BTreeMap::new() }
    }

    /// Takes in what the collector received.
    pub(crate) fn observe(&mut self, batch: &Batch) {
        let Batch::Metrics(request) = batch else { return };
        for resource in &request.resource_metrics {
            let identity = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            let metrics = resource.scope_metrics.iter().flat_map(|scope| &scope.metrics);
            for metric in metrics.filter(|metric| self.names.contains(&metric.name)) {
                for (attributes, point) in points(metric.data.as_ref()) {
                    let key = Key {
                        name: metric.name.clone(),
                        service: text(identity, resource::SERVICE_NAME),
                        instance: text(identity, resource::SERVICE_INSTANCE_ID),
                        attributes: attributes.iter().map(|one| (one.key.clone(), shown(one))).collect(),
                    };
                    self.series.entry(key).or_default().push(point);
                }
            }
        }
    }

    /// The growth of all series of a selection within a window.
    pub(crate) fn growth(&self, selection: &Selection<'_>, window: &Range<u64>) -> Growth {
        let mut sum = Growth::default();
        for (_, points) in self.series.iter().filter(|(key, _)| selection.takes(key)) {
            let until = |ns: u64| points.iter().rev().find(|point| point.at_ns < ns);
            let last = until(window.end);
            // A series that began within the window counts from zero.
            let before = until(window.start);
            let of = |part: fn(&Point) -> f64| last.map_or(0.0, part) - before.map_or(0.0, part);
            sum.count += of(|point| point.count);
            sum.sum += of(|point| point.sum);
        }
        sum
    }
}

impl Selection<'_> {
    fn takes(&self, key: &Key) -> bool {
        key.name == self.name
            && key.service == self.service
            && self.with.iter().all(|(name, value)| key.attributes.get(*name).is_some_and(|found| found == value))
            && self.having.is_none_or(|name| key.attributes.contains_key(name))
    }
}

impl Growth {
    /// Mean of what was counted; none where nothing was.
    pub(crate) fn mean(&self) -> Option<f64> {
        (self.count > 0.0).then(|| self.sum / self.count)
    }
}

fn points(data: Option<&Data>) -> Vec<(&[KeyValue], Point)> {
    match data {
        Some(Data::Histogram(histogram)) => {
            let point = histogram.data_points.iter().map(|point| {
                let sum = point.sum.unwrap_or(0.0);
                (&point.attributes[..], Point { at_ns: point.time_unix_nano, count: point.count as f64, sum })
            });
            point.collect()
        }
        Some(Data::Sum(sum)) => {
            let point = sum.data_points.iter().map(|point| {
                let count = match point.value {
                    Some(Number::AsInt(count)) => count as f64,
                    Some(Number::AsDouble(count)) => count,
                    None => 0.0,
                };
                (&point.attributes[..], Point { at_ns: point.time_unix_nano, count, sum: count })
            });
            point.collect()
        }
        // Levels do not add up.
        Some(Data::Gauge(_) | Data::ExponentialHistogram(_) | Data::Summary(_)) | None => Vec::new(),
    }
}

fn text(attributes: &[KeyValue], key: &str) -> String {
    attributes.iter().find(|attribute| attribute.key == key).map(shown).unwrap_or_default()
}

fn shown(attribute: &KeyValue) -> String {
    match attribute.value.as_ref().and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::IntValue(number)) => number.to_string(),
        Some(Value::BoolValue(flag)) => flag.to_string(),
        Some(Value::DoubleValue(number)) => number.to_string(),
        Some(other) => format!("{other:?}"),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::common::v1::AnyValue;
    use opentelemetry_proto::tonic::metrics::v1::{Metric, NumberDataPoint, ResourceMetrics, ScopeMetrics, Sum};
    use opentelemetry_proto::tonic::resource::v1::Resource;

    use super::*;

    fn attribute(key: &str, value: &str) -> KeyValue {
        let value = Some(AnyValue { value: Some(Value::StringValue(value.to_owned())) });
        KeyValue { key: key.to_owned(), value, ..KeyValue::default() }
    }

    /// A cumulative count of one build of one service.
    fn counted(instance: &str, outcome: &str, at_ns: u64, count: i64) -> Batch {
        let point = NumberDataPoint {
            time_unix_nano: at_ns,
            attributes: vec![attribute("outcome", outcome)],
            value: Some(Number::AsInt(count)),
            ..NumberDataPoint::default()
        };
        let data = Some(Data::Sum(Sum { data_points: vec![point], ..Sum::default() }));
        let metrics = vec![Metric { name: "lookups".to_owned(), data, ..Metric::default() }];
        let attributes =
            vec![attribute(resource::SERVICE_NAME, "cache"), attribute(resource::SERVICE_INSTANCE_ID, instance)];
        let resource = Some(Resource { attributes, ..Resource::default() });
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let resource_metrics = vec![ResourceMetrics { resource, scope_metrics, ..ResourceMetrics::default() }];
        Batch::Metrics(ExportMetricsServiceRequest { resource_metrics })
    }

    fn growth(tally: &Tally, with: Vec<(&str, &str)>, window: Range<u64>) -> f64 {
        let selection = Selection { name: "lookups", service: "cache", with, having: None };
        tally.growth(&selection, &window).count
    }

    #[test]
    fn growth_is_between_the_last_points_before_both_ends_and_a_new_build_counts_from_zero() {
        let mut tally = Tally::of(["lookups".to_owned()]);
        for (instance, outcome, at_ns, count) in
            [("1", "hit", 10, 5), ("1", "hit", 20, 9), ("1", "miss", 20, 2), ("2", "hit", 30, 7), ("1", "hit", 30, 9)]
        {
            tally.observe(&counted(instance, outcome, at_ns, count));
        }
        assert_eq!(growth(&tally, Vec::new(), 0..40).to_string(), "18");
        assert_eq!(growth(&tally, Vec::new(), 15..25).to_string(), "6");
        assert_eq!(growth(&tally, vec![("outcome", "hit")], 15..35).to_string(), "11");
        assert_eq!(growth(&tally, vec![("outcome", "none")], 0..40).to_string(), "0");
        let other = Selection { name: "lookups", service: "search", ..Selection::default() };
        assert_eq!(tally.growth(&other, &(0..40)), Growth::default());
        let lacking = Selection { name: "lookups", service: "cache", with: Vec::new(), having: Some("error.type") };
        assert_eq!(tally.growth(&lacking, &(0..40)), Growth::default());
    }

    #[test]
    fn metrics_that_nobody_chose_are_not_kept() {
        let mut tally = Tally::of(["other".to_owned()]);
        tally.observe(&counted("1", "hit", 10, 5));
        assert!(tally.series.is_empty());
    }
}
