//! The system on virtual time: all instances of the four services on one thread, reached through their routers.

use std::collections::BTreeMap;
use std::sync::Arc;

use collector::{Batch, Core, Refusal};
use contract::IncidentContext;
use scenarios::model::{Load, System};
use services::{Config, Instance, Ledger, Member, Peers, Role, Service, Start, StartError};
use telemetry::Sink;
use world::network::InProcess;
use world::{Clock, Draws, Network, World};

use super::{Addresses, LastWill, Remains, members};

/// Nobody can reach an in-process port from outside; the token only has to match.
const TOKEN: &str = "in-process";

/// A running system.
#[derive(Debug)]
pub(crate) struct SimSystem {
    hosts: InProcess,
    instances: BTreeMap<Member, Arc<Instance>>,
    ledger: Ledger,
    pub(crate) addresses: Addresses,
}

/// A world on virtual time; needs a current-thread runtime with paused time.
pub(crate) fn world(seed: u64) -> (World, InProcess) {
    let draws = Draws::new(seed);
    let hosts = InProcess::new(draws);
    (World { clock: Clock::simulated(), draws, network: Network::InProcess(hosts.clone()) }, hosts)
}

impl SimSystem {
    /// Starts all services.
    ///
    /// # Errors
    /// If one cannot be put together.
    pub(crate) async fn start(
        world: &World,
        hosts: &InProcess,
        context: &IncidentContext,
        system: &System,
        load: &Load,
        sink: &Sink,
    ) -> Result<Self, StartError> {
        let mut peers: BTreeMap<Role, Peers> = BTreeMap::new();
        let ledger = Ledger::memory();
        let mut instances = BTreeMap::new();
        let mut controls = BTreeMap::new();
        let all = Role::CALLEES_FIRST.into_iter().flat_map(|role| members(role, system));
        for (member, weight) in all {
            let name = host(member);
            let start = Start {
                member,
                world: world.clone(),
                sink: sink.clone(),
                context: context.clone(),
                ledger: ledger.clone(),
            };
            let config = Config {
                system: system.clone(),
                load: *load,
                peers: peers.clone(),
                database_url: None,
                control_token: Some(TOKEN.to_owned()),
                cancel_on_disconnect: false,
            };
            let service = Service::start(start, &config).await?;
            hosts.listen(&format!("{name}:80"), service.routes);
            peers.entry(member.role).or_default().add(format!("http://{name}:80"), weight);
            if let Some(control) = service.control {
                hosts.listen(&format!("{name}.control:80"), control);
                controls.insert(member, format!("http://{name}.control:80"));
            }
            instances.insert(member, service.instance);
        }
        let search = peers.remove(&Role::Search).unwrap_or_default();
        let addresses = Addresses { search, controls, token: TOKEN.to_owned() };
        Ok(Self { hosts: hosts.clone(), instances, ledger, addresses })
    }

    /// Hands what has gathered to the collector.
    ///
    /// # Errors
    /// If the collector refuses: in virtual time nothing may be lost.
    pub(crate) fn pump(&self, core: &Core, metrics: bool) -> Result<(), Refusal> {
        for instance in self.instances.values() {
            for batch in instance.pull(metrics) {
                core.push(match batch {
                    telemetry::Batch::Traces(request) => Batch::Traces(request),
                    telemetry::Batch::Metrics(request) => Batch::Metrics(request),
                    telemetry::Batch::Logs(request) => Batch::Logs(request),
                })?;
            }
        }
        Ok(())
    }

    /// Ends all services; what they still hold goes to the collector first.
    ///
    /// # Errors
    /// If the collector refuses.
    pub(crate) fn stop(self, core: &Core) -> Result<Remains, Refusal> {
        self.pump(core, true)?;
        let wills = self.instances.iter().map(|(member, instance)| {
            instance.shutdown();
            (*member, Some(LastWill { account: instance.account(), ..LastWill::default() }))
        });
        Ok(Remains { wills: wills.collect(), ledger: self.ledger.take() })
    }
}

/// What an instance is called on the network: the first of a role has its name.
fn host(member: Member) -> String {
    if member.ordinal == 1 { member.role.as_str().to_owned() } else { member.to_string() }
}

impl Drop for SimSystem {
    fn drop(&mut self) {
        self.hosts.close_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Weak;

    use super::*;

    #[test]
    fn nothing_of_a_system_outlives_its_run() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let left: Vec<Weak<Instance>> = runtime.block_on(async {
            let (world, hosts) = world(7);
            let context = IncidentContext {
                run_id: "r".to_owned(),
                scenario_id: "s".to_owned(),
                region: "e".to_owned(),
                environment: "l".to_owned(),
            };
            let (system, load) = (System::default(), Load::default());
            let system = SimSystem::start(&world, &hosts, &context, &system, &load, &Sink::Inline).await.unwrap();
            system.instances.values().map(Arc::downgrade).collect()
        });
        drop(runtime);
        assert_eq!(left.len(), 6);
        assert!(left.iter().all(|instance| instance.upgrade().is_none()), "an instance is still held");
    }
}
