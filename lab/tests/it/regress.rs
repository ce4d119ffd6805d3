//! `rcalab regress`: the same figures however it was carried out, nothing lost on the way, and an exit code for each end.

use std::path::{Path, PathBuf};

use crate::folders::{folder, json, names};
use crate::program::{Ended, Program, rcalab, text};

/// Short phases and hardly any load: what a regression does with cells does not depend on how long they are.
pub(crate) const BRIEF: &str = "\nload: {rate_per_s: 8, fan_out: 2}\n\
    phases: {warm_up_s: 1, baseline_s: [5, 6], incident_s: 5, after_alert_s: 1, drain_s: 3}\n";

/// A scenario of the catalog in brief, as a file.
pub(crate) fn brief(scenario: &str, folder: &Path) -> PathBuf {
    let source = scenarios::catalog::find(scenario).unwrap();
    assert!(!source.contains("phases:") && !source.contains("load:"), "{scenario} has figures of its own");
    let path = folder.join(format!("{scenario}.yaml"));
    std::fs::write(&path, format!("{source}{BRIEF}")).unwrap();
    path
}

/// Three files, one a scenario.
fn three(folder: &Path) -> Vec<String> {
    let stories = ["cache_poison_pill", "cache_poison_pill_quiet", "null_quiet"];
    stories.into_iter().map(|id| text(&brief(id, folder)).to_owned()).collect()
}

fn arguments<'a>(scenarios: &'a [String], out: &'a Path, more: &[&'a str]) -> Vec<&'a str> {
    let mut arguments = vec!["regress"];
    arguments.extend(scenarios.iter().map(String::as_str));
    arguments.extend(["--out", text(out)]);
    arguments.extend(more);
    arguments
}

/// The four forms of the summary, what is kept of failed runs, and the results in order.
fn told(out: &Path) -> Vec<String> {
    let mut told: Vec<String> =
        ["r.json", "r.md", "r.xml", "report.html"].map(|name| std::fs::read_to_string(out.join(name)).unwrap()).into();
    for kept in names(&out.join("failed")) {
        let files = names(&out.join("failed").join(&kept));
        told.push(format!("{kept}: {files:?}"));
        told.extend(
            files.iter().map(|file| std::fs::read_to_string(out.join("failed").join(&kept).join(file)).unwrap()),
        );
    }
    let results = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    let mut lines: Vec<&str> = results.lines().collect();
    lines[1..].sort_unstable();
    told.push(lines.join("\n"));
    told
}

fn regress(scenarios: &[String], out: &Path, jobs: &str) -> Ended {
    let files = ["r.json", "r.md", "r.xml"].map(|name| text(&out.join(name)).to_owned());
    let more =
        ["--seeds", "3,1..2", "--jobs", jobs, "--json", &files[0], "--markdown", &files[1], "--junit", &files[2]];
    rcalab(&arguments(scenarios, out, &more))
}

#[test]
fn jobs_and_interruptions_leave_no_trace_in_what_is_reported() {
    let folder = folder();
    let scenarios = three(folder.path());
    let (alone, together, broken) = (folder.path().join("1"), folder.path().join("2"), folder.path().join("3"));
    let first = regress(&scenarios, &alone, "1");
    let second = regress(&scenarios, &together, "2");
    // In so little time no alert fires, so that most cells do not count.
    assert_eq!((first.code, second.code), (Some(106), Some(106)), "{first:?}");
    assert_eq!(first.out, second.out);
    assert_eq!(told(&alone), told(&together));
    // Six runs do not count, three a scenario; each can be looked at.
    assert_eq!(names(&alone.join("failed")).len(), 6);
    let summary = json(&alone.join("r.json"));
    assert_eq!((&summary["cells"], &summary["counted"]), (&9.into(), &3.into()), "{summary:#}");

    let mut begun = Program::start(&arguments(&scenarios, &broken, &["--seeds", "1..3", "--jobs", "2"]));
    begun.hear("0 of 9 cells");
    begun.signal("INT");
    let ended = begun.end().with(105);
    assert!(ended.out.is_empty() && ended.err.contains("the same command goes on from here"), "{}", ended.err);
    let path = broken.join("results.jsonl");
    let kept = std::fs::read_to_string(&path).unwrap();
    let cells = kept.lines().count() - 1;
    assert!((1..9).contains(&cells), "{cells} cells:\n{}", ended.err);
    // A power cut in the middle of a line.
    std::fs::write(&path, format!("{kept}{{\"cell\":{{\"scenario\":\"cache_p")).unwrap();
    let resumed = regress(&scenarios, &broken, "2").with(106);
    assert!(resumed.err.contains("1 torn lines"), "{}", resumed.err);
    assert!(resumed.err.contains(&format!("{cells} of 9 cells are there already")), "{}", resumed.err);
    assert_eq!(told(&broken), told(&alone));
    assert_eq!(resumed.out, first.out);
    // Nothing of the cells is left but what was asked for, and nothing is carried out twice.
    assert_eq!(names(&broken.join("bundles")), [""; 0]);
    let again = regress(&scenarios, &broken, "2").with(106);
    assert!(again.err.contains("9 of 9 cells are there already"), "{}", again.err);
    assert_eq!(told(&broken), told(&alone));
}

#[test]
fn parts_make_the_whole_and_other_scenarios_never_mix_in() {
    let folder = folder();
    let quiet = [text(&brief("null_quiet", folder.path())).to_owned()];
    let out = folder.path().join("out");
    let run = |more: &[&str]| rcalab(&arguments(&quiet, &out, more));
    let part = run(&["--seeds", "1..3", "--partition", "slice:2/2", "-q", "--json", "-"]).with(0);
    let summary: serde_json::Value = serde_json::from_str(&part.out).unwrap();
    assert_eq!((&summary["cells"], part.err.as_str()), (&1.into(), ""));
    let whole = run(&["--seeds", "1..3", "--keep", "all"]).with(0);
    // The one that is there was not kept, so that it is carried out once more.
    assert!(!whole.err.contains("already"), "{}", whole.err);
    assert_eq!(names(&out.join("bundles")), ["null_quiet-1", "null_quiet-2", "null_quiet-3"]);
    let kept = std::fs::read_to_string(out.join("bundles/null_quiet-2/scenario.yaml")).unwrap();
    // The same text but for a comment is another scenario.
    std::fs::write(&quiet[0], format!("{kept}# changed\n")).unwrap();
    let anew = run(&["--seeds", "2"]).with(0);
    assert!(anew.err.contains("starts anew") && anew.err.contains("scenario null_quiet has changed"), "{}", anew.err);
    let lines = |name: &str| std::fs::read_to_string(out.join(name)).unwrap().lines().count();
    // A header and four lines, because one cell was carried out twice; its last line is the one that counts.
    assert_eq!((lines("results-before.jsonl"), lines("results.jsonl")), (5, 2));
    // A bundle of the scenario as it was does not stay beside results of the scenario as it is.
    assert!(!out.join("bundles/null_quiet-2").exists());
}

#[test]
fn results_of_other_code_are_set_aside_and_said_to_be() {
    let folder = folder();
    let quiet = [text(&brief("null_quiet", folder.path())).to_owned()];
    let out = folder.path().join("out");
    let run = || rcalab(&arguments(&quiet, &out, &["--seeds", "1"])).with(0);
    run();
    let path = out.join("results.jsonl");
    let mine = std::fs::read_to_string(&path).unwrap();
    let code = json_code(&mine);
    std::fs::write(&path, mine.replace(&format!("\"code\":\"{code}\""), "\"code\":\"0.0.1+older\"")).unwrap();
    let anew = run();
    assert!(anew.err.contains("starts anew") && anew.err.contains("they are by code 0.0.1+older"), "{}", anew.err);
    assert_eq!(std::fs::read_to_string(&path).unwrap(), mine);
    std::fs::write(&path, "notes of mine\n").unwrap();
    assert!(run().err.contains("starts anew"));
    assert_eq!(std::fs::read_to_string(out.join("results-before.jsonl")).unwrap(), "notes of mine\n");
}

fn json_code(results: &str) -> String {
    let header: serde_json::Value = serde_json::from_str(results.lines().next().unwrap()).unwrap();
    header["header"]["code"].as_str().unwrap().to_owned()
}

#[test]
fn a_wrong_verdict_ends_with_99_and_says_how_to_see_it_again() {
    let folder = folder();
    // The founding story with somebody else under suspicion: the engine is right, so that by this truth it is wrong.
    let source = scenarios::catalog::find("cache_poison_pill").unwrap();
    let roots = "\"version:catalog-cache@v2\", \"service:catalog-cache\", \"change:deploy\"";
    assert!(source.contains(roots));
    let path = folder.path().join("accused.yaml");
    std::fs::write(&path, source.replace(roots, "\"edge:search->catalog\"")).unwrap();
    let out = folder.path().join("out");
    let accused = [text(&path).to_owned()];
    let ended =
        rcalab(&arguments(&accused, &out, &["--seeds", "5", "--keep", "wrong", "--min-bottleneck", "0"])).with(99);
    assert!(ended.out.contains("MISSED"), "{}", ended.out);
    assert!(ended.out.contains(&format!("rcalab run {} --mode sim --seed 5", accused[0])), "{}", ended.out);
    assert!(out.join("bundles/cache_poison_pill-5/truth.json").is_file());
    let kept = out.join("failed/cache_poison_pill-5");
    assert_eq!(names(&kept), ["report.html", "score.json", "verdict.json"]);
    // The matrix leads to the run's report, and both say from which stage on it is wrong.
    let stage = json(&kept.join("score.json"))["diagnosis"]["stage"].as_str().unwrap().to_owned();
    let (page, report) = (out.join("report.html"), kept.join("report.html"));
    let (page, report) = (std::fs::read_to_string(page).unwrap(), std::fs::read_to_string(report).unwrap());
    assert!(page.contains("href=\"./failed/cache_poison_pill-5/report.html\""), "{page}");
    for text in [page, report] {
        assert!(text.contains(&format!("first wrong: {stage}")), "{stage} is not in {text}");
    }
    // The gates are the user's: with the cells that are there, nothing is carried out again.
    let lenient = ["--seeds", "5", "--min-top1", "0", "--min-bottleneck", "0", "--reports", "0"];
    let ended = rcalab(&arguments(&accused, &out, &lenient)).with(0);
    assert!(ended.err.contains("1 of 1 cells are there already"), "{}", ended.err);
    assert!(!out.join("failed").exists(), "no report was asked for");
    // Whoever asks for one naive method is told about no other.
    let more = ["--seeds", "5", "--method", "random", "--reports", "0"];
    let one = rcalab(&arguments(&accused, &out, &more)).with(0);
    assert!(one.out.contains("random") && !one.out.contains("latest_change"), "{}", one.out);
}

#[test]
fn what_cannot_be_carried_out_says_why() {
    let folder = folder();
    let out = folder.path().join("out");
    let run = |more: &[&str], code| rcalab(&arguments(&["null_quiet".to_owned()], &out, more)).with(code).err;
    for (more, named) in [
        (&["--seeds", "4..1"][..], "4..1"),
        (&["--seeds", "x"], "1..20"),
        (&["--method", "oracle"], "latest_change"),
        (&["--min-top1", "95"], "0.95"),
        (&["--partition", "slice:3/2"], "slice 3 of 2"),
        (&["--jobs", "0"], "--jobs"),
    ] {
        let err = run(more, 2);
        assert!(err.contains(named), "{more:?}: {err}");
    }
    assert!(run(&["--seeds", "1", "--partition", "slice:2/2"], 4).contains("no cell is selected"));
    let err = rcalab(&["regress", "no_such_story", "--out", text(&out)]).with(104).err;
    assert!(err.contains("no_such_story"), "{err}");
    let other = folder.path().join("other.yaml");
    std::fs::write(&other, format!("{}# other\n", scenarios::catalog::find("null_quiet").unwrap())).unwrap();
    assert!(rcalab(&["regress", "null_quiet", text(&other)]).with(104).err.contains("tell two scenarios apart"));
    assert!(!out.exists());
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    let below = file.join("out");
    rcalab(&arguments(&["null_quiet".to_owned()], &below, &["--seeds", "1"])).with(110);
}
