//! Catalog-cache: encoded products with a time to live, read through on a miss, one flight a key.

mod entries;
mod flight;

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use bytes::Bytes;
use contract::{event, metric, span as attribute};
use opentelemetry::KeyValue;
use scenarios::model::{self, OnUnreadable};
use telemetry::{Counter, RequestContext, Telemetry, open_span};

use self::entries::{Entries, Found};
use self::flight::Flights;
use crate::attached::Attached;
use crate::call::{CallError, Edge};
use crate::instance::Instance;
use crate::peers::Peers;
use crate::pool::{Pool, Shape};
use crate::product::{self, Product, Schema};
use crate::reach::{Pace, Reach};
use crate::{Role, reply};

#[derive(Debug)]
pub(crate) struct CatalogCache {
    instance: Arc<Instance>,
    figures: model::CatalogCache,
    compute: Pool,
    pace: Pace,
    database: Edge,
    entries: Arc<Entries>,
    flights: Flights,
    instruments: Attached<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    lookups: Counter<u64>,
    fills: Counter<u64>,
}

impl CatalogCache {
    pub(crate) fn new(
        instance: &Arc<Instance>,
        figures: model::CatalogCache,
        load: &model::Load,
        database: &Peers,
    ) -> Arc<Self> {
        let entries = Arc::new(Entries::prefilled(instance.world(), figures.ttl, load.keys));
        let held = Arc::clone(&entries);
        let instruments = Attached::new(instance, move |telemetry| Instruments::new(telemetry, &held));
        Arc::new(Self {
            instance: Arc::clone(instance),
            figures,
            compute: Pool::new(instance, Shape::compute(figures.compute)),
            pace: Pace::default(),
            database: Edge::new(instance, Role::Database, database, figures.database),
            entries,
            flights: Flights::default(),
            instruments,
        })
    }

    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        Router::new().route("/entries/{id}", get(entry)).with_state(Arc::clone(self))
    }

    pub(crate) fn reach(self: &Arc<Self>) -> Reach {
        let pools = [Some(self.compute.clone()), self.database.connections()].into_iter().flatten().collect();
        let edges = vec![self.database.clone()];
        Reach { cache: Some(Arc::clone(self)), pools, pace: self.pace.clone(), edges, ..Reach::default() }
    }

    /// From now on entries are written under another schema, and a share of those held is rewritten under it,
    /// keeping its expiry. A key once chosen for a share is chosen for every larger one.
    pub(crate) fn write_positional(&self, share: f64) {
        self.entries.write_under(Schema::Positional);
        let draws = self.instance.world().draws;
        self.entries.rewrite(|key| draws.unit("rewrite", &key.to_string()) < share);
    }

    /// Entries are written under the old schema again; those held stay until they expire.
    pub(crate) fn write_named(&self) {
        self.entries.write_under(Schema::Named);
    }

    /// Nothing is held any more: the next request for each key fills it anew.
    pub(crate) fn purge(&self) {
        self.entries.clear();
    }

    /// What the cache holds for a key, told as metric and span attribute.
    fn look_up(&self, context: &RequestContext, key: u32) -> Found {
        let world = self.instance.world();
        let mut found = self.entries.get(key, world.clock.now());
        // A few entries are unreadable in every run: old ones, half-written ones.
        if matches!(found, Found::Readable(_))
            && world.draws.chance("unreadable", &context.id, self.figures.unreadable_share)
        {
            found = Found::Unreadable;
        }
        let outcome = match found {
            Found::Readable(_) => "hit",
            Found::Unreadable => "unreadable",
            Found::Missing => "miss",
        };
        open_span::mark(attribute::CACHE_OUTCOME, outcome);
        let key_hash = world::Draws::new(0).unit("key", &key.to_string()).to_bits();
        open_span::mark(attribute::CACHE_KEY_HASH, format!("{key_hash:016x}"));
        self.instruments.get().lookups.add(1, &[KeyValue::new(metric::CACHE_OUTCOME, outcome)]);
        if matches!(found, Found::Unreadable) {
            let error = product::DecodeError;
            tracing::warn!(
                name: event::CACHE_EXCEPTION,
                { "exception.type" = "DecodeError", "exception.message" = %error },
                "entry is unreadable"
            );
        }
        found
    }

    /// Reads from the database and keeps the answer; requests for a key that is being read wait for that reading.
    async fn read_through(&self, context: &RequestContext, key: u32) -> Result<Bytes, CallError> {
        let fill = async {
            let answer = self.database.get(context, "d", &format!("/products/{key}")).await?;
            if let Ok(product) = serde_json::from_slice::<Product>(answer.body()) {
                self.entries.fill(&product, self.instance.world().clock.now() + self.figures.ttl);
                self.instruments.get().fills.add(1, &[]);
            }
            Ok(answer.into_body())
        };
        self.flights.join(&self.instance, context, key, fill).await
    }
}

async fn entry(
    State(cache): State<Arc<CatalogCache>>,
    Extension(context): Extension<RequestContext>,
    Path(key): Path<u32>,
) -> Response {
    let world = cache.instance.world();
    let Ok(permit) = cache.compute.acquire(&context.id).await else {
        return reply::failed(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    };
    let work = cache.pace.of(cache.figures.compute.work);
    world.clock.sleep(world.draws.erlang4("cache", &context.id, work)).await;
    drop(permit);
    let entry = match cache.look_up(&context, key) {
        Found::Readable(product) => reply::ok(&product),
        Found::Unreadable if cache.figures.on_unreadable == OnUnreadable::Answer => {
            return reply::failed(StatusCode::INTERNAL_SERVER_ERROR, "DecodeError");
        }
        Found::Unreadable | Found::Missing => reply::passed_on(cache.read_through(&context, key).await),
    };
    if !entry.status().is_success() {
        return entry;
    }
    match cache.database.further(&context, "d", ("/products/", key)).await {
        Ok(()) => entry,
        Err(error) => reply::passed_on(Err(error)),
    }
}

impl Instruments {
    fn new(telemetry: &Telemetry, entries: &Arc<Entries>) -> Self {
        let lookups = telemetry.counter(metric::CACHE_LOOKUPS, "{lookup}");
        for outcome in ["hit", "miss", "unreadable"] {
            lookups.add(0, &[KeyValue::new(metric::CACHE_OUTCOME, outcome)]);
        }
        let fills = telemetry.counter(metric::CACHE_FILLS, "{entry}");
        fills.add(0, &[]);
        let entries = Arc::clone(entries);
        telemetry.level(metric::CACHE_ENTRIES, "{entry}", Vec::new(), move || entries.held());
        Self { lookups, fills }
    }
}

/// How old entries are when the cache starts: spread over a whole time to live, as after a long run.
fn remaining(world: &world::World, ttl: Duration, key: u32) -> Duration {
    ttl.mul_f64(world.draws.unit("age", &key.to_string()))
}
