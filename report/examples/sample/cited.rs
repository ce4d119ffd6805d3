//! The facts that the sample investigation cites.

use rca_engine::investigation::{EvidenceItem, Reference};

use super::founding::component;
use super::shop::{END, MS, ONSET, Run};

/// Where a fact was found.
enum Found {
    Metric(&'static str),
    Trace,
    Log,
}

struct Fact {
    kind: &'static str,
    found: Found,
    /// Milliseconds after the onset.
    after_ms: i64,
    text: &'static str,
    supports: &'static [&'static str],
    against: &'static [&'static str],
}

/// E1, E2, … in this order.
const FACTS: [Fact; 9] = [
    Fact {
        kind: "change",
        found: Found::Log,
        after_ms: -240,
        text: "catalog-cache deployed v2 (deploy-17); 240 ms later its look-ups begin to fail.",
        supports: &["version:catalog-cache@v2", "change:deploy-17"],
        against: &[],
    },
    Fact {
        kind: "error_origin",
        found: Found::Metric("catalog_cache.lookups"),
        after_ms: 100,
        text: "Unreadable look-ups 0.9 → 93 % (2 of 262 → 163 of 175); misses flat.",
        supports: &["version:catalog-cache@v2"],
        against: &[],
    },
    Fact {
        kind: "mode_change",
        found: Found::Trace,
        after_ms: 200,
        text: "In the same trace, after an unreadable look-up catalog reads the database: 100 % (163 of 163); after a hit never.",
        supports: &["version:catalog-cache@v2", "service:catalog"],
        against: &["resource:database/pool"],
    },
    Fact {
        kind: "metric",
        found: Found::Metric("catalog.cache.fallback"),
        after_ms: 400,
        text: "Fallbacks of catalog 0.1 → 10.6 a second.",
        supports: &["service:catalog"],
        against: &[],
    },
    Fact {
        kind: "load",
        found: Found::Metric("db.client.connection.wait_time"),
        after_ms: 900,
        text: "Mean wait for the database's pool 0 → 1.9 s (n = 2 → 163).",
        supports: &["resource:database/pool"],
        against: &[],
    },
    Fact {
        kind: "time",
        found: Found::Trace,
        after_ms: 6_000,
        text: "Of the excess of slow searches, 95 % is this wait.",
        supports: &["resource:database/pool"],
        against: &[],
    },
    Fact {
        kind: "necessity",
        found: Found::Trace,
        after_ms: 7_000,
        text: "With catalog-cache's failures put back to the baseline, 96 % of the slow traces (54 of 56) return below 0.5 s.",
        supports: &["version:catalog-cache@v2"],
        against: &[],
    },
    Fact {
        kind: "load",
        found: Found::Trace,
        after_ms: 7_100,
        text: "Use time of a database connection 98 → 99 ms, its limit 1 → 1: the database itself is as it was.",
        supports: &[],
        against: &["resource:database/pool"],
    },
    Fact {
        kind: "metric",
        found: Found::Metric("search.request.latency"),
        after_ms: 7_300,
        text: "p99 of search 0.1 → 2.4 s; arrivals 4.1 → 4.0 a second.",
        supports: &["service:search"],
        against: &["workload"],
    },
];

pub(crate) fn evidence(run: &Run) -> Vec<EvidenceItem> {
    let trace_id = format!("{:032x}", run.slowest.trace_id);
    let item = |(index, fact): (usize, &Fact)| {
        let (file, metric, trace_id) = match fact.found {
            Found::Metric(name) => ("metrics.jsonl", Some(name.to_owned()), None),
            Found::Trace => ("traces.jsonl", None, Some(trace_id.clone())),
            Found::Log => ("logs.jsonl", None, None),
        };
        let (from_ns, to_ns) = (ONSET - 300 * MS, END);
        EvidenceItem {
            id: format!("E{}", index + 1),
            kind: fact.kind.into(),
            reference: Reference { file: file.into(), trace_id, span_id: None, metric, from_ns, to_ns },
            at_ns: ONSET.saturating_add_signed(fact.after_ms * 1_000_000),
            text: fact.text.into(),
            supports: fact.supports.iter().map(|text| component(text)).collect(),
            against: fact.against.iter().map(|text| component(text)).collect(),
        }
    };
    FACTS.iter().enumerate().map(item).collect()
}
