//! Database: an HTTP facade over a store, with a bounded pool of connections in front of it.

pub(crate) mod store;

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use contract::{event, metric, span as attribute};
use opentelemetry::KeyValue;
use scenarios::model;
use telemetry::{Histogram, OpenSpan, RequestContext};

use self::store::{Store, StoreError};
use crate::attached::Attached;
use crate::instance::Instance;
use crate::pool::{MOST_PERMITS, Pool, Shape};
use crate::product::Product;
use crate::reach::{Pace, Reach};
use crate::reply;

#[derive(Debug)]
pub(crate) struct Database {
    instance: Arc<Instance>,
    figures: model::Database,
    pool: Pool,
    pace: Pace,
    store: Store,
    durations: Attached<Histogram>,
}

impl Database {
    pub(crate) fn new(instance: &Arc<Instance>, figures: model::Database, store: Store) -> Arc<Self> {
        let shape = Shape {
            name: "pool",
            family: &metric::CONNECTIONS,
            size: figures.pool.size,
            patience: Some(figures.pool.acquire),
            serves: true,
            // Real connections are opened once, as many as the pool then has permits.
            most: if matches!(store, Store::Modelled { .. }) { MOST_PERMITS } else { figures.pool.size },
        };
        let durations = Attached::new(instance, |telemetry| telemetry.histogram(metric::DB_OPERATION_DURATION));
        let pool = Pool::new(instance, shape);
        Arc::new(Self { instance: Arc::clone(instance), figures, pool, pace: Pace::default(), store, durations })
    }

    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        Router::new().route("/products/{id}", get(product)).with_state(Arc::clone(self))
    }

    pub(crate) fn reach(&self) -> Reach {
        Reach { pools: vec![self.pool.clone()], pace: self.pace.clone(), ..Reach::default() }
    }

    /// Runs the query and keeps the connection for the time that a loaded database would take.
    async fn select(&self, context: &RequestContext, id: u32) -> Result<Option<Product>, StoreError> {
        let world = self.instance.world();
        let started = world.clock.now();
        let span = tracing::info_span!(
            "db.client",
            otel.name = store::SUMMARY,
            otel.kind = "client",
            "db.system.name" = self.store.system(),
            "db.operation.name" = "SELECT",
            "db.collection.name" = "products",
            "db.query.summary" = store::SUMMARY,
        );
        let span = OpenSpan::begin(span);
        let work = async {
            let row = self.store.product(id).await;
            let hold = world.draws.erlang4("database", &context.id, self.pace.of(self.figures.service));
            let spent = world.clock.now().saturating_sub(started);
            world.clock.sleep(hold.saturating_sub(spent)).await;
            row
        };
        let row = span.run(work).await;
        let _entered = span.enter();
        let mut attributes = vec![
            KeyValue::new(attribute::DB_SYSTEM, self.store.system()),
            KeyValue::new(attribute::DB_OPERATION, "SELECT"),
            KeyValue::new(attribute::DB_COLLECTION, "products"),
        ];
        if let Err(error) = &row {
            span.fail();
            span.mark(attribute::ERROR_TYPE, "StoreError");
            attributes.push(KeyValue::new(attribute::ERROR_TYPE, "StoreError"));
            tracing::error!(
                name: event::DB_EXCEPTION,
                { "exception.type" = "StoreError", "exception.message" = %error },
                "query failed"
            );
        }
        let elapsed = world.clock.now().saturating_sub(started);
        self.durations.get().record(elapsed.as_secs_f64(), &attributes);
        row
    }
}

async fn product(
    State(database): State<Arc<Database>>,
    Extension(context): Extension<RequestContext>,
    Path(id): Path<u32>,
) -> Response {
    let permit = match database.pool.acquire(&context.id).await {
        Ok(permit) => permit,
        Err(error) => {
            tracing::warn!(
                name: event::DB_EXCEPTION,
                { "exception.type" = "PoolError", "exception.message" = %error },
                "no connection was free in time"
            );
            return reply::failed(StatusCode::SERVICE_UNAVAILABLE, error.as_str());
        }
    };
    let row = database.select(&context, id).await;
    drop(permit);
    match row {
        Ok(Some(product)) => reply::ok(&product),
        Ok(None) => reply::failed(StatusCode::NOT_FOUND, "not_found"),
        Err(_) => reply::failed(StatusCode::INTERNAL_SERVER_ERROR, "StoreError"),
    }
}
