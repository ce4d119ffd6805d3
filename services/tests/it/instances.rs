//! Several instances of a service: who gets what, who is who, and that one of them can go wrong alone.

use std::collections::{BTreeMap, BTreeSet};

use contract::{event, resource, span};
use http::Method;
use scenarios::ledger::Phase;
use scenarios::model::{Instances, System};

use crate::control::send;
use crate::support::{Lab, Record, TOKEN, logs, spans, virtually};

const CANARY: &str = "http://catalog-2.control:80";

/// Nothing fails by itself.
fn faultless() -> System {
    let mut system = System { exception_share: 0.0, ..System::default() };
    system.catalog_cache.unreadable_share = 0.0;
    system
}

async fn after_searches(lab: &Lab, ids: std::ops::Range<u32>) -> (Vec<Record>, Vec<Record>) {
    for id in ids {
        assert_eq!(lab.search(&id.to_string()).await.status(), 200);
    }
    let batches = lab.pull();
    (spans(&batches), logs(&batches))
}

/// Requests that each instance of catalog answered, and how many of them failed.
fn of_catalog(spans: &[Record]) -> BTreeMap<String, (usize, usize)> {
    let mut found: BTreeMap<String, (usize, usize)> = BTreeMap::new();
    for span in spans.iter().filter(|span| span.service == "catalog" && span.name == "GET /products/{id}") {
        let counts = found.entry(span.resource[resource::SERVICE_INSTANCE_ID].clone()).or_default();
        counts.0 += 1;
        counts.1 += usize::from(span.attributes.contains_key(span::ERROR_TYPE));
    }
    found
}

#[test]
fn requests_spread_by_weight_within_one_trace_and_everything_tells_the_instances_apart() {
    virtually(|| async {
        let mut system = faultless();
        system.catalog.instances = Instances { equal: 2, canary: true };
        let lab = Lab::start(1, system).await;
        let (spans, _) = after_searches(&lab, 1..201).await;
        let counts = of_catalog(&spans);
        let told: Vec<&str> = counts.keys().map(String::as_str).collect();
        assert_eq!(told, ["1", "2", "3"]);
        let share = |instance: &str| counts[instance].0 as f64 / 600.0;
        assert!((0.38..0.52).contains(&share("1")) && (0.06..0.14).contains(&share("3")), "{counts:?}");
        let hosts: BTreeSet<&str> = spans.iter().map(|span| &*span.resource[resource::HOST_NAME]).collect();
        assert!(["catalog-1", "catalog-2", "catalog-3"].iter().all(|host| hosts.contains(host)), "{hosts:?}");
        // The call and whom it reached are one trace, whichever instance it is.
        for server in spans.iter().filter(|span| span.service == "catalog" && span.name == "GET /products/{id}") {
            let call = spans.iter().find(|call| call.span_id == server.parent_id).unwrap();
            assert_eq!((&*call.service, &call.trace_id), ("search", &server.trace_id));
            let host = &server.resource[resource::HOST_NAME];
            let address = if host == "catalog-1" { "catalog" } else { host };
            assert_eq!(call.attributes[span::SERVER_ADDRESS], address);
        }
        let mut ledger: BTreeMap<u32, usize> = BTreeMap::new();
        for entry in lab.ledger.take() {
            if entry.phase == Phase::Handle && entry.station == "catalog" {
                *ledger.entry(entry.instance).or_default() += 1;
            }
        }
        assert!((1..4).all(|instance| ledger[&instance] == counts[&instance.to_string()].0), "{ledger:?} {counts:?}");
    });
}

#[test]
fn a_bad_build_on_a_canary_fails_there_alone_and_tells_of_it_in_the_same_trace() {
    virtually(|| async {
        let lab = Lab::start(1, faultless()).await;
        let (before, _) = after_searches(&lab, 1..51).await;
        assert!(of_catalog(&before).values().all(|(_, failed)| *failed == 0));
        let order =
            r#"{"lever":"exception","target":"catalog","instance":2,"change":"deploy","version":"v7","ttl_ms":600000}"#;
        let put = format!("{CANARY}/faults/deploy-1");
        assert_eq!(send(&lab, Method::PUT, &put, TOKEN, order).await, 201);
        let (after, logs) = after_searches(&lab, 51..251).await;
        let counts = of_catalog(&after);
        assert_eq!(counts["1"].1, 0);
        let (all, failed) = counts["2.2"];
        assert!(all > 30 && failed == all, "{counts:?}");
        let thrown: Vec<&Record> = logs.iter().filter(|log| log.name == event::SERVER_EXCEPTION).collect();
        assert_eq!(thrown.len(), failed);
        for log in thrown {
            assert_eq!((&*log.service, &*log.resource[resource::SERVICE_VERSION]), ("catalog", "v7"));
            let span = after.iter().find(|span| span.span_id == log.span_id).unwrap();
            assert_eq!(span.trace_id, log.trace_id);
            assert_eq!(log.attributes[event::EXCEPTION_TYPE], span.attributes[span::ERROR_TYPE]);
        }
        // Taken off, the build stays and works.
        assert_eq!(send(&lab, Method::DELETE, &put, TOKEN, "").await, 204);
        let (healed, _) = after_searches(&lab, 251..301).await;
        assert!(of_catalog(&healed)["2.2"].1 == 0);
    });
}

#[test]
fn callers_leave_a_drained_instance_out_until_the_order_ends() {
    virtually(|| async {
        let lab = Lab::start(1, faultless()).await;
        let uri = "http://search.control:80/faults/a";
        let order = r#"{"lever":"drain","target":"search/catalog","magnitude":2,"ttl_ms":600000}"#;
        assert_eq!(send(&lab, Method::PUT, uri, TOKEN, order).await, 201);
        let (drained, _) = after_searches(&lab, 1..101).await;
        assert_eq!(of_catalog(&drained).keys().collect::<Vec<_>>(), ["1"]);
        assert_eq!(send(&lab, Method::DELETE, uri, TOKEN, "").await, 204);
        let (back, _) = after_searches(&lab, 101..201).await;
        assert_eq!(of_catalog(&back).keys().collect::<Vec<_>>(), ["1", "2"]);
    });
}

#[test]
fn an_order_for_another_instance_is_refused() {
    virtually(|| async {
        let lab = Lab::start(1, faultless()).await;
        let put = async |instance: u32, version: &str| {
            let order = format!(
                r#"{{"lever":"deploy","target":"catalog","instance":{instance},"version":"{version}","ttl_ms":1000}}"#
            );
            send(&lab, Method::PUT, &format!("{CANARY}/faults/a"), TOKEN, &order).await
        };
        assert_eq!((put(1, "v2").await, put(2, "v 2").await, put(2, "v2").await), (422, 400, 201));
    });
}

#[test]
fn what_fails_in_every_run_fails_in_every_service_and_is_told_under_the_same_names() {
    virtually(|| async {
        let lab = Lab::start(1, System { exception_share: 0.5, ..faultless() }).await;
        for id in 1..=600 {
            lab.search(&id.to_string()).await;
        }
        let batches = lab.pull();
        let thrown = logs(&batches);
        let thrown = thrown.iter().filter(|log| log.name == event::SERVER_EXCEPTION);
        let services: BTreeSet<&str> = thrown.map(|log| &*log.service).collect();
        assert_eq!(services.into_iter().collect::<Vec<_>>(), ["catalog", "catalog-cache", "database", "search"]);
    });
}
