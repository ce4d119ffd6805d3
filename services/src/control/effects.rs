//! What orders do: each thing of the instance is as all orders on it that are in force have it together.

use std::time::Duration;

use super::{Control, Lever, Order, Refusal};
use crate::call::Edge;
use crate::cut::Cut;
use crate::pool::Pool;
use crate::turned::Further;

/// The most that work can be slowed down or sped up, as a factor.
const MAX_PACE: f64 = 1_000.0;
/// The longest that a cut call may take on average, in milliseconds.
const MAX_CUT_MS: f64 = 60_000.0;
/// The most attempts of a call, retries that it earns, and further calls for an item.
const MAX_CALLS: f64 = 100.0;
/// The longest deadline, in seconds.
const MAX_TIMEOUT_S: f64 = 600.0;

/// An order in force, and how much of its ramp is climbed.
type Part = (Order, f64);

impl Control {
    /// Whether an order can be carried out here, and its figures make sense.
    pub(super) fn check(&self, order: &Order) -> Result<(), Refusal> {
        let magnitude = order.magnitude;
        let reach = &self.0.reach;
        let is_count = (1.0..=MAX_CALLS).contains(&magnitude);
        let (here, sane) = match order.lever {
            Lever::PoisonEntries | Lever::Purge => (reach.cache.is_some(), true),
            Lever::Exception | Lever::Deploy | Lever::Configure => (true, true),
            Lever::Slow => (true, magnitude > 0.0 && magnitude <= MAX_PACE),
            Lever::PoolSize => {
                let most = self.pool(order).map(Pool::most);
                (most.is_some(), (0.0..=f64::from(most.unwrap_or(u32::MAX))).contains(&magnitude))
            }
            Lever::ExtraCalls | Lever::Attempts | Lever::Drain => (self.edge(order).is_some(), is_count),
            Lever::RetryBudget => (self.edge(order).is_some(), (0.0..=MAX_CALLS).contains(&magnitude)),
            Lever::Timeout => (self.edge(order).is_some(), magnitude > 0.0 && magnitude <= MAX_TIMEOUT_S),
            Lever::CutErrors | Lever::CutLatency | Lever::CutLoad => {
                (self.edge(order).is_some(), (0.0..=MAX_CUT_MS).contains(&magnitude))
            }
        };
        match (here, sane) {
            (true, true) => Ok(()),
            (_, false) => Err(Refusal::Malformed),
            (false, true) => Err(Refusal::WrongTarget),
        }
    }

    /// The thing that an order is about becomes what the orders in force make of it; without any it is as it began.
    pub(super) fn settle(&self, order: &Order) {
        let parts = self.parts(order);
        let last = parts.last();
        let reach = &self.0.reach;
        match order.lever {
            Lever::PoisonEntries => {
                if let Some(cache) = &reach.cache {
                    match last {
                        Some((order, grown)) => cache.write_positional(order.ratio * grown),
                        None => cache.write_named(),
                    }
                }
            }
            Lever::Slow => {
                reach.pace.set(parts.iter().map(|(order, grown)| 1.0 + (order.magnitude - 1.0) * grown).product());
            }
            Lever::Exception => {
                reach.exceptions.raise(last.map(|(order, grown)| order.ratio * grown));
            }
            Lever::PoolSize => {
                let pool = self.pool(order).into_iter();
                pool.for_each(|pool| pool.resize(last.map_or(pool.first_size(), |(order, _)| order.magnitude as u32)));
            }
            Lever::ExtraCalls | Lever::Attempts | Lever::RetryBudget | Lever::Timeout | Lever::Drain => {
                self.edge(order).into_iter().for_each(|edge| turn(edge, order.lever, last));
            }
            Lever::CutErrors | Lever::CutLatency | Lever::CutLoad => {
                self.edge(order)
                    .into_iter()
                    .for_each(|edge| edge.severed().set(last.and_then(|(order, _)| cut(order))));
            }
            // What was thrown away is gone, and a build or configuration that took over stays.
            Lever::Purge | Lever::Deploy | Lever::Configure => {}
        }
    }

    /// All orders in force that are about the same thing, in the order in which they began.
    fn parts(&self, order: &Order) -> Vec<Part> {
        let active = self.active();
        let mut same: Vec<_> = active
            .values()
            .filter(|active| active.order.lever == order.lever && active.order.target == order.target)
            .collect();
        same.sort_by_key(|active| active.begun);
        same.into_iter().map(|active| (active.order.clone(), active.grown)).collect()
    }

    /// The pool that an order is about.
    fn pool(&self, order: &Order) -> Option<&Pool> {
        self.0.reach.pool(order.target.split_once('/')?.1)
    }

    /// The call that an order is about.
    fn edge(&self, order: &Order) -> Option<&Edge> {
        self.0.reach.edge(order.target.split_once('/')?.1)
    }
}

fn turn(edge: &Edge, lever: Lever, last: Option<&Part>) {
    let magnitude = last.map(|(order, _)| order.magnitude);
    edge.turned().set(|turns| match lever {
        Lever::ExtraCalls => {
            turns.further =
                last.map(|(order, grown)| Further { share: order.ratio * grown, calls: order.magnitude as u32 });
        }
        Lever::Drain => turns.drained = magnitude.map(|instance| instance as u32),
        Lever::Attempts => turns.attempts = magnitude.map(|attempts| attempts as u32),
        Lever::RetryBudget => turns.retries_per_call = magnitude,
        Lever::Timeout => turns.timeout = magnitude.map(Duration::from_secs_f64),
        Lever::PoisonEntries
        | Lever::Purge
        | Lever::Slow
        | Lever::Exception
        | Lever::PoolSize
        | Lever::Deploy
        | Lever::Configure
        | Lever::CutErrors
        | Lever::CutLatency
        | Lever::CutLoad => {}
    });
}

/// What an order to cut says; none where it is not about a cut.
fn cut(order: &Order) -> Option<Cut> {
    let mean = Duration::from_secs_f64(order.magnitude / 1e3);
    match order.lever {
        Lever::CutErrors => Some(Cut::Errors { share: order.ratio }),
        Lever::CutLatency => Some(Cut::Latency { mean }),
        Lever::CutLoad => Some(Cut::Load { through: order.ratio, mean }),
        Lever::PoisonEntries
        | Lever::Purge
        | Lever::Slow
        | Lever::Exception
        | Lever::PoolSize
        | Lever::ExtraCalls
        | Lever::Attempts
        | Lever::RetryBudget
        | Lever::Timeout
        | Lever::Drain
        | Lever::Deploy
        | Lever::Configure => None,
    }
}
