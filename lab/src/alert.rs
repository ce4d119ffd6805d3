//! The alert: a rule evaluated each second over the measured metrics, in Alertmanager's webhook format.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use collector::Batch;
use contract::metric;
use opentelemetry_proto::tonic::common::v1::KeyValue;
use opentelemetry_proto::tonic::metrics::v1::metric::Data;
use opentelemetry_proto::tonic::metrics::v1::number_data_point::Value as NumberValue;
use scenarios::model::{AlertRule, Sli};
use serde_json::{Value, json};

/// The service whose users are hurt.
const SERVICE: &str = "search";

/// Watches one rule.
#[derive(Debug)]
pub(crate) struct Watch {
    rule: AlertRule,
    /// Cumulative histograms of the latency, by series.
    latency: BTreeMap<Vec<u8>, VecDeque<Sample>>,
    /// Cumulative counts of degraded answers, by series.
    degraded: BTreeMap<Vec<u8>, VecDeque<Sample>>,
    bounds: Vec<f64>,
    breached_since_ns: Option<u64>,
}

/// A cumulative point: of a counter, one bucket.
#[derive(Clone, Debug)]
struct Sample {
    at_ns: u64,
    buckets: Vec<u64>,
}

impl Watch {
    pub(crate) fn new(rule: AlertRule) -> Self {
        Self { rule, latency: BTreeMap::new(), degraded: BTreeMap::new(), bounds: Vec::new(), breached_since_ns: None }
    }

    /// Takes in what the collector received.
    pub(crate) fn observe(&mut self, batch: &Batch) {
        let Batch::Metrics(request) = batch else { return };
        for resource in &request.resource_metrics {
            let identity = resource.resource.as_ref().map_or(&[][..], |resource| &resource.attributes);
            for found in resource.scope_metrics.iter().flat_map(|scope| &scope.metrics) {
                match (&found.data, found.name.as_str()) {
                    (Some(Data::Histogram(histogram)), metric::SEARCH_LATENCY) => {
                        for point in &histogram.data_points {
                            self.bounds.clone_from(&point.explicit_bounds);
                            let sample = Sample { at_ns: point.time_unix_nano, buckets: point.bucket_counts.clone() };
                            self.latency.entry(key(identity, &point.attributes)).or_default().push_back(sample);
                        }
                    }
                    (Some(Data::Sum(sum)), metric::SEARCH_DEGRADED) => {
                        for point in &sum.data_points {
                            let count = match point.value {
                                Some(NumberValue::AsInt(count)) => u64::try_from(count).unwrap_or(0),
                                Some(NumberValue::AsDouble(_)) | None => continue,
                            };
                            let sample = Sample { at_ns: point.time_unix_nano, buckets: vec![count] };
                            self.degraded.entry(key(identity, &point.attributes)).or_default().push_back(sample);
                        }
                    }
                    _ => {}
                }
            }
        }
        let keep = self.rule.window + Duration::from_secs(5);
        for samples in self.latency.values_mut().chain(self.degraded.values_mut()) {
            let newest = samples.back().map_or(0, |sample| sample.at_ns);
            while samples.front().is_some_and(|sample| sample.at_ns + nanos(keep) < newest) {
                samples.pop_front();
            }
        }
    }

    /// Evaluates the rule; true when it has been breached for long enough.
    pub(crate) fn fires(&mut self, now_ns: u64) -> bool {
        if self.value(now_ns).is_none_or(|value| value <= self.rule.above) {
            self.breached_since_ns = None;
            return false;
        }
        let since = *self.breached_since_ns.get_or_insert(now_ns);
        now_ns - since >= nanos(self.rule.for_)
    }

    /// The SLI over the window that ends now; none without traffic.
    pub(crate) fn value(&self, now_ns: u64) -> Option<f64> {
        let from_ns = now_ns.saturating_sub(nanos(self.rule.window));
        let latency = increase(&self.latency, from_ns);
        let answers: u64 = latency.iter().sum();
        match self.rule.sli {
            _ if answers == 0 => None,
            Sli::Latency => Some(quantile(&self.bounds, &latency, self.rule.quantile)),
            Sli::Degraded => {
                let degraded: u64 = increase(&self.degraded, from_ns).iter().sum();
                Some(degraded as f64 / answers as f64)
            }
        }
    }

    /// The webhook body; an operator's question where the rule did not fire.
    pub(crate) fn webhook(&self, starts_ns: u64, fired: bool) -> Value {
        let rule = &self.rule;
        let sli = match rule.sli {
            Sli::Latency => "latency",
            Sli::Degraded => "degraded",
        };
        let starts_at = jiff::Timestamp::from_nanosecond(i128::from(starts_ns)).unwrap_or_default().to_string();
        let labels = json!({
            "alertname": if fired { "SearchSliBreached" } else { "question" },
            "service": SERVICE,
            "severity": if fired { "page" } else { "none" },
            "sli": sli,
        });
        let summary = match (fired, rule.sli) {
            (false, _) => "an operator asks whether anything is wrong".to_owned(),
            (true, Sli::Latency) => {
                let percent = rule.quantile * 100.0;
                format!("search p{percent:.0} above {} s for {} s", rule.above, rule.for_.as_secs_f64())
            }
            (true, Sli::Degraded) => {
                format!("share of degraded answers above {} for {} s", rule.above, rule.for_.as_secs_f64())
            }
        };
        let mut annotations = json!({
            "summary": summary,
            "window_s": rule.window.as_secs_f64().to_string(),
            "for_s": rule.for_.as_secs_f64().to_string(),
        });
        if fired {
            annotations["threshold"] = json!(rule.above.to_string());
        }
        json!({
            "version": "4",
            "groupKey": format!("{{}}:{{service=\"{SERVICE}\"}}"),
            "truncatedAlerts": 0,
            "status": "firing",
            "receiver": "rca",
            "groupLabels": {"service": SERVICE},
            "commonLabels": labels,
            "commonAnnotations": annotations,
            "externalURL": "",
            "alerts": [{
                "status": "firing",
                "labels": labels,
                "annotations": annotations,
                "startsAt": starts_at,
                "endsAt": "0001-01-01T00:00:00Z",
                "generatorURL": "",
                "fingerprint": "",
            }],
        })
    }
}

/// Resource and attributes, in the canonical order that the collector gave them.
fn key(identity: &[KeyValue], attributes: &[KeyValue]) -> Vec<u8> {
    let parts = identity.iter().chain(attributes).map(|attribute| format!("{attribute:?}\u{1}"));
    parts.collect::<String>().into_bytes()
}

/// Growth of all series since a time, summed by bucket; a series that began later counts from zero.
fn increase(series: &BTreeMap<Vec<u8>, VecDeque<Sample>>, from_ns: u64) -> Vec<u64> {
    let mut sum: Vec<u64> = Vec::new();
    for samples in series.values() {
        let Some(newest) = samples.back().filter(|newest| newest.at_ns > from_ns) else { continue };
        let before = samples.iter().rev().find(|sample| sample.at_ns <= from_ns);
        sum.resize(sum.len().max(newest.buckets.len()), 0);
        for (index, count) in newest.buckets.iter().enumerate() {
            let earlier = before.and_then(|sample| sample.buckets.get(index)).copied().unwrap_or(0);
            sum[index] += count.saturating_sub(earlier);
        }
    }
    sum
}

/// A quantile by linear interpolation within its bucket, as Prometheus' `histogram_quantile`; the last bound where
/// it lies beyond.
pub(crate) fn quantile(bounds: &[f64], buckets: &[u64], quantile: f64) -> f64 {
    let total: u64 = buckets.iter().sum();
    let rank = quantile * total as f64;
    let mut below = 0.0;
    for (index, count) in buckets.iter().enumerate() {
        let count = *count as f64;
        if below + count >= rank && count > 0.0 {
            let last = bounds.last().copied().unwrap_or(0.0);
            let Some(upper) = bounds.get(index) else { return last };
            let lower = if index == 0 { 0.0 } else { bounds[index - 1] };
            return lower + (upper - lower) * (rank - below) / count;
        }
        below += count;
    }
    0.0
}

fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use opentelemetry_proto::tonic::collector::metrics::v1::ExportMetricsServiceRequest;
    use opentelemetry_proto::tonic::metrics::v1::{
        Histogram, HistogramDataPoint, Metric, ResourceMetrics, ScopeMetrics,
    };

    use super::*;

    const SECOND: u64 = 1_000_000_000;

    fn rule() -> AlertRule {
        AlertRule {
            sli: Sli::Latency,
            quantile: 0.99,
            window: Duration::from_secs(5),
            above: 0.5,
            for_: Duration::from_secs(6),
        }
    }

    fn latency(at_s: u64, fast: u64, slow: u64) -> Batch {
        let point = HistogramDataPoint {
            time_unix_nano: at_s * SECOND,
            explicit_bounds: vec![0.1, 0.5, 1.0],
            bucket_counts: vec![fast, 0, slow, 0],
            ..HistogramDataPoint::default()
        };
        let data = Some(Data::Histogram(Histogram { data_points: vec![point], ..Histogram::default() }));
        let metrics = vec![Metric { name: metric::SEARCH_LATENCY.into(), data, ..Metric::default() }];
        let scope_metrics = vec![ScopeMetrics { metrics, ..ScopeMetrics::default() }];
        let resource_metrics = vec![ResourceMetrics { scope_metrics, ..ResourceMetrics::default() }];
        Batch::Metrics(ExportMetricsServiceRequest { resource_metrics })
    }

    fn first_fire(slow_from: u64, slow_to: u64) -> Option<u64> {
        let mut watch = Watch::new(rule());
        let mut slow = 0;
        (1..60).find(|second| {
            if (slow_from..slow_to).contains(second) {
                slow += 30;
            }
            watch.observe(&latency(*second, 30 * second, slow));
            watch.fires(second * SECOND)
        })
    }

    #[test]
    fn a_lasting_breach_fires_when_it_has_lasted() {
        assert_eq!(first_fire(20, 60), Some(26));
    }

    #[test]
    fn one_stall_stays_in_the_window_for_less_than_the_rule_waits() {
        assert_eq!(first_fire(20, 21), None);
    }

    #[test]
    fn quantiles_interpolate_within_a_bucket() {
        assert!((quantile(&[0.1, 0.5, 1.0], &[50, 0, 50, 0], 0.75) - 0.75).abs() < 1e-9);
        assert!((quantile(&[0.1, 0.5, 1.0], &[0, 0, 0, 10], 0.99) - 1.0).abs() < 1e-9);
    }
}
