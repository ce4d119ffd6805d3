//! What an investigation of the made-up run says, and the check of it against the truth.

use std::time::Duration;

use jiff::tz::TimeZone;
use rca_engine::component::Component;
use rca_engine::investigation::{
    Action, BottleneckAnswer, Core, CorrelationMode, Culprit, Earlier, Envelope, Ground, Grounds, Header, Hypothesis,
    Investigation, Pivot, PlannedQuery, PropagationEdge, RepresentativeTrace, Roles, Stance, TimeShare, TimelineLine,
    Window,
};
use rca_engine::vocabulary::{Effect, Kind, Mode, Outcome, Verb};
use report::{Check, Gate, NaiveAnswer, Phase, RunFacts, TruthSummary, Validity};

use super::cited;
use super::shop::{END, EPOCH, MS, ONSET, Run, SECOND, Searched};

pub(crate) fn investigation(run: &Run) -> Investigation {
    Investigation {
        schema: 1,
        core: core(run),
        grounds: Grounds {
            strength: Some(0.83),
            parts: [("explained", 0.93), ("margin", 0.71), ("necessity", 0.9), ("families", 0.75)]
                .map(|(name, value)| Ground { name: name.into(), value })
                .into(),
            earlier: Some(Earlier { verdicts: 50, right: 44 }),
        },
        envelope: Envelope {
            mode: CorrelationMode::DimensionFirst,
            exact: vec![],
            strong: vec![("service".into(), "search".into()), ("region".into(), "eu-west-1".into())],
            weak: vec!["p99 of search above 0.5 s".into()],
            baseline: Window { from_ns: EPOCH, to_ns: ONSET - 300 * MS },
            incident: Window { from_ns: ONSET - 300 * MS, to_ns: END },
        },
        header: header(run),
        timeline: timeline(),
        proof: Some(proof(run)),
        plan: plan(),
        pivots: pivots(),
    }
}

pub(crate) fn component(text: &str) -> Component {
    text.parse().expect("the sample names components rightly")
}

fn header(run: &Run) -> Header {
    let slowest = seconds(run.slowest.total_ns);
    Header {
        confidence: "likely: of 50 earlier verdicts this sure, 44 were right".into(),
        root_cause: "The new build of catalog-cache (v2) writes entries that its readers cannot decode.".into(),
        proof: format!(
            "One search of {slowest} s waited {} s for the database's pool, because three look-ups in catalog-cache were unreadable.",
            seconds(run.slowest.pool_wait_ns)
        ),
        impact: vec![
            "Since 00:00:21 UTC, still burning: p99 of search 0.1 → 2.4 s".into(),
            "92 % of searches are slow, in all tenant classes alike".into(),
            "Not affected: search answers 200, its arrivals are flat, catalog's own work is flat".into(),
        ],
        doubts: vec!["Only 14 s of the incident were seen before the alert".into()],
        refuted_by: vec![
            "Unreadable look-ups that began before the deploy of catalog-cache".into(),
            "A database that stays slow when its arrivals are back to normal".into(),
        ],
    }
}

fn seconds(ns: u64) -> String {
    format!("{}.{:02}", ns / SECOND, ns % SECOND / (10 * MS))
}

fn core(run: &Run) -> Core {
    let (cache, catalog, search) =
        (component("service:catalog-cache"), component("service:catalog"), component("service:search"));
    let pool = component("resource:database/pool");
    let edge =
        |from: &Component, to: &Component, effect| PropagationEdge { from: from.clone(), to: to.clone(), effect };
    let root = Culprit { component: component("version:catalog-cache@v2"), kind: Some(Kind::BadFormat) };
    Core {
        outcome: Outcome::Cause,
        confidence: 0.87,
        roles: Roles {
            root: vec![root],
            trigger: Some(Culprit { component: component("change:deploy-17"), kind: None }),
            sustaining: None,
            propagation: vec![
                edge(&cache, &catalog, Effect::Error),
                edge(&catalog, &component("service:database"), Effect::Load),
                edge(&pool, &catalog, Effect::Latency),
                edge(&catalog, &search, Effect::Latency),
            ],
            bottleneck: Some(BottleneckAnswer::At { component: pool, mode: Mode::Saturated }),
            symptom: search,
        },
        hypotheses: hypotheses(),
        evidence: cited::evidence(run),
        actions: actions(),
        why_not_slowest: Some(
            "The database owns the longest waits, yet each use of a connection takes as long as before (98 → 99 ms); \
             it is asked 60 times as often, and every additional read follows an unreadable look-up in the same trace. \
             Without those reads its queue would have stayed empty."
                .into(),
        ),
    }
}

fn hypotheses() -> Vec<Hypothesis> {
    let line = |rank, root: &str, kind, score, supported_by: &[&str], against: &[&str], why: &str| Hypothesis {
        rank,
        root: Culprit { component: component(root), kind },
        score,
        supported_by: supported_by.iter().map(|id| (*id).to_owned()).collect(),
        against: against.iter().map(|id| (*id).to_owned()).collect(),
        why: why.into(),
    };
    vec![
        line(
            1,
            "version:catalog-cache@v2",
            Some(Kind::BadFormat),
            0.87,
            &["E1", "E2", "E3", "E4", "E7"],
            &[],
            "Its failures per call rose first, and with them put back 96 % of the slow traces return below the threshold.",
        ),
        line(
            2,
            "resource:database/pool",
            Some(Kind::CapacityReduced),
            0.08,
            &["E5", "E6"],
            &["E3", "E8"],
            "Its waits are the longest, but its limit and its use time did not move: the load explains the waits.",
        ),
        line(3, "workload", Some(Kind::Surge), 0.03, &[], &["E9"], "Arrivals at search are flat."),
    ]
}

fn timeline() -> Vec<TimelineLine> {
    let line = |id: Option<&str>, offset_ms: i64, stance, text: &str| TimelineLine {
        evidence: id.map(str::to_owned),
        offset_ns: offset_ms * 1_000_000,
        text: text.into(),
        stance,
    };
    vec![
        line(Some("E1"), -240, Stance::Context, "catalog-cache deployed v2 (deploy-17), state kept"),
        line(
            Some("E2"),
            100,
            Stance::Supports,
            "unreadable look-ups in catalog-cache 0.9 → 93 % (2 of 262 → 163 of 175)",
        ),
        line(
            Some("E3"),
            200,
            Stance::Supports,
            "catalog reads the database after an unreadable look-up, in the same trace: 163 of 163",
        ),
        line(Some("E4"), 400, Stance::Supports, "fallbacks of catalog 0.1 → 10.6 a second"),
        line(Some("E5"), 900, Stance::Supports, "mean wait for the database's pool 0 → 1.9 s (n = 2 → 163)"),
        line(
            Some("E8"),
            7_100,
            Stance::Against,
            "against the database as root: use time of a connection 98 → 99 ms, limit unchanged",
        ),
        line(
            Some("E9"),
            7_300,
            Stance::Supports,
            "p99 of search 0.1 → 2.4 s, above 0.5 s for 6 s; arrivals flat, 4.1 → 4.0 a second",
        ),
        line(
            None,
            0,
            Stance::Blind,
            "The content of cache entries is not in the telemetry: that the format is wrong follows from its readers alone.",
        ),
    ]
}

fn proof(run: &Run) -> RepresentativeTrace {
    let (slow, usual) = (&run.slowest, &run.normal);
    let known = |one: &Searched| one.search_ns + one.catalog_ns + one.cache_ns + one.pool_wait_ns + one.database_ns;
    let share = |component_text: &str, part: &str, ns: u64, baseline_ns: u64| TimeShare {
        component: component(component_text),
        part: part.into(),
        ns,
        baseline_ns,
    };
    RepresentativeTrace {
        trace_id: format!("{:032x}", slow.trace_id),
        duration_ns: slow.total_ns,
        why: "It breaches, has search as its root, covers every edge from the root cause to the symptom, and visits all four services.".into(),
        runner_up: Some(format!("{:032x}", run.second.trace_id)),
        normal: Some(format!("{:032x}", usual.trace_id)),
        accounting: vec![
            share("service:search", "self", slow.search_ns, usual.search_ns),
            share("service:catalog", "self", slow.catalog_ns, usual.catalog_ns),
            share("service:catalog-cache", "self", slow.cache_ns, usual.cache_ns),
            share("resource:database/pool", "resource_wait", slow.pool_wait_ns, usual.pool_wait_ns),
            share("service:database", "self", slow.database_ns, usual.database_ns),
            share("edge:catalog->database", "network", slow.total_ns - known(slow), usual.total_ns - known(usual)),
        ],
    }
}

fn actions() -> Vec<Action> {
    let cited = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect();
    vec![
        Action {
            verb: Verb::Purge,
            target: component("service:catalog-cache"),
            precondition: "The build is rolled back first, else the entries come back unreadable.".into(),
            blast_radius: "Every entry of one region; each key is read from the database once, about 200 reads.".into(),
            reversible: false,
            expect: "Fallbacks at zero at once, p99 of search below 0.5 s within 10 s.".into(),
            evidence: cited(&["E2", "E7"]),
            avoid: "Do not purge while v2 still writes; do not purge all regions at the same time.".into(),
        },
        Action {
            verb: Verb::Rollback,
            target: component("version:catalog-cache@v2"),
            precondition: "v1 can still read what v1 wrote: its entries are older than the deploy.".into(),
            blast_radius: "catalog-cache alone, no restart.".into(),
            reversible: true,
            expect: "New entries are readable; the old ones stay until their time to live, 40 s.".into(),
            evidence: cited(&["E1", "E2"]),
            avoid: "Do not scale the database: it is as fast as before, and its queue is fed by the fallbacks.".into(),
        },
    ]
}

fn plan() -> Vec<PlannedQuery> {
    let asked = |id, source: &str, text: &str, items, complete| PlannedQuery {
        id,
        source: source.into(),
        text: text.into(),
        priority: id,
        items,
        complete,
    };
    vec![
        asked(1, "metrics", "series of search, catalog, catalog-cache, database in both windows", 6, true),
        asked(2, "traces", "traces with a root span of search, slowest first, at most 2,000", 140, true),
        asked(3, "logs", "changes and exceptions of all services in both windows", 500, false),
    ]
}

fn pivots() -> Vec<Pivot> {
    let pivot = |tool: &str, title: &str, query: &str| Pivot {
        tool: tool.into(),
        title: title.into(),
        query: query.into(),
        from_ns: ONSET - 21 * SECOND,
        to_ns: END,
    };
    vec![
        pivot(
            "Tempo",
            "slow searches that fell back",
            r#"{ resource.service.name = "search" && duration > 500ms } >> { span.cache.outcome = "unreadable" }"#,
        ),
        pivot(
            "Prometheus",
            "unreadable look-ups",
            r#"sum by (cache_outcome) (rate(catalog_cache_lookups_total{service_name="catalog-cache"}[5s]))"#,
        ),
        pivot("Loki", "what catalog-cache logged", r#"{service_name="catalog-cache"} | severity_number >= 17"#),
    ]
}

pub(crate) fn check() -> Check {
    let gate = |name: &str, passed, why: &str| Gate { name: name.into(), passed, why: why.into() };
    let naive = |method: &str, answer: Option<&str>, right, must_fail| NaiveAnswer {
        method: method.into(),
        answer: answer.map(str::to_owned),
        failure: None,
        right,
        must_fail,
    };
    Check {
        scenario: "cache_poison_pill".into(),
        title: "Readers cannot decode what the new cache build writes".into(),
        seed: 7,
        truth: TruthSummary {
            roots: vec![vec![
                "version:catalog-cache@v2".into(),
                "service:catalog-cache".into(),
                "change:deploy-17".into(),
            ]],
            kind: Some("bad_format".into()),
            trigger: None,
            bottleneck: Some("resource:database/pool (saturated)".into()),
            symptom: "service:search".into(),
            propagation: vec![
                "service:catalog-cache ─error→ service:catalog".into(),
                "service:catalog ─load→ service:database".into(),
            ],
            decoys: vec![],
        },
        gates: vec![
            gate("root", true, "expected version:catalog-cache@v2 or an equal, answered version:catalog-cache@v2"),
            gate("bottleneck", true, "expected resource:database/pool (saturated), answered the same"),
            gate("alerting service must fail", true, "alerting_service answered service:search"),
        ],
        naive: vec![
            naive("alerting_service", Some("service:search"), false, true),
            naive("slowest_span", Some("service:database"), false, true),
            naive("most_errors", Some("service:catalog-cache"), true, false),
            naive("latest_change", Some("change:deploy-17"), true, false),
            naive("always_abstain", None, false, false),
        ],
        effect: "valid".into(),
        validity: Validity {
            counts: true,
            why: "every span, point and record that was emitted is accounted for".into(),
        },
        diagnosis: None,
        action: None,
    }
}

pub(crate) fn facts() -> RunFacts {
    let phase = |name: &str, ms| Phase { name: name.into(), lasted: Duration::from_millis(ms) };
    RunFacts {
        run_id: "r-5d1c9a42".into(),
        mode: "sim".into(),
        seed: Some(7),
        phases: vec![phase("baseline", 21_000), phase("incident", 15_000), phase("drain", 2_400)],
        wall_time: Some(Duration::from_millis(1_840)),
        time_to_verdict: Some(Duration::from_millis(46)),
        alert_ns: Some(ONSET + 7_300 * MS),
        second_zone: TimeZone::posix("CET-1CEST,M3.5.0,M10.5.0/3").ok(),
        made_by: "rcalab 0.1.0".into(),
    }
}
