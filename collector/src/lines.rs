//! Where lines go: one stream a signal, in a folder or in memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use evidence::layout;

use crate::batch::Signal;

/// One output stream for each signal, or none at all.
pub struct Lines(Option<Streams>);

struct Streams {
    traces: Box<dyn Write + Send>,
    metrics: Box<dyn Write + Send>,
    logs: Box<dyn Write + Send>,
}

impl Lines {
    /// Creates the folder and in it `traces.jsonl`, `metrics.jsonl` and `logs.jsonl`, replacing what is there.
    ///
    /// # Errors
    /// When the folder or a file cannot be created.
    pub fn create(folder: &Path) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let file = |name: &str| -> io::Result<Box<dyn Write + Send>> {
            Ok(Box::new(BufWriter::with_capacity(1 << 16, File::create(folder.join(name))?)))
        };
        let (traces, metrics, logs) = (file(layout::TRACES)?, file(layout::METRICS)?, file(layout::LOGS)?);
        Ok(Self(Some(Streams { traces, metrics, logs })))
    }

    /// Any three streams; each line arrives in one `write_all`.
    pub fn to(
        traces: impl Write + Send + 'static,
        metrics: impl Write + Send + 'static,
        logs: impl Write + Send + 'static,
    ) -> Self {
        Self(Some(Streams { traces: Box::new(traces), metrics: Box::new(metrics), logs: Box::new(logs) }))
    }

    /// Nowhere: no line is even made, and every item counts as written. For runs that only a witness looks at.
    pub fn nowhere() -> Self {
        Self(None)
    }

    pub(crate) fn are_kept(&self) -> bool {
        self.0.is_some()
    }

    pub(crate) fn write(&mut self, signal: Signal, line: &[u8]) -> io::Result<()> {
        let Some(streams) = &mut self.0 else { return Ok(()) };
        match signal {
            Signal::Traces => streams.traces.write_all(line),
            Signal::Metrics => streams.metrics.write_all(line),
            Signal::Logs => streams.logs.write_all(line),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        let Some(streams) = &mut self.0 else { return Ok(()) };
        streams.traces.flush()?;
        streams.metrics.flush()?;
        streams.logs.flush()
    }
}
