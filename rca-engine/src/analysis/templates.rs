//! Log templates: what is said, with everything that varies cut out, and which of it is new, gone or more frequent.

use std::collections::BTreeMap;

use crate::canonical::{Model, ServiceId};
use crate::evidence::LogRecord;
use crate::investigation::Window;

use super::census::{Census, Pair, Phase, Phases};
use super::statistics::{SIGNIFICANT_G, change_point};

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

/// Words kept of a body: longer ones differ in their tail anyway.
const MAX_WORDS: usize = 24;
/// Records looked at: beyond it every n-th.
const MAX_RECORDS: usize = 200_000;

/// Templates whose rate changed beyond chance, most surprising first, then by structure.
pub(crate) fn find(model: &Model<'_>, census: &Census, phases: &Phases) -> Vec<Template> {
    let buckets = Buckets { window: model.windows.incident };
    let step = model.evidence.logs.len().div_ceil(MAX_RECORDS).max(1);
    let exception = model.evidence.names.find("exception.type");
    let mut found: BTreeMap<(ServiceId, String), Template> = BTreeMap::new();
    let mut records: Vec<&LogRecord> = model.evidence.logs.iter().collect();
    if step > 1 {
        // Which records are left out must not depend on the order of the evidence.
        records.sort_by_key(|log| (log.at_ns, log.trace_id, log.span_id));
    }
    for log in records.into_iter().step_by(step) {
        let Some(service) = service(model, log) else { continue };
        let mut text = template(model.text(log.body));
        if let Some(kind) = exception.and_then(|key| model.evidence.text_of(&log.attributes, key)) {
            text = format!("{kind}: {text}");
        }
        let entry = found.entry((service, text)).or_insert_with_key(|(service, text)| Template {
            service: *service,
            text: text.clone(),
            counts: Pair::default(),
            rates: Pair::default(),
            is_per_visit: false,
            onset_ns: phases.after.from_ns,
            example: (0, 0),
            severity: log.severity,
            g: 0.0,
            incident: Vec::new(),
        });
        if let Some(bucket) = buckets.of(log.at_ns) {
            entry.incident.resize(Buckets::COUNT, 0.0);
            entry.incident[bucket] += 1.0;
        }
        let Some(phase) = phases.of(log.at_ns) else { continue };
        *entry.counts.at(phase) += 1;
        entry.severity = entry.severity.max(log.severity);
        let linked = (log.trace_id, log.span_id);
        if phase == Phase::After && linked > (0, 0) && (entry.example == (0, 0) || linked < entry.example) {
            entry.example = linked;
        }
    }
    let seconds = (phases.seconds(Phase::Before), phases.seconds(Phase::After));
    let mut templates: Vec<Template> = found.into_values().collect();
    for template in &mut templates {
        let counts = template.counts;
        // What is said belongs to the work that is done: twice the visits say twice as much.
        let visits = census.work(template.service);
        template.is_per_visit = visits.before.visits > 0 && visits.after.visits > 0;
        let exposures =
            if template.is_per_visit { (visits.before.visits as f64, visits.after.visits as f64) } else { seconds };
        template.rates = Pair { before: counts.before as f64 / exposures.0, after: counts.after as f64 / exposures.1 };
        template.g = g_of_rates((counts.before, counts.after), exposures);
        if let Some(index) = change_point(&template.incident, 1) {
            template.onset_ns = buckets.start(index);
        }
    }
    templates.retain(|template| template.g >= SIGNIFICANT_G);
    let order = |t: &Template| (t.service, t.onset_ns, t.counts.before, t.counts.after, t.example);
    templates.sort_by(|a, b| b.g.total_cmp(&a.g).then_with(|| order(a).cmp(&order(b))));
    templates
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

fn service(model: &Model<'_>, log: &LogRecord) -> Option<ServiceId> {
    model.service_of_resource(log.resource)
}

/// Words that carry a digit vary from record to record (Drain masks them likewise, He et al., 2017).
fn template(body: &str) -> String {
    let mut words: Vec<&str> = Vec::new();
    for word in body.split_whitespace().take(MAX_WORDS) {
        let varies = word.bytes().any(|byte| byte.is_ascii_digit());
        let word = if varies { "*" } else { word };
        if !(varies && words.last() == Some(&"*")) {
            words.push(word);
        }
    }
    words.join(" ")
}

/// Likelihood ratio of two Poisson rates with unequal exposure.
pub(crate) fn g_of_rates(counts: (u64, u64), exposures: (f64, f64)) -> f64 {
    let total = (counts.0 + counts.1) as f64;
    let exposure = exposures.0 + exposures.1;
    let cell = |count: u64, seconds: f64| {
        let (count, expected) = (count as f64, total * seconds / exposure);
        if count > 0.0 { count * (count / expected).ln() } else { 0.0 }
    };
    (2.0 * (cell(counts.0, exposures.0) + cell(counts.1, exposures.1))).max(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_varies_is_cut_out() {
        assert_eq!(template("12:03:11 user 17 18 failed at 0x3f"), "* user * failed at *");
        assert_eq!(template(""), "");
    }

    #[test]
    fn an_unchanged_rate_is_no_surprise() {
        assert!(g_of_rates((20, 10), (20.0, 10.0)) < 1e-9);
        assert!(g_of_rates((0, 30), (20.0, 10.0)) > SIGNIFICANT_G);
    }
}
