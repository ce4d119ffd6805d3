//! What a run is before it begins: scenario, seed, plan, ids, and the figures of its processes.

use std::path::Path;
use std::time::Duration;

use contract::IncidentContext;
use jiff::tz::TimeZone;
use loadgen::Order;
use loadgen::arrivals::Surge;
use rca_engine::component::Component;
use scenarios::lever::ChangeKind;
use scenarios::model::{Lever, Scenario};
use scenarios::modifier::Modifier;
use scenarios::plan::{PlannedInjection, RunPlan};
use services::{Role, control};
use sha2::{Digest as _, Sha256};

use crate::conduct::Timeline;
use crate::system::Addresses;

/// Where the lab runs, in its own telemetry.
const REGION: &str = "eu-west-1";
const ENVIRONMENT: &str = "lab";

/// Version of the code that makes runs: part of a virtual run's id.
pub(crate) const CODE_VERSION: &str = concat!(env!("CARGO_PKG_VERSION"), "+", env!("RCALAB_COMMIT"));

/// Real sockets and real time, or routers and virtual time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Mode {
    Live,
    Sim,
}

impl Mode {
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Live => "live",
            Self::Sim => "sim",
        }
    }
}

/// Everything that is known before a run.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) scenario: Scenario,
    /// The scenario as written.
    pub(crate) text: String,
    pub(crate) plan: RunPlan,
    /// What the scenario was changed by; its figures are changed already.
    pub(crate) modifiers: Vec<Modifier>,
    pub(crate) mode: Mode,
    pub(crate) context: IncidentContext,
    /// A second clock for people, beside UTC.
    pub(crate) zone: Option<TimeZone>,
}

/// Why a scenario could not be used.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub(crate) enum SetupError {
    #[error("find scenario `{name}`: it is neither in the catalog nor a file")]
    #[diagnostic(help("`rcalab scenarios list` shows the catalog; a file needs a path such as ./mine.yaml"))]
    Unknown { name: String },
    #[error("read scenario `{name}`")]
    Read { name: String, source: std::io::Error },
    #[error("use scenario file `{name}`: it is not UTF-8")]
    NotText { name: String },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Wrong(Box<scenarios::ScenarioErrors>),
    #[error("draw a run id")]
    Entropy(#[source] std::io::Error),
}

/// The largest scenario file that is read.
const MAX_SCENARIO_BYTES: u64 = 1 << 20;

/// The text of a scenario by catalog id or path.
///
/// # Errors
/// If there is no such scenario, or its file cannot be read as text.
pub(crate) fn read_scenario(name: &str) -> Result<String, SetupError> {
    if let Some(text) = scenarios::catalog::find(name) {
        return Ok(text.to_owned());
    }
    let path = Path::new(name);
    let read = |source| SetupError::Read { name: name.to_owned(), source };
    if !path.exists() {
        return Err(SetupError::Unknown { name: name.to_owned() });
    }
    if std::fs::metadata(path).map_err(read)?.len() > MAX_SCENARIO_BYTES {
        return Err(read(std::io::Error::other("it is larger than 1 MiB")));
    }
    let bytes = std::fs::read(path).map_err(read)?;
    String::from_utf8(bytes).map_err(|_bytes| SetupError::NotText { name: name.to_owned() })
}

/// A scenario by catalog id or path, changed by modifiers, and its text as written.
///
/// # Errors
/// [`SetupError`] points at every mistake in the file.
pub(crate) fn parse_scenario(name: &str, modifiers: &[Modifier]) -> Result<(Scenario, String), SetupError> {
    let text = read_scenario(name)?;
    let mut scenario = scenarios::parse(name, &text).map_err(|errors| SetupError::Wrong(Box::new(errors)))?;
    modifiers.iter().for_each(|modifier| modifier.apply(&mut scenario));
    Ok((scenario, text))
}

impl Setup {
    /// Reads a scenario and draws a run of it.
    ///
    /// # Errors
    /// [`SetupError`] points at every mistake in the file.
    pub(crate) fn new(name: &str, mode: Mode, seed: u64) -> Result<Self, SetupError> {
        Self::modified(name, &[], mode, seed)
    }

    /// Reads a scenario, changes it by modifiers, and draws a run of it.
    ///
    /// # Errors
    /// [`SetupError`] points at every mistake in the file.
    pub(crate) fn modified(name: &str, modifiers: &[Modifier], mode: Mode, seed: u64) -> Result<Self, SetupError> {
        let (scenario, text) = parse_scenario(name, modifiers)?;
        Self::drawn(scenario, text, modifiers, mode, seed)
    }

    /// Draws a run of a scenario that was read, parsed and modified before.
    ///
    /// # Errors
    /// If a live run's id cannot be drawn.
    pub(crate) fn drawn(
        scenario: Scenario,
        text: String,
        modifiers: &[Modifier],
        mode: Mode,
        seed: u64,
    ) -> Result<Self, SetupError> {
        let run_id = match mode {
            Mode::Sim => derived_id(&text, modifiers, seed),
            Mode::Live => random_id().map_err(SetupError::Entropy)?,
        };
        let context = IncidentContext {
            run_id,
            scenario_id: scenario.id.clone(),
            region: REGION.to_owned(),
            environment: ENVIRONMENT.to_owned(),
        };
        let (plan, modifiers) = (scenarios::plan::plan(&scenario, seed), modifiers.to_vec());
        Ok(Self { plan, scenario, text, modifiers, mode, context, zone: None })
    }

    pub(crate) fn run_id(&self) -> &str {
        &self.context.run_id
    }

    /// What happens when, once the system's addresses are known.
    pub(crate) fn timeline(&self, addresses: &Addresses) -> Timeline {
        let phases = &self.scenario.phases;
        Timeline {
            load: self.scenario.load,
            drift_phase: self.plan.drift_phase,
            warm_up: self.plan.warm_up,
            baseline: self.plan.baseline,
            incident: phases.incident,
            after_alert: phases.after_alert,
            drain: phases.drain,
            question: self.plan.question,
            orders: self.plan.orders().into_iter().flat_map(|planned| self.orders(planned, addresses)).collect(),
            surges: self.plan.orders().into_iter().filter_map(surge).collect(),
            deeds: Vec::new(),
            keeps: true,
        }
    }

    /// A lever of the plan as it is put on once more, from now on.
    pub(crate) fn again(&self, id: &str, addresses: &Addresses) -> Vec<Order> {
        let planned = self.plan.orders().into_iter().filter(|planned| planned.id == id);
        let orders = planned.flat_map(|planned| self.orders(planned, addresses));
        orders.map(|order| Order { at: Duration::ZERO, until: None, ..order }).collect()
    }

    /// A lever as orders, one for each instance that it reaches.
    fn orders(&self, planned: &PlannedInjection, addresses: &Addresses) -> Vec<Order> {
        let role = planned.target.owner().and_then(Role::named);
        let (Some(role), Some(lever), Some(target)) = (role, lever(planned.lever), control_target(&planned.target))
        else {
            return Vec::new();
        };
        let instances = self.scenario.system.instances(role.as_str());
        let reached = match &planned.target {
            Component::Instance { instance, .. } => match instance.parse() {
                Ok(ordinal) => ordinal..=ordinal,
                Err(_) => return Vec::new(),
            },
            _ if planned.change == Some(ChangeKind::Deploy) => instances.rolled_out(),
            _ => instances.all(),
        };
        let change = planned.change.map(|change| match change {
            ChangeKind::Deploy => control::Change::Deploy,
            ChangeKind::Config => control::Change::Config,
        });
        let order = |(instance, port)| Order {
            id: planned.id.clone(),
            port,
            token: addresses.token.clone(),
            lever,
            target: target.clone(),
            instance: Some(instance),
            change,
            version: planned.version.clone(),
            magnitude: planned.magnitude,
            ratio: planned.ratio,
            ramp: planned.ramp,
            at: planned.at,
            until: planned.until,
        };
        addresses.ports(role, reached).into_iter().map(order).collect()
    }
}

/// At the control port; none where it is pulled elsewhere.
fn lever(lever: Lever) -> Option<control::Lever> {
    match lever {
        Lever::PoisonEntries => Some(control::Lever::PoisonEntries),
        Lever::Purge => Some(control::Lever::Purge),
        Lever::Slow => Some(control::Lever::Slow),
        Lever::Exception => Some(control::Lever::Exception),
        Lever::PoolSize => Some(control::Lever::PoolSize),
        Lever::ExtraCalls => Some(control::Lever::ExtraCalls),
        Lever::Attempts => Some(control::Lever::Attempts),
        Lever::RetryBudget => Some(control::Lever::RetryBudget),
        Lever::Timeout => Some(control::Lever::Timeout),
        Lever::Deploy => Some(control::Lever::Deploy),
        Lever::Configure => Some(control::Lever::Configure),
        Lever::Surge => None,
    }
}

/// A service, one of its resources, or whom it calls, as the control port names them.
fn control_target(target: &Component) -> Option<String> {
    match target {
        Component::Service(service) | Component::Instance { service, .. } => Some(service.clone()),
        Component::Resource { service, resource } => Some(format!("{service}/{resource}")),
        Component::Edge { from, to } => Some(format!("{from}/{to}")),
        // The parser lets no lever be put on these.
        Component::Version { .. }
        | Component::Policy { .. }
        | Component::Queue(_)
        | Component::Workload(_)
        | Component::Change(_) => None,
    }
}

fn surge(planned: &PlannedInjection) -> Option<Surge> {
    let PlannedInjection { id, at, until, ramp, magnitude, .. } = planned;
    let surge = Surge { id: id.clone(), at: *at, until: *until, ramp: *ramp, factor: *magnitude };
    (planned.lever == Lever::Surge).then_some(surge)
}

/// The id of a virtual run: the same for the same scenario, modifiers, seed and code.
fn derived_id(text: &str, modifiers: &[Modifier], seed: u64) -> String {
    let digest =
        modified_digest(text, modifiers).chain_update(seed.to_le_bytes()).chain_update(CODE_VERSION).finalize();
    format!("sim-{}", hex(&digest[..6]))
}

/// The digest of a scenario with its modifiers; without any it is that of the text.
pub(crate) fn modified_digest(text: &str, modifiers: &[Modifier]) -> Sha256 {
    modifiers
        .iter()
        .fold(Sha256::new_with_prefix(text), |digest, modifier| digest.chain_update(format!("\n{modifier}")))
}

fn random_id() -> std::io::Result<String> {
    Ok(format!("live-{}", hex(&world::entropy::bytes::<6>()?)))
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// A seed where none was given.
///
/// # Errors
/// If the system has no entropy.
pub(crate) fn any_seed() -> std::io::Result<u64> {
    // Small enough to be typed again.
    Ok(u64::from(u16::from_le_bytes(world::entropy::bytes::<2>()?)))
}
