//! What a score promises: the truth scores 1, known wrong answers get their known values, naive methods do as named.

mod aggregate;
mod cards;
mod cells;
mod diagnosis;
mod learned;
mod naive;
mod oracle;
mod paired;
mod runs;
mod schema;
mod series;
mod telemetry;
mod wrong;
