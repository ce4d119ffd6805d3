//! YAML as a small tree with places: no anchors, no tags, one document, bounded in size and depth.

use std::ops::Range;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

use crate::problem::{Problem, Problems};

/// The largest file that is read, in bytes. The longest scenario of the catalog has a tenth of it.
pub(crate) const MAX_BYTES: usize = 65_536;
/// The deepest nesting that is read; a scenario needs six levels.
const MAX_DEPTH: usize = 16;
/// The most keys of one mapping; the largest one of a scenario has about twenty.
const MAX_KEYS: usize = 256;

/// A value and its place in the file, in bytes.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Node {
    pub(crate) span: Range<usize>,
    pub(crate) data: Data,
}

/// What a value is.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Data {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    Sequence(Vec<Node>),
    /// In the order of the file, keys unique.
    Mapping(Vec<(Key, Node)>),
}

/// The left side of a mapping.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Key {
    pub(crate) text: String,
    pub(crate) span: Range<usize>,
}

impl Data {
    /// What kind of value it is, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "nothing",
            Self::Bool(_) => "a truth value",
            Self::Number(_) => "a number",
            Self::Text(_) => "a text",
            Self::Sequence(_) => "a list",
            Self::Mapping(_) => "a mapping",
        }
    }
}

/// Reads the one document of a file; `None` where there is none or the syntax broke, with the reason in `problems`.
pub(crate) fn load(text: &str, problems: &Problems) -> Option<Node> {
    if text.len() > MAX_BYTES {
        problems.push(
            Problem::new(0..0, "begins here", format!("the file has {} bytes", text.len()))
                .help(format!("a scenario has at most {MAX_BYTES} bytes")),
        );
        return None;
    }
    let mut builder = Builder { places: Places::of(text), problems, open: Vec::new(), documents: 0, root: None };
    for event in Parser::new_from_str(text) {
        let step = match event {
            Ok((event, span)) => builder.take(event, span),
            Err(error) => Err(builder.syntax(&error)),
        };
        if let Err(problem) = step {
            problems.push(problem);
            return None;
        }
    }
    let root = builder.root.take();
    if root.is_none() && problems.len() == 0 {
        problems.push(
            Problem::new(0..0, "nothing here", "the file is empty")
                .help("a scenario begins with `schema: 1` and an `id`"),
        );
    }
    root
}

/// Offsets of characters in bytes: the scanner counts characters, reports point at bytes.
struct Places(Vec<usize>);

impl Places {
    fn of(text: &str) -> Self {
        Self(text.char_indices().map(|(at, _)| at).chain([text.len()]).collect())
    }

    fn byte(&self, character: usize) -> usize {
        self.0.get(character).or(self.0.last()).copied().unwrap_or(0)
    }

    fn range(&self, span: Span) -> Range<usize> {
        let start = self.byte(span.start.index());
        start..self.byte(span.end.index()).max(start)
    }
}

/// A collection that is not closed yet.
enum Open {
    Sequence { start: usize, items: Vec<Node> },
    Mapping { start: usize, entries: Vec<(Key, Node)>, key: Option<Key> },
}

struct Builder<'a> {
    places: Places,
    problems: &'a Problems,
    open: Vec<Open>,
    documents: usize,
    root: Option<Node>,
}

impl Builder<'_> {
    /// Takes one event of the parser; an error ends the reading, because what follows could be anything.
    fn take(&mut self, event: Event<'_>, span: Span) -> Result<(), Problem> {
        let place = self.places.range(span);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => Ok(()),
            Event::DocumentStart(_) => self.document(place),
            Event::Alias(_) => Err(Self::anchor(place)),
            Event::Scalar(text, style, anchor, tag) => {
                Self::plain(anchor, tag.is_some(), &place)?;
                let data = if style == ScalarStyle::Plain { resolve(&text) } else { Data::Text(text.to_string()) };
                self.add(Node { span: place, data }, Some(&text))
            }
            Event::SequenceStart(anchor, tag) => {
                Self::plain(anchor, tag.is_some(), &place)?;
                self.enter(Open::Sequence { start: place.start, items: Vec::new() }, place)
            }
            Event::MappingStart(anchor, tag) => {
                Self::plain(anchor, tag.is_some(), &place)?;
                self.enter(Open::Mapping { start: place.start, entries: Vec::new(), key: None }, place)
            }
            Event::SequenceEnd | Event::MappingEnd => {
                let node = match self.open.pop().expect("the parser closes only what it opened") {
                    Open::Sequence { start, items } => {
                        let end = items.last().map_or(place.end, |item| item.span.end).max(start);
                        Node { span: start..end, data: Data::Sequence(items) }
                    }
                    Open::Mapping { start, entries, .. } => {
                        let end = entries.last().map_or(place.end, |(_, value)| value.span.end).max(start);
                        Node { span: start..end, data: Data::Mapping(entries) }
                    }
                };
                self.add(node, None)
            }
        }
    }

    fn document(&mut self, place: Range<usize>) -> Result<(), Problem> {
        self.documents += 1;
        if self.documents > 1 {
            return Err(Problem::new(place, "the second one begins here", "the file holds more than one document")
                .help("write one scenario per file"));
        }
        Ok(())
    }

    fn enter(&mut self, open: Open, place: Range<usize>) -> Result<(), Problem> {
        if let Some(Open::Mapping { key: None, .. }) = self.open.last() {
            return Err(Problem::new(place, "this is a collection", "a key must be a word"));
        }
        if self.open.len() >= MAX_DEPTH {
            return Err(Problem::new(place, "too deep", format!("the nesting is deeper than {MAX_DEPTH} levels"))
                .help("a scenario needs six"));
        }
        self.open.push(open);
        Ok(())
    }

    /// Puts a finished value where it belongs; `word` is its text where it may be a key.
    fn add(&mut self, node: Node, word: Option<&str>) -> Result<(), Problem> {
        match self.open.last_mut() {
            None => self.root = Some(node).filter(|root| root.data != Data::Null),
            Some(Open::Sequence { items, .. }) => items.push(node),
            Some(Open::Mapping { entries, key, .. }) => match key.take() {
                Some(key) => entries.push((key, node)),
                None => {
                    let text = word.expect("collections as keys are refused when they open").to_owned();
                    if text.is_empty() {
                        return Err(Problem::new(node.span, "no key here", "a key must be a word"));
                    }
                    if entries.len() == MAX_KEYS {
                        return Err(Problem::new(node.span, "one too many", format!("more than {MAX_KEYS} keys")));
                    }
                    if let Some((first, _)) = entries.iter().find(|(known, _)| known.text == text) {
                        self.problems.push(
                            Problem::new(node.span.clone(), "again here", format!("the key `{text}` stands twice"))
                                .and(first.span.clone(), "first here"),
                        );
                    }
                    *key = Some(Key { text, span: node.span });
                }
            },
        }
        Ok(())
    }

    fn plain(anchor: usize, tagged: bool, place: &Range<usize>) -> Result<(), Problem> {
        if anchor > 0 {
            return Err(Self::anchor(place.clone()));
        }
        if tagged {
            return Err(Problem::new(place.clone(), "tagged", "tags have no meaning in a scenario")
                .help("remove the word that begins with `!`"));
        }
        Ok(())
    }

    fn anchor(place: Range<usize>) -> Problem {
        Problem::new(place, "anchor or alias", "anchors and aliases are not read").help("write the value out")
    }

    fn syntax(&self, error: &ScanError) -> Problem {
        let at = self.places.byte(error.marker().index());
        let help = "YAML is indented by spaces only; a text with `: ` or ` #` in it stands in quotes";
        Problem::new(at..at, "here", format!("the file is not YAML: {}", error.info())).help(help)
    }
}

/// The core schema of YAML 1.2 without its octal, hexadecimal, infinite and undefined numbers.
fn resolve(text: &str) -> Data {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => return Data::Null,
        "true" | "True" | "TRUE" => return Data::Bool(true),
        "false" | "False" | "FALSE" => return Data::Bool(false),
        _ => {}
    }
    let numeric = text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte));
    match text.parse::<f64>() {
        Ok(number) if numeric && number.is_finite() => Data::Number(number),
        Ok(_) | Err(_) => Data::Text(text.to_owned()),
    }
}
