//! One running copy of a service: its world, its builds, its ledger.

use std::fmt;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use arc_swap::ArcSwap;
use contract::{IncidentContext, event};
use scenarios::topology;
use telemetry::{Account, Batch, Identity, Sink, Slot, Telemetry};
use world::World;

use crate::ledger::Ledger;
use crate::member::Member;
use crate::role::Role;

/// How long a build that was replaced may take to end what it began.
const DRAIN: Duration = Duration::from_secs(5);
/// How often it is looked at meanwhile.
const DRAIN_STEP: Duration = Duration::from_millis(50);
/// How long an exporter may take to flush at the end.
const SHUTDOWN: Duration = Duration::from_secs(8);

/// What an instance starts from.
#[derive(Clone, Debug)]
pub struct Start {
    pub member: Member,
    pub world: World,
    pub sink: Sink,
    pub context: IncidentContext,
    pub ledger: Ledger,
}

type OnBuild = Box<dyn Fn(&Telemetry) + Send + Sync>;

/// A running copy of a service.
pub struct Instance {
    start: Start,
    slot: Slot,
    generation: AtomicU32,
    configurations: AtomicU32,
    config: ArcSwap<String>,
    builds: Mutex<Builds>,
    on_build: Mutex<Vec<OnBuild>>,
}

#[derive(Default)]
struct Builds {
    /// Replaced, and still ending what it began.
    draining: Vec<Arc<Telemetry>>,
    /// Of builds that have ended.
    settled: Account,
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance").field("start", &self.start).finish_non_exhaustive()
    }
}

impl Instance {
    /// Starts the first build.
    ///
    /// # Errors
    /// If its telemetry cannot be started.
    pub fn start(start: Start) -> Result<Arc<Self>, telemetry::StartError> {
        let ledger = start.ledger.of(start.member.ordinal);
        let start = Start { ledger, ..start };
        let telemetry = Arc::new(build(&start, "v1", 1)?);
        tracing::dispatcher::with_default(telemetry.dispatch(), || {
            tracing::info!(name: event::STARTED, "{} started", start.member.role.as_str());
        });
        Ok(Arc::new(Self {
            start,
            slot: Slot::new(telemetry),
            generation: AtomicU32::new(1),
            configurations: AtomicU32::new(1),
            config: ArcSwap::from_pointee("c1".to_owned()),
            builds: Mutex::default(),
            on_build: Mutex::default(),
        }))
    }

    /// What it does.
    pub fn role(&self) -> Role {
        self.start.member.role
    }

    /// Which of its role's instances it is, from 1.
    pub(crate) fn ordinal(&self) -> u32 {
        self.start.member.ordinal
    }

    /// Clock, draws and network.
    pub fn world(&self) -> &World {
        &self.start.world
    }

    /// The build in force, for each request to take.
    pub fn slot(&self) -> &Slot {
        &self.slot
    }

    /// The build in force, now.
    pub fn telemetry(&self) -> Arc<Telemetry> {
        self.slot.current()
    }

    pub(crate) fn ledger(&self) -> &Ledger {
        &self.start.ledger
    }

    /// Which configuration is in force.
    pub(crate) fn config_version(&self) -> String {
        self.config.load().as_str().to_owned()
    }

    /// Has instruments made for every later build.
    pub(crate) fn on_build(&self, make: OnBuild) {
        self.on_build.lock().unwrap_or_else(PoisonError::into_inner).push(make);
    }

    /// Another build takes over in place: state stays, identity and instruments are new. Without a version it is the next
    /// one of this instance.
    ///
    /// # Errors
    /// If its telemetry cannot be started; the build in force stays.
    pub fn deploy(self: &Arc<Self>, change: &str, version: Option<&str>) -> Result<(), telemetry::StartError> {
        let generation = self.generation.fetch_add(1, Ordering::Relaxed) + 1;
        let version = version.map_or_else(|| format!("v{generation}"), str::to_owned);
        let next = Arc::new(build(&self.start, &version, generation)?);
        for make in self.on_build.lock().unwrap_or_else(PoisonError::into_inner).iter() {
            make(&next);
        }
        tracing::dispatcher::with_default(next.dispatch(), || {
            tracing::info!(
                name: event::DEPLOYMENT,
                { "deployment.id" = change, "service.version" = version },
                "{} {version} took over",
                self.role().as_str()
            );
        });
        let last = self.slot.swap(next);
        self.builds.lock().unwrap_or_else(PoisonError::into_inner).draining.push(Arc::clone(&last));
        world::task::spawn_apart(Arc::clone(self).drain(last));
        Ok(())
    }

    /// Another configuration is in force; nothing else changes. Without a version it is the next one of this instance.
    pub fn configure(&self, change: &str, version: Option<&str>) {
        let number = self.configurations.fetch_add(1, Ordering::Relaxed) + 1;
        let version = version.map_or_else(|| format!("c{number}"), str::to_owned);
        self.config.store(Arc::new(version.clone()));
        tracing::dispatcher::with_default(self.telemetry().dispatch(), || {
            tracing::info!(
                name: event::CONFIG_CHANGED,
                { "deployment.id" = change, "config.version" = version },
                "{} runs configuration {version}",
                self.role().as_str()
            );
        });
    }

    /// Waits until a replaced build has ended what it began, and stops it.
    async fn drain(self: Arc<Self>, last: Arc<Telemetry>) {
        let clock = &self.world().clock;
        let deadline = clock.now() + DRAIN;
        // Two holders are left when no request has it any more: the list of builds, and this task.
        while Arc::strong_count(&last) > 2 && clock.now() < deadline {
            clock.pass(DRAIN_STEP).await;
        }
        if matches!(self.start.sink, Sink::Otlp { .. }) {
            let stopping = Arc::clone(&last);
            // It can fail only if the runtime is going down, and then nobody counts any more.
            drop(world::task::spawn_blocking(move || stopping.shutdown(SHUTDOWN)).await);
            self.settle(&last);
        }
    }

    fn settle(&self, ended: &Arc<Telemetry>) {
        let mut builds = self.builds.lock().unwrap_or_else(PoisonError::into_inner);
        let before = builds.draining.len();
        builds.draining.retain(|build| !Arc::ptr_eq(build, ended));
        if builds.draining.len() < before {
            builds.settled = builds.settled.plus(ended.account());
        }
    }

    /// Takes what inline sinks have gathered; a replaced build gives its metrics once more, then its spans only
    /// while requests still hold it.
    pub fn pull(&self, metrics: bool) -> Vec<Batch> {
        let draining = self.builds.lock().unwrap_or_else(PoisonError::into_inner).draining.clone();
        let mut batches = Vec::new();
        for build in draining {
            // The list, this loop, and perhaps the draining task.
            let ended = metrics && Arc::strong_count(&build) <= 2;
            batches.extend(build.pull(metrics));
            if ended {
                build.shutdown(SHUTDOWN);
                self.settle(&build);
            }
        }
        batches.extend(self.telemetry().pull(metrics));
        batches
    }

    /// Flushes and stops all builds; blocks.
    pub fn shutdown(&self) {
        let draining = self.builds.lock().unwrap_or_else(PoisonError::into_inner).draining.clone();
        for build in draining {
            build.shutdown(SHUTDOWN);
            self.settle(&build);
        }
        self.telemetry().shutdown(SHUTDOWN);
    }

    /// What became of everything that all builds have emitted.
    pub fn account(&self) -> Account {
        let builds = self.builds.lock().unwrap_or_else(PoisonError::into_inner);
        let draining = builds.draining.iter().fold(builds.settled, |sum, build| sum.plus(build.account()));
        draining.plus(self.telemetry().account())
    }
}

fn build(start: &Start, version: &str, generation: u32) -> Result<Telemetry, telemetry::StartError> {
    let member = start.member;
    let identity = Identity {
        service: member.role.as_str().to_owned(),
        version: version.to_owned(),
        instance: topology::instance_id(member.ordinal, generation),
        host: member.to_string(),
        context: start.context.clone(),
    };
    let key = format!("{}/{member}/{generation}", start.context.run_id);
    let ids = start.world.draws.generator("ids", &key);
    Telemetry::start(identity, &start.world.clock, ids, &start.sink)
}
