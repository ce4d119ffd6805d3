//! Files as a store that answers an inquiry's queries. They are read once, whatever the number of queries and rounds.

use rca_engine::evidence::Evidence;
use rca_engine::inquiry::{Inquiry, Step};
use rca_engine::investigation::Investigation;
use rca_engine::options::Options;
use rca_engine::plan;
use rca_engine::query::{Answer, Query, Source};
use rca_engine::signal::UniversalIncidentSignal;

use crate::bundle::{Bundle, ReadError};
use crate::layout;
use crate::line::Json;
use crate::reader::Tally;
use crate::store::Store;
use crate::store::part::Part;

/// A bundle's files while an inquiry asks.
#[derive(Debug)]
pub struct Files<'b> {
    bundle: &'b Bundle,
    /// Where later rounds look closer, if that is known.
    alert_ns: Option<u64>,
    /// Answers to queries that are expected to follow.
    held: Vec<(Query, Answer)>,
    tallies: Vec<Tally>,
}

/// An investigation, and what it saw.
#[derive(Debug)]
pub struct Investigated {
    pub investigation: Investigation,
    /// What the budget let in of both windows.
    pub evidence: Evidence,
    /// What was read of each file that is there.
    pub tallies: Vec<Tally>,
}

impl<'b> Files<'b> {
    /// Nothing is read yet. `alert_ns` is the time of the alert, next to which queries that cannot be answered in full
    /// are asked again: what they will ask for is then kept while the files are read for the first time.
    pub fn new(bundle: &'b Bundle, alert_ns: Option<u64>) -> Self {
        Self { bundle, alert_ns, held: Vec::new(), tallies: Vec::new() }
    }

    /// Answers each query, holding only what some query lets in.
    ///
    /// Broken lines are skipped, and then no answer that would come from that file is complete. Events of spans answer
    /// log queries, because that is what they are in memory.
    ///
    /// # Errors
    /// A file is there and cannot be opened.
    pub fn answer(&mut self, queries: &[Query]) -> Result<Vec<Answer>, ReadError> {
        match queries.iter().map(|query| self.take_held(query)).collect() {
            Some(answers) => Ok(answers),
            None => self.read(queries),
        }
    }

    fn take_held(&mut self, query: &Query) -> Option<Answer> {
        let asks = |query: &Query| (query.source, query.from_ns, query.to_ns, query.limit);
        let is_same = |held: &Query| asks(held) == asks(query) && held.dimensions == query.dimensions;
        let position = self.held.iter().position(|(held, _)| is_same(held))?;
        let (_, answer) = self.held.swap_remove(position);
        Some(Answer { query: query.id, ..answer })
    }

    fn read(&mut self, queries: &[Query]) -> Result<Vec<Answer>, ReadError> {
        let bundle = self.bundle;
        let again = |query: &Query| plan::narrowed(query, query.id, self.alert_ns?);
        let mut store = Store::of(queries.iter().map(|query| Part::new(query.clone(), again(query))).collect());
        bundle.topology(&mut store)?;
        let asked = |sources: &[Source]| queries.iter().any(|query| sources.contains(&query.source));
        let (mut traces, mut metrics, mut logs) = (None, None, None);
        if asked(&[Source::Traces, Source::Logs]) {
            traces = bundle
                .lines(layout::TRACES, |line| serde_json::from_str(line).map(|Json(line)| store.traces(&line)))?;
        }
        if asked(&[Source::Metrics]) {
            metrics = bundle
                .lines(layout::METRICS, |line| serde_json::from_str(line).map(|Json(line)| store.metrics(&line)))?;
        }
        if asked(&[Source::Logs]) {
            logs = bundle.lines(layout::LOGS, |line| serde_json::from_str(line).map(|Json(line)| store.logs(&line)))?;
        }
        let whole = |tally: &Option<Tally>| tally.as_ref().is_none_or(|tally| tally.broken == 0);
        let (numbering, parts) = store.split();
        let mut answers = Vec::with_capacity(queries.len());
        for (query, part) in queries.iter().zip(parts) {
            let is_read = match query.source {
                Source::Traces => whole(&traces),
                Source::Metrics => whole(&metrics),
                Source::Logs => whole(&logs) && whole(&traces),
            };
            let (answer, again) = part.answer(&numbering, is_read);
            answers.push(answer);
            self.held.extend(again);
        }
        if self.tallies.is_empty() {
            self.tallies = [traces, metrics, logs].into_iter().flatten().collect();
        }
        Ok(answers)
    }
}

/// Answers queries from a bundle's files, once.
///
/// # Errors
/// A file is there and cannot be opened.
pub fn answer(bundle: &Bundle, queries: &[Query]) -> Result<Vec<Answer>, ReadError> {
    Files::new(bundle, None).answer(queries)
}

/// Drives an inquiry over a bundle's files to its end.
///
/// # Errors
/// A file is there and cannot be opened.
pub fn investigate(
    bundle: &Bundle,
    signal: &UniversalIncidentSignal,
    options: &Options,
) -> Result<Investigated, ReadError> {
    let mut files = Files::new(bundle, Some(signal.started_at_ns));
    let mut inquiry = Inquiry::open(signal.clone(), options.clone());
    loop {
        match inquiry.step() {
            Step::Need(queries) => inquiry.supply(files.answer(&queries)?),
            Step::Done(investigation) => {
                let (evidence, tallies) = (inquiry.into_evidence(), files.tallies);
                return Ok(Investigated { investigation: *investigation, evidence, tallies });
            }
        }
    }
}
