//! A real PostgreSQL server, started by the test that needs it and gone with it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use tempfile::TempDir;

use crate::program::{free_port, missing, text};

/// A running server with an empty database; stopped when dropped, also by a panic.
#[derive(Debug)]
pub(crate) struct Postgres {
    programs: PathBuf,
    folder: TempDir,
    pub(crate) port: u16,
}

/// The server's programs, the newest version's.
fn programs() -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").ok()?;
    let mut found: Vec<(u32, PathBuf)> = versions
        .flatten()
        .filter_map(|version| Some((version.file_name().to_str()?.parse().ok()?, version.path().join("bin"))))
        .filter(|(_, path)| path.join("initdb").exists())
        .collect();
    found.sort();
    Some(found.pop()?.1)
}

/// Runs a program of the server, as a user that it accepts: it refuses to be root.
fn run(program: &Path, arguments: &[&OsStr]) -> Output {
    let root = Command::new("id").arg("-u").output().unwrap().stdout == b"0\n";
    let mut command = if root {
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program);
        command
    } else {
        Command::new(program)
    };
    // The server's own output goes to its log: a pipe that it inherits would stay open as long as it lives.
    command.args(arguments).current_dir("/").output().unwrap()
}

fn assert_done(what: &str, output: &Output) {
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{what}: {}{said}", String::from_utf8_lossy(&output.stdout));
}

impl Postgres {
    /// None where it is not installed, which is said, and is fatal under CI.
    pub(crate) fn start() -> Option<Self> {
        let Some(programs) = programs() else {
            missing("PostgreSQL");
            return None;
        };
        // Not below the build's folder: the server's user must be able to get there.
        let folder = TempDir::new().unwrap();
        // Fails harmlessly where this is not root, and then the folder is the right user's already.
        drop(Command::new("chown").arg("postgres").arg(folder.path()).output());
        let server = Self { programs, port: free_port(), folder };
        let data = server.folder.path().join("data");
        let made = ["-D", text(&data), "-U", "lab", "-A", "trust", "--no-sync"].map(OsStr::new);
        assert_done("initdb", &run(&server.programs.join("initdb"), &made));
        server.control(&["start", "-w"]);
        Some(server)
    }

    fn control(&self, what: &[&str]) {
        let data = self.folder.path().join("data");
        let log = self.folder.path().join("log");
        let flags =
            format!("-p {} -k {} -c listen_addresses=127.0.0.1 -c fsync=off", self.port, text(self.folder.path()));
        let arguments = [what, &["-D", text(&data), "-l", text(&log), "-o", &flags]].concat();
        let arguments: Vec<&OsStr> = arguments.into_iter().map(OsStr::new).collect();
        assert_done("pg_ctl", &run(&self.programs.join("pg_ctl"), &arguments));
    }

    /// Where its only database is.
    pub(crate) fn url(&self) -> String {
        format!("postgres://lab@127.0.0.1:{}/postgres", self.port)
    }

    /// The answer to a query, as text.
    pub(crate) fn ask(&self, query: &str) -> String {
        let port = self.port.to_string();
        let arguments = ["-h", text(self.folder.path()), "-p", &port, "-U", "lab", "-d", "postgres", "-tAc", query];
        let output = run(&self.programs.join("psql"), &arguments.map(OsStr::new));
        assert_done("psql", &output);
        String::from_utf8(output.stdout).unwrap().trim().to_owned()
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        let data = self.folder.path().join("data");
        let stop = ["stop", "-w", "-m", "immediate", "-D", text(&data)].map(OsStr::new);
        drop(run(&self.programs.join("pg_ctl"), &stop));
    }
}
