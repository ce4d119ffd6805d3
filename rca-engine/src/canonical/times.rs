//! How each visit spent its time, whoever waits for it; measured once, because every analysis asks.

use super::Model;
use super::rows::NONE;
use super::services::{PoolId, ServiceId};
use super::tree::Call;

/// Own time and waits of all visits.
#[derive(Debug, Default)]
pub(super) struct Times {
    /// Own time and wait by row, nanoseconds; 0 where the row begins no visit.
    spent_ns: Vec<(u64, u64)>,
    /// Waits by visit, and where the ones of each row begin, with the end behind the last.
    waits: Vec<(PoolId, u64)>,
    first_wait: Vec<u32>,
    /// Waits for calls of another visit that does the same work: visit, callee, nanoseconds; by visit.
    shared: Vec<(u32, ServiceId, u64)>,
    /// Waits for work that was not recorded: visit, nanoseconds; by visit.
    unseen: Vec<(u32, u64)>,
}

/// How a visit spent its time.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VisitTime<'m> {
    /// What neither a call nor a wait of the visit's own rows covers.
    pub(crate) own_ns: u64,
    /// All waits together, at most what no call covers.
    pub(crate) wait_ns: u64,
    /// What it waited for was not recorded.
    pub(crate) unseen_ns: u64,
    pub(crate) waits: &'m [(PoolId, u64)],
    /// Waits for calls of another visit that does the same work: visit, callee, nanoseconds.
    pub(crate) shared: &'m [(u32, ServiceId, u64)],
}

impl Times {
    pub(super) fn measure(model: &Model<'_>) -> Self {
        let rows = model.rows.len();
        let mut times =
            Self { spent_ns: vec![(0, 0); rows], first_wait: Vec::with_capacity(rows + 1), ..Self::default() };
        let mut open = Vec::new();
        for visit in &model.visits {
            times.begin(*visit as usize);
            times.spent_ns[*visit as usize] = times.spent(model, *visit, &mut open);
        }
        times.begin(rows);
        times
    }

    pub(super) fn of(&self, visit: u32) -> VisitTime<'_> {
        let visit_index = visit as usize;
        let waits = self.first_wait[visit_index] as usize..self.first_wait[visit_index + 1] as usize;
        let first = self.shared.partition_point(|(of, ..)| *of < visit);
        let count = self.shared[first..].iter().take_while(|(of, ..)| *of == visit).count();
        VisitTime {
            own_ns: self.spent_ns[visit_index].0,
            wait_ns: self.spent_ns[visit_index].1,
            unseen_ns: self.unseen.binary_search_by_key(&visit, |(of, _)| *of).map_or(0, |found| self.unseen[found].1),
            waits: &self.waits[waits],
            shared: &self.shared[first..first + count],
        }
    }

    pub(super) fn own_ns(&self, visit: u32) -> u64 {
        self.spent_ns[visit as usize].0
    }

    /// The waits of all rows up to this one are known.
    fn begin(&mut self, row: usize) {
        let known = u32::try_from(self.waits.len()).expect("no more waits than rows, which 32 bits number");
        self.first_wait.resize(row + 1, known);
    }

    /// Own time and waits of a visit.
    fn spent(&mut self, model: &Model<'_>, visit: u32, open: &mut Vec<u32>) -> (u64, u64) {
        let row = model.row(visit);
        let (mut own_ns, mut wait_ns) = (row.duration().saturating_sub(self.covered(model, visit)), 0);
        if row.awaits_unseen {
            // How long it was at work itself is not known.
            self.unseen.push((visit, own_ns));
            own_ns = 0;
        }
        open.push(visit);
        while let Some(index) = open.pop() {
            let row = model.row(index);
            let children = model.children(index);
            // A wait on a span that calls another service lies inside the call, which is covered already.
            let calls_out = row.is_outgoing() && (row.peer.is_some() || !children.is_empty());
            if let Some(wait) = row.wait.filter(|_| !calls_out) {
                let waited = wait.ns.min(own_ns);
                (own_ns, wait_ns) = (own_ns - waited, wait_ns + waited);
                self.waits.push((wait.pool, wait.ns));
            }
            open.extend(children.iter().filter(|child| model.row(**child).visit == visit));
        }
        (own_ns, wait_ns)
    }

    /// What calls cover of a visit; overlapping ones count once, for the one that began first.
    fn covered(&mut self, model: &Model<'_>, visit: u32) -> u64 {
        let row = model.row(visit);
        let (mut covered, mut until) = (0, row.start);
        let mut cover = |call: &Call| {
            let (from, to) = (call.start.max(until), call.end.min(row.end));
            if from >= to {
                return 0;
            }
            covered += to - from;
            until = to;
            to - from
        };
        if row.shared == NONE {
            model.calls_of(visit).iter().for_each(|call| {
                cover(call);
            });
        } else {
            let mut calls: Vec<&Call> = model.awaited_calls(visit).collect();
            calls.sort_by_key(|call| (call.start, call.end, call.visit != visit));
            for call in calls {
                let ns = cover(call);
                if ns > 0 && call.visit != visit {
                    self.shared.push((visit, call.to, ns));
                }
            }
        }
        covered
    }
}
