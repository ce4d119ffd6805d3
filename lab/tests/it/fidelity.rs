//! `rcalab fidelity`: what it takes for a live run.

use crate::folders::{folder, json};
use crate::program::{rcalab, text};
use crate::regress::brief;

#[test]
fn runs_on_virtual_time_are_not_taken_for_live_ones() {
    let folder = folder();
    let story = brief("null_quiet", folder.path());
    let out = folder.path().join("out");
    let compared = || rcalab(&["fidelity", text(&story), "--live-from", text(&out), "--runs", "1", "--quiet"]);
    let bundle =
        rcalab(&["run", text(&story), "--mode", "sim", "--seed", "1", "--out", text(&out), "-q"]).with(0).bundle();
    let refused = compared().with(104);
    assert!(refused.err.contains("all 1 there are on virtual time"), "{}", refused.err);
    let manifest = bundle.join("manifest.json");
    let mut changed = json(&manifest);
    changed["mode"] = "replay".into();
    std::fs::write(&manifest, changed.to_string()).unwrap();
    let refused = compared().with(104);
    assert!(refused.err.contains("its mode is `replay`, neither live nor sim"), "{}", refused.err);
}
