//! The system on sockets: one child process an instance, on free loopback ports, that ends when this process does.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use services::{Member, Peers, Role};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{Child, ChildStdin, Command};
use world::Clock;

use super::{Addresses, LastWill, Remains, members};
use crate::service::{Orders, Ready};

/// How long a service may take until it listens.
const START: Duration = Duration::from_secs(20);
/// How long it may take to end what it began and to flush.
const STOP: Duration = Duration::from_secs(15);

/// Running processes.
#[derive(Debug)]
pub(crate) struct LiveSystem {
    processes: BTreeMap<Member, Process>,
    private: PathBuf,
    pub(crate) addresses: Addresses,
}

#[derive(Debug)]
struct Process {
    child: Child,
    /// Closing it tells the service to end.
    lifeline: ChildStdin,
}

/// Why the system did not come up.
#[derive(Debug, thiserror::Error)]
pub(crate) enum LiveError {
    #[error("make a token for the control ports")]
    Token(#[source] std::io::Error),
    #[error("find this program's own file")]
    Executable(#[source] std::io::Error),
    #[error("keep private files in `{path}`")]
    Private { path: PathBuf, source: std::io::Error },
    #[error("start the process of {member}")]
    Spawn { member: Member, source: std::io::Error },
    #[error("give {member} its orders")]
    Orders { member: Member, source: std::io::Error },
    #[error("bring {member} up: it did not listen; its log is `{log}`")]
    NotReady { member: Member, log: PathBuf },
}

impl LiveSystem {
    /// Starts all instances of all services, callees first; `template` is what all of them are told.
    ///
    /// # Errors
    /// [`LiveError`] says which service did not come up.
    pub(crate) async fn start(clock: &Clock, private: &Path, template: &Orders) -> Result<Self, LiveError> {
        let executable = std::env::current_exe().map_err(LiveError::Executable)?;
        std::fs::create_dir_all(private).map_err(|source| LiveError::Private { path: private.to_owned(), source })?;
        let token = token().map_err(LiveError::Token)?;
        let mut peers: BTreeMap<Role, Peers> = BTreeMap::new();
        let mut controls = BTreeMap::new();
        let mut processes = BTreeMap::new();
        for (member, weight) in Role::CALLEES_FIRST.into_iter().flat_map(|role| members(role, &template.system)) {
            let orders = Orders {
                role: member.role,
                instance: member.ordinal,
                control_listen: Some(any_port()),
                control_token: Some(token.clone()),
                peers: peers.clone(),
                database_url: (member.role == Role::Database).then(|| template.database_url.clone()).flatten(),
                ledger: Some(private.join(format!("{member}.ledger.jsonl"))),
                will: Some(private.join(format!("{member}.will.json"))),
                ..template.clone()
            };
            let (process, ready) = spawn(clock, &executable, private, &orders).await?;
            peers.entry(member.role).or_default().add(format!("http://{}", ready.listening), weight);
            if let Some(control) = ready.control {
                controls.insert(member, format!("http://{control}"));
            }
            processes.insert(member, process);
        }
        let search = peers.remove(&Role::Search).unwrap_or_default();
        Ok(Self { processes, private: private.to_owned(), addresses: Addresses { search, controls, token } })
    }

    /// Ends callers before callees, and collects what they leave.
    pub(crate) async fn stop(self, clock: &Clock) -> Remains {
        let mut remains = Remains::default();
        // Roles are in the order in which they call each other.
        for (member, Process { mut child, lifeline }) in self.processes {
            drop(lifeline);
            let ended = clock.timeout(STOP, child.wait()).await;
            if ended.is_err() {
                // It is killed, and leaves no will: the run will say so.
                drop(child.kill().await);
            }
            remains.wills.insert(member, read_will(&self.private.join(format!("{member}.will.json"))));
            let ledger = std::fs::read_to_string(self.private.join(format!("{member}.ledger.jsonl")));
            let entries = ledger.unwrap_or_default();
            remains.ledger.extend(entries.lines().filter_map(|line| serde_json::from_str(line).ok()));
        }
        remains
    }

    /// Kills one instance as a crash would.
    ///
    /// # Errors
    /// If there is no such process any more.
    pub(crate) fn kill(&mut self, member: Member) -> std::io::Result<()> {
        let process = self.processes.get_mut(&member).ok_or_else(|| std::io::Error::other("no such process"))?;
        process.child.start_kill()
    }
}

/// Any free port on loopback.
pub(crate) fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

async fn spawn(
    clock: &Clock,
    executable: &Path,
    private: &Path,
    orders: &Orders,
) -> Result<(Process, Ready), LiveError> {
    let member = Member { role: orders.role, ordinal: orders.instance };
    let log = private.join(format!("{member}.log"));
    let log_file = std::fs::File::create(&log).map_err(|source| LiveError::Private { path: log.clone(), source })?;
    let mut child = Command::new(executable)
        .args(["service", "--supervised"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(log_file)
        .kill_on_drop(true)
        .spawn()
        .map_err(|source| LiveError::Spawn { member, source })?;
    let mut lifeline = child.stdin.take().expect("standard input was asked to be a pipe");
    let stdout = child.stdout.take().expect("standard output was asked to be a pipe");
    let told = serde_json::to_string(orders).map_err(std::io::Error::other);
    let told = async { lifeline.write_all(format!("{}\n", told?).as_bytes()).await };
    told.await.map_err(|source| LiveError::Orders { member, source })?;
    let mut lines = BufReader::new(stdout).lines();
    let ready = clock.timeout(START, async {
        // Log lines may come first.
        while let Ok(Some(line)) = lines.next_line().await {
            if let Ok(ready) = serde_json::from_str::<Ready>(&line) {
                return Some(ready);
            }
        }
        None
    });
    let ready = ready.await.ok().flatten().ok_or(LiveError::NotReady { member, log: log.clone() })?;
    world::task::spawn_apart(keep_log(lines, log));
    Ok((Process { child, lifeline }, ready))
}

/// Writes what a service says into its log file.
async fn keep_log(mut lines: tokio::io::Lines<BufReader<tokio::process::ChildStdout>>, log: PathBuf) {
    let mut text = Vec::new();
    while let Ok(Some(line)) = lines.next_line().await {
        text.extend_from_slice(line.as_bytes());
        text.push(b'\n');
        if text.len() > 64 << 10 {
            append(&log, &text);
            text.clear();
        }
    }
    append(&log, &text);
}

/// A log that cannot be written is missing from the folder; nothing depends on it.
fn append(log: &Path, text: &[u8]) {
    let file = std::fs::OpenOptions::new().append(true).create(true).open(log);
    drop(file.and_then(|mut file| std::io::Write::write_all(&mut file, text)));
}

fn read_will(path: &Path) -> Option<LastWill> {
    serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()
}

/// A token for the control ports of one run.
fn token() -> std::io::Result<String> {
    Ok(world::entropy::bytes::<32>()?.iter().map(|byte| format!("{byte:02x}")).collect())
}
