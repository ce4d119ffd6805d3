//! A folder of evidence with every trace and log record several times over, each under trace ids of its own, for
//! measuring how time grows: `cargo run --release --example multiply FOLDER TIMES OUT`.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader, BufWriter, Write as _};
use std::path::Path;

use evidence::{Bundle, layout};

/// What stands before a trace id in OTLP/JSON as this project writes it.
const BEFORE_ID: &str = "\"traceId\":\"";
/// Digits at the beginning of a trace id that are replaced by the number of the copy.
const DIGITS: usize = 6;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let mut argument = |what: &str| arguments.next().ok_or(format!("say {what}"));
    let folder = argument("which folder to read")?;
    let times: u32 = argument("how many times")?.parse()?;
    let out = argument("where to write")?;
    let bundle = Bundle::open(Path::new(&folder))?;
    let out = Path::new(&out);
    fs::create_dir_all(out)?;
    for name in [layout::TRACES, layout::LOGS] {
        multiply(&bundle.evidence_folder().join(name), times, &out.join(name))?;
    }
    for name in [layout::METRICS, layout::ALERT] {
        fs::copy(bundle.evidence_folder().join(name), out.join(name))?;
    }
    Ok(())
}

/// Copies each line `times` times, side by side, so that the order of time stays.
fn multiply(from: &Path, times: u32, to: &Path) -> std::io::Result<()> {
    let mut written = BufWriter::new(File::create(to)?);
    for line in BufReader::new(File::open(from)?).lines() {
        let line = line?;
        for copy in 0..times {
            writeln!(written, "{}", renamed(&line, copy))?;
        }
    }
    written.flush()
}

/// The line with the number of the copy in every trace id; an empty id stays empty.
fn renamed(line: &str, copy: u32) -> String {
    let mut renamed = String::with_capacity(line.len());
    for (index, part) in line.split(BEFORE_ID).enumerate() {
        if index > 0 {
            renamed.push_str(BEFORE_ID);
        }
        match part.get(DIGITS..).filter(|_| index > 0 && !part.starts_with('"')) {
            Some(rest) => renamed.push_str(&format!("{copy:06x}{rest}")),
            None => renamed.push_str(part),
        }
    }
    renamed
}
