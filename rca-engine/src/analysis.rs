//! From evidence to an investigation: the steps of the analysis in their order.

mod accounting;
mod actions;
mod census;
mod changes;
mod comovement;
mod confidence;
mod contrast;
mod error_origin;
mod facts;
mod failure_kind;
mod findings;
mod header;
mod holders;
mod keys;
mod metric_walk;
mod mode_change;
mod necessity;
mod pivots;
mod pools;
mod proof_trace;
mod ranking;
mod requests;
mod reuse;
mod roles;
mod seeds;
mod shifts;
mod slices;
mod slowest;
mod split;
mod statistics;
mod tally;
mod templates;
mod timeline;
mod tracks;
mod walk;
mod wording;

use crate::canonical::Model;
use crate::evidence::Evidence;
use crate::investigation::{Core, Culprit, Hypothesis, Investigation, PlannedQuery};
use crate::options::Options;
use crate::plan;
use crate::signal::UniversalIncidentSignal;
use crate::vocabulary::Outcome;
use crate::windows::Windows;

use facts::Cited;
use findings::Findings;
use ranking::Ranked;

/// The version of the verdict's shape.
pub(crate) const SCHEMA: u32 = 1;
/// Candidates that are listed: a score over a ranking wants more than the two or three that are read.
const MAX_HYPOTHESES: usize = 10;

/// Concludes from everything that was supplied.
pub(crate) fn conclude(
    signal: &UniversalIncidentSignal,
    evidence: &Evidence,
    options: &Options,
    plan: Vec<PlannedQuery>,
) -> Investigation {
    let windows = Windows::seen(signal, evidence);
    let model = Model::build(evidence, options, windows);
    let findings = Findings::gather(&model, signal);
    let ranked = ranking::rank(&findings);
    let outcome = confidence::outcome(&findings, &ranked);
    let confidence = confidence::state(&findings, outcome, &ranked, &options.calibration);
    let roles = roles::assign(&findings, outcome, &ranked);
    let cited = facts::collect(&findings, if outcome == Outcome::Cause { &ranked } else { &[] });
    let proof = proof_trace::choose(&findings, &ranked);
    let supporting = ranked.first().map(|first| facts::for_and_against(&findings, &cited, first.cause).0);
    let mut envelope = plan::envelope(signal, options);
    (envelope.baseline, envelope.incident) = (windows.baseline, windows.incident);
    Investigation {
        schema: SCHEMA,
        envelope,
        header: header::write(&findings, outcome, &confidence, &roles, &ranked, proof.as_ref()),
        grounds: confidence.grounds,
        timeline: timeline::lines(&findings, &cited),
        pivots: pivots::list(options, windows.whole(), &roles, proof.as_ref()),
        core: Core {
            outcome,
            confidence: confidence.value,
            hypotheses: hypotheses(&findings, outcome, &ranked, &cited),
            evidence: facts::items(&findings, &cited),
            actions: actions::scaffold(outcome, &roles, &ranked, &supporting.unwrap_or_default()),
            why_not_slowest: slowest::explain(&findings, outcome, &roles, &ranked, &cited),
            roles,
        },
        proof,
        plan,
    }
}

/// The best candidates with what speaks for and against each.
fn hypotheses(findings: &Findings<'_>, outcome: Outcome, ranked: &[Ranked], cited: &[Cited]) -> Vec<Hypothesis> {
    if outcome == Outcome::NoIncident {
        return Vec::new();
    }
    (1..)
        .zip(ranked.iter().take(MAX_HYPOTHESES))
        .map(|(rank, candidate)| {
            let (supported_by, against) = facts::for_and_against(findings, cited, candidate.cause);
            Hypothesis {
                rank,
                root: Culprit { component: candidate.component.clone(), kind: candidate.kind },
                // Scores are shown to a thousandth, so that the last bits of sums never show.
                score: (candidate.score * 1_000.0).round() / 1_000.0,
                supported_by,
                against,
                why: why(candidate),
            }
        })
        .collect()
}

fn why(candidate: &Ranked) -> String {
    let kind = candidate.kind.map(|kind| format!(": {}", header::kind_words(kind))).unwrap_or_default();
    let traced = wording::percent(candidate.mass.min(1.0));
    let without = match candidate.necessity {
        Some(share) => format!("without it {} of the breaching requests would not breach", wording::percent(share)),
        None => "what would be without it is not known".to_owned(),
    };
    let blame = wording::percent(candidate.blame);
    format!("{traced} of the damage ends here{kind}; {without}; {blame} of what moved in metrics and logs is its own")
}
