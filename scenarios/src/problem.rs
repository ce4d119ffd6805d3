//! What is wrong with a scenario file: every problem at once, each with its place and a way out.

use std::cell::RefCell;
use std::fmt;
use std::ops::Range;

use miette::{Diagnostic, LabeledSpan, NamedSource, SourceCode};

/// More problems than this are counted, not shown: such a file is no scenario at all.
const MAX_SHOWN: usize = 50;

/// Everything that is wrong with one scenario file.
///
/// Rendered by `miette`, each problem stands as a report of its own under the common heading.
#[derive(Debug, thiserror::Error)]
#[error("cannot use scenario `{}`: {}", .source_code.name(), count(.problems.len()))]
pub struct ScenarioErrors {
    source_code: NamedSource<String>,
    /// In the order of the file, never empty.
    problems: Vec<Problem>,
}

/// One thing that is wrong, and where.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Problem {
    pub message: String,
    /// Places in bytes with what to say there; the first is the place of the problem.
    pub labels: Vec<(Range<usize>, String)>,
    pub help: Option<String>,
}

/// Collects problems while the rest of the file is still being read.
#[derive(Debug, Default)]
pub(crate) struct Problems(RefCell<Vec<Problem>>);

impl ScenarioErrors {
    /// What is wrong, in the order of the file.
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }
}

impl Problem {
    pub(crate) fn new(span: Range<usize>, label: impl Into<String>, message: impl Into<String>) -> Self {
        Self { message: message.into(), labels: vec![(span, label.into())], help: None }
    }

    pub(crate) fn help(self, help: impl Into<String>) -> Self {
        Self { help: Some(help.into()), ..self }
    }

    /// Points at a second place that explains the first.
    pub(crate) fn and(mut self, span: Range<usize>, label: impl Into<String>) -> Self {
        self.labels.push((span, label.into()));
        self
    }

    /// Where the problem is, in bytes.
    pub fn span(&self) -> Range<usize> {
        self.labels.first().map_or(0..0, |(span, _)| span.clone())
    }
}

impl Problems {
    pub(crate) fn push(&self, problem: Problem) {
        self.0.borrow_mut().push(problem);
    }

    pub(crate) fn len(&self) -> usize {
        self.0.borrow().len()
    }

    /// The value, unless anything was wrong.
    pub(crate) fn settle<T>(self, name: &str, text: &str, value: Option<T>) -> Result<T, ScenarioErrors> {
        let mut problems = self.0.into_inner();
        match value {
            Some(value) if problems.is_empty() => Ok(value),
            _ => {
                problems.sort_by_key(|problem| (problem.span().start, problem.span().end));
                let hidden = problems.len().saturating_sub(MAX_SHOWN);
                if hidden > 0 {
                    problems.truncate(MAX_SHOWN);
                    let end = text.len();
                    problems.push(Problem::new(end..end, "up to here", format!("{hidden} further problems")));
                }
                Err(ScenarioErrors { source_code: NamedSource::new(name, text.to_owned()), problems })
            }
        }
    }
}

impl Diagnostic for ScenarioErrors {
    fn code<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        Some(Box::new("scenario"))
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        Some(&self.source_code)
    }

    fn related<'a>(&'a self) -> Option<Box<dyn Iterator<Item = &'a dyn Diagnostic> + 'a>> {
        Some(Box::new(self.problems.iter().map(|problem| -> &dyn Diagnostic { problem })))
    }
}

impl Diagnostic for Problem {
    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|help| -> Box<dyn fmt::Display> { Box::new(help) })
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        let labels =
            self.labels.iter().map(|(span, label)| LabeledSpan::new(Some(label.clone()), span.start, span.len()));
        Some(Box::new(labels))
    }
}

fn count(problems: usize) -> String {
    if problems == 1 { "1 problem".to_owned() } else { format!("{problems} problems") }
}
