//! A virtual run under a script, and what its alert's quantity, its metrics and its ledger say.

use std::ops::Range;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use contract::metric;

use super::VerifyError;
use super::course::Course;
use crate::carry_out::{self, Raw, RunError, RunOptions};
use crate::conduct::{Moments, nanos};
use crate::judge::{self, Judgement};
use crate::progress::Progress;
use crate::script::{Kept, Script};
use crate::setup::Setup;
use crate::tally::Tally;

/// What a virtual run showed.
#[derive(Debug)]
pub(crate) struct Observed {
    pub(crate) raw: Raw,
    pub(crate) tally: Tally,
    pub(crate) course: Course,
}

/// Runs a setup on virtual time under a script, and keeps no evidence of it.
///
/// # Errors
/// If the lab itself failed.
pub(crate) fn observe(setup: &Setup, script: Script) -> Result<Observed, RunError> {
    observe_into(setup, Script { kept: Kept::Nothing, ..script }, Path::new(""))
}

/// The same with evidence in memory, and judges it.
///
/// # Errors
/// If the lab itself failed.
pub(crate) fn observe_and_judge(setup: &Setup) -> Result<(Observed, Judgement), VerifyError> {
    let nowhere = Path::new("");
    let script = Script { kept: Kept::Memory, ..Script::default() };
    let run = observe_into(setup, script, nowhere).map_err(VerifyError::Run)?;
    let judgement = judge::judge(setup, nowhere, &run.raw).map_err(VerifyError::Judge)?;
    Ok((run, judgement))
}

fn observe_into(setup: &Setup, script: Script, folder: &Path) -> Result<Observed, RunError> {
    let moved = setup.scenario.expect.moves.iter().map(|movement| movement.metric.clone());
    let calls = [metric::HTTP_CLIENT_DURATION, metric::HTTP_SERVER_DURATION].map(str::to_owned);
    let tally = Arc::new(Mutex::new(Tally::of(moved.chain(calls))));
    let script = Script { tally: Some(Arc::clone(&tally)), ..script };
    let options = RunOptions { script, ..RunOptions::default() };
    let raw = carry_out::carry_out(setup, folder, &options, &Progress::new(true))?;
    let tally = std::mem::take(&mut *tally.lock().unwrap_or_else(PoisonError::into_inner));
    let (moments, rule) = (&raw.conducted.moments, &setup.scenario.alert);
    let usual = moments.evidence_from_ns + nanos(rule.window)..moments.onset_ns;
    let course = Course::new(&raw.conducted.sli, &usual, rule.above);
    Ok(Observed { raw, tally, course })
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
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use services::{Role, control};

    use super::*;
    use crate::conduct::CUT_AFTER_ALERT;
    use crate::script::{Act, Deed, Turn};
    use crate::setup::Mode;

    #[test]
    fn what_is_done_after_the_evidence_leaves_its_bytes_as_they_are() {
        let folder = tempfile::tempdir().expect("a test may write");
        let setup = Setup::new("cache_poison_pill", Mode::Sim, 5).expect("it is in the catalog");
        let purge = Act::Turn(Turn::of_service(Role::CatalogCache, control::Lever::Purge, 1.0));
        let deeds = vec![Deed { after_alert: CUT_AFTER_ALERT, act: purge }];
        let longer = Script { deeds, after_alert: Some(Duration::from_secs(14)), ..Script::default() };
        let into = |name: &str, script| {
            let run = observe_into(&setup, script, &folder.path().join(name)).expect("the lab comes up");
            assert!(run.fired() && run.raw.conducted.order_errors.is_empty());
            run
        };
        let (plain, longer) = (into("plain", Script::default()), into("longer", longer));
        assert_eq!(plain.moments().alert_ns, longer.moments().alert_ns);
        for name in [evidence::layout::TRACES, evidence::layout::METRICS, evidence::layout::LOGS] {
            let bytes = |run: &str| {
                let path = folder.path().join(run).join(evidence::layout::EVIDENCE).join(name);
                std::fs::read(path).expect("the run was recorded")
            };
            assert!(!bytes("plain").is_empty() && bytes("plain") == bytes("longer"), "{name}");
        }
        // The deed was done: a purged cache that still writes what nobody can read is missed first, and unreadable then.
        let purged_ns = plain.moments().cut_ns;
        let missed = |run: &Observed| {
            let with = vec![(metric::CACHE_OUTCOME, "miss")];
            let selection =
                crate::tally::Selection { name: metric::CACHE_LOOKUPS, service: "catalog-cache", with, having: None };
            run.tally.growth(&selection, &(purged_ns..purged_ns + nanos(Duration::from_secs(3)))).count
        };
        assert!(missed(&longer) > 50.0, "{}", missed(&longer));
    }
}
