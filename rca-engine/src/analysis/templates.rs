//! Log templates: what is said, with everything that varies cut out, and which of it is new, gone or more frequent.

mod miner;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use crate::canonical::{Model, ServiceId};
use crate::evidence::{LogRecord, Symbol};
use crate::investigation::Window;

use super::census::{Census, Pair, Phase, Phases};
use super::statistics::{SIGNIFICANT_G, change_point, g_of_rates};
use miner::Text;

/// A template of a service and how often it was logged.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) service: ServiceId,
    /// The words with `*` for what varies, and the exception type where there is one.
    pub(crate) text: String,
    pub(crate) counts: Pair<u64>,
    /// Records a visit of the service where its visits are known, records a second otherwise.
    pub(crate) rates: Pair<f64>,
    pub(crate) is_per_visit: bool,
    /// When its rate changed.
    pub(crate) onset_ns: u64,
    /// A record of a trace, for citation: trace and span id, 0 where none is linked.
    pub(crate) example: (u128, u64),
    pub(crate) severity: u8,
    /// How surprising the rate is: the likelihood ratio of two Poisson rates.
    pub(crate) g: f64,
    /// Records by bucket of the incident window.
    incident: Vec<f64>,
}

/// Records looked at: beyond it every n-th.
const MAX_RECORDS: usize = 200_000;
/// Templates of a service: a program has hundreds of messages, and what says more is not said in templates. What is rarest
/// counts as one.
const MAX_TEMPLATES: usize = 500;

/// Templates whose rate changed beyond chance, most surprising first, then by structure.
pub(crate) fn find(model: &Model<'_>, census: &Census, phases: &Phases) -> Vec<Template> {
    let records = records(model);
    let masked: BTreeMap<Symbol, String> = records.iter().fold(BTreeMap::new(), |mut masked, (_, log)| {
        masked.entry(log.body).or_insert_with(|| miner::masked(model.text(log.body)));
        masked
    });
    let said = Said::sorted(model, &records, &masked);
    let names = said.names();
    let mut found: BTreeMap<(ServiceId, &str), Template> = BTreeMap::new();
    let buckets = Buckets { window: model.windows.incident };
    for ((service, log), text) in records.iter().zip(&said.of_record) {
        let name = names[*text].as_str();
        let template = found.entry((*service, name)).or_insert_with(|| Template::new(*service, name, phases));
        template.count(log, &buckets, phases);
    }
    let mut templates: Vec<Template> = found.into_values().collect();
    templates.iter_mut().for_each(|template| template.compare(census, &buckets, phases));
    templates.retain(|template| template.g >= SIGNIFICANT_G);
    let order = |t: &Template| (t.service, t.onset_ns, t.counts.before, t.counts.after, t.example);
    templates.sort_by(|a, b| b.g.total_cmp(&a.g).then_with(|| order(a).cmp(&order(b))));
    templates
}

/// Records of services, every n-th where there are too many.
fn records<'m>(model: &'m Model<'_>) -> Vec<(ServiceId, &'m LogRecord)> {
    let step = model.evidence.logs.len().div_ceil(MAX_RECORDS).max(1);
    let mut records: Vec<&LogRecord> = model.evidence.logs.iter().collect();
    if step > 1 {
        // Which records are left out must not depend on the order of the evidence.
        records.sort_by_key(|log| (log.at_ns, log.trace_id, log.span_id));
    }
    let of_service = |log: &'m LogRecord| Some((model.service_of_resource(log.resource)?, log));
    records.into_iter().step_by(step).filter_map(of_service).collect()
}

/// Who says something, how loud, and with which type of exception: never one template where these differ.
type Speaker<'m> = (ServiceId, u8, Option<&'m str>);

/// All that is said, each text once, of both windows at once.
struct Said<'m> {
    texts: Vec<Text<'m, Speaker<'m>>>,
    /// The text of each record.
    of_record: Vec<usize>,
}

impl<'m> Said<'m> {
    fn sorted(
        model: &'m Model<'_>,
        records: &[(ServiceId, &'m LogRecord)],
        masked: &'m BTreeMap<Symbol, String>,
    ) -> Self {
        let exception = model.evidence.names.find("exception.type");
        let mut places: BTreeMap<(Speaker<'m>, &str), usize> = BTreeMap::new();
        let mut said = Self { texts: Vec::new(), of_record: Vec::with_capacity(records.len()) };
        for (service, log) in records {
            let kind = exception.and_then(|key| model.evidence.text_of(&log.attributes, key));
            let (key, text) = ((*service, log.severity, kind), masked[&log.body].as_str());
            let at = (log.at_ns, log.trace_id, log.span_id);
            let place = *places.entry((key, text)).or_insert_with(|| {
                said.texts.push(Text { key, text, count: 0, first: at });
                said.texts.len() - 1
            });
            let known = &mut said.texts[place];
            known.count += 1;
            known.first = known.first.min(at);
            said.of_record.push(place);
        }
        said
    }

    /// The template of each text: words with `*` for what varies, and the exception type where there is one.
    fn names(&self) -> Vec<String> {
        let mined = miner::mine(&self.texts);
        let named = self.texts.iter().zip(mined).map(|(text, template)| match text.key.2 {
            Some(kind) => format!("{kind}: {template}"),
            None => template,
        });
        let mut names: Vec<String> = named.collect();
        // By service: how often each template was said, and when first.
        let mut uses: BTreeMap<ServiceId, BTreeMap<&str, (u64, First)>> = BTreeMap::new();
        for (text, name) in self.texts.iter().zip(&names) {
            let known = uses.entry(text.key.0).or_default().entry(name).or_insert((0, text.first));
            *known = (known.0 + text.count, known.1.min(text.first));
        }
        let mut rest: BTreeSet<(ServiceId, String)> = BTreeSet::new();
        for (service, templates) in uses {
            let mut sorted: Vec<(&str, (u64, First))> = templates.into_iter().collect();
            sorted.sort_by_key(|(name, (count, first))| (Reverse(*count), *first, *name));
            rest.extend(sorted.into_iter().skip(MAX_TEMPLATES).map(|(name, _)| (service, name.to_owned())));
        }
        for (text, name) in self.texts.iter().zip(&mut names).filter(|_| !rest.is_empty()) {
            if rest.contains(&(text.key.0, name.clone())) {
                miner::WILDCARD.clone_into(name);
            }
        }
        names
    }
}

/// When something was first said: time, trace, span.
type First = (u64, u128, u64);

impl Template {
    fn new(service: ServiceId, text: &str, phases: &Phases) -> Self {
        Self {
            service,
            text: text.to_owned(),
            counts: Pair::default(),
            rates: Pair::default(),
            is_per_visit: false,
            onset_ns: phases.after.from_ns,
            example: (0, 0),
            severity: 0,
            g: 0.0,
            incident: Vec::new(),
        }
    }

    /// Takes one more record in.
    fn count(&mut self, log: &LogRecord, buckets: &Buckets, phases: &Phases) {
        if let Some(bucket) = buckets.of(log.at_ns) {
            self.incident.resize(Buckets::COUNT, 0.0);
            self.incident[bucket] += 1.0;
        }
        let Some(phase) = phases.of(log.at_ns) else { return };
        *self.counts.at(phase) += 1;
        self.severity = self.severity.max(log.severity);
        let linked = (log.trace_id, log.span_id);
        if phase == Phase::After && linked > (0, 0) && (self.example == (0, 0) || linked < self.example) {
            self.example = linked;
        }
    }

    /// Compares the windows once all records are in.
    fn compare(&mut self, census: &Census, buckets: &Buckets, phases: &Phases) {
        let counts = self.counts;
        // What is said belongs to the work that is done: twice the visits say twice as much.
        let visits = census.work(self.service);
        self.is_per_visit = visits.before.visits > 0 && visits.after.visits > 0;
        let exposures = if self.is_per_visit {
            (visits.before.visits as f64, visits.after.visits as f64)
        } else {
            (phases.seconds(Phase::Before), phases.seconds(Phase::After))
        };
        self.rates = Pair { before: counts.before as f64 / exposures.0, after: counts.after as f64 / exposures.1 };
        self.g = g_of_rates((counts.before, counts.after), exposures);
        if let Some(index) = change_point(&self.incident, 1) {
            self.onset_ns = buckets.start(index);
        }
    }
}

/// Equal parts of the incident window.
struct Buckets {
    window: Window,
}

impl Buckets {
    /// Fine enough for half a second of half a minute.
    const COUNT: usize = 64;

    fn width_ns(&self) -> u64 {
        (self.window.to_ns - self.window.from_ns).div_ceil(Self::COUNT as u64).max(1)
    }

    fn of(&self, at_ns: u64) -> Option<usize> {
        let inside = (self.window.from_ns..self.window.to_ns).contains(&at_ns);
        inside
            .then(|| usize::try_from((at_ns - self.window.from_ns) / self.width_ns()).unwrap_or(0).min(Self::COUNT - 1))
    }

    fn start(&self, index: usize) -> u64 {
        self.window.from_ns + index as u64 * self.width_ns()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_service_says_its_templates_are_bounded() {
        // Messages of which no two are alike, and one that is said again and again.
        let word = |number: u64| (0..5).map(|digit| char::from(b'a' + (number >> (4 * digit)) as u8 % 16)).collect();
        let noise: Vec<String> = (0..3_000_u64).map(word).collect();
        let text = |(at_ns, text): (u64, &'static str)| Text {
            key: (ServiceId(0), 9, None),
            text,
            count: if text == "served" { 50 } else { 1 },
            first: (at_ns, 0, 0),
        };
        let noise = noise.into_iter().map(|text| &*text.leak()).chain(["served"]);
        let said = Said { texts: (0..).zip(noise).map(text).collect(), of_record: Vec::new() };
        let names: BTreeSet<String> = said.names().into_iter().collect();
        assert_eq!(names.len(), MAX_TEMPLATES + 1);
        assert!(names.contains("served") && names.contains(miner::WILDCARD));
    }
}
