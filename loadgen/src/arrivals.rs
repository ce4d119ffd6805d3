//! Planned arrivals: a Poisson process whose rate drifts along a sine, and surges beside it, from the seed alone.

use std::f64::consts::TAU;
use std::time::Duration;

use rand::RngExt as _;
use rand_chacha::ChaCha8Rng;
use scenarios::model::Load;
use world::Draws;

/// A search to be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Arrival {
    /// From the start of the load.
    pub at: Duration,
    /// The surge that it belongs to, by its place in the list; none: it comes as usual.
    pub surge: Option<usize>,
}

/// More searches than usual for a while.
#[derive(Clone, Debug, PartialEq)]
pub struct Surge {
    /// Draws are keyed by it.
    pub id: String,
    /// From the start of the load.
    pub at: Duration,
    /// None: until the load stops.
    pub until: Option<Duration>,
    /// Linear growth to the full factor; zero: at once.
    pub ramp: Duration,
    /// Times the usual load, at least 1.
    pub factor: f64,
}

/// All searches in the order of their times, from zero on, without end. Those of a surge come beside the usual ones, which
/// are the same with and without it.
pub fn arrivals(
    draws: Draws,
    load: &Load,
    drift_phase: f64,
    surges: &[Surge],
) -> impl Iterator<Item = Arrival> + Send + use<> {
    let usual = Stream::new(draws.generator("arrivals", ""), None, *load, drift_phase);
    let surged = surges.iter().enumerate().map(|(index, surge)| {
        Stream::new(draws.generator("surge", &surge.id), Some((index, surge.clone())), *load, drift_phase)
    });
    let mut streams: Vec<Stream> = std::iter::once(usual).chain(surged).collect();
    std::iter::from_fn(move || {
        // Of several at once the first one in the list: an order that depends on nothing else.
        let next = streams.iter_mut().filter(|stream| stream.next.is_some()).min_by_key(|stream| stream.next)?;
        let at = next.next?;
        next.step();
        Some(Arrival { at, surge: next.surge.as_ref().map(|(index, _)| *index) })
    })
}

/// One Poisson process by thinning (Lewis and Shedler 1979): candidates come at the highest rate, and each stays with the
/// probability that the rate at its time has of it.
struct Stream {
    generator: ChaCha8Rng,
    surge: Option<(usize, Surge)>,
    load: Load,
    drift_phase: f64,
    at_s: f64,
    /// None: it has ended.
    next: Option<Duration>,
}

impl Stream {
    fn new(generator: ChaCha8Rng, surge: Option<(usize, Surge)>, load: Load, drift_phase: f64) -> Self {
        let at_s = surge.as_ref().map_or(0.0, |(_, surge)| surge.at.as_secs_f64());
        let mut stream = Self { generator, surge, load, drift_phase, at_s, next: None };
        stream.step();
        stream
    }

    /// Moves on to the next arrival.
    fn step(&mut self) {
        let Load { rate_per_s, drift, drift_period, .. } = self.load;
        let most = self.surge.as_ref().map_or(1.0, |(_, surge)| surge.factor - 1.0);
        let highest = rate_per_s * (1.0 + drift) * most;
        self.next = None;
        if highest <= 0.0 {
            return;
        }
        loop {
            self.at_s += -(1.0 - self.generator.random::<f64>()).ln() / highest;
            let phase = TAU * (self.at_s / drift_period.as_secs_f64() + self.drift_phase);
            let rate = rate_per_s * (1.0 + drift * phase.sin()) * self.added();
            if self
                .surge
                .as_ref()
                .and_then(|(_, surge)| surge.until)
                .is_some_and(|until| until.as_secs_f64() <= self.at_s)
            {
                return;
            }
            if self.generator.random::<f64>() * highest < rate {
                self.next = Some(Duration::from_secs_f64(self.at_s));
                return;
            }
        }
    }

    /// What this stream is of the usual load, now.
    fn added(&self) -> f64 {
        let Some((_, surge)) = &self.surge else { return 1.0 };
        let since = self.at_s - surge.at.as_secs_f64();
        let grown = if surge.ramp.is_zero() { 1.0 } else { (since / surge.ramp.as_secs_f64()).min(1.0) };
        (surge.factor - 1.0) * grown
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn times(surges: &[Surge], seconds: f64) -> Vec<f64> {
        let all = arrivals(Draws::new(3), &Load::default(), 0.0, surges).map(|arrival| arrival.at.as_secs_f64());
        all.take_while(|at| *at < seconds).collect()
    }

    fn surge(factor: f64, ramp_s: u64) -> Surge {
        let (at, until) = (Duration::from_secs(600), Some(Duration::from_secs(3_600)));
        Surge { id: "a".to_owned(), at, until, ramp: Duration::from_secs(ramp_s), factor }
    }

    #[test]
    fn the_mean_rate_is_the_stated_one_and_the_drift_follows_its_sine() {
        let times = times(&[], 6_000.0);
        let rate = times.len() as f64 / 6_000.0;
        assert!((rate / 30.0 - 1.0).abs() < 0.02, "{rate}");
        let high = times.iter().filter(|at| **at % 60.0 < 30.0).count() as f64 / times.len() as f64;
        // Over its upper half a sine of amplitude 0.3 adds 0.6 / π to the mean.
        assert!((high - (0.5 + 0.3 / std::f64::consts::PI)).abs() < 0.01, "{high}");
    }

    #[test]
    fn the_same_seed_plans_the_same_arrivals() {
        let plan = |seed| arrivals(Draws::new(seed), &Load::default(), 0.4, &[]).take(100).collect::<Vec<_>>();
        assert_eq!(plan(1), plan(1));
        assert_ne!(plan(1), plan(2));
    }

    #[test]
    fn a_surge_multiplies_the_load_while_it_lasts_and_leaves_the_usual_searches_as_they_are() {
        let all: Vec<Arrival> = arrivals(Draws::new(3), &Load::default(), 0.0, &[surge(4.0, 0)])
            .take_while(|arrival| arrival.at.as_secs() < 6_000)
            .collect();
        assert!(all.is_sorted_by_key(|arrival| arrival.at));
        let usual: Vec<f64> =
            all.iter().filter(|arrival| arrival.surge.is_none()).map(|arrival| arrival.at.as_secs_f64()).collect();
        assert_eq!(usual, times(&[], 6_000.0));
        let added = all.len() - usual.len();
        let rate = added as f64 / 3_000.0;
        assert!((rate / 90.0 - 1.0).abs() < 0.02, "{rate}");
        let outside = |arrival: &&Arrival| arrival.surge.is_some() && !(600..3_600).contains(&arrival.at.as_secs());
        assert_eq!(all.iter().filter(outside).count(), 0);
    }

    #[test]
    fn a_surge_with_a_ramp_brings_half_of_it_while_it_grows() {
        let added = times(&[surge(3.0, 3_000)], 3_600.0).len() - times(&[], 3_600.0).len();
        let rate = added as f64 / 3_000.0;
        assert!((rate / 30.0 - 1.0).abs() < 0.02, "{rate}");
    }
}
