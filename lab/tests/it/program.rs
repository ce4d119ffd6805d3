//! Starting the built program, waiting for it with a deadline, and knowing when nothing of it is left.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Whatever a test starts must have ended by then, on the slowest machine.
pub(crate) const PATIENCE: Duration = Duration::from_secs(180);

/// How a program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// None: a signal ended it.
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

/// A program under way, with all that it starts itself.
#[derive(Debug)]
pub(crate) struct Program {
    child: Child,
    out: Receiver<String>,
    err: Receiver<String>,
    heard: String,
}

/// Runs `rcalab` to its end.
pub(crate) fn rcalab(arguments: &[&str]) -> Ended {
    Program::start(arguments).end()
}

/// The text of a path.
pub(crate) fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// A port that was free a moment ago. Who uses it must cope with losing it.
pub(crate) fn free_port() -> u16 {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap().local_addr().unwrap().port()
}

/// Whether a tool that only some machines have may be missing here. Says so, and is fatal where everything must be there.
pub(crate) fn missing(tool: &str) {
    #[expect(clippy::disallowed_methods, reason = "whether this is CI is the environment's to say")]
    let ci = std::env::var("CI").is_ok_and(|ci| ci == "true" || ci == "1");
    assert!(!ci, "{tool} is missing, and under CI nothing may be");
    // Past the capture of a test's output, which would hide it where the test then passes.
    let mut terminal = std::io::stderr();
    writeln!(terminal, "NOT TESTED: {tool} is missing on this machine").unwrap();
}

impl Program {
    /// Starts `rcalab` in such a way that standard output stays open until the last process it started is gone: a copy of
    /// it, number 9, is handed down to all of them.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        let mut child = Command::new("sh")
            .args(["-c", "exec \"$0\" \"$@\" 9>&1", env!("CARGO_BIN_EXE_rcalab")])
            .args(arguments)
            // What the developer's shell says must not change a test.
            .env_clear()
            .envs([("PATH", "/usr/bin:/bin"), ("NO_COLOR", "1"), ("RUST_BACKTRACE", "0")])
            .current_dir(env!("CARGO_TARGET_TMPDIR"))
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (say_out, out) = channel();
        let mut pipe = child.stdout.take().unwrap();
        std::thread::spawn(move || {
            let mut bytes = Vec::new();
            pipe.read_to_end(&mut bytes).unwrap();
            drop(say_out.send(String::from_utf8_lossy(&bytes).into_owned()));
        });
        let (say_err, err) = channel();
        let pipe = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in pipe.lines().map_while(Result::ok) {
                drop(say_err.send(line));
            }
        });
        Self { child, out, err, heard: String::new() }
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Waits for a line on standard error.
    pub(crate) fn hear(&mut self, part: &str) {
        loop {
            let line = self.err.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("never said {part:?}, only:\n{}", self.heard));
            self.heard.push_str(&line);
            self.heard.push('\n');
            if line.contains(part) {
                return;
            }
        }
    }

    /// Sends a signal to this process alone, as `kill` does.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.id().to_string()]).status().unwrap();
        assert!(sent.success(), "cannot send {name}");
    }

    /// Whether it ends within a while, with everything that it started.
    pub(crate) fn ends_within(&self, while_: Duration) -> Option<String> {
        match self.out.recv_timeout(while_) {
            Ok(out) => Some(out),
            Err(RecvTimeoutError::Timeout) => None,
            Err(RecvTimeoutError::Disconnected) => panic!("standard output was read already"),
        }
    }

    /// Waits until it and everything that it started are gone.
    pub(crate) fn end(self) -> Ended {
        let out = self.ends_within(PATIENCE);
        self.ended(out)
    }

    /// For who has waited for the output already.
    pub(crate) fn ended(mut self, out: Option<String>) -> Ended {
        let Some(out) = out else {
            // The whole test fails anyway; nothing may be left behind.
            drop(self.child.kill());
            panic!(
                "did not end, or left processes behind; it said:\n{}{}",
                self.heard,
                self.err.iter().collect::<String>()
            );
        };
        let code = self.child.wait().unwrap().code();
        let mut err = std::mem::take(&mut self.heard);
        for line in self.err.iter() {
            err.push_str(&line);
            err.push('\n');
        }
        Ended { code, out, err }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // Only a test that failed in between leaves it running.
        if matches!(self.child.try_wait(), Ok(None)) {
            drop(self.child.kill());
            drop(self.child.wait());
        }
    }
}

impl Ended {
    /// The folder of the bundle, as the program prints it.
    pub(crate) fn bundle(&self) -> PathBuf {
        let line = self.out.lines().find_map(|line| line.strip_prefix("bundle  "));
        PathBuf::from(line.unwrap_or_else(|| panic!("no bundle: {self:?}")))
    }

    /// Asserts how it ended, and shows everything where it did not.
    #[track_caller]
    pub(crate) fn with(self, code: i32) -> Self {
        assert_eq!(self.code, Some(code), "\n{}\n{}", self.out, self.err);
        self
    }
}
