//! A sheet of terminal text: pieces with a style, wrapped at a width under a hanging lead.

use unicode_width::UnicodeWidthStr;

use crate::role::Role;

/// How a piece looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Dim,
    Good,
    Bad,
    Role(Role),
}

/// A run of text in one style.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    style: Style,
    text: String,
}

/// Text that has passed the filter, or is the report's own.
pub(crate) fn piece(style: Style, text: &str) -> Piece {
    Piece { style, text: text.to_owned() }
}

/// What is written so far.
pub(crate) struct Sheet {
    width: usize,
    colour: bool,
    out: String,
}

impl Sheet {
    pub(crate) fn new(width: usize, colour: bool) -> Self {
        Self { width: width.max(40), colour, out: String::new() }
    }

    /// Columns to write into.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// A title with an aside, after an empty line.
    pub(crate) fn heading(&mut self, title: &str, aside: &str) {
        self.blank();
        self.item(&[piece(Style::Bold, title)], &[piece(Style::Dim, &format!("  {aside}"))]);
    }

    pub(crate) fn blank(&mut self) {
        self.out.push('\n');
    }

    /// Text as it is, not wrapped.
    pub(crate) fn verbatim(&mut self, indent: &str, text: &str) {
        self.out.push_str(indent);
        self.out.push_str(text);
        self.out.push('\n');
    }

    /// A lead and a body that wraps under the body's own beginning.
    pub(crate) fn item(&mut self, lead: &[Piece], body: &[Piece]) {
        let hang: usize = lead.iter().map(|piece| piece.text.width()).sum();
        // A lead that leaves no room is followed by a body on lines of its own.
        let (hang, start) = if hang + 24 > self.width { (4, None) } else { (hang, Some(hang)) };
        let mut line: Vec<Piece> = lead.to_vec();
        let mut column = start.unwrap_or(self.width);
        let mut fresh = start.is_some();
        for (style, word) in body.iter().flat_map(|piece| words(&piece.text).map(|word| (piece.style, word))) {
            for part in chopped(word, self.width - hang) {
                let width = part.trim_end().width();
                if column + width > self.width && (!fresh || column > hang) {
                    self.write(&line);
                    line = vec![piece(Style::Plain, &" ".repeat(hang))];
                    column = hang;
                }
                fresh = false;
                column += part.width();
                match line.last_mut() {
                    Some(last) if last.style == style => last.text.push_str(part),
                    _ => line.push(piece(style, part)),
                }
            }
        }
        self.write(&line);
    }

    pub(crate) fn finish(self) -> String {
        self.out
    }

    fn write(&mut self, line: &[Piece]) {
        let last = line.iter().rposition(|piece| !piece.text.trim_end().is_empty());
        for (index, piece) in line.iter().enumerate().take(last.map_or(0, |last| last + 1)) {
            let text = if Some(index) == last { piece.text.trim_end() } else { &piece.text };
            match code(piece.style).filter(|_| self.colour && !text.trim().is_empty()) {
                Some(code) => self.out.push_str(&format!("\u{1b}[{code}m{text}\u{1b}[0m")),
                None => self.out.push_str(text),
            }
        }
        self.out.push('\n');
    }
}

fn code(style: Style) -> Option<&'static str> {
    match style {
        Style::Plain => None,
        Style::Bold => Some("1"),
        Style::Dim => Some("2"),
        Style::Good => Some("32"),
        Style::Bad => Some("31"),
        Style::Role(Role::Root) => Some("1;31"),
        Style::Role(Role::Propagation) => Some("1;33"),
        Style::Role(Role::Bottleneck) => Some("1;35"),
        Style::Role(Role::Symptom) => Some("1;36"),
    }
}

/// Units that are not torn from their number.
const UNITS: [&str; 6] = ["%", "ms", "s", "µs", "ns", "min"];

/// Words with the spaces that follow them, a number together with its unit.
fn words(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let end = word_end(rest)?;
        let (word, left) = rest.split_at(end);
        rest = left;
        Some(word)
    })
}

fn word_end(text: &str) -> Option<usize> {
    let mut end = text.split_inclusive(' ').next()?.len();
    let number = text[..end].trim_end().ends_with(|last: char| last.is_ascii_digit());
    let unit = text[end..].split_inclusive(' ').next().filter(|_| number).unwrap_or_default();
    if UNITS.contains(&unit.trim_matches([' ', ',', ';', '.', ':', ')'])) {
        end += unit.len();
    }
    Some(end)
}

/// A word in pieces no wider than a line.
fn chopped(word: &str, width: usize) -> Vec<&str> {
    if word.trim_end().width() <= width {
        return vec![word];
    }
    let mut parts = Vec::new();
    let mut from = 0;
    let mut column = 0;
    for (at, character) in word.char_indices() {
        let wide = unicode_width::UnicodeWidthChar::width(character).unwrap_or(0);
        if column + wide > width {
            parts.push(&word[from..at]);
            (from, column) = (at, 0);
        }
        column += wide;
    }
    parts.push(&word[from..]);
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrapped(width: usize, lead: &str, body: &str) -> String {
        let mut sheet = Sheet::new(width, false);
        sheet.item(&[piece(Style::Plain, lead)], &[piece(Style::Plain, body)]);
        sheet.finish()
    }

    #[test]
    fn a_body_wraps_under_its_own_beginning() {
        insta::assert_snapshot!(
            wrapped(40, "  T+3.2 s ✓ ", "unreadable answers 0.5 → 91 % of look-ups (n = 2,410)"),
            @"
            T+3.2 s ✓ unreadable answers 0.5 →
                      91 % of look-ups (n = 2,410)
            "
        );
    }

    #[test]
    fn colour_wraps_words_and_never_blanks() {
        let mut sheet = Sheet::new(40, true);
        sheet
            .item(&[piece(Style::Role(Role::Root), "root ")], &[piece(Style::Plain, "cache "), piece(Style::Dim, " ")]);
        insta::assert_snapshot!(sheet.finish().escape_debug(), @r"\u{1b}[1;31mroot \u{1b}[0mcache\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_than_the_sheet_and_no_word_is_lost(body in "[a-z本 ]{0,300}", width in 40usize..120) {
            let text = wrapped(width, "  E1 ", &body);
            for line in text.lines() {
                prop_assert!(line.width() <= width, "{line}");
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace()).collect::<String>();
            prop_assert_eq!(letters(&text), format!("E1{}", letters(&body)));
        }
    }
}
