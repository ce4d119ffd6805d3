//! Putting a service together: handlers, middlewares, health, and the control port beside them.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Router;
use axum::extract::{Request, State};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::Response;
use axum::routing::get;
use contract::span as attribute;
use scenarios::ledger::Phase;
use scenarios::model::{Load, System};
use telemetry::{Entry, RequestContext, open_span, server};

use crate::catalog::Catalog;
use crate::catalog_cache::CatalogCache;
use crate::control::Control;
use crate::database::Database;
use crate::database::store::Store;
pub use crate::database::store::StoreError;
use crate::exceptions::{self, Exceptions};
use crate::instance::{Instance, Start};
use crate::peers::Peers;
use crate::reach::Reach;
use crate::role::Role;
use crate::search::Search;

/// What a service is configured with.
#[derive(Clone, Debug)]
pub struct Config {
    pub system: System,
    pub load: Load,
    /// Addresses of the services it calls.
    pub peers: BTreeMap<Role, Peers>,
    /// `sqlite:…` or `postgres://…`; none: a model of a store.
    pub database_url: Option<String>,
    /// None: there is no control port.
    pub control_token: Option<String>,
    pub cancel_on_disconnect: bool,
}

/// A service ready to listen.
#[derive(Debug)]
pub struct Service {
    pub instance: Arc<Instance>,
    pub routes: Router,
    /// For a listener of its own.
    pub control: Option<Router>,
}

/// Why a service could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("start telemetry")]
    Telemetry(#[source] telemetry::StartError),
    #[error("prepare the store")]
    Store(#[source] StoreError),
    #[error("find the address of {}: none is configured", .callee.as_str())]
    NoPeer { callee: Role },
}

impl Service {
    /// Starts one role; it listens when its routes are served.
    ///
    /// # Errors
    /// [`StartError`] says which step failed.
    pub async fn start(start: Start, config: &Config) -> Result<Self, StartError> {
        let cancel_on_disconnect = config.cancel_on_disconnect;
        let instance = Instance::start(start).map_err(StartError::Telemetry)?;
        let (system, load) = (&config.system, &config.load);
        let (routes, reach) = match instance.role() {
            Role::Search => {
                let role = Search::new(&instance, system.search, load, config.peer(Role::Catalog)?);
                (role.routes(), role.reach())
            }
            Role::Catalog => {
                let (cache, database) = (config.peer(Role::CatalogCache)?, config.peer(Role::Database)?);
                let role = Catalog::new(&instance, system.catalog, cache, database);
                (role.routes(), role.reach())
            }
            Role::CatalogCache => {
                let role = CatalogCache::new(&instance, system.catalog_cache, load, config.peer(Role::Database)?);
                (role.routes(), role.reach())
            }
            Role::Database => {
                let store = match &config.database_url {
                    Some(url) => Store::open(url, system.database.pool.size, load.keys).await,
                    None => Ok(Store::Modelled { keys: load.keys }),
                };
                let role = Database::new(&instance, system.database, store.map_err(StartError::Store)?);
                (role.routes(), role.reach())
            }
        };
        let exceptions = Exceptions::new(system.exception_share * throws(instance.role()));
        let reach = Reach { exceptions: exceptions.clone(), ..reach };
        let control = config.control_token.as_deref().map(|token| Control::new(&instance, reach, token).routes());
        let entry =
            Entry { slot: instance.slot().clone(), clock: instance.world().clock.clone(), cancel_on_disconnect };
        let routes = routes
            .layer(from_fn_with_state((Arc::clone(&instance), exceptions), exceptions::throw))
            .layer(from_fn_with_state(Arc::clone(&instance), keep_book))
            .layer(from_fn_with_state(entry, server::serve))
            // Below the layers, so that probes are never traced.
            .route("/healthz", get(|| async { "ok" }))
            .route("/readyz", get(|| async { "ok" }));
        Ok(Self { instance, routes, control })
    }
}

impl Config {
    fn peer(&self, callee: Role) -> Result<&Peers, StartError> {
        self.peers.get(&callee).ok_or(StartError::NoPeer { callee })
    }
}

/// How often a service's own code throws, as a share of the scenario's figure: what holds data changes rarely and throws
/// rarely. With one share for all, whoever serves most requests would nearly always have the first error of a window.
fn throws(role: Role) -> f64 {
    match role {
        Role::Search | Role::Catalog => 1.0,
        Role::CatalogCache | Role::Database => 0.1,
    }
}

/// Marks the server span with what every request of a service has, and writes the request into the ledger.
async fn keep_book(State(instance): State<Arc<Instance>>, request: Request, next: Next) -> Response {
    let id = request.extensions().get::<RequestContext>().map(|context| {
        open_span::mark(attribute::TENANT_CLASS, context.tenant.clone());
        open_span::mark(attribute::CONFIG_VERSION, instance.config_version());
        context.id.clone()
    });
    let clock = &instance.world().clock;
    let from_ns = clock.wall_ns();
    let response = next.run(request).await;
    if let Some(id) = id {
        instance.ledger().note(&id, instance.role().as_str(), Phase::Handle, from_ns, clock.wall_ns());
    }
    response
}
