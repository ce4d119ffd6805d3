//! The investigation as terminal text, for a tired person at three in the morning.

mod check;
pub(crate) mod others;
mod reply;
pub(crate) mod sheet;

use jiff::tz::TimeZone;
use rca_engine::investigation::{Action, Investigation, Stance, TimelineLine};
use rca_engine::vocabulary::Outcome;

use crate::chain::Chain;
use crate::check::Check;
use crate::role::Role;
use crate::{moment, quantity, text};
use sheet::{Sheet, Style, piece};

pub use reply::reply;

/// Timeline lines and other lists are cut at these.
const TIMELINE_MAX: usize = 12;
const LIST_MAX: usize = 8;
const HYPOTHESES_MAX: usize = 3;

/// How to print.
#[derive(Clone, Debug, PartialEq)]
pub struct Options {
    /// Whether to use ANSI colours.
    pub colour: bool,
    /// Columns to wrap at; less than 40 counts as 40.
    pub width: usize,
    /// The zone of all times.
    pub time_zone: TimeZone,
}

impl Default for Options {
    fn default() -> Self {
        Self { colour: false, width: 100, time_zone: TimeZone::UTC }
    }
}

/// The verdict first, then what it rests on, then what to do, then, if it is known, whether it is right.
pub fn terminal(investigation: &Investigation, check: Option<&Check>, options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    header(&mut sheet, investigation);
    chain(&mut sheet, investigation);
    timeline(&mut sheet, investigation, &options.time_zone);
    why_not_slowest(&mut sheet, investigation);
    hypotheses(&mut sheet, investigation);
    actions(&mut sheet, investigation);
    pivots(&mut sheet, investigation, &options.time_zone);
    unseen(&mut sheet, investigation);
    if let Some(check) = check {
        check::write(&mut sheet, check);
    }
    sheet.finish()
}

fn header(sheet: &mut Sheet, investigation: &Investigation) {
    let (core, header) = (&investigation.core, &investigation.header);
    let label = |word: &str, style: Style| piece(style, &format!("{word:<13}"));
    let confidence = format!("{}, ", quantity::percent(quantity::share(core.confidence)));
    sheet.item(
        &[label("CONFIDENCE", Style::Bold)],
        &[piece(Style::Bold, &confidence), piece(Style::Plain, &text::sentence(&header.confidence))],
    );
    let (word, style) = match core.outcome {
        Outcome::Cause => ("ROOT CAUSE", Style::Role(Role::Root)),
        Outcome::NoIncident => ("VERDICT", Style::Good),
        Outcome::InsufficientEvidence => ("ROOT CAUSE", Style::Bold),
    };
    sheet.item(&[label(word, style)], &[piece(Style::Bold, &text::sentence(&header.root_cause))]);
    sheet.item(&[label("PROOF TRACE", Style::Bold)], &[piece(Style::Plain, &text::sentence(&header.proof))]);
    if !header.impact.is_empty() {
        // Where nothing is wrong there is no impact, but there is what raised the question.
        let asked = core.outcome == Outcome::NoIncident;
        sheet.heading(if asked { "WHAT WAS ASKED ABOUT" } else { "IMPACT" }, "");
        bullets(sheet, "•", header.impact.iter().map(String::as_str));
    }
}

fn bullets<'a>(sheet: &mut Sheet, mark: &str, lines: impl Iterator<Item = &'a str>) {
    let lead = format!("  {mark} ");
    for line in lines.take(LIST_MAX) {
        sheet.item(&[piece(Style::Dim, &lead)], &[piece(Style::Plain, &text::sentence(line))]);
    }
}

/// Nodes below each other with the effect between neighbours; links that skip a node or go back follow below.
fn chain(sheet: &mut Sheet, investigation: &Investigation) {
    let chain = Chain::of(&investigation.core.roles);
    if investigation.core.outcome != Outcome::Cause {
        return;
    }
    sheet.heading("HOW THE DAMAGE TRAVELS", "");
    for (index, node) in chain.nodes.iter().enumerate() {
        let role = node.roles[0];
        let words: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
        let mut body = vec![piece(Style::Bold, &node.name)];
        if !node.details.is_empty() {
            body.push(piece(Style::Plain, &format!("  {}", node.details.join("; "))));
        }
        // Who has several roles has no room for them in the column, and keeps its distance all the same.
        let words = words.join(", ");
        let gap = if words.len() < 13 { 13 } else { words.len() + 2 };
        sheet.item(&[piece(Style::Role(role), &format!("  {words:<gap$}"))], &body);
        if let Some(link) = chain.links.iter().find(|link| (link.from, link.to) == (index, index + 1)) {
            sheet.item(&[piece(Style::Dim, "        │ ")], &[piece(Style::Dim, &link.effect)]);
            sheet.item(&[piece(Style::Dim, "        ▼ ")], &[]);
        } else if index + 1 < chain.nodes.len() {
            sheet.blank();
        }
    }
    let others = chain.links.iter().filter(|link| link.to != link.from + 1);
    for (index, link) in others.enumerate() {
        let lead = if index == 0 { "  also         " } else { "               " };
        let (from, to) = (&chain.nodes[link.from].name, &chain.nodes[link.to].name);
        sheet.item(&[piece(Style::Dim, lead)], &[piece(Style::Plain, &format!("{from} ─{}→ {to}", link.effect))]);
    }
    for (word, culprit) in &chain.beside {
        let kind = culprit.kind.map_or_else(String::new, |kind| format!("  {kind}"));
        let body = format!("{}{kind}", text::name(&culprit.component.to_string()));
        sheet.item(&[piece(Style::Dim, &format!("  {word:<13}"))], &[piece(Style::Plain, &body)]);
    }
    if chain.left_out > 0 {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, &format!("{} more not shown", chain.left_out))]);
    }
}

fn timeline(sheet: &mut Sheet, investigation: &Investigation, zone: &TimeZone) {
    if investigation.timeline.is_empty() {
        return;
    }
    let origin =
        moment::onset_ns(investigation).map_or_else(String::new, |ns| format!("T = {}", moment::full(ns, zone)));
    sheet.heading("TIMELINE", &origin);
    for line in timeline_lines(investigation) {
        let (mark, style) = match line.stance {
            Stance::Supports => ("✓", Style::Good),
            Stance::Against => ("✗", Style::Bad),
            Stance::Context => ("·", Style::Dim),
            Stance::Blind => ("?", Style::Bold),
        };
        let offset = if line.stance == Stance::Blind { String::new() } else { quantity::offset(line.offset_ns) };
        let id = line.evidence.as_deref().map(text::id).unwrap_or_default();
        let lead = [
            piece(Style::Plain, &format!("  {offset:>9} ")),
            piece(style, mark),
            piece(Style::Dim, &format!(" {id:<4}")),
        ];
        sheet.item(&lead, &[piece(Style::Plain, &text::sentence(&line.text))]);
    }
    sheet.item(
        &[piece(Style::Dim, "            ")],
        &[piece(Style::Dim, "✓ supports   ✗ speaks against   · context   ? not seen")],
    );
}

/// Twelve lines, the last one kept: it says what could not be seen.
pub(crate) fn timeline_lines(investigation: &Investigation) -> Vec<&TimelineLine> {
    let mut lines: Vec<&TimelineLine> = investigation.timeline.iter().collect();
    if lines.len() > TIMELINE_MAX {
        lines.drain(TIMELINE_MAX - 1..lines.len() - 1);
    }
    lines
}

fn why_not_slowest(sheet: &mut Sheet, investigation: &Investigation) {
    if let Some(why) = &investigation.core.why_not_slowest {
        sheet.heading("WHY NOT THE SLOWEST ONE", "");
        sheet.item(&[piece(Style::Plain, "  ")], &[piece(Style::Plain, &text::sentence(why))]);
    }
}

fn hypotheses(sheet: &mut Sheet, investigation: &Investigation) {
    let hypotheses = &investigation.core.hypotheses;
    if hypotheses.is_empty() {
        return;
    }
    sheet.heading("HYPOTHESES", "");
    for hypothesis in hypotheses.iter().take(HYPOTHESES_MAX) {
        let kind = hypothesis.root.kind.map_or_else(String::new, |kind| format!(" ({kind})"));
        let lead = format!("  {}. {:>5}  ", hypothesis.rank, quantity::percent(quantity::share(hypothesis.score)));
        let root = text::name(&hypothesis.root.component.to_string());
        sheet.item(&[piece(Style::Bold, &lead)], &[piece(Style::Bold, &format!("{root}{kind}"))]);
        let under = " ".repeat(lead.chars().count());
        sheet.item(&[piece(Style::Plain, &under)], &[piece(Style::Plain, &text::sentence(&hypothesis.why))]);
        for (word, ids, style) in
            [("for      ", &hypothesis.supported_by, Style::Good), ("against  ", &hypothesis.against, Style::Bad)]
        {
            let cited = if ids.is_empty() { "nothing seen".to_owned() } else { cited(ids) };
            sheet.item(&[piece(Style::Plain, &under), piece(style, word)], &[piece(Style::Dim, &cited)]);
        }
    }
}

pub(crate) fn cited(ids: &[String]) -> String {
    let mut shown: Vec<String> = ids.iter().take(12).map(|id| text::id(id)).collect();
    if ids.len() > shown.len() {
        shown.push(format!("{} more", ids.len() - shown.len()));
    }
    shown.join(", ")
}

fn actions(sheet: &mut Sheet, investigation: &Investigation) {
    let actions = &investigation.core.actions;
    if actions.is_empty() {
        return;
    }
    sheet.heading("WHAT TO DO", "");
    for (index, action) in actions.iter().take(LIST_MAX).enumerate() {
        let lead = format!("  {}. ", index + 1);
        let target = text::name(&action.target.to_string());
        sheet.item(&[piece(Style::Bold, &lead)], &[piece(Style::Bold, &format!("{} {target}", verb(action)))]);
        let undo = if action.reversible { "can be undone" } else { "CANNOT be undone" };
        for (word, value) in
            [("first check", &action.precondition), ("touches", &action.blast_radius), ("expect", &action.expect)]
        {
            if !value.is_empty() {
                sheet.item(
                    &[piece(Style::Dim, &format!("     {word:<13}"))],
                    &[piece(Style::Plain, &text::sentence(value))],
                );
            }
        }
        let because = if action.evidence.is_empty() {
            String::new()
        } else {
            format!("; because of {}", cited(&action.evidence))
        };
        sheet.item(
            &[piece(Style::Dim, &format!("     {:<13}", "undo"))],
            &[piece(Style::Plain, &format!("{undo}{because}"))],
        );
        if !action.avoid.is_empty() {
            sheet.item(
                &[piece(Style::Bad, &format!("     {:<13}", "AVOID"))],
                &[piece(Style::Plain, &text::sentence(&action.avoid))],
            );
        }
    }
}

pub(crate) fn verb(action: &Action) -> String {
    action.verb.as_str().replace('_', " ")
}

fn pivots(sheet: &mut Sheet, investigation: &Investigation, zone: &TimeZone) {
    if investigation.pivots.is_empty() {
        return;
    }
    sheet.heading("LOOK FURTHER", "");
    for pivot in investigation.pivots.iter().take(LIST_MAX) {
        let title = format!("{}: {}", text::name(&pivot.tool), text::name(&pivot.title));
        let window =
            format!("  {} to {}", moment::full(pivot.from_ns, zone), moment::until(pivot.from_ns, pivot.to_ns, zone));
        sheet.item(&[piece(Style::Dim, "  • ")], &[piece(Style::Bold, &title), piece(Style::Dim, &window)]);
        // A query is never wrapped, so that it can be copied.
        sheet.verbatim("    ", &text::clean(&pivot.query, text::QUERY_BYTES));
    }
    let left = investigation.pivots.len().saturating_sub(LIST_MAX);
    if left > 0 {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, &format!("{left} more in the report"))]);
    }
}

fn unseen(sheet: &mut Sheet, investigation: &Investigation) {
    let gaps = unseen_lines(investigation);
    let header = &investigation.header;
    if !gaps.is_empty() {
        sheet.heading("WHAT COULD NOT BE SEEN", "");
        bullets(sheet, "?", gaps.iter().map(String::as_str));
    }
    for (title, mark, lines) in
        [("WHAT LOWERED THE CONFIDENCE", "−", &header.doubts), ("WHAT WOULD REFUTE THIS", "≠", &header.refuted_by)]
    {
        if !lines.is_empty() {
            sheet.heading(title, "");
            bullets(sheet, mark, lines.iter().map(String::as_str));
        }
    }
}

/// The blind lines of the timeline, and the queries that came back incomplete.
pub(crate) fn unseen_lines(investigation: &Investigation) -> Vec<String> {
    let blind = investigation.timeline.iter().filter(|line| line.stance == Stance::Blind);
    // The heading says so already.
    let blind = blind.map(|line| line.text.strip_prefix("not seen: ").unwrap_or(&line.text).to_owned());
    let cut = investigation.plan.iter().filter(|query| !query.complete).map(|query| {
        let items = quantity::count(usize::try_from(query.items).unwrap_or(usize::MAX), "item");
        format!("{} query {} was answered in part ({items}): {}", query.source, query.id, query.text)
    });
    blind.chain(cut).collect()
}
