//! The control port: who may use it, what it refuses, and that everything it does ends.

use std::time::Duration;

use bytes::Bytes;
use http::{Method, Request};
use scenarios::model::System;

use crate::support::{Lab, TOKEN, spans, virtually};

const CACHE: &str = "http://catalog-cache.control:80";

async fn send(lab: &Lab, method: Method, uri: &str, token: &str, body: &str) -> u16 {
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
