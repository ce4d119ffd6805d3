//! What the lab runs in: a clock, draws, a network and tasks, real or virtual.
//!
//! Nothing outside this crate may use tokio's time and spawn, the system clock, or unseeded randomness.

pub mod clock;
pub mod draws;
pub mod entropy;
pub mod network;
mod stop;
pub mod task;

pub use clock::{Clock, Elapsed};
pub use draws::Draws;
pub use network::{Network, SendError};
pub use stop::Stop;
pub use task::spawn;

/// Everything a service or the load generator needs from outside itself.
#[derive(Clone, Debug)]
pub struct World {
    pub clock: Clock,
    pub draws: Draws,
    pub network: Network,
}
