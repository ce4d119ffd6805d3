//! Exceptions of a service's own code: a few in every run, and more from a bad build.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::Next;
use axum::response::Response;
use contract::event;
use telemetry::RequestContext;
use world::Draws;

use crate::instance::Instance;
use crate::reply;

/// Which share of an instance's requests ends in an exception; clones share it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Exceptions {
    usual: f64,
    share: Arc<AtomicU64>,
}

impl Exceptions {
    /// `usual` is the share in every run: code that never fails does not exist.
    pub(crate) fn new(usual: f64) -> Self {
        Self { usual, share: Arc::new(AtomicU64::new(usual.to_bits())) }
    }

    /// From now on this share of the requests fails, and never fewer than usual; none: as many as usual.
    pub(crate) fn raise(&self, share: Option<f64>) {
        let share = share.unwrap_or(self.usual).max(self.usual);
        self.share.store(share.to_bits(), Ordering::Relaxed);
    }

    /// Whether a request meets with one. A request that does for one share does for every larger one.
    fn strike(&self, draws: &Draws, request: &str) -> bool {
        draws.chance("exception", request, f64::from_bits(self.share.load(Ordering::Relaxed)))
    }
}

/// The middleware: what throws is answered as such, is told as an exception of its trace, and does nothing else.
pub(crate) async fn throw(
    State((instance, exceptions)): State<(Arc<Instance>, Exceptions)>,
    request: Request,
    next: Next,
) -> Response {
    let id = request.extensions().get::<RequestContext>().map(|context| context.id.as_str());
    if id.is_some_and(|id| exceptions.strike(&instance.world().draws, id)) {
        tracing::error!(
            name: event::SERVER_EXCEPTION,
            { "exception.type" = "RangeError", "exception.message" = "index out of range" },
            "request failed"
        );
        return reply::failed(StatusCode::INTERNAL_SERVER_ERROR, "RangeError");
    }
    next.run(request).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_only_adds_to_what_fails_anyway_and_leaves_when_it_is_taken_off() {
        let (exceptions, draws) = (Exceptions::new(0.01), Draws::new(3));
        let struck = || (0..10_000).filter(|id| exceptions.strike(&draws, &id.to_string())).collect::<Vec<u32>>();
        let usual = struck();
        assert!((70..130).contains(&usual.len()), "{}", usual.len());
        exceptions.raise(Some(0.5));
        let raised = struck();
        assert!((4_800..5_200).contains(&raised.len()) && usual.iter().all(|id| raised.contains(id)));
        exceptions.raise(Some(0.0));
        assert_eq!(struck(), usual);
        exceptions.raise(None);
        assert_eq!(struck(), usual);
    }
}
