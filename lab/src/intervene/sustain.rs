//! Breaking what sustains an incident for half a minute: it clears, and stays clear once the cause is back.

use std::time::Duration;

use rca_engine::component::Component;
use services::{Role, control};

use super::finding::{Figure, Finding};
use super::observed::observe;
use super::omit::levers_of;
use super::{Case, VerifyError};
use crate::conduct::nanos;
use crate::script::{Act, Deed, Script, Turn};

/// The name of the operation.
const BREAK: &str = "break(sustaining)";
/// So long after the alert it is broken.
const BROKEN_AFTER: Duration = Duration::from_secs(30);
/// And for so long.
const BROKEN_FOR: Duration = Duration::from_secs(30);
/// It is watched for so long after it was let go.
const WATCHED: Duration = Duration::from_secs(30);

/// Breaks the sustaining cause where the truth names one.
pub(super) fn cause(case: &Case<'_>) -> Result<Option<Finding>, VerifyError> {
    let Some(sustaining) = case.truth.sustaining.as_ref().filter(|_| case.wants(BREAK)) else { return Ok(None) };
    let deeds = deeds(case, sustaining);
    if deeds.is_empty() {
        let why = format!("the lab has nothing that breaks {sustaining}");
        return Ok(Some(Finding::unavailable(BREAK, why)));
    }
    let script = Script { deeds, after_alert: Some(BROKEN_AFTER + BROKEN_FOR + WATCHED), ..Script::default() };
    let run = observe(case.setup, script).map_err(VerifyError::Run)?;
    let broken_ns = run.moments().alert_ns + nanos(BROKEN_AFTER);
    let clears = run.course.clears_after(broken_ns);
    let wrong = match clears {
        _ if !run.course.breached_at(broken_ns) => Some("the alert had cleared before anything was broken".to_owned()),
        Some(after) if after <= BROKEN_FOR => None,
        Some(after) => Some(format!("it clears after {:.0} s, when all was let go", after.as_secs_f64())),
        None => Some(format!("it is breached {:.0} s after all was let go", WATCHED.as_secs_f64())),
    };
    let figure = clears.map(|after| Figure::seconds("clears after", after.as_secs_f64()));
    Ok(Some(Finding::of(BREAK, wrong, figure)))
}

/// The levers that stand for the cause are taken off and put on again; a policy that the system has from the start is
/// turned to what it is without the risk, and back.
fn deeds(case: &Case<'_>, sustaining: &Component) -> Vec<Deed> {
    let levers = levers_of(case.setup, std::slice::from_ref(sustaining));
    let broken = |act| Deed { after_alert: BROKEN_AFTER, act };
    let let_go = |act| Deed { after_alert: BROKEN_AFTER + BROKEN_FOR, act };
    if !levers.is_empty() {
        let off = levers.iter().map(|id| broken(Act::TakeOff { id: id.clone() }));
        return off.chain(levers.iter().map(|id| let_go(Act::PutBack { id: id.clone() }))).collect();
    }
    let turns: Vec<Turn> = without_retries(sustaining);
    let off = turns.iter().cloned().map(|turn| broken(Act::Turn(turn)));
    // Deeds are numbered in their order, and so are the levers that they put on.
    let back = (1..=turns.len()).map(|n| let_go(Act::TakeOff { id: Script::deed_id(n) }));
    off.chain(back).collect()
}

/// One attempt on every call of a service whose retries are the cause.
pub(crate) fn without_retries(sustaining: &Component) -> Vec<Turn> {
    let Component::Policy { service, policy } = sustaining else { return Vec::new() };
    let Some(role) = Role::named(service).filter(|_| policy == "retry") else { return Vec::new() };
    let turn = |callee: &Role| Turn {
        role,
        lever: control::Lever::Attempts,
        target: format!("{service}/{}", callee.as_str()),
        magnitude: 1.0,
        ratio: 1.0,
    };
    role.callees().iter().map(turn).collect()
}
