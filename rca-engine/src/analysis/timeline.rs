//! The story in at most twelve lines; the last one says what could not be seen.

use crate::investigation::{Stance, TimelineLine};

use super::confidence::unseen;
use super::facts::Cited;
use super::findings::Findings;

/// Lines of facts; one more says what could not be seen.
const MAX_FACTS: usize = 11;

/// The heaviest facts in order of time, as offsets from the onset.
pub(crate) fn lines(findings: &Findings<'_>, cited: &[Cited]) -> Vec<TimelineLine> {
    let mut heaviest: Vec<(usize, &Cited)> = cited.iter().enumerate().collect();
    // Facts for and against the verdict come before those that only accompany it.
    let weight = |cited: &Cited| match cited.stance {
        Stance::Supports | Stance::Against => cited.fact.weight + 0.2,
        Stance::Context | Stance::Blind => cited.fact.weight,
    };
    heaviest.sort_by(|(i, a), (j, b)| weight(b).total_cmp(&weight(a)).then(i.cmp(j)));
    heaviest.truncate(MAX_FACTS);
    heaviest.sort_by_key(|(index, _)| *index);
    let onset = findings.onset_ns();
    let mut lines: Vec<TimelineLine> = heaviest
        .into_iter()
        .map(|(_, cited)| TimelineLine {
            evidence: Some(cited.id.clone()),
            offset_ns: offset(cited.fact.at_ns, onset),
            text: cited.fact.text.clone(),
            stance: cited.stance,
        })
        .collect();
    let unseen = unseen(findings);
    let text = if unseen.is_empty() {
        "not seen: what happened outside the recorded services, and after the evidence ends".to_owned()
    } else {
        format!("not seen: {}", unseen.join("; "))
    };
    let end = offset(findings.phases.after.to_ns, onset);
    lines.push(TimelineLine { evidence: None, offset_ns: end, text, stance: Stance::Blind });
    lines
}

fn offset(at_ns: u64, onset_ns: u64) -> i64 {
    i64::try_from(i128::from(at_ns) - i128::from(onset_ns)).unwrap_or(0)
}
