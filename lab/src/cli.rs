//! The command line.

mod ask;
mod calibrate;
mod fidelity;
pub(crate) mod methods;
mod regress;
mod zone;

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use scenarios::modifier::Modifier;

use crate::setup::Mode;

pub(crate) use ask::Ask;
pub(crate) use calibrate::Calibrate;
pub(crate) use fidelity::Fidelity;
pub(crate) use methods::Methods;
pub(crate) use regress::{Compare, Gates, Merge, Regress, Reports};
pub(crate) use zone::Zone;

/// Runs incidents with known causes, asks what happened from the telemetry alone, and scores the answer.
#[derive(Debug, Parser)]
#[command(name = "rcalab", version, propagate_version = true, after_help = EXAMPLES)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXAMPLES: &str = "\
Examples:
  rcalab run cache_poison_pill                  one incident on real sockets, about a minute
  rcalab run cache_poison_pill --mode sim       the same on virtual time, seconds; same seed, same bytes
  rcalab regress --seeds 1..100                 every scenario with a hundred seeds, on all processors
  rcalab regress --method './my_rca.py'         the same, and a program of yours beside the lab's methods
  rcalab merge runs/1 runs/2 --out runs/all     one report of what regress --partition carried out in two parts
  rcalab compare runs/before runs/after         what got better and what got worse between two regressions
  rcalab investigate runs/live-0123456789ab     read a bundle again, without its truth
  rcalab scenarios show null_quiet              what a scenario says, its truth included

Exit codes:
  0 all gates met   2 usage   4 nothing selected   96 the lab did not come up   99 the verdict is wrong
  104 bad scenario or configuration   105 interrupted   106 the run is invalid   110 a report could not be written";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run a scenario, investigate it, and score the verdict against the truth.
    Run(Run),
    /// Run every scenario with many seeds on virtual time, and hold the verdicts to gates.
    Regress(Regress),
    /// Join the parts of a regression that were carried out apart, and report on all of it.
    Merge(Merge),
    /// Say what got better and what got worse between two regressions.
    Compare(Compare),
    /// Fit how sure verdicts may be to how often earlier ones were right, each kind of fault held out in turn.
    Calibrate(Calibrate),
    /// Investigate a folder of evidence: a run's bundle, or OTLP/JSON lines with an alert.json.
    Investigate(Investigate),
    /// Ask a stored verdict a follow-up question: why not X, what first, what is missing, show E7.
    Ask(Ask),
    /// Compare runs on virtual time with live ones: durations of every service, and the verdicts.
    Fidelity(Fidelity),
    /// Score the verdict of a bundle against its truth.
    Score(Score),
    /// List, show and check scenarios.
    #[command(subcommand)]
    Scenarios(Scenarios),
    /// Run one service alone.
    Service(Service),
    /// Print a completion script for a shell.
    Completions {
        /// Which shell.
        shell: clap_complete::Shell,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Run {
    /// A scenario's id, or the path of a scenario file.
    pub(crate) scenario: String,
    /// Real sockets and real time, or virtual time.
    #[arg(long, value_enum, default_value_t = Mode::Live)]
    pub(crate) mode: Mode,
    /// Everything that is drawn depends on it; drawn itself when not given.
    #[arg(long)]
    pub(crate) seed: Option<u64>,
    /// Where bundles go: a folder for each run.
    #[arg(long, default_value = "runs", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Change the scenario: spans=0.1 keeps a tenth of the traces; pools*2, ttl*0.5, timeouts*2 and service*2 scale
    /// constants of the system. Repeat for more.
    #[arg(long, value_name = "MODIFIER")]
    pub(crate) with: Vec<Modifier>,
    /// Database of live runs: sqlite:… or postgres://… (an embedded one when not given).
    #[arg(long, env = "RCALAB_DATABASE_URL", value_name = "URL")]
    pub(crate) database_url: Option<String>,
    /// Try the verdict's first action in the same run made again; virtual time only.
    #[arg(long)]
    pub(crate) try_action: bool,
    #[command(flatten)]
    pub(crate) zone: Zone,
    #[command(flatten)]
    pub(crate) methods: Methods,
    /// Print the verdict alone, without progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
    /// Kill a service, or one of its instances such as catalog-2, this many seconds after the load began, as a crash would: for testing the books.
    #[arg(long, value_name = "SERVICE@SECONDS", hide = true)]
    pub(crate) kill: Option<String>,
    /// Items that may wait in the collector: for testing a queue that is full.
    #[arg(long, value_name = "ITEMS", hide = true)]
    pub(crate) collector_queue_items: Option<u64>,
    /// Emit nothing: for measuring what telemetry costs. There is nothing to investigate then.
    #[arg(long, hide = true)]
    pub(crate) telemetry_off: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Investigate {
    /// A bundle, or a folder with traces.jsonl, metrics.jsonl, logs.jsonl (any of them) and alert.json.
    pub(crate) folder: PathBuf,
    /// Where verdict.json, report.html and methods.json go; nothing is written when not given.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: Option<PathBuf>,
    /// State confidence by this table, as `rcalab calibrate --out` writes it, instead of the engine's own.
    #[arg(long, value_name = "FILE")]
    pub(crate) calibration: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) zone: Zone,
    /// Print verdict.json instead of the report.
    #[arg(long)]
    pub(crate) json: bool,
    #[command(flatten)]
    pub(crate) methods: Methods,
}

#[derive(Debug, Args)]
pub(crate) struct Score {
    /// A run's bundle.
    pub(crate) bundle: PathBuf,
    /// Print score.json instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Scenarios {
    /// List the catalog.
    List,
    /// Show a scenario as written, its truth included.
    Show {
        /// A scenario's id, or the path of a scenario file.
        scenario: String,
    },
    /// Check scenario files and report every mistake in them; without names, the whole catalog.
    Check {
        /// Ids or paths.
        scenarios: Vec<String>,
    },
    /// Test a scenario's labels by intervention, on virtual time: leave out, undo, relieve.
    Verify(Verify),
    /// Print the JSON schema of scenario files.
    Schema,
}

#[derive(Debug, Args)]
pub(crate) struct Verify {
    /// A scenario's id, or the path of a scenario file.
    pub(crate) scenario: String,
    /// One seed, or a range with both ends.
    #[arg(long, default_value = "1..20", value_name = "FROM..TO")]
    pub(crate) seeds: String,
    /// Only operations with one of these in their name, such as omit, undo, relieve, cut, oracle.
    #[arg(long, value_delimiter = ',', value_name = "TEXT")]
    pub(crate) only: Vec<String>,
    /// Seeds at once; as many as there are processors when not given.
    #[arg(long, value_name = "THREADS")]
    pub(crate) jobs: Option<usize>,
    /// Print JSON instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the result alone, without progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Service {
    /// search, catalog, catalog-cache or database.
    #[arg(required_unless_present = "supervised", value_parser = ["search", "catalog", "catalog-cache", "database"])]
    pub(crate) role: Option<String>,
    /// Orders come from standard input, and its end is the end of the service.
    #[arg(long, hide = true)]
    pub(crate) supervised: bool,
    /// Address to listen on.
    #[arg(long, env = "RCALAB_LISTEN", default_value = "127.0.0.1:8080")]
    pub(crate) listen: SocketAddr,
    /// Which instance of its role it is, from 1.
    #[arg(long, env = "RCALAB_INSTANCE", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub(crate) instance: u32,
    /// A service that this one calls, as NAME=URL; repeat for each, and for each of its instances.
    #[arg(long = "peer", env = "RCALAB_PEERS", value_delimiter = ',', value_name = "NAME=URL")]
    pub(crate) peers: Vec<String>,
    /// OTLP/HTTP endpoint, such as <http://127.0.0.1:4318>; without one nothing is emitted.
    #[arg(long, env = "OTEL_EXPORTER_OTLP_ENDPOINT", value_name = "URL")]
    pub(crate) otlp_endpoint: Option<String>,
    /// Database of the role `database`: sqlite:… or postgres://….
    #[arg(long, env = "RCALAB_DATABASE_URL", default_value = "sqlite:products.sqlite", value_name = "URL")]
    pub(crate) database_url: String,
    /// A scenario whose figures and policies to use; the defaults otherwise.
    #[arg(long, env = "RCALAB_SCENARIO")]
    pub(crate) scenario: Option<String>,
    /// Everything that is drawn depends on it.
    #[arg(long, env = "RCALAB_SEED", default_value_t = 0)]
    pub(crate) seed: u64,
    /// Stamped onto all telemetry.
    #[arg(long, env = "RCALAB_RUN_ID", default_value = "none")]
    pub(crate) run_id: String,
    /// Stamped onto all telemetry.
    #[arg(long, env = "RCALAB_REGION", default_value = "eu-west-1")]
    pub(crate) region: String,
    /// Stamped onto all telemetry.
    #[arg(long, env = "RCALAB_ENVIRONMENT", default_value = "lab")]
    pub(crate) environment: String,
    /// Address of the control port; there is none without a token.
    #[arg(long, env = "RCALAB_CONTROL_LISTEN", requires = "control_token")]
    pub(crate) control_listen: Option<SocketAddr>,
    /// Bearer token of the control port.
    #[arg(long, env = "RCALAB_CONTROL_TOKEN", hide_env_values = true)]
    pub(crate) control_token: Option<String>,
}
