//! Why the slowest component is not the root, or that it is.

use crate::canonical::PoolId;
use crate::investigation::Roles;
use crate::vocabulary::Outcome;

use super::accounting::Station;
use super::facts::{Cited, Found, order};
use super::findings::Findings;
use super::ranking::Ranked;
use super::roles::{cause_of, slowest};
use super::walk::Cause;
use super::wording::{from_to, nanos, percent};

/// One sentence on the station with the largest excess; none where no time was added.
pub(crate) fn explain(
    findings: &Findings<'_>,
    outcome: Outcome,
    roles: &Roles,
    ranked: &[Ranked],
    cited: &[Cited],
) -> Option<String> {
    if outcome != Outcome::Cause {
        return None;
    }
    let station = slowest(findings)?;
    let component = findings.component(cause_of(station));
    let root = ranked.first()?;
    let roots: Vec<String> = roles.root.iter().map(|root| root.component.to_string()).collect();
    let excess = findings.held.get(&station).copied().unwrap_or_default();
    let share = excess / findings.excess.total().max(f64::MIN_POSITIVE);
    let took = format!("{component} took most of the added time ({})", percent(share.clamp(0.0, 1.0)));
    if findings.owner(cause_of(station)) == findings.owner(root.cause) && findings.owner(root.cause).is_some() {
        return Some(format!("{took}, and it is the root: nothing that it waits for or is asked explains it"));
    }
    let cite = cited
        .iter()
        .find(|cited| cited.fact.found == Found::Load && cited.fact.order == order(cause_of(station)))
        .map(|cited| format!(" ({})", cited.id))
        .unwrap_or_default();
    let because = match station {
        Station::Pool(pool) => crowd(findings, pool),
        Station::Own(service) => {
            format!("{} is asked more often for the same work", findings.component(Cause::Service(service)))
        }
        Station::Gap(..) | Station::Away(..) | Station::Shared(_) | Station::Queue(..) => {
            "what both its ends do explains it".to_owned()
        }
    };
    Some(format!("{took}, but {because}{cite}; the work that crowds it goes back to {}", roots.join(" and ")))
}

fn crowd(findings: &Findings<'_>, pool: PoolId) -> String {
    let used = findings.pools.get(&pool).and_then(|state| state.use_s);
    match used {
        Some(used) => format!(
            "each use of it takes as long as before ({}): only the wait in front of it grew",
            from_to(&nanos(used.before * 1e9), &nanos(used.after * 1e9))
        ),
        None => "only the wait in front of it grew".to_owned(),
    }
}
