//! Facts from metrics and logs.

use crate::analysis::findings::Findings;
use crate::analysis::shifts::Shift;
use crate::analysis::templates::Template;
use crate::analysis::walk::Cause;
use crate::analysis::wording::{from_to, percent, three};
use crate::canonical::{SampleKind, ServiceId, mix};
use crate::evidence::Value;
use crate::investigation::Reference;

use super::{Fact, Found};

/// Shown at most: of metrics a service, of metrics in all, of log templates.
const MAX_PER_SERVICE: usize = 3;
const MAX_METRICS: usize = 12;
const MAX_TEMPLATES: usize = 8;

pub(super) fn add(findings: &Findings<'_>, facts: &mut Vec<Fact>) {
    let mut shown: Vec<&Shift> = Vec::new();
    for shift in &findings.shifts {
        let of_service = shown.iter().filter(|other| other.service == shift.service).count();
        if of_service < MAX_PER_SERVICE && shown.len() < MAX_METRICS {
            shown.push(shift);
        }
    }
    for (rank, shift) in (0_u32..).zip(shown) {
        facts.push(metric(findings, shift, rank));
    }
    for (rank, template) in (0_u32..).zip(findings.templates.iter().take(MAX_TEMPLATES)) {
        facts.push(log(findings, template, rank));
    }
}

/// A service is supported by what moved together with its own first deviation.
fn supported(findings: &Findings<'_>, service: ServiceId, at_ns: u64) -> Vec<Cause> {
    if findings.is_own_move(service, at_ns) { vec![Cause::Service(service)] } else { Vec::new() }
}

fn metric(findings: &Findings<'_>, shift: &Shift, rank: u32) -> Fact {
    let model = findings.model;
    let unit = model.text(shift.unit);
    let value = |value: f64| match (shift.is_share, shift.kind) {
        (true, _) => percent(value),
        (false, SampleKind::Rate) => format!("{}/s", three(value)),
        (false, SampleKind::Level | SampleKind::Mean) => format!("{} {unit}", three(value)).trim_end().to_owned(),
    };
    let what = match (shift.is_share, shift.kind) {
        (true, _) => "share",
        (false, SampleKind::Rate) => "rate",
        (false, SampleKind::Level) => "level",
        (false, SampleKind::Mean) => "mean",
    };
    let text = format!(
        "{what} of {}{} at {}: {} (median of {} and {} points)",
        model.text(shift.name),
        attributes(findings, shift),
        model.name(shift.service),
        from_to(&value(shift.before), &value(shift.after)),
        shift.points.0,
        shift.points.1,
    );
    let whole = model.windows.whole();
    Fact {
        found: Found::Metric,
        at_ns: shift.onset_ns,
        text,
        reference: Reference {
            file: "metrics.jsonl".to_owned(),
            trace_id: None,
            span_id: None,
            metric: Some(model.text(shift.name).to_owned()),
            from_ns: whole.from_ns,
            to_ns: whole.to_ns,
        },
        supports: supported(findings, shift.service, shift.onset_ns),
        against: Vec::new(),
        change: None,
        weight: 0.5 - 0.01 * f64::from(rank),
        order: (shift.service.0, rank, 0),
    }
}

/// The attribute set. Keys stand in the order of the sets that share their value, which no name enters; keys that say
/// the same thing twice keep the order of their texts.
fn attributes(findings: &Findings<'_>, shift: &Shift) -> String {
    if shift.attributes.is_empty() {
        return String::new();
    }
    let family = || findings.model.metrics.iter().filter(|m| m.service == shift.service && m.name == shift.name);
    let text = |value: &Value| match value {
        Value::Text(text) => findings.model.text(*text).to_owned(),
        Value::Int(number) => number.to_string(),
        Value::Double(number) => number.to_string(),
        Value::Bool(flag) => flag.to_string(),
    };
    let mut pairs: Vec<(u64, String)> = shift
        .attributes
        .iter()
        .map(|pair| {
            let sharing = family().filter(|metric| metric.attributes.contains(pair));
            let print = sharing.fold(0_u64, |sum, metric| sum.wrapping_add(mix(metric.print)));
            (print, format!("{}={}", findings.model.text(pair.0), text(&pair.1)))
        })
        .collect();
    pairs.sort();
    let pairs: Vec<String> = pairs.into_iter().map(|(_, pair)| pair).collect();
    format!(" {{{}}}", pairs.join(", "))
}

fn log(findings: &Findings<'_>, template: &Template, rank: u32) -> Fact {
    let model = findings.model;
    let name = model.name(template.service);
    let rates = from_to(&three(template.rates.before), &three(template.rates.after));
    let (trace_id, span_id) = template.example;
    let whole = model.windows.whole();
    let per = if template.is_per_visit { "visit" } else { "second" };
    let text = format!(
        "{name} logs “{}” {rates} times a {per} ({} before, {} after)",
        template.text, template.counts.before, template.counts.after,
    );
    let rises = template.rates.after > template.rates.before;
    let first = template.onset_ns;
    Fact {
        found: Found::Log,
        at_ns: first,
        text,
        reference: Reference {
            file: "logs.jsonl".to_owned(),
            trace_id: (trace_id != 0).then(|| format!("{trace_id:032x}")),
            span_id: (span_id != 0).then(|| format!("{span_id:016x}")),
            metric: None,
            from_ns: whole.from_ns,
            to_ns: whole.to_ns,
        },
        supports: if rises { supported(findings, template.service, first) } else { Vec::new() },
        against: Vec::new(),
        change: None,
        weight: 0.45 - 0.01 * f64::from(rank),
        order: (template.service.0, rank, 0),
    }
}
