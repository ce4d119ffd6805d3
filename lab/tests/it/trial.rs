//! The verdict's first action tried on virtual time, and what is said of it.

use evidence::{Manifest, layout};

use crate::folders::{folder, json, sim};
use crate::program::{rcalab, text};

#[test]
fn taking_the_guilty_deploy_back_clears_the_alert_and_stands_in_report_and_bundle() {
    let out = folder();
    let arguments = ["run", "cache_poison_pill", "--mode", "sim", "--seed", "5", "--quiet", "--try-action", "--out"];
    let ended = rcalab(&[&arguments[..], &[text(out.path())]].concat()).with(0);
    let bundle = ended.bundle();
    let trial = json(&bundle.join(layout::TRIAL));
    let truth = json(&bundle.join(layout::TRUTH));
    assert_eq!((&trial["verb"], &trial["outcome"]), (&"rollback".into(), &"clears".into()));
    let names = truth["roots"][0]["any_of"].as_array().unwrap();
    assert!(names.contains(&trial["target"]), "{} is none of {names:?}", trial["target"]);
    let measured = |name: &str| trial["measured"][name].as_f64();
    // What was written before is readable again only as it expires, up to forty seconds later.
    assert!(measured("clears_after_s").is_some_and(|after| (5.0..=45.0).contains(&after)), "{trial}");
    assert_eq!(measured("untouched_clears_after_s"), None);
    assert!(measured("excess").unwrap() < measured("untouched_excess").unwrap());
    assert!(ended.out.contains("first action rollback"), "{}", ended.out);
    assert!(std::fs::read_to_string(bundle.join(layout::REPORT)).unwrap().contains("first action"));
    assert_eq!(Manifest::read(&bundle).unwrap().mismatches(&bundle).unwrap(), []);
}

#[test]
fn where_nothing_is_proposed_nothing_is_tried_and_nobody_calls_that_a_success() {
    let out = folder();
    let arguments = ["run", "null_quiet", "--mode", "sim", "--seed", "5", "--quiet", "--try-action", "--out"];
    let ended = rcalab(&[&arguments[..], &[text(out.path())]].concat()).with(0);
    let trial = json(&ended.bundle().join(layout::TRIAL));
    assert_eq!((&trial["outcome"], &trial["measured"]), (&"not_tried".into(), &serde_json::Value::Null));
    assert!(ended.out.contains("not tried, the verdict proposes no action"), "{}", ended.out);
}

#[test]
fn only_who_asks_gets_a_trial_and_only_on_virtual_time() {
    let out = folder();
    let bundle = sim("null_quiet", "6", out.path()).with(0).bundle();
    assert!(!bundle.join(layout::TRIAL).exists());
    let live = rcalab(&["run", "null_quiet", "--try-action", "--out", text(out.path())]).with(2);
    assert!(live.err.contains("with --mode sim"), "{}", live.err);
}

#[test]
fn other_changes_near_the_guilty_build_are_left_alone_and_what_began_and_ended_is_not_taken_back() {
    let out = folder();
    let tried = |scenario: &str, seed: &str| {
        let run = ["run", scenario, "--mode", "sim", "--seed", seed, "-q", "--try-action", "--out", text(out.path())];
        let bundle = rcalab(&run).with(0).bundle();
        let (trial, truth) = (json(&bundle.join(layout::TRIAL)), json(&bundle.join(layout::TRUTH)));
        assert_eq!(trial["outcome"], "clears", "{trial}");
        let names = truth["roots"][0]["any_of"].as_array().unwrap();
        assert!(names.contains(&trial["target"]), "{} is none of {names:?}", trial["target"]);
        trial["verb"].as_str().unwrap().to_owned()
    };
    // In each of these seeds another change of the guilty service lies nearer to its first deviation.
    assert_eq!(tried("bad_canary", "2"), "rollback");
    assert_eq!(tried("pool_exhaustion", "2"), "set");
    assert_eq!(tried("retry_storm", "2"), "limit");
}
