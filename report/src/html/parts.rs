//! Small pieces that every section uses: names in the colour of their role, links to evidence, times.

use std::collections::BTreeSet;

use maud::{Markup, html};
use rca_engine::component::Component;
use rca_engine::investigation::Investigation;

use crate::chain::role_of;
use crate::facts::RunFacts;
use crate::role::Role;
use crate::{moment, text};

/// Evidence items that are listed at most.
pub(super) const EVIDENCE_MAX: usize = 96;
/// Ids that one citation lists at most.
const CITED_MAX: usize = 12;

/// What every section reads.
pub(super) struct Context<'a> {
    pub(super) investigation: &'a Investigation,
    pub(super) facts: &'a RunFacts,
    pub(super) onset_ns: Option<u64>,
    /// Ids that have an anchor in the evidence table.
    anchored: BTreeSet<&'a str>,
}

impl<'a> Context<'a> {
    pub(super) fn new(investigation: &'a Investigation, facts: &'a RunFacts) -> Self {
        let ids = investigation.core.evidence.iter().take(EVIDENCE_MAX).map(|item| item.id.as_str());
        Self {
            investigation,
            facts,
            onset_ns: moment::onset_ns(investigation),
            // The engine numbers E1, E2, …; any other id is shown and not linked.
            anchored: ids.filter(|id| is_plain(id)).collect(),
        }
    }

    /// A link to the evidence table, or the bare id where there is no such line.
    pub(super) fn cite(&self, id: &str) -> Markup {
        html! {
            @if self.anchored.contains(id) { a class="cite" href={ "#" (id) } { (id) } }
            @else { span class="cite" { (text::id(id)) } }
        }
    }

    /// Links, comma separated, or a word for nothing.
    pub(super) fn cites(&self, ids: &[String], none: &str) -> Markup {
        html! {
            @if ids.is_empty() { span class="soft" { (none) } }
            @for (index, id) in ids.iter().take(CITED_MAX).enumerate() { @if index > 0 { ", " } (self.cite(id)) }
            @if ids.len() > CITED_MAX { " and " (ids.len() - CITED_MAX) " more" }
        }
    }

    /// A component in the colour of its role.
    pub(super) fn component(&self, component: &Component) -> Markup {
        let role = role_of(&self.investigation.core.roles, component);
        html! { span class={ "who " (class(role)) } { (text::name(&component.to_string())) } }
    }

    /// The role of a service by name.
    pub(super) fn role(&self, service: &str) -> Option<Role> {
        role_of(&self.investigation.core.roles, &Component::service(service))
    }

    /// A time of day in UTC and, where one is given, in the second zone.
    pub(super) fn clock(&self, ns: u64) -> Markup {
        let utc = jiff::tz::TimeZone::UTC;
        html! {
            time datetime=(moment::machine(ns)) { (moment::clock(ns, &utc)) " UTC" }
            @if let Some(zone) = &self.facts.second_zone {
                " " span { (moment::clock(ns, zone)) " " (moment::zone_name(ns, zone)) }
            }
        }
    }

    /// A full date and time, likewise.
    pub(super) fn moment(&self, ns: u64) -> Markup {
        let utc = jiff::tz::TimeZone::UTC;
        html! {
            time datetime=(moment::machine(ns)) { (moment::full(ns, &utc)) }
            @if let Some(zone) = &self.facts.second_zone { " · " span { (moment::full(ns, zone)) } }
        }
    }
}

/// The style class of a role or of none.
pub(super) fn class(role: Option<Role>) -> &'static str {
    role.map_or("r-none", Role::class)
}

/// Whether an id can stand in an anchor: `E` and digits.
pub(super) fn is_plain(id: &str) -> bool {
    id.len() <= 8
        && id.strip_prefix('E').is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit()))
}

/// A role as a small label in its colour.
pub(super) fn chip(role: Role) -> Markup {
    html! { span class={ "chip " (role.class()) } title=(role.meaning()) { (role.word()) } }
}

/// A table that scrolls sideways on its own where it does not fit.
pub(crate) fn wide(label: &str, table: &Markup) -> Markup {
    html! { div class="wide" role="region" aria-label=(label) tabindex="0" { (table) } }
}

/// A number for an SVG attribute: two decimals at most, no exponent.
pub(crate) fn coordinate(value: f64) -> String {
    let text = format!("{:.2}", if value.is_finite() { value } else { 0.0 });
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
