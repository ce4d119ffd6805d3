//! The command line: every way to be wrong has its exit code and a message that points at the place.

use std::path::Path;

use insta::assert_snapshot;

use crate::folders::{POISONED, folder, json, sim, write};
use crate::program::{Ended, rcalab, text};

/// What it said, without the parts that differ from machine to machine.
fn said(ended: &Ended, folder: &Path) -> String {
    let lines = ended.err.lines().map(|line| line.replace(text(folder), "DIR").trim_end().to_owned());
    let lines: Vec<String> = lines.filter(|line| !line.is_empty()).take(9).collect();
    format!("{}\n{}", ended.code.unwrap(), lines.join("\n"))
}

/// The line with what is wrong, and the one with the place.
fn pointed(name: &str, content: &[u8]) -> String {
    let folder = folder();
    // Relative to where the program runs, so that lines break at the same places wherever the folder is.
    let inside = text(Path::new(folder.path().file_name().unwrap()));
    let path = format!("{inside}/{name}.yaml");
    std::fs::write(folder.path().join(format!("{name}.yaml")), content).unwrap();
    let out = folder.path().join("out");
    let run = rcalab(&["run", &path, "--mode", "sim", "--seed", "1", "--out", text(&out)]);
    // A file that is refused leaves nothing behind, and `check` says of it what `run` says.
    assert!(!out.exists(), "{name}");
    let check = rcalab(&["scenarios", "check", &path]);
    assert_eq!((check.code, &check.err), (run.code, &run.err), "{name}");
    assert_eq!(check.out, "", "{name}");
    let err = run.err.replace(inside, "DIR");
    let marks = ["×", "╭─[", "╰─▶"];
    let told = err.lines().filter(|line| marks.iter().any(|mark| line.contains(mark))).map(str::trim);
    let told = told.filter(|line| !line.contains("cannot use scenario")).take(2);
    format!("{} {name}: {}", run.code.unwrap(), told.collect::<Vec<_>>().join(" | "))
}

#[test]
fn a_hostile_scenario_file_is_refused_with_its_place() {
    let quiet = scenarios::catalog::find("null_quiet").unwrap();
    let rows: [(&str, Vec<u8>); 12] = [
        ("empty", Vec::new()),
        ("tabs", b"schema: 1\nload:\n\trate_per_s: 1\n".to_vec()),
        ("large", vec![b'a'; 2 << 20]),
        ("latin", b"id: caf\xe9\n".to_vec()),
        ("bomb", b"a: &a [x, x]\nb: &b [*a, *a]\nc: &c [*b, *b]\n".to_vec()),
        ("deep", "a: [".repeat(64).into_bytes()),
        ("twice", quiet.replace("difficulty: 1", "difficulty: 1\ndifficulty: 2").into_bytes()),
        ("type", quiet.replace("difficulty: 1", "difficulty: hard").into_bytes()),
        ("key", quiet.replace("difficulty: 1", "difficulty: 1\nwarp: 9").into_bytes()),
        ("range", quiet.replace("window_s: 5", "window_s: -5").into_bytes()),
        ("lever", quiet.replace("alert:", "events: [{id: a, lever: x, target: service:y, at: onset}]\nalert:").into()),
        ("nothing", b"\0\0\0\0".to_vec()),
    ];
    let told: Vec<String> = rows.iter().map(|(name, content)| pointed(name, content)).collect();
    assert_snapshot!(told.join("\n"), @"
    104 empty: × the file is empty | ╭─[DIR/empty.yaml:1:1]
    104 tabs: × the file is not YAML: tabs disallowed within this context (block | ╭─[DIR/tabs.yaml:3:2]
    104 large: × read scenario `DIR/large.yaml` | ╰─▶ it is larger than 1 MiB
    104 latin: × use scenario file `DIR/latin.yaml`: it is not UTF-8
    104 bomb: × anchors and aliases are not read | ╭─[DIR/bomb.yaml:1:4]
    104 deep: × the nesting is deeper than 16 levels | ╭─[DIR/deep.yaml:1:33]
    104 twice: × the key `difficulty` stands twice | ╭─[DIR/twice.yaml:5:1]
    104 type: × expected a number | ╭─[DIR/type.yaml:5:13]
    104 key: × a scenario has no key `warp` | ╭─[DIR/key.yaml:6:1]
    104 range: × -5 is out of range: expected from 1 to 600 seconds | ╭─[DIR/range.yaml:9:49]
    104 lever: × there is no lever `x` | ╭─[DIR/lever.yaml:9:25]
    104 nothing: × the file is not YAML: found unprintable character | ╭─[DIR/nothing.yaml:1:1]
    ");
}

#[test]
fn what_is_not_there_is_named() {
    let folder = folder();
    let run = rcalab(&["run", "no_such_story", "--out", text(folder.path())]);
    assert_snapshot!(said(&run, folder.path()), @"
    104
      × find scenario `no_such_story`: it is neither in the catalog nor a file
      help: `rcalab scenarios list` shows the catalog; a file needs a path such
            as ./mine.yaml
    ");
    let run = rcalab(&["run", text(folder.path())]);
    assert!(run.code == Some(104) && run.err.contains("Is a directory"), "{run:?}");
    let check = rcalab(&["scenarios", "check", "null_quiet", "no_such_story"]).with(104);
    assert_eq!(check.out, "null_quiet: ok, An operator asks although nothing is wrong\n");
    assert!(check.err.contains("no_such_story"));
    rcalab(&["scenarios", "show", "no_such_story"]).with(104);
}

#[test]
fn usage_errors_end_with_2_and_name_the_argument() {
    let rows: [(&[&str], &str); 8] = [
        (&[], "Usage"),
        (&["dance"], "dance"),
        (&["run"], "SCENARIO"),
        (&["run", "null_quiet", "--mode", "dream"], "dream"),
        (&["run", "null_quiet", "--seed", "-1"], "-1"),
        (&["run", "null_quiet", "--kill", "catalog"], "catalog@20"),
        (&["service"], "ROLE"),
        (&["service", "database", "--control-listen", "127.0.0.1:0"], "--control-token"),
    ];
    for (arguments, named) in rows {
        let ended = rcalab(arguments).with(2);
        assert!(ended.err.contains(named) && ended.out.is_empty(), "{arguments:?}: {}", ended.err);
    }
}

#[test]
fn a_place_that_cannot_be_written_ends_with_110() {
    let folder = folder();
    let file = folder.path().join("file");
    std::fs::write(&file, "in the way").unwrap();
    // A path below a file cannot be made by anybody, not even by root.
    let ended = sim("null_quiet", "1", &file.join("runs"));
    assert_snapshot!(said(&ended, folder.path()), @"
    110
    rcalab: cannot create DIR/file/runs: Not a directory (os error 20)
    ");
    write(&POISONED.evidence, folder.path());
    let ended = rcalab(&["investigate", text(folder.path()), "--out", text(&file.join("verdict"))]).with(110);
    assert_eq!(ended.out, "");
}

#[test]
fn a_reader_who_left_is_no_reason_to_panic() {
    let folder = folder();
    let many = folder.path().join("many.yaml");
    std::fs::write(&many, "a: 1\nb: 2\nc: 3\n").unwrap();
    for arguments in [&["scenarios", "show", "null_quiet"][..], &["scenarios", "check", text(&many)]] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_rcalab"));
        let ended = command.args(arguments).stdout(writer.try_clone().unwrap()).stderr(writer).status().unwrap();
        // 101 is a panic; a signal has no code at all.
        assert!(ended.code() == Some(0) || ended.code() == Some(104), "{arguments:?}: {ended}");
    }
}

#[test]
fn scenarios_are_listed_shown_and_checked() {
    let list = rcalab(&["scenarios", "list"]).with(0).out;
    for (id, source) in scenarios::catalog::catalog() {
        assert!(list.lines().any(|line| line.starts_with(id)), "{id} in\n{list}");
        assert_eq!(rcalab(&["scenarios", "show", id]).with(0).out, source);
    }
    let checked = rcalab(&["scenarios", "check"]).with(0).out;
    assert_eq!(checked.lines().count(), list.lines().count());
    let schema = rcalab(&["scenarios", "schema"]).with(0).out;
    assert!(jsonschema::validator_for(&serde_json::from_str(&schema).unwrap()).is_ok());
}

#[test]
fn help_is_there_for_every_command() {
    let top = rcalab(&["--help"]).with(0).out;
    let codes = ["0 all gates met", "2 ", "96 ", "99 ", "104 ", "105 ", "106 ", "110 "];
    assert!(codes.iter().all(|code| top.contains(code)), "{top}");
    let commands = ["run", "investigate", "score", "scenarios", "service", "completions"];
    for command in commands {
        assert!(top.contains(command), "{command}");
        let help = rcalab(&[command, "--help"]).with(0).out;
        assert!(help.contains("Usage: rcalab") && help.lines().count() > 5, "{help}");
    }
    for command in ["list", "show", "check", "schema"] {
        assert!(rcalab(&["scenarios", command, "--help"]).with(0).out.contains("Usage"));
    }
    assert!(rcalab(&["--version"]).with(0).out.starts_with("rcalab "));
}

#[test]
fn completions_are_scripts_that_know_the_commands() {
    for shell in ["bash", "zsh", "fish"] {
        let script = rcalab(&["completions", shell]).with(0).out;
        assert!(["run", "investigate", "score"].iter().all(|word| script.contains(word)), "{shell}");
    }
    // A shell that reads the script says that it is one.
    let folder = folder();
    let path = folder.path().join("completion");
    std::fs::write(&path, rcalab(&["completions", "bash"]).out).unwrap();
    let read = std::process::Command::new("bash").arg("-n").arg(&path).status().unwrap();
    assert!(read.success());
}

#[test]
fn a_bundle_is_scored_again_with_the_same_result() {
    let out = folder();
    let bundle = sim("null_quiet", "3", out.path()).with(0).bundle();
    let before = json(&bundle.join("score.json"));
    let again = rcalab(&["score", text(&bundle), "--json"]).with(0).out;
    assert_eq!(serde_json::from_str::<serde_json::Value>(&again).unwrap(), before);
    let table = rcalab(&["score", text(&bundle)]).with(0).out;
    assert!(table.starts_with("null_quiet seed 3\n") && table.contains("no_conviction"), "{table}");
    // A verdict that convicts somebody is wrong here, and says so with its own code.
    let mut verdict = json(&bundle.join("verdict.json"));
    verdict["core"]["outcome"] = "cause".into();
    verdict["core"]["roles"]["root"] = serde_json::json!([{"component": "service:catalog", "kind": null}]);
    std::fs::write(bundle.join("verdict.json"), verdict.to_string()).unwrap();
    rcalab(&["score", text(&bundle)]).with(99);
    std::fs::write(bundle.join("verdict.json"), "{").unwrap();
    let broken = rcalab(&["score", text(&bundle)]).with(104);
    assert!(broken.err.contains("verdict.json"), "{}", broken.err);
    std::fs::remove_file(bundle.join("truth.json")).unwrap();
    let without = rcalab(&["score", text(&bundle)]).with(104);
    assert!(without.err.contains("truth.json"), "{}", without.err);
}
