//! How fast a bundle is decoded: `cargo run --release --example decode_rate FOLDER [ROUNDS]`.

use std::fs;
use std::path::Path;
use std::time::{Duration, Instant};

use evidence::{Bundle, layout};

#[expect(clippy::print_stdout, reason = "the figures are what this program is for")]
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let folder = arguments.next().ok_or("say which folder to read")?;
    let rounds: u32 = arguments.next().map_or(Ok(5), |rounds| rounds.parse())?;
    let bundle = Bundle::open(Path::new(&folder))?;
    let size = |name: &str| fs::metadata(bundle.evidence_folder().join(name)).map_or(0, |file| file.len());
    let bytes = size(layout::TRACES) + size(layout::METRICS) + size(layout::LOGS);
    let mut best = Duration::MAX;
    for _ in 0..rounds.max(1) {
        let start = now();
        let reading = bundle.read()?;
        best = best.min(start.elapsed());
        println!(
            "{} spans, {} log records, {} series, {} names, {} broken lines",
            reading.evidence.spans.len(),
            reading.evidence.logs.len(),
            reading.evidence.series.len(),
            reading.evidence.names.len(),
            reading.broken(),
        );
    }
    let seconds = best.as_secs_f64();
    let spans = bundle.read()?.evidence.spans.len();
    println!("best {:.1} ms, {:.0} MB/s", seconds * 1e3, bytes as f64 / seconds / 1e6);
    println!("{:.0} spans/s if the files were spans alone", spans as f64 / seconds);
    Ok(())
}

#[expect(clippy::disallowed_methods, reason = "a benchmark measures real time, outside of any run")]
fn now() -> Instant {
    Instant::now()
}
