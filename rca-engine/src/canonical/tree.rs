//! Children, visits and calls: who worked for whom.

use super::rows::{Failure, NONE, Row, Wait};
use super::services::ServiceId;

/// One service asked another for something.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    /// The caller's piece of work.
    pub(crate) visit: u32,
    /// The caller's span of the call, or [`NONE`] where callers do not record one.
    pub(crate) client: u32,
    /// The callee's span, or [`NONE`] where it is missing.
    pub(crate) server: u32,
    pub(crate) from: ServiceId,
    pub(crate) to: ServiceId,
    /// As the caller saw it where it recorded a span.
    pub(crate) start: u64,
    pub(crate) end: u64,
    pub(crate) failure: Option<Failure>,
    /// The caller's wait for a connection.
    pub(crate) wait: Option<Wait>,
}

impl Call {
    pub(crate) fn duration(&self) -> u64 {
        self.end - self.start
    }
}

pub(super) struct Tree {
    pub(super) children: Vec<u32>,
    pub(super) calls: Vec<Call>,
    /// Where the calls of each row begin, with the end behind the last.
    pub(super) first_call: Vec<u32>,
    pub(super) visits: Vec<u32>,
}

/// Fills in each row's children and visit, and lists calls and visits.
pub(super) fn build(rows: &mut [Row]) -> Tree {
    let children = children(rows);
    let visits = visits(rows, &children);
    let (calls, first_call) = by_visit(&calls(rows, &children), rows.len());
    Tree { children, calls, first_call, visits }
}

/// Rows grouped by parent; within a parent they keep their order by start.
fn children(rows: &mut [Row]) -> Vec<u32> {
    let mut counts = vec![0_u32; rows.len() + 1];
    for row in rows.iter().filter(|row| row.parent != NONE) {
        counts[row.parent as usize + 1] += 1;
    }
    for index in 1..counts.len() {
        counts[index] += counts[index - 1];
    }
    for (row, range) in rows.iter_mut().zip(counts.windows(2)) {
        row.children = (range[0], range[1]);
    }
    let mut next = counts.clone();
    let mut children = vec![NONE; counts.last().map_or(0, |total| *total as usize)];
    for (row, index) in rows.iter().zip(0_u32..) {
        if row.parent != NONE {
            let slot = &mut next[row.parent as usize];
            children[*slot as usize] = index;
            *slot += 1;
        }
    }
    children
}

/// A visit begins at a root and wherever the service changes; every row learns the visit it belongs to.
fn visits(rows: &mut [Row], children: &[u32]) -> Vec<u32> {
    let mut visits = Vec::new();
    let mut stack: Vec<u32> = Vec::new();
    for root in (0..rows.len()).filter(|index| rows[*index].parent == NONE).collect::<Vec<_>>() {
        stack.push(u32::try_from(root).expect("rows are numbered in 32 bits"));
        while let Some(index) = stack.pop() {
            let (parent, service) = (rows[index as usize].parent, rows[index as usize].service);
            let inherits = parent != NONE && rows[parent as usize].service == service;
            rows[index as usize].visit = if inherits { rows[parent as usize].visit } else { index };
            if !inherits {
                visits.push(index);
            }
            let (from, to) = rows[index as usize].children;
            stack.extend(&children[from as usize..to as usize]);
        }
    }
    visits.sort_unstable();
    visits
}

fn calls(rows: &[Row], children: &[u32]) -> Vec<Call> {
    let mut calls = Vec::new();
    for (row, index) in rows.iter().zip(0_u32..) {
        let mut callees = children[row.children.0 as usize..row.children.1 as usize]
            .iter()
            .filter(|child| rows[**child as usize].service != row.service)
            .enumerate()
            .peekable();
        let outgoing = row.is_outgoing();
        let is_alone = callees.peek().is_none();
        for (position, server) in callees {
            let callee = &rows[*server as usize];
            // A client span answers for its first callee; further ones are calls of their own.
            let seen_by_client = outgoing && position == 0;
            let side = if seen_by_client { row } else { callee };
            calls.push(Call {
                visit: row.visit,
                client: if seen_by_client { index } else { NONE },
                server: *server,
                from: row.service,
                to: callee.service,
                start: side.start,
                end: side.end,
                failure: side.failure.or(callee.failure),
                wait: if seen_by_client { row.wait } else { None },
            });
        }
        if let Some(peer) = row.peer.filter(|peer| outgoing && is_alone && *peer != row.service) {
            calls.push(Call {
                visit: row.visit,
                client: index,
                server: NONE,
                from: row.service,
                to: peer,
                start: row.start,
                end: row.end,
                failure: row.failure,
                wait: row.wait,
            });
        }
    }
    calls
}

/// Calls by the visit that makes them, then by start; and where the calls of each row begin, with the end behind the last.
fn by_visit(calls: &[Call], rows: usize) -> (Vec<Call>, Vec<u32>) {
    let mut first = vec![0_u32; rows + 1];
    for call in calls {
        first[call.visit as usize + 1] += 1;
    }
    for row in 1..first.len() {
        first[row] += first[row - 1];
    }
    // Calls come in the order of rows, visit by visit but for a few: then there is little to move.
    let mut next = first.clone();
    let mut order = vec![0_u32; calls.len()];
    for (call, position) in calls.iter().zip(0_u32..) {
        let slot = &mut next[call.visit as usize];
        order[*slot as usize] = position;
        *slot += 1;
    }
    let key = |position: &u32| {
        let call = &calls[*position as usize];
        (call.start, call.end, call.client, call.server)
    };
    for range in first.windows(2).filter(|range| range[1] - range[0] > 1) {
        order[range[0] as usize..range[1] as usize].sort_unstable_by_key(key);
    }
    (order.iter().map(|position| calls[*position as usize].clone()).collect(), first)
}
