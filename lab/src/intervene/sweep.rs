//! The same operations over many seeds at once, and what they add up to.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};

use serde::Serialize;

use super::finding::{Figure, Finding, Outcome, Unit};
use super::{Shown, VerifyError, verify};

/// An operation holds if it does on at least this share of the seeds.
const HOLDS: f64 = 0.95;

/// What became of a scenario's labels.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Verification {
    pub(crate) scenario: String,
    pub(crate) seeds: Vec<u64>,
    /// Seeds whose run is not what the scenario promises, and why.
    pub(crate) void: Vec<(u64, String)>,
    /// In the order in which they were first carried out.
    pub(crate) operations: Vec<Row>,
}

/// One operation over all seeds on which it was carried out.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Row {
    pub(crate) operation: String,
    pub(crate) seeds: usize,
    pub(crate) held: usize,
    pub(crate) verdict: Verdict,
    pub(crate) figure: Option<Spread>,
    /// Seeds on which it did not hold, and why; or why it is not available at all.
    pub(crate) why: Vec<(u64, String)>,
}

/// Whether an operation holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Verdict {
    Holds,
    DoesNotHold,
    NotAvailable,
}

/// A figure over seeds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Spread {
    pub(crate) what: String,
    pub(crate) median: f64,
    pub(crate) low: f64,
    pub(crate) high: f64,
    pub(crate) unit: Unit,
}

/// Verifies a scenario on every seed, in parallel, as far as the names of operations contain one of `only`. `said` hears how
/// many seeds are done.
///
/// # Errors
/// The first failure of the lab itself, by seed.
pub(crate) fn sweep(
    scenario: &str,
    only: &[String],
    seeds: &[u64],
    jobs: usize,
    said: &(dyn Fn(usize) + Sync),
) -> Result<Verification, VerifyError> {
    let (next, done) = (AtomicUsize::new(0), AtomicUsize::new(0));
    let results = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..jobs.clamp(1, seeds.len().max(1)) {
            scope.spawn(|| {
                while let Some(seed) = seeds.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let shown = verify(scenario, only, *seed);
                    results.lock().unwrap_or_else(PoisonError::into_inner).push((*seed, shown));
                    said(done.fetch_add(1, Ordering::Relaxed) + 1);
                }
            });
        }
    });
    let mut results = results.into_inner().unwrap_or_else(PoisonError::into_inner);
    results.sort_by_key(|(seed, _)| *seed);
    let mut verification =
        Verification { scenario: scenario.to_owned(), seeds: seeds.to_vec(), void: Vec::new(), operations: Vec::new() };
    let mut findings = Vec::new();
    for (seed, shown) in results {
        match shown? {
            Shown::Void(why) => verification.void.push((seed, why)),
            Shown::Findings(of_seed) => findings.extend(of_seed.into_iter().map(|finding| (seed, finding))),
        }
    }
    verification.operations = rows(&findings);
    Ok(verification)
}

fn rows(findings: &[(u64, Finding)]) -> Vec<Row> {
    let mut names: Vec<String> = Vec::new();
    for (_, finding) in findings {
        if !names.contains(&finding.operation) {
            names.push(finding.operation.clone());
        }
    }
    let of = |name: &String| findings.iter().filter(|(_, finding)| finding.operation == *name).collect::<Vec<_>>();
    names.iter().map(|name| row(name, &of(name))).collect()
}

fn row(name: &str, findings: &[&(u64, Finding)]) -> Row {
    let carried_out: Vec<_> =
        findings.iter().filter(|(_, finding)| !matches!(finding.result, Outcome::Unavailable(_))).collect();
    let held = carried_out.iter().filter(|(_, finding)| finding.result == Outcome::Held).count();
    let verdict = match carried_out.len() {
        0 => Verdict::NotAvailable,
        seeds if held as f64 >= HOLDS * seeds as f64 => Verdict::Holds,
        _ => Verdict::DoesNotHold,
    };
    let figures: Vec<Figure> = carried_out.iter().filter_map(|(_, finding)| finding.figure).collect();
    let why = findings.iter().filter_map(|(seed, finding)| match &finding.result {
        Outcome::Held => None,
        Outcome::Broken(why) | Outcome::Unavailable(why) => Some((*seed, why.clone())),
    });
    Row {
        operation: name.to_owned(),
        seeds: carried_out.len(),
        held,
        verdict,
        figure: spread(&figures),
        why: why.collect(),
    }
}

fn spread(figures: &[Figure]) -> Option<Spread> {
    let first = figures.first()?;
    let mut values: Vec<f64> = figures.iter().map(|figure| figure.value).collect();
    values.sort_by(f64::total_cmp);
    let middle = values.len() / 2;
    let median =
        if values.len().is_multiple_of(2) { f64::midpoint(values[middle - 1], values[middle]) } else { values[middle] };
    let (low, high) = (values.first().copied()?, values.last().copied()?);
    Some(Spread { what: first.what.to_owned(), median, low, high, unit: first.unit })
}

impl Verification {
    /// Whether enough of the runs are what the scenario promises.
    pub(crate) fn counts(&self) -> bool {
        let sound = self.seeds.len() - self.void.len();
        sound as f64 >= HOLDS * self.seeds.len() as f64
    }

    /// Whether every operation that was carried out holds.
    pub(crate) fn holds(&self) -> bool {
        self.operations.iter().all(|row| row.verdict != Verdict::DoesNotHold)
    }

    /// The table for a terminal.
    pub(crate) fn table(&self) -> String {
        let widest = self.operations.iter().map(|row| row.operation.len()).max().unwrap_or(0).max("operation".len());
        let mut text = format!("{}, {} seeds\n\n", self.scenario, self.seeds.len());
        text.push_str(&format!(
            "  {:<widest$}  {:>7}  {:<13}  figure, median [range]\n",
            "operation", "held", "verdict"
        ));
        for row in &self.operations {
            let held = format!("{}/{}", row.held, row.seeds);
            let line = format!("  {:<widest$}  {held:>7}  {:<13}  {}", row.operation, row.verdict.as_str(), row.told());
            text.push_str(line.trim_end());
            text.push('\n');
            let shown = if row.verdict == Verdict::NotAvailable { 0 } else { 3 };
            for (seed, why) in row.why.iter().take(shown) {
                text.push_str(&format!("  {:<widest$}  seed {seed}: {why}\n", ""));
            }
        }
        for (seed, why) in &self.void {
            text.push_str(&format!("  seed {seed} does not count: {why}\n"));
        }
        text
    }
}

impl Row {
    fn told(&self) -> String {
        match (&self.figure, self.verdict) {
            (_, Verdict::NotAvailable) => self.why.first().map(|(_, why)| why.clone()).unwrap_or_default(),
            (None, _) => String::new(),
            (Some(spread), _) => {
                let shown = |value| spread.unit.shown(value);
                format!("{} {} [{}, {}]", spread.what, shown(spread.median), shown(spread.low), shown(spread.high))
            }
        }
    }
}

impl Verdict {
    fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "DOES NOT HOLD",
            Self::NotAvailable => "not available",
        }
    }
}
