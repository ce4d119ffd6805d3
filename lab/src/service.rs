//! `rcalab service`: one role alone, on sockets, until SIGTERM or the end of its supervisor.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;

use axum::Router;
use contract::IncidentContext;
use scenarios::model::{Load, System};
use serde::{Deserialize, Serialize};
use services::{Config, Ledger, Member, Peers, Role, Service, Start};
use telemetry::Sink;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use world::{Clock, Draws, Network, World};

use crate::machine;
use crate::system::LastWill;

/// Everything a service process is told.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Orders {
    pub(crate) role: Role,
    /// Which of its role's instances, from 1.
    pub(crate) instance: u32,
    pub(crate) listen: SocketAddr,
    /// None: there is no control port.
    pub(crate) control_listen: Option<SocketAddr>,
    pub(crate) control_token: Option<String>,
    pub(crate) peers: BTreeMap<Role, Peers>,
    /// OTLP/HTTP endpoint; none: no telemetry.
    pub(crate) otlp_endpoint: Option<String>,
    pub(crate) database_url: Option<String>,
    pub(crate) seed: u64,
    pub(crate) run_id: String,
    pub(crate) scenario_id: String,
    pub(crate) region: String,
    pub(crate) environment: String,
    pub(crate) system: System,
    pub(crate) load: Load,
    /// Private files; none: no ledger, no last will.
    pub(crate) ledger: Option<PathBuf>,
    pub(crate) will: Option<PathBuf>,
}

/// The one line a supervised service prints when it listens.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Ready {
    pub(crate) listening: SocketAddr,
    pub(crate) control: Option<SocketAddr>,
}

/// Why a service ended badly.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ServiceError {
    #[error("read the orders from standard input")]
    Orders(#[source] std::io::Error),
    #[error("understand the orders")]
    Malformed(#[source] serde_json::Error),
    #[error("start the HTTP client")]
    Client(#[source] world::network::ClientError),
    #[error("open the ledger `{path}`")]
    Ledger { path: PathBuf, source: std::io::Error },
    #[error("listen on {address}")]
    Listen { address: SocketAddr, source: std::io::Error },
    #[error("start the service")]
    Start(#[source] services::StartError),
    #[error("hear signals")]
    Signals(#[source] std::io::Error),
    #[error("serve requests")]
    Serve(#[source] std::io::Error),
    #[error("write `{path}`")]
    Will { path: PathBuf, source: std::io::Error },
}

/// Runs a service to its end. `supervised`: prints where it listens, and ends when standard input does.
///
/// # Errors
/// [`ServiceError`] says which step failed.
pub(crate) async fn run(orders: Orders, supervised: bool) -> Result<(), ServiceError> {
    let clock = Clock::real();
    let network = Network::http().map_err(ServiceError::Client)?;
    let world = World { clock: clock.clone(), draws: Draws::new(orders.seed), network };
    let ledger = match &orders.ledger {
        Some(path) => Ledger::file(path).map_err(|source| ServiceError::Ledger { path: path.clone(), source })?,
        None => Ledger::closed(),
    };
    let listener = listen(orders.listen).await?;
    let control_listener = match orders.control_listen {
        Some(address) => Some(listen(address).await?),
        None => None,
    };
    let service =
        Service::start(start(&orders, world, ledger.clone()), &config(&orders)).await.map_err(ServiceError::Start)?;
    if supervised {
        announce(&listener, control_listener.as_ref())?;
    }
    let (end, ended) = watch::channel(false);
    let terminated = signal(SignalKind::terminate()).map_err(ServiceError::Signals)?;
    let interrupted = signal(SignalKind::interrupt()).map_err(ServiceError::Signals)?;
    world::task::spawn_apart(wait_for_end(end, terminated, interrupted, supervised));
    let control = match (control_listener, service.control) {
        (Some(listener), Some(routes)) => Some(world::task::spawn_apart(serve(listener, routes, ended.clone()))),
        _ => None,
    };
    serve(listener, service.routes, ended).await.map_err(ServiceError::Serve)?;
    drop(control);
    let instance = service.instance;
    let stopped = std::sync::Arc::clone(&instance);
    // It can only fail if the runtime is going down, which is what happens next anyway.
    drop(world::task::spawn_blocking(move || stopped.shutdown()).await);
    let ledger_whole = ledger.flush().is_ok();
    if let Some(path) = orders.will.filter(|_| ledger_whole) {
        let lateness = clock.lateness();
        let will = LastWill {
            account: instance.account(),
            timers: lateness.timers,
            late_timers: lateness.late,
            longest_late_row: lateness.longest_row,
            peak_memory_bytes: machine::peak_memory_bytes(),
        };
        let text = serde_json::to_string(&will).map_err(ServiceError::Malformed)?;
        std::fs::write(&path, text).map_err(|source| ServiceError::Will { path, source })?;
    }
    Ok(())
}

/// Orders from the first line of standard input.
///
/// # Errors
/// If there is no line, or it says something else.
pub(crate) fn read_orders() -> Result<Orders, ServiceError> {
    let mut line = String::new();
    std::io::BufRead::read_line(&mut std::io::stdin().lock(), &mut line).map_err(ServiceError::Orders)?;
    serde_json::from_str(&line).map_err(ServiceError::Malformed)
}

fn start(orders: &Orders, world: World, ledger: Ledger) -> Start {
    Start {
        member: Member { role: orders.role, ordinal: orders.instance },
        world,
        sink: orders.otlp_endpoint.as_ref().map_or(Sink::Off, |endpoint| Sink::Otlp { endpoint: endpoint.clone() }),
        context: IncidentContext {
            run_id: orders.run_id.clone(),
            scenario_id: orders.scenario_id.clone(),
            region: orders.region.clone(),
            environment: orders.environment.clone(),
        },
        ledger,
    }
}

fn config(orders: &Orders) -> Config {
    Config {
        system: orders.system.clone(),
        load: orders.load,
        peers: orders.peers.clone(),
        database_url: orders.database_url.clone(),
        control_token: orders.control_token.clone(),
        cancel_on_disconnect: false,
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ServiceError> {
    TcpListener::bind(address).await.map_err(|source| ServiceError::Listen { address, source })
}

#[expect(clippy::print_stdout, reason = "the line a supervisor waits for")]
fn announce(listener: &TcpListener, control: Option<&TcpListener>) -> Result<(), ServiceError> {
    let address = |listener: &TcpListener| listener.local_addr().map_err(ServiceError::Serve);
    let ready = Ready { listening: address(listener)?, control: control.map(address).transpose()? };
    println!("{}", serde_json::to_string(&ready).map_err(ServiceError::Malformed)?);
    Ok(())
}

async fn serve(listener: TcpListener, routes: Router, mut ended: watch::Receiver<bool>) -> std::io::Result<()> {
    let end = async move {
        // A sender that is gone says the same: it is over.
        drop(ended.wait_for(|ended| *ended).await);
    };
    axum::serve(listener, routes).with_graceful_shutdown(end).await
}

async fn wait_for_end(
    end: watch::Sender<bool>,
    mut terminated: tokio::signal::unix::Signal,
    mut interrupted: tokio::signal::unix::Signal,
    supervised: bool,
) {
    let supervisor_gone = async {
        if supervised {
            // Standard input is held open by the supervisor for as long as it lives.
            let read = world::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
            drop(read.await);
        } else {
            std::future::pending::<()>().await;
        }
    };
    tokio::select! {
        _ = terminated.recv() => {}
        // An interrupt from the keyboard reaches the whole group; a supervised service ends when its supervisor says so.
        _ = interrupted.recv(), if !supervised => {}
        () = supervisor_gone => {}
    }
    end.send_replace(true);
}
