//! Reading a mapping key by key: what is missing, unknown or of the wrong type is noted, and reading goes on.

use std::cell::RefCell;
use std::ops::Range;

use crate::problem::{Problem, Problems};
use crate::yaml::{Data, Key, Node};

/// A mapping that is being read. Every key that was asked for is known; [`Fields::finish`] reports the others.
pub(super) struct Fields<'a> {
    /// What the mapping is, with its article.
    what: &'static str,
    span: Range<usize>,
    entries: &'a [(Key, Node)],
    asked: RefCell<Vec<&'static str>>,
    pub(super) problems: &'a Problems,
}

impl<'a> Fields<'a> {
    /// Begins to read a mapping.
    pub(super) fn open(node: &'a Node, what: &'static str, problems: &'a Problems) -> Option<Self> {
        let Data::Mapping(entries) = &node.data else {
            problems.push(wrong_type(node, &format!("{what} is a mapping of keys to values")));
            return None;
        };
        Some(Self { what, span: node.span.clone(), entries, asked: RefCell::default(), problems })
    }

    /// The value of a key that may be absent.
    pub(super) fn find(&self, key: &'static str) -> Option<&'a Node> {
        self.asked.borrow_mut().push(key);
        self.entries.iter().find(|(known, _)| known.text == key).map(|(_, value)| value)
    }

    /// The value of a key that must be there.
    pub(super) fn need(&self, key: &'static str, help: &str) -> Option<&'a Node> {
        let found = self.find(key);
        if found.is_none() {
            // The whole of a long mapping is no place to look at: its first line is.
            let place = self.span.start..self.entries.first().map_or(self.span.end, |(key, _)| key.span.end);
            self.problems
                .push(Problem::new(place, "in here", format!("{} has no `{key}`", self.what)).help(help.to_owned()));
        }
        found
    }

    /// The decoded value of a key that must be there.
    pub(super) fn required<T>(
        &self,
        key: &'static str,
        help: &str,
        decode: impl FnOnce(&'a Node, &'a Problems) -> Option<T>,
    ) -> Option<T> {
        self.need(key, help).and_then(|node| decode(node, self.problems))
    }

    /// The decoded value of a key, or the default where it is absent or was noted as wrong.
    pub(super) fn or<T>(
        &self,
        key: &'static str,
        default: T,
        decode: impl FnOnce(&'a Node, &'a Problems) -> Option<T>,
    ) -> T {
        self.find(key).and_then(|node| decode(node, self.problems)).unwrap_or(default)
    }

    /// The decoded value of a key, or the default where it is absent; none where it was noted as wrong.
    pub(super) fn right_or<T>(
        &self,
        key: &'static str,
        default: T,
        decode: impl FnOnce(&'a Node, &'a Problems) -> Option<T>,
    ) -> Option<T> {
        self.find(key).map_or(Some(default), |node| decode(node, self.problems))
    }

    /// Reports every key that nobody asked for.
    pub(super) fn finish(self) {
        let asked = self.asked.into_inner();
        for (key, _) in self.entries.iter().filter(|(key, _)| !asked.contains(&key.text.as_str())) {
            let problem = Problem::new(key.span.clone(), "unknown", format!("{} has no key `{}`", self.what, key.text));
            self.problems.push(problem.help(suggestion(&key.text, &asked)));
        }
    }
}

/// Notes that a value has the wrong type.
pub(super) fn wrong_type(node: &Node, expected: &str) -> Problem {
    let problem = Problem::new(node.span.clone(), format!("this is {}", node.data.kind()), expected.to_owned());
    match node.data {
        Data::Number(_) | Data::Bool(_) if expected.ends_with("a text") => problem.help("put it in quotes"),
        _ => problem,
    }
}

/// Which of the known words was meant.
pub(super) fn suggestion(word: &str, known: &[&str]) -> String {
    let nearest = known.iter().map(|candidate| (distance(word, candidate), *candidate)).min();
    match nearest {
        Some((distance, candidate)) if distance <= candidate.len().max(3) / 3 => {
            format!("did you mean `{candidate}`?")
        }
        // A unit that was left out or added: `ttl` for `ttl_s`.
        _ => match known
            .iter()
            .find(|candidate| word.len() > 2 && (candidate.starts_with(word) || word.starts_with(**candidate)))
        {
            Some(candidate) => format!("did you mean `{candidate}`?"),
            None => format!("expected one of {}", known.join(", ")),
        },
    }
}

/// Levenshtein's distance, with a swap of neighbours as one step (optimal string alignment).
fn distance(left: &str, right: &str) -> usize {
    let (left, right): (Vec<char>, Vec<char>) = (left.chars().take(64).collect(), right.chars().collect());
    let mut rows = vec![(0..=right.len()).collect::<Vec<usize>>()];
    for i in 1..=left.len() {
        let mut row = vec![i];
        for j in 1..=right.len() {
            let change = usize::from(left[i - 1] != right[j - 1]);
            let mut best = (rows[i - 1][j] + 1).min(row[j - 1] + 1).min(rows[i - 1][j - 1] + change);
            if i > 1 && j > 1 && left[i - 1] == right[j - 2] && left[i - 2] == right[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            row.push(best);
        }
        rows.push(row);
    }
    rows[left.len()][right.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_swap_is_one_step() {
        assert_eq!(distance("permits", "permtis"), 1);
        assert_eq!(distance("", "abc"), 3);
        assert_eq!(distance("pool", "pool"), 0);
    }

    #[test]
    fn a_near_word_is_suggested_and_a_far_one_is_not() {
        assert_eq!(suggestion("ttl", &["ttl_s", "permits"]), "did you mean `ttl_s`?");
        assert_eq!(suggestion("colour", &["ttl_s", "permits"]), "expected one of ttl_s, permits");
    }
}
