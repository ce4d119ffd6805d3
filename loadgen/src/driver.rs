//! The open loop: every search is sent at its planned time, whatever became of the ones before.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use contract::{IncidentContext, http as headers};
use http::{HeaderValue, Request, Uri};
use serde::Deserialize;
use services::Peers;
use tokio::sync::watch;
use world::{Stop, World};

use crate::arrivals::Arrival;
use crate::report::{Ending, LoadReport, Measured};

/// The most searches under way at once; beyond it they are dropped and counted.
const MAX_UNDER_WAY: u64 = 4_096;
/// A user gives up after this long; the system's own deadlines are shorter.
const PATIENCE: Duration = Duration::from_secs(30);
/// Classes of tenants and the shares of searches they send.
const TENANTS: [(&str, f64); 3] = [("bronze", 0.6), ("silver", 0.9), ("gold", 1.0)];

/// Whom to ask, and in which incident's name.
#[derive(Clone, Debug)]
pub struct Target {
    /// The instances of the service that users call.
    pub peers: Peers,
    pub context: IncidentContext,
    /// Products per search.
    pub fan_out: u32,
}

/// What is sent, and when it ends.
pub struct Load<A> {
    /// Ascending, from `from` on.
    pub arrivals: A,
    /// On the world's clock.
    pub from: Duration,
    /// Told when no more shall be sent.
    pub stop: Stop,
    /// Told when no more of a surge shall be sent, by its place in the list.
    pub surges: Vec<Stop>,
}

/// Sends searches until told to stop, and then waits for those under way, for at most `drain`.
pub async fn drive<A>(world: &World, target: &Target, load: Load<A>, drain: Duration) -> LoadReport
where
    A: Iterator<Item = Arrival>,
{
    let measured = Arc::new(Mutex::new(Measured::new()));
    let (under_way, mut idle) = watch::channel(0_u64);
    let under_way = Arc::new(under_way);
    for (number, arrival) in load.arrivals.enumerate() {
        let planned = load.from + arrival.at;
        tokio::select! {
            biased;
            () = load.stop.told() => break,
            () = world.clock.sleep_until(planned) => {}
        }
        if arrival.surge.and_then(|surge| load.surges.get(surge)).is_some_and(Stop::is_told) {
            continue;
        }
        if *under_way.borrow() >= MAX_UNDER_WAY {
            lock(&measured).dropped += 1;
            continue;
        }
        under_way.send_modify(|count| *count += 1);
        let search = Search { world: world.clone(), target: target.clone(), number: number as u64 + 1, planned };
        let (measured, under_way) = (Arc::clone(&measured), Arc::clone(&under_way));
        world::task::spawn_apart(async move {
            search.send(&measured).await;
            under_way.send_modify(|count| *count -= 1);
        });
    }
    // What is still under way after that is counted as sent and unanswered by the difference.
    drop(world.clock.timeout(drain, idle.wait_for(|count| *count == 0)).await);
    lock(&measured).report()
}

fn lock(measured: &Mutex<Measured>) -> std::sync::MutexGuard<'_, Measured> {
    measured.lock().unwrap_or_else(PoisonError::into_inner)
}

struct Search {
    world: World,
    target: Target,
    number: u64,
    planned: Duration,
}

/// The part of an answer that matters here.
#[derive(Deserialize)]
struct Answer {
    degraded: bool,
}

impl Search {
    async fn send(self, measured: &Mutex<Measured>) {
        let clock = &self.world.clock;
        let sent = clock.now();
        lock(measured).send(sent.saturating_sub(self.planned));
        let Some(request) = self.request() else {
            lock(measured).end(Duration::ZERO, Duration::ZERO, Ending::Unanswered);
            return;
        };
        let answer = self.world.network.send(clock, request, PATIENCE).await;
        let ending = match answer {
            Err(_) => Ending::Unanswered,
            Ok(answer) if !answer.status().is_success() => Ending::NotOk,
            Ok(answer) => match serde_json::from_slice::<Answer>(answer.body()) {
                Ok(Answer { degraded: false }) => Ending::Complete,
                Ok(Answer { degraded: true }) => Ending::Degraded,
                Err(_) => Ending::NotOk,
            },
        };
        let now = clock.now();
        lock(measured).end(now.saturating_sub(self.planned), now.saturating_sub(sent), ending);
    }

    /// Users are not instrumented: they send the incident's baggage and no trace of their own.
    fn request(&self) -> Option<Request<Bytes>> {
        let id = self.number.to_string();
        let tenant = self.world.draws.unit("tenant", &id);
        let tenant = TENANTS.iter().find(|(_, share)| tenant < *share).map_or("gold", |(class, _)| class);
        let base = self.target.peers.pick(&self.world.draws, "users", &id, None)?;
        let uri = format!("{base}/search?q=q{}&k={}", self.number, self.target.fan_out);
        let mut request = Request::new(Bytes::new());
        *request.uri_mut() = uri.parse::<Uri>().ok()?;
        let all = request.headers_mut();
        all.insert(headers::REQUEST_ID, HeaderValue::from_str(&id).ok()?);
        all.insert(headers::TENANT_CLASS, HeaderValue::from_static(tenant));
        all.insert("baggage", HeaderValue::from_str(&self.target.context.baggage_header()).ok()?);
        Some(request)
    }
}
