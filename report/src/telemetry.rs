//! What the report computes from the evidence itself, so that a reader sees the measurement and not only the claim.

pub(crate) mod calls;
pub(crate) mod curves;
pub(crate) mod points;
pub(crate) mod spans;
pub(crate) mod traces;

#[cfg(test)]
mod fixture;
