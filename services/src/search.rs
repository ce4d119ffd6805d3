//! Search: ranks product ids for a query, asks catalog for each with bounded concurrency, leaves out what cannot be had.

use std::sync::Arc;

use axum::extract::{Query, State};
use axum::http::StatusCode;
use axum::response::Response;
use axum::routing::get;
use axum::{Extension, Router};
use contract::{metric, span as attribute};
use futures::StreamExt as _;
use scenarios::model;
use serde::{Deserialize, Serialize};
use telemetry::{Counter, Histogram, RequestContext, Telemetry, open_span};

use crate::attached::Attached;
use crate::call::Edge;
use crate::instance::Instance;
use crate::peers::Peers;
use crate::pool::{Pool, Shape};
use crate::product::Product;
use crate::reach::{Pace, Reach};
use crate::reply;

/// The most products one search may ask for.
const MAX_ITEMS: u32 = 50;

#[derive(Debug)]
pub(crate) struct Search {
    instance: Arc<Instance>,
    figures: model::Search,
    popularity: Popularity,
    compute: Pool,
    pace: Pace,
    catalog: Edge,
    instruments: Attached<Instruments>,
}

#[derive(Debug)]
struct Instruments {
    latency: Histogram,
    errors: Counter<u64>,
    degraded: Counter<u64>,
}

#[derive(Debug, Deserialize)]
struct Asked {
    q: String,
    k: u32,
}

/// The answer to a search.
#[derive(Debug, Serialize)]
struct Found {
    items: Vec<Product>,
    degraded: bool,
}

impl Search {
    pub(crate) fn new(
        instance: &Arc<Instance>,
        figures: model::Search,
        load: &model::Load,
        catalog: &Peers,
    ) -> Arc<Self> {
        let instruments = Attached::new(instance, Instruments::new);
        Arc::new(Self {
            instance: Arc::clone(instance),
            figures,
            popularity: Popularity::zipf(load.keys, load.zipf),
            compute: Pool::new(instance, Shape::compute(figures.compute)),
            pace: Pace::default(),
            catalog: Edge::new(instance, crate::Role::Catalog, catalog, figures.catalog),
            instruments,
        })
    }

    pub(crate) fn routes(self: &Arc<Self>) -> Router {
        Router::new().route("/search", get(search)).with_state(Arc::clone(self))
    }

    pub(crate) fn reach(&self) -> Reach {
        let pools = [Some(self.compute.clone()), self.catalog.connections()].into_iter().flatten().collect();
        Reach { pools, pace: self.pace.clone(), edges: vec![self.catalog.clone()], ..Reach::default() }
    }

    /// The products that a query asks for: popular ones often, the same ones for the same request.
    fn rank(&self, request: &str, query: &str, count: u32) -> Vec<u32> {
        let draws = self.instance.world().draws;
        (0..count.min(MAX_ITEMS)).map(|i| self.popularity.pick(draws.unit(query, &format!("{request}/{i}")))).collect()
    }
}

async fn search(
    State(search): State<Arc<Search>>,
    Extension(context): Extension<RequestContext>,
    Query(asked): Query<Asked>,
) -> Response {
    let clock = &search.instance.world().clock;
    let started = clock.now();
    let response = answer(&search, &context, &asked).await;
    let elapsed = clock.now().saturating_sub(started);
    search.instruments.get().latency.record(elapsed.as_secs_f64(), &[]);
    if response.status().is_server_error() {
        search.instruments.get().errors.add(1, &[]);
    }
    response
}

async fn answer(search: &Arc<Search>, context: &RequestContext, asked: &Asked) -> Response {
    let world = search.instance.world();
    let Ok(permit) = search.compute.acquire(&context.id).await else {
        return reply::failed(StatusCode::SERVICE_UNAVAILABLE, "overloaded");
    };
    let work = search.pace.of(search.figures.compute.work);
    world.clock.sleep(world.draws.erlang4("search", &context.id, work)).await;
    drop(permit);
    let ids = search.rank(&context.id, &asked.q, asked.k);
    let calls = ids.into_iter().enumerate().map(|(i, id)| item(Arc::clone(search), context.clone(), i, id));
    let concurrency = search.figures.concurrency as usize;
    let items: Vec<Option<Product>> = futures::stream::iter(calls).buffered(concurrency).collect().await;
    let missing = items.iter().filter(|item| item.is_none()).count();
    open_span::mark(attribute::DEGRADED_ITEMS, i64::try_from(missing).unwrap_or(i64::MAX));
    if missing > 0 {
        search.instruments.get().degraded.add(1, &[]);
    }
    reply::ok(&Found { items: items.into_iter().flatten().collect(), degraded: missing > 0 })
}

async fn item(search: Arc<Search>, context: RequestContext, index: usize, id: u32) -> Option<Product> {
    let step = index.to_string();
    let answer = search.catalog.get(&context, &step, &format!("/products/{id}")).await.ok()?;
    search.catalog.further(&context, &step, ("/products/", id)).await.ok()?;
    serde_json::from_slice(answer.body()).ok()
}

impl Instruments {
    fn new(telemetry: &Telemetry) -> Self {
        let errors = telemetry.counter(metric::SEARCH_ERRORS, "{request}");
        let degraded = telemetry.counter(metric::SEARCH_DEGRADED, "{request}");
        errors.add(0, &[]);
        degraded.add(0, &[]);
        Self { latency: telemetry.histogram(metric::SEARCH_LATENCY), errors, degraded }
    }
}

/// How often each key is asked for: the cumulative shares of a Zipf law.
#[derive(Debug)]
struct Popularity(Vec<f64>);

impl Popularity {
    fn zipf(keys: u32, exponent: f64) -> Self {
        let weights = (1..=keys.max(1)).map(|rank| f64::from(rank).powf(-exponent));
        let total: f64 = weights.clone().sum();
        let cumulative = weights.scan(0.0, |sum, weight| {
            *sum += weight / total;
            Some(*sum)
        });
        Self(cumulative.collect())
    }

    fn pick(&self, unit: f64) -> u32 {
        let index = self.0.partition_point(|share| *share <= unit).min(self.0.len() - 1);
        u32::try_from(index).expect("there are at most 2^32 keys")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn popular_keys_are_picked_by_their_zipf_share() {
        let popularity = Popularity::zipf(200, 0.8);
        let picks: Vec<u32> = (0..10_000).map(|i| popularity.pick(f64::from(i) / 10_000.0)).collect();
        let share = |key: u32| picks.iter().filter(|pick| **pick == key).count();
        // The sum of rank^-0.8 over 200 ranks is 9.99: the first has a tenth of it, the second 2^-0.8 of that.
        assert_eq!((share(0), share(1), popularity.pick(0.999_999)), (1_001, 574, 199));
    }
}
