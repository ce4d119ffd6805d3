//! The live shell on a real socket: what clients were told was taken is on disk when it has ended.

use std::sync::Arc;

use collector::live::{Pace, serve};
use collector::{Config, Core, Limits, Lines, Receiver};
use prost::Message as _;
use tokio::net::TcpListener;

use crate::samples;

#[tokio::test]
async fn what_was_acknowledged_is_on_disk_after_the_shutdown() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |name: &str| Lines::create(&folder.path().join(name)).unwrap();
    let core = Arc::new(Core::new(Config::default(), lines("evidence"), lines("after"), Vec::new()));
    let receiver = Receiver::new(core, Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", listener.local_addr().unwrap());
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    // Ticks come from arrivals alone: the pause never ends before the shutdown.
    let pace = Pace { now_ns: || 1, pause: async || std::future::pending().await, grace_pauses: 1 };
    let ended = serve(listener, &receiver, pace, async move { stopped.await.unwrap() });
    let client = async {
        // A connection that is not kept alive is not in the way of the end.
        let client = reqwest::Client::builder().pool_max_idle_per_host(0).build().unwrap();
        for number in 1..=20_u64 {
            let body = samples::spans_ending_at(&[number, number]).encode_to_vec();
            let request = client.post(&url).header("content-type", "application/x-protobuf").body(body);
            assert_eq!(request.send().await.unwrap().status(), 200);
        }
        stop.send(()).unwrap();
    };
    let (counters, ()) = tokio::join!(ended, client);
    let counters = counters.unwrap();
    assert!(counters.balance());
    assert_eq!((counters.traces.received, counters.traces.written, counters.traces.queued), (40, 40, 0));
    let written = std::fs::read_to_string(folder.path().join("evidence/traces.jsonl")).unwrap();
    assert_eq!(written.matches("\"spanId\"").count(), 40);
}

#[tokio::test]
async fn a_client_that_never_finishes_is_not_waited_for_beyond_the_grace() {
    let folder = tempfile::tempdir().unwrap();
    let lines = |name: &str| Lines::create(&folder.path().join(name)).unwrap();
    let core = Arc::new(Core::new(Config::default(), lines("evidence"), lines("after"), Vec::new()));
    let receiver = Receiver::new(core, Limits::default());
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let pace = Pace { now_ns: || 1, pause: async || tokio::task::yield_now().await, grace_pauses: 1_000 };
    let ended = serve(listener, &receiver, pace, async move { stopped.await.unwrap() });
    let client = async {
        let mut stalled = tokio::net::TcpStream::connect(address).await.unwrap();
        let head =
            b"POST /v1/traces HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: 9\r\n\r\n{";
        tokio::io::AsyncWriteExt::write_all(&mut stalled, head).await.unwrap();
        stop.send(()).unwrap();
        stalled
    };
    let (counters, _stalled) = tokio::join!(ended, client);
    assert_eq!(counters.unwrap(), collector::Counters::default());
}
