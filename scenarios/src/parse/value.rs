//! Decoding single values: numbers with their bounds and units, words of closed lists, durations, components.

use std::str::FromStr;
use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::vocabulary::UnknownWord;

use super::fields::{suggestion, wrong_type};
use crate::model::Range;
use crate::problem::{Problem, Problems};
use crate::topology;
use crate::yaml::{Data, Node};

/// What a number may be.
#[derive(Clone, Copy, Debug)]
pub(super) struct Bounds {
    pub(super) low: f64,
    pub(super) high: f64,
    /// In plural, or empty for a bare number.
    pub(super) unit: &'static str,
    /// Whether only whole numbers make sense.
    pub(super) whole: bool,
}

const COMPONENT_FORMS: &str = "expected service:NAME, instance:SERVICE/ID, version:SERVICE@VERSION, \
    edge:CALLER->CALLEE, resource:SERVICE/NAME, policy:SERVICE/NAME, queue:NAME, workload, workload:CLASS or change:ID";

/// A part of a whole.
pub(super) const SHARE: Bounds = Bounds { low: 0.0, high: 1.0, unit: "", whole: false };

impl Bounds {
    pub(super) const fn seconds(low: f64, high: f64) -> Self {
        Self { low, high, unit: "seconds", whole: false }
    }

    pub(super) const fn count(low: u32, high: u32, unit: &'static str) -> Self {
        Self { low: low as f64, high: high as f64, unit, whole: true }
    }

    fn refusal(self, found: f64) -> String {
        let Self { low, high, unit, whole } = self;
        let space = if unit.is_empty() { "" } else { " " };
        if (high - low).abs() < f64::EPSILON {
            return format!("{found} is out of range: expected {low}");
        }
        let kind = if whole { "a whole number from" } else { "from" };
        format!("{found} is out of range: expected {kind} {low} to {high}{space}{unit}")
    }
}

/// A decoder of numbers within bounds.
pub(super) fn number(bounds: Bounds) -> impl Fn(&Node, &Problems) -> Option<f64> {
    move |node, problems| {
        let Data::Number(number) = node.data else {
            problems.push(wrong_type(node, "expected a number"));
            return None;
        };
        let whole = !bounds.whole || number.fract() == 0.0;
        if !whole || number < bounds.low || number > bounds.high {
            problems.push(Problem::new(node.span.clone(), "out of range", bounds.refusal(number)));
            return None;
        }
        Some(number)
    }
}

/// A decoder of whole numbers within bounds.
pub(super) fn count(low: u32, high: u32, unit: &'static str) -> impl Fn(&Node, &Problems) -> Option<u32> {
    move |node, problems| {
        let number = number(Bounds::count(low, high, unit))(node, problems)?;
        Some(number as u32)
    }
}

/// A decoder of seconds.
pub(super) fn seconds(low: f64, high: f64) -> impl Fn(&Node, &Problems) -> Option<Duration> {
    move |node, problems| number(Bounds::seconds(low, high))(node, problems).map(Duration::from_secs_f64)
}

/// A decoder of milliseconds.
pub(super) fn millis(low: f64, high: f64) -> impl Fn(&Node, &Problems) -> Option<Duration> {
    move |node, problems| {
        let bounds = Bounds { low, high, unit: "milliseconds", whole: false };
        number(bounds)(node, problems).map(|ms| Duration::from_secs_f64(ms / 1_000.0))
    }
}

/// Yes or no.
pub(super) fn truth_value(node: &Node, problems: &Problems) -> Option<bool> {
    let Data::Bool(value) = node.data else {
        problems.push(wrong_type(node, "expected `true` or `false`"));
        return None;
    };
    Some(value)
}

/// A decoder that takes `null` for none.
pub(super) fn nullable<T>(
    decode: impl Fn(&Node, &Problems) -> Option<T>,
) -> impl Fn(&Node, &Problems) -> Option<Option<T>> {
    move |node, problems| match node.data {
        Data::Null => Some(None),
        _ => decode(node, problems).map(Some),
    }
}

/// A decoder of a constant or of `[low, high]`, drawn per seed.
pub(super) fn drawn(bounds: Bounds) -> impl Fn(&Node, &Problems) -> Option<Range<f64>> {
    move |node, problems| {
        let decode = number(bounds);
        let Data::Sequence(items) = &node.data else {
            return decode(node, problems).map(|value| Range { low: value, high: value });
        };
        let [low, high] = items.as_slice() else {
            problems.push(
                Problem::new(node.span.clone(), "here", "a drawn value is `[low, high]`")
                    .help("write one number for a constant"),
            );
            return None;
        };
        let (low, high) = (decode(low, problems), decode(high, problems));
        let (low, high) = (low?, high?);
        if low > high {
            problems.push(Problem::new(node.span.clone(), "here", format!("{low} is above {high}: swap them")));
            return None;
        }
        Some(Range { low, high })
    }
}

/// A text that says something.
pub(super) fn text(node: &Node, problems: &Problems) -> Option<String> {
    let Data::Text(text) = &node.data else {
        problems.push(wrong_type(node, "expected a text"));
        return None;
    };
    if text.trim().is_empty() {
        problems.push(Problem::new(node.span.clone(), "empty", "the text is empty"));
        return None;
    }
    Some(text.clone())
}

/// A name for files and labels: `[a-z][a-z0-9_]*`, at most 64 characters.
pub(super) fn name(node: &Node, problems: &Problems) -> Option<String> {
    let text = text(node, problems)?;
    let plain = text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_');
    if plain && text.len() <= 64 && text.as_bytes().first().is_some_and(u8::is_ascii_lowercase) {
        return Some(text);
    }
    problems.push(
        Problem::new(node.span.clone(), "not a name", format!("`{}` is not a name", shortened(&text)))
            .help("a name has small letters, digits and `_`, begins with a letter and has at most 64 characters"),
    );
    None
}

/// One word of a closed list.
pub(super) fn word<T: FromStr<Err = UnknownWord>>(node: &Node, problems: &Problems) -> Option<T> {
    let text = text(node, problems)?;
    match text.parse() {
        Ok(word) => Some(word),
        Err(UnknownWord { allowed, .. }) => {
            let known: Vec<&str> = allowed.split(", ").collect();
            problems.push(unknown_word(node, &text, &known));
            None
        }
    }
}

/// One value of a list of words.
pub(super) fn choice<T: Copy>(table: &'static [(&'static str, T)]) -> impl Fn(&Node, &Problems) -> Option<T> {
    move |node, problems| {
        let text = text(node, problems)?;
        if let Some((_, value)) = table.iter().find(|(word, _)| *word == text) {
            return Some(*value);
        }
        let known: Vec<&str> = table.iter().map(|(word, _)| *word).collect();
        problems.push(unknown_word(node, &text, &known));
        None
    }
}

/// A component that the system under test has.
pub(super) fn component(node: &Node, problems: &Problems) -> Option<Component> {
    let text = text(node, problems)?;
    let Ok(component) = text.parse::<Component>() else {
        let message = format!("`{}` is not a component", shortened(&text));
        problems.push(Problem::new(node.span.clone(), "not a component", message).help(COMPONENT_FORMS));
        return None;
    };
    if let Err(help) = topology::check(&component) {
        let message = format!("the system has no `{}`", shortened(&text));
        problems.push(Problem::new(node.span.clone(), "not part of the system", message).help(help));
        return None;
    }
    Some(component)
}

/// Every item of a list; none where one is wrong, after all have been looked at.
pub(super) fn list<'a, T>(
    decode: impl Fn(&'a Node, &'a Problems) -> Option<T>,
) -> impl Fn(&'a Node, &'a Problems) -> Option<Vec<T>> {
    move |node, problems| {
        let Data::Sequence(items) = &node.data else {
            problems.push(wrong_type(node, "expected a list"));
            return None;
        };
        let items: Vec<Option<T>> = items.iter().map(|item| decode(item, problems)).collect();
        items.into_iter().collect()
    }
}

/// Text from the file for a message: the first sixty characters.
pub(super) fn shortened(text: &str) -> String {
    let mut short: String = text.chars().take(60).collect();
    if short.len() < text.len() {
        short.push('…');
    }
    short
}

fn unknown_word(node: &Node, text: &str, known: &[&str]) -> Problem {
    Problem::new(node.span.clone(), "unknown word", format!("`{}` is not known here", shortened(text)))
        .help(suggestion(text, known))
}
