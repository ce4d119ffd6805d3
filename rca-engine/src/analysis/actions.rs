//! What to do: closed verbs, each with its precondition, reach, effect and what to leave alone.

use crate::component::Component;
use crate::investigation::{Action, BottleneckAnswer, Roles};
use crate::vocabulary::{Kind, Outcome, Verb};

use super::ranking::Ranked;

/// A verb on a target, before it is put into words.
struct Proposal {
    verb: Verb,
    target: Component,
    precondition: String,
    blast_radius: String,
    reversible: bool,
    expect: String,
}

/// Actions for a verdict, best first; none without a cause.
pub(crate) fn scaffold(outcome: Outcome, roles: &Roles, ranked: &[Ranked], supporting: &[String]) -> Vec<Action> {
    let (Outcome::Cause, Some(first)) = (outcome, ranked.first()) else { return Vec::new() };
    let root = first.component.clone();
    let mut proposals = vec![by_kind(first.kind, &root, &roles.symptom)];
    if let Some(back) = what_to_take_back(roles, &root) {
        let back = rollback(back, &root, &roles.symptom);
        // A limit that is known to be lower than before can be set whoever lowered it; of changes the wrong one may be
        // suspected.
        let is_surer = matches!((&root, first.kind), (Component::Resource { .. }, Some(Kind::CapacityReduced)));
        proposals.insert(usize::from(is_surer), back);
    }
    let avoid = avoid(roles, &root);
    proposals
        .into_iter()
        .map(|proposal| Action {
            verb: proposal.verb,
            target: proposal.target,
            precondition: proposal.precondition,
            blast_radius: proposal.blast_radius,
            reversible: proposal.reversible,
            expect: proposal.expect,
            evidence: supporting.to_vec(),
            avoid: avoid.clone(),
        })
        .collect()
}

/// The change that began it, or the build that is the root; nothing where what began it is over, or no change.
fn what_to_take_back(roles: &Roles, root: &Component) -> Option<Component> {
    let change = roles.trigger.as_ref().map(|trigger| &trigger.component);
    let change = change.filter(|trigger| matches!(trigger, Component::Change(_)));
    change.or(Some(root).filter(|root| matches!(root, Component::Version { .. }))).cloned()
}

fn rollback(change: Component, root: &Component, symptom: &Component) -> Proposal {
    Proposal {
        verb: Verb::Rollback,
        precondition: "the state before the change is known and still compatible with what was written since"
            .to_owned(),
        blast_radius: format!("everything that uses {root}"),
        reversible: true,
        expect: format!(
            "{root} returns to its baseline first, then {symptom}; what was written meanwhile may last until it expires"
        ),
        target: change,
    }
}

/// What helps against a kind of fault.
fn by_kind(kind: Option<Kind>, root: &Component, symptom: &Component) -> Proposal {
    let remedy = remedy(kind, root);
    Proposal {
        verb: remedy.verb,
        target: root.clone(),
        precondition: remedy.precondition.to_owned(),
        blast_radius: match remedy.reach {
            Some(reach) => reach.to_owned(),
            None => format!("everything that uses {root}"),
        },
        reversible: remedy.reversible,
        expect: format!("{}, and {symptom} follows", remedy.expect),
    }
}

/// A remedy in words; no reach: everything that uses the root.
struct Remedy {
    verb: Verb,
    precondition: &'static str,
    reach: Option<&'static str>,
    reversible: bool,
    expect: &'static str,
}

const DRAIN: Remedy = Remedy {
    verb: Verb::Drain,
    precondition: "other instances can take the work",
    reach: None,
    reversible: true,
    expect: "the work goes where it succeeds",
};

fn remedy(kind: Option<Kind>, root: &Component) -> Remedy {
    let is_one_of_several = matches!(root, Component::Version { .. } | Component::Instance { .. });
    let (verb, reversible, reach, precondition, expect) = match kind {
        // One build or one instance beside others can be left out, whatever is wrong with it.
        _ if is_one_of_several => return DRAIN,
        Some(Kind::BadFormat | Kind::Stale | Kind::WrongKey) => (
            Verb::Purge,
            false,
            Some("the next request for every purged entry"),
            "whatever writes the entries has been put back, and what they are fetched from can bear to fill them again",
            "each entry is fetched once more and can be used then",
        ),
        Some(Kind::CapacityReduced | Kind::Leak | Kind::Config) => {
            (Verb::Set, true, None, "the earlier value is known", "waits end as soon as the earlier value is in force")
        }
        Some(Kind::CallAmplification) => (
            Verb::Limit,
            true,
            Some("requests that a second attempt would have saved"),
            "callers can bear a failure that is not repeated",
            "the load falls to one attempt a request, the queue drains",
        ),
        Some(Kind::Surge | Kind::Mix | Kind::HotKey) => {
            let reach = Some("the users that are turned away");
            (Verb::Limit, true, reach, "some requests can be turned away", "the queue drains")
        }
        Some(Kind::LoadByOther) => {
            let reach = Some("what waits for this work");
            (Verb::Limit, true, reach, "its work can wait", "the shared resource is free again")
        }
        Some(Kind::Lock) => {
            let reach = Some("the holder's work");
            (Verb::Kill, false, reach, "the holder's work can be repeated", "those who wait get their turn")
        }
        Some(Kind::BadInput | Kind::Redelivery) => {
            let reach = Some("the items that are skipped");
            (Verb::Skip, true, reach, "the items can be left out for now", "all other items are served")
        }
        Some(Kind::NetworkSlow | Kind::NetworkDrop) => {
            (Verb::FailOver, true, None, "another way or copy exists", "calls take the other way")
        }
        Some(Kind::CodeException | Kind::Rejecting | Kind::Restart) => return DRAIN,
        Some(Kind::SlowService | Kind::ExtraCalls | Kind::Backlog) | None => {
            (Verb::Scale, true, None, "more capacity helps what is slow here", "each piece of work waits less")
        }
    };
    Remedy { verb, precondition, reach, reversible, expect }
}

/// What not to do: where the time is lost is not where it comes from.
fn avoid(roles: &Roles, root: &Component) -> String {
    match &roles.bottleneck {
        Some(BottleneckAnswer::At { component, .. }) if component != root => format!(
            "restarting or enlarging {component} first: it is where the time is lost, and it would be lost elsewhere as \
             long as {root} stays as it is"
        ),
        Some(BottleneckAnswer::At { .. } | BottleneckAnswer::None(_)) | None if roles.symptom != *root => {
            format!("restarting {} first: it only shows the damage", roles.symptom)
        }
        Some(BottleneckAnswer::At { .. } | BottleneckAnswer::None(_)) | None => {
            "restarting everything at once: what is kept in memory would be lost, and so would the evidence".to_owned()
        }
    }
}
