//! What is known of each candidate in numbers that mean the same in every system.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use rca_engine::component::Component;
use rca_engine::evidence::Evidence;
use serde::{Deserialize, Serialize};

use super::measures::{Measures, Pair, SIGMAS, Side};
use crate::method::Alert;

/// Ratios beyond this say no more: e^7 is a factor of a thousand.
const LOG_MAX: f64 = 7.0;
/// Durations below a microsecond are none.
const NS_MIN: f64 = 1e3;

/// One candidate.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Traits {
    pub component: Component,
    /// One a [`FEATURES`], in thousandths: whole numbers are the same wherever they are read.
    pub values: Vec<i32>,
}

/// What each value is: first what a candidate is at all, then of the service that it belongs to, then of itself.
pub const FEATURES: [&str; 29] = [
    "is_version",
    "is_instance",
    "is_edge",
    "is_resource",
    "is_policy",
    "is_change",
    "is_workload",
    "alerting",
    "depth",
    "callers",
    "callees",
    "errors_rose_by",
    "own_p50_factor",
    "own_p99_factor",
    "share_of_time",
    "share_of_time_rose_by",
    "spans_factor",
    "metrics_moved",
    "largest_deviation",
    "first_to_depart",
    "records_factor",
    "new_templates",
    "changes",
    "last_change",
    "part_errors_rose_by",
    "part_p50_factor",
    "part_p99_factor",
    "part_share_rose_by",
    "part_largest_deviation",
];

/// Measures every candidate of one case.
pub fn describe(evidence: &Evidence, alert: &Alert, candidates: &[Component]) -> Vec<Traits> {
    let known = Known::new(Measures::take(evidence, alert), alert);
    let traits = |component: &Component| {
        let mut values = kinds(component).to_vec();
        values.extend(known.of_service(component));
        values.extend(known.of_part(component));
        #[expect(clippy::cast_possible_truncation, reason = "logarithms and shares are far below a million")]
        let values = values.into_iter().map(|value| (value * 1e3).round() as i32).collect();
        Traits { component: component.clone(), values }
    };
    candidates.iter().map(traits).collect()
}

/// What a candidate is; a service is nothing of all this, and so is a queue.
fn kinds(component: &Component) -> [f64; 7] {
    [
        matches!(component, Component::Version { .. }),
        matches!(component, Component::Instance { .. }),
        matches!(component, Component::Edge { .. }),
        matches!(component, Component::Resource { .. }),
        matches!(component, Component::Policy { .. }),
        matches!(component, Component::Change(_)),
        matches!(component, Component::Workload(_)),
    ]
    .map(|is| f64::from(u8::from(is)))
}

/// Measures, and what follows from all of them together.
struct Known<'e> {
    measures: Measures<'e>,
    entry: Option<String>,
    depths: BTreeMap<String, usize>,
    /// Own time of all services.
    whole: Pair<u64>,
}

impl<'e> Known<'e> {
    fn new(measures: Measures<'e>, alert: &Alert) -> Self {
        let entry = alert.signal.service.clone();
        let edges: BTreeSet<(&str, &str)> = measures.calls.keys().copied().collect();
        let mut depths = BTreeMap::new();
        let mut open: VecDeque<(&str, usize)> = entry.iter().map(|entry| (entry.as_str(), 0)).collect();
        while let Some((at, depth)) = open.pop_front() {
            if !depths.contains_key(at) {
                depths.insert(at.to_owned(), depth);
                open.extend(edges.iter().filter(|(from, _)| *from == at).map(|(_, to)| (*to, depth + 1)));
            }
        }
        let sum = |side: fn(&Pair<Side>) -> &Side| measures.services.values().map(|pair| side(pair).sum_ns).sum();
        let whole = Pair { before: sum(|pair| &pair.before), after: sum(|pair| &pair.after) };
        Self { measures, entry, depths, whole }
    }

    /// The service that a candidate belongs to: the workload's is where it arrives, a change's is the one that told it.
    fn owner<'a>(&'a self, component: &'a Component) -> Option<&'a str> {
        match component {
            Component::Workload(_) => self.entry.as_deref(),
            Component::Change(id) => {
                self.measures.changes.iter().find(|(known, _, _)| known == id).map(|(_, service, _)| *service)
            }
            _ => component.owner(),
        }
    }

    fn of_service(&self, component: &Component) -> [f64; 17] {
        let Some(name) = self.owner(component) else { return [0.0; 17] };
        let measures = &self.measures;
        let nothing = Pair::default();
        let pair = measures.services.get(name).unwrap_or(&nothing);
        let count = |side: fn(&(&'e str, &'e str)) -> &'e str| {
            measures.calls.keys().filter(|edge| side(edge) == name).count() as f64
        };
        let deviations = measures.metrics.get(name).map_or(&[][..], Vec::as_slice);
        let moved = deviations.iter().filter(|(deviation, _)| *deviation > SIGMAS).count();
        let logs = measures.logs.get(name);
        let lengths = self.lengths();
        let rates = logs.map_or((0.0, 0.0), |logs| (logs.before as f64 / lengths.0, logs.after as f64 / lengths.1));
        let changes: Vec<u64> =
            measures.changes.iter().filter(|(_, service, _)| *service == name).map(|(_, _, at_ns)| *at_ns).collect();
        let share = |part: u64, whole: u64| part as f64 / whole.max(1) as f64;
        let shares = (share(pair.before.sum_ns, self.whole.before), share(pair.after.sum_ns, self.whole.after));
        [
            f64::from(u8::from(self.entry.as_deref() == Some(name))),
            self.depths.get(name).map_or(-1.0, |depth| *depth as f64),
            count(|edge| edge.1),
            count(|edge| edge.0),
            pair.after.failures() - pair.before.failures(),
            factor(pair, 0.5),
            factor(pair, 0.99),
            shares.1,
            shares.1 - shares.0,
            ratio(pair.before.count as f64 / lengths.0, pair.after.count as f64 / lengths.1, 1.0 / lengths.0),
            (moved as f64).ln_1p(),
            largest(deviations.iter().map(|(deviation, _)| *deviation)),
            self.promptness(name),
            ratio(rates.0, rates.1, 1.0 / lengths.0),
            (measures.new_templates.get(name).copied().unwrap_or(0) as f64).ln_1p(),
            (changes.len() as f64).ln_1p(),
            changes.iter().map(|at_ns| self.recency(*at_ns)).fold(0.0, f64::max),
        ]
    }

    /// Of a build, an instance, a call, a resource or a change itself.
    fn of_part(&self, component: &Component) -> [f64; 5] {
        let measures = &self.measures;
        let (pair, whole) = match component {
            Component::Version { service, version: part } | Component::Instance { service, instance: part } => {
                (measures.parts.get(&(service.as_str(), part.as_str())), measures.services.get(service.as_str()))
            }
            Component::Edge { from, to } => {
                (measures.calls.get(&(from.as_str(), to.as_str())), measures.services.get(from.as_str()))
            }
            Component::Resource { service, resource } => {
                let series = measures.metrics.get(service.as_str()).into_iter().flatten();
                let own = series.filter(|(_, texts)| texts.contains(&resource.as_str()));
                return [0.0, 0.0, 0.0, 0.0, largest(own.map(|(deviation, _)| *deviation))];
            }
            // How recent it is itself, in the place of a deviation: of one service's changes the last one stands out.
            Component::Change(id) => {
                let own = measures.changes.iter().filter(|(known, _, _)| known == id);
                return [0.0, 0.0, 0.0, 0.0, own.map(|(_, _, at_ns)| self.recency(*at_ns)).fold(0.0, f64::max)];
            }
            _ => (None, None),
        };
        let (Some(pair), Some(whole)) = (pair, whole) else { return [0.0; 5] };
        let share = |part: &Side, whole: &Side| part.count as f64 / whole.count.max(1) as f64;
        // What is new has no past of its own: it is held against that of all.
        let usual = if pair.before.count > 0 { &pair.before } else { &whole.before };
        let against = Pair { before: usual.clone(), after: pair.after.clone() };
        [
            pair.after.failures() - usual.failures(),
            factor(&against, 0.5),
            factor(&against, 0.99),
            share(&pair.after, &whole.after) - share(&pair.before, &whole.before),
            0.0,
        ]
    }

    /// Seconds of both windows.
    fn lengths(&self) -> (f64, f64) {
        let length = |window: rca_engine::investigation::Window| {
            (window.to_ns.saturating_sub(window.from_ns)).max(1) as f64 / 1e9
        };
        (length(self.measures.windows.baseline), length(self.measures.windows.incident))
    }

    /// 1 for the service that departed first, less for each one before it; 0 for one that did not.
    fn promptness(&self, name: &str) -> f64 {
        let departures = &self.measures.departures;
        let Some(own) = departures.get(name) else { return 0.0 };
        let before = departures.values().filter(|other| *other < own).count();
        1.0 / (1.0 + before as f64)
    }

    /// 1 for a change at the alert, a half for one as long before it as the incident's window lasts.
    fn recency(&self, at_ns: u64) -> f64 {
        let ago = self.measures.windows.incident.to_ns.saturating_sub(at_ns) as f64 / 1e9;
        1.0 / (1.0 + ago / self.lengths().1)
    }
}

/// The logarithm of how many times a quantile of durations grew.
fn factor(pair: &Pair<Side>, share: f64) -> f64 {
    if pair.before.count == 0 || pair.after.count == 0 {
        return 0.0;
    }
    ratio(pair.before.quantile(share), pair.after.quantile(share), NS_MIN)
}

/// The logarithm of a ratio; less than `least` on either side counts as that.
fn ratio(before: f64, after: f64, least: f64) -> f64 {
    (after.max(least) / before.max(least)).ln().clamp(-LOG_MAX, LOG_MAX)
}

fn largest(deviations: impl Iterator<Item = f64>) -> f64 {
    deviations.fold(0.0, f64::max).ln_1p()
}
