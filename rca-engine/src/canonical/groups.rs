//! Visits by service and calls by edge, so that who asks about one of them does not pass through all.

use std::collections::BTreeMap;
use std::ops::Range;

use super::rows::Row;
use super::services::ServiceId;
use super::tree::Call;

/// Positions in a list, grouped; within a group they keep the list's order.
#[derive(Debug, Default)]
pub(super) struct Groups {
    /// Visits by service.
    visits: Vec<u32>,
    services: Vec<Range<usize>>,
    /// Positions of calls by edge.
    calls: Vec<u32>,
    edges: BTreeMap<(ServiceId, ServiceId), Range<usize>>,
}

impl Groups {
    pub(super) fn of(rows: &[Row], visits: &[u32], calls: &[Call], services: usize) -> Self {
        let service = |visit: &u32| rows[*visit as usize].service.0 as usize;
        let (order, ranges) = group(visits.iter().map(service), services);
        let (numbers, edges) = number_edges(calls, services);
        let (calls, edge_ranges) = group(numbers.into_iter().map(|number| number as usize), edges.len());
        Self {
            visits: order.into_iter().map(|position| visits[position as usize]).collect(),
            services: ranges,
            calls,
            edges: edges.into_iter().zip(edge_ranges).collect(),
        }
    }

    pub(super) fn visits_of(&self, service: ServiceId) -> &[u32] {
        self.services.get(service.0 as usize).map_or(&[], |range| &self.visits[range.clone()])
    }

    /// Positions of the calls of an edge.
    pub(super) fn calls_between(&self, from: ServiceId, to: ServiceId) -> &[u32] {
        self.edges.get(&(from, to)).map_or(&[], |range| &self.calls[range.clone()])
    }

    /// Edges that were called, in structural order.
    pub(super) fn edges(&self) -> impl Iterator<Item = (ServiceId, ServiceId)> {
        self.edges.keys().copied()
    }
}

/// The edge of each call as a number, and the edges by number.
fn number_edges(calls: &[Call], services: usize) -> (Vec<u32>, Vec<(ServiceId, ServiceId)>) {
    let mut edges: Vec<(ServiceId, ServiceId)> = Vec::new();
    // Callees of each service with the number of the edge, by callee.
    let mut callees: Vec<Vec<(ServiceId, u32)>> = vec![Vec::new(); services];
    let mut numbers = Vec::with_capacity(calls.len());
    for call in calls {
        let known = &mut callees[call.from.0 as usize];
        let number = match known.binary_search_by_key(&call.to, |(to, _)| *to) {
            Ok(position) => known[position].1,
            Err(position) => {
                let number = u32::try_from(edges.len()).expect("edges are fewer than calls, which 32 bits number");
                edges.push((call.from, call.to));
                known.insert(position, (call.to, number));
                number
            }
        };
        numbers.push(number);
    }
    (numbers, edges)
}

/// Positions by group, and the range of each group.
fn group(of: impl Iterator<Item = usize> + Clone, groups: usize) -> (Vec<u32>, Vec<Range<usize>>) {
    let mut next = vec![0_usize; groups + 1];
    let mut count = 0;
    for group in of.clone() {
        next[group + 1] += 1;
        count += 1;
    }
    for group in 1..next.len() {
        next[group] += next[group - 1];
    }
    let ranges = next.windows(2).map(|pair| pair[0]..pair[1]).collect();
    let mut order = vec![0_u32; count];
    for (position, group) in (0_u32..).zip(of) {
        order[next[group]] = position;
        next[group] += 1;
    }
    (order, ranges)
}
