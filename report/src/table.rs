//! A table of plain columns: as wide as their widest entry, numbers to the right, never wrapped.

use unicode_width::UnicodeWidthStr as _;

use crate::terminal::sheet::{Piece, Sheet, Style, piece};

/// Room between two columns.
const GAP: usize = 2;

/// Where the entries of a column stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Align {
    Left,
    Right,
}

/// Rows under a head. A row that is shorter than the head is empty at its end.
#[derive(Debug)]
pub(crate) struct Table {
    head: Vec<(String, Align)>,
    rows: Vec<Vec<(Style, String)>>,
}

impl Table {
    pub(crate) fn new(head: &[(&str, Align)]) -> Self {
        Self { head: head.iter().map(|(text, align)| ((*text).to_owned(), *align)).collect(), rows: Vec::new() }
    }

    pub(crate) fn row(&mut self, entries: Vec<(Style, String)>) {
        self.rows.push(entries);
    }

    /// Leaves out columns, in the order given, until the table fits into a width.
    pub(crate) fn fit(&mut self, width: usize, least_wanted: &[&str]) {
        for title in least_wanted {
            let all: usize = (0..self.head.len()).map(|column| GAP + self.width(column)).sum();
            let place = self.head.iter().position(|(head, _)| head == title);
            let Some(column) = place.filter(|_| all > width) else { continue };
            self.head.remove(column);
            for row in self.rows.iter_mut().filter(|row| row.len() > column) {
                row.remove(column);
            }
        }
    }

    /// Writes the table under an empty line; nothing where it has no rows.
    pub(crate) fn write(&self, sheet: &mut Sheet) {
        if self.rows.is_empty() {
            return;
        }
        let widths: Vec<usize> = (0..self.head.len()).map(|column| self.width(column)).collect();
        sheet.blank();
        let head: Vec<(Style, String)> = self.head.iter().map(|(text, _)| (Style::Dim, text.clone())).collect();
        for row in std::iter::once(&head).chain(&self.rows) {
            sheet.item(&self.line(row, &widths), &[]);
        }
    }

    fn width(&self, column: usize) -> usize {
        let entries = self.rows.iter().filter_map(|row| Some(row.get(column)?.1.width()));
        entries.chain([self.head[column].0.width()]).max().unwrap_or(0)
    }

    fn line(&self, row: &[(Style, String)], widths: &[usize]) -> Vec<Piece> {
        let mut line = Vec::new();
        for ((style, text), (width, (_, align))) in row.iter().zip(widths.iter().zip(&self.head)) {
            let room = " ".repeat(width.saturating_sub(text.width()));
            let gap = " ".repeat(GAP);
            let (before, after) = match align {
                Align::Left => (gap, room),
                Align::Right => (gap + &room, String::new()),
            };
            line.push(piece(Style::Plain, &before));
            line.push(piece(*style, text));
            line.push(piece(Style::Plain, &after));
        }
        line
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_does_not_fit_is_left_out_in_the_order_given() {
        let drawn = |width: usize| {
            let mut table = Table::new(&[("name", Align::Left), ("a", Align::Right), ("b", Align::Right)]);
            table.row(["x", "1234", "5678"].map(|text| (Style::Plain, text.to_owned())).into());
            table.fit(width, &["b", "a"]);
            table.head.iter().map(|(head, _)| head.as_str()).collect::<Vec<_>>().join(" ")
        };
        assert_eq!([drawn(80), drawn(18), drawn(17), drawn(11)], ["name a b", "name a b", "name a", "name"]);
    }

    #[test]
    fn columns_stand_under_each_other_whatever_is_in_them() {
        let mut table = Table::new(&[("what", Align::Left), ("how many", Align::Right), ("", Align::Left)]);
        table.row(vec![(Style::Plain, "本".to_owned()), (Style::Bold, "12".to_owned()), (Style::Dim, "x".to_owned())]);
        table.row(vec![(Style::Plain, "a long one".to_owned()), (Style::Plain, "7".to_owned())]);
        let mut sheet = Sheet::new(80, false);
        table.write(&mut sheet);
        insta::assert_snapshot!(sheet.finish(), @"
        what        how many
        本                12  x
        a long one         7
        ");
    }
}
