//! An answer to a follow-up question, for a terminal.

use rca_engine::followup::Reply;

use crate::text;

use super::Options;
use super::sheet::{Sheet, Style, piece};

/// One bullet a sentence, each with the ids of what it rests on.
pub fn reply(reply: &Reply, options: &Options) -> String {
    let mut sheet = Sheet::new(options.width, options.colour);
    for sentence in &reply.sentences {
        let ids: Vec<String> = sentence.evidence.iter().map(|id| text::id(id)).collect();
        let ids = if ids.is_empty() { String::new() } else { format!("  [{}]", ids.join(", ")) };
        sheet.item(
            &[piece(Style::Plain, "• ")],
            &[piece(Style::Plain, &text::sentence(&sentence.text)), piece(Style::Dim, &ids)],
        );
    }
    sheet.finish()
}
