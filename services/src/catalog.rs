//! Catalog: products from the cache, or from the database itself when the cache cannot give them.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use contract::metric;
use scenarios::model;
use telemetry::{Counter, RequestContext, Telemetry};

use crate::attached::Attached;
use crate::call::{CallError, Edge};
use crate::instance::Instance;
use crate::peers::Peers;
use crate::pool::{Pool, Shape};
use crate::reach::{Pace, Reach};
use crate::{Role, reply};

#[derive(Debug)]
pub(crate) struct Catalog {
    instance: Arc<Instance>,
    figures: model::Catalog,
    compute: Pool,
    pace: Pace,
    cache: Edge,
    database: Edge,
    fallbacks: Attached<Counter<u64>>,
}

impl Catalog {
    pub(crate) fn new(instance: &Arc<Instance>, figures: model::Catalog, cache: &Peers, database: &Peers) -> Arc<Self> {
        let fallbacks = Attached::new(instance, |telemetry: &Telemetry| {
            let fallbacks = telemetry.counter(metric::CATALOG_FALLBACK, "{item}");
            fallbacks.add(0, &[]);
            fallbacks
        });
        Arc::new(Self {
            instance: Arc::clone(instance),
            figures,
            compute: Pool::new(instance, Shape::compute(figures.compute)),
            pace: Pace::default(),
            cache: Edge::new(instance, Role::CatalogCache, cache, figures.cache),
            database: Edge::new(instance, Role::Database, database, figures.database),
            fallbacks,
        })
    }

    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        Router::new().route("/products/{id}", get(product)).with_state(Arc::clone(self))
    }

    pub(crate) fn reach(&self) -> Reach {
        let connections = [self.cache.connections(), self.database.connections()];
        let pools = [self.compute.clone()].into_iter().chain(connections.into_iter().flatten()).collect();
        let edges = vec![self.cache.clone(), self.database.clone()];
        Reach { pools, pace: self.pace.clone(), edges, ..Reach::default() }
    }

    async fn read(&self, context: &RequestContext, id: u32) -> Result<Bytes, CallError> {
        let item = self.item(context, id).await?;
        self.cache.further(context, "k", ("/entries/", id)).await?;
        self.database.further(context, "d", ("/products/", id)).await?;
        Ok(item)
    }

    async fn item(&self, context: &RequestContext, id: u32) -> Result<Bytes, CallError> {
        let path = format!("/products/{id}");
        let uncached = self.instance.world().draws.chance("uncached", &context.id, self.figures.uncached_share);
        if !uncached {
            match self.cache.get(context, "k", &format!("/entries/{id}")).await {
                Ok(answer) => return Ok(answer.into_body()),
                Err(error @ CallError::Status(status)) if status.is_client_error() => return Err(error),
                Err(_) => self.fallbacks.get().add(1, &[]),
            }
        }
        self.database.get(context, "d", &path).await.map(http::Response::into_body)
    }
}

async fn product(
    State(catalog): State<Arc<Catalog>>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<u32>,
) -> Response {
    let world = catalog.instance.world();
    let Ok(permit) = catalog.compute.acquire(&context.id).await else {
        return reply::failed(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    };
    let work = catalog.pace.of(catalog.figures.compute.work);
    world.clock.sleep(world.draws.erlang4("catalog", &context.id, work)).await;
    drop(permit);
    reply::passed_on(catalog.read(&context, id).await)
}
