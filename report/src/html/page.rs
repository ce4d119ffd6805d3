//! The frame of the page: head with its security policy, footer with the facts of the run.

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use maud::{DOCTYPE, Markup, PreEscaped, html};
use sha2::{Digest, Sha256};

use super::parts::Context;
use crate::{moment, quantity, text, verdict_words};

/// The style sheet of every page.
pub(crate) const STYLE: &str = include_str!("style.css");

/// Nothing may be loaded or run; the one style sheet is named by its hash.
fn policy(style: &str) -> String {
    let hash = STANDARD.encode(Sha256::digest(style.as_bytes()));
    format!("default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'none'")
}

pub(super) fn head(context: &Context<'_>) -> Markup {
    let outcome = verdict_words::outcome(context.investigation.core.outcome);
    framed(&format!("{}: {outcome}", text::name(&context.facts.run_id)), STYLE)
}

/// The head of any page: its security policy, its title, its style sheet.
pub(crate) fn framed(title: &str, style: &str) -> Markup {
    html! {
        head {
            meta charset="utf-8";
            meta http-equiv="Content-Security-Policy" content=(policy(style));
            meta name="viewport" content="width=device-width, initial-scale=1";
            meta name="color-scheme" content="light dark";
            meta name="referrer" content="no-referrer";
            meta name="robots" content="noindex";
            title { (title) }
            style { (PreEscaped(style)) }
        }
    }
}

/// A part of a page with its own heading.
pub(crate) struct Section {
    id: &'static str,
    title: &'static str,
    body: Markup,
}

impl Section {
    /// None where there is nothing to show.
    pub(crate) fn new(id: &'static str, title: &'static str, body: Option<Markup>) -> Option<Self> {
        body.map(|body| Self { id, title, body })
    }
}

/// Everything of a page that is its own.
pub(crate) struct Page<'a> {
    pub(crate) head: Markup,
    /// The words of the link that leads past the navigation.
    pub(crate) skip: &'a str,
    pub(crate) class: &'a str,
    pub(crate) header: Markup,
    pub(crate) sections: Vec<Section>,
    pub(crate) footer: Markup,
}

impl Page<'_> {
    /// The whole page: header, navigation, sections under their headings, footer.
    pub(crate) fn into_string(self) -> String {
        let page = html! {
            (DOCTYPE)
            html lang="en" {
                (self.head)
                body {
                    a class="skip" href="#main" { (self.skip) }
                    div class=(self.class) {
                        header { (self.header) }
                        nav aria-label="Sections" {
                            ul { @for section in &self.sections { li { a href={ "#" (section.id) } { (section.title) } } } }
                        }
                        main id="main" {
                            @for section in &self.sections {
                                section id=(section.id) aria-labelledby={ "h-" (section.id) } {
                                    h2 id={ "h-" (section.id) } { (section.title) }
                                    (section.body)
                                }
                            }
                        }
                        footer { (self.footer) }
                    }
                }
            }
        };
        page.into_string()
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
    let zone = facts.second_zone.as_ref().zip(context.onset_ns.or(facts.alert_ns));
    let beside = zone.map(|(zone, ns)| format!(", beside it {}", moment::zone_name(ns, zone)));
    lines.push(("times", format!("UTC{}", beside.unwrap_or_default())));
    lines.extend((!phases.is_empty()).then(|| ("phases", phases.join(" · "))));
    lines.extend(facts.wall_time.map(|time| ("wall time", lasted(time))));
    lines.extend(facts.time_to_verdict.map(|time| ("time to verdict", lasted(time))));
    lines.extend((!facts.made_by.is_empty()).then(|| ("made by", text::name(&facts.made_by))));
    html! { dl { @for (word, value) in lines { div { dt { (word) } dd { (value) } } } } }
}
