//! What a score promises: the truth scores 1, known wrong answers get their known values, naive methods do as named.

mod cards;
mod naive;
mod oracle;
mod runs;
mod wrong;
