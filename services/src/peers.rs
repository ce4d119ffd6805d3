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

    /// The address that a request goes to, by a draw keyed by its id; none where there is no instance. `drained` is the
    /// number of an instance, from 1, that gets none as long as there is another one.
    pub fn pick(&self, draws: &Draws, service: &str, id: &str, drained: Option<u32>) -> Option<&str> {
        let gets = |number: usize| drained.is_none_or(|drained| drained as usize != number) || self.0.len() == 1;
        let asked = || (1..).zip(&self.0).filter(|(number, _)| gets(*number)).map(|(_, peer)| peer);
        let last = asked().last()?;
        // Where there is no choice there is nothing to draw.
        if std::ptr::eq(last, asked().next()?) {
            return Some(&last.base);
        }
        let drawn = draws.unit(service, id) * asked().map(|peer| peer.weight).sum::<f64>();
        let mut passed = 0.0;
        let picked = asked().find(|peer| {
            passed += peer.weight;
            drawn < passed
        });
        // Rounding may leave the last of all a little short.
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
        assert_eq!(peers.pick(&draws, "catalog", "1", None), None);
        peers.add("one", 0.9);
        peers.add("two", 0.1);
        let picks =
            |_: u32| (0..10_000).filter(|id| peers.pick(&draws, "catalog", &id.to_string(), None) == Some("two"));
        let (first, again): (Vec<u32>, Vec<u32>) = (picks(1).collect(), picks(2).collect());
        assert_eq!(first, again);
        assert!((900..1_100).contains(&first.len()), "{}", first.len());
        // The callers of one service and those of another do not fall on the same instance together.
        let both = first.iter().filter(|id| peers.pick(&draws, "search", &id.to_string(), None) == Some("two")).count();
        assert!((60..140).contains(&both), "{both}");
    }

    #[test]
    fn a_drained_instance_gets_nothing_unless_it_is_the_only_one() {
        let (mut peers, draws) = (Peers::one("one"), Draws::new(7));
        assert_eq!(peers.pick(&draws, "catalog", "1", Some(1)), Some("one"));
        peers.add("two", 0.1);
        let asked = |drained| (0..500).map(move |id| (id, drained));
        let picked = |(id, drained): (u32, u32)| peers.pick(&draws, "catalog", &id.to_string(), Some(drained));
        assert!(asked(1).map(picked).all(|picked| picked == Some("two")));
        assert!(asked(2).map(picked).all(|picked| picked == Some("one")));
    }
}
