//! How sure the verdict is: the strength of its evidence, held against earlier verdicts, capped by what was not seen.

use crate::calibration::{Calibration, Curve};
use crate::investigation::{Ground, Grounds};
use crate::vocabulary::Outcome;

use super::findings::Findings;
use super::ranking::Ranked;
use super::statistics::upper_share;

/// Weights of what speaks for a verdict; they sum to 1. They are stated: what a strength is worth, the table says.
const OF_MASS: f64 = 0.45;
const OF_MARGIN: f64 = 0.2;
const OF_NECESSITY: f64 = 0.2;
const OF_FAMILIES: f64 = 0.15;
/// What requests show counts as if so many more of them had shown nothing: what a handful shows may be its own luck.
const REQUESTS_OF_DOUBT: f64 = 8.0;
/// A verdict from one family of evidence alone is at most a coin toss.
const CAP_ONE_FAMILY: f64 = 0.5;
/// Without requests there is no mechanism, only moves.
const CAP_NO_REQUESTS: f64 = 0.6;
/// Nothing is certain.
const CAP: f64 = 0.97;
/// Below this score of the best candidate too little is explained to name a cause.
const MIN_EXPLAINED: f64 = 0.25;
/// Unless it scores so many times what the next one does: less is a tie, as for bottlenecks.
const STANDS_OUT: f64 = 1.5;
/// Families of evidence: requests, metrics, logs, changes.
const FAMILIES: f64 = 4.0;

/// A verdict's confidence, and what lowered it.
pub(crate) struct Confidence {
    pub(crate) value: f64,
    pub(crate) grounds: Grounds,
    pub(crate) doubts: Vec<String>,
}

/// How strong the evidence for an outcome is, what of, and the most that may be claimed on it.
struct Strength {
    value: f64,
    parts: Vec<Ground>,
    cap: f64,
}

/// How the investigation ends.
pub(crate) fn outcome(findings: &Findings<'_>, ranked: &[Ranked]) -> Outcome {
    let explained = ranked.first().is_some_and(|first| first.score >= MIN_EXPLAINED) || stands_out(findings, ranked);
    // A rule or a question may be about nothing; then whoever is left over as the best candidate is no cause.
    let speaks = |first: &Ranked| findings.signal.is_asserted() || families(findings, first) > 0.0;
    let explained = explained && ranked.first().is_some_and(speaks);
    match &findings.requests {
        Some(requests) if !requests.is_incident && !findings.signal.is_asserted() => {
            if requests.is_unclear {
                Outcome::InsufficientEvidence
            } else {
                Outcome::NoIncident
            }
        }
        Some(_) | None if explained => Outcome::Cause,
        None if findings.shifts.is_empty()
            && has_baseline_metrics(findings)
            && findings.signal.is_question()
            && !findings.signal.is_asserted() =>
        {
            Outcome::NoIncident
        }
        Some(_) | None => Outcome::InsufficientEvidence,
    }
}

/// Whether the best candidate leaves all others behind, where there is an incident to be explained at all.
fn stands_out(findings: &Findings<'_>, ranked: &[Ranked]) -> bool {
    let breached = findings.requests.as_ref().is_none_or(|requests| requests.is_incident);
    let best = ranked.first().map_or(0.0, |first| first.score);
    breached && best > 0.0 && best >= STANDS_OUT * runner_up(findings, ranked)
}

/// The score of the best candidate that belongs to another service than the first one.
fn runner_up(findings: &Findings<'_>, ranked: &[Ranked]) -> f64 {
    let Some(first) = ranked.first() else { return 0.0 };
    let owner = findings.owner(first.cause);
    ranked.iter().skip(1).find(|next| findings.owner(next.cause) != owner).map_or(0.0, |next| next.score)
}

fn has_baseline_metrics(findings: &Findings<'_>) -> bool {
    findings.symptom().is_some_and(|symptom| findings.model.metrics.iter().any(|metric| metric.service == symptom))
}

/// The confidence in an outcome.
pub(crate) fn state(
    findings: &Findings<'_>,
    outcome: Outcome,
    ranked: &[Ranked],
    calibration: &Calibration,
) -> Confidence {
    let mut doubts = unseen(findings);
    let strength = match outcome {
        Outcome::InsufficientEvidence => None,
        Outcome::NoIncident => Some((no_incident(findings), &calibration.no_incident)),
        Outcome::Cause => cause(findings, ranked, &mut doubts).map(|strength| (strength, &calibration.cause)),
    };
    match strength {
        Some((strength, curve)) => strength.against(curve, doubts),
        None => Confidence { value: 0.0, grounds: Grounds::default(), doubts },
    }
}

impl Strength {
    fn new(value: f64, parts: &[(&str, f64)], cap: f64) -> Self {
        let ground = |(name, value): &(&str, f64)| Ground { name: (*name).to_owned(), value: rounded(*value) };
        Self { value: rounded(value.clamp(0.0, 1.0)), parts: parts.iter().map(ground).collect(), cap }
    }

    /// What it is worth; without earlier verdicts the strength itself is stated.
    fn against(self, curve: &Curve, doubts: Vec<String>) -> Confidence {
        let read = curve.read(self.value);
        let (share, earlier) = read.map_or((self.value, None), |(share, earlier)| (share, Some(earlier)));
        let grounds = Grounds { strength: Some(self.value), parts: self.parts, earlier };
        Confidence { value: rounded(share.clamp(0.0, self.cap)), grounds, doubts }
    }
}

/// To a thousandth, so that the last bits of sums never show.
fn rounded(value: f64) -> f64 {
    (value * 1_000.0).round() / 1_000.0
}

/// The less the share of breaches can have risen, the stronger: at most to the upper end of its interval.
fn no_incident(findings: &Findings<'_>) -> Strength {
    let Some(requests) = &findings.requests else {
        return Strength::new(1.0, &[("steadiness", 1.0)], CAP_ONE_FAMILY);
    };
    let (before, _) = requests.shares();
    let breaching = requests.breaching().count();
    let most = upper_share(breaching as u64, requests.incident.len() as u64);
    let steadiness = 1.0 - (most - before).clamp(0.0, 1.0);
    Strength::new(steadiness, &[("steadiness", steadiness)], CAP)
}

fn cause(findings: &Findings<'_>, ranked: &[Ranked], doubts: &mut Vec<String>) -> Option<Strength> {
    let first = ranked.first()?;
    let margin = (first.score - runner_up(findings, ranked)).max(0.0);
    let families = families(findings, first);
    if first.necessity.is_none() {
        doubts.push("the counterfactual could not be computed".to_owned());
    }
    if margin < 0.2 {
        doubts.push("another candidate explains nearly as much".to_owned());
    }
    let mut cap = CAP - findings.model.partial_share.min(0.5);
    if findings.leaves.is_empty() {
        cap = cap.min(CAP_NO_REQUESTS);
        doubts.push("there were no requests to follow: this rests on metrics and logs alone".to_owned());
    }
    if families <= 1.0 {
        cap = cap.min(CAP_ONE_FAMILY);
        doubts.push("one family of evidence alone speaks for it".to_owned());
    }
    let (explained, margin) = (first.mass.min(1.0), margin.min(1.0));
    let (necessity, families) = (first.necessity.unwrap_or(0.5), families / FAMILIES);
    let seen = findings.requests.as_ref().map(|requests| requests.incident.len());
    let requests = seen.map_or(1.0, |seen| seen as f64 / (seen as f64 + REQUESTS_OF_DOUBT));
    if let Some(seen) = seen.filter(|_| requests < 0.8) {
        doubts.push(format!("only {seen} requests of the incident were seen"));
    }
    let of_requests = OF_MASS * explained + OF_MARGIN * margin + OF_NECESSITY * necessity;
    let value = requests * of_requests + OF_FAMILIES * families;
    let parts = [
        ("explained", explained),
        ("margin", margin),
        ("necessity", necessity),
        ("requests", requests),
        ("families", families),
    ];
    Some(Strength::new(value, &parts, cap))
}

/// How many independent families of evidence speak for a candidate.
pub(crate) fn families(findings: &Findings<'_>, candidate: &Ranked) -> f64 {
    let Some(owner) = findings.owner(candidate.cause) else { return f64::from(u8::from(candidate.mass > 0.0)) + 1.0 };
    let spoken = [
        candidate.mass > 0.0,
        findings.shifts.iter().any(|shift| shift.service == owner),
        findings.templates.iter().any(|template| template.service == owner),
        findings.suspected_change(owner).is_some(),
    ];
    spoken.into_iter().map(|spoken| f64::from(u8::from(spoken))).sum()
}

/// What could not be seen at all.
pub(crate) fn unseen(findings: &Findings<'_>) -> Vec<String> {
    let model = findings.model;
    let mut unseen = Vec::new();
    if model.rows.is_empty() {
        unseen.push("no traces".to_owned());
    }
    if model.metrics.is_empty() {
        unseen.push("no metrics".to_owned());
    }
    if model.evidence.logs.is_empty() {
        unseen.push("no logs".to_owned());
    }
    // One span in a hundred is cut off at the ends of any recording.
    if model.partial_share > 0.01 {
        unseen.push(format!("the parents of {} of the spans", super::wording::percent(model.partial_share)));
    }
    let silent: Vec<&str> = model
        .service_ids()
        .filter(|service| {
            let mut calls = model.calls_to(*service).peekable();
            calls.peek().is_some() && calls.all(|call| call.server == crate::canonical::NONE)
        })
        .map(|service| model.name(service))
        .collect();
    if !silent.is_empty() {
        unseen.push(format!("the inside of {}, which record no spans of their own", silent.join(", ")));
    }
    if model.clock_offset_ns > 0 {
        let offset = super::wording::nanos(model.clock_offset_ns as f64);
        unseen.push(format!("the exact order across hosts: clocks differed by up to {offset} and were aligned"));
    }
    unseen
}
