//! The arguments of `rcalab regress`, `rcalab merge` and `rcalab compare`.

use std::num::NonZeroUsize;
use std::path::PathBuf;

use clap::Args;
use scenarios::modifier::Modifier;

use super::Methods;
use crate::regress::Keep;
use crate::regress::selection::{Partition, Seeds};

#[derive(Debug, Args)]
pub(crate) struct Regress {
    /// Scenarios by id or path; the whole catalog when none is given.
    #[arg(value_name = "SCENARIO")]
    pub(crate) scenarios: Vec<String>,
    /// Seeds and ranges with both ends, such as 1..20 or 3,7,100..120.
    #[arg(long, default_value = "1..20", value_name = "SEEDS")]
    pub(crate) seeds: Seeds,
    /// Change every scenario: spans=0.1 keeps a tenth of the traces; pools*2, ttl*0.5, timeouts*2 and service*2 scale
    /// constants of the system. Repeat for more.
    #[arg(long, value_name = "MODIFIER")]
    pub(crate) with: Vec<Modifier>,
    #[command(flatten)]
    pub(crate) methods: Methods,
    /// Runs at once; as many as there are processors when not given.
    #[arg(long, value_name = "N")]
    pub(crate) jobs: Option<NonZeroUsize>,
    /// Where results and the page with the matrix go. Started again with the same folder, a regression goes on where it
    /// ended.
    #[arg(long, default_value = "runs/regress", value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Carry out one part of all cells, such as slice:2/3.
    #[arg(long, value_name = "slice:M/N")]
    pub(crate) partition: Option<Partition>,
    /// Which bundles stay, in DIR/bundles.
    #[arg(long, value_enum, default_value_t = Keep::None)]
    pub(crate) keep: Keep,
    /// Keep report, verdict and score of so many failed runs a scenario, in DIR/failed; 0 keeps none.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) reports: usize,
    /// Try each verdict's first action in the same run made again: three runs a cell instead of one.
    #[arg(long)]
    pub(crate) try_actions: bool,
    #[command(flatten)]
    pub(crate) told: Reports,
}

#[derive(Debug, Args)]
pub(crate) struct Merge {
    /// Folders of regressions, one for each part.
    #[arg(value_name = "PART", required = true)]
    pub(crate) parts: Vec<PathBuf>,
    /// Where results, the page with the matrix and reports of failed runs go; it must not have results yet. Kept bundles
    /// stay with their parts.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Take over report, verdict and score of so many failed runs a scenario; 0 takes none.
    #[arg(long, value_name = "N", default_value_t = 3)]
    pub(crate) reports: usize,
    #[command(flatten)]
    pub(crate) told: Reports,
}

/// What is told of cells, and to whom.
#[derive(Debug, Args)]
pub(crate) struct Reports {
    /// Write the gates as JUnit.
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Write a summary as Markdown.
    #[arg(long, value_name = "FILE")]
    pub(crate) markdown: Option<PathBuf>,
    /// Write all figures as JSON; `-` prints them instead of the table.
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
    #[command(flatten)]
    pub(crate) gates: Gates,
    /// Print the report alone, without progress.
    #[arg(long, short)]
    pub(crate) quiet: bool,
}

/// From where on a gate is met, each by scenario.
#[derive(Debug, Args)]
#[command(next_help_heading = "Gates")]
pub(crate) struct Gates {
    /// Least share of right roots.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    pub(crate) min_top1: f64,
    /// Least share of right bottlenecks.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    pub(crate) min_bottleneck: f64,
    /// Least mean F1 of the propagation's edges.
    #[arg(long, value_name = "F1", default_value = "0", value_parser = share)]
    pub(crate) min_propagation: f64,
    /// Largest share of convictions where nothing is wrong.
    #[arg(long, value_name = "SHARE", default_value = "0.05", value_parser = share)]
    pub(crate) max_convictions: f64,
    /// Least share of runs that count.
    #[arg(long, value_name = "SHARE", default_value = "0.95", value_parser = share)]
    pub(crate) min_valid: f64,
}

#[derive(Debug, Args)]
pub(crate) struct Compare {
    /// Results from before: a regression's folder, or its results.jsonl.
    pub(crate) before: PathBuf,
    /// Results from after.
    pub(crate) after: PathBuf,
    /// Compare this method alone; repeat for more. `engine` is the lab's own.
    #[arg(long = "method", value_name = "NAME|COMMAND", value_parser = super::methods::named)]
    pub(crate) methods: Vec<String>,
    /// Print JSON instead of the tables.
    #[arg(long)]
    pub(crate) json: bool,
}

impl Gates {
    pub(crate) fn thresholds(&self) -> score::Thresholds {
        score::Thresholds {
            min_top1: self.min_top1,
            min_bottleneck: self.min_bottleneck,
            min_propagation: self.min_propagation,
            max_convictions: self.max_convictions,
            min_valid: self.min_valid,
            ..score::Thresholds::default()
        }
    }
}

fn share(text: &str) -> Result<f64, String> {
    let share = text.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| "expected a share from 0 to 1, such as 0.95".to_owned())
}
