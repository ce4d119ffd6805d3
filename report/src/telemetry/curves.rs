//! The key series: those that the cited evidence points at, else those that every service tells about itself.

use std::collections::BTreeMap;

use contract::{metric, resource};
use rca_engine::component::Component;
use rca_engine::evidence::{Evidence, Points, Series, Value};
use rca_engine::investigation::{EvidenceItem, Investigation};

use super::points::{StepValue, quantile, steps};
use crate::chain::{bottleneck_component, role_of};
use crate::role::Role;

/// Charts in all, and of one role.
const CHARTS_MAX: usize = 8;
const CHARTS_PER_ROLE: usize = 3;
/// A series with more points than this is drawn in coarser steps.
const STEPS_MAX: u64 = 240;
/// A counter is split by an attribute of at most this many values.
const LINES_MAX: usize = 4;

/// A chart.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Curve {
    pub(crate) metric: String,
    pub(crate) service: String,
    pub(crate) role: Option<Role>,
    /// `s`, `1/s`, or the unit of the telemetry.
    pub(crate) unit: String,
    pub(crate) lines: Vec<Line>,
    /// Evidence that cites this series: id and time.
    pub(crate) marks: Vec<(String, u64)>,
    pub(crate) step_ns: u64,
}

/// A line of a chart: its name and its points by time.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Line {
    pub(crate) name: String,
    pub(crate) points: Vec<(u64, f64)>,
}

/// A metric of a service that is worth a chart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Choice {
    role: Option<Role>,
    metric: String,
    service: String,
}

/// The charts of an investigation: the symptom's first, then the bottleneck's, the root's, and what else was cited.
pub(crate) fn curves(investigation: &Investigation, evidence: &Evidence) -> Vec<Curve> {
    let chosen = choices(investigation, evidence);
    let mut curves: Vec<Curve> = Vec::new();
    for choice in chosen {
        let drawn = curves.iter().filter(|curve| curve.role == choice.role).count();
        if curves.len() < CHARTS_MAX && drawn < CHARTS_PER_ROLE {
            curves.extend(curve(investigation, evidence, choice));
        }
    }
    curves
}

fn choices(investigation: &Investigation, evidence: &Evidence) -> Vec<Choice> {
    let roles = &investigation.core.roles;
    let mut chosen: Vec<Choice> = Vec::new();
    for item in &investigation.core.evidence {
        for service in cited_services(item, evidence) {
            let Some(metric) = &item.reference.metric else { continue };
            let role = role_of(roles, &Component::service(&service));
            chosen.push(Choice { role, metric: metric.clone(), service });
        }
    }
    let owner = |component: Option<&Component>| component.and_then(Component::owner).map(str::to_owned);
    let root = roles.root.first().map(|culprit| &culprit.component);
    let families = [metric::CONNECTIONS, metric::COMPUTE];
    let own_signs = |service: String, names: &[&str]| -> Vec<(String, String)> {
        names.iter().map(|name| ((*name).to_owned(), service.clone())).collect()
    };
    // What is shown when no cited evidence names a metric of that role.
    for (role, service, names) in [
        (Role::Symptom, owner(Some(&roles.symptom)), vec![metric::SEARCH_LATENCY, metric::HTTP_SERVER_DURATION]),
        (Role::Bottleneck, owner(bottleneck_component(roles)), families.map(|family| family.wait_time).to_vec()),
        (Role::Root, owner(root), vec![metric::CACHE_LOOKUPS, metric::HTTP_SERVER_DURATION]),
    ] {
        let Some(service) = service.filter(|_| !chosen.iter().any(|choice| choice.role == Some(role))) else {
            continue;
        };
        let known = own_signs(service, &names).into_iter().find(|(name, service)| exists(evidence, name, service));
        chosen.extend(known.map(|(metric, service)| Choice { role: Some(role), metric, service }));
    }
    let order = |choice: &Choice| match choice.role {
        Some(Role::Symptom) => 0,
        Some(Role::Bottleneck) => 1,
        Some(Role::Root) => 2,
        Some(Role::Propagation) => 3,
        None => 4,
    };
    let mut seen: Vec<Choice> = Vec::new();
    for choice in chosen {
        if !seen.contains(&choice) {
            seen.push(choice);
        }
    }
    seen.sort_by_key(order);
    seen
}

/// The services whose series an item cites: those that it speaks about, else whoever tells that metric, two at most.
fn cited_services(item: &EvidenceItem, evidence: &Evidence) -> Vec<String> {
    let Some(name) = &item.reference.metric else { return Vec::new() };
    let mut services: Vec<String> = Vec::new();
    for component in item.supports.iter().chain(&item.against) {
        let ends = match component {
            Component::Edge { from, to } => vec![from.as_str(), to.as_str()],
            other => other.owner().into_iter().collect(),
        };
        for service in ends {
            if exists(evidence, name, service) && !services.iter().any(|known| known == service) {
                services.push(service.to_owned());
            }
        }
    }
    if services.is_empty() {
        let mut tellers: Vec<&str> =
            of_metric(evidence, name).filter_map(|series| service_of(evidence, series)).collect();
        tellers.sort_unstable();
        tellers.dedup();
        services.extend(tellers.into_iter().map(str::to_owned));
    }
    services.truncate(2);
    services
}

fn curve(investigation: &Investigation, evidence: &Evidence, choice: Choice) -> Option<Curve> {
    let Choice { role, metric, service } = choice;
    let (from_ns, to_ns) = shown_window(investigation);
    let second = 1_000_000_000;
    let step_ns = ((to_ns - from_ns) / STEPS_MAX).div_ceil(second).max(1) * second;
    let all: Vec<&Series> =
        of_metric(evidence, &metric).filter(|series| service_of(evidence, series) == Some(&service)).collect();
    let bins = |series: &[&Series]| -> BTreeMap<u64, Bin> {
        let mut bins: BTreeMap<u64, Bin> = BTreeMap::new();
        for (position, series) in series.iter().enumerate() {
            for step in steps(series) {
                if (from_ns..=to_ns).contains(&step.at_ns) {
                    bins.entry((step.at_ns - from_ns) / step_ns).or_default().add(position, step.value);
                }
            }
        }
        bins
    };
    let at = |bin: u64| (from_ns.saturating_add(bin * step_ns)).saturating_add(step_ns / 2);
    let unit = evidence.names.text(all.first()?.unit).to_owned();
    let (unit, mut lines) = match &all.first()?.points {
        Points::Histogram { bounds, .. } => {
            let alike: Vec<&Series> = all
                .iter()
                .copied()
                .filter(|series| matches!(&series.points, Points::Histogram { bounds: other, .. } if other == bounds))
                .collect();
            (unit, histogram_lines(&bins(&alike), bounds, at))
        }
        Points::Sum { monotonic: true, .. } => ("1/s".to_owned(), split_lines(evidence, &all, &bins, at)),
        Points::Gauge(_) | Points::Sum { .. } => (unit, split_lines(evidence, &all, &bins, at)),
    };
    lines.retain(|line| line.points.len() > 1);
    let marks = investigation
        .core
        .evidence
        .iter()
        .filter(|item| item.reference.metric.as_ref() == Some(&metric) && (from_ns..=to_ns).contains(&item.at_ns))
        .filter(|item| cited_services(item, evidence).contains(&service))
        .map(|item| (item.id.clone(), item.at_ns))
        .take(12)
        .collect();
    (!lines.is_empty()).then_some(Curve { metric, service, role, unit, lines, marks, step_ns })
}

/// What all charts span: both windows.
pub(crate) fn shown_window(investigation: &Investigation) -> (u64, u64) {
    let (baseline, incident) = (investigation.envelope.baseline, investigation.envelope.incident);
    let from_ns = baseline.from_ns.min(incident.from_ns);
    (from_ns, baseline.to_ns.max(incident.to_ns).max(from_ns.saturating_add(1_000_000_000)))
}

/// Everything that fell into one step of a chart.
#[derive(Default)]
struct Bin {
    /// By series: the last level, or gain and seconds.
    levels: BTreeMap<usize, f64>,
    gains: BTreeMap<usize, (f64, f64)>,
    count: u64,
    sum: f64,
    buckets: Vec<u64>,
}

impl Bin {
    fn add(&mut self, series: usize, value: StepValue) {
        match value {
            StepValue::Level(level) => {
                self.levels.insert(series, level);
            }
            StepValue::Gain { gained, seconds } => {
                let sums = self.gains.entry(series).or_default();
                *sums = (sums.0 + gained, sums.1 + seconds);
            }
            StepValue::Observed { count, sum, buckets } => {
                self.count = self.count.saturating_add(count);
                self.sum += sum;
                self.buckets.resize(self.buckets.len().max(buckets.len()), 0);
                for (total, more) in self.buckets.iter_mut().zip(buckets) {
                    *total = total.saturating_add(more);
                }
            }
        }
    }

    /// Levels and rates of several series add up.
    fn number(&self) -> f64 {
        self.levels.values().sum::<f64>() + self.gains.values().map(|(gained, seconds)| gained / seconds).sum::<f64>()
    }
}

fn histogram_lines(bins: &BTreeMap<u64, Bin>, bounds: &[f64], at: impl Fn(u64) -> u64) -> Vec<Line> {
    #[expect(clippy::cast_precision_loss, reason = "counts of one step are far below 2^52")]
    let mean = |bin: &Bin| (bin.count > 0).then(|| bin.sum / bin.count as f64);
    let line = |name: &str, value: &dyn Fn(&Bin) -> Option<f64>| Line {
        name: name.to_owned(),
        points: bins.iter().filter_map(|(index, bin)| Some((at(*index), value(bin)?))).collect(),
    };
    vec![line("p99", &|bin| quantile(bounds, &bin.buckets, 0.99)), line("mean", &mean)]
}

/// One line, or one for each value of the attribute that tells the series apart best.
fn split_lines(
    evidence: &Evidence,
    all: &[&Series],
    bins: &dyn Fn(&[&Series]) -> BTreeMap<u64, Bin>,
    at: impl Fn(u64) -> u64,
) -> Vec<Line> {
    let mut groups: BTreeMap<String, Vec<&Series>> = BTreeMap::new();
    let splitter = splitting_attribute(evidence, all);
    for series in all {
        let name = splitter.as_deref().and_then(|key| attribute(evidence, series, key)).unwrap_or_default();
        groups.entry(name).or_default().push(series);
    }
    groups
        .into_iter()
        .map(|(name, series)| Line {
            name,
            points: bins(&series).iter().map(|(index, bin)| (at(*index), bin.number())).collect(),
        })
        .collect()
}

fn splitting_attribute(evidence: &Evidence, all: &[&Series]) -> Option<String> {
    let mut values: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for series in all {
        for (key, value) in &*series.attributes {
            let known = values.entry(evidence.names.text(*key)).or_default();
            let text = value_text(evidence, *value);
            if !known.contains(&text) && known.len() <= LINES_MAX {
                known.push(text);
            }
        }
    }
    let telling = values.into_iter().filter(|(_, values)| (2..=LINES_MAX).contains(&values.len()));
    telling.max_by_key(|(key, values)| (values.len(), std::cmp::Reverse(*key))).map(|(key, _)| key.to_owned())
}

fn attribute(evidence: &Evidence, series: &Series, key: &str) -> Option<String> {
    let key = evidence.names.find(key)?;
    series.attributes.iter().find(|(name, _)| *name == key).map(|(_, value)| value_text(evidence, *value))
}

fn value_text(evidence: &Evidence, value: Value) -> String {
    match value {
        Value::Text(text) => evidence.names.text(text).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(yes) => yes.to_string(),
    }
}

fn of_metric<'a>(evidence: &'a Evidence, name: &str) -> impl Iterator<Item = &'a Series> + use<'a> {
    let name = evidence.names.find(name);
    evidence.series.iter().filter(move |series| Some(series.name) == name)
}

fn exists(evidence: &Evidence, name: &str, service: &str) -> bool {
    of_metric(evidence, name).any(|series| service_of(evidence, series) == Some(service))
}

fn service_of<'a>(evidence: &'a Evidence, series: &Series) -> Option<&'a str> {
    evidence.resource_text(series.resource, resource::SERVICE_NAME)
}
