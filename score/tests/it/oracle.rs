//! The truth given as verdict scores 1 everywhere; with root and bottleneck swapped it loses exactly what it must.

use proptest::prelude::*;
use rca_engine::investigation::BottleneckAnswer;
use scenarios::catalog;
use score::scoring::Overlap;
use score::{Answer, score};

use crate::runs::{candidates, truth};

const ALL: Overlap = Overlap { precision: 1.0, recall: 1.0, f1: 1.0 };

fn is_one(value: f64) -> bool {
    (value - 1.0).abs() < 1e-12
}

proptest! {
    #[test]
    fn the_truth_as_verdict_scores_one_on_every_scenario(seed: u64) {
        for (id, _) in catalog::catalog() {
            let truth = truth(id, seed);
            let score = score(&truth, Some(&Answer::oracle(&truth)), &candidates(&truth));
            prop_assert!(!score.swapped && !score.decoy);
            if truth.has_incident() {
                // The workload belongs to no service.
                let owned = truth.roots.iter().all(|root| root.any_of.iter().any(|name| name.owner().is_some()));
                prop_assert_eq!(score.root_service.is_some(), owned);
                for root in score.root.into_iter().chain(score.root_service) {
                    prop_assert!(root.top1 && root.top3 && is_one(root.reciprocal_rank) && is_one(root.recall));
                    prop_assert!(root.chance < 0.3);
                }
                prop_assert_eq!(score.kind, Some(true));
                prop_assert_eq!((score.bottleneck, score.bottleneck_mode), (Some(true), Some(true)));
                prop_assert_eq!((score.propagation, score.propagation_contracted), (Some(ALL), Some(ALL)));
                prop_assert!(is_one(score.roles.unwrap()), "{:?}", score.roles);
                prop_assert_eq!((score.convicted, score.acquitted), (None, None));
            } else {
                prop_assert_eq!((score.convicted, score.acquitted), (Some(false), Some(true)));
                prop_assert!(score.root.is_none() && score.roles.is_none());
            }
        }
    }

    #[test]
    fn root_and_bottleneck_swapped_loses_both_and_keeps_the_path(seed: u64) {
        for id in ["cache_poison_pill", "cache_poison_pill_quiet"] {
            let truth = truth(id, seed);
            let mut answer = Answer::oracle(&truth);
            let bottleneck = truth.bottlenecks[0].clone();
            let root = std::mem::replace(&mut answer.ranks[0].component, bottleneck.component.clone());
            answer.roots = vec![bottleneck.component];
            answer.bottleneck = Some(BottleneckAnswer::At { component: root, mode: bottleneck.mode });
            let score = score(&truth, Some(&answer), &candidates(&truth));
            prop_assert!(score.swapped);
            let root = score.root.unwrap();
            prop_assert!(!root.top1 && !root.top3 && root.reciprocal_rank.abs() < 1e-12 && root.recall.abs() < 1e-12);
            prop_assert_eq!((score.bottleneck, score.kind), (Some(false), Some(false)));
            prop_assert_eq!((score.propagation, score.propagation_contracted), (Some(ALL), Some(ALL)));
            prop_assert!(score.roles.unwrap() < 0.5, "{:?}", score.roles);
        }
    }
}
