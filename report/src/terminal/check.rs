//! The end of the terminal report: whether the verdict was right, where the truth is known.

use score::Diagnosis;

use super::sheet::{Piece, Sheet, Style, piece};
use crate::check::{Check, NaiveAnswer};
use crate::{text, verdict_words};

/// Methods that are listed at most.
const METHODS_MAX: usize = 24;

pub(super) fn write(sheet: &mut Sheet, check: &Check) {
    let about = format!("{}, seed {}, effect {}", text::name(&check.scenario), check.seed, text::name(&check.effect));
    sheet.heading("CHECK AGAINST THE TRUTH", &about);
    for (word, value) in verdict_words::truth(check) {
        sheet.item(&[piece(Style::Dim, &format!("  {word:<13}"))], &[piece(Style::Plain, &value)]);
    }
    for gate in &check.gates {
        let body = format!("{}: {}", text::name(&gate.name), text::sentence(&gate.why));
        sheet.item(&[mark(gate.passed)], &[piece(Style::Plain, &body)]);
    }
    if let Some(Diagnosis { stage, why, .. }) = &check.diagnosis {
        let body = format!("{stage}: {} (it asks: {}?)", text::sentence(why), stage.asks());
        sheet.item(&[piece(Style::Dim, "  first wrong  ")], &[piece(Style::Plain, &body)]);
    }
    let counts = if check.validity.counts { "the run counts" } else { "the run does NOT count" };
    let why = text::sentence(&check.validity.why);
    sheet.item(&[mark(check.validity.counts)], &[piece(Style::Plain, &format!("{counts}: {why}"))]);
    if !check.naive.is_empty() {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, "what other methods said:")]);
    }
    for answer in check.naive.iter().take(METHODS_MAX) {
        naive(sheet, answer);
    }
    let left = check.naive.len().saturating_sub(METHODS_MAX);
    if left > 0 {
        sheet.item(&[piece(Style::Dim, "  ")], &[piece(Style::Dim, &format!("{left} more methods"))]);
    }
}

fn naive(sheet: &mut Sheet, answer: &NaiveAnswer) {
    let said = answer.answer.as_deref().map_or_else(|| verdict_words::no_answer(answer), text::name);
    let aside = verdict_words::naive_aside(answer);
    let method = format!("{:<20} ", text::name(&answer.method));
    sheet.item(
        &[mark(answer.right), piece(Style::Plain, &method)],
        &[piece(Style::Plain, &said), piece(Style::Dim, aside)],
    );
}

fn mark(right: bool) -> Piece {
    if right { piece(Style::Good, "  right  ") } else { piece(Style::Bad, "  WRONG  ") }
}
