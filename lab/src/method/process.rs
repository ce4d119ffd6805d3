//! Running a command as a method: a process group of its own, a time limit, and bounded output.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::os::unix::process::{CommandExt as _, ExitStatusExt as _};
use std::path::Path;
use std::process::{Child, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, kill_process_group, waitid};

use super::command::Command;

/// More than this is no answer.
const OUT_MAX: usize = 4 << 20;
/// The end of what it said on standard error, which stands in the reason of a failure.
const SAID_MAX: usize = 2 << 10;
/// How long output may take to end once the whole group is killed: whoever holds it then has left the group.
const DRAIN: Duration = Duration::from_secs(2);

/// Why a command gave no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error("could not be started: {0}")]
    Start(#[source] io::Error),
    #[error("took longer than {} s and was killed", .0.as_secs_f64())]
    TimedOut(Duration),
    #[error("printed more than {} MiB and was killed", OUT_MAX >> 20)]
    TooMuch,
    #[error("left a process behind that holds its output")]
    Held,
    #[error("{how}{said}")]
    Ended { how: String, said: String },
}

/// Process groups under way, so that somebody who leaves can end them.
#[derive(Clone, Debug, Default)]
pub(crate) struct Groups(Arc<Mutex<State>>);

#[derive(Debug, Default)]
struct State {
    under_way: BTreeSet<i32>,
    /// Whether somebody has left: who begins then ends at once.
    closed: bool,
}

impl Groups {
    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn begin(&self, id: Pid) {
        let mut state = self.state();
        state.under_way.insert(id.as_raw_nonzero().get());
        if state.closed {
            kill(id);
        }
    }

    fn end(&self, id: Pid) {
        self.state().under_way.remove(&id.as_raw_nonzero().get());
    }

    /// Kills all that is under way, and whatever begins from now on.
    pub(crate) fn close(&self) {
        let mut state = self.state();
        state.closed = true;
        state.under_way.iter().filter_map(|id| Pid::from_raw(*id)).for_each(kill);
    }
}

/// What a running command tells.
enum Event {
    Ended,
    TooMuch,
}

/// Runs a command in a folder and gives what it printed.
///
/// # Errors
/// [`Failure`] if it cannot be started, fails, takes too long, or prints too much.
pub(super) fn run(
    command: &Command,
    folder: &Path,
    path: &str,
    limit: Duration,
    groups: &Groups,
) -> Result<Vec<u8>, Failure> {
    let mut child = start(command, folder, path).map_err(Failure::Start)?;
    let id = Pid::from_child(&child);
    groups.begin(id);
    let (tell, told) = channel();
    let out = child.stdout.take().map(|out| reading(out, Some((OUT_MAX, tell.clone()))));
    let err = child.stderr.take().map(|err| reading(err, None));
    let waiting = std::thread::spawn(move || {
        // Without taking its end away: until that is done, nobody else can get its number.
        while matches!(
            waitid(WaitId::Pid(id), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT),
            Err(rustix::io::Errno::INTR)
        ) {}
        drop(tell.send(Event::Ended));
    });
    let event = told.recv_timeout(limit);
    // What it started ends with it, whether it ended by itself or not.
    kill(id);
    drop(waiting.join());
    groups.end(id);
    let status = child.wait().map_err(Failure::Start)?;
    match event {
        Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Err(Failure::TimedOut(limit)),
        Ok(Event::TooMuch) => Err(Failure::TooMuch),
        Ok(Event::Ended) if status.success() => {
            let out = out.and_then(|out| out.recv_timeout(DRAIN).ok()).ok_or(Failure::Held)?;
            if out.len() > OUT_MAX { Err(Failure::TooMuch) } else { Ok(out) }
        }
        Ok(Event::Ended) => {
            let said = err.and_then(|err| err.recv_timeout(DRAIN).ok()).unwrap_or_default();
            Err(Failure::Ended { how: how(status), said: last_line(&said) })
        }
    }
}

/// Nothing of the lab's environment but where programs are; what it writes goes into its folder.
fn start(command: &Command, folder: &Path, path: &str) -> io::Result<Child> {
    let mut process = std::process::Command::new(&command.words[0]);
    process.args(&command.words[1..]).current_dir(folder).env_clear();
    process.env("PATH", path).env("LANG", "C.UTF-8").env("HOME", folder).env("TMPDIR", folder);
    process.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    process.process_group(0).spawn()
}

fn kill(group: Pid) {
    match kill_process_group(group, Signal::KILL) {
        // Nobody left to kill is what is wanted, and nothing more can be done about anything else.
        Ok(()) | Err(_) => {}
    }
}

/// Reads to the end on a thread of its own. With a bound it stops behind that and says so; without one only the end of
/// what was read is kept.
fn reading(mut from: impl Read + Send + 'static, bound: Option<(usize, Sender<Event>)>) -> Receiver<Vec<u8>> {
    let (give, given) = channel();
    std::thread::spawn(move || {
        let mut kept = Vec::new();
        let mut buffer = [0; 1 << 13];
        while let Ok(count) = from.read(&mut buffer) {
            kept.extend_from_slice(&buffer[..count]);
            match &bound {
                _ if count == 0 => break,
                Some((most, tell)) if kept.len() > *most => {
                    drop(tell.send(Event::TooMuch));
                    break;
                }
                Some(_) => {}
                None => drop(kept.drain(..kept.len().saturating_sub(SAID_MAX))),
            }
        }
        drop(give.send(kept));
    });
    given
}

fn how(status: ExitStatus) -> String {
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("ended with exit code {code}"),
        (None, Some(signal)) => format!("was ended by signal {signal}"),
        (None, None) => "ended".to_owned(),
    }
}

/// The last line that says something: in most languages the one that names the error.
fn last_line(said: &[u8]) -> String {
    let text = String::from_utf8_lossy(said);
    let last = text.lines().rev().map(str::trim).find(|line| !line.is_empty());
    last.map_or_else(String::new, |line| format!(": {line}"))
}
