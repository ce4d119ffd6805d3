//! The store: SQLite or PostgreSQL through sqlx, or a model of them in virtual time.

use std::str::FromStr as _;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use sqlx::pool::{PoolConnection, PoolOptions};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions as _, PgPool, Postgres, Row as _, Sqlite, SqlitePool};

use crate::product::{self, Product};

/// What the one query is called.
pub(crate) const SUMMARY: &str = "SELECT products";
const SELECT: &str = "SELECT id, name, price_cents FROM products WHERE id = $1";
const CREATE: &str = "CREATE TABLE IF NOT EXISTS products \
                      (id BIGINT PRIMARY KEY, name TEXT NOT NULL, price_cents BIGINT NOT NULL)";
const SEED: &str = "INSERT INTO products (id, name, price_cents) VALUES ($1, $2, $3) ON CONFLICT (id) DO NOTHING";
/// How long opening the connections may take.
const CONNECT: Duration = Duration::from_secs(10);

/// Where products are.
#[derive(Debug)]
pub(crate) enum Store {
    Sqlite(Connections<Sqlite>),
    Postgres(Connections<Postgres>),
    /// Answers as a seeded store would, without a thread or a socket.
    Modelled {
        keys: u32,
    },
}

/// As many open connections as there are permits: whoever has a permit finds one.
#[derive(Debug)]
pub(crate) struct Connections<D: sqlx::Database> {
    pool: sqlx::Pool<D>,
    idle: Mutex<Vec<PoolConnection<D>>>,
}

/// Why a store failed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    #[error("use database address `{url}`: expected sqlite:… or postgres://…")]
    Address { url: String },
    #[error("open the database")]
    Open(#[source] sqlx::Error),
    #[error("create and seed the products")]
    Seed(#[source] sqlx::Error),
    #[error("query the database")]
    Query(#[source] sqlx::Error),
    #[error("find a connection for a permit")]
    NoConnection,
}

macro_rules! with_connections {
    ($store:expr, $connections:ident => $body:expr, $modelled:pat => $otherwise:expr) => {
        match $store {
            Self::Sqlite($connections) => $body,
            Self::Postgres($connections) => $body,
            $modelled => $otherwise,
        }
    };
}

macro_rules! prepare {
    ($pool:expr, $size:expr, $keys:expr) => {{
        let pool = $pool;
        let mut idle = Vec::new();
        for _ in 0..$size {
            idle.push(pool.acquire().await.map_err(StoreError::Open)?);
        }
        if let Some(connection) = idle.first_mut() {
            sqlx::query(CREATE).execute(&mut **connection).await.map_err(StoreError::Seed)?;
            for id in 0..$keys {
                let product = product::product(id);
                sqlx::query(SEED)
                    .bind(i64::from(product.id))
                    .bind(product.name)
                    .bind(product.price_cents)
                    .execute(&mut **connection)
                    .await
                    .map_err(StoreError::Seed)?;
            }
        }
        Connections { pool, idle: Mutex::new(idle) }
    }};
}

impl Store {
    /// Opens `size` connections to `sqlite:…` or `postgres://…`, and creates and seeds the products if they are
    /// not there.
    pub(crate) async fn open(url: &str, size: u32, keys: u32) -> Result<Self, StoreError> {
        if url.starts_with("sqlite:") {
            let options = SqliteConnectOptions::from_str(url)
                .map_err(StoreError::Open)?
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                .busy_timeout(CONNECT)
                .disable_statement_logging();
            let pool: SqlitePool = PoolOptions::new()
                .max_connections(size)
                .acquire_timeout(CONNECT)
                .connect_with(options)
                .await
                .map_err(StoreError::Open)?;
            Ok(Self::Sqlite(prepare!(pool, size, keys)))
        } else if url.starts_with("postgres:") || url.starts_with("postgresql:") {
            let options =
                sqlx::postgres::PgConnectOptions::from_str(url).map_err(StoreError::Open)?.disable_statement_logging();
            let pool =
                PoolOptions::new().max_connections(size).acquire_timeout(CONNECT).connect_with(options.clone()).await;
            let pool: PgPool = match pool {
                // The pool waits for a server that is still coming up, and forgets what each attempt failed of.
                Err(sqlx::Error::PoolTimedOut) => return Err(StoreError::Open(reason(&options).await)),
                other => other.map_err(StoreError::Open)?,
            };
            Ok(Self::Postgres(prepare!(pool, size, keys)))
        } else {
            Err(StoreError::Address { url: url.to_owned() })
        }
    }

    /// `db.system.name`. The model stands in for the embedded store.
    pub(crate) fn system(&self) -> &'static str {
        match self {
            Self::Sqlite(_) | Self::Modelled { .. } => "sqlite",
            Self::Postgres(_) => "postgresql",
        }
    }

    /// Reads one product; the caller holds a permit of a pool of the same size.
    pub(crate) async fn product(&self, id: u32) -> Result<Option<Product>, StoreError> {
        with_connections!(self, connections => {
            let mut connection = connections.take().await?;
            let row = sqlx::query(SELECT)
                .bind(i64::from(id))
                .fetch_optional(&mut *connection)
                .await
                .map_err(StoreError::Query)?;
            connections.give_back(connection);
            row.map(|row| {
                Ok(Product { id, name: row.try_get(1)?, price_cents: row.try_get(2)? })
            })
            .transpose()
            .map_err(StoreError::Query)
        }, Self::Modelled { keys } => Ok((id < *keys).then(|| product::product(id))))
    }
}

/// Why a server could not be reached.
async fn reason(options: &sqlx::postgres::PgConnectOptions) -> sqlx::Error {
    options.connect().await.err().unwrap_or(sqlx::Error::PoolTimedOut)
}

impl<D: sqlx::Database> Connections<D> {
    /// An idle connection; a new one only in place of one that broke.
    async fn take(&self) -> Result<PoolConnection<D>, StoreError> {
        let idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        match idle {
            Some(connection) => Ok(connection),
            None => self.pool.acquire().await.map_err(|error| match error {
                sqlx::Error::PoolTimedOut => StoreError::NoConnection,
                other => StoreError::Open(other),
            }),
        }
    }

    fn give_back(&self, connection: PoolConnection<D>) {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
    }
}
