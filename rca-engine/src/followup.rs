//! Follow-up questions, answered from a stored investigation alone: every sentence cites what it rests on.

mod question;
mod reply;

use serde::Serialize;

use crate::investigation::Investigation;

pub use question::Question;

/// An answer, or that the question is not one of those that can be answered.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Reply {
    /// What was understood; none: nothing was.
    pub question: Option<Question>,
    pub sentences: Vec<Sentence>,
}

/// A sentence and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sentence {
    pub text: String,
    /// Evidence ids. Empty only where a sentence says that something was not seen, or what can be asked.
    pub evidence: Vec<String>,
}

/// Answers a question in plain words, without reading any telemetry again: the same investigation and the same words give
/// the same answer.
pub fn ask(investigation: &Investigation, words: &str) -> Reply {
    let question = question::understand(investigation, words);
    let sentences = match &question {
        Some(question) => reply::reply(investigation, question),
        None => reply::not_understood(),
    };
    Reply { question, sentences }
}
