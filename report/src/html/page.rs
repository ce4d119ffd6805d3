//! The frame of the page: head with its security policy, footer with the facts of the run.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::parts::Context;
use crate::{quantity, text, verdict_words};

const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or run; the one style sheet is named by its hash.
fn policy() -> String {
    let hash = STANDARD.encode(Sha256::digest(STYLE.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

pub(super) fn head(context: &Context<'_>) -> Markup {
    let outcome = verdict_words::outcome(context.investigation.core.outcome);
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy());
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            title { (text::name(&context.facts.run_id)) ": " (outcome) }
            style { (PreEscaped(STYLE)) }
        }
    }
}

pub(super) fn footer(context: &Context<'_>) -> Markup {
    let facts = context.facts;
    let lasted = |duration: Duration| quantity::duration(u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX));
    let phases: Vec<String> = facts
        .phases
        .iter()
        .take(12)
        .map(|phase| format!("{} {}", text::name(&phase.name), lasted(phase.lasted)))
        .collect();
    let mut lines = vec![("run", text::name(&facts.run_id)), ("mode", text::name(&facts.mode))];
    lines.extend(facts.seed.map(|seed| ("seed", seed.to_string())));
    lines.extend((!phases.is_empty()).then(|| ("phases", phases.join(" · "))));
    lines.extend(facts.wall_time.map(|time| ("wall time", lasted(time))));
    lines.extend(facts.time_to_verdict.map(|time| ("time to verdict", lasted(time))));
    lines.extend((!facts.made_by.is_empty()).then(|| ("made by", text::name(&facts.made_by))));
    html! { dl { @for (word, value) in lines { div { dt { (word) } dd { (value) } } } } }
}
