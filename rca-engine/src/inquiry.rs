//! An investigation without input or output: it says what it needs, is given answers, and ends with a verdict.

use crate::analysis;
use crate::evidence::Evidence;
use crate::investigation::{Investigation, PlannedQuery};
use crate::options::Options;
use crate::plan;
use crate::query::{Answer, Query, Source, answer};
use crate::signal::UniversalIncidentSignal;

/// An investigation under way.
#[derive(Debug)]
pub struct Inquiry {
    signal: UniversalIncidentSignal,
    options: Options,
    evidence: Evidence,
    /// Every query so far, with its answer's size once it came.
    asked: Vec<(Query, Option<PlannedQuery>)>,
    round: u32,
}

/// What happens next.
#[derive(Debug)]
pub enum Step {
    /// Queries whose answers are missing, by priority; answer all of them, an empty answer where nothing was found.
    Need(Vec<Query>),
    /// The end.
    Done(Box<Investigation>),
}

impl Inquiry {
    /// Begins an investigation.
    pub fn open(signal: UniversalIncidentSignal, options: Options) -> Self {
        let asked = plan::first_round(&signal, &options).into_iter().map(|query| (query, None)).collect();
        Self { signal, options, evidence: Evidence::default(), asked, round: 1 }
    }

    /// What it needs, or what it found. Asking twice without supplying anything gives the same step.
    pub fn step(&mut self) -> Step {
        let open: Vec<Query> =
            self.asked.iter().filter(|(_, planned)| planned.is_none()).map(|(query, _)| query.clone()).collect();
        if !open.is_empty() {
            return Step::Need(open);
        }
        let again = self.asked_again();
        if !again.is_empty() {
            self.asked.extend(again.iter().cloned().map(|query| (query, None)));
            self.round += 1;
            return Step::Need(again);
        }
        let plan = self.asked.iter().filter_map(|(_, planned)| planned.clone()).collect();
        Step::Done(Box::new(analysis::conclude(&self.signal, &self.evidence, &self.options, plan)))
    }

    /// Takes answers in; an answer to an unknown or already answered query is dropped.
    pub fn supply(&mut self, answers: Vec<Answer>) {
        for answer in answers {
            let Some((query, planned)) = self.asked.iter_mut().find(|(query, _)| query.id == answer.query) else {
                continue;
            };
            if planned.is_some() {
                continue;
            }
            let items = match query.source {
                Source::Traces => answer.evidence.spans.len(),
                Source::Metrics => answer.evidence.series.len(),
                Source::Logs => answer.evidence.logs.len(),
            };
            *planned = Some(PlannedQuery {
                id: query.id,
                source: query.source.as_str().to_owned(),
                text: query.text.clone(),
                priority: query.priority,
                items: items as u64,
                complete: answer.complete,
            });
            if query.id > FIRST_ROUND_QUERIES {
                // It holds again what the wider answer said of its window.
                self.evidence.forget(query.source, &(query.from_ns..query.to_ns));
            }
            self.evidence.merge(answer.evidence);
        }
    }

    /// What was supplied and not forgotten since.
    pub fn into_evidence(self) -> Evidence {
        self.evidence
    }

    /// Narrower queries for those of the last round that came back cut short, while rounds are left.
    fn asked_again(&self) -> Vec<Query> {
        if self.round >= self.options.budget.rounds {
            return Vec::new();
        }
        let first_id = 1 + self.asked.iter().map(|(query, _)| query.id).max().unwrap_or(0);
        let cut_short = self.asked.iter().filter(|(query, planned)| {
            // Only the first round's queries are repeated: a narrower one that is cut short again has a sample.
            query.id <= FIRST_ROUND_QUERIES
                && planned.as_ref().is_some_and(|planned| !planned.complete)
                && self.round == 1
        });
        (first_id..)
            .zip(cut_short)
            .filter_map(|(id, (query, _))| plan::narrowed(query, id, self.signal.started_at_ns))
            .collect()
    }
}

/// The first round never has more queries than this.
const FIRST_ROUND_QUERIES: u32 = 5;

/// Drives an [`Inquiry`] over evidence in memory.
pub fn investigate(signal: &UniversalIncidentSignal, evidence: &Evidence, options: &Options) -> Investigation {
    let mut inquiry = Inquiry::open(signal.clone(), options.clone());
    loop {
        match inquiry.step() {
            Step::Need(queries) => inquiry.supply(queries.iter().map(|query| answer(evidence, query)).collect()),
            Step::Done(investigation) => return *investigation,
        }
    }
}
