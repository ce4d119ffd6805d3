//! Tidiness is a test: sizes, inherited lints, what a crate may know, and the names that crates share.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, literals, root, tracked};

const PURE: [&str; 5] = ["contract", "scenarios", "rca-engine", "score", "report"];
const SHELLS: [&str; 7] = ["world", "telemetry", "services", "loadgen", "collector", "evidence", "lab"];
/// Where a name of the semantic conventions begins; all other names of the contract are the lab's own.
const CONVENTIONS: [&str; 14] = [
    "http.",
    "db.",
    "service.",
    "host.",
    "cloud.",
    "url.",
    "server.",
    "error.",
    "exception.",
    "deployment.",
    "process.",
    "telemetry.",
    "messaging.",
    "x-request-id",
];

fn manifest(member: &str) -> String {
    std::fs::read_to_string(root().join(member).join("Cargo.toml")).unwrap()
}

/// The members, as the workspace lists them.
fn members() -> Vec<String> {
    let text = std::fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let list = text.split_once("members = [").unwrap().1.split_once(']').unwrap().0;
    literals(list)
}

/// The lines of one table of a Cargo.toml.
fn table(manifest: &str, name: &str) -> Vec<String> {
    let lines = manifest.lines().skip_while(|line| *line != format!("[{name}]")).skip(1);
    let lines = lines.take_while(|line| !line.starts_with('['));
    lines.filter(|line| !line.trim().is_empty() && !line.starts_with('#')).map(str::to_owned).collect()
}

/// Names on the left of a table of dependencies.
fn dependencies(member: &str) -> BTreeSet<String> {
    let table = table(&manifest(member), "dependencies");
    table.iter().map(|line| line.split(['.', '=', ' ']).next().unwrap().to_owned()).collect()
}

#[test]
fn every_source_file_says_what_it_is_for_and_is_small() {
    let sources = tracked(&[".rs"]);
    let silent: Vec<&str> =
        sources.iter().filter(|file| !file.text.starts_with("//! ")).map(|file| &*file.path).collect();
    assert!(silent.is_empty(), "no `//!` in the first line: {silent:#?}");
    let long = |than: usize| {
        let long = sources.iter().filter(|file| file.text.lines().count() > than);
        long.map(|file| file.path.clone()).collect::<Vec<_>>()
    };
    assert_eq!(long(600), [""; 0]);
    assert!(long(400).len() <= 4, "split one of {:#?}", long(400));
}

#[test]
fn every_member_inherits_the_lints_and_repeats_the_bans() {
    let bans = table_of_bans("clippy.toml").unwrap();
    assert!(bans.len() > 10);
    for member in members() {
        assert_eq!(table(&manifest(&member), "lints"), ["workspace = true"], "{member}");
        // A crate's own clippy.toml replaces the shared one, so it must have all of its bans.
        let Some(own) = table_of_bans(&format!("{member}/clippy.toml")) else { continue };
        // These two own time and tasks, and may use what they wrap.
        if !["world", "telemetry"].contains(&member.as_str()) {
            let dropped: Vec<_> = bans.difference(&own).collect();
            assert!(dropped.is_empty(), "{member} allows what the workspace bans: {dropped:?}");
        }
    }
}

fn table_of_bans(path: &str) -> Option<BTreeSet<String>> {
    let text = std::fs::read_to_string(root().join(path)).ok()?;
    let bans = text.lines().filter_map(|line| line.split_once("path = \"")?.1.split_once('"').map(|(path, _)| path));
    Some(bans.map(str::to_owned).collect())
}

#[test]
fn the_architecture_is_written_down_for_every_member_and_stays_short() {
    let text = std::fs::read_to_string(root().join("ARCHITECTURE.md")).expect("ARCHITECTURE.md explains the workspace");
    let silent: Vec<String> = members().into_iter().filter(|member| !text.contains(&format!("`{member}`"))).collect();
    assert!(silent.is_empty(), "ARCHITECTURE.md does not mention {silent:?}");
    assert!(text.lines().count() <= 150, "{} lines", text.lines().count());
}

#[test]
fn nothing_is_left_undone_or_waits_for_a_while() {
    let banned = ["#[ignore", "todo!(", "unimplemented!(", "thread::sleep("];
    for file in tracked(&[".rs"]).iter().filter(|file| !file.path.ends_with("it/tidy.rs")) {
        for banned in banned {
            assert!(!file.text.contains(banned), "{} has {banned}", file.path);
        }
    }
}

#[test]
fn no_file_knows_the_machine_it_was_written_on() {
    let places = ["/tmp/", "/root/", "/work/", "/home/"];
    for file in tracked(&[".rs", ".md", ".toml", ".yaml", ".yml"]).iter().filter(|file| !file.is_test()) {
        for line in file.text.lines() {
            // An address has a path that may begin with anything.
            let own = line.split_whitespace().filter(|word| !word.contains("://")).collect::<Vec<_>>().join(" ");
            assert!(!places.iter().any(|place| own.contains(place)), "{}: {line}", file.path);
        }
    }
}

#[test]
fn crates_point_one_way() {
    let mut known: Vec<&str> = PURE.iter().chain(&SHELLS).copied().collect();
    let mut listed = members();
    known.sort_unstable();
    listed.sort_unstable();
    assert_eq!(listed, known, "say of the new member whether it is pure");
    // What reaches out of the process, reads a clock, or owns a thread.
    let impure = [
        "tokio",
        "reqwest",
        "axum",
        "sqlx",
        "opentelemetry",
        "opentelemetry_sdk",
        "opentelemetry-otlp",
        "tracing",
        "tower",
        "rand",
        "clap",
        "tempfile",
        "indicatif",
        "jiff-tzdb-platform",
    ];
    for member in PURE {
        let found = dependencies(member);
        let wrong: Vec<&String> =
            found.iter().filter(|name| SHELLS.contains(&name.as_str()) || impure.contains(&name.as_str())).collect();
        assert!(wrong.is_empty(), "{member} is pure and depends on {wrong:?}");
    }
    let engine = dependencies("rca-engine");
    let seen: Vec<&String> = engine.iter().filter(|name| known.contains(&name.as_str())).collect();
    assert!(seen.is_empty(), "the engine could look up the answer in {seen:?}");
    assert!(dependencies("lab").contains("rca-engine"), "the test reads no dependencies");
}

/// The constants of the contract: `module::NAME` and value; those of families by their field.
fn constants() -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for file in tracked(&[".rs"]).iter().filter(|file| file.is_in("contract")) {
        let module = file.path.rsplit('/').next().unwrap().trim_end_matches(".rs");
        let code = file.code();
        for line in code.lines() {
            let Some(value) = literals(line).pop().filter(|_| !line.contains('[')) else { continue };
            let name = line.strip_prefix("pub const ").and_then(|rest| rest.split(':').next());
            let field = line.trim().split(": \"").next().filter(|_| line.starts_with("    "));
            if let Some(name) = name.or(field) {
                // Fields of several families have the same names.
                found.insert(format!("{module}::{name}::{value}"), value);
            }
        }
    }
    assert!(found.len() > 60, "{found:#?}");
    found
}

#[test]
fn every_name_of_the_contract_is_used() {
    let users: String =
        tracked(&[".rs"]).iter().filter(|file| !file.is_in("contract") && !file.is_test()).map(Source::code).collect();
    let used = |key: &str, value: &str| {
        let name = key.split("::").nth(1).unwrap();
        let word = |name: &str| {
            users.match_indices(name).any(|(at, _)| {
                let after = users[at + name.len()..].chars().next();
                let before = users[..at].chars().next_back();
                let part =
                    |letter: Option<char>| letter.is_some_and(|letter| letter.is_ascii_alphanumeric() || letter == '_');
                !part(before) && !part(after)
            })
        };
        word(name) || users.contains(&format!("\"{value}\""))
    };
    let constants = constants();
    let idle: Vec<&String> = constants.iter().filter(|(key, value)| !used(key, value)).map(|(key, _)| key).collect();
    assert!(idle.is_empty(), "declared and used by nobody: {idle:#?}");
}

/// `http.route`, `search.request.latency`: what only telemetry is called.
fn is_telemetry_name(literal: &str) -> bool {
    let part = |part: &str| {
        part.starts_with(|letter: char| letter.is_ascii_lowercase())
            && part.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    literal.contains('.') && literal.split('.').all(part)
}

#[test]
fn every_telemetry_name_in_the_system_is_one_of_the_contract() {
    let known: BTreeSet<String> = constants().into_values().collect();
    // What the tracing layer itself understands, the names of its spans, which `otel.name` replaces, and the SDK's own.
    let plumbing = [
        "telemetry.sdk.language",
        "telemetry.sdk.name",
        "otel.name",
        "otel.kind",
        "otel.status_code",
        "db.client",
        "http.client",
        "http.server",
    ];
    let strangers = |file: &Source| {
        let names = literals(&file.code()).into_iter().filter(|literal| is_telemetry_name(literal));
        let names = names.filter(|name| !known.contains(name) && !plumbing.contains(&name.as_str()));
        names.map(|name| format!("{}: {name}", file.path)).collect::<Vec<_>>()
    };
    let system = tracked(&[".rs"]);
    let system = system.iter().filter(|file| !file.is_test() && (file.is_in("services") || file.is_in("telemetry")));
    let found: Vec<String> = system.flat_map(strangers).collect();
    assert!(found.is_empty(), "not in the contract: {found:#?}");
    let planted = Source { path: "planted.rs".into(), text: "f(\"search.request.latencies\");".into() };
    assert_eq!(strangers(&planted), ["planted.rs: search.request.latencies"]);
}

/// Everything in a file of the engine that only somebody who knows the lab would write.
fn lab_names(file: &Source) -> Vec<String> {
    let code = file.code();
    let literals = literals(&code);
    let mut found = Vec::new();
    // Words that mean nothing but this lab: nowhere, not even as an identifier.
    let scenarios = scenarios::catalog::catalog();
    let own = constants().into_values().filter(|name| {
        let short = !name.contains(['.', '_', '-']);
        !short && !CONVENTIONS.iter().any(|prefix| name.starts_with(prefix)) && !name.contains(' ')
    });
    let unique: Vec<String> = scenarios.iter().map(|(id, _)| (*id).to_owned()).chain(own).collect();
    let words = ["poison", "catalog", "rcalab", "eu-west-1", "pill"].map(str::to_owned);
    for name in unique.iter().chain(&words) {
        // With a dot it could be a field of something, so only literals count.
        let known = if name.contains('.') {
            literals.iter().any(|literal| literal.contains(name.as_str()))
        } else {
            code.contains(name.as_str())
        };
        if known {
            found.push(format!("{}: {name}", file.path));
        }
    }
    // Words that mean something elsewhere too: never as the whole of a literal.
    for name in ["search", "database", "lab", "shop", "pool", "compute", "v1", "v2", "gold", "silver", "bronze"] {
        if literals.iter().any(|literal| literal == name) {
            found.push(format!("{}: \"{name}\"", file.path));
        }
    }
    found
}

#[test]
fn the_engine_knows_no_name_of_the_lab() {
    let sources = tracked(&[".rs"]);
    let engine: Vec<&Source> = sources.iter().filter(|file| file.is_in("rca-engine/src")).collect();
    assert!(engine.len() > 10);
    let found: Vec<String> = engine.into_iter().flat_map(lab_names).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn a_planted_name_of_the_lab_is_found() {
    let planted = "let guilty = service == \"search\" && name.ends_with(\"catalog_cache.lookups\");\n\
                   // poison in a comment is nobody's clue\n";
    let file = Source { path: "planted.rs".into(), text: planted.into() };
    let found = lab_names(&file);
    assert_eq!(found, ["planted.rs: catalog_cache.lookups", "planted.rs: catalog", "planted.rs: \"search\""]);
}

/// Words of telemetry that a part of the engine compares with, other than names and values of the semantic conventions:
/// whoever knows what a fault's log says in English needs no analysis.
fn english(file: &Source) -> Vec<String> {
    // `timeout` is a value of `error.type`; nothing is the absence of a text.
    let known = |literal: &String| {
        ["timeout", ""].contains(&literal.as_str()) || CONVENTIONS.iter().any(|prefix| literal.starts_with(prefix))
    };
    let compared = |line: &str, literal: &str| {
        let before = ["contains(", "starts_with(", "ends_with(", "find(", "eq_ignore_ascii_case(", "== ", "!= "];
        before.iter().any(|before| line.contains(&format!("{before}\"{literal}\"")))
            || line.contains(&format!("\"{literal}\" =>"))
    };
    let code = file.code();
    let lines = code.lines().flat_map(|line| literals(line).into_iter().map(move |literal| (line, literal)));
    let found = lines.filter(|(line, literal)| compared(line, literal) && !known(literal));
    found.map(|(_, literal)| format!("{}: {literal}", file.path)).collect()
}

#[test]
fn the_engine_reads_no_english() {
    let sources = tracked(&[".rs"]);
    // What reads questions and files of people is elsewhere; these see telemetry.
    let parts = ["rca-engine/src/analysis", "rca-engine/src/canonical"];
    let seeing: Vec<&Source> =
        sources.iter().filter(|file| parts.iter().any(|part| file.path.starts_with(part))).collect();
    assert!(seeing.len() > 20);
    let found: Vec<String> = seeing.into_iter().flat_map(english).collect();
    assert!(found.is_empty(), "{found:#?}");
    let planted =
        "if body.contains(\"cannot decode\") || kind == \"timeout\" { 1 }\nmatch body { \"gone\" => 2, _ => 3 }\n";
    let planted = Source { path: "planted.rs".into(), text: planted.into() };
    assert_eq!(english(&planted), ["planted.rs: cannot decode", "planted.rs: gone"]);
}
