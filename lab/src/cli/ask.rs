//! Arguments of `rcalab ask`.

use std::path::PathBuf;

use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct Ask {
    /// A run's bundle, or a verdict.json.
    pub(crate) bundle: PathBuf,
    /// The question, in plain words.
    #[arg(required = true)]
    pub(crate) question: Vec<String>,
    /// Print JSON instead of lines.
    #[arg(long)]
    pub(crate) json: bool,
}
