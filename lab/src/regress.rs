//! A regression: every scenario with every seed on virtual time, each cell on its own, results kept as they come.

pub(crate) mod cell;
pub(crate) mod crew;
pub(crate) mod failed;
pub(crate) mod merge;
pub(crate) mod pace;
pub(crate) mod results;
pub(crate) mod selection;
pub(crate) mod told;

use score::Cell;

/// Which bundles a regression keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, clap::ValueEnum)]
pub(crate) enum Keep {
    /// Every one.
    All,
    /// Those of cells whose verdict is wrong, or that do not count.
    Wrong,
    None,
}

impl Keep {
    /// Whether the bundle of a cell stays.
    pub(crate) fn keeps(self, cell: &Cell) -> bool {
        match self {
            Self::All => true,
            Self::Wrong => !cell.counts() || cell.is_wrong(),
            Self::None => false,
        }
    }
}
