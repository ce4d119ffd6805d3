//! The physics: first come first served, patience, one flight a key, work that outlives its caller, deploys in place.

use std::time::Duration;

use futures::future::join_all;
use scenarios::ledger::{Entry, Phase};
use scenarios::model::System;

use crate::support::{Lab, spans, virtually};

fn at(entries: &[Entry], station: &str, phase: Phase) -> Vec<Entry> {
    entries.iter().filter(|entry| entry.station == station && entry.phase == phase).cloned().collect()
}

/// Asks the database for as many products at once.
async fn burst(lab: &Lab, count: usize) -> Vec<u16> {
    let asks = (0..count).map(|i| async move {
        let id = format!("{i:03}");
        let uri = format!("http://database:80/products/{i}");
        lab.get(&uri, &[(contract::http::REQUEST_ID, &*id)]).await.unwrap().status().as_u16()
    });
    join_all(asks).await
}

#[test]
fn a_pool_serves_first_come_first_served_and_never_more_than_its_size() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        assert!(burst(&lab, 12).await.iter().all(|status| *status == 200));
        let entries = lab.ledger.take();
        let served = at(&entries, "database/pool", Phase::Serve);
        assert_eq!(served.len(), 12);
        for entry in &served {
            let at_once = served.iter().filter(|other| other.from_ns <= entry.from_ns && entry.from_ns < other.to_ns);
            assert!(at_once.count() <= 3);
        }
        let asked = |request: &str| {
            at(&entries, "database", Phase::Handle).iter().find(|entry| entry.request == request).unwrap().from_ns
        };
        let mut by_grant: Vec<_> = served.iter().map(|entry| (entry.from_ns, asked(&entry.request))).collect();
        by_grant.sort_unstable();
        assert!(by_grant.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{by_grant:?}");
    });
}

#[test]
fn whoever_waits_longer_than_the_patience_of_a_pool_is_sent_away() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let statuses = burst(&lab, 120).await;
        let refused = statuses.iter().filter(|status| **status == 503).count();
        // Three servers of 60 ms serve about fifty requests within the second of patience.
        assert!((50..90).contains(&refused), "{refused} of 120");
        let waits = at(&lab.ledger.take(), "database/pool", Phase::Wait);
        let longest = waits.iter().map(|entry| entry.to_ns - entry.from_ns).max().unwrap();
        assert!((1_000_000_000..1_005_000_000).contains(&longest), "{longest}");
    });
}

#[test]
fn requests_for_one_missing_key_share_one_reading() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.ttl = Duration::from_millis(1);
        let lab = Lab::start(1, system).await;
        lab.world.clock.sleep(Duration::from_millis(5)).await;
        let ask = || lab.get("http://catalog-cache:80/entries/7", &[(contract::http::REQUEST_ID, "1")]);
        let answers = join_all((0..4).map(|_| ask())).await;
        assert!(answers.iter().all(|answer| answer.as_ref().unwrap().status() == 200));
        let entries = lab.ledger.take();
        assert_eq!(at(&entries, "edge:catalog-cache->database", Phase::Call).len(), 1);
        assert_eq!(at(&entries, "catalog-cache/flight", Phase::Wait).len(), 3);
    });
}

#[test]
fn work_goes_on_when_its_caller_has_left() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let impatient =
            lab.world.clock.timeout(Duration::from_millis(2), lab.get("http://database:80/products/1", &[]));
        assert!(impatient.await.is_err());
        lab.world.clock.sleep(Duration::from_secs(2)).await;
        let entries = lab.ledger.take();
        assert_eq!(at(&entries, "database/pool", Phase::Serve).len(), 1);
        let spans = spans(&lab.pull());
        assert!(spans.iter().any(|span| span.name == "GET /products/{id}"));
    });
}

#[test]
fn an_item_that_cannot_be_had_is_left_out_and_the_answer_says_so() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        lab.hosts.close("catalog-cache:80");
        lab.hosts.close("database:80");
        let answer = lab.search("1").await;
        assert_eq!(answer.status(), 200);
        assert_eq!(&answer.body()[..], br#"{"items":[],"degraded":true}"#);
    });
}

#[test]
fn a_cache_that_is_gone_is_a_fallback_not_a_failure() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        lab.hosts.close("catalog-cache:80");
        let answer = lab.search("1").await;
        assert!(String::from_utf8_lossy(answer.body()).ends_with(r#""degraded":false}"#));
    });
}

#[test]
fn a_deploy_changes_who_speaks_and_nothing_else() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        lab.search("1").await;
        let cache = &lab.instances[&services::Member::first(services::Role::CatalogCache)];
        cache.deploy("deploy-1", None).unwrap();
        lab.search("2").await;
        let batches = lab.pull();
        let versions: Vec<String> = spans(&batches)
            .into_iter()
            .filter(|span| span.service == "catalog-cache" && span.name == "GET /entries/{id}")
            .map(|span| format!("{}/{}", span.resource["service.version"], span.resource["service.instance.id"]))
            .collect();
        assert_eq!(versions, ["v1/1", "v1/1", "v1/1", "v2/1.2", "v2/1.2", "v2/1.2"]);
        assert!(crate::support::logs(&batches).iter().any(|log| {
            log.name == contract::event::DEPLOYMENT && log.attributes[contract::event::CHANGE_ID] == "deploy-1"
        }));
    });
}
