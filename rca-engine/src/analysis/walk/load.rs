//! Why a service gets more work.

use crate::canonical::ServiceId;
use crate::evidence::SpanKind;
use crate::vocabulary::{Effect, Kind};

use super::{Cause, Phase, Question, Trail, Walk, is_negligible};
use crate::analysis::reuse::Reach;
use crate::analysis::split::split;
use crate::analysis::statistics::{rate_changed, share_rose};

/// Why calls were added.
#[derive(Clone, Copy)]
enum Reason {
    Fallback(ServiceId),
    Retry,
    First,
    Further,
}

impl Walk<'_> {
    /// Why does one service ask another more often: it has more to do, or asks more for each thing it does?
    pub(crate) fn load(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let stepped = trail.step(Cause::Service(from), Cause::Service(to), Effect::Load);
        let Some(trail) = stepped.ask(Question::Load(from, to)).filter(|_| !is_negligible(mass)) else {
            return self.settle(Cause::Service(from), None, mass, &stepped);
        };
        let seconds = (self.phases.seconds(Phase::Before), self.phases.seconds(Phase::After));
        let (work, traffic) = (self.census.work(from), self.census.traffic(from, to));
        let rate = (work.before.visits as f64 / seconds.0, work.after.visits as f64 / seconds.1);
        let per_visit = |calls: u64, visits: u64| if visits == 0 { 0.0 } else { calls as f64 / visits as f64 };
        let fan_out =
            (per_visit(traffic.before.calls, work.before.visits), per_visit(traffic.after.calls, work.after.visits));
        let grown = split(rate, fan_out);
        // Where only one of the two is more than chance, the other is none.
        let more_visits = rate_changed((work.before.visits, work.after.visits), seconds);
        let visits = (work.before.visits as f64, work.after.visits as f64);
        let more_calls = rate_changed((traffic.before.calls, traffic.after.calls), visits);
        let (by_calls, by_visits) = match (more_calls && grown.by_cost > 0.0, more_visits && grown.by_calls > 0.0) {
            (true, false) => (grown.by_cost, 0.0),
            (false, true) => (0.0, grown.by_calls),
            _ => (grown.by_cost, grown.by_calls),
        };
        let parts = [(true, by_calls), (false, by_visits)];
        for (asks_more, mass) in Self::shares(mass, &parts) {
            if asks_more { self.mode(from, to, mass, &trail) } else { self.more_to_do(from, mass, &trail) }
        }
    }

    /// A service has more visits: by which callers?
    fn more_to_do(&mut self, service: ServiceId, mass: f64, trail: &Trail) {
        let seconds = (self.phases.seconds(Phase::Before), self.phases.seconds(Phase::After));
        let grown = |before: u64, after: u64| (after as f64 / seconds.1 - before as f64 / seconds.0).max(0.0);
        let mut sources: Vec<(Option<ServiceId>, f64)> = self
            .census
            .callers(service)
            .into_iter()
            .filter(|caller| *caller != service)
            .map(|caller| {
                let traffic = self.census.traffic(caller, service);
                (Some(caller), grown(traffic.before.calls, traffic.after.calls))
            })
            .collect();
        let work = self.census.work(service);
        sources.push((None, grown(work.before.roots, work.after.roots)));
        let shares = Self::shares(mass, &sources);
        if shares.is_empty() {
            return self.settle(Cause::Service(service), None, mass, trail);
        }
        for (caller, mass) in shares {
            match caller {
                Some(caller) => self.load(caller, service, mass, trail),
                None => self.entry_load(service, mass, trail),
            }
        }
    }

    /// Work that begins at a service: users ask for it where it is served, the service does it by itself otherwise.
    pub(crate) fn entry_load(&mut self, service: ServiceId, mass: f64, trail: &Trail) {
        let served = self.model.visits_of(service).iter().any(|visit| {
            let row = self.model.row(*visit);
            row.parent == crate::canonical::NONE && row.kind == SpanKind::Server
        });
        if served {
            let trail = trail.step(Cause::Workload, Cause::Service(service), Effect::Load);
            self.settle(Cause::Workload, Some(Kind::Surge), mass, &trail);
        } else {
            self.settle(Cause::Service(service), Some(Kind::LoadByOther), mass, trail);
        }
    }

    /// Why does a service call another more often in each visit?
    pub(crate) fn mode(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let trail = &trail.step(Cause::Service(from), Cause::Service(to), Effect::Load);
        let added = self.added(from, to);
        let mut reasons: Vec<(Reason, f64)> = vec![(Reason::Retry, added.retry), (Reason::Further, added.further)];
        let mut first = added.first;
        for (failing, calls) in added.fallback {
            // A fallback without more failures of what it falls back from is how this service always worked.
            let traffic = self.census.traffic(from, failing);
            let rose =
                share_rose((traffic.before.failed, traffic.before.calls), (traffic.after.failed, traffic.after.calls));
            if rose { reasons.push((Reason::Fallback(failing), calls)) } else { first += calls }
        }
        reasons.push((Reason::First, first));
        let shares = Self::shares(mass, &reasons);
        if shares.is_empty() {
            return self.settle(Cause::Service(from), None, mass, trail);
        }
        for (reason, mass) in shares {
            match reason {
                Reason::Fallback(failing) => self.error(from, failing, mass, trail),
                Reason::Retry => self.retries(from, to, mass, trail),
                Reason::Further => self.settle(Cause::Service(from), Some(Kind::ExtraCalls), mass, trail),
                Reason::First => self.reach(from, to, mass, trail),
            }
        }
    }

    /// Calls are repeated after failures. Where they fail because the callee has too much to do, the repetition keeps
    /// itself alive; where the callee fails by itself or is still slow, that is the origin.
    fn retries(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let overloaded = trail.open.iter().any(|question| match question {
            Question::Pool(pool) => self.model.pools[pool.0 as usize].0 == to,
            Question::Slow(_) | Question::Load(..) | Question::Error(..) => false,
        });
        if overloaded && self.is_still_slow(to) {
            self.settle(Cause::Service(to), Some(Kind::SlowService), mass, trail);
        } else if overloaded {
            let origins = self.origins(from, to);
            let own = origins.own_share();
            for (own, mass) in Self::shares(mass, &[(true, own), (false, 1.0 - own)]) {
                if own {
                    self.error(from, to, mass, trail);
                } else {
                    self.settle(Cause::Retry(from), Some(Kind::CallAmplification), mass, trail);
                }
            }
        } else {
            self.error(from, to, mass, trail);
        }
    }

    /// More visits of a service need a call that they did without before.
    fn reach(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        match self.why_more_reach(from, to) {
            Reach::NewWork => {
                let trail = trail.step(Cause::Workload, Cause::Service(from), Effect::Load);
                self.settle(Cause::Workload, Some(Kind::Mix), mass, &trail);
            }
            Reach::Service(kind) => self.settle(Cause::Service(from), kind, mass, trail),
        }
    }
}
