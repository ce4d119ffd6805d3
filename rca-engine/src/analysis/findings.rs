//! Everything the analysis found, in one place, before it is put into words.

use std::collections::BTreeMap;

use crate::canonical::{Model, PoolId, ServiceId};
use crate::component::Component;
use crate::investigation::Window;
use crate::signal::UniversalIncidentSignal;

use super::accounting::Station;
use super::census::{Census, Phases};
use super::changes::{self, Change};
use super::holders;
use super::pools::{self, PoolState};
use super::requests::Requests;
use super::seeds::{self, Excess};
use super::shifts::{self, Shift};
use super::slices::{self, Slice};
use super::templates::{self, Template};
use super::tracks::Tracks;
use super::walk::{Cause, Leaf, Walk};

/// The buckets of quantities over time where there are no requests to choose them by.
const DEFAULT_BUCKET_NS: u64 = 1_000_000_000;

/// What was measured and where the walk ended.
pub(crate) struct Findings<'a> {
    pub(crate) signal: &'a UniversalIncidentSignal,
    pub(crate) model: &'a Model<'a>,
    /// None without requests in both windows.
    pub(crate) requests: Option<Requests>,
    pub(crate) phases: Phases,
    pub(crate) census: Census,
    pub(crate) pools: BTreeMap<PoolId, PoolState>,
    pub(crate) tracks: Tracks,
    pub(crate) excess: Excess,
    /// Mean excess by station, nanoseconds a request, where a wait for a holder counts where the holder waited.
    pub(crate) held: BTreeMap<Station, f64>,
    /// Whether failures rather than time were followed.
    pub(crate) about_failures: bool,
    pub(crate) leaves: BTreeMap<Cause, Leaf>,
    pub(crate) shifts: Vec<Shift>,
    pub(crate) templates: Vec<Template>,
    pub(crate) changes: Vec<Change>,
    /// The part of the requests that breaches, where it is a part.
    pub(crate) slice: Option<Slice>,
}

impl<'a> Findings<'a> {
    pub(crate) fn gather(model: &'a Model<'a>, signal: &'a UniversalIncidentSignal) -> Self {
        let requests = Requests::find(model, signal);
        let onset_ns = requests.as_ref().map_or(model.windows.incident.from_ns, |requests| requests.onset_ns);
        let phases = Phases {
            before: model.windows.baseline,
            after: Window { from_ns: onset_ns, to_ns: model.windows.incident.to_ns },
        };
        let census = Census::take(model, &phases);
        let pools = pools::states(model, &census, &phases);
        let bucket_ns = requests.as_ref().map_or(DEFAULT_BUCKET_NS, |requests| requests.bucket_ns);
        let end_ns = phases.after.to_ns;
        let horizon_ns = requests.as_ref().map_or(end_ns, |requests| requests.horizon_ns(end_ns));
        let mut findings = Self {
            signal,
            model,
            phases,
            tracks: Tracks::record(model, bucket_ns, onset_ns, horizon_ns),
            excess: Excess::default(),
            held: BTreeMap::new(),
            about_failures: false,
            leaves: BTreeMap::new(),
            shifts: shifts::find(model, &phases),
            templates: templates::find(model, &census, &phases),
            changes: changes::list(model),
            slice: None,
            requests: None,
            census,
            pools,
        };
        if let Some(requests) = requests {
            findings.walk(&requests);
            findings.slice = slices::smallest(model, &phases, &requests);
            findings.requests = Some(requests);
        }
        findings
    }

    fn walk(&mut self, requests: &Requests) {
        self.excess = Excess::measure(self.model, requests);
        self.held = holders::pass_on(self.model, &self.phases, holders::settled(&self.excess, &self.census));
        self.about_failures = seeds::is_about_failures(self.model, requests, self.signal.signal);
        let mut walk = Walk::new(self.model, &self.census, &self.pools, self.phases);
        if self.about_failures {
            seeds::from_failures(&mut walk, requests);
        } else {
            seeds::from_time(&mut walk, &self.excess);
        }
        self.leaves = walk.leaves;
    }

    /// The name of what a cause stands for.
    pub(crate) fn component(&self, cause: Cause) -> Component {
        let name = |service: ServiceId| self.model.name(service).to_owned();
        match cause {
            Cause::Service(service) => Component::Service(name(service)),
            Cause::Pool(pool) => {
                let (owner, resource) = &self.model.pools[pool.0 as usize];
                Component::Resource { service: name(*owner), resource: resource.clone() }
            }
            Cause::Edge(from, to) => Component::Edge { from: name(from), to: name(to) },
            Cause::Retry(service) => Component::Policy { service: name(service), policy: "retry".to_owned() },
            Cause::Queue(_, to) => Component::Queue(name(to)),
            Cause::Workload => Component::Workload(None),
        }
    }

    /// The service that a cause belongs to.
    pub(crate) fn owner(&self, cause: Cause) -> Option<ServiceId> {
        match cause {
            Cause::Service(service) | Cause::Retry(service) => Some(service),
            Cause::Pool(pool) => Some(self.model.pools[pool.0 as usize].0),
            Cause::Edge(from, _) => Some(from),
            Cause::Queue(..) | Cause::Workload => None,
        }
    }

    /// The service that the alert is about.
    pub(crate) fn symptom(&self) -> Option<ServiceId> {
        let named = || self.model.service(self.signal.service.as_deref()?);
        self.requests.as_ref().map(|requests| requests.symptom).or_else(named)
    }

    pub(crate) fn onset_ns(&self) -> u64 {
        self.phases.after.from_ns
    }

    /// When a service first deviates in anything of its own: in its spans, or in its metrics where it has no spans.
    /// Metrics alone do not tell what is its own: its latency moves with everything it calls.
    pub(crate) fn deviation(&self, service: ServiceId) -> Option<u64> {
        if self.census.work.contains_key(&service) {
            return self.tracks.earliest(service);
        }
        self.shifts.iter().filter(|shift| shift.service == service).map(|shift| shift.onset_ns).min()
    }

    /// Whether something that moved at a service moved together with the service's own first deviation: what moves
    /// much earlier or later is done to it.
    pub(crate) fn is_own_move(&self, service: ServiceId, at_ns: u64) -> bool {
        /// Metrics are exported every second: what moves in the same second shows within two.
        const TOGETHER_NS: u64 = 2_000_000_000;
        self.deviation(service).is_some_and(|own| own.abs_diff(at_ns) <= TOGETHER_NS.max(self.uncertainty_ns()))
    }

    /// How far two times must be apart before their order means anything.
    pub(crate) fn uncertainty_ns(&self) -> u64 {
        self.tracks.width_ns() + self.model.options.clock_uncertainty_ns
    }

    /// The change with which a build of a service began.
    pub(crate) fn change_to(&self, service: ServiceId, version: &str) -> Option<&Change> {
        let to = |change: &&Change| change.service == service && change.version.as_deref() == Some(version);
        self.changes.iter().rfind(to)
    }

    /// The last change of a service before the requests began to suffer.
    pub(crate) fn change_before_the_incident(&self, service: ServiceId) -> Option<&Change> {
        let onset_ns = self.requests.as_ref()?.onset_ns;
        changes::most_suspected(&self.changes, service, onset_ns, self.uncertainty_ns())
    }

    /// The change that is most suspected of a service's deviation.
    pub(crate) fn suspected_change(&self, service: ServiceId) -> Option<&Change> {
        let deviation = self.deviation(service)?;
        changes::most_suspected(&self.changes, service, deviation, self.uncertainty_ns())
    }
}
