//! The answers, sentence by sentence.

use crate::component::Component;
use crate::investigation::{BottleneckAnswer, EvidenceItem, Hypothesis, Investigation, Stance};
use crate::vocabulary::Outcome;

use super::{Question, Sentence};

/// The words of an answer to a question that was understood.
pub(super) fn reply(investigation: &Investigation, question: &Question) -> Vec<Sentence> {
    match question {
        Question::MostCausal => most_causal(investigation),
        Question::WhyNot(component) => why_not(investigation, component),
        Question::FirstAction => first_action(investigation),
        Question::Avoid => avoid(investigation),
        Question::Missing => missing(investigation),
        Question::Show(id) => show(investigation, id),
        Question::Slowest => slowest(investigation),
        Question::Impact => impact(investigation),
        Question::Confidence => confidence(investigation),
    }
}

/// What to say where nothing was understood.
pub(super) fn not_understood() -> Vec<Sentence> {
    vec![
        uncited("this question cannot be answered from a stored investigation".to_owned()),
        uncited(
            "what can be asked: which line is the most causal; why not a component, named as in the report; what to do \
             first; what not to do; what is missing; how sure this is; where the time is lost; what the impact is; show \
             E1"
            .to_owned(),
        ),
    ]
}

fn cited(text: String, evidence: &[String]) -> Sentence {
    Sentence { text, evidence: evidence.to_vec() }
}

fn uncited(text: String) -> Sentence {
    Sentence { text, evidence: Vec::new() }
}

fn item<'i>(investigation: &'i Investigation, id: &str) -> Option<&'i EvidenceItem> {
    investigation.core.evidence.iter().find(|item| item.id == id)
}

fn first(investigation: &Investigation) -> Option<&Hypothesis> {
    investigation.core.hypotheses.first()
}

/// Where there is no cause, that is the answer to who did it.
fn no_cause(investigation: &Investigation) -> Option<Vec<Sentence>> {
    let outcome = investigation.core.outcome;
    if outcome == Outcome::Cause {
        return None;
    }
    let mut sentences = vec![uncited(format!("nobody is named: {}", investigation.header.root_cause))];
    sentences.extend(first(investigation).map(|nearest| {
        let text = format!("nearest is {}: {}", nearest.root.component, nearest.why);
        cited(text, &nearest.supported_by)
    }));
    Some(sentences)
}

/// The earliest line that only the root explains: what comes later, or speaks for others too, can follow from it.
fn most_causal(investigation: &Investigation) -> Vec<Sentence> {
    if let Some(sentences) = no_cause(investigation) {
        return sentences;
    }
    let Some(root) = first(investigation) else { return not_understood() };
    let is_change = |item: &EvidenceItem| item.supports.iter().any(|c| matches!(c, Component::Change(_)));
    let mine: Vec<&EvidenceItem> = root.supported_by.iter().filter_map(|id| item(investigation, id)).collect();
    // A change says what may have begun it; a deviation of the root says that it did.
    let line = mine.iter().filter(|item| !is_change(item)).min_by_key(|item| item.at_ns).or(mine.first());
    let mut sentences = Vec::new();
    if let Some(line) = line {
        sentences
            .push(cited(format!("the most causal line is {}: {}", line.id, line.text), std::slice::from_ref(&line.id)));
        let later: Vec<&EvidenceItem> = investigation
            .core
            .evidence
            .iter()
            .filter(|other| other.at_ns > line.at_ns && !root.supported_by.contains(&other.id))
            .collect();
        if let Some(next) = later.iter().min_by_key(|other| other.at_ns) {
            let text = format!(
                "{} other lines deviate only after it, {} first; they can follow from it and it cannot follow from them",
                later.len(),
                next.id
            );
            sentences.push(cited(text, &[line.id.clone(), next.id.clone()]));
        }
    }
    sentences.push(cited(format!("{}: {}", root.root.component, root.why), &root.supported_by));
    if let Some(second) = investigation.core.hypotheses.get(1) {
        let ids = if second.against.is_empty() { &second.supported_by } else { &second.against };
        sentences.push(cited(format!("the runner-up {} is behind: {}", second.root.component, second.why), ids));
    }
    sentences
}

fn why_not(investigation: &Investigation, component: &Component) -> Vec<Sentence> {
    let core = &investigation.core;
    if let Some(root) = core.roles.root.iter().find(|root| root.component == *component) {
        let hypothesis = core.hypotheses.iter().find(|h| h.root.component == root.component);
        let (why, ids) = hypothesis.map_or(("", &[][..]), |h| (h.why.as_str(), h.supported_by.as_slice()));
        return vec![cited(format!("{component} is the root: {why}"), ids)];
    }
    let mut sentences = Vec::new();
    let of_owner = |other: &Component| other == component || owner_is(other, component);
    if let Some(BottleneckAnswer::At { component: at, mode }) = &core.roles.bottleneck
        && of_owner(at)
    {
        let loads: Vec<String> = ids_about(investigation, "load", at);
        sentences.push(cited(format!("{at} is where the time is lost ({mode}), not where it comes from"), &loads));
        sentences.extend(core.why_not_slowest.iter().map(|why| cited(why.clone(), &loads)));
    }
    if core.roles.symptom == *component {
        let shows = core.evidence.iter().filter(|item| item.kind == "symptom").map(|item| item.id.clone());
        let shows: Vec<String> = shows.collect();
        sentences.push(cited(format!("{component} is where the damage shows: the alert is about it"), &shows));
    }
    for hypothesis in core.hypotheses.iter().filter(|h| of_owner(&h.root.component)) {
        let ids = if hypothesis.against.is_empty() { &hypothesis.supported_by } else { &hypothesis.against };
        let text = format!("{} has rank {}: {}", hypothesis.root.component, hypothesis.rank, hypothesis.why);
        sentences.push(cited(text, ids));
    }
    let against = core.evidence.iter().filter(|item| item.against.iter().any(of_owner));
    sentences
        .extend(against.map(|item| cited(format!("against it speaks: {}", item.text), std::slice::from_ref(&item.id))));
    if sentences.is_empty() {
        sentences.push(uncited(format!("nothing that was seen speaks for {component}, and nothing against it")));
    }
    sentences
}

/// A part belongs to the service that was asked about.
fn owner_is(part: &Component, asked: &Component) -> bool {
    matches!(asked, Component::Service(service) if part.owner() == Some(service))
}

fn ids_about(investigation: &Investigation, kind: &str, component: &Component) -> Vec<String> {
    let name = component.to_string();
    let short = name.split_once(':').map_or(name.as_str(), |(_, short)| short);
    let about = |item: &&EvidenceItem| item.kind == kind && item.text.starts_with(short);
    investigation.core.evidence.iter().filter(about).map(|item| item.id.clone()).collect()
}

fn first_action(investigation: &Investigation) -> Vec<Sentence> {
    let Some(action) = investigation.core.actions.first() else {
        return vec![uncited("nothing: no cause is known well enough to act on it".to_owned())];
    };
    vec![
        cited(format!("first {} {}", action.verb, action.target), &action.evidence),
        cited(format!("before that check that {}", action.precondition), &action.evidence),
        cited(format!("it touches {}, and expect that {}", action.blast_radius, action.expect), &action.evidence),
        cited(if action.reversible { "it can be undone" } else { "it cannot be undone" }.to_owned(), &action.evidence),
        cited(format!("avoid {}", action.avoid), &action.evidence),
    ]
}

fn avoid(investigation: &Investigation) -> Vec<Sentence> {
    let mut seen: Vec<&str> = Vec::new();
    let mut sentences = Vec::new();
    for action in &investigation.core.actions {
        if !action.avoid.is_empty() && !seen.contains(&action.avoid.as_str()) {
            seen.push(&action.avoid);
            sentences.push(cited(format!("avoid {}", action.avoid), &action.evidence));
        }
    }
    if sentences.is_empty() {
        sentences.push(uncited("no action is proposed, so none is warned of".to_owned()));
    }
    sentences
}

fn missing(investigation: &Investigation) -> Vec<Sentence> {
    let blind = investigation.timeline.iter().filter(|line| line.stance == Stance::Blind);
    let mut sentences: Vec<Sentence> = blind.map(|line| uncited(line.text.clone())).collect();
    let partial = investigation.plan.iter().filter(|query| !query.complete);
    sentences.extend(
        partial
            .map(|query| uncited(format!("{} query {} was answered in part: {}", query.source, query.id, query.text))),
    );
    sentences.extend(
        investigation.header.doubts.iter().map(|doubt| uncited(format!("this lowered the confidence: {doubt}"))),
    );
    let root = first(investigation).map_or(&[][..], |first| first.supported_by.as_slice());
    sentences.extend(
        investigation.header.refuted_by.iter().map(|refuted| cited(format!("it would be refuted if {refuted}"), root)),
    );
    sentences
}

fn show(investigation: &Investigation, id: &str) -> Vec<Sentence> {
    let Some(item) = item(investigation, id) else {
        let last = investigation.core.evidence.len();
        return vec![uncited(format!("there is no {id}: the evidence is numbered from E1 to E{last}"))];
    };
    let ids = [item.id.clone()];
    let names = |components: &[Component]| components.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
    let mut sentences = vec![cited(format!("{} ({}): {}", item.id, item.kind, item.text), &ids)];
    if !item.supports.is_empty() {
        sentences.push(cited(format!("it speaks for {}", names(&item.supports)), &ids));
    }
    if !item.against.is_empty() {
        sentences.push(cited(format!("it speaks against {}", names(&item.against)), &ids));
    }
    let reference = &item.reference;
    let mut place = format!(
        "look it up in {} from {} to {}",
        reference.file,
        crate::signal::time::format_rfc3339(reference.from_ns),
        crate::signal::time::format_rfc3339(reference.to_ns)
    );
    for (name, value) in [("trace", &reference.trace_id), ("span", &reference.span_id), ("metric", &reference.metric)] {
        if let Some(value) = value {
            place.push_str(&format!(", {name} {value}"));
        }
    }
    sentences.push(cited(place, &ids));
    sentences
}

fn slowest(investigation: &Investigation) -> Vec<Sentence> {
    let core = &investigation.core;
    let mut sentences = Vec::new();
    match &core.roles.bottleneck {
        Some(BottleneckAnswer::At { component, mode }) => {
            let ids = ids_about(investigation, "load", component);
            sentences.push(cited(format!("the time is lost at {component} ({mode})"), &ids));
            sentences.extend(core.why_not_slowest.iter().map(|why| cited(why.clone(), &ids)));
        }
        Some(BottleneckAnswer::None(_)) => {
            sentences.push(uncited("no time is lost: the symptom is not about time".to_owned()));
        }
        None => sentences.push(uncited("where the time is lost was not answered".to_owned())),
    }
    sentences
}

fn impact(investigation: &Investigation) -> Vec<Sentence> {
    let shows = investigation.core.evidence.iter().filter(|item| item.kind == "symptom").map(|item| item.id.clone());
    let shows: Vec<String> = shows.collect();
    investigation.header.impact.iter().map(|line| cited(line.clone(), &shows)).collect()
}

fn confidence(investigation: &Investigation) -> Vec<Sentence> {
    let root = first(investigation).map_or(&[][..], |first| first.supported_by.as_slice());
    let percent = investigation.core.confidence * 100.0;
    let mut sentences = vec![cited(format!("{percent:.0} %, {}", investigation.header.confidence), root)];
    sentences.extend(investigation.grounds.told().map(|told| uncited(format!("it rests on {told}"))));
    sentences.extend(missing(investigation));
    sentences
}
