//! The timeline: puts levers on services through their control ports, renews them, and takes them off.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Method, Request, StatusCode, header};
use services::control;
use world::{Stop, World};

/// How long a lever stays without a renewal: longer than two missed ones.
const TTL: Duration = Duration::from_secs(5);
/// How often a lever is renewed.
const RENEW: Duration = Duration::from_secs(2);
/// How long a control port may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// One lever, on one service, for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Order {
    /// The id of the lever and of the change that telemetry shows.
    pub id: String,
    /// Address of the control port, such as `http://127.0.0.1:9090`.
    pub port: String,
    pub token: String,
    pub lever: control::Lever,
    /// The service, or one of its parts.
    pub target: String,
    /// Which of its instances, from 1: the one behind the port.
    pub instance: Option<u32>,
    /// As what it is told; none: it is not, unless the lever itself is a change.
    pub change: Option<control::Change>,
    /// What the build or configuration is called that takes over; none: the next one of the instance.
    pub version: Option<String>,
    pub magnitude: f64,
    pub ratio: f64,
    pub ramp: Duration,
    /// On the world's clock.
    pub at: Duration,
    /// On the world's clock; none: until the run stops.
    pub until: Option<Duration>,
}

/// A lever that could not be put on or renewed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OrderError {
    #[error("reach the control port of {target} for {id}: {cause}")]
    Unreachable { id: String, target: String, cause: world::SendError },
    #[error("put {id} on {target}: status {status}, {reason}")]
    Refused { id: String, target: String, status: u16, reason: String },
    #[error("write the order {id} as a request")]
    Malformed { id: String },
}

/// Follows one order to its end; `stop` ends it early.
///
/// # Errors
/// [`OrderError`] if the lever is not in force as ordered: the run is not what the scenario says.
pub async fn follow(world: &World, order: &Order, stop: Stop) -> Result<(), OrderError> {
    let clock = &world.clock;
    tokio::select! {
        biased;
        () = stop.told() => return Ok(()),
        () = clock.sleep_until(order.at) => {}
    }
    loop {
        put(world, order).await?;
        let next = order.until.map_or(clock.now() + RENEW, |until| until.min(clock.now() + RENEW));
        tokio::select! {
            biased;
            () = stop.told() => break,
            () = clock.sleep_until(next) => {}
        }
        if order.until.is_some_and(|until| until <= clock.now()) {
            break;
        }
    }
    take_off(world, order).await
}

async fn put(world: &World, order: &Order) -> Result<(), OrderError> {
    let body = control::Order {
        lever: order.lever,
        target: order.target.clone(),
        instance: order.instance,
        change: order.change,
        version: order.version.clone(),
        magnitude: order.magnitude,
        ratio: order.ratio,
        ramp_ms: millis(order.ramp),
        ttl_ms: millis(TTL),
    };
    let body = serde_json::to_vec(&body).map_err(|_unwritable| malformed(order))?;
    send(world, order, Method::PUT, Bytes::from(body)).await
}

async fn take_off(world: &World, order: &Order) -> Result<(), OrderError> {
    send(world, order, Method::DELETE, Bytes::new()).await
}

async fn send(world: &World, order: &Order, method: Method, body: Bytes) -> Result<(), OrderError> {
    let mut request = Request::new(body);
    *request.method_mut() = method;
    *request.uri_mut() = format!("{}/faults/{}", order.port, order.id).parse().map_err(|_invalid| malformed(order))?;
    let token = HeaderValue::from_str(&format!("Bearer {}", order.token)).map_err(|_invalid| malformed(order))?;
    request.headers_mut().insert(header::AUTHORIZATION, token);
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    let answer = world
        .network
        .send(&world.clock, request, PATIENCE)
        .await
        .map_err(|cause| OrderError::Unreachable { id: order.id.clone(), target: order.target.clone(), cause })?;
    match answer.status() {
        StatusCode::CREATED | StatusCode::NO_CONTENT => Ok(()),
        status => Err(OrderError::Refused {
            id: order.id.clone(),
            target: order.target.clone(),
            status: status.as_u16(),
            reason: String::from_utf8_lossy(answer.body()).into_owned(),
        }),
    }
}

fn malformed(order: &Order) -> OrderError {
    OrderError::Malformed { id: order.id.clone() }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
