//! The short form for the summary page of a CI job.

use rca_engine::investigation::{Culprit, Investigation};
use rca_engine::vocabulary::Outcome;

use crate::chain::Chain;
use crate::check::Check;
use crate::terminal::{cited, timeline_lines, verb};
use crate::{quantity, text, verdict_words};

/// Verdict, chain, first action and, where the truth is known, the gates and the naive methods, as Markdown.
pub fn markdown(investigation: &Investigation, check: Option<&Check>) -> String {
    let core = &investigation.core;
    let mut page = String::new();
    let confidence = quantity::percent(quantity::share(core.confidence));
    let verdict = match check {
        Some(check) if check.passed() => "right: ",
        Some(_) => "wrong: ",
        None => "",
    };
    page.push_str(&format!("### {verdict}{}, confidence {confidence}\n\n", verdict_words::outcome(core.outcome)));
    let sure = format!("confidence {confidence}, {}", investigation.header.confidence);
    for line in [&investigation.header.root_cause, &sure, &investigation.header.proof] {
        if !line.is_empty() {
            page.push_str(&format!("- {}\n", plain(&text::sentence(line))));
        }
    }
    roles(&mut page, investigation);
    page.push_str("\n<details><summary>Timeline</summary>\n\n| | | |\n|---|---|---|\n");
    for line in timeline_lines(investigation) {
        let id = line.evidence.as_deref().map(text::id).unwrap_or_default();
        let text = plain(&text::sentence(&line.text));
        page.push_str(&format!("| {} | {} | {text} |\n", quantity::offset(line.offset_ns), plain(&id)));
    }
    page.push_str("\n</details>\n");
    if let Some(action) = core.actions.first() {
        let (target, expect) = (code(&action.target.to_string()), plain(&text::sentence(&action.expect)));
        page.push_str(&format!("\n**First action:** {} {target}: {expect}", verb(action)));
        page.push_str(&format!(" ({})\n", plain(&cited(&action.evidence))));
    }
    if let Some(check) = check {
        truth(&mut page, check);
    }
    page
}

fn roles(page: &mut String, investigation: &Investigation) {
    let roles = &investigation.core.roles;
    if investigation.core.outcome != Outcome::Cause {
        return;
    }
    page.push_str("\n| role | component | |\n|---|---|---|\n");
    for node in Chain::of(roles).nodes {
        let words: Vec<&str> = node.roles.iter().map(|role| role.word()).collect();
        let details = plain(&node.details.join("; "));
        page.push_str(&format!("| {} | {} | {details} |\n", words.join(", "), code(&node.name)));
    }
    for (word, culprit) in [("trigger", &roles.trigger), ("sustained by", &roles.sustaining)] {
        if let Some(Culprit { component, .. }) = culprit {
            page.push_str(&format!("| {word} | {} | |\n", code(&component.to_string())));
        }
    }
}

fn truth(page: &mut String, check: &Check) {
    let scenario = code(&check.scenario);
    let effect = plain(&text::name(&check.effect));
    page.push_str(&format!("\n#### Truth of {scenario}, seed {}, effect {effect}\n\n", check.seed));
    page.push_str("| gate | | why |\n|---|---|---|\n");
    let word = |right: bool| if right { "right" } else { "**wrong**" };
    let validity = ("the run counts", check.validity.counts, &check.validity.why);
    let gates = check.gates.iter().map(|gate| (gate.name.as_str(), gate.passed, &gate.why));
    for (name, passed, why) in gates.chain([validity]).take(40) {
        let (name, why) = (plain(&text::name(name)), plain(&text::sentence(why)));
        page.push_str(&format!("| {name} | {} | {why} |\n", word(passed)));
    }
    if let Some(diagnosis) = &check.diagnosis {
        let why = plain(&text::sentence(&diagnosis.why));
        page.push_str(&format!("\n**First wrong stage:** {}: {why}\n", diagnosis.stage));
    }
    if !check.naive.is_empty() {
        page.push_str("\n| other method | said | |\n|---|---|---|\n");
    }
    for naive in check.naive.iter().take(40) {
        let answer = naive.answer.as_deref().map_or_else(|| plain(&verdict_words::no_answer(naive)), code);
        let aside = verdict_words::naive_aside(naive).trim();
        page.push_str(&format!(
            "| {} | {answer} | {} {aside} |\n",
            plain(&text::name(&naive.method)),
            word(naive.right)
        ));
    }
}

/// Escapes whatever Markdown, its tables and its HTML could read as markup, links and mentions included.
pub(crate) fn plain(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '@' => escaped.push_str("&#64;"),
            '\\' | '`' | '*' | '_' | '{' | '}' | '[' | ']' | '#' | '|' | '~' | '!' | '$' => {
                escaped.push('\\');
                escaped.push(character);
            }
            _ => escaped.push(character),
        }
    }
    // A bare address would become a link.
    escaped.replace("://", "&#58;//").replace("www.", "www&#46;")
}

/// A name as code: the few characters that still mean something there, or where code is not understood, are replaced.
pub(crate) fn code(name: &str) -> String {
    format!("`{}`", text::name(name).replace('`', "'").replace('|', "¦").replace('<', "‹"))
}
