//! Caller × callee, before and during the incident: calls per request, and where the time of a call goes.

use std::collections::BTreeMap;

use rca_engine::evidence::{Evidence, Span, Status};
use rca_engine::investigation::Window;

use super::spans::{SpanIndex, duration_ns, is_call, is_service};

/// Who calls the outermost service.
pub(crate) const OUTSIDE: &str = "(users)";

/// Sums over the calls of one pair in one window.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sums {
    pub(crate) calls: u64,
    pub(crate) errors: u64,
    /// As the caller saw it; of a call from outside, as its server saw it.
    pub(crate) total_ns: u128,
    /// For a bounded resource, on either side.
    pub(crate) wait_ns: u128,
    /// The callee's own work: not waiting, not calling on.
    pub(crate) own_ns: u128,
    /// Neither side accounts for it: the network, or a span that was not seen.
    pub(crate) gap_ns: u128,
    /// Calls of which both sides were seen.
    pub(crate) paired: u64,
}

/// One line of the table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Pair<'a> {
    pub(crate) caller: &'a str,
    pub(crate) callee: &'a str,
    pub(crate) before: Sums,
    pub(crate) after: Sums,
}

/// The table with the number of requests that it is measured by.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Calls<'a> {
    /// Root spans that began in the baseline.
    pub(crate) requests_before: u64,
    /// Root spans that began in the incident.
    pub(crate) requests_after: u64,
    /// The pair that grew most per request first.
    pub(crate) pairs: Vec<Pair<'a>>,
}

/// Measures every pair over the two windows; a call counts in the window in which it began.
pub(crate) fn calls<'a>(evidence: &'a Evidence, baseline: Window, incident: Window) -> Calls<'a> {
    let index = SpanIndex::new(evidence);
    let mut sums: BTreeMap<(&'a str, &'a str), [Sums; 2]> = BTreeMap::new();
    let mut requests = [0; 2];
    for span in &evidence.spans {
        let Some(window) = [baseline, incident].iter().position(|window| holds(*window, span.start_ns)) else {
            continue;
        };
        if span.parent_id == 0 {
            requests[window] += 1;
        }
        if is_call(span) {
            let (callee, one) = call(&index, span);
            sums.entry((index.service(span.resource), callee)).or_default()[window].add(one);
        } else if span.parent_id == 0 && is_service(span) {
            let one = served(&index, span);
            sums.entry((OUTSIDE, index.service(span.resource))).or_default()[window].add(one);
        }
    }
    let mut pairs: Vec<Pair<'_>> =
        sums.into_iter().map(|((caller, callee), [before, after])| Pair { caller, callee, before, after }).collect();
    let per_request =
        |total: u128, requests: u64| i128::try_from(total / u128::from(requests.max(1))).unwrap_or(i128::MAX);
    pairs.sort_by_key(|pair| {
        let own = |sums: &Sums| sums.wait_ns + sums.own_ns + sums.gap_ns;
        let grew = per_request(own(&pair.after), requests[1]) - per_request(own(&pair.before), requests[0]);
        (std::cmp::Reverse(grew), pair.caller, pair.callee)
    });
    Calls { requests_before: requests[0], requests_after: requests[1], pairs }
}

impl Sums {
    /// The mean of a sum over all calls.
    pub(crate) fn mean_ns(&self, sum_ns: u128) -> Option<f64> {
        mean(sum_ns, self.calls)
    }

    /// The mean of a sum that only calls with both sides seen contribute to.
    pub(crate) fn paired_mean_ns(&self, sum_ns: u128) -> Option<f64> {
        mean(sum_ns, self.paired)
    }

    fn add(&mut self, other: Self) {
        self.calls += other.calls;
        self.errors += other.errors;
        self.total_ns += other.total_ns;
        self.wait_ns += other.wait_ns;
        self.own_ns += other.own_ns;
        self.gap_ns += other.gap_ns;
        self.paired += other.paired;
    }
}

#[expect(clippy::cast_precision_loss, reason = "three digits are shown")]
fn mean(sum_ns: u128, count: u64) -> Option<f64> {
    (count > 0).then(|| sum_ns as f64 / count as f64)
}

/// A call seen from its caller, joined with its callee's span where there is one.
fn call<'a>(index: &SpanIndex<'a>, client: &'a Span) -> (&'a str, Sums) {
    let mut sums = Sums { calls: 1, errors: u64::from(client.status == Status::Error), ..Sums::default() };
    let total = duration_ns(client);
    let waited = index.wait_ns(client);
    sums.total_ns = u128::from(total);
    sums.wait_ns = u128::from(waited);
    let Some(server) = index.children(client).find(|child| is_service(child)) else {
        // Whom a lone client span calls is known by name only, and its time cannot be divided.
        return (index.peer(client).unwrap_or("(not seen)"), sums);
    };
    let inside = served(index, server);
    sums.wait_ns += inside.wait_ns;
    sums.own_ns = inside.own_ns;
    sums.paired = 1;
    // Durations only, so that two hosts' clocks need not agree.
    sums.gap_ns = u128::from(total.saturating_sub(waited).saturating_sub(duration_ns(server)));
    (index.service(server.resource), sums)
}

/// A request as its server saw it. Spans inside the same service count as its own work, apart from their calls.
fn served(index: &SpanIndex<'_>, server: &Span) -> Sums {
    let (mut wait, mut own) = (0u64, 0u64);
    let mut open = vec![server];
    // Bounded, because the spans of a broken trace can be each other's parents.
    for _ in 0..1_000 {
        let Some(span) = open.pop() else { break };
        let waited = index.wait_ns(span);
        let free: u64 = index.own_time(span).iter().map(|(from, to)| to - from).sum();
        wait = wait.saturating_add(waited);
        own = own.saturating_add(free.saturating_sub(waited));
        open.extend(index.children(span).filter(|child| is_inside(index, server, child)));
    }
    Sums {
        calls: 1,
        errors: u64::from(server.status == Status::Error),
        total_ns: u128::from(duration_ns(server)),
        wait_ns: u128::from(wait),
        own_ns: u128::from(own),
        gap_ns: 0,
        paired: 1,
    }
}

/// Whether a child is work within its parent's service that is neither a call nor a request of its own.
fn is_inside(index: &SpanIndex<'_>, server: &Span, child: &Span) -> bool {
    !is_call(child) && !is_service(child) && index.service(child.resource) == index.service(server.resource)
}

fn holds(window: Window, at_ns: u64) -> bool {
    (window.from_ns..window.to_ns).contains(&at_ns)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::telemetry::fixture;

    fn table(spans: &str) -> String {
        let evidence = fixture::evidence(spans);
        let window = |from_ms: u64, to_ms: u64| Window { from_ns: from_ms * 1_000_000, to_ns: to_ms * 1_000_000 };
        let measured = calls(&evidence, window(0, 1_000), window(1_000, 9_000));
        let mut text = format!("{} → {} requests\n", measured.requests_before, measured.requests_after);
        let shown = |sums: &Sums| {
            let ms = |ns: u128| ns / 1_000_000;
            let (wait, own, gap) = (ms(sums.wait_ns), ms(sums.own_ns), ms(sums.gap_ns));
            format!(
                "{} calls, {} failed, {} = wait {wait} own {own} gap {gap}",
                sums.calls,
                sums.errors,
                ms(sums.total_ns)
            )
        };
        for pair in &measured.pairs {
            text.push_str(&format!(
                "{}→{}: {} | {}\n",
                pair.caller,
                pair.callee,
                shown(&pair.before),
                shown(&pair.after)
            ));
        }
        text
    }

    #[test]
    fn the_time_of_a_call_is_divided_into_wait_own_work_and_gap() {
        insta::assert_snapshot!(table(
            "1 1 0 shop server 10 60
             1 2 1 shop client 20 50 peer=db
             1 3 2 db server 22 48 wait=6
             2 1 0 shop server 2000 2900
             2 2 1 shop client 2010 2450 peer=db wait=40 failed
             2 3 2 db server 2060 2440 wait=300
             2 4 3 db internal 2370 2430
             2 5 1 shop client 2450 2800 peer=db",
        ), @"
        1 → 1 requests
        shop→db: 1 calls, 0 failed, 30 = wait 6 own 20 gap 4 | 2 calls, 1 failed, 790 = wait 340 own 80 gap 20
        (users)→shop: 1 calls, 0 failed, 50 = wait 0 own 20 gap 0 | 1 calls, 0 failed, 900 = wait 0 own 110 gap 0
        ");
    }

    #[test]
    fn spans_that_are_each_others_parents_end() {
        insta::assert_snapshot!(table("1 1 2 shop server 10 60\n1 2 1 shop client 10 60 peer=db\n1 3 1 shop internal 10 20\n1 1 3 shop internal 10 20"), @"
        0 → 0 requests
        shop→shop: 1 calls, 0 failed, 50 = wait 0 own 0 gap 0 | 0 calls, 0 failed, 0 = wait 0 own 0 gap 0
        ");
    }
}
