//! Truth and verdict in, scores, gates and intervals out; and the naive methods that every score is held against.

pub mod card;
pub mod method;
pub mod naive;
pub mod scoring;
pub mod statistics;

pub use card::{Gate, MethodCard, ScoreCard};
pub use method::{Alert, Method, MethodOutput, MethodRoles, Rank};
pub use scoring::{Answer, Score, score};
