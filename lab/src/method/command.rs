//! A command as a method: which words it is made of, what it is called, and what tells it from an edited one.

use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::setup::hex;

/// A method that is a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Command {
    /// As it was given, and as it stands on scoreboards.
    pub(crate) name: String,
    /// Program and arguments. Files that were there stand by their whole path: the command runs in another folder.
    pub(crate) words: Vec<String>,
    /// Of the words and of the files among them.
    pub(crate) digest: String,
}

impl Command {
    /// Splits a text into words as a shell does, without expanding anything.
    ///
    /// # Errors
    /// A sentence on what is wrong with it.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let words = shlex::split(text).ok_or_else(|| "a quote is not closed".to_owned())?;
        let Some(program) = words.first() else { return Err("it is empty".to_owned()) };
        if program.contains('/') {
            let found = std::fs::metadata(program).map_err(|error| format!("cannot find `{program}`: {error}"))?;
            if !found.is_file() || found.permissions().mode() & 0o111 == 0 {
                return Err(format!("`{program}` is no program; `chmod +x` makes a script one"));
            }
        }
        let mut digest = Sha256::new();
        let mut resolved = Vec::new();
        for (at, word) in words.iter().enumerate() {
            digest.update((word.len() as u64).to_le_bytes());
            digest.update(word);
            // A program without a path is looked for where programs are, even if a file here has its name.
            let path =
                Path::new(word).canonicalize().ok().filter(|path| path.is_file() && (at > 0 || word.contains('/')));
            let whole = path.as_ref().and_then(|path| path.to_str());
            resolved.push(whole.unwrap_or(word).to_owned());
            if let Some(content) = whole.and_then(|path| std::fs::read(path).ok()) {
                digest.update(Sha256::digest(&content));
            }
        }
        Ok(Self { name: text.trim().to_owned(), words: resolved, digest: hex(&digest.finalize()[..16]) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_those_of_a_shell_and_files_among_them_get_their_whole_path() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("my rca.py");
        std::fs::write(&script, "print()").unwrap();
        let script = script.canonicalize().unwrap();
        let script = script.to_str().unwrap();
        let command = Command::parse(&format!(" python3 '{script}' --depth 3 ")).unwrap();
        assert_eq!(command.words, ["python3", script, "--depth", "3"]);
        assert_eq!(command.name, format!("python3 '{script}' --depth 3"));
        // An edited script is another method.
        std::fs::write(script, "print(1)").unwrap();
        let edited = Command::parse(&format!(" python3 '{script}' --depth 3 ")).unwrap();
        assert_ne!(edited.digest, command.digest);
    }

    #[test]
    fn what_cannot_be_run_is_refused_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let script = folder.path().join("a.py");
        std::fs::write(&script, "").unwrap();
        let script = script.to_str().unwrap();
        for (text, why) in [
            ("", "empty"),
            ("./a 'b", "not closed"),
            (script, "chmod +x"),
            ("./no/such/file", "cannot find `./no/such/file`"),
        ] {
            let error = Command::parse(text).unwrap_err();
            assert!(error.contains(why), "{text}: {error}");
        }
    }
}
