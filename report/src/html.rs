//! The investigation as one self-contained page: no script, no request to anywhere, readable on paper.

mod accounting;
mod calls;
mod charts;
mod check;
pub(crate) mod difference;
mod drawing;
mod evidence;
pub(crate) mod page;
pub(crate) mod parts;
mod story;
mod verdict;
mod waterfall;

use maud::{DOCTYPE, Markup, html as markup};
use rca_engine::evidence::Evidence;
use rca_engine::investigation::Investigation;

use crate::check::Check;
use crate::facts::RunFacts;
use parts::Context;

/// The page. Without evidence it shows what the investigation says, without the measurements behind it; the check
/// against the truth comes last and closed, so that a reader can judge first.
pub fn html(
    investigation: &Investigation,
    evidence: Option<&Evidence>,
    check: Option<&Check>,
    facts: &RunFacts,
) -> String {
    let context = Context::new(investigation, facts);
    let sections = sections(&context, evidence, check);
    let page = markup! {
        (DOCTYPE)
        html lang="en" {
            (page::head(&context))
            body {
                a class="skip" href="#main" { "Skip to the verdict" }
                div class="page" {
                    header { (verdict::header(&context)) }
                    nav aria-label="Sections" {
                        ul { @for section in &sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                    }
                    main id="main" {
                        @for section in &sections {
                            section id=(section.id) aria-labelledby={ "h-" (section.id) } {
                                h2 id={ "h-" (section.id) } { (section.title) }
                                (section.body)
                            }
                        }
                    }
                    footer { (page::footer(&context)) }
                }
            }
        }
    };
    page.into_string()
}

/// A part of the page with its own heading.
struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

/// What there is to show, in reading order.
fn sections(context: &Context<'_>, evidence: Option<&Evidence>, check: Option<&Check>) -> Vec<Section> {
    let section = |id, title, body: Option<Markup>| body.map(|body| Section { id, title, body });
    [
        section("chain", "How the damage travels", drawing::chain(context)),
        section("timeline", "Timeline", story::timeline(context)),
        section("slowest", "Why not the slowest one", story::why_not_slowest(context)),
        section("actions", "What to do", story::actions(context)),
        section("hypotheses", "Hypotheses", story::hypotheses(context)),
        section("proof", "The proof trace", proof(context, evidence)),
        section("series", "Key series", evidence.and_then(|evidence| charts::charts(context, evidence))),
        section("calls", "Who calls whom", evidence.and_then(|evidence| calls::table(context, evidence))),
        section("evidence", "Evidence", evidence::table(context)),
        section("unseen", "What could not be seen", story::unseen(context)),
        section("pivots", "Look further", story::pivots(context)),
        section("check", "Was it right?", check.map(check::block)),
    ]
    .into_iter()
    .flatten()
    .collect()
}

/// The waterfall with the evidence, the time accounting without it too.
fn proof(context: &Context<'_>, evidence: Option<&Evidence>) -> Option<Markup> {
    let proof = context.investigation.proof.as_ref()?;
    Some(markup! {
        (waterfall::about(context, proof))
        @if let Some(drawn) = evidence.and_then(|evidence| waterfall::drawn(context, evidence, proof)) { (drawn) }
        (accounting::table(context, proof))
    })
}
