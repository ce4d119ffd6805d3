//! The bottleneck: the station whose time on the critical paths of breaching searches grew most over the baseline.

use std::collections::BTreeMap;
use std::ops::Range;

use rca_engine::component::Component;
use rca_engine::vocabulary::Mode;
use serde::{Deserialize, Serialize};

use super::book::Book;
use super::path::{Part, path};
use super::{Entry, Phase};

/// Below this share of the increase no station is the bottleneck alone.
const LEAST_SHARE: f64 = 0.5;
/// A runner-up that is nearer than this factor is as good an answer.
const LEAST_LEAD: f64 = 1.5;

/// Spans of time, half-open, in nanoseconds since the Unix epoch. A search belongs where it began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Windows {
    pub baseline: Range<u64>,
    pub incident: Range<u64>,
}

/// What the ledger says about where the time went.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Derived {
    pub baseline_searches: u64,
    pub breaching_searches: u64,
    /// Mean duration, nanoseconds.
    pub baseline_mean_ns: f64,
    /// Mean duration, nanoseconds.
    pub breaching_mean_ns: f64,
    /// Every station, largest increase first.
    pub stations: Vec<StationChange>,
    /// One, or all that are tied; empty where nothing breached or nothing grew.
    pub bottlenecks: Vec<Bottleneck>,
}

/// How a station's time per search changed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StationChange {
    pub component: Component,
    /// Increase of its time on the critical path, mean per search, nanoseconds; negative where it fell.
    pub increase_ns: f64,
    /// Of the sum of all increases, 0 to 1; 0 where it fell.
    pub share: f64,
    pub mode: Mode,
}

/// A right answer to where the time went.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Bottleneck {
    pub component: Component,
    pub mode: Mode,
}

/// Derives the bottleneck from the joined ledgers of all instances, in any order.
///
/// A search breaches if it took longer than `threshold_ns`; without a threshold every search of the incident counts.
pub fn derive(entries: &[Entry], windows: &Windows, threshold_ns: Option<u64>) -> Derived {
    let book = Book::of(entries);
    let mut baseline = Means::default();
    let mut breaching = Means::default();
    for search in book.searches() {
        if windows.baseline.contains(&search.from_ns) {
            baseline.add(&book, search);
        } else if windows.incident.contains(&search.from_ns)
            && threshold_ns.is_none_or(|threshold| search.to_ns - search.from_ns > threshold)
        {
            breaching.add(&book, search);
        }
    }
    compare(&baseline, &breaching)
}

/// What searches spent, summed per station.
#[derive(Default)]
struct Means {
    searches: u64,
    total_ns: u64,
    stations: BTreeMap<Component, Spent>,
}

#[derive(Clone, Copy, Default)]
struct Spent {
    wait_ns: u64,
    blocked_ns: u64,
    serve_ns: u64,
    /// Uses anywhere under the search, and their time: they tell more calls from slower ones.
    uses: u64,
    use_ns: u64,
}

impl Means {
    fn add(&mut self, book: &Book<'_>, search: &Entry) {
        self.searches += 1;
        self.total_ns += search.to_ns - search.from_ns;
        for piece in path(book, search) {
            let spent = self.stations.entry(component(&piece.station)).or_default();
            let ns = piece.span.end - piece.span.start;
            match piece.part {
                Part::Wait => spent.wait_ns += ns,
                Part::Blocked => spent.blocked_ns += ns,
                Part::Serve => spent.serve_ns += ns,
            }
        }
        for entry in book.services_under(&search.request) {
            debug_assert_eq!(entry.phase, Phase::Serve);
            let spent = self.stations.entry(component(&entry.station)).or_default();
            spent.uses += 1;
            spent.use_ns += entry.to_ns - entry.from_ns;
        }
    }

    fn mean(&self, ns: u64) -> f64 {
        if self.searches == 0 { 0.0 } else { ns as f64 / self.searches as f64 }
    }
}

fn compare(baseline: &Means, breaching: &Means) -> Derived {
    let mut derived = Derived {
        baseline_searches: baseline.searches,
        breaching_searches: breaching.searches,
        baseline_mean_ns: baseline.mean(baseline.total_ns),
        breaching_mean_ns: breaching.mean(breaching.total_ns),
        ..Derived::default()
    };
    if breaching.searches == 0 {
        return derived;
    }
    let names: std::collections::BTreeSet<&Component> =
        baseline.stations.keys().chain(breaching.stations.keys()).collect();
    derived.stations = names.into_iter().map(|name| change(name, baseline, breaching)).collect();
    let grown: f64 = derived.stations.iter().map(|station| station.increase_ns.max(0.0)).sum();
    if grown <= 0.0 {
        return derived;
    }
    for station in &mut derived.stations {
        station.share = station.increase_ns.max(0.0) / grown;
    }
    derived
        .stations
        .sort_by(|a, b| b.increase_ns.total_cmp(&a.increase_ns).then_with(|| a.component.cmp(&b.component)));
    derived.bottlenecks = leaders(&derived.stations);
    derived
}

fn change(name: &Component, baseline: &Means, breaching: &Means) -> StationChange {
    let of = |means: &Means| means.stations.get(name).copied().unwrap_or_default();
    let (before, after) = (of(baseline), of(breaching));
    let growth = |part: fn(&Spent) -> u64| breaching.mean(part(&after)) - baseline.mean(part(&before));
    let (wait, blocked, serve) =
        (growth(|spent| spent.wait_ns), growth(|spent| spent.blocked_ns), growth(|spent| spent.serve_ns));
    let mode = if blocked > 0.0 && blocked >= wait && blocked >= serve {
        Mode::Blocked
    } else if wait >= serve {
        Mode::Saturated
    } else {
        slow_or_visits(before, baseline.searches, after, breaching.searches)
    };
    StationChange { component: name.clone(), increase_ns: wait + blocked + serve, share: 0.0, mode }
}

/// More uses per search, or longer ones: whichever grew by the larger factor.
fn slow_or_visits(before: Spent, before_searches: u64, after: Spent, after_searches: u64) -> Mode {
    let ratio = |top: u64, bottom: u64| if bottom == 0 { 0.0 } else { top as f64 / bottom as f64 };
    let factor = |after: f64, before: f64| if before > 0.0 { after / before } else { f64::from(u8::from(after > 0.0)) };
    let visits = factor(ratio(after.uses, after_searches), ratio(before.uses, before_searches));
    let length = factor(ratio(after.use_ns, after.uses), ratio(before.use_ns, before.uses));
    if visits > length { Mode::Visits } else { Mode::Slow }
}

/// The first station, with all that are tied with it.
fn leaders(stations: &[StationChange]) -> Vec<Bottleneck> {
    let Some(first) = stations.first().filter(|first| first.share > 0.0) else { return Vec::new() };
    let near = |station: &&StationChange| station.share * LEAST_LEAD > first.share;
    let mut tied: Vec<&StationChange> = stations.iter().filter(near).collect();
    if first.share < LEAST_SHARE && tied.len() == 1 {
        // Nobody has half of it: the runner-up is as good an answer, however far it is behind.
        tied.extend(stations.get(1).filter(|second| second.share > 0.0));
    }
    let mut right: Vec<Bottleneck> = Vec::new();
    for answer in tied.into_iter().flat_map(answers) {
        if !right.contains(&answer) {
            right.push(answer);
        }
    }
    right
}

/// The names of a station that are equally right. Whoever is slow at its work, or has too much of it, is so wherever it
/// works: that is the service as much as the permits it works under. A wait for permits is the permits' alone.
fn answers(station: &StationChange) -> Vec<Bottleneck> {
    let (component, mode) = (station.component.clone(), station.mode);
    let service = match (&component, mode) {
        (Component::Resource { service, .. }, Mode::Slow | Mode::Visits) => Some(Component::service(service)),
        _ => None,
    };
    let names = std::iter::once(component).chain(service);
    names.map(|component| Bottleneck { component, mode }).collect()
}

/// `database/pool` is a resource, `edge:a->b` an edge, a bare name a service.
fn component(station: &str) -> Component {
    match station.split_once('/') {
        Some((service, resource)) => Component::Resource { service: service.to_owned(), resource: resource.to_owned() },
        None => station.parse().unwrap_or_else(|_| Component::service(station)),
    }
}
