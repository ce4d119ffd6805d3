//! The sections in words: timeline, why not the slowest, what to do, hypotheses, where to look on, what was not seen.

use maud::{Markup, html};
use rca_engine::investigation::{Action, Hypothesis, Stance, TimelineLine};

use super::parts::Context;
use crate::terminal::{timeline_lines, unseen_lines, verb};
use crate::{quantity, text};

const ACTIONS_MAX: usize = 10;
const HYPOTHESES_MAX: usize = 10;
/// The ones that a reader should weigh against each other; the weaker ones are folded away.
const HYPOTHESES_OPEN: usize = 3;
/// Facts against one hypothesis that are told in full.
const AGAINST_MAX: usize = 3;
const PIVOTS_MAX: usize = 24;
const GAPS_MAX: usize = 24;

pub(super) fn timeline(context: &Context<'_>) -> Option<Markup> {
    let lines = timeline_lines(context.investigation);
    (!lines.is_empty()).then(|| {
        html! {
            @if let Some(ns) = context.onset_ns { p class="lede" { "T is the estimated onset, " (context.moment(ns)) "." } }
            ol class="story" { @for line in lines { (moment_of(context, line)) } }
        }
    })
}

fn moment_of(context: &Context<'_>, line: &TimelineLine) -> Markup {
    let (mark, word, class) = match line.stance {
        Stance::Supports => ("✓", "supports", "s-for"),
        Stance::Against => ("✗", "speaks against", "s-against"),
        Stance::Context => ("·", "context", "s-context"),
        Stance::Blind => ("?", "not seen", "s-blind"),
    };
    let at_ns = context.onset_ns.and_then(|onset| onset.checked_add_signed(line.offset_ns));
    let blind = line.stance == Stance::Blind;
    html! {
        li {
            span class="off num" { @if !blind { (quantity::offset(line.offset_ns)) } }
            span class={ "mark " (class) } role="img" aria-label=(word) title=(word) { (mark) }
            p class="what" { (text::sentence(&line.text)) @if let Some(id) = &line.evidence { " " (context.cite(id)) } }
            @if let Some(ns) = at_ns.filter(|_| !blind) { p class="at" { (context.clock(ns)) } }
        }
    }
}

pub(super) fn why_not_slowest(context: &Context<'_>) -> Option<Markup> {
    let why = context.investigation.core.why_not_slowest.as_ref()?;
    Some(html! { p class="prose" { (text::sentence(why)) } })
}

pub(super) fn actions(context: &Context<'_>) -> Option<Markup> {
    let actions = &context.investigation.core.actions;
    (!actions.is_empty()).then(|| {
        html! {
            ol class="cards" { @for action in actions.iter().take(ACTIONS_MAX) { li { (action_of(context, action)) } } }
            @if actions.len() > ACTIONS_MAX { p class="soft" { (actions.len() - ACTIONS_MAX) " more are in the verdict." } }
        }
    })
}

fn action_of(context: &Context<'_>, action: &Action) -> Markup {
    let told = [("First check", &action.precondition), ("Touches", &action.blast_radius), ("Expect", &action.expect)];
    html! {
        h3 { span { (verb(action)) } (context.component(&action.target)) }
        dl class="pairs" {
            @for (word, value) in told { @if !value.is_empty() { dt { (word) } dd { (text::sentence(value)) } } }
            dt { "Undo" }
            dd { @if action.reversible { "can be undone" } @else { span class="never" { "cannot be undone" } } }
            dt { "Because of" }
            dd { (context.cites(&action.evidence, "no cited evidence")) }
            @if !action.avoid.is_empty() { dt class="never" { "Avoid" } dd { (text::sentence(&action.avoid)) } }
        }
    }
}

pub(super) fn hypotheses(context: &Context<'_>) -> Option<Markup> {
    let hypotheses = &context.investigation.core.hypotheses;
    (!hypotheses.is_empty()).then(|| {
        html! {
            ol class="cards" {
                @for hypothesis in hypotheses.iter().take(HYPOTHESES_OPEN) { li { (hypothesis_of(context, hypothesis)) } }
            }
            @let weaker = hypotheses.len().min(HYPOTHESES_MAX).saturating_sub(HYPOTHESES_OPEN);
            @if weaker > 0 {
                details {
                    summary { (quantity::count(weaker, "weaker one")) }
                    ol class="cards" {
                        @for hypothesis in hypotheses.iter().skip(HYPOTHESES_OPEN).take(weaker) { li { (hypothesis_of(context, hypothesis)) } }
                    }
                }
            }
            @if hypotheses.len() > HYPOTHESES_MAX {
                p class="soft" { (hypotheses.len() - HYPOTHESES_MAX) " weaker ones are in the verdict." }
            }
        }
    })
}

fn hypothesis_of(context: &Context<'_>, hypothesis: &Hypothesis) -> Markup {
    html! {
        h3 {
            span { (hypothesis.rank) "." }
            (context.component(&hypothesis.root.component))
            @if let Some(kind) = hypothesis.root.kind { span class="share" { (kind) } }
            span class="share num" { (quantity::percent(quantity::share(hypothesis.score))) }
        }
        p class="prose" { (text::sentence(&hypothesis.why)) }
        dl class="pairs" {
            dt { "For" } dd { (context.cites(&hypothesis.supported_by, "nothing seen")) }
            dt { "Against" } dd { (against(context, hypothesis)) }
        }
    }
}

/// What speaks against it, in full: a reader should not have to look it up to doubt.
fn against(context: &Context<'_>, hypothesis: &Hypothesis) -> Markup {
    let told = |id: &String| context.investigation.core.evidence.iter().find(|item| item.id == *id);
    let (shown, rest) = hypothesis.against.split_at(hypothesis.against.len().min(AGAINST_MAX));
    html! {
        @if shown.is_empty() { span class="soft" { "nothing seen" } }
        @else {
            ul class="plain" {
                @for id in shown { li { (context.cite(id)) @if let Some(item) = told(id) { " " (text::sentence(&item.text)) } } }
            }
        }
        @if !rest.is_empty() { p { "and " (context.cites(rest, "")) } }
    }
}

pub(super) fn pivots(context: &Context<'_>) -> Option<Markup> {
    let pivots = &context.investigation.pivots;
    (!pivots.is_empty()).then(|| {
        html! {
            p class="lede" { "Queries to paste into other tools; one click selects a query as a whole." }
            ul class="cards" {
                @for pivot in pivots.iter().take(PIVOTS_MAX) {
                    li {
                        h3 { (text::name(&pivot.tool)) span class="share" { (text::name(&pivot.title)) } }
                        p class="small soft num" { (context.moment(pivot.from_ns)) " to " (context.clock(pivot.to_ns)) }
                        code class="query" { (text::clean(&pivot.query, text::QUERY_BYTES)) }
                    }
                }
            }
            @if pivots.len() > PIVOTS_MAX { p class="soft" { (pivots.len() - PIVOTS_MAX) " more are in the verdict." } }
        }
    })
}

/// Gaps in what was seen, what lowered the confidence, what would refute the verdict, and what was asked at all.
pub(super) fn unseen(context: &Context<'_>) -> Option<Markup> {
    let header = &context.investigation.header;
    let gaps = unseen_lines(context.investigation);
    let plan = &context.investigation.plan;
    let grounds: Vec<String> = context.investigation.grounds.told().into_iter().collect();
    let lists = [
        ("What the confidence rests on", &grounds),
        ("What lowered the confidence", &header.doubts),
        ("What would refute this", &header.refuted_by),
    ];
    let nothing = gaps.is_empty() && plan.is_empty() && lists.iter().all(|(_, lines)| lines.is_empty());
    (!nothing).then(|| {
        html! {
            @if gaps.is_empty() { p class="prose" { "Every query was answered in full, and no gap was noticed." } }
            @else { ul class="plain prose" { @for gap in gaps.iter().take(GAPS_MAX) { li { (text::sentence(gap)) } } } }
            @for (title, lines) in lists {
                @if !lines.is_empty() {
                    h3 { (title) }
                    ul class="plain prose" { @for line in lines.iter().take(GAPS_MAX) { li { (text::sentence(line)) } } }
                }
            }
            (plan_of(context))
        }
    })
}

fn plan_of(context: &Context<'_>) -> Markup {
    let plan = &context.investigation.plan;
    html! {
        @if !plan.is_empty() {
            details {
                summary { "What was asked of the telemetry: " (quantity::count(plan.len(), "query").replace("querys", "queries")) }
                div class="wide" role="region" aria-label="Queries" tabindex="0" {
                    table {
                        thead { tr { th scope="col" { "Source" } th scope="col" { "Query" } th class="n" scope="col" { "Items" } th scope="col" { "Answer" } } }
                        tbody {
                            @for query in plan.iter().take(GAPS_MAX) {
                                tr {
                                    th scope="row" { (text::name(&query.source)) }
                                    td { code { (text::sentence(&query.text)) } }
                                    td class="n" { (query.items) }
                                    td { @if query.complete { "complete" } @else { strong { "in part" } } }
                                }
                            }
                        }
                    }
                }
            }
        }
    }
}
