//! Conformance: the incident context on every signal of every service over every hop, and no harm from bad headers.

use std::collections::BTreeSet;

use contract::context::{ENVIRONMENT_NAME, KEYS};
use contract::{metric, span};
use scenarios::model::{OnUnreadable, System};
use services::Role;

use crate::support::{Lab, Record, context, header_map, logs, points, spans, virtually};

/// A system in which every edge is used soon: some items skip the cache, and many entries are unreadable. Whoever asks gets
/// an answer.
fn busy() -> System {
    let mut system = System { exception_share: 0.0, ..System::default() };
    system.catalog.uncached_share = 0.2;
    system.catalog_cache.unreadable_share = 0.3;
    system
}

async fn after_searches(lab: &Lab, count: usize) -> (Vec<Record>, Vec<Record>, Vec<Record>) {
    for id in 1..=count {
        assert_eq!(lab.search(&id.to_string()).await.status(), 200);
    }
    let batches = lab.pull();
    (spans(&batches), logs(&batches), points(&batches))
}

fn assert_stamped(kind: &str, records: &[Record]) {
    let expected = context();
    for record in records {
        for (key, value) in expected.members() {
            let found = record.attributes.get(key).map(String::as_str);
            assert_eq!(found, Some(value), "{kind} {} of {}: {key}", record.name, record.service);
        }
        assert_eq!(record.attributes.get(ENVIRONMENT_NAME), Some(&expected.environment), "{kind} {}", record.name);
    }
}

#[test]
fn every_signal_of_every_service_carries_the_incident() {
    virtually(|| async {
        let lab = Lab::start(1, busy()).await;
        let (spans, logs, points) = after_searches(&lab, 20).await;
        for (kind, records) in [("span", &spans), ("log record", &logs), ("metric point", &points)] {
            assert_stamped(kind, records);
            let services: BTreeSet<&str> = records.iter().map(|record| &*record.service).collect();
            let all: BTreeSet<&str> = Role::CALLEES_FIRST.iter().map(|role| role.as_str()).collect();
            assert_eq!(services, all, "{kind}");
        }
    });
}

#[test]
fn resources_say_who_where_and_since_when() {
    virtually(|| async {
        let lab = Lab::start(1, busy()).await;
        let (spans, logs, points) = after_searches(&lab, 5).await;
        let keys = [
            contract::resource::SERVICE_NAME,
            contract::resource::SERVICE_NAMESPACE,
            contract::resource::SERVICE_VERSION,
            contract::resource::SERVICE_INSTANCE_ID,
            contract::resource::HOST_NAME,
            contract::resource::CLOUD_REGION,
            contract::resource::PROCESS_START,
        ];
        for record in spans.iter().chain(&logs).chain(&points) {
            for key in keys.iter().chain(&KEYS) {
                assert!(record.resource.contains_key(*key), "{} of {} lacks {key}", record.name, record.service);
            }
        }
    });
}

#[test]
fn one_search_is_one_trace_over_every_hop() {
    virtually(|| async {
        let lab = Lab::start(1, busy()).await;
        let (spans, _, _) = after_searches(&lab, 20).await;
        let traces: BTreeSet<&str> = spans.iter().map(|span| &*span.trace_id).collect();
        assert_eq!(traces.len(), 20);
        let mut hops = BTreeSet::new();
        for span in &spans {
            let parent = spans.iter().find(|parent| parent.span_id == span.parent_id);
            match parent {
                Some(parent) => {
                    assert_eq!(parent.trace_id, span.trace_id);
                    assert!(parent.start_ns <= span.start_ns && span.end_ns <= parent.end_ns, "{span:?}");
                    if parent.service != span.service {
                        hops.insert(format!("{} -> {}", parent.service, span.service));
                    }
                }
                None => assert_eq!((&*span.service, &*span.name), ("search", "GET /search")),
            }
        }
        let expected =
            ["catalog -> catalog-cache", "catalog -> database", "catalog-cache -> database", "search -> catalog"];
        assert_eq!(hops.into_iter().collect::<Vec<_>>(), expected);
    });
}

#[test]
fn a_hop_without_headers_breaks_the_trace_there() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        // The negative control: the same call as catalog makes, with and without the three headers.
        let parent = ("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
        let baggage = context().baggage_header().replace("run-7", "run-8");
        lab.get("http://catalog-cache:80/entries/1", &[parent, ("baggage", &baggage)]).await.unwrap();
        lab.get("http://catalog-cache:80/entries/2", &[]).await.unwrap();
        let spans = spans(&lab.pull());
        let of = |path: &str| spans.iter().find(|span| span.attributes[span::URL_PATH] == path).unwrap();
        let (joined, broken) = (of("/entries/1"), of("/entries/2"));
        assert_eq!(joined.trace_id, "0af7651916cd43dd8448eb211c80319c");
        assert_eq!(joined.parent_id, "b7ad6b7169203331");
        assert_eq!(joined.attributes["run_id"], "run-8");
        assert_ne!(broken.trace_id, joined.trace_id);
        assert_eq!(broken.parent_id, "");
        // Without a request's context it is the process's own.
        assert_eq!(broken.attributes["run_id"], "run-7");
    });
}

#[test]
fn bad_headers_do_no_harm() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let many: String = (0..200).map(|i| format!("k{i}=v,")).collect();
        let huge = format!("run_id={}", "x".repeat(20_000));
        let long_id = "9".repeat(5_000);
        let hostile: [&[(&'static str, &str)]; 8] = [
            &[("traceparent", "00-ffffffffffffffffffffffffffffffff-0000000000000000-zz")],
            &[("traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00")],
            &[("tracestate", "=====,,,,;;;;")],
            &[("baggage", &many)],
            &[("baggage", &huge)],
            &[("baggage", "run_id=%00%0a,region=<script>,deployment.environment==,=,;;;")],
            &[("x-request-id", &long_id), ("x-tenant-class", "no such; class")],
            &[("x-request-id", "../../etc/passwd"), ("x-tenant-class", "{{7*7}}")],
        ];
        for headers in hostile {
            let answer = lab.get("http://search:80/search?q=shoes&k=1", headers).await.unwrap();
            assert_eq!(answer.status(), 200, "{:?}", header_map(headers));
        }
        let batches = lab.pull();
        let spans = spans(&batches);
        assert_eq!(spans.iter().filter(|span| span.name == "GET /search").count(), hostile.len());
        for span in &spans {
            for (key, _) in context().members() {
                assert!(contract::context::is_plain(&span.attributes[key]), "{key} of {span:?}");
            }
            assert!(contract::context::is_plain(
                &span.attributes.get(span::TENANT_CLASS).cloned().unwrap_or("-".into())
            ));
        }
        let dropped = points(&batches).into_iter().filter(|point| point.name == metric::BAGGAGE_DROPPED).count();
        assert_eq!(dropped, lab.instances.len());
    });
}

#[test]
fn every_bounded_resource_tells_the_same_five_things() {
    virtually(|| async {
        let lab = Lab::start(1, busy()).await;
        let (_, _, points) = after_searches(&lab, 20).await;
        let pools = [
            ("search", "compute", metric::COMPUTE),
            ("catalog", "compute", metric::COMPUTE),
            ("catalog", "db", metric::CONNECTIONS),
            ("catalog-cache", "compute", metric::COMPUTE),
            ("catalog-cache", "db", metric::CONNECTIONS),
            ("database", "pool", metric::CONNECTIONS),
        ];
        for (service, pool, family) in pools {
            for name in
                [family.limit, family.in_use, family.pending, family.wait_time, family.use_time, family.timeouts]
            {
                let found = points.iter().any(|point| {
                    point.service == service
                        && point.name == name
                        && point.attributes.get(family.name).map(String::as_str) == Some(pool)
                });
                assert!(found, "{service} {pool}: {name}");
            }
        }
    });
}

#[test]
fn latency_points_carry_exemplars_of_real_traces() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let (spans, _, points) = after_searches(&lab, 5).await;
        let traces: BTreeSet<&str> = spans.iter().map(|span| &*span.trace_id).collect();
        let latency = points.iter().find(|point| point.name == metric::SEARCH_LATENCY).unwrap();
        assert!(!latency.exemplars.is_empty());
        assert!(latency.exemplars.iter().all(|trace| traces.contains(&**trace)));
    });
}

#[test]
fn error_paths_have_their_names_before_anything_fails() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let points = points(&lab.pull());
        let has = |name: &str| points.iter().any(|point| point.name == name);
        for name in [metric::SEARCH_ERRORS, metric::SEARCH_DEGRADED, metric::CATALOG_FALLBACK, metric::CACHE_LOOKUPS] {
            assert!(has(name), "{name}");
        }
        let outcomes: BTreeSet<&str> =
            points.iter().filter_map(|point| point.attributes.get(metric::CACHE_OUTCOME)).map(|text| &**text).collect();
        assert_eq!(outcomes.into_iter().collect::<Vec<_>>(), ["hit", "miss", "unreadable"]);
    });
}

#[test]
fn exceptions_are_log_records_of_their_trace() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.unreadable_share = 1.0;
        system.catalog_cache.on_unreadable = OnUnreadable::Answer;
        let lab = Lab::start(1, system).await;
        let (spans, logs, _) = after_searches(&lab, 3).await;
        let exceptions: Vec<_> = logs.iter().filter(|log| log.name == contract::event::CACHE_EXCEPTION).collect();
        assert!(!exceptions.is_empty());
        for log in exceptions {
            let span = spans.iter().find(|span| span.span_id == log.span_id).unwrap();
            assert_eq!((&span.trace_id, &*span.service), (&log.trace_id, "catalog-cache"));
            assert_eq!(log.attributes[contract::event::EXCEPTION_TYPE], "DecodeError");
            assert!(span.start_ns <= log.start_ns && log.start_ns <= span.end_ns);
        }
    });
}
