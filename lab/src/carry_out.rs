//! Carrying a run out in either mode: bring the system and its collector up, conduct, take everything down.

use std::net::TcpListener as StdListener;
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use collector::live::Pace;
use collector::receive::{Limits, Receiver};
use collector::{Core, Counters, Lines};
use loadgen::Target;
use rca_engine::evidence::Evidence;
use scenarios::modifier::Modifier;
use telemetry::Sink;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use world::clock::Lateness;
use world::{Clock, Draws, Network, Stop, World};

use crate::alert::Watch;
use crate::conduct::{self, ConductError, Conducted};
use crate::judge;
use crate::progress::Progress;
use crate::script::{Kept, Script};
use crate::service::Orders;
use crate::setup::{Mode, Setup};
use crate::system::live::{LiveError, LiveSystem, any_port};
use crate::system::sim::{self, SimSystem};
use crate::system::{Addresses, Remains};
use crate::witness::Witness;

/// The collector ticks at least this often.
const TICK: Duration = Duration::from_millis(100);
/// Ticks that open connections get to end after the collector was told to.
const GRACE_TICKS: u32 = 10;

/// What a run may be told beside its scenario.
#[derive(Clone, Debug, Default)]
pub(crate) struct RunOptions {
    /// `sqlite:…` or `postgres://…` for live runs; none: an embedded file of the run's own.
    pub(crate) database_url: Option<String>,
    /// Whether the system emits nothing: what it costs without telemetry.
    pub(crate) telemetry_off: bool,
    /// Limits of the collector's queue.
    pub(crate) collector: collector::Config,
    /// An instance that is killed this long after the load began, as a crash would.
    pub(crate) kill: Option<(services::Member, Duration)>,
    /// What is done beside the plan; virtual runs only.
    pub(crate) script: Script,
}

/// Everything a run left, before anybody judges it.
#[derive(Debug)]
pub(crate) struct Raw {
    pub(crate) conducted: Conducted,
    pub(crate) remains: Remains,
    pub(crate) counters: Counters,
    /// Timers of this process; those of services are in their wills.
    pub(crate) lateness: Lateness,
    /// On the machine's clock.
    pub(crate) took: Duration,
    /// What the evidence's files say, where it was kept in memory, too.
    pub(crate) evidence: Option<Arc<Evidence>>,
}

/// Why the lab did not come up, or broke while it ran.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RunError {
    #[error("go on: interrupted")]
    Interrupted,
    #[error("listen for signals")]
    Signals(#[source] std::io::Error),
    #[error("start the runtime")]
    Runtime(#[source] std::io::Error),
    #[error("create the bundle's files")]
    Files(#[source] std::io::Error),
    #[error("build the HTTP client")]
    Client(#[source] world::network::ClientError),
    #[error("listen for telemetry")]
    Listen(#[source] std::io::Error),
    #[error("bring the system up")]
    Live(#[source] LiveError),
    #[error("put the system together")]
    Start(#[source] services::StartError),
    #[error("conduct the run")]
    Conduct(#[source] ConductError),
    #[error("collect telemetry")]
    Collect(#[source] collector::live::LiveError),
    #[error("end the collector")]
    Finish(#[source] collector::WriteError),
}

/// Runs a scenario into a folder; returns when everything is down.
///
/// # Errors
/// [`RunError`] if the lab itself failed; what the system did is never an error.
pub(crate) fn carry_out(
    setup: &Setup,
    folder: &Path,
    options: &RunOptions,
    progress: &Progress,
) -> Result<Raw, RunError> {
    let started = judge::now();
    let raw = match setup.mode {
        Mode::Live => {
            let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
            runtime.map_err(RunError::Runtime)?.block_on(live(setup, folder, options, progress))
        }
        Mode::Sim => {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
            runtime.map_err(RunError::Runtime)?.block_on(sim(setup, folder, options, progress))
        }
    };
    raw.map(|raw| Raw { took: started.elapsed(), ..raw })
}

async fn sim(setup: &Setup, folder: &Path, options: &RunOptions, progress: &Progress) -> Result<Raw, RunError> {
    let (world, hosts) = sim::world(setup.plan.seed);
    let (core, watch) = collector(setup, folder, options)?;
    let witness = Witness::default();
    let core = core.with_witness(witness.tap());
    let sink = if options.telemetry_off { Sink::Off } else { Sink::Inline };
    let (figures, load) = (&setup.scenario.system, &setup.scenario.load);
    let system = SimSystem::start(&world, &hosts, &setup.context, figures, load, &sink).await;
    let system = system.map_err(RunError::Start)?;
    let timeline = options.script.timeline(setup, &system.addresses);
    let mut pump = |core: &Core, metrics: bool| system.pump(core, metrics).map_err(ConductError::Refused);
    let target = target(setup, &system.addresses);
    let conducted = conduct::conduct(&world, target, &timeline, &core, &watch, &mut pump, progress).await;
    let conducted = conducted.map_err(RunError::Conduct)?;
    let refused = |refusal| RunError::Conduct(ConductError::Refused(refusal));
    let remains = system.stop(&core).map_err(refused)?;
    let counters = core.finish(world.clock.wall_ns()).map_err(RunError::Finish)?;
    let evidence = Some(Arc::new(witness.evidence()));
    Ok(Raw { conducted, remains, counters, lateness: Lateness::default(), took: Duration::ZERO, evidence })
}

async fn live(setup: &Setup, folder: &Path, options: &RunOptions, progress: &Progress) -> Result<Raw, RunError> {
    // From here on an interrupt waits until it is asked for, wherever the run is by then.
    let mut interrupted = signal(SignalKind::interrupt()).map_err(RunError::Signals)?;
    let network = Network::http().map_err(RunError::Client)?;
    let world = World { clock: Clock::real(), draws: Draws::new(setup.plan.seed), network };
    let (core, watch) = collector(setup, folder, options)?;
    let core = Arc::new(core);
    let listener = StdListener::bind(any_port()).and_then(|listener| {
        listener.set_nonblocking(true)?;
        TcpListener::from_std(listener)
    });
    let listener = listener.map_err(RunError::Listen)?;
    let endpoint = format!("http://{}", listener.local_addr().map_err(RunError::Listen)?);
    let stop_collector = Stop::default();
    let collecting =
        world::task::spawn_apart(collect(listener, Arc::clone(&core), world.clock.clone(), stop_collector.clone()));
    progress.phase("starting");
    let private = folder.join("private");
    let orders = orders(setup, options, &private, endpoint);
    let mut system = tokio::select! {
        biased;
        // Dropping what has come up so far kills it.
        _ = interrupted.recv() => return Err(RunError::Interrupted),
        started = LiveSystem::start(&world.clock, &private, &orders) => started.map_err(RunError::Live)?,
    };
    let timeline = setup.timeline(&system.addresses);
    let target = target(setup, &system.addresses);
    let killing = options.kill.map(|(member, after)| (member, world.clock.now() + after));
    let mut pump = |_: &Core, _| {
        if let Some((member, _)) = killing.filter(|(_, at)| world.clock.now() >= *at) {
            // Killing it twice does no harm.
            drop(system.kill(member));
        }
        Ok(())
    };
    let conducted = tokio::select! {
        biased;
        _ = interrupted.recv() => Err(RunError::Interrupted),
        conducted = conduct::conduct(&world, target, &timeline, &core, &watch, &mut pump, progress) => {
            conducted.map_err(RunError::Conduct)
        }
    };
    progress.phase("stopping");
    let remains = system.stop(&world.clock).await;
    stop_collector.tell();
    let counters = collecting.await.expect("the collector does not panic").map_err(RunError::Collect)?;
    Ok(Raw {
        conducted: conducted?,
        remains,
        counters,
        lateness: world.clock.lateness(),
        took: Duration::ZERO,
        evidence: None,
    })
}

fn collector(setup: &Setup, folder: &Path, options: &RunOptions) -> Result<(Core, Arc<Mutex<Watch>>), RunError> {
    let lines = |name| match options.script.kept {
        Kept::Files => Lines::create(&folder.join(name)).map_err(RunError::Files),
        Kept::Memory | Kept::Nothing => Ok(Lines::nowhere()),
    };
    let watch = Arc::new(Mutex::new(Watch::new(setup.scenario.alert)));
    let mut config = options.collector;
    for modifier in &setup.modifiers {
        if let Modifier::Spans(share) = modifier {
            config.traces_kept = *share;
        }
    }
    let (evidence, after) = (lines(evidence::layout::EVIDENCE)?, lines(evidence::layout::AFTER)?);
    let taps = [conduct::tap(&watch)].into_iter().chain(options.script.tap()).collect();
    Ok((Core::new(config, evidence, after, taps), watch))
}

async fn collect(
    listener: TcpListener,
    core: Arc<Core>,
    clock: Clock,
    stop: Stop,
) -> Result<Counters, collector::live::LiveError> {
    let receiver = Receiver::new(core, Limits::default());
    let (now, pause) = (clock.clone(), clock);
    let pace =
        Pace { now_ns: move || now.wall_ns(), pause: async move || pause.pass(TICK).await, grace_pauses: GRACE_TICKS };
    collector::live::serve(listener, &receiver, pace, async move { stop.told().await }).await
}

fn target(setup: &Setup, addresses: &Addresses) -> Target {
    let fan_out = setup.scenario.load.fan_out;
    Target { peers: addresses.search.clone(), context: setup.context.clone(), fan_out }
}

fn orders(setup: &Setup, options: &RunOptions, private: &Path, endpoint: String) -> Orders {
    let embedded = || format!("sqlite:{}", private.join("products.sqlite").display());
    Orders {
        role: services::Role::Database,
        instance: 1,
        listen: any_port(),
        control_listen: None,
        control_token: None,
        peers: std::collections::BTreeMap::new(),
        otlp_endpoint: (!options.telemetry_off).then_some(endpoint),
        database_url: Some(options.database_url.clone().unwrap_or_else(embedded)),
        seed: setup.plan.seed,
        run_id: setup.context.run_id.clone(),
        scenario_id: setup.context.scenario_id.clone(),
        region: setup.context.region.clone(),
        environment: setup.context.environment.clone(),
        system: setup.scenario.system.clone(),
        load: setup.scenario.load,
        ledger: None,
        will: None,
    }
}
