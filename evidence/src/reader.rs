//! Files of OTLP/JSON lines, plain or compressed, read line by line; a broken line is pointed at and the rest counts.

use std::fs::File;
use std::io::{self, BufRead, BufReader, Read};
use std::path::{Path, PathBuf};

use flate2::read::MultiGzDecoder;
/// A line that could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("read {file}:{line}:{column}: {reason}", file = file.display())]
pub struct BrokenLine {
    pub file: PathBuf,
    /// From 1.
    pub line: u64,
    /// From 1; 0 where the trouble is not at one place of the line.
    pub column: usize,
    pub reason: String,
}

/// How many lines of a file were read and how many were not.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    pub lines: u64,
    pub broken: u64,
    /// The first broken lines, at most [`MAX_REPORTED`] a file.
    pub first_broken: Vec<BrokenLine>,
}

/// Broken lines that are reported one by one.
pub const MAX_REPORTED: usize = 20;

/// A line longer than this is not read: it is no export request, or a bomb.
pub const MAX_LINE_BYTES: u64 = 256 << 20;

/// The file itself, or the same name with `.zst` or `.gz`.
pub(crate) fn find(folder: &Path, name: &str) -> Option<PathBuf> {
    ["", ".zst", ".gz"].iter().map(|suffix| folder.join(format!("{name}{suffix}"))).find(|path| path.is_file())
}

/// The whole of a small file as text.
pub(crate) fn text(path: &Path) -> io::Result<String> {
    let mut text = String::new();
    open(path)?.take(MAX_LINE_BYTES).read_to_string(&mut text)?;
    Ok(text)
}

fn open(path: &Path) -> io::Result<Box<dyn BufRead>> {
    const BUFFER: usize = 1 << 17;
    let file = File::open(path)?;
    Ok(match path.extension().and_then(|extension| extension.to_str()) {
        Some("zst") => Box::new(BufReader::with_capacity(BUFFER, zstd::Decoder::new(file)?)),
        Some("gz") => Box::new(BufReader::with_capacity(BUFFER, MultiGzDecoder::new(BufReader::new(file)))),
        Some(_) | None => Box::new(BufReader::with_capacity(BUFFER, file)),
    })
}

/// Gives each line of a file that can be read to `take`. `Shape` reads one line; empty lines are skipped.
///
/// # Errors
/// The file cannot be opened. What breaks later, a compressed stream that ends early included, is counted as a broken
/// line and what came before it stays.
pub(crate) fn lines(path: &Path, mut take: impl FnMut(&str) -> serde_json::Result<()>) -> io::Result<Tally> {
    let mut input = open(path)?;
    let mut tally = Tally::default();
    let mut buffer = Vec::new();
    for number in 1.. {
        buffer.clear();
        let read = input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut buffer);
        // Behind a failed read or in the middle of an endless line there is nothing to be found.
        let mut last = false;
        let outcome = match read {
            Ok(0) => break,
            Err(error) => {
                last = true;
                Err((0, error.to_string()))
            }
            Ok(_) if buffer.len() as u64 == MAX_LINE_BYTES => {
                last = true;
                Err((0, "the line is too long".to_owned()))
            }
            Ok(_) => {
                let line = buffer.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&buffer).trim_ascii();
                if line.is_empty() {
                    continue;
                }
                tally.lines += 1;
                // Checked once as a whole, so that the parser need not check string by string.
                match str::from_utf8(line) {
                    Ok(line) => take(line).map_err(|error| (error.column(), reason(&error))),
                    Err(error) => Err((error.valid_up_to() + 1, "not UTF-8".to_owned())),
                }
            }
        };
        if let Err((column, reason)) = outcome {
            tally.broken += 1;
            if tally.first_broken.len() < MAX_REPORTED {
                tally.first_broken.push(BrokenLine { file: path.to_owned(), line: number, column, reason });
            }
        }
        if last {
            break;
        }
    }
    Ok(tally)
}

/// Gives each line of a file, with its line feed, to `take`.
pub(crate) fn raw_lines(path: &Path, mut take: impl FnMut(&[u8])) -> io::Result<()> {
    let mut input = open(path)?;
    let mut buffer = Vec::new();
    while input.by_ref().take(MAX_LINE_BYTES).read_until(b'\n', &mut buffer)? > 0 {
        take(&buffer);
        buffer.clear();
    }
    Ok(())
}

/// The parser's words without its own idea of a position.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_owned()
}
