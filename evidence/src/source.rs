//! Files as a store that answers an inquiry's queries: each file is read once a round, whatever the number of queries.

use rca_engine::inquiry::{Inquiry, Step};
use rca_engine::investigation::Investigation;
use rca_engine::options::Options;
use rca_engine::query::{Answer, Query, Source};
use rca_engine::signal::UniversalIncidentSignal;
use serde::Deserialize;

use crate::bundle::{Bundle, ReadError};
use crate::layout;
use crate::line::Json;
use crate::reader::Tally;
use crate::store::Store;
use crate::store::filter::Filter;

/// Answers each query from the bundle's files, holding only what some query lets in.
///
/// Broken lines are skipped, and then no answer that would come from that file is complete. Events of spans answer log
/// queries, because that is what they are in memory.
///
/// # Errors
/// A file is there and cannot be opened.
pub fn answer(bundle: &Bundle, queries: &[Query]) -> Result<Vec<Answer>, ReadError> {
    let mut stores: Vec<Store> = queries.iter().map(|query| Store::filtered(Filter::new(query.clone()))).collect();
    for store in &mut stores {
        bundle.topology(store)?;
    }
    let asked = |sources: &[Source]| queries.iter().any(|query| sources.contains(&query.source));
    let (mut traces, mut metrics, mut logs) = (None, None, None);
    if asked(&[Source::Traces, Source::Logs]) {
        traces = bundle.lines(layout::TRACES, |line| each(line, &mut stores, Store::traces))?;
    }
    if asked(&[Source::Metrics]) {
        metrics = bundle.lines(layout::METRICS, |line| each(line, &mut stores, Store::metrics))?;
    }
    if asked(&[Source::Logs]) {
        logs = bundle.lines(layout::LOGS, |line| each(line, &mut stores, Store::logs))?;
    }
    let whole = |tally: &Option<Tally>| tally.as_ref().is_none_or(|tally| tally.broken == 0);
    let answers = queries.iter().zip(stores).map(|(query, store)| {
        let (evidence, complete) = store.finish();
        let whole = match query.source {
            Source::Traces => whole(&traces),
            Source::Metrics => whole(&metrics),
            Source::Logs => whole(&logs) && whole(&traces),
        };
        Answer { query: query.id, evidence, complete: complete && whole }
    });
    Ok(answers.collect())
}

/// Reads one line and shows it to every store; a store takes what its query asks for.
fn each<'de, T>(line: &'de str, stores: &mut [Store], take: impl Fn(&mut Store, &T)) -> serde_json::Result<()>
where
    Json<T>: Deserialize<'de>,
{
    let Json(line) = serde_json::from_str::<Json<T>>(line)?;
    stores.iter_mut().for_each(|store| take(store, &line));
    Ok(())
}

/// Drives an inquiry over a bundle's files to its end.
///
/// # Errors
/// A file is there and cannot be opened.
pub fn investigate(
    bundle: &Bundle,
    signal: &UniversalIncidentSignal,
    options: &Options,
) -> Result<Investigation, ReadError> {
    let mut inquiry = Inquiry::open(signal.clone(), options.clone());
    loop {
        match inquiry.step() {
            Step::Need(queries) => inquiry.supply(answer(bundle, &queries)?),
            Step::Done(investigation) => return Ok(*investigation),
        }
    }
}
