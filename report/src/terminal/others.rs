//! What other methods said of a case whose truth nobody knows.

use super::Options;
use super::sheet::{Sheet, Style, piece};
use crate::text;

/// What one method said: its name, and its first answers or why it has none.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OtherAnswer {
    pub method: String,
    /// Best first; empty: it says that there is no cause, or failed.
    pub components: Vec<String>,
    /// In place of components: the outcome, or why there is none.
    pub instead: String,
}

/// Answers that are shown of each method.
const SHOWN: usize = 3;

/// One line a method.
pub fn others(answers: &[OtherAnswer], options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    sheet.heading("OTHER METHODS", "best answer first; nobody knows here whether it is right");
    for answer in answers {
        let lead = format!("  {:<20} ", text::name(&answer.method));
        let shown: Vec<String> = answer.components.iter().take(SHOWN).map(|component| text::name(component)).collect();
        let (style, said) = if shown.is_empty() {
            (Style::Dim, text::sentence(&answer.instead))
        } else {
            (Style::Plain, shown.join(", "))
        };
        sheet.item(&[piece(Style::Plain, &lead)], &[piece(style, &said)]);
    }
    sheet.finish()
}
