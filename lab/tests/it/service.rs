//! Services alone, as a container would run them: real stores, real sockets, an end in order.

use std::collections::BTreeSet;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, SocketAddr, TcpStream};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use collector::live::Pace;
use collector::receive::{Limits, Receiver};
use collector::{Core, Lines};
use evidence::Bundle;
use rca_engine::evidence::{Evidence, SpanKind};

use crate::books;
use crate::folders::{folder, json};
use crate::postgres::Postgres;
use crate::program::{Ended, Program, free_port, rcalab};

/// A service that answers.
struct Alone {
    program: Program,
    address: SocketAddr,
}

/// One request; none where the connection was refused or cut. A trace parent makes the request known by its trace id.
fn get(address: SocketAddr, path: &str, trace: Option<u128>) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(30))).ok()?;
    let parent = trace.map_or(String::new(), |id| format!("traceparent: 00-{id:032x}-00f067aa0ba902b7-01\r\n"));
    write!(stream, "GET {path} HTTP/1.1\r\nHost: {address}\r\n{parent}Connection: close\r\n\r\n").ok()?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).ok()?;
    let (head, body) = answer.split_once("\r\n\r\n")?;
    Some((head.split(' ').nth(1)?.parse().ok()?, body.to_owned()))
}

impl Alone {
    /// Starts a role on a free port and waits until it answers.
    fn start(role: &str, more: &[&str]) -> Self {
        let address = SocketAddr::from((Ipv4Addr::LOCALHOST, free_port()));
        let listen = address.to_string();
        let program = Program::start(&[&["service", role, "--listen", &listen], more].concat());
        loop {
            if TcpStream::connect(address).is_ok() {
                return Self { program, address };
            }
            if let Some(out) = program.ends_within(Duration::from_millis(50)) {
                panic!("{:?}", program.ended(Some(out)));
            }
        }
    }

    fn get(&self, path: &str) -> (u16, String) {
        get(self.address, path, None).unwrap()
    }

    fn stop(self) -> Ended {
        self.program.signal("TERM");
        self.program.end().with(0)
    }
}

/// Products are there on first use, and still there on the second.
fn serves_products(url: &str) {
    for _ in 0..2 {
        let database = Alone::start("database", &["--database-url", url]);
        assert_eq!(database.get("/healthz").0, 200);
        assert_eq!(database.get("/readyz").0, 200);
        let (status, body) = database.get("/products/7");
        assert_eq!(status, 200, "{body}");
        assert_eq!(serde_json::from_str::<services::product::Product>(&body).unwrap(), services::product::product(7));
        assert_eq!(database.get("/products/199").0, 200);
        assert_eq!(database.get("/products/200").0, 404, "only what was seeded");
        // No path and no id may reach the store as anything but a number.
        assert_eq!(database.get("/products/7%3B%20DROP%20TABLE%20products").0, 400);
        assert_eq!(database.get("/faults").0, 404, "there is no control port unless it is asked for");
        database.stop();
    }
}

#[test]
fn sqlite_is_created_and_seeded_once_and_used_again() {
    let folder = folder();
    let path = folder.path().join("products.sqlite");
    serves_products(&format!("sqlite:{}", path.display()));
    assert!(path.exists());
}

#[test]
fn a_real_postgresql_is_created_and_seeded_once_and_carries_a_live_run() {
    let Some(postgres) = Postgres::start() else { return };
    serves_products(&postgres.url());
    assert_eq!(postgres.ask("select count(*), min(id), max(id) from products"), "200|0|199");
    let price = services::product::product(7).price_cents;
    assert_eq!(postgres.ask("select price_cents from products where id = 7"), price.to_string());
    // Whoever changed a product finds it unchanged by the next start.
    postgres.ask("update products set name = 'kept' where id = 7");
    let database = Alone::start("database", &["--database-url", &postgres.url()]);
    assert!(database.get("/products/7").1.contains("kept"));
    database.stop();
    let _alone = books::alone();
    let folder = folder();
    let bundle = books::run("null_quiet", &folder, &["--database-url", &postgres.url()]).with(0).bundle();
    let traces = std::fs::read_to_string(bundle.join("evidence/traces.jsonl")).unwrap();
    assert!(traces.contains("\"postgresql\"") && !traces.contains("\"sqlite\""));
    let report = std::fs::read_to_string(bundle.join("report.html")).unwrap();
    assert!(!report.contains(&postgres.port.to_string()), "the database's address is nobody's business");
    assert_eq!(json(&bundle.join("score.json"))["exit"], 0);
}

#[test]
fn a_database_that_cannot_be_used_is_no_lab_and_says_why() {
    let unreachable = format!("postgres://lab@127.0.0.1:{}/postgres", free_port());
    let rows = [
        ("mysql://localhost/x", "expected sqlite:… or postgres://…"),
        ("sqlite:/no/such/folder/x.sqlite", "unable to open database file"),
        (&unreachable, "refused"),
    ];
    for (url, why) in rows {
        let listen = format!("127.0.0.1:{}", free_port());
        let ended = rcalab(&["service", "database", "--database-url", url, "--listen", &listen]).with(96);
        assert!(ended.err.contains(why), "{url}: {}", ended.err);
        assert!(!ended.err.contains("panicked"), "{}", ended.err);
    }
}

#[test]
fn a_configuration_that_cannot_work_is_refused_before_anything_starts() {
    let cache = "catalog-cache=http://127.0.0.1:9";
    let rows: [(&[&str], &str); 6] = [
        (&["search"], "--peer catalog="),
        (&["catalog", "--peer", cache], "--peer database="),
        (&["catalog-cache"], "--peer database="),
        (&["catalog", "--peer", "nobody=http://127.0.0.1:9"], "nobody"),
        (&["database", "--run-id", "two words"], "--run-id"),
        (&["database", "--scenario", "no_such_story"], "no_such_story"),
    ];
    for (arguments, named) in rows {
        let ended = rcalab(&[&["service"], arguments].concat()).with(104);
        assert!(ended.err.contains(named), "{arguments:?}: {}", ended.err);
    }
    let taken = std::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let listen = taken.local_addr().unwrap().to_string();
    let ended = rcalab(&["service", "database", "--listen", &listen, "--database-url", "sqlite::memory:"]).with(96);
    assert!(ended.err.contains(&listen), "{}", ended.err);
}

/// A collector in this process, on a port of its own, until it is told to end; then what it received.
struct Collecting {
    endpoint: String,
    stop: world::Stop,
    thread: std::thread::JoinHandle<()>,
}

impl Collecting {
    fn start(folder: &Path) -> Self {
        let (say, hear) = std::sync::mpsc::channel();
        let stop = world::Stop::default();
        let (told, folder) = (stop.clone(), folder.to_owned());
        let thread = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async move {
                let listener = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
                say.send(listener.local_addr().unwrap()).unwrap();
                let lines = |name: &str| Lines::create(&folder.join(name)).unwrap();
                let core =
                    Arc::new(Core::new(collector::Config::default(), lines("evidence"), lines("after"), Vec::new()));
                let receiver = Receiver::new(core, Limits::default());
                let clock = world::Clock::real();
                let (now, pause) = (clock.clone(), clock);
                let pace = Pace {
                    now_ns: move || now.wall_ns(),
                    pause: async move || pause.pass(Duration::from_millis(50)).await,
                    grace_pauses: 5,
                };
                collector::live::serve(listener, &receiver, pace, async move { told.told().await }).await.unwrap();
            });
        });
        Self { endpoint: format!("http://{}", hear.recv().unwrap()), stop, thread }
    }

    fn end(self, folder: &Path) -> Evidence {
        self.stop.tell();
        self.thread.join().unwrap();
        Bundle::open(folder).unwrap().read().unwrap().evidence
    }
}

#[test]
fn a_service_that_is_told_to_end_under_load_answers_and_tells_of_every_request() {
    let (folder, products) = (folder(), folder());
    let collecting = Collecting::start(folder.path());
    let url = format!("sqlite:{}", products.path().join("products.sqlite").display());
    let database = Alone::start("database", &["--database-url", &url, "--otlp-endpoint", &collecting.endpoint]);
    let (address, counted) = (database.address, AtomicU64::new(1));
    let mut answered = BTreeSet::new();
    std::thread::scope(|scope| {
        let ask = || {
            let mut answered = Vec::new();
            // Until nobody listens any more: the last requests are under way when the end is announced.
            loop {
                let id = u128::from(counted.fetch_add(1, Ordering::Relaxed));
                match get(address, &format!("/products/{}", id % 200), Some(id)) {
                    Some((200, _)) => answered.push(id),
                    Some((status, body)) => panic!("{status}: {body}"),
                    None => return answered,
                }
            }
        };
        let clients: Vec<_> = (0..8).map(|_| scope.spawn(ask)).collect();
        while counted.load(Ordering::Relaxed) < 60 {
            assert!(database.program.ends_within(Duration::from_millis(20)).is_none(), "it ended by itself");
        }
        database.stop();
        answered.extend(clients.into_iter().flat_map(|client| client.join().unwrap()));
    });
    let evidence = collecting.end(folder.path());
    assert!(answered.len() >= 50, "{}", answered.len());
    let served = evidence.spans.iter().filter(|span| span.kind == SpanKind::Server);
    let served: BTreeSet<u128> = served.map(|span| span.trace_id).collect();
    let lost: Vec<_> = answered.difference(&served).collect();
    assert!(lost.is_empty(), "{} of {} answered requests left no span", lost.len(), answered.len());
    // Nothing else is traced: not the export, not the probes.
    let known = |id: u128| id < u128::from(counted.load(Ordering::Relaxed));
    assert!(evidence.spans.iter().all(|span| known(span.trace_id)), "a span of no request");
    // The statement under the request as well, and the metrics up to the end.
    assert_eq!(evidence.spans.iter().filter(|span| span.kind == SpanKind::Client).count(), served.len());
    assert!(!evidence.series.is_empty());
    println!("{} answered, {} served and traced", answered.len(), served.len());
}

#[test]
fn a_service_without_a_collector_still_answers_and_ends() {
    let folder = folder();
    let url = format!("sqlite:{}", folder.path().join("products.sqlite").display());
    let nowhere = format!("http://127.0.0.1:{}", free_port());
    let database = Alone::start("database", &["--database-url", &url, "--otlp-endpoint", &nowhere]);
    assert_eq!(database.get("/products/1").0, 200);
    let ended = database.stop();
    assert!(!ended.err.contains("panicked"), "{}", ended.err);
}
