//! The system under test: search, catalog, catalog-cache and database, one module a role.

pub mod app;
mod attached;
mod call;
mod catalog;
mod catalog_cache;
pub mod control;
mod cut;
mod database;
mod exceptions;
mod instance;
mod ledger;
mod member;
mod peers;
mod pool;
pub mod product;
mod reach;
mod reply;
mod role;
mod search;
mod turned;

pub use app::{Config, Service, StartError};
pub use instance::{Instance, Start};
pub use ledger::Ledger;
pub use member::Member;
pub use peers::{Peer, Peers};
pub use role::Role;
