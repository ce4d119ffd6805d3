//! The verdict's first action tried in virtual time: the same run again, the action after the evidence, and what comes.

mod means;

use std::time::Duration;

use rca_engine::component::Component;
use rca_engine::investigation::Investigation;
use rca_engine::vocabulary::Verb;
use serde::{Deserialize, Serialize};

use crate::carry_out::RunError;
use crate::conduct::{CUT_AFTER_ALERT, Moments, nanos};
use crate::intervene::STAYS;
use crate::intervene::observed::{Observed, observe};
use crate::script::{Deed, Script};
use crate::setup::Setup;

/// The version of [`Trial`]'s shape.
const TRIAL_SCHEMA: u32 = 1;
/// What is watched where the scenario does not say within which time it clears.
const WATCHED: Duration = Duration::from_secs(60);
/// An excess that moves by less than this share has not moved.
const MOVES: f64 = 0.3;
/// Of the threshold: an excess below this is none.
const NO_EXCESS: f64 = 0.05;

/// What became of the first action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Trial {
    pub(crate) schema: u32,
    /// None: the verdict proposes nothing.
    pub(crate) verb: Option<Verb>,
    pub(crate) target: Option<Component>,
    pub(crate) outcome: Outcome,
    /// What was done, or why nothing could be.
    pub(crate) what: String,
    /// None where nothing was tried.
    pub(crate) measured: Option<Measured>,
}

/// How an action went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Outcome {
    /// Back under the threshold within the scenario's time, to stay, and earlier than without it.
    Clears,
    /// The excess is at least three tenths smaller than without it.
    Eases,
    Nothing,
    /// The excess is at least three tenths larger than without it.
    Harmful,
    /// The lab cannot do this, or nothing was proposed. Never a success.
    NotTried,
}

/// The run with the action beside the same run without it, from the action on.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Measured {
    pub(crate) watched_s: f64,
    /// How long after the action; none: not until the end of the watch.
    pub(crate) clears_after_s: Option<f64>,
    pub(crate) untouched_clears_after_s: Option<f64>,
    /// Of the alert's quantity over its baseline, mean of the watch, in its unit.
    pub(crate) excess: f64,
    pub(crate) untouched_excess: f64,
}

impl Outcome {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Clears => "clears",
            Self::Eases => "eases",
            Self::Nothing => "nothing",
            Self::Harmful => "harmful",
            Self::NotTried => "not tried",
        }
    }
}

/// Tries the first action of a verdict over a virtual run, in the same run made again.
///
/// # Errors
/// If the lab itself failed; what the action does is never an error.
pub(crate) fn trial(setup: &Setup, moments: &Moments, investigation: &Investigation) -> Result<Trial, RunError> {
    let Some(action) = investigation.core.actions.first() else {
        return Ok(Trial::not_tried(None, "the verdict proposes no action".to_owned()));
    };
    attempt(setup, moments, action.verb, &action.target)
}

fn attempt(setup: &Setup, moments: &Moments, verb: Verb, target: &Component) -> Result<Trial, RunError> {
    let alert_at = Duration::from_nanos(moments.alert_ns - moments.load_from_ns);
    let means = match means::means(verb, target, setup, alert_at) {
        Ok(means) => means,
        Err(reason) => return Ok(Trial::not_tried(Some((verb, target)), reason)),
    };
    let watched = setup.scenario.truth.clears_within.unwrap_or(WATCHED);
    let after_alert = Some(CUT_AFTER_ALERT + watched + STAYS);
    let untouched = observe(setup, Script { after_alert, ..Script::default() })?;
    let deeds = means.acts.into_iter().map(|act| Deed { after_alert: CUT_AFTER_ALERT, act }).collect();
    let tried = observe(setup, Script { after_alert, deeds, ..Script::default() })?;
    let measured = measured(&tried, &untouched, watched);
    let outcome = outcome(&measured, setup.scenario.alert.above);
    let (verb, target) = (Some(verb), Some(target.clone()));
    Ok(Trial { schema: TRIAL_SCHEMA, verb, target, outcome, what: means.what, measured: Some(measured) })
}

fn measured(tried: &Observed, untouched: &Observed, watched: Duration) -> Measured {
    let from_ns = untouched.moments().cut_ns;
    let watch = from_ns..from_ns + nanos(watched);
    let clears = |run: &Observed| run.course.clears_after(from_ns).filter(|after| *after <= watched);
    Measured {
        watched_s: watched.as_secs_f64(),
        clears_after_s: clears(tried).map(|after| after.as_secs_f64()),
        untouched_clears_after_s: clears(untouched).map(|after| after.as_secs_f64()),
        excess: tried.course.excess(&watch),
        untouched_excess: untouched.course.excess(&watch),
    }
}

fn outcome(measured: &Measured, above: f64) -> Outcome {
    let earlier = |after: f64| measured.untouched_clears_after_s.is_none_or(|untouched| after < untouched);
    let (excess, untouched) = (measured.excess, measured.untouched_excess.max(above * NO_EXCESS));
    match measured.clears_after_s {
        Some(after) if earlier(after) => Outcome::Clears,
        _ if excess <= untouched * (1.0 - MOVES) && measured.untouched_excess >= untouched => Outcome::Eases,
        _ if excess >= untouched * (1.0 + MOVES) => Outcome::Harmful,
        Some(_) | None => Outcome::Nothing,
    }
}

impl Trial {
    fn not_tried(action: Option<(Verb, &Component)>, what: String) -> Self {
        let (verb, target) = action.unzip();
        let target = target.cloned();
        Self { schema: TRIAL_SCHEMA, verb, target, outcome: Outcome::NotTried, what, measured: None }
    }

    /// One line for reports.
    pub(crate) fn told(&self) -> String {
        let action = match (&self.verb, &self.target) {
            (Some(verb), Some(target)) => format!("{verb} {target}: "),
            _ => String::new(),
        };
        let Some(measured) = &self.measured else { return format!("{action}not tried, {}", self.what) };
        let cleared = |after: Option<f64>| {
            after.map_or_else(
                || format!("not within {:.0} s", measured.watched_s),
                |after| format!("after {after:.0} s"),
            )
        };
        format!(
            "{action}{}; {}; the alert clears {}, untouched {}; mean excess {:.2}, untouched {:.2}",
            self.outcome.as_str(),
            self.what,
            cleared(measured.clears_after_s),
            cleared(measured.untouched_clears_after_s),
            measured.excess,
            measured.untouched_excess,
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome_of(clears: Option<f64>, untouched: Option<f64>, excess: f64, untouched_excess: f64) -> &'static str {
        let measured = Measured {
            watched_s: 45.0,
            clears_after_s: clears,
            untouched_clears_after_s: untouched,
            excess,
            untouched_excess,
        };
        outcome(&measured, 0.5).as_str()
    }

    #[test]
    fn what_would_have_cleared_as_early_by_itself_is_no_success() {
        assert_eq!(outcome_of(Some(20.0), None, 1.0, 2.0), "clears");
        assert_eq!(outcome_of(Some(20.0), Some(21.0), 1.0, 2.0), "clears");
        assert_eq!(outcome_of(Some(20.0), Some(20.0), 2.0, 2.0), "nothing");
    }

    #[test]
    fn a_purge_before_whatever_writes_the_entries_is_put_back_does_not_clear() {
        let setup = Setup::new("cache_poison_pill", crate::setup::Mode::Sim, 5).expect("it is in the catalog");
        let run = observe(&setup, Script::default()).expect("the lab comes up");
        let trial = attempt(&setup, run.moments(), Verb::Purge, &Component::service("catalog-cache"));
        let trial = trial.expect("the lab comes up");
        assert_eq!(trial.what, "all entries of catalog-cache were dropped");
        // What is filled again is written as badly, and the filling comes on top of what crowds the database.
        assert!(matches!(trial.outcome, Outcome::Nothing | Outcome::Harmful), "{}", trial.told());
        assert_eq!(trial.measured.expect("it was tried").clears_after_s, None);
    }

    #[test]
    fn an_excess_that_moves_by_three_tenths_has_moved() {
        assert_eq!(outcome_of(None, None, 1.4, 2.0), "eases");
        assert_eq!(outcome_of(None, None, 1.5, 2.0), "nothing");
        assert_eq!(outcome_of(None, None, 2.5, 2.0), "nothing");
        assert_eq!(outcome_of(None, None, 2.6, 2.0), "harmful");
        // Without an excess there is nothing to ease, but something to harm.
        assert_eq!(outcome_of(None, None, 0.0, 0.0), "nothing");
        assert_eq!(outcome_of(None, None, 1.0, 0.0), "harmful");
    }
}
