//! The control port: who may use it, what it refuses, and that everything it does ends.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use scenarios::ledger::{Entry, Phase};
use scenarios::model::System;

use crate::support::{Lab, TOKEN, logs, spans, virtually};

const CACHE: &str = "http://catalog-cache.control:80";

pub(crate) async fn send(lab: &Lab, method: Method, uri: &str, token: &str, body: &str) -> u16 {
    let mut request = Request::new(Bytes::from(body.to_owned()));
    *request.method_mut() = method;
    *request.uri_mut() = uri.parse().unwrap();
    request.headers_mut().insert("authorization", format!("Bearer {token}").parse().unwrap());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    lab.world.network.send(&lab.world.clock, request, Duration::from_secs(5)).await.unwrap().status().as_u16()
}

fn poison(ttl_ms: u64) -> String {
    format!(r#"{{"lever":"poison_entries","target":"catalog-cache","ratio":1.0,"ttl_ms":{ttl_ms}}}"#)
}

async fn readable(lab: &Lab, key: u32) -> bool {
    let uri = format!("http://catalog-cache:80/entries/{key}");
    lab.get(&uri, &[(contract::http::REQUEST_ID, "1")]).await.unwrap().status() == 200
}

#[test]
fn orders_that_are_not_right_are_refused_with_their_reason() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let put = |token: &'static str, id: &'static str, body: &'static str| {
            let lab = &lab;
            async move { send(lab, Method::PUT, &format!("{CACHE}/faults/{id}"), token, body).await }
        };
        let right = r#"{"lever":"poison_entries","target":"catalog-cache","ttl_ms":1000}"#;
        assert_eq!(put("", "a", right).await, 401);
        assert_eq!(put("a-toke", "a", right).await, 401);
        assert_eq!(put(TOKEN, "a", "{").await, 400);
        assert_eq!(put(TOKEN, "a", r#"{"lever":"no_such","target":"catalog-cache","ttl_ms":1}"#).await, 422);
        assert_eq!(put(TOKEN, "a", r#"{"lever":"deploy","target":"catalog-cache","ttl_ms":1,"x":1}"#).await, 422);
        assert_eq!(put(TOKEN, "a", r#"{"lever":"deploy","target":"search","ttl_ms":1}"#).await, 422);
        assert_eq!(put(TOKEN, "a", r#"{"lever":"deploy","target":"catalog-cache","ratio":2,"ttl_ms":1}"#).await, 400);
        assert_eq!(put(TOKEN, "a", r#"{"lever":"deploy","target":"catalog-cache","ttl_ms":0}"#).await, 400);
        assert_eq!(put(TOKEN, "a%20b", right).await, 400);
        assert_eq!(send(&lab, Method::DELETE, &format!("{CACHE}/faults/none"), TOKEN, "").await, 404);
        assert_eq!(put(TOKEN, "a", right).await, 201);
        assert_eq!(put(TOKEN, "a", right).await, 204);
    });
}

#[test]
fn poisoned_entries_are_answered_as_unreadable_until_they_expire() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.unreadable_share = 0.0;
        let lab = Lab::start(1, system).await;
        assert!(readable(&lab, 5).await);
        assert_eq!(send(&lab, Method::PUT, &format!("{CACHE}/faults/a"), TOKEN, &poison(60_000)).await, 201);
        assert!(!readable(&lab, 5).await);
        assert_eq!(send(&lab, Method::DELETE, &format!("{CACHE}/faults/a"), TOKEN, "").await, 204);
        // Undoing restores the writing; what is held stays until its time to live.
        assert!(!readable(&lab, 5).await);
        lab.world.clock.sleep(Duration::from_secs(41)).await;
        assert!(readable(&lab, 5).await);
        assert!(readable(&lab, 5).await);
    });
}

#[test]
fn an_order_that_nobody_renews_is_undone() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.unreadable_share = 0.0;
        system.catalog_cache.ttl = Duration::from_secs(2);
        let lab = Lab::start(1, system).await;
        assert_eq!(send(&lab, Method::PUT, &format!("{CACHE}/faults/a"), TOKEN, &poison(3_000)).await, 201);
        lab.world.clock.sleep(Duration::from_secs(6)).await;
        // The first reading fills the entry anew, the second one finds it.
        assert!(readable(&lab, 5).await && readable(&lab, 5).await);
        assert_eq!(send(&lab, Method::DELETE, &format!("{CACHE}/faults/a"), TOKEN, "").await, 404);
    });
}

fn turn(lever: &str, target: &str, magnitude: f64) -> String {
    format!(r#"{{"lever":"{lever}","target":"{target}","magnitude":{magnitude:?},"ttl_ms":60000}}"#)
}

/// How long so many readings at once of the database take together.
async fn crowd(lab: &Lab, readers: usize) -> Duration {
    let began = lab.world.clock.now();
    let reading = |n: usize| async move {
        let id = format!("{n}");
        lab.get("http://database:80/products/1", &[(contract::http::REQUEST_ID, &id)]).await.unwrap()
    };
    futures::future::join_all((0..readers).map(reading)).await;
    lab.world.clock.now().saturating_sub(began)
}

#[test]
fn a_pool_is_resized_and_a_service_paced_until_the_order_ends() {
    virtually(|| async {
        let database = "http://database.control:80";
        let lab = Lab::start(1, System::default()).await;
        let put = |id: &'static str, body: String| {
            let lab = &lab;
            async move { send(lab, Method::PUT, &format!("{database}/faults/{id}"), TOKEN, &body).await }
        };
        let off = |id: &'static str| {
            let lab = &lab;
            async move { send(lab, Method::DELETE, &format!("{database}/faults/{id}"), TOKEN, "").await }
        };
        let usual = crowd(&lab, 12).await;
        assert_eq!(put("a", turn("pool_size", "database/pool", 12.0)).await, 201);
        let wide = crowd(&lab, 12).await;
        assert!(wide < usual / 2, "{wide:?} of {usual:?}");
        // Narrower than it began, while twelve are in use: what is held runs out as it comes back.
        let narrowing = async {
            lab.world.clock.sleep(Duration::from_millis(10)).await;
            put("b", turn("pool_size", "database/pool", 1.0)).await
        };
        assert_eq!(futures::join!(crowd(&lab, 24), narrowing).1, 201);
        let narrow = crowd(&lab, 12).await;
        assert!(narrow > usual * 2, "{narrow:?} of {usual:?}");
        // Of two orders on one thing the last one counts, and the one before it once that is over.
        assert_eq!(off("b").await, 204);
        assert!(crowd(&lab, 12).await.abs_diff(wide) < Duration::from_millis(5));
        assert_eq!(off("a").await, 204);
        // The draws are those of the same requests, so the same crowd takes the same time again.
        let again = crowd(&lab, 12).await;
        assert!(again.abs_diff(usual) < Duration::from_millis(5), "{again:?} instead of {usual:?}");
        assert_eq!(put("c", turn("slow", "database", 0.25)).await, 201);
        let fast = crowd(&lab, 12).await;
        assert!(fast < usual / 3, "{fast:?} of {usual:?}");
        assert_eq!(off("c").await, 204);
        assert!(crowd(&lab, 12).await.abs_diff(usual) < Duration::from_millis(5));
    });
}

/// Calls from catalog to the database that one product takes.
async fn calls(lab: &Lab, id: &str) -> usize {
    drop(lab.ledger.take());
    let uri = "http://catalog:80/products/9";
    lab.get(uri, &[(contract::http::REQUEST_ID, id)]).await.unwrap();
    let is_call = |entry: &&Entry| entry.phase == Phase::Call && entry.station == "edge:catalog->database";
    lab.ledger.take().iter().filter(is_call).count()
}

#[test]
fn a_careless_build_makes_its_further_calls_one_after_the_other_until_the_order_ends() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.unreadable_share = 0.0;
        let lab = Lab::start(1, system).await;
        let uri = "http://catalog.control:80/faults/a";
        assert_eq!(calls(&lab, "1").await, 0);
        let order =
            r#"{"lever":"extra_calls","target":"catalog/database","magnitude":5.0,"change":"deploy","ttl_ms":60000}"#;
        assert_eq!(send(&lab, Method::PUT, uri, TOKEN, order).await, 201);
        let began = lab.world.clock.now();
        assert_eq!(calls(&lab, "2").await, 5);
        // Five queries of 60 ms in a row.
        let took = lab.world.clock.now() - began;
        assert!((150..600).contains(&took.as_millis()), "{took:?}");
        assert_eq!(send(&lab, Method::DELETE, uri, TOKEN, "").await, 204);
        assert_eq!(calls(&lab, "3").await, 0);
        let deploys = logs(&lab.pull()).into_iter().filter(|log| log.name == contract::event::DEPLOYMENT);
        assert_eq!(deploys.map(|log| log.service).collect::<Vec<_>>(), ["catalog"]);
    });
}

#[test]
fn attempts_budgets_and_deadlines_of_a_call_are_turned_and_the_last_order_counts() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog.uncached_share = 1.0;
        let lab = Lab::start(1, system).await;
        let put = |id: &'static str, lever: &'static str, magnitude: f64| {
            let (lab, uri) = (&lab, format!("http://catalog.control:80/faults/{id}"));
            async move { send(lab, Method::PUT, &uri, TOKEN, &turn(lever, "catalog/database", magnitude)).await }
        };
        // Nothing is answered within ten milliseconds, so that every attempt is made that may be.
        assert_eq!(put("a", "timeout", 0.01).await, 201);
        assert_eq!(calls(&lab, "1").await, 2);
        assert_eq!(put("b", "retry_budget", 3.0).await, 201);
        assert_eq!(put("c", "attempts", 4.0).await, 201);
        assert_eq!(calls(&lab, "2").await, 4);
        assert_eq!(put("d", "attempts", 1.0).await, 201);
        assert_eq!(calls(&lab, "3").await, 1);
        assert_eq!(send(&lab, Method::DELETE, "http://catalog.control:80/faults/d", TOKEN, "").await, 204);
        assert_eq!(calls(&lab, "4").await, 4);
    });
}

#[test]
fn slowness_grows_along_its_ramp_and_two_orders_multiply() {
    virtually(|| async {
        let mut system = System::default();
        system.database.pool.size = 200;
        let lab = Lab::start(1, system).await;
        let put = |id: &'static str, magnitude: f64, ramp_ms: u64| {
            let lab = &lab;
            let uri = format!("http://database.control:80/faults/{id}");
            let body = format!(
                r#"{{"lever":"slow","target":"database","magnitude":{magnitude:?},"ramp_ms":{ramp_ms},"ttl_ms":60000}}"#
            );
            async move { send(lab, Method::PUT, &uri, TOKEN, &body).await }
        };
        // The slowest of forty readings at once, each of which takes as many times its time as the service is slow.
        let usual = crowd(&lab, 40).await.as_secs_f64();
        let slower = |took: Duration, times: f64| (took.as_secs_f64() / usual / times - 1.0).abs() < 0.01;
        assert_eq!(put("a", 3.0, 20_000).await, 201);
        assert!(slower(crowd(&lab, 40).await, 1.0));
        lab.world.clock.sleep(Duration::from_secs(10)).await;
        let half = crowd(&lab, 40).await;
        assert!(slower(half, 2.0), "{half:?} of {usual}");
        lab.world.clock.sleep(Duration::from_secs(10)).await;
        assert!(slower(crowd(&lab, 40).await, 3.0));
        assert_eq!(put("b", 2.0, 0).await, 201);
        assert!(slower(crowd(&lab, 40).await, 6.0));
        assert_eq!(send(&lab, Method::DELETE, "http://database.control:80/faults/a", TOKEN, "").await, 204);
        assert!(slower(crowd(&lab, 40).await, 2.0));
    });
}

#[test]
fn what_cannot_be_turned_is_refused() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        let put = |host: &'static str, body: String| {
            let lab = &lab;
            let uri = format!("http://{host}.control:80/faults/a");
            async move { send(lab, Method::PUT, &uri, TOKEN, &body).await }
        };
        assert_eq!(put("database", turn("pool_size", "database/compute", 3.0)).await, 422);
        assert_eq!(put("database", turn("pool_size", "database", 3.0)).await, 422);
        assert_eq!(put("database", turn("pool_size", "catalog/db", 3.0)).await, 422);
        assert_eq!(put("database", turn("pool_size", "database/pool", -1.0)).await, 400);
        assert_eq!(put("database", turn("pool_size", "database/pool", 1e6)).await, 400);
        assert_eq!(put("database", turn("slow", "database", 0.0)).await, 400);
        assert_eq!(put("database", turn("slow", "database/pool", 1.0)).await, 422);
        assert_eq!(put("database", turn("purge", "database", 1.0)).await, 422);
        assert_eq!(put("catalog", turn("attempts", "catalog/search", 2.0)).await, 422);
        assert_eq!(put("catalog", turn("attempts", "catalog/database", 0.0)).await, 400);
        assert_eq!(put("catalog", turn("retry_budget", "catalog/database", -1.0)).await, 400);
        assert_eq!(put("catalog", turn("timeout", "catalog/database", 0.0)).await, 400);
        assert_eq!(put("catalog", turn("extra_calls", "catalog/database", 1e3)).await, 400);
    });
}

#[test]
fn a_purged_cache_reads_every_key_anew() {
    virtually(|| async {
        let mut system = System::default();
        system.catalog_cache.unreadable_share = 0.0;
        let lab = Lab::start(1, system).await;
        assert_eq!(send(&lab, Method::PUT, &format!("{CACHE}/faults/a"), TOKEN, &poison(60_000)).await, 201);
        assert_eq!(send(&lab, Method::DELETE, &format!("{CACHE}/faults/a"), TOKEN, "").await, 204);
        assert!(!readable(&lab, 5).await);
        let purge = turn("purge", "catalog-cache", 1.0);
        assert_eq!(send(&lab, Method::PUT, &format!("{CACHE}/faults/b"), TOKEN, &purge).await, 201);
        assert!(readable(&lab, 5).await);
    });
}

#[test]
fn control_traffic_and_probes_are_never_traced() {
    virtually(|| async {
        let lab = Lab::start(1, System::default()).await;
        send(&lab, Method::PUT, &format!("{CACHE}/faults/a"), TOKEN, &poison(1_000)).await;
        assert_eq!(lab.get("http://search:80/healthz", &[]).await.unwrap().status(), 200);
        assert_eq!(lab.get("http://search:80/readyz", &[]).await.unwrap().status(), 200);
        assert!(spans(&lab.pull()).is_empty());
    });
}
