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

use maud::{Markup, html as markup};
use rca_engine::evidence::Evidence;
use rca_engine::investigation::Investigation;

use crate::check::Check;
use crate::facts::RunFacts;
use page::{Page, Section};
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
    let page = Page {
        head: page::head(&context),
        skip: "Skip to the verdict",
        class: "page",
        header: verdict::header(&context),
        sections: sections(&context, evidence, check),
        footer: page::footer(&context),
    };
    page.into_string()
}

/// What there is to show, in reading order.
fn sections(context: &Context<'_>, evidence: Option<&Evidence>, check: Option<&Check>) -> Vec<Section> {
    [
        Section::new("chain", "How the damage travels", drawing::chain(context)),
        Section::new("timeline", "Timeline", story::timeline(context)),
        Section::new("slowest", "Why not the slowest one", story::why_not_slowest(context)),
        Section::new("actions", "What to do", story::actions(context)),
        Section::new("hypotheses", "Hypotheses", story::hypotheses(context)),
        Section::new("proof", "The proof trace", proof(context, evidence)),
        Section::new("series", "Key series", evidence.and_then(|evidence| charts::charts(context, evidence))),
        Section::new("calls", "Who calls whom", evidence.and_then(|evidence| calls::table(context, evidence))),
        Section::new("evidence", "Evidence", evidence::table(context)),
        Section::new("unseen", "What could not be seen", story::unseen(context)),
        Section::new("pivots", "Look further", story::pivots(context)),
        Section::new("check", "Was it right?", check.map(check::block)),
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
