//! Arguments of `rcalab calibrate`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Calibrate {
    /// Results of regressions: their folders, or their results.jsonl. Those with modifiers tell most, because verdicts
    /// that are all right teach nothing.
    #[arg(required = true, value_name = "RESULTS")]
    pub(crate) results: Vec<PathBuf>,
    /// Write the table here. The engine's own is rca-engine/data/calibration.json.
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// Print table and figures as JSON instead.
    #[arg(long)]
    pub(crate) json: bool,
}
