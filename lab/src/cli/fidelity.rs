//! Arguments of `rcalab fidelity`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Fidelity {
    /// A scenario's id, or the path of a scenario file.
    pub(crate) scenario: String,
    /// Runs of each mode.
    #[arg(long, default_value_t = 10)]
    pub(crate) runs: u64,
    /// Seed of the first run.
    #[arg(long, default_value_t = 1)]
    pub(crate) seed: u64,
    /// Take the live runs from this folder of bundles, and their seeds with them.
    #[arg(long, value_name = "DIR")]
    pub(crate) live_from: Option<PathBuf>,
    /// How far a quantile on virtual time may be from the real one, as a share of it.
    #[arg(long, default_value_t = 0.15)]
    pub(crate) tolerance: f64,
    /// Where bundles go: a folder for each run.
    #[arg(long, default_value = "runs/fidelity", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Print JSON instead of the table.
    #[arg(long)]
    pub(crate) json: bool,
    /// Print the result alone, without progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}
