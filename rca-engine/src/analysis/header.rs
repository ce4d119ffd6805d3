//! What a tired person reads first: confidence, root cause, proof, and the impact.

use crate::component::Component;
use crate::investigation::{BottleneckAnswer, Header, RepresentativeTrace, Roles};
use crate::vocabulary::{Kind, Mode, Outcome};

use super::confidence::Confidence;
use super::findings::Findings;
use super::ranking::Ranked;
use super::requests::{Request, Requests};
use super::statistics::share;
use super::wording::{from_to, nanos, percent};

/// The header of an outcome.
pub(crate) fn write(
    findings: &Findings<'_>,
    outcome: Outcome,
    confidence: &Confidence,
    roles: &Roles,
    ranked: &[Ranked],
    proof: Option<&RepresentativeTrace>,
) -> Header {
    Header {
        confidence: confidence_line(findings, outcome, confidence),
        root_cause: root_line(findings, outcome, roles, ranked),
        proof: proof.map_or_else(
            || "no trace can be shown".to_owned(),
            |proof| {
                let beside = proof.normal.as_ref().map(|normal| format!("; beside it the normal {normal}"));
                format!("{} ({}){}", proof.trace_id, nanos(proof.duration_ns as f64), beside.unwrap_or_default())
            },
        ),
        impact: findings.requests.as_ref().map(|requests| impact(findings, outcome, requests)).unwrap_or_default(),
        doubts: confidence.doubts.clone(),
        refuted_by: refuted_by(outcome, roles),
    }
}

/// What the number that stands beside it means.
fn confidence_line(findings: &Findings<'_>, outcome: Outcome, confidence: &Confidence) -> String {
    let is_unclear = findings.requests.as_ref().is_some_and(|requests| requests.is_unclear);
    let about = match outcome {
        Outcome::InsufficientEvidence if is_unclear => {
            return "too few requests breach to tell an incident from chance".to_owned();
        }
        Outcome::InsufficientEvidence => return "too little is explained to name a cause".to_owned(),
        Outcome::Cause => "",
        Outcome::NoIncident => "that nothing is wrong; ",
    };
    match confidence.grounds.earlier {
        Some(earlier) => {
            format!("{about}of {} earlier verdicts about as strong {} were right", earlier.verdicts, earlier.right)
        }
        None => format!("{about}as stated by the engine: no earlier verdicts are known"),
    }
}

fn root_line(findings: &Findings<'_>, outcome: Outcome, roles: &Roles, ranked: &[Ranked]) -> String {
    match outcome {
        Outcome::NoIncident => "no incident: what was asked about is within the baseline's own excursions".to_owned(),
        Outcome::InsufficientEvidence => match ranked.first() {
            Some(first) => format!("not known; nearest is {}", first.component),
            None => "not known: nothing deviates in what was seen".to_owned(),
        },
        Outcome::Cause => {
            let roots: Vec<String> = roles
                .root
                .iter()
                .map(|root| match root.kind {
                    Some(kind) => format!("{} ({})", root.component, kind_words(kind)),
                    None => root.component.to_string(),
                })
                .collect();
            let trigger = roles.trigger.as_ref().map(|trigger| format!(", since {}", trigger.component));
            let where_time_went = match &roles.bottleneck {
                Some(BottleneckAnswer::At { component, mode }) if !is_root(component, roles) => {
                    format!("; the time is lost at {component} ({mode}), which is not the cause")
                }
                Some(BottleneckAnswer::At { .. } | BottleneckAnswer::None(_)) | None => String::new(),
            };
            let explained = ranked.first().filter(|_| !findings.leaves.is_empty());
            let explained = explained.map(|first| format!("; explains {} of the damage", percent(first.mass.min(1.0))));
            format!(
                "{}{}{where_time_went}{}",
                roots.join(" and "),
                trigger.unwrap_or_default(),
                explained.unwrap_or_default()
            )
        }
    }
}

/// Whether a component is a root, or the service of which a build or an instance is one.
fn is_root(component: &Component, roles: &Roles) -> bool {
    let is_service_of = |root: &Component| match root {
        Component::Version { service, .. } | Component::Instance { service, .. } => {
            matches!(component, Component::Service(name) if name == service)
        }
        _ => false,
    };
    roles.root.iter().any(|root| root.component == *component || is_service_of(&root.component))
}

/// A kind in words.
pub(crate) fn kind_words(kind: Kind) -> &'static str {
    match kind {
        Kind::BadFormat => "what it keeps cannot be used",
        Kind::Stale => "what it keeps is out of date",
        Kind::WrongKey => "it does not find what it keeps",
        Kind::CapacityReduced => "its capacity was reduced",
        Kind::SlowService => "its own work takes longer",
        Kind::ExtraCalls => "it makes more calls for the same work",
        Kind::CallAmplification => "repeated calls keep the load up",
        Kind::NetworkSlow => "the way there and back takes longer",
        Kind::NetworkDrop => "calls do not arrive",
        Kind::Lock => "a holder keeps what others wait for",
        Kind::LoadByOther => "work of its own takes what others need",
        Kind::Leak => "it does not give back what it takes",
        Kind::Restart => "it started anew and lost what it kept",
        Kind::CodeException => "it fails by itself",
        Kind::BadInput => "it fails for certain items",
        Kind::Rejecting => "it refuses work",
        Kind::Config => "its configuration",
        Kind::Surge => "more is asked for",
        Kind::Mix => "other things are asked for",
        Kind::HotKey => "one item is asked for too often",
        Kind::Backlog => "work piles up",
        Kind::Redelivery => "the same work comes back",
    }
}

fn impact(findings: &Findings<'_>, outcome: Outcome, requests: &Requests) -> Vec<String> {
    let (before, after) = requests.shares();
    let name = findings.model.name(requests.symptom);
    // What is no incident neither began nor burns.
    let is_one = outcome != Outcome::NoIncident;
    let mut lines = Vec::new();
    if is_one {
        let since = crate::signal::time::format_rfc3339(requests.onset_ns);
        lines.push(format!("since {since} (known to {})", nanos(requests.bucket_ns as f64)));
    }
    lines.push(format!("{} of the requests to {name} breach", from_to(&percent(before), &percent(after))));
    if let Some(seen) = requests.sampled {
        lines.push(format!("metrics count every request; traces show {} of them", percent(seen)));
    }
    if requests.is_only_stated {
        lines.push("an incident is stated, but the tail of the requests does not show it".to_owned());
    } else if is_one {
        lines.push(burning(findings, requests));
    }
    if let Some(slice) = findings.slice {
        let (along, value) = slice.named(findings.model);
        let held = percent(share(slice.breaching.0, slice.breaching.1));
        let service = findings.model.name(slice.service);
        lines.push(format!("{held} of the breaching requests have {along} {value} at {service}"));
    }
    let failed = |phase: &[Request]| {
        let failing = phase.iter().filter(|request| findings.model.row(request.row).failure.is_some()).count();
        share(failing as u64, phase.len() as u64)
    };
    let failures = failed(&requests.incident);
    lines.push(if failures > failed(&requests.baseline) {
        format!("{} of the answers are errors", percent(failures))
    } else {
        format!("not affected: the answers of {name} are no errors more often than before")
    });
    lines
}

/// Whether the last stretch still breaches. What ended in it counts, not what began in it: of what began, the slow ones
/// had not ended when the evidence did and are not seen. For the same reason few ends say nothing good.
fn burning(findings: &Findings<'_>, requests: &Requests) -> String {
    /// The last stretch looked at: a fifth of the incident.
    const LAST: u64 = 5;
    let (before, after) = (findings.phases.before, findings.phases.after);
    let length = (after.to_ns - after.from_ns) / LAST;
    let ended = |request: &&Request| (after.to_ns - length..after.to_ns).contains(&(request.start + request.duration));
    let last: Vec<&Request> = requests.incident.iter().filter(ended).collect();
    let breaching = last.iter().filter(|request| request.breach).count();
    let now = share(breaching as u64, last.len() as u64);
    let usual = requests.baseline.len() as f64 * length as f64 / (before.to_ns - before.from_ns).max(1) as f64;
    if breaching > 0 && now > requests.shares().0 * 2.0 {
        format!("still burning: {} of the last {} requests breach", percent(now), last.len())
    } else if (last.len() as f64) < usual / 2.0 {
        "whether it still burns is not known: hardly a request ended in the last stretch".to_owned()
    } else {
        "no longer burning when the evidence ends".to_owned()
    }
}

/// What would show that the verdict is wrong.
fn refuted_by(outcome: Outcome, roles: &Roles) -> Vec<String> {
    let mut lines = Vec::new();
    match outcome {
        Outcome::NoIncident => {
            lines.push("a breach that stays for longer than the baseline's worst stretch".to_owned());
        }
        Outcome::InsufficientEvidence => {}
        Outcome::Cause => {
            for root in &roles.root {
                lines.push(format!("the symptom stays although {} is as it was before", root.component));
            }
            if let Some(BottleneckAnswer::At { component, mode: Mode::Saturated }) = &roles.bottleneck
                && !is_root(component, roles)
            {
                lines.push(format!("uses of {component} turn out to take longer than before"));
            }
        }
    }
    lines
}
