//! Which slice of the requests breaches: an instance, a version, a class of users, an item.
//!
//! Within the incident every attribute of every hop is contrasted between breaching and passing requests. Many values
//! are looked at, so the share of false discoveries is controlled (Benjamini and Hochberg, 1995); of those that are left
//! the smallest slice that holds nearly all breaches is told.

use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Model, ServiceId};
use crate::evidence::{Symbol, Value};

use super::census::{Pair, Phase, Phases};
use super::keys;
use super::requests::{Request, Requests, evenly};
use super::statistics::{chance_of_g, discoveries, g_of_shares, share, share_rose};

/// What a slice is cut along.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Along {
    Version,
    Instance,
    /// A span attribute of the service's visits.
    Attribute(Symbol),
}

/// Requests that pass through one value of one attribute at one service.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Slice {
    pub(crate) service: ServiceId,
    pub(crate) along: Along,
    /// The value, as its number.
    value: u64,
    /// A visit that has it.
    pub(crate) visit: u32,
    /// Breaching requests with it, and all; passing requests with it, and all.
    pub(crate) breaching: (u64, u64),
    pub(crate) passing: (u64, u64),
    /// Breaching and passing requests that have any value of the attribute there.
    beside: (u64, u64),
}

/// A slice holds at least this share of the breaches,
const MIN_EXPLAINED: f64 = 0.8;
/// breaches this much more often than the rest,
const MIN_CONTRAST: f64 = 3.0;
/// and leaves so many requests beside it that they are known to be better.
const MIN_REST: u64 = 10;
/// One in a hundred slices that are told may be chance.
const FALSE_DISCOVERIES: f64 = 0.01;
/// Requests looked at on each side, evenly over time: a share is known to a hundredth then.
const MAX_REQUESTS: usize = 2_500;

/// Visits looked at to know what is usual, evenly over all of them.
const MAX_VISITS: usize = 50_000;

/// One value of one attribute at one hop.
type Key = (ServiceId, Along, u64);

/// The smallest slice that holds nearly all breaches; none where the breaches are everywhere.
pub(crate) fn smallest(model: &Model<'_>, phases: &Phases, requests: &Requests) -> Option<Slice> {
    let (breaching, passing): (Vec<Request>, Vec<Request>) =
        requests.incident.iter().partition(|request| request.breach);
    let (breaching, passing) = (evenly(&breaching, MAX_REQUESTS), evenly(&passing, MAX_REQUESTS));
    let total = (breaching.len() as u64, passing.len() as u64);
    if total.0 == 0 || total.1 < MIN_REST {
        return None;
    }
    let hops = Hops::of(model, &breaching);
    // Breaching and passing requests with the value, and a visit that has it.
    let mut counts: BTreeMap<Key, (u64, u64, u32)> = BTreeMap::new();
    // The same of all that have any value there: who does not come to a hop is not beside its slices.
    let mut beside: BTreeMap<(ServiceId, Along), (u64, u64)> = BTreeMap::new();
    for (request, breaches) in breaching.iter().map(|r| (r, true)).chain(passing.iter().map(|r| (r, false))) {
        let (bad, good) = (u64::from(breaches), u64::from(!breaches));
        let values = hops.values(model, request.row);
        let places: BTreeSet<(ServiceId, Along)> =
            values.keys().map(|(service, along, _)| (*service, *along)).collect();
        for (key, visit) in values {
            let count = counts.entry(key).or_insert((0, 0, visit));
            (count.0, count.1) = (count.0 + bad, count.1 + good);
        }
        for place in places {
            let count = beside.entry(place).or_default();
            *count = (count.0 + bad, count.1 + good);
        }
    }
    // Whether a value is told from chance is asked of all that are seen, not only of those that would do.
    let chances: Vec<f64> =
        counts.values().map(|(bad, good, _)| chance_of_g(g_of_shares((*good, total.1), (*bad, total.0)))).collect();
    let told = discoveries(&chances, FALSE_DISCOVERIES);
    let usual = Usual { model, phases, hops: &hops };
    let mut slices: Vec<Slice> = counts
        .into_iter()
        .zip(told)
        .filter(|(_, told)| *told)
        .map(|(((service, along, value), (bad, good, visit)), _)| Slice {
            service,
            along,
            value,
            visit,
            breaching: (bad, total.0),
            passing: (good, total.1),
            beside: beside[&(service, along)],
        })
        .filter(Slice::explains)
        .collect();
    // The smallest first; of equal ones what says where rather than who, at the service that the symptom is about if it
    // has it, then by structure. Attributes that always come together differ in nothing but their names.
    let far = |slice: &Slice| (slice.place(), slice.service != requests.symptom, slice.service, slice.visit);
    let order = |slice: &Slice| (slice.passing.0, slice.breaching.0, far(slice));
    let name = |slice: &Slice| match slice.along {
        Along::Version | Along::Instance => "",
        Along::Attribute(name) => model.text(name),
    };
    slices.sort_by(|a, b| order(a).cmp(&order(b)).then_with(|| name(a).cmp(name(b))));
    slices.into_iter().find(|slice| !usual.is_outcome(slice))
}

impl Slice {
    fn explains(&self) -> bool {
        let (inside, all) = (self.breaching.0 + self.passing.0, self.beside.0 + self.beside.1);
        let outside = (self.beside.0 - self.breaching.0, all - inside);
        share(self.breaching.0, self.breaching.1) >= MIN_EXPLAINED
            && outside.1 >= MIN_REST
            && share(self.breaching.0, inside) >= MIN_CONTRAST * share(outside.0, outside.1)
    }

    /// Versions before instances, and both before what requests are about.
    fn place(&self) -> u8 {
        match self.along {
            Along::Version => 0,
            Along::Instance => 1,
            Along::Attribute(_) => 2,
        }
    }

    /// Attribute and value as they stand in the evidence.
    pub(crate) fn named(&self, model: &Model<'_>) -> (String, String) {
        let row = model.row(self.visit);
        let text = |symbol: Option<Symbol>| symbol.map(|symbol| model.text(symbol).to_owned()).unwrap_or_default();
        match self.along {
            Along::Version => ("version".to_owned(), text(row.version)),
            Along::Instance => ("instance".to_owned(), text(row.instance)),
            Along::Attribute(name) => {
                let span = &model.evidence.spans[row.source as usize];
                let value = span.attributes.iter().find(|(key, _)| *key == name).map(|(_, value)| *value);
                (model.text(name).to_owned(), value.map(|value| shown(model, value)).unwrap_or_default())
            }
        }
    }
}

fn shown(model: &Model<'_>, value: Value) -> String {
    match value {
        Value::Text(text) => model.text(text).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
    }
}

/// Which attributes are looked at at each hop.
struct Hops {
    attributes: BTreeMap<ServiceId, Vec<Symbol>>,
}

impl Hops {
    /// The hops of breaching requests with their keys and classes; what says how a span ended is no slice.
    fn of(model: &Model<'_>, breaching: &[Request]) -> Self {
        let mut services: BTreeSet<ServiceId> = BTreeSet::new();
        for request in breaching {
            each_visit(model, request.row, |visit| {
                services.insert(model.row(visit).service);
            });
        }
        let words = &model.words;
        let ends = |name: &Symbol| words.status_codes.contains(name) || words.error_type == Some(*name);
        let of = |service: ServiceId| {
            let found = keys::attributes(model, service);
            let all = found.classes.into_iter().chain(found.key).filter(|name| !ends(name));
            (service, all.collect())
        };
        Self { attributes: services.into_iter().map(of).collect() }
    }

    /// Every value under a request, once, with the first visit that has it.
    fn values(&self, model: &Model<'_>, root: u32) -> BTreeMap<Key, u32> {
        let mut values: BTreeMap<Key, u32> = BTreeMap::new();
        each_visit(model, root, |visit| {
            for key in self.of_visit(model, visit) {
                let first = values.entry(key).or_insert(visit);
                *first = (*first).min(visit);
            }
        });
        values
    }

    fn of_visit(&self, model: &Model<'_>, visit: u32) -> Vec<Key> {
        let row = model.row(visit);
        let symbol = |symbol: Symbol| keys::number(Value::Text(symbol));
        let version = row.version.map(|version| (row.service, Along::Version, symbol(version)));
        let instance = row.instance.map(|instance| (row.service, Along::Instance, symbol(instance)));
        let attributes = self.attributes.get(&row.service).into_iter().flatten().filter_map(|name| {
            let value = keys::of_visit(model, visit, *name)?;
            Some((row.service, Along::Attribute(*name), value))
        });
        version.into_iter().chain(instance).chain(attributes).collect()
    }
}

fn each_visit(model: &Model<'_>, root: u32, mut see: impl FnMut(u32)) {
    let mut open = vec![root];
    while let Some(index) = open.pop() {
        if model.row(index).visit == index || index == root {
            see(index);
        }
        open.extend(model.children(index));
    }
}

/// What was usual before the onset.
struct Usual<'a> {
    model: &'a Model<'a>,
    phases: &'a Phases,
    hops: &'a Hops,
}

impl Usual<'_> {
    /// A value that became more frequent with the incident is what came of it, or what is asked for now; it tells
    /// nothing about which part of the usual work suffers. A build or an instance may well be new.
    fn is_outcome(&self, slice: &Slice) -> bool {
        if !matches!(slice.along, Along::Attribute(_)) {
            return false;
        }
        let (mut with, mut all) = (Pair::<u64>::default(), Pair::<u64>::default());
        let visits = &self.model.visits;
        for visit in visits.iter().step_by(visits.len().div_ceil(MAX_VISITS).max(1)) {
            let row = self.model.row(*visit);
            let Some(phase) = self.phases.of(row.start).filter(|_| row.service == slice.service) else { continue };
            *all.at(phase) += 1;
            let has = self.hops.of_visit(self.model, *visit).contains(&(slice.service, slice.along, slice.value));
            *with.at(phase) += u64::from(has);
        }
        let (before, after) = (all.before, all.after);
        *with.at(Phase::Before) == 0 || share_rose((with.before, before), (with.after, after))
    }
}
