//! Planted cheating methods: whoever looks where no answer may be is no better than chance, and whoever finds one is
//! caught.

mod cases;
mod methods;

use score::statistics::{binomial_limit, binomial_tail};

use cases::{CASES, Case, planted};
use methods::{Cheat, cheats, peeking};

/// A method is better than chance if chance does as well in fewer than one of so many tries.
const ALPHA: f64 = 1e-3;

/// How one method did on cases that it was not fitted on.
struct Result {
    name: &'static str,
    hits: u64,
    tries: u64,
    chance: f64,
}

impl Result {
    /// Hits are counted, chances averaged: the count of unequal chances spreads less than that of their mean, so that the
    /// bound is on the safe side for who is accused.
    fn of(cheat: &Cheat, cases: &[Case]) -> Self {
        let (even, odd): (Vec<&Case>, Vec<&Case>) = cases.iter().partition(|case| case.seed % 2 == 0);
        // Fitted on one half of the seeds, asked about the other, both ways round: every case is asked about once.
        let folds = [(&even, &odd), (&odd, &even)];
        let mut result = Self { name: cheat.name, hits: 0, tries: 0, chance: 0.0 };
        for (known, asked) in folds {
            let answers = (cheat.answers)(known, asked);
            for (case, answer) in asked.iter().zip(answers) {
                result.hits += u64::from(case.is_right(answer.as_ref()));
                result.tries += 1;
                result.chance += case.chance();
            }
        }
        result.chance /= result.tries as f64;
        result
    }

    fn limit(&self) -> u64 {
        binomial_limit(self.tries, self.chance, ALPHA)
    }

    fn is_caught(&self) -> bool {
        self.hits >= self.limit()
    }

    fn told(&self) -> String {
        format!(
            "{}: {} of {} right, chance {:.3}, caught from {} on, p {:.4}",
            self.name,
            self.hits,
            self.tries,
            self.chance,
            self.limit(),
            binomial_tail(self.hits, self.tries, self.chance)
        )
    }
}

#[test]
fn whoever_looks_where_no_answer_may_be_is_no_better_than_chance() {
    let results: Vec<Result> = cheats().iter().map(|cheat| Result::of(cheat, &CASES)).collect();
    results.iter().for_each(|result| println!("{}", result.told()));
    let caught: Vec<String> = results.iter().filter(|result| result.is_caught()).map(Result::told).collect();
    assert!(caught.is_empty(), "the answer leaks: {caught:#?}");
    // Enough cases that a method which is right in every second one would be caught.
    for result in &results {
        assert!(result.limit() * 2 <= result.tries, "too few cases: {}", result.told());
    }
}

#[test]
fn a_cheat_that_is_given_the_truth_is_caught() {
    let result = Result::of(&peeking(), &CASES);
    assert_eq!(result.hits, result.tries, "{}", result.told());
    assert!(result.is_caught(), "{}", result.told());
}

#[test]
fn each_way_of_cheating_is_caught_where_its_leak_is_planted() {
    for (cheat, leak) in cheats().iter().filter_map(|cheat| Some((cheat, cheat.leak?))) {
        let result = Result::of(cheat, &planted(leak));
        assert!(result.is_caught(), "the test cannot see a leak by {:?}: {}", leak, result.told());
    }
}

/// Ids of changes are drawn and tell nothing: neither their order nor any hash of them finds the guilty deploy among the
/// innocent ones. Plans suffice for this, so that there can be many.
#[test]
fn the_id_of_the_guilty_change_is_like_any_other() {
    let mut options: Vec<(Vec<String>, String)> = Vec::new();
    for story in ["cache_poison_pill", "cache_poison_pill_quiet"] {
        let scenario = scenarios::parse(story, scenarios::catalog::find(story).unwrap()).unwrap();
        for seed in 1..=400 {
            let plan = scenarios::plan::plan(&scenario, seed);
            let guilty = plan.injections[0].id.clone();
            let deploys = plan.orders().into_iter().map(|order| order.id.clone()).filter(|id| id.starts_with("deploy"));
            let mut deploys: Vec<String> = deploys.collect();
            deploys.sort();
            if deploys.len() > 1 {
                options.push((deploys, guilty));
            }
        }
    }
    assert!(options.len() > 200, "innocent deploys are rare: {}", options.len());
    let chance = options.iter().map(|(deploys, _)| 1.0 / deploys.len() as f64).sum::<f64>() / options.len() as f64;
    let limit = binomial_limit(options.len() as u64, chance, ALPHA);
    let hits = |pick: &dyn Fn(&[String]) -> usize| {
        let hits = options.iter().filter(|(deploys, guilty)| deploys[pick(deploys)] == *guilty).count();
        hits as u64
    };
    let first = hits(&|_| 0);
    let last = hits(&|deploys| deploys.len() - 1);
    assert!(first < limit && last < limit, "{first} and {last} of {}, caught from {limit} on", options.len());
    // The largest and the smallest by a hash: more than one of 64 salts above a bound of one in a thousand is no accident.
    let extreme = |salt: u64| {
        hits(&move |deploys: &[String]| (0..deploys.len()).max_by_key(|at| methods::hash(&deploys[*at], salt)).unwrap())
    };
    let caught = (0..64).filter(|salt| extreme(*salt) >= limit).count();
    assert!(caught <= 1, "{caught} of 64 hashes know the guilty one");
}
