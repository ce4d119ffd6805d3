//! Undoing an event half a minute after the alert: the alert clears in time, or something sustains it.

use std::time::Duration;

use scenarios::plan::PlannedInjection;

use super::finding::{Figure, Finding};
use super::observed::observe;
use super::{Case, STAYS, VerifyError};
use crate::conduct::nanos;
use crate::script::{Act, Deed, Script};

/// So long after the alert an event is undone.
const UNDONE_AFTER: Duration = Duration::from_secs(30);

/// Undoes each event that has no end of its own. Where something sustains the incident, an event that ends by itself is
/// watched in the same way: nothing is left to be undone, and the alert stays.
pub(super) fn events(case: &Case<'_>) -> Result<Vec<Finding>, VerifyError> {
    let plan = &case.setup.plan;
    let sustained = case.truth.sustaining.is_some();
    let watched = plan.injections.iter().filter(|injection| {
        (injection.until.is_none() || sustained)
            && case.setup.scenario.events.iter().any(|event| Some(&event.id) == injection.source.as_ref())
    });
    let mut findings = Vec::new();
    for injection in watched {
        let source = injection.source.as_deref().unwrap_or_default();
        let name = format!("undo({source})");
        if case.wants(&name) {
            findings.push(undo(case, name, injection)?);
        }
    }
    Ok(findings)
}

fn undo(case: &Case<'_>, name: String, injection: &PlannedInjection) -> Result<Finding, VerifyError> {
    let truth = &case.setup.scenario.truth;
    let Some(within) = truth.clears_within else {
        return Ok(Finding::unavailable(name, "the scenario does not say within which time it clears"));
    };
    let deed = Deed { after_alert: UNDONE_AFTER, act: Act::TakeOff { id: injection.id.clone() } };
    let after_alert = Some(UNDONE_AFTER + within + STAYS);
    let script = Script { deeds: vec![deed], after_alert, ..Script::default() };
    let run = observe(case.setup, script).map_err(VerifyError::Run)?;
    let undone_ns = run.moments().alert_ns + nanos(UNDONE_AFTER);
    let over = injection.until.is_none_or(|until| run.moments().load_from_ns + nanos(until) <= undone_ns);
    let clears = run.course.clears_after(undone_ns);
    let figure = clears.map(|after| Figure::seconds("clears after", after.as_secs_f64()));
    let in_time = clears.is_some_and(|after| after <= within);
    let broken = if !over {
        Some("the event was not over when it should have been undone".to_owned())
    } else if !run.course.breached_at(undone_ns) {
        Some("the alert had cleared before anything was undone".to_owned())
    } else if truth.sustaining.is_some() {
        in_time.then(|| "it clears, though the truth says that something sustains it".to_owned())
    } else {
        let late = || match clears {
            Some(after) => {
                format!("it clears after {:.0} s instead of {:.0} s", after.as_secs_f64(), within.as_secs_f64())
            }
            None => format!("it is still breached {:.0} s later", (within + STAYS).as_secs_f64()),
        };
        (!in_time).then(late)
    };
    Ok(Finding::of(name, broken, figure))
}
