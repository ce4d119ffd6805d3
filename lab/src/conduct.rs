//! One run from warm-up to drain, the same in both modes: load, levers, telemetry, alert.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use collector::Core;
use loadgen::arrivals::Surge;
use loadgen::{LoadReport, Order, OrderError, Target};
use scenarios::model;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use world::{Stop, World};

use crate::alert::Watch;
use crate::progress::Progress;
use crate::script::{PlannedAct, PlannedDeed};

/// How often telemetry is moved in virtual time; twice a second, as the exporters of live services do.
const PUMP: Duration = Duration::from_millis(500);
/// Telemetry later than this after the alert is no evidence: no method may see the recovery.
pub(crate) const CUT_AFTER_ALERT: Duration = Duration::from_secs(10);

/// What happens when, on the world's clock, and all that was drawn for it.
#[derive(Clone, Debug)]
pub(crate) struct Timeline {
    pub(crate) load: model::Load,
    pub(crate) drift_phase: f64,
    pub(crate) warm_up: Duration,
    pub(crate) baseline: Duration,
    pub(crate) incident: Duration,
    pub(crate) after_alert: Duration,
    pub(crate) drain: Duration,
    /// When an operator asks, after the onset, where the alert is not due.
    pub(crate) question: Option<Duration>,
    /// Their times are relative to the start of the load.
    pub(crate) orders: Vec<Order>,
    /// Their times, too.
    pub(crate) surges: Vec<Surge>,
    /// What is done after the alert.
    pub(crate) deeds: Vec<PlannedDeed>,
    /// Whether telemetry is kept as evidence, or only watched.
    pub(crate) keeps: bool,
}

/// When everything happened, in nanoseconds since the Unix epoch.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Moments {
    pub(crate) load_from_ns: u64,
    /// Where the evidence begins.
    pub(crate) evidence_from_ns: u64,
    pub(crate) onset_ns: u64,
    /// When the alert fired, or the operator asked.
    pub(crate) alert_ns: u64,
    /// Where the evidence ends.
    pub(crate) cut_ns: u64,
    pub(crate) load_to_ns: u64,
}

/// What a run brought.
#[derive(Debug)]
pub(crate) struct Conducted {
    pub(crate) moments: Moments,
    pub(crate) fired: bool,
    pub(crate) webhook: serde_json::Value,
    /// The alert's quantity each second, by wall time; none without traffic.
    pub(crate) sli: Vec<(u64, Option<f64>)>,
    pub(crate) load: LoadReport,
    /// Levers that were not in force as ordered.
    pub(crate) order_errors: Vec<OrderError>,
}

/// Moves telemetry where no exporter does.
pub(crate) type Pump<'a> = &'a mut dyn FnMut(&Core, bool) -> Result<(), ConductError>;

/// Why a run could not be carried through.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ConductError {
    #[error("hand telemetry to the collector")]
    Refused(#[source] collector::Refusal),
    #[error("write telemetry")]
    Write(#[source] collector::WriteError),
}

/// Shares a watch with the collector's tap.
pub(crate) fn tap(watch: &Arc<Mutex<Watch>>) -> collector::Tap {
    let watch = Arc::clone(watch);
    Box::new(move |batch| watch.lock().unwrap_or_else(PoisonError::into_inner).observe(batch))
}

/// Carries a run through: the system is up, the collector receives.
///
/// # Errors
/// If telemetry cannot be moved or written.
pub(crate) async fn conduct(
    world: &World,
    target: Target,
    timeline: &Timeline,
    core: &Core,
    watch: &Arc<Mutex<Watch>>,
    pump: Pump<'_>,
    progress: &Progress,
) -> Result<Conducted, ConductError> {
    let clock = &world.clock;
    let from = clock.now();
    let wall = |at: Duration| clock.wall_ns() + nanos(at) - nanos(clock.now());
    let onset = from + timeline.warm_up + timeline.baseline;
    let stop = Stop::default();
    let load_from_ns = wall(from);
    core.begin_at(if timeline.keeps { wall(from + timeline.warm_up) } else { u64::MAX });
    let mut levers = Levers::default();
    let surges = timeline.surges.iter().map(|surge| levers.stop_of(&surge.id)).collect();
    let driver = start_load(world, target, timeline, from, (stop.clone(), surges));
    timeline.orders.iter().for_each(|order| levers.start(world, order, from));
    let mut called = None;
    let mut sli = Vec::new();
    let mut end = onset + timeline.incident;
    // Where nothing happens at the onset it is only the time from which on a verdict has the baseline that others have.
    let armed = if timeline.question.is_some() { onset } else { from + timeline.warm_up };
    let mut step = 0_u32;
    while clock.now() < end {
        step += 1;
        // Steps are laid out from the start, so that a late one does not move the next.
        clock.sleep_until(from + PUMP * step).await;
        pump(core, step.is_multiple_of(2))?;
        core.tick(clock.wall_ns()).map_err(ConductError::Write)?;
        progress.at(clock.now().saturating_sub(from), timeline, called.is_some());
        if let Some((_, _, since)) = called {
            // Counted in steps: a timer's lateness must not put a deed off to the next one.
            let (before, now) = (PUMP * (step - since - 1), PUMP * (step - since));
            let due = |deed: &&PlannedDeed| before < deed.after_alert && deed.after_alert <= now;
            timeline.deeds.iter().filter(due).for_each(|deed| levers.act(world, &deed.act));
        }
        if !step.is_multiple_of(2) {
            continue;
        }
        sli.push((clock.wall_ns(), locked(watch).value(clock.wall_ns())));
        if called.is_some() {
            continue;
        }
        let asked = timeline.question.is_some_and(|question| clock.now() >= onset + question);
        let fired = locked(watch).fires(clock.wall_ns()) && clock.now() > armed;
        if fired || asked {
            called = Some((clock.wall_ns(), fired, step));
            core.cut_at(clock.wall_ns() + nanos(CUT_AFTER_ALERT));
            end = clock.now() + timeline.after_alert;
        }
    }
    stop.tell();
    levers.stops.values().for_each(Stop::tell);
    let load_to_ns = clock.wall_ns();
    let load = drain(world, core, pump, driver).await?;
    let mut order_errors = Vec::new();
    for lever in levers.under_way {
        order_errors.extend(lever.await.ok().and_then(Result::err));
    }
    let (alert_ns, fired) = called.map_or((load_to_ns, false), |(alert_ns, fired, _)| (alert_ns, fired));
    let webhook = locked(watch).webhook(alert_ns, fired);
    let moments = Moments {
        load_from_ns,
        evidence_from_ns: load_from_ns + nanos(timeline.warm_up),
        onset_ns: load_from_ns + nanos(timeline.warm_up + timeline.baseline),
        alert_ns,
        cut_ns: alert_ns + nanos(CUT_AFTER_ALERT),
        load_to_ns,
    };
    Ok(Conducted { moments, fired, webhook, sli, load, order_errors })
}

fn start_load(
    world: &World,
    target: Target,
    timeline: &Timeline,
    from: Duration,
    (stop, surges): (Stop, Vec<Stop>),
) -> JoinHandle<LoadReport> {
    let arrivals = loadgen::arrivals::arrivals(world.draws, &timeline.load, timeline.drift_phase, &timeline.surges);
    let (world, drain) = (world.clone(), timeline.drain);
    world::task::spawn_apart(async move {
        loadgen::drive(&world, &target, loadgen::Load { arrivals, from, stop, surges }, drain).await
    })
}

/// The levers of a run, each of which can be ended alone.
#[derive(Default)]
struct Levers {
    under_way: Vec<JoinHandle<Result<(), OrderError>>>,
    stops: BTreeMap<String, Stop>,
}

impl Levers {
    /// Follows an order whose times count from `from`.
    fn start(&mut self, world: &World, order: &Order, from: Duration) {
        let order = Order { at: from + order.at, until: order.until.map(|until| from + until), ..order.clone() };
        let (world, stop) = (world.clone(), self.stop_of(&order.id));
        self.under_way.push(world::task::spawn_apart(async move { loadgen::follow(&world, &order, stop).await }));
    }

    /// What ends a lever, by its id: the same one on all the instances that it is put on.
    fn stop_of(&mut self, id: &str) -> Stop {
        self.stops.entry(id.to_owned()).or_default().clone()
    }

    fn act(&mut self, world: &World, act: &PlannedAct) {
        match act {
            // Forgotten, so that it can be put on again.
            PlannedAct::TakeOff { id } => self.stops.remove(id).iter().for_each(Stop::tell),
            PlannedAct::Put(orders) => orders.iter().for_each(|order| self.start(world, order, world.clock.now())),
        }
    }
}

/// Waits for the searches under way, moving telemetry meanwhile.
async fn drain(
    world: &World,
    core: &Core,
    pump: Pump<'_>,
    driver: JoinHandle<LoadReport>,
) -> Result<LoadReport, ConductError> {
    let mut driver = driver;
    let mut metrics = false;
    loop {
        tokio::select! {
            biased;
            report = &mut driver => return Ok(report.expect("the load generator does not panic")),
            () = world.clock.pass(PUMP) => {}
        }
        metrics = !metrics;
        pump(core, metrics)?;
        core.tick(world.clock.wall_ns()).map_err(ConductError::Write)?;
    }
}

fn locked(watch: &Arc<Mutex<Watch>>) -> std::sync::MutexGuard<'_, Watch> {
    watch.lock().unwrap_or_else(PoisonError::into_inner)
}

pub(crate) fn nanos(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}
