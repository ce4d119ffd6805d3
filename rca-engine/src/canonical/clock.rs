//! Clock offsets between instances, from the midpoints of client and server spans.

use std::collections::BTreeMap;

use super::rows::{NONE, Row};
use super::services::ServiceId;
use crate::evidence::{SpanKind, Symbol};

/// Fewer pairs than this say nothing about a clock.
const MIN_PAIRS: usize = 8;

/// A process with a clock of its own.
type Host = (ServiceId, Option<Symbol>);

/// Moves the rows of instances whose clock is off onto the clock of their callers, and gives the largest correction.
///
/// A server span normally lies inside its client span, so the midpoints agree up to half of the difference of their
/// lengths (Cristian, 1989). Only where the *median* offset of a pair of instances is larger than the median of that
/// slack is the clock corrected: a server that outlives its caller after a time-out moves single pairs, not the median.
pub(super) fn align(rows: &mut [Row]) -> u64 {
    let mut pairs: BTreeMap<(Host, Host), Vec<(i64, i64)>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.parent != NONE && row.kind == SpanKind::Server) {
        let parent = &rows[row.parent as usize];
        if parent.kind != SpanKind::Client || parent.failure.is_some() {
            continue;
        }
        let slack = (parent.duration() / 2) as i64 - (row.duration() / 2) as i64;
        let offset = (row.start / 2 + row.end / 2) as i64 - (parent.start / 2 + parent.end / 2) as i64;
        let pair = ((parent.service, parent.instance), (row.service, row.instance));
        pairs.entry(pair).or_default().push((offset, slack));
    }
    let mut skewed: BTreeMap<(Host, Host), i64> = BTreeMap::new();
    let mut callees: Vec<Host> = Vec::new();
    for (pair, mut seen) in pairs {
        if seen.len() < MIN_PAIRS {
            continue;
        }
        callees.push(pair.1);
        seen.sort_unstable();
        let offset = seen[seen.len() / 2].0;
        seen.sort_unstable_by_key(|(_, slack)| *slack);
        let slack = seen[seen.len() / 2].1.max(0);
        skewed.insert(pair, if offset.abs() > slack { offset } else { 0 });
    }
    let corrections = corrections(&skewed);
    let largest = corrections.values().map(|offset| offset.unsigned_abs()).max().unwrap_or(0);
    if largest > 0 {
        for row in rows.iter_mut() {
            if let Some(offset) = corrections.get(&(row.service, row.instance)) {
                row.start = row.start.saturating_add_signed(-offset);
                row.end = row.end.saturating_add_signed(-offset);
            }
        }
    }
    largest
}

/// Adds offsets up along the calls, from instances that nobody calls; each instance is corrected once, by the caller
/// that comes first in structural order.
fn corrections(skewed: &BTreeMap<(Host, Host), i64>) -> BTreeMap<Host, i64> {
    let mut known: BTreeMap<Host, i64> = BTreeMap::new();
    let called: Vec<Host> = skewed.keys().map(|(_, callee)| *callee).collect();
    for (caller, _) in skewed.keys() {
        if !called.contains(caller) {
            known.insert(*caller, 0);
        }
    }
    // As many rounds as there are hosts reach the end of the longest chain.
    for _ in 0..skewed.len() {
        let mut added = Vec::new();
        for ((caller, callee), offset) in skewed {
            if let Some(base) = known.get(caller).filter(|_| !known.contains_key(callee)) {
                added.push((*callee, base + offset));
            }
        }
        if added.is_empty() {
            break;
        }
        for (host, offset) in added {
            known.entry(host).or_insert(offset);
        }
    }
    known.retain(|_, offset| *offset != 0);
    known
}
