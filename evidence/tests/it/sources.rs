//! Files answer a query as memory does, and hold to its window, its dimensions and its limit.

use evidence::Bundle;
use evidence::source::{self, Files};
use insta::assert_snapshot;
use proptest::prelude::*;
use rca_engine::evidence::Evidence;
use rca_engine::plan;
use rca_engine::query::{self, Dimensions, Query, Source};

use crate::shown;

fn spans(items: &[(u64, &str)]) -> String {
    let lines = items.iter().enumerate().map(|(number, (start, run))| {
        format!(
            r#"{{"resourceSpans":[{{"resource":{{"attributes":[{{"key":"region","value":{{"stringValue":"r1"}}}}]}},"scopeSpans":[{{"spans":[{{"traceId":"{number:032x}","spanId":"{number:016x}","name":"s","startTimeUnixNano":"{start}","endTimeUnixNano":"{start}","events":[{{"timeUnixNano":"{start}","name":"e","attributes":[{{"key":"run_id","value":{{"stringValue":"{run}"}}}}]}}],"attributes":[{{"key":"run_id","value":{{"stringValue":"{run}"}}}}]}}]}}]}}]}}"#
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn gauge(times: &[u64]) -> String {
    let lines = times.iter().map(|at| {
        format!(
            r#"{{"resourceMetrics":[{{"resource":{{}},"scopeMetrics":[{{"metrics":[{{"name":"g","gauge":{{"dataPoints":[{{"timeUnixNano":"{at}","asInt":"{at}"}}]}}}}]}}]}}]}}"#
        )
    });
    lines.collect::<Vec<_>>().join("\n")
}

fn query(source: Source, from_ns: u64, to_ns: u64, limit: u64, dimensions: Dimensions) -> Query {
    Query { id: 1, source, from_ns, to_ns, dimensions, text: String::new(), priority: 1, limit }
}

fn pairs(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

fn answered(bundle: &Bundle, query: Query) -> String {
    let answers = source::answer(bundle, &[query]).unwrap();
    let evidence = shown::evidence(&answers[0].evidence);
    let lines: Vec<&str> = evidence.lines().filter(|line| !line.starts_with("resource")).collect();
    format!("{}{}", lines.join("\n"), if answers[0].complete { "" } else { "\ncut short" })
}

#[test]
fn a_query_gets_its_window_its_dimensions_and_its_limit() {
    let traces = spans(&[(10, "run-1"), (20, "run-2"), (30, "run-1"), (40, "run-1")]);
    let folder =
        shown::folder(&[("traces.jsonl", traces.as_bytes()), ("metrics.jsonl", gauge(&[1, 9, 10, 20]).as_bytes())]);
    let bundle = Bundle::open(folder.path()).unwrap();
    let run = |id| Dimensions { exact: pairs(&[("run_id", id)]), ..Dimensions::default() };
    let all = Dimensions::default;
    let rows = [
        answered(&bundle, query(Source::Traces, 20, 40, 9, all())),
        answered(&bundle, query(Source::Traces, 0, 99, 9, run("run-2"))),
        answered(&bundle, query(Source::Traces, 0, 99, 2, run("run-1"))),
        answered(&bundle, query(Source::Traces, 0, 99, 9, Dimensions { exact: pairs(&[("absent", "x")]), ..all() })),
        answered(
            &bundle,
            query(
                Source::Traces,
                0,
                99,
                9,
                Dimensions { strong: pairs(&[("absent", "x"), ("region", "r2")]), ..all() },
            ),
        ),
        answered(
            &bundle,
            query(
                Source::Traces,
                0,
                15,
                9,
                Dimensions { strong: pairs(&[("absent", "x"), ("region", "r1")]), ..all() },
            ),
        ),
        answered(
            &bundle,
            query(
                Source::Traces,
                0,
                99,
                9,
                Dimensions { exact: pairs(&[("trace_id", "00000000000000000000000000000003")]), ..all() },
            ),
        ),
        answered(&bundle, query(Source::Logs, 20, 30, 9, run("run-2"))),
        answered(&bundle, query(Source::Metrics, 10, 20, 9, all())),
    ];
    assert_snapshot!(rows.join("\n---\n"), @"
    span 1/1<0 s Unspecified Unset 20..20 on 0 [run_id=run-2] links []
    span 2/2<0 s Unspecified Unset 30..30 on 0 [run_id=run-1] links []
    ---
    span 1/1<0 s Unspecified Unset 20..20 on 0 [run_id=run-2] links []
    ---
    span 0/0<0 s Unspecified Unset 10..10 on 0 [run_id=run-1] links []
    span 2/2<0 s Unspecified Unset 30..30 on 0 [run_id=run-1] links []
    cut short
    ---

    ---

    ---
    span 0/0<0 s Unspecified Unset 10..10 on 0 [run_id=run-1] links []
    ---
    span 3/3<0 s Unspecified Unset 40..40 on 0 [run_id=run-1] links []
    ---
    log 20 severity 0 e `` 1/1 on 0 [run_id=run-2]
    ---
    series g  on 0 [] gauge [(9, 9.0), (10, 10.0)]
    ");
}

#[test]
fn an_answer_from_a_broken_file_is_not_complete() {
    let folder = shown::folder(&[("traces.jsonl", format!("{}\nbroken", spans(&[(1, "r")])).as_bytes())]);
    let bundle = Bundle::open(folder.path()).unwrap();
    let text = answered(&bundle, query(Source::Traces, 0, 99, 9, Dimensions::default()));
    assert!(text.ends_with("cut short"), "{text}");
}

/// Memory hands out all its resources, a file only those that emitted: their numbers differ.
fn items_of(evidence: &Evidence) -> String {
    let text = shown::evidence(evidence);
    let items = text.lines().filter(|line| !line.starts_with("resource"));
    items.map(|line| line.replace(" on 0 ", " ").replace(" on 1 ", " ")).collect::<Vec<_>>().join("\n")
}

proptest! {
    #[test]
    fn files_answer_as_memory_does(
        items in proptest::collection::vec((0_u64..50, 0..3_u8), 0..40),
        times in proptest::collection::vec(0_u64..50, 0..40),
        from in 0_u64..50,
        length in 0_u64..50,
        limit in 1_u64..20,
    ) {
        let items: Vec<(u64, String)> = items.iter().map(|(start, run)| (*start, format!("run-{run}"))).collect();
        let items: Vec<(u64, &str)> = items.iter().map(|(start, run)| (*start, run.as_str())).collect();
        let folder = shown::folder(&[("traces.jsonl", spans(&items).as_bytes()), ("metrics.jsonl", gauge(&times).as_bytes())]);
        let bundle = Bundle::open(folder.path()).unwrap();
        let whole = bundle.read().unwrap().evidence;
        for source in [Source::Traces, Source::Logs, Source::Metrics] {
            let query = query(source, from, from + length, limit, Dimensions::default());
            let from_files = source::answer(&bundle, std::slice::from_ref(&query)).unwrap();
            let from_memory = query::answer(&whole, &query);
            prop_assert_eq!(from_files[0].complete, from_memory.complete);
            prop_assert_eq!(items_of(&from_files[0].evidence), items_of(&from_memory.evidence));
        }
    }

    #[test]
    fn what_is_asked_again_nearer_to_the_alert_is_answered_from_the_first_reading(
        starts in proptest::collection::vec(0_u64..50, 0..60),
        alert in 0_u64..60,
        limit in 1_u64..12,
        breaks in any::<bool>(),
    ) {
        let items: Vec<(u64, &str)> = starts.iter().map(|start| (*start, "run")).collect();
        let text = format!("{}\n{}", spans(&items), if breaks { "broken" } else { "" });
        let folder = shown::folder(&[("traces.jsonl", text.as_bytes())]);
        let bundle = Bundle::open(folder.path()).unwrap();
        for source in [Source::Traces, Source::Logs] {
            let query = query(source, 5, 45, limit, Dimensions::default());
            let Some(again) = plan::narrowed(&query, 2, alert) else { continue };
            let mut files = Files::new(&bundle, Some(alert));
            let first = files.answer(std::slice::from_ref(&query)).unwrap();
            let elsewhere = folder.path().join("traces.jsonl.away");
            std::fs::rename(folder.path().join("traces.jsonl"), &elsewhere).unwrap();
            let from_held = files.answer(std::slice::from_ref(&again)).unwrap();
            std::fs::rename(&elsewhere, folder.path().join("traces.jsonl")).unwrap();
            if first[0].complete {
                continue;
            }
            let read_again = source::answer(&bundle, std::slice::from_ref(&again)).unwrap();
            prop_assert_eq!(from_held[0].complete, read_again[0].complete);
            // Evidence promises no order: what was held comes by time, what is read as it stands in the file.
            let sorted = |text: String| {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines.sort();
                lines
            };
            let (held, read) = (items_of(&from_held[0].evidence), items_of(&read_again[0].evidence));
            prop_assert_eq!(sorted(held), sorted(read));
        }
    }
}
