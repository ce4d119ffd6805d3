//! Facts about the symptom, the workload and the changes.

use crate::analysis::changes::{recent, suspicion};
use crate::analysis::findings::Findings;
use crate::analysis::ranking::Ranked;
use crate::analysis::requests::{Request, Requests};
use crate::analysis::statistics::quantile;
use crate::analysis::tracks::{Quantity, Tracks};
use crate::analysis::walk::Cause;
use crate::analysis::wording::{from_to, nanos, percent, three};
use crate::investigation::Reference;

use super::{Fact, Found, in_traces, order};

pub(super) fn add(findings: &Findings<'_>, ranked: &[Ranked], facts: &mut Vec<Fact>) {
    if let Some(requests) = &findings.requests {
        facts.push(symptom(findings, requests));
        facts.extend(workload(findings, requests));
    }
    changes(findings, ranked, facts);
}

fn symptom(findings: &Findings<'_>, requests: &Requests) -> Fact {
    let name = findings.model.name(requests.symptom);
    let (before, after) = requests.shares();
    let p99 = |requests: &[Request]| {
        let mut durations: Vec<u64> = requests.iter().map(|request| request.duration).collect();
        durations.sort_unstable();
        quantile(&durations, 0.99).map_or_else(|| "–".to_owned(), |ns| nanos(ns as f64))
    };
    let what = match (findings.about_failures, requests.threshold_ns) {
        (true, _) => "fail or lack a part".to_owned(),
        (false, Some(limit)) => format!("take longer than {}", nanos(limit as f64)),
        (false, None) => "take longer than 99 % did before".to_owned(),
    };
    let text = format!(
        "{} of the requests to {name} {what} (n = {}, {}); p99 {}",
        from_to(&percent(before), &percent(after)),
        requests.baseline.len(),
        requests.incident.len(),
        from_to(&p99(&requests.baseline), &p99(&requests.incident)),
    );
    let example = requests.breaching().max_by_key(|request| (request.duration, request.row)).map(|request| request.row);
    Fact {
        found: Found::Symptom,
        at_ns: requests.onset_ns,
        text,
        reference: in_traces(findings, example),
        supports: Vec::new(),
        against: Vec::new(),
        change: None,
        weight: 1.0,
        order: order(Cause::Service(requests.symptom)),
    }
}

/// Whether users ask for more than before.
fn workload(findings: &Findings<'_>, requests: &Requests) -> Option<Fact> {
    /// A drift of a third is what workloads do by themselves.
    const FLAT: f64 = 1.4;
    let moved = findings.tracks.movement(Quantity::Visits(requests.symptom))?;
    let rises = moved.after > FLAT * moved.before && Tracks::deviates(&moved);
    let rates = from_to(&three(moved.before), &three(moved.after));
    let name = findings.model.name(requests.symptom);
    let text = if rises {
        format!("arrivals at {name} rise: {rates} a second")
    } else {
        format!("arrivals at {name} stay within their drift: {rates} a second")
    };
    Some(Fact {
        found: Found::Workload,
        at_ns: if rises { moved.onset_ns } else { requests.onset_ns },
        text,
        reference: in_traces(findings, None),
        supports: if rises { vec![Cause::Workload] } else { Vec::new() },
        against: if rises { Vec::new() } else { vec![Cause::Workload] },
        change: None,
        weight: 0.55,
        order: order(Cause::Workload),
    })
}

/// Each change with its distance to its own component's first deviation.
fn changes(findings: &Findings<'_>, ranked: &[Ranked], facts: &mut Vec<Fact>) {
    let root = ranked.first().and_then(|first| findings.owner(first.cause));
    for change in recent(&findings.changes, &findings.model.windows) {
        let name = findings.model.name(change.service);
        let deviation = findings.deviation(change.service);
        let suspected = deviation.map_or(0.0, |at_ns| suspicion(change, at_ns, findings.uncertainty_ns()));
        let version = change.version.as_ref().map(|version| format!(" ({version})")).unwrap_or_default();
        let distance = match deviation {
            None => format!("nothing of {name} itself deviates after it"),
            Some(at_ns) if at_ns >= change.at_ns => {
                format!("{} before {name} itself first deviates", nanos((at_ns - change.at_ns) as f64))
            }
            Some(at_ns) => format!("{} after {name} itself first deviates", nanos((change.at_ns - at_ns) as f64)),
        };
        let guilty = suspected > 0.0 && root == Some(change.service);
        facts.push(Fact {
            found: Found::Change,
            at_ns: change.at_ns,
            text: format!("change {}{version} at {name}, “{}”: {distance}", change.id, change.summary),
            reference: Reference {
                file: "logs.jsonl".to_owned(),
                trace_id: None,
                span_id: None,
                metric: None,
                from_ns: change.at_ns,
                to_ns: change.at_ns + 1,
            },
            supports: if guilty { vec![Cause::Service(change.service)] } else { Vec::new() },
            against: Vec::new(),
            change: Some(change.id.clone()),
            weight: if guilty { 0.9 } else { 0.35 },
            order: order(Cause::Service(change.service)),
        });
    }
}
