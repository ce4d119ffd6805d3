//! What makes a virtual run another one than its plan: things turned on the way, deeds after the alert, a longer watch.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use loadgen::Order;
use services::{Role, control};

use crate::conduct::Timeline;
use crate::setup::Setup;
use crate::system::Addresses;
use crate::tally::Tally;

/// Everything that is done to a run beside its plan; by default nothing.
#[derive(Clone, Debug, Default)]
pub(crate) struct Script {
    /// Turned at a time since the load began, until the end.
    pub(crate) turns: Vec<(Duration, Turn)>,
    /// Done at a time since the alert.
    pub(crate) deeds: Vec<Deed>,
    /// How long the run goes on after the onset without an alert, in place of the scenario's phase.
    pub(crate) incident: Option<Duration>,
    /// How long it goes on after the alert, in place of the scenario's phase.
    pub(crate) after_alert: Option<Duration>,
    pub(crate) kept: Kept,
    /// Where metrics are added up.
    pub(crate) tally: Option<Arc<Mutex<Tally>>>,
}

/// What is kept of a run's telemetry.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Kept {
    /// Evidence on disk, and in memory where the mode keeps it.
    #[default]
    Files,
    /// Evidence in memory alone: it can be judged.
    Memory,
    /// Only what taps add up.
    Nothing,
}

/// One thing of one service that is turned.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Turn {
    pub(crate) role: Role,
    pub(crate) lever: control::Lever,
    /// A service, or one of its pools.
    pub(crate) target: String,
    /// In the lever's unit.
    pub(crate) magnitude: f64,
    /// Share of what the lever touches.
    pub(crate) ratio: f64,
}

/// Something that is done after the alert.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Deed {
    pub(crate) after_alert: Duration,
    pub(crate) act: Act,
}

/// What is done.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Act {
    /// A lever of the plan is taken off, as at the end of its time.
    TakeOff { id: String },
    /// And put on again, for the rest of the run.
    PutBack { id: String },
    /// A thing is turned.
    Turn(Turn),
}

impl Turn {
    pub(crate) fn of_service(role: Role, lever: control::Lever, magnitude: f64) -> Self {
        Self { role, lever, target: role.as_str().to_owned(), magnitude, ratio: 1.0 }
    }

    pub(crate) fn of_pool(role: Role, pool: &str, size: u32) -> Self {
        let target = format!("{}/{pool}", role.as_str());
        Self { role, lever: control::Lever::PoolSize, target, magnitude: f64::from(size), ratio: 1.0 }
    }

    /// As orders to the control ports of all instances.
    fn orders(&self, id: &str, at: Duration, addresses: &Addresses) -> Vec<Order> {
        let order = |(instance, port)| Order {
            id: id.to_owned(),
            port,
            token: addresses.token.clone(),
            lever: self.lever,
            target: self.target.clone(),
            instance: Some(instance),
            change: None,
            version: None,
            magnitude: self.magnitude,
            ratio: self.ratio,
            ramp: Duration::ZERO,
            at,
            until: None,
        };
        addresses.ports(self.role, 1..=u32::MAX).into_iter().map(order).collect()
    }
}

/// A deed that can be carried out.
#[derive(Clone, Debug)]
pub(crate) struct PlannedDeed {
    pub(crate) after_alert: Duration,
    pub(crate) act: PlannedAct,
}

/// What is done, with the address of where.
#[derive(Clone, Debug)]
pub(crate) enum PlannedAct {
    TakeOff {
        id: String,
    },
    /// One order for each instance; their time is when it is due.
    Put(Vec<Order>),
}

impl Script {
    /// The run's timeline as the plan has it, and with it what this script adds.
    pub(crate) fn timeline(&self, setup: &Setup, addresses: &Addresses) -> Timeline {
        let mut timeline = setup.timeline(addresses);
        let turned = self.turns.iter().zip(1_u32..);
        timeline.orders.extend(turned.flat_map(|((at, turn), n)| turn.orders(&format!("turn-{n}"), *at, addresses)));
        timeline.incident = self.incident.unwrap_or(timeline.incident);
        timeline.after_alert = self.after_alert.unwrap_or(timeline.after_alert);
        timeline.keeps = self.kept != Kept::Nothing;
        let planned = self.deeds.iter().zip(1..).map(|(deed, n)| {
            let act = match &deed.act {
                Act::TakeOff { id } => PlannedAct::TakeOff { id: id.clone() },
                Act::PutBack { id } => PlannedAct::Put(setup.again(id, addresses)),
                Act::Turn(turn) => PlannedAct::Put(turn.orders(&Self::deed_id(n), Duration::ZERO, addresses)),
            };
            PlannedDeed { after_alert: deed.after_alert, act }
        });
        timeline.deeds = planned.collect();
        timeline
    }

    /// The id of the lever that a deed puts on, by its number from 1.
    pub(crate) fn deed_id(number: usize) -> String {
        format!("deed-{number}")
    }

    /// Shares the tally with the collector's tap.
    pub(crate) fn tap(&self) -> Option<collector::Tap> {
        let tally = Arc::clone(self.tally.as_ref()?);
        Some(Box::new(move |batch| tally.lock().unwrap_or_else(PoisonError::into_inner).observe(batch)))
    }
}
