//! Why calls to a service fail.

use crate::canonical::{PoolId, ServiceId};
use crate::vocabulary::{Effect, Kind};

use super::{Cause, Question, Trail, Walk, is_negligible};
use crate::analysis::error_origin::{Origin, Origins};

impl Walk<'_> {
    /// Why do the calls of one service to another fail?
    pub(crate) fn error(&mut self, from: ServiceId, to: ServiceId, mass: f64, trail: &Trail) {
        let Some(asked) = trail.ask(Question::Error(from, to)).filter(|_| !is_negligible(mass)) else {
            return self.settle(Cause::Service(to), None, mass, trail);
        };
        let origins = self.origins(from, to);
        self.follow(&origins, mass, &asked);
        if origins.failures == 0 {
            let trail = asked.step(Cause::Service(to), Cause::Service(from), Effect::Error);
            self.settle(Cause::Service(to), None, mass, &trail);
        }
    }

    /// Passes a mass on to where failures began, in proportion to their number.
    pub(crate) fn follow(&mut self, origins: &Origins, mass: f64, trail: &Trail) {
        let weights: Vec<((Origin, Vec<ServiceId>), f64)> =
            origins.found.iter().map(|(origin, (count, chain))| ((*origin, chain.clone()), *count as f64)).collect();
        for ((origin, chain), mass) in Self::shares(mass, &weights) {
            self.begin(origin, &chain, mass, trail);
        }
    }

    fn begin(&mut self, origin: Origin, chain: &[ServiceId], mass: f64, trail: &Trail) {
        let lost = |walk: &Self, from, to| walk.incidence(from, to, |walk, from, to| walk.is_lossy(from, to));
        let (first, effect) = match origin {
            Origin::Service(service) => (Cause::Service(service), Effect::Error),
            Origin::Refused(service) => (Cause::Service(service), Effect::Reject),
            Origin::GaveUp(from, to) if self.is_lossy(from, to) && !self.is_silent(to) => {
                (lost(self, from, to), Effect::Error)
            }
            Origin::Lost(from, to) if !self.is_silent(to) => (lost(self, from, to), Effect::Error),
            Origin::GaveUp(_, to) => (Cause::Service(to), Effect::Latency),
            Origin::Lost(_, to) => (Cause::Service(to), Effect::Error),
        };
        let last = chain.len().saturating_sub(1);
        let trail = chain.windows(2).enumerate().fold(trail.clone(), |trail, (index, pair)| {
            let deepest = index + 1 == last;
            let (harms, effect) = if deepest { (first, effect) } else { (Cause::Service(pair[1]), Effect::Error) };
            trail.step(harms, Cause::Service(pair[0]), effect)
        });
        match origin {
            Origin::Service(service) => {
                let kind = self.failure_kind(service);
                self.settle(Cause::Service(service), Some(kind), mass, &trail);
            }
            Origin::Refused(service) => match self.crowded_pool(service) {
                Some(pool) => self.pool(pool, mass, &trail),
                None => self.settle(Cause::Service(service), Some(Kind::Rejecting), mass, &trail),
            },
            Origin::GaveUp(_, to) if effect == Effect::Latency => self.slow(to, mass, &trail),
            Origin::GaveUp(..) | Origin::Lost(..) => self.settle(first, Some(Kind::NetworkDrop), mass, &trail),
        }
    }

    /// The resource of a service whose wait grew most: refusals then follow from the crowd, they are not its cause.
    fn crowded_pool(&self, service: ServiceId) -> Option<PoolId> {
        self.pools
            .iter()
            .filter(|(pool, _)| self.model.pools[pool.0 as usize].0 == service)
            .filter(|(_, state)| state.added_wait_s() > 0.0)
            .max_by(|(_, a), (_, b)| a.added_wait_s().total_cmp(&b.added_wait_s()))
            .map(|(pool, _)| *pool)
    }
}
