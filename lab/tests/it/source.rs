//! The project's own files as texts: what is under version control, what of it is code, and which literals stand in it.

use std::path::{Path, PathBuf};
use std::process::Command;

/// A file under version control.
#[derive(Clone, Debug)]
pub(crate) struct Source {
    /// Relative to the workspace, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

pub(crate) fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap().to_owned()
}

/// Every text file that is under version control and still there, with one of these endings.
pub(crate) fn tracked(endings: &[&str]) -> Vec<Source> {
    let listed = Command::new("git").args(["ls-files", "-z"]).current_dir(root()).output().unwrap();
    assert!(listed.status.success(), "tidiness is about what is under version control, and git lists nothing");
    let listed = String::from_utf8(listed.stdout).unwrap();
    let wanted = |path: &&str| endings.iter().any(|ending| path.ends_with(ending));
    let read =
        |path: &str| Some(Source { path: path.to_owned(), text: std::fs::read_to_string(root().join(path)).ok()? });
    let found: Vec<Source> = listed.split('\0').filter(wanted).filter_map(read).collect();
    assert!(!found.is_empty(), "no {endings:?}");
    found
}

impl Source {
    /// Whether it is for tests or examples alone.
    pub(crate) fn is_test(&self) -> bool {
        ["/tests/", "/examples/", "/benches/"].iter().any(|part| self.path.contains(part))
    }

    pub(crate) fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// The program: without comments and without the tests at the end of the file.
    pub(crate) fn code(&self) -> String {
        let program = self.text.split("\n#[cfg(test)]").next().unwrap();
        let code = program.lines().filter(|line| !line.trim_start().starts_with("//"));
        code.map(|line| format!("{line}\n")).collect()
    }
}

/// The string literals of code without comments. Raw strings and escapes are read as far as finding the end needs it.
pub(crate) fn literals(code: &str) -> Vec<String> {
    let mut found = Vec::new();
    let mut rest = code;
    while let Some(start) = rest.find('"') {
        // A character literal with a quote in it begins nothing.
        if rest[..start].ends_with('\'') || rest[..start].ends_with("'\\") || rest[..start].ends_with("b'") {
            rest = &rest[start + 1..];
            continue;
        }
        let before = &rest[..start];
        let hashes = before.len() - before.trim_end_matches('#').len();
        let raw = before.trim_end_matches('#').ends_with('r');
        let body = &rest[start + 1..];
        let end = if raw { body.find(&format!("\"{}", "#".repeat(hashes))) } else { end(body) };
        let Some(end) = end else { break };
        found.push(body[..end].to_owned());
        rest = &body[end + 1..];
    }
    found
}

/// The first quote that is not escaped.
fn end(body: &str) -> Option<usize> {
    let mut escaped = false;
    body.bytes().position(|byte| {
        let ends = byte == b'"' && !escaped;
        escaped = byte == b'\\' && !escaped;
        ends
    })
}

#[test]
fn literals_are_found_as_the_compiler_finds_them() {
    let code = r##"let a = "one"; let b = '"'; let c = r#"two "three""#; let d = "fo\"ur\\"; let e = b"five";"##;
    assert_eq!(literals(code), ["one", "two \"three\"", "fo\\\"ur\\\\", "five"]);
}
