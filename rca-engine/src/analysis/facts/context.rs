//! Facts about the symptom, the workload and the changes.

use crate::analysis::changes::{recent, suspicion};
use crate::analysis::findings::Findings;
use crate::analysis::ranking::Ranked;
use crate::analysis::requests::{Request, Requests};
use crate::analysis::slices::{Along, Slice};
use crate::analysis::statistics::{quantile, share};
use crate::analysis::tracks::{Quantity, Tracks};
use crate::analysis::walk::Cause;
use crate::analysis::wording::{from_to, nanos, percent, three};
use crate::investigation::Reference;

use super::{Fact, Found, in_traces, order};

pub(super) fn add(findings: &Findings<'_>, ranked: &[Ranked], facts: &mut Vec<Fact>) {
    if let Some(requests) = &findings.requests {
        facts.push(symptom(findings, requests));
        facts.extend(workload(findings, requests));
        imagined(findings, requests, ranked, facts);
        facts.extend(findings.slice.map(|slice| sliced(findings, requests, slice)));
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

/// Which part of the requests breaches.
fn sliced(findings: &Findings<'_>, requests: &Requests, slice: Slice) -> Fact {
    let service = findings.model.name(slice.service);
    let (along, value) = slice.named(findings.model);
    let of = |(part, all): (u64, u64)| format!("{} of {all}", percent(share(part, all)));
    let text = format!(
        "{} breaching requests but {} others pass through {along} {value} of {service}",
        of(slice.breaching),
        of(slice.passing),
    );
    let is_place = matches!(slice.along, Along::Version | Along::Instance);
    Fact {
        found: Found::Slice,
        at_ns: requests.onset_ns,
        text,
        reference: in_traces(findings, Some(slice.visit)),
        // A class of users or an item says whom it hits, not who does it.
        supports: if is_place { vec![Cause::Service(slice.service)] } else { Vec::new() },
        against: Vec::new(),
        change: None,
        weight: 0.8,
        order: order(Cause::Service(slice.service)),
    }
}

/// What would be without each of the best candidates: the test that each hypothesis must stand.
fn imagined(findings: &Findings<'_>, requests: &Requests, ranked: &[Ranked], facts: &mut Vec<Fact>) {
    /// The candidates that are shown.
    const SHOWN: usize = 3;
    /// A cause without which most would still breach is not the one.
    const MOST: f64 = 0.5;
    for candidate in ranked.iter().take(SHOWN) {
        let Some(necessity) = candidate.necessity else { continue };
        let (name, share) = (&candidate.component, percent(necessity.min(1.0)));
        let count = requests.breaching().count();
        let mut text = if findings.about_failures {
            format!("{share} of the failures behind {count} breaching requests begin at {name}")
        } else {
            format!("without {name} {share} of {count} breaching requests would stay under the limit")
        };
        if let Some(partner) = candidate.partner {
            let other = findings.component(partner.cause);
            text = format!("{text}, without {other} as well {}", percent(partner.together));
        }
        let (supports, against) =
            if necessity >= MOST { (vec![candidate.cause], Vec::new()) } else { (Vec::new(), vec![candidate.cause]) };
        facts.push(Fact {
            found: Found::Necessity,
            at_ns: requests.onset_ns,
            text,
            reference: in_traces(findings, None),
            supports,
            against,
            change: None,
            weight: 0.7,
            order: order(candidate.cause),
        });
    }
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
