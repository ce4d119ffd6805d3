//! Commands as methods: what they get, what they may do, and that nothing they do breaks the lab.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::folders::{POISONED, folder, json, sim, write};
use crate::program::{PATIENCE, Program, missing, rcalab, text};
use crate::regress::brief;
use crate::source::root;

/// A shell script as a method.
fn script(folder: &Path, name: &str, body: &str) -> PathBuf {
    let path = folder.join(name);
    std::fs::write(&path, format!("#!/bin/sh\n{body}\n")).unwrap();
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o755)).unwrap();
    path
}

/// What a method said of the founding story's evidence: its answer, or why there is none.
fn asked(evidence: &Path, commands: &[&Path], more: &[&str]) -> Vec<Value> {
    let out = folder();
    let mut arguments = vec!["investigate", text(evidence), "--json", "--out", text(out.path())];
    for command in commands {
        arguments.extend(["--method", text(command)]);
    }
    arguments.extend(more);
    rcalab(&arguments).with(0);
    let mut answers = json(&out.path().join("methods.json"));
    commands.iter().map(|command| answers[text(command)].take()).collect()
}

const ANSWER: &str = r#"{"outcome": "cause", "ranks": [{"component": "service:a", "score": 1}]}"#;

#[test]
fn a_command_gets_the_evidence_and_nothing_that_tells_of_the_lab() {
    let folder = folder();
    let evidence = folder.path().join("evidence");
    write(&POISONED.evidence, &evidence);
    let seen = folder.path().join("seen");
    let command = script(
        folder.path(),
        "look",
        &format!(
            "{{ pwd; ls -a . ..; env | sed 's/=.*//' | sort; cat *; }} > {seen}\ncat {seen} > here\necho '{ANSWER}'",
            seen = text(&seen)
        ),
    );
    let answers = asked(&evidence, &[&command], &[]);
    assert_eq!(answers[0]["ranks"][0]["component"], "service:a", "{answers:?}");
    let seen = std::fs::read_to_string(&seen).unwrap();
    // Ids of run and scenario are stamped on everything, and stand nowhere in the copy.
    assert!(POISONED.evidence["traces.jsonl"].contains(&POISONED.run_id));
    for hidden in [POISONED.run_id.as_str(), "cache_poison_pill", "truth", "seed", text(folder.path())] {
        assert!(!seen.contains(hidden), "{hidden} is seen");
    }
    assert!(seen.contains("run-0000") && seen.contains("scenario-0000"));
    let place = PathBuf::from(seen.lines().next().unwrap());
    let name = place.file_name().unwrap().to_str().unwrap();
    assert!(name.len() == 32 && name.bytes().all(|byte| byte.is_ascii_hexdigit()), "{name}");
    assert!(!place.exists() && !place.parent().unwrap().exists(), "the copy stays behind");
    let listed: Vec<&str> = seen.lines().skip(1).take_while(|line| !line.starts_with('{')).collect();
    insta::assert_snapshot!(
        listed.join(" ").replace(name, "RANDOM"),
        @".: . .. alert.json candidates.json logs.jsonl metrics.jsonl traces.jsonl  ..: . .. RANDOM HOME LANG PATH PWD TMPDIR"
    );
}

#[test]
fn whatever_a_command_does_is_an_answer_and_never_breaks_the_lab() {
    let folder = folder();
    let evidence = folder.path().join("evidence");
    write(&POISONED.evidence, &evidence);
    let make = |name: &str, body: &str| script(folder.path(), name, body);
    let commands = [
        make("crash", "echo 'Traceback (most recent call last)' >&2\necho 'KeyError: spans' >&2\nexit 3"),
        make("garbage", "echo guilty: everybody"),
        make("silent", "true"),
        make("endless", "exec yes"),
        make("killed", "kill -9 $$"),
        make("typo", r#"echo '{"outcome": "cause", "ranks": [{"component": "servce:a", "score": 1}]}'"#),
        make("wrecker", &format!("rm -rf ./* 2>/dev/null\nmkdir traces.jsonl\necho '{ANSWER}'")),
        make("after", &format!("ls -d traces.jsonl/* 2>/dev/null\n[ -f traces.jsonl ] && echo '{ANSWER}'")),
    ];
    let commands: Vec<&Path> = commands.iter().map(PathBuf::as_path).collect();
    let answers = asked(&evidence, &commands, &[]);
    let told: Vec<String> = commands
        .iter()
        .zip(&answers)
        .map(|(command, answer)| {
            let name = command.file_name().unwrap().to_str().unwrap();
            let said = answer["failure"].as_str().map_or_else(|| answer["outcome"].to_string(), str::to_owned);
            format!("{name}: {said}")
        })
        .collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    crash: ended with exit code 3: KeyError: spans
    garbage: printed no answer: at `the whole of it`: expected value at line 1 column 1
    silent: printed nothing
    endless: printed more than 4 MiB and was killed
    killed: was ended by signal 9
    typo: printed no answer: at `ranks[0].component`: read `servce:a` as a component: expected service:NAME, instance:SERVICE/ID, version:SERVICE@VERSION, edge:CALLER->CALLEE, resource:SERVICE/NAME, policy:SERVICE/NAME, queue:NAME, workload, workload:CLASS or change:ID at line 1 column 55
    wrecker: "cause"
    after: "cause"
    "#);
}

#[test]
fn a_command_that_takes_too_long_is_killed_with_all_that_it_started() {
    let folder = folder();
    let evidence = folder.path().join("evidence");
    write(&POISONED.evidence, &evidence);
    let pids = folder.path().join("pids");
    // A child that outlives its parent would hold the output open for good.
    let hang = script(
        folder.path(),
        "hang",
        &format!(
            "sh -c 'while :; do read -r line < /dev/tty || tail -f /dev/null; done' & echo $! > {0}\necho $$ >> {0}\nwait",
            text(&pids)
        ),
    );
    let leave =
        script(folder.path(), "leave", &format!("tail -f /dev/null & echo $! >> {}\necho '{ANSWER}'", text(&pids)));
    let answers = asked(&evidence, &[&hang, &leave], &["--method-timeout", "0.5"]);
    assert_eq!(answers[0]["failure"], "took longer than 0.5 s and was killed");
    assert_eq!(answers[1]["outcome"], "cause", "{answers:?}");
    let pids = std::fs::read_to_string(&pids).unwrap();
    assert_eq!(pids.lines().count(), 3);
    for pid in pids.lines() {
        let state = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        // A killed orphan may wait for init to collect it.
        assert!(state.is_empty() || state.contains(") Z "), "{pid} is alive: {state}");
    }
}

#[test]
fn whoever_interrupts_a_run_leaves_no_command_behind() {
    let folder = folder();
    let story = brief("null_quiet", folder.path());
    let pipe = folder.path().join("pipe");
    assert!(std::process::Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let hang = script(folder.path(), "hang", &format!("echo up > {}\ntail -f /dev/null & wait", text(&pipe)));
    let out = folder.path().join("out");
    let arguments = ["run", text(&story), "--mode", "sim", "--seed", "1", "--out", text(&out)];
    let program = Program::start(&[&arguments[..], &["--method", text(&hang), "--method-timeout", "3600"]].concat());
    // Opening it waits until the command does; a command that never comes must not hang the test.
    let (tell, told) = std::sync::mpsc::channel();
    std::thread::spawn(move || tell.send(std::fs::read_to_string(pipe)));
    assert_eq!(told.recv_timeout(PATIENCE).unwrap().unwrap(), "up\n");
    program.signal("INT");
    // This waits for everybody that it started.
    let ended = program.end().with(105);
    assert!(ended.err.contains("what there is stays in"), "{}", ended.err);
}

#[test]
fn who_learns_from_other_runs_is_not_asked_about_one() {
    let err = rcalab(&["run", "null_quiet", "--mode", "sim", "--method", "logistic_regression"]).with(2).err;
    assert!(err.contains("other runs of a regression"), "{err}");
}

#[test]
fn a_regression_asks_a_command_in_every_cell_and_notices_when_it_was_edited() {
    let folder = folder();
    let story = brief("null_quiet", folder.path());
    let out = folder.path().join("out");
    let acquit = script(folder.path(), "mine", r#"echo '{"outcome": "no_incident"}'"#);
    let run = |more: &[&str]| {
        let mut arguments = vec!["regress", text(&story), "--seeds", "1..2", "--out", text(&out), "--jobs", "2"];
        arguments.extend(more);
        Program::start(&arguments).end()
    };
    let without = run(&[]).with(0);
    assert!(without.out.contains("baro") && without.out.contains("topology_prior"), "{}", without.out);
    let name = text(&acquit);
    // The cells that are there know nothing of it.
    let with = run(&["--method", name, "--json", "-"]).with(0);
    assert!(!with.err.contains("already"), "{}", with.err);
    let methods = |text: &str| {
        let summary: Value = serde_json::from_str(text).unwrap();
        let methods = summary["methods"].as_array().unwrap().clone();
        methods.into_iter().map(|method| (method["name"].as_str().unwrap().to_owned(), method)).collect::<Vec<_>>()
    };
    let told = methods(&with.out);
    let (_, mine) = told.iter().find(|(known, _)| known == name).unwrap();
    assert_eq!((&mine["convicted"]["hits"], &mine["convicted"]["of"]), (&0.into(), &2.into()));
    assert_eq!(told.len(), 1 + 12 + 2 + 1);
    let again = run(&["--method", name, "--method", "engine", "--json", "-"]).with(0);
    assert!(again.err.contains("2 of 2 cells are there already"), "{}", again.err);
    assert_eq!(methods(&again.out).iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), ["engine", name]);
    script(folder.path(), "mine", "exit 1");
    let edited = run(&["--method", name, "--json", "-"]).with(0);
    assert!(edited.err.contains("starts anew") && edited.err.contains("has changed"), "{}", edited.err);
    let results = std::fs::read_to_string(out.join("results.jsonl")).unwrap();
    assert!(results.contains("ended with exit code 1"));
}

#[test]
fn what_is_no_method_is_refused_before_anything_runs() {
    let err = |method: &str| rcalab(&["run", "null_quiet", "--method", method]).with(2).err;
    assert!(err("oracle").contains("novelty"));
    assert!(err("./no/such.py").contains("cannot find `./no/such.py`"));
    assert!(err("python3 'x").contains("a quote is not closed"));
    let limit = rcalab(&["run", "null_quiet", "--method-timeout", "0"]).with(2).err;
    assert!(limit.contains("more than 0"), "{limit}");
}

#[test]
fn the_documented_example_runs_and_is_a_fair_heuristic() {
    if std::process::Command::new("python3").arg("--version").output().is_err() {
        missing("python3");
        return;
    }
    let example = root().join("docs/examples/time_excess.py");
    let lines = std::fs::read_to_string(&example).unwrap().lines().count();
    assert!(lines < 60, "{lines} lines");
    let out = folder();
    let bundle = sim_with(&example, out.path());
    let card = json(&bundle.join("score.json"));
    let mine =
        card["methods"].as_array().unwrap().iter().find(|method| method["name"] == text(&example)).unwrap().clone();
    // The founding story misleads whoever looks at time alone, and it says so.
    assert_eq!(mine["score"]["answered"], "service:database", "{mine}");
    assert!(mine.get("failure").is_none(), "{mine}");
    let report = std::fs::read_to_string(bundle.join("report.html")).unwrap();
    assert!(report.contains("time_excess.py"));
    assert!(json(&bundle.join("timings.json"))["methods_s"][text(&example)].as_f64().unwrap() > 0.0);
    // Its answer is one by the published schema.
    let answers = asked(&bundle.join("evidence"), &[&example], &[]);
    let schema = json(&root().join("docs/schema/method.schema.json"));
    assert!(jsonschema::is_valid(&schema, &answers[0]), "{answers:?}");
    assert!(!jsonschema::is_valid(&schema, &serde_json::json!({"outcome": "cause", "rank": []})));
}

fn sim_with(method: &Path, out: &Path) -> PathBuf {
    let plain = sim("cache_poison_pill", "1", &out.join("plain")).with(0).bundle();
    let arguments = [
        "run",
        "cache_poison_pill",
        "--mode",
        "sim",
        "--seed",
        "1",
        "--out",
        text(out),
        "-q",
        "--method",
        text(method),
    ];
    let bundle = rcalab(&arguments).with(0).bundle();
    // Asking somebody else changes nothing of what is investigated and answered.
    let verdict = |bundle: &Path| std::fs::read(bundle.join("verdict.json")).unwrap();
    assert_eq!(verdict(&plain), verdict(&bundle));
    bundle
}
