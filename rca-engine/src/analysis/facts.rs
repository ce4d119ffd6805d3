//! Facts: what was measured, in one sentence each, with what it supports and what it speaks against.

mod calls;
mod context;
mod signals;
mod time;

use crate::component::Component;
use crate::investigation::{EvidenceItem, Reference, Stance};

use super::findings::Findings;
use super::ranking::Ranked;
use super::walk::Cause;

/// The analysis that found a fact; the order is the order of facts at one time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Found {
    Change,
    ErrorOrigin,
    ModeChange,
    Load,
    Time,
    Network,
    Symptom,
    Workload,
    Necessity,
    Slice,
    Metric,
    Log,
}

impl Found {
    fn as_str(self) -> &'static str {
        match self {
            Self::Change => "change",
            Self::ErrorOrigin => "error_origin",
            Self::ModeChange => "mode_change",
            Self::Load => "load",
            Self::Time => "time",
            Self::Network => "network",
            Self::Symptom => "symptom",
            Self::Workload => "workload",
            Self::Necessity => "necessity",
            Self::Slice => "slice",
            Self::Metric => "metric",
            Self::Log => "log",
        }
    }
}

/// One measured fact.
#[derive(Clone, Debug)]
pub(crate) struct Fact {
    pub(crate) found: Found,
    pub(crate) at_ns: u64,
    pub(crate) text: String,
    pub(crate) reference: Reference,
    pub(crate) supports: Vec<Cause>,
    pub(crate) against: Vec<Cause>,
    /// Named beside the causes: a change that is supported or cleared.
    pub(crate) change: Option<String>,
    /// How much it matters for the story, 0 to 1.
    pub(crate) weight: f64,
    /// Structural order among facts of one analysis at one time.
    pub(crate) order: (u32, u32, u32),
}

/// A fact with its id.
#[derive(Clone, Debug)]
pub(crate) struct Cited {
    pub(crate) id: String,
    pub(crate) fact: Fact,
    pub(crate) stance: Stance,
}

/// More facts than this nobody reads; the heaviest stay.
const MAX_FACTS: usize = 40;

/// All facts by time, numbered. Times of one bucket count as one, so that noise does not order them.
pub(crate) fn collect(findings: &Findings<'_>, ranked: &[Ranked]) -> Vec<Cited> {
    let mut facts = Vec::new();
    context::add(findings, ranked, &mut facts);
    calls::add(findings, ranked, &mut facts);
    time::add(findings, &mut facts);
    signals::add(findings, &mut facts);
    facts.sort_by(|a, b| b.weight.total_cmp(&a.weight).then_with(|| key(findings, a).cmp(&key(findings, b))));
    facts.truncate(MAX_FACTS);
    facts.sort_by_key(|fact| key(findings, fact));
    let root = ranked.first().map(|first| first.cause);
    (1..)
        .zip(facts)
        .map(|(number, fact)| Cited { id: format!("E{number}"), stance: stance(findings, &fact, root), fact })
        .collect()
}

fn key(findings: &Findings<'_>, fact: &Fact) -> (u64, Found, (u32, u32, u32), u64) {
    (fact.at_ns / findings.tracks.width_ns(), fact.found, fact.order, fact.at_ns)
}

/// What a fact does to the verdict.
fn stance(findings: &Findings<'_>, fact: &Fact, root: Option<Cause>) -> Stance {
    let Some(root) = root else { return Stance::Context };
    let concerns = |cause: &Cause| {
        *cause == root || (findings.owner(*cause).is_some() && findings.owner(*cause) == findings.owner(root))
    };
    if fact.supports.iter().any(concerns) {
        Stance::Supports
    } else if fact.against.iter().any(concerns) {
        Stance::Against
    } else {
        Stance::Context
    }
}

/// Facts as the investigation shows them.
pub(crate) fn items(findings: &Findings<'_>, cited: &[Cited]) -> Vec<EvidenceItem> {
    let named = |causes: &[Cause], change: Option<&String>| -> Vec<Component> {
        let mut components: Vec<Component> = causes.iter().map(|cause| findings.component(*cause)).collect();
        components.extend(change.map(|id| Component::Change(id.clone())));
        components
    };
    cited
        .iter()
        .map(|cited| {
            // A change is supported with its component, and cleared where its component is not supported.
            let backed = !cited.fact.supports.is_empty();
            let change = cited.fact.change.as_ref();
            EvidenceItem {
                id: cited.id.clone(),
                kind: cited.fact.found.as_str().to_owned(),
                reference: cited.fact.reference.clone(),
                at_ns: cited.fact.at_ns,
                text: cited.fact.text.clone(),
                supports: named(&cited.fact.supports, change.filter(|_| backed)),
                against: named(&cited.fact.against, change.filter(|_| !backed)),
            }
        })
        .collect()
}

/// Ids of the facts that support a cause, and of those that speak against it.
pub(crate) fn for_and_against(findings: &Findings<'_>, cited: &[Cited], cause: Cause) -> (Vec<String>, Vec<String>) {
    let of = |list: fn(&Fact) -> &[Cause]| -> Vec<String> {
        cited
            .iter()
            .filter(|cited| {
                list(&cited.fact).iter().any(|named| {
                    *named == cause
                        || (matches!(named, Cause::Service(_)) && findings.owner(cause) == findings.owner(*named))
                })
            })
            .map(|cited| cited.id.clone())
            .collect()
    };
    (of(|fact| &fact.supports), of(|fact| &fact.against))
}

/// A place in the traces: the whole comparison, and one span as an example.
pub(crate) fn in_traces(findings: &Findings<'_>, example: Option<u32>) -> Reference {
    let whole = findings.model.windows.whole();
    let row = example.map(|row| findings.model.row(row));
    Reference {
        file: "traces.jsonl".to_owned(),
        trace_id: row.map(|row| format!("{:032x}", row.trace_id)),
        span_id: row.map(|row| format!("{:016x}", row.span_id)),
        metric: None,
        from_ns: whole.from_ns,
        to_ns: whole.to_ns,
    }
}

/// Numbers of a cause for structural order.
pub(crate) fn order(cause: Cause) -> (u32, u32, u32) {
    match cause {
        Cause::Service(service) => (0, service.0, 0),
        Cause::Pool(pool) => (1, pool.0, 0),
        Cause::Edge(from, to) => (2, from.0, to.0),
        Cause::Retry(service) => (3, service.0, 0),
        Cause::Queue(from, to) => (4, from.0, to.0),
        Cause::Workload => (5, 0, 0),
    }
}
