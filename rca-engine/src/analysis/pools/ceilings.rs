//! Limits that nobody tells: how many uses there were at most at one time, and whether that is a ceiling now.

use std::collections::BTreeMap;

use crate::analysis::census::{Pair, Phase, Phases};
use crate::analysis::statistics::{most_at_once, share};
use crate::canonical::{Model, NONE, PoolId};

/// Somebody waits under a ceiling and under nothing else: this share of all waiting happens while it is met.
const MET: f64 = 0.9;
/// Means that differ by less than this factor are flat, as for use times elsewhere.
const FLAT_USE: f64 = 1.2;
/// Fewer uses than this show no level.
const MIN_USES: usize = 20;

/// A use of a resource: when somebody came for it, when it began, when it ended.
#[derive(Clone, Copy)]
struct Use {
    came: u64,
    began: u64,
    ended: u64,
}

/// The most uses at one time before and after, where the later one is a lower ceiling: while anybody waits exactly so
/// many are in use, each use takes as long as before, and more at one time were seen before without anybody waiting for
/// long. A holder that blocks the others makes uses longer or leaves the ceiling unmet.
pub(super) fn lowered(model: &Model<'_>, phases: &Phases, pool: PoolId) -> Option<Pair<f64>> {
    let uses = uses(model, pool);
    let of = |phase: Phase| -> Vec<Use> {
        uses.iter().filter(|used| phases.of(used.began) == Some(phase)).copied().collect()
    };
    let (before, after) = (of(Phase::Before), of(Phase::After));
    if before.len() < MIN_USES || after.len() < MIN_USES {
        return None;
    }
    let mean = |uses: &[Use]| uses.iter().map(|used| (used.ended - used.began) as f64).sum::<f64>() / uses.len() as f64;
    if mean(&after) > FLAT_USE * mean(&before) {
        return None;
    }
    let most = most_at_once(before.iter().map(|used| (used.began, used.ended)));
    let ceiling = ceiling(&after)?;
    (ceiling < most).then_some(Pair { before: most as f64, after: ceiling as f64 })
}

fn uses(model: &Model<'_>, pool: PoolId) -> Vec<Use> {
    let owner = model.pools[pool.0 as usize].0;
    let calls = model.called_edges().filter(|(from, _)| *from == owner);
    let calls = calls.flat_map(|(from, to)| model.calls_between(from, to)).filter_map(|call| {
        let wait = call.wait.filter(|wait| wait.pool == pool && call.client != NONE)?;
        let began = (call.start + wait.ns).min(call.end);
        Some(Use { came: call.start, began, ended: call.end })
    });
    // Work of its own comes first in a visit; what follows are its calls.
    let visits =
        model.visits_of(owner).iter().filter(|visit| model.row(**visit).wait.is_some_and(|wait| wait.pool == pool));
    let visits = visits.filter(|visit| !model.row(**visit).is_outgoing()).map(|visit| {
        let (row, own_ns) = (model.row(*visit), model.own_ns(*visit));
        let began = (row.start + row.wait.map_or(0, |wait| wait.ns)).min(row.end);
        Use { came: row.start, began, ended: (began + own_ns).min(row.end) }
    });
    calls.chain(visits).filter(|used| used.ended > used.began).collect()
}

/// How many are in use during nearly all of the time in which somebody waits; none where that varies.
fn ceiling(uses: &[Use]) -> Option<u64> {
    let mut edges: Vec<(u64, i64, i64)> =
        uses.iter().flat_map(|used| [(used.came, 0, 1), (used.began, 1, -1), (used.ended, -1, 0)]).collect();
    edges.sort_unstable();
    let (mut in_use, mut waiting, mut since) = (0_i64, 0_i64, 0_u64);
    let mut time: BTreeMap<u64, u64> = BTreeMap::new();
    for (at, used, waits) in edges {
        if waiting > 0 {
            *time.entry(in_use.unsigned_abs()).or_default() += at - since;
        }
        (in_use, waiting, since) = (in_use + used, waiting + waits, at);
    }
    let all: u64 = time.values().sum();
    let (level, longest) = time.into_iter().max_by_key(|(_, ns)| *ns)?;
    (level > 0 && share(longest, all) >= MET).then_some(level)
}
