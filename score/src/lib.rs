//! Truth and verdict in, scores, gates and intervals out; and the methods that every score is held against: naive, learned and published ones.

pub mod aggregate;
pub mod calibration;
pub mod card;
pub mod cell;
pub mod diagnosis;
pub mod learned;
pub mod method;
pub mod naive;
pub mod paired;
pub mod published;
pub mod scoring;
pub mod series;
pub mod statistics;

pub use aggregate::{Summary, Thresholds, summarise};
pub use card::{Gate, MethodCard, ScoreCard};
pub use cell::Cell;
pub use diagnosis::{Diagnosis, Difference, Stage};
pub use method::{Alert, Method, MethodOutput, MethodRoles, Rank};
pub use paired::{Pairing, pair};
pub use scoring::{Answer, Score, score};
