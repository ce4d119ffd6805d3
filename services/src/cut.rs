//! Cutting an edge: one effect over it is replaced by a draw from the baseline, and all else goes on as it does.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use http::{Request, Response};
use world::World;

use crate::call::Edge;
use crate::product;

/// Which effect is cut, and what the baseline has in its place.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Cut {
    /// The callee answers what it answers; the caller sees this share of failures remain.
    Errors { share: f64 },
    /// The callee has all of its work; the caller has an answer after a time with this mean.
    Latency { mean: Duration },
    /// This share of calls reaches the callee; the others are answered after a time with this mean.
    Load { through: f64, mean: Duration },
}

/// What an edge is cut by; none: nothing.
#[derive(Debug, Default)]
pub(crate) struct Severed(Mutex<Option<Cut>>);

impl Severed {
    pub(crate) fn set(&self, cut: Option<Cut>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = cut;
    }

    pub(crate) fn get(&self) -> Option<Cut> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Cut {
    /// Sends a request over a cut edge. `caller` is the caller's own request, `id` the one that is sent.
    pub(crate) async fn exchange(
        self,
        edge: &Edge,
        world: &World,
        (caller, id): (&str, &str),
        request: Request<Bytes>,
    ) -> Result<Response<Bytes>, &'static str> {
        let path = request.uri().path().to_owned();
        match self {
            Self::Errors { share } => {
                let answer = edge.send(caller, id, request).await;
                let failed = answer.as_ref().map_or(true, |answer| answer.status().is_server_error());
                if failed && !world.draws.chance("cut", id, share) { stand_in(&path) } else { answer }
            }
            Self::Latency { mean } => {
                let (edge, caller, sent) = (edge.clone(), caller.to_owned(), id.to_owned());
                // Nobody waits for this answer.
                drop(world::task::spawn_apart(async move { edge.send(&caller, &sent, request).await }));
                world.clock.sleep(world.draws.erlang4("cut", id, mean)).await;
                stand_in(&path)
            }
            Self::Load { through, .. } if world.draws.chance("through", id, through) => {
                edge.send(caller, id, request).await
            }
            Self::Load { mean, .. } => {
                world.clock.sleep(world.draws.erlang4("cut", id, mean)).await;
                stand_in(&path)
            }
        }
    }
}

/// What every service of the lab answers to a path that ends in a product's id, when all is well.
fn stand_in(path: &str) -> Result<Response<Bytes>, &'static str> {
    let id = path.rsplit('/').next().and_then(|id| id.parse().ok()).ok_or("invalid_address")?;
    let body = serde_json::to_vec(&product::product(id)).map_err(|_unwritable| "invalid_answer")?;
    Ok(Response::new(Bytes::from(body)))
}
