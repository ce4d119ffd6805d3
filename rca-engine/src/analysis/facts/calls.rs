//! Facts about failures, fallbacks, retries and fan-outs.

use std::collections::BTreeSet;

use crate::analysis::census::{Pair, Phase};
use crate::analysis::findings::Findings;
use crate::analysis::mode_change::Reasons;
use crate::analysis::ranking::Ranked;
use crate::analysis::statistics::{share, share_rose};
use crate::analysis::tracks::{Quantity, Tracks};
use crate::analysis::walk::Cause;
use crate::analysis::wording::{from_to, nanos, percent, three};
use crate::canonical::ServiceId;
use crate::vocabulary::Effect;

use super::{Fact, Found, in_traces, order};

pub(super) fn add(findings: &Findings<'_>, ranked: &[Ranked], facts: &mut Vec<Fact>) {
    let quantities: Vec<Quantity> = findings.tracks.quantities().collect();
    for quantity in quantities {
        match quantity {
            Quantity::OwnFailures(service) => facts.extend(own_failures(findings, service)),
            Quantity::FanOut(from, to) => facts.extend(fan_out(findings, from, to)),
            Quantity::Gap(from, to) => facts.extend(gap(findings, from, to)),
            Quantity::Visits(_)
            | Quantity::Own(_)
            | Quantity::Calls(..)
            | Quantity::Failures(..)
            | Quantity::Wait(_) => {}
        }
    }
    for (from, to) in load_edges(findings, ranked) {
        reasons(findings, from, to, facts);
    }
}

fn own_failures(findings: &Findings<'_>, service: ServiceId) -> Option<Fact> {
    let work = findings.census.work(service);
    let (before, after) = (work.before, work.after);
    if !share_rose((before.own_failed, before.visits), (after.own_failed, after.visits)) {
        return None;
    }
    let moved = findings.tracks.movement(Quantity::OwnFailures(service))?;
    let name = findings.model.name(service);
    // Refusals in front of a crowded resource follow from the crowd.
    let consequence = after.refused * 2 > after.own_failed && after.wait_ns > before.wait_ns;
    let text = format!(
        "{name} fails by itself, without a failing call below it, in {} of its visits ({} of {}, {} of {}){}",
        from_to(&percent(share(before.own_failed, before.visits)), &percent(share(after.own_failed, after.visits))),
        before.own_failed,
        before.visits,
        after.own_failed,
        after.visits,
        if consequence { "; most are refusals after a wait, which follow from the crowd" } else { "" },
    );
    let example = findings.model.visits_of(service).iter().copied().find(|visit| {
        let row = findings.model.row(*visit);
        row.failure.is_some() && row.start >= moved.onset_ns && findings.phases.of(row.start) == Some(Phase::After)
    });
    Some(Fact {
        found: Found::ErrorOrigin,
        at_ns: moved.onset_ns,
        text,
        reference: in_traces(findings, example),
        supports: if consequence { Vec::new() } else { vec![Cause::Service(service)] },
        against: if consequence { vec![Cause::Service(service)] } else { Vec::new() },
        change: None,
        weight: if consequence { 0.5 } else { 0.95 },
        order: order(Cause::Service(service)),
    })
}

fn fan_out(findings: &Findings<'_>, from: ServiceId, to: ServiceId) -> Option<Fact> {
    let moved = findings.tracks.movement(Quantity::FanOut(from, to)).filter(Tracks::deviates)?;
    let traffic = findings.census.traffic(from, to);
    let text = format!(
        "{} calls {} {} times a visit ({} calls before, {} after)",
        findings.model.name(from),
        findings.model.name(to),
        from_to(&three(moved.before), &three(moved.after)),
        traffic.before.calls,
        traffic.after.calls,
    );
    let example =
        findings.model.calls_between(from, to).find(|call| findings.phases.of(call.start) == Some(Phase::After));
    Some(Fact {
        found: Found::ModeChange,
        at_ns: moved.onset_ns,
        text,
        reference: in_traces(findings, example.map(|call| call.visit)),
        supports: if moved.after > moved.before && !follows_failures(findings, from, to) {
            vec![Cause::Service(from)]
        } else {
            Vec::new()
        },
        against: Vec::new(),
        change: None,
        weight: 0.8,
        order: order(Cause::Edge(from, to)),
    })
}

/// Whether most added calls follow failed ones: then they are an answer to something, not the caller's own doing.
fn follows_failures(findings: &Findings<'_>, from: ServiceId, to: ServiceId) -> bool {
    let added = Reasons::of(findings.model, &findings.phases, from, to).added();
    let following = added.retry + added.fallback.iter().map(|(_, calls)| calls).sum::<f64>();
    following > added.first + added.further
}

fn gap(findings: &Findings<'_>, from: ServiceId, to: ServiceId) -> Option<Fact> {
    /// Gaps below a millisecond are scheduling.
    const MIN_GAP_NS: f64 = 1e6;
    let moved = findings.tracks.movement(Quantity::Gap(from, to)).filter(Tracks::deviates)?;
    if moved.after - moved.before < MIN_GAP_NS {
        return None;
    }
    let text = format!(
        "between the spans of {} and {} pass {} a call",
        findings.model.name(from),
        findings.model.name(to),
        from_to(&nanos(moved.before), &nanos(moved.after)),
    );
    Some(Fact {
        found: Found::Network,
        at_ns: moved.onset_ns,
        text,
        reference: in_traces(findings, None),
        supports: vec![Cause::Edge(from, to)],
        against: Vec::new(),
        change: None,
        weight: 0.7,
        order: order(Cause::Edge(from, to)),
    })
}

/// The edges over which the best candidates brought load.
fn load_edges(findings: &Findings<'_>, ranked: &[Ranked]) -> BTreeSet<(ServiceId, ServiceId)> {
    /// The candidates that are shown.
    const SHOWN: usize = 3;
    let leaves = ranked.iter().take(SHOWN).filter_map(|candidate| findings.leaves.get(&candidate.cause));
    leaves
        .flat_map(|leaf| leaf.steps.keys())
        .filter_map(|(from, to, effect)| match (from, to, effect) {
            (Cause::Service(from), Cause::Service(to), Effect::Load) => Some((*from, *to)),
            _ => None,
        })
        .collect()
}

/// Why calls were added on an edge: after which failures.
fn reasons(findings: &Findings<'_>, from: ServiceId, to: ServiceId, facts: &mut Vec<Fact>) {
    /// A reason with fewer calls after the onset is an anecdote.
    const MIN_CALLS: u64 = 5;
    let model = findings.model;
    let reasons = Reasons::of(model, &findings.phases, from, to);
    let at_ns = findings
        .tracks
        .movement(Quantity::FanOut(from, to))
        .map_or_else(|| findings.onset_ns(), |moved| moved.onset_ns);
    let mut add = |text: String, supports: Vec<Cause>, against: Vec<Cause>, weight: f64| {
        facts.push(Fact {
            found: Found::ModeChange,
            at_ns,
            text,
            reference: in_traces(findings, None),
            supports,
            against,
            change: None,
            weight,
            order: order(Cause::Edge(from, to)),
        });
    };
    let (a, b) = (model.name(from), model.name(to));
    for (failing, Pair { before, after }) in reasons.fallback.iter().filter(|(_, pair)| pair.after >= MIN_CALLS) {
        let traffic = findings.census.traffic(from, *failing);
        let rose =
            share_rose((traffic.before.failed, traffic.before.calls), (traffic.after.failed, traffic.after.calls));
        let text = format!(
            "{a} called {b} right after a failed call to {} in the same visit {before} times before and {after} times \
             after; such failures went {} of calls",
            model.name(*failing),
            from_to(
                &percent(share(traffic.before.failed, traffic.before.calls)),
                &percent(share(traffic.after.failed, traffic.after.calls))
            ),
        );
        let supports = if rose { vec![Cause::Service(*failing)] } else { Vec::new() };
        add(text, supports, vec![Cause::Service(to), Cause::Workload], 0.92);
    }
    if reasons.retry.after >= MIN_CALLS {
        let given_up = findings.census.traffic(from, to).after.given_up;
        let text = format!(
            "{a} repeated calls to {b} after they failed {} times before and {} times after; it gave up waiting {given_up} times",
            reasons.retry.before, reasons.retry.after,
        );
        add(text, vec![Cause::Retry(from)], Vec::new(), 0.6);
    }
}
