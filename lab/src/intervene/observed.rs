//! A virtual run under a script, and what its alert's quantity, its metrics and its ledger say.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use contract::metric;

use crate::carry_out::{self, Raw, RunError, RunOptions};
use crate::conduct::{Moments, nanos};
use crate::progress::Progress;
use crate::script::Script;
use crate::setup::Setup;
use crate::tally::Tally;

/// What a virtual run showed.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) raw: Raw,
    pub(crate) tally: Tally,
    /// Above it the alert's quantity is a breach.
    above: f64,
    /// Over how long it is measured.
    window: Duration,
}

/// Runs a setup on virtual time under a script, and leaves nothing on disk.
///
/// # Errors
/// If the lab itself failed.
pub(crate) fn observe(setup: &Setup, script: Script) -> Result<Observed, RunError> {
    observe_into(setup, Script { unrecorded: true, ..script }, Path::new(""))
}

/// The same, with evidence in a folder unless the script says that there is none.
///
/// # Errors
/// If the lab itself failed.
pub(crate) fn observe_into(setup: &Setup, script: Script, folder: &Path) -> Result<Observed, RunError> {
    let moved = setup.scenario.expect.moves.iter().map(|movement| movement.metric.clone());
    let calls = [metric::HTTP_CLIENT_DURATION, metric::HTTP_SERVER_DURATION].map(str::to_owned);
    let tally = Arc::new(Mutex::new(Tally::of(moved.chain(calls))));
    let script = Script { tally: Some(Arc::clone(&tally)), ..script };
    let options = RunOptions { script, ..RunOptions::default() };
    let raw = carry_out::carry_out(setup, folder, &options, &Progress::new(true))?;
    let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
    let rule = &setup.scenario.alert;
    Ok(Observed { raw, tally, above: rule.above, window: rule.window })
}

impl Observed {
    pub(crate) fn fired(&self) -> bool {
        self.raw.conducted.fired
    }

    pub(crate) fn moments(&self) -> &Moments {
        &self.raw.conducted.moments
    }

    pub(crate) fn baseline(&self) -> Range<u64> {
        self.moments().evidence_from_ns..self.moments().onset_ns
    }

    /// From the onset to the end of the evidence.
    pub(crate) fn incident(&self) -> Range<u64> {
        self.moments().onset_ns..self.moments().cut_ns.min(self.moments().load_to_ns)
    }

    /// The alert's quantity each second. A second without any answer is as bad as the last one with answers.
    fn sli(&self) -> impl Iterator<Item = (u64, f64)> {
        let samples = self.raw.conducted.sli.iter();
        samples.scan(0.0, |last, (at_ns, value)| {
            *last = value.unwrap_or(*last);
            Some((*at_ns, *last))
        })
    }

    /// Mean of the quantity where it covers the baseline alone.
    fn usual(&self) -> f64 {
        let baseline = self.baseline();
        let from_ns = baseline.start + nanos(self.window);
        mean(self.sli().filter(|(at_ns, _)| (from_ns..baseline.end).contains(at_ns)).map(|(_, value)| value))
    }

    /// How far the quantity lies above its baseline within a window, on average; what lies below counts as nothing.
    pub(crate) fn excess(&self, window: &Range<u64>) -> f64 {
        let usual = self.usual();
        let inside = self.sli().filter(|(at_ns, _)| window.contains(at_ns));
        mean(inside.map(|(_, value)| (value - usual).max(0.0)))
    }

    /// Whether the quantity is a breach at a time, as last measured before it.
    pub(crate) fn breached_at(&self, at_ns: u64) -> bool {
        self.sli()
            .take_while(|(measured_ns, _)| *measured_ns <= at_ns)
            .last()
            .is_some_and(|(_, value)| value > self.above)
    }

    /// How long after a time the quantity comes back under the threshold and stays there until the end of the run.
    pub(crate) fn clears_after(&self, from_ns: u64) -> Option<Duration> {
        let mut cleared = None;
        for (at_ns, value) in self.sli().filter(|(at_ns, _)| *at_ns >= from_ns) {
            if value > self.above {
                cleared = None;
            } else {
                cleared.get_or_insert(at_ns);
            }
        }
        cleared.map(|at_ns| Duration::from_nanos(at_ns - from_ns))
    }
}

/// What a quantity lost, as a share of what it was; negative where it grew. None where there was nothing to lose.
pub(crate) fn fall(before: f64, after: f64) -> Option<f64> {
    (before > 0.0).then(|| 1.0 - after / before)
}

fn mean(values: impl Iterator<Item = f64>) -> f64 {
    let (sum, count) = values.fold((0.0, 0_u32), |(sum, count), value| (sum + value, count + 1));
    if count == 0 { 0.0 } else { sum / f64::from(count) }
}
