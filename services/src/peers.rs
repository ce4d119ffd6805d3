//! Where a service can be reached: the address of each instance, and its weight among them.

use serde::{Deserialize, Serialize};
use world::Draws;

/// The address of one instance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Peer {
    /// Such as `http://127.0.0.1:8080`.
    pub base: String,
    /// Of requests, relative to the other instances.
    pub weight: f64,
}

/// All instances of one service, in their order.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Peers(Vec<Peer>);

impl Peers {
    /// One instance that gets everything.
    pub fn one(base: impl Into<String>) -> Self {
        Self(vec![Peer { base: base.into(), weight: 1.0 }])
    }

    /// One more instance.
    pub fn add(&mut self, base: impl Into<String>, weight: f64) {
        self.0.push(Peer { base: base.into(), weight });
    }

    /// The address that a request goes to, by a draw keyed by its id; none where there is no instance.
    pub fn pick(&self, draws: &Draws, service: &str, id: &str) -> Option<&str> {
        let (last, others) = self.0.split_last()?;
        // Where there is no choice there is nothing to draw.
        if others.is_empty() {
            return Some(&last.base);
        }
        let total: f64 = self.0.iter().map(|peer| peer.weight).sum();
        let drawn = draws.unit(service, id) * total;
        let mut passed = 0.0;
        let picked = others.iter().find(|peer| {
            passed += peer.weight;
            drawn < passed
        });
        Some(&picked.unwrap_or(last).base)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_spread_by_weight_and_each_goes_to_the_same_instance_again() {
        let mut peers = Peers::default();
        let draws = Draws::new(7);
        assert_eq!(peers.pick(&draws, "catalog", "1"), None);
        peers.add("one", 0.9);
        peers.add("two", 0.1);
        let picks = |_: u32| (0..10_000).filter(|id| peers.pick(&draws, "catalog", &id.to_string()) == Some("two"));
        let (first, again): (Vec<u32>, Vec<u32>) = (picks(1).collect(), picks(2).collect());
        assert_eq!(first, again);
        assert!((900..1_100).contains(&first.len()), "{}", first.len());
        // The callers of one service and those of another do not fall on the same instance together.
        let both = first.iter().filter(|id| peers.pick(&draws, "search", &id.to_string()) == Some("two")).count();
        assert!((60..140).contains(&both), "{both}");
    }
}
