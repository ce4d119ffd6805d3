//! Where lines go: one stream a signal, in a folder or in memory.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::Path;

use evidence::layout;

use crate::batch::Signal;

/// One output stream for each signal.
pub struct Lines {
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
        Ok(Self { traces: file(layout::TRACES)?, metrics: file(layout::METRICS)?, logs: file(layout::LOGS)? })
    }

    /// Any three streams; each line arrives in one `write_all`.
    pub fn to(
        traces: impl Write + Send + 'static,
        metrics: impl Write + Send + 'static,
        logs: impl Write + Send + 'static,
    ) -> Self {
        Self { traces: Box::new(traces), metrics: Box::new(metrics), logs: Box::new(logs) }
    }

    pub(crate) fn write(&mut self, signal: Signal, line: &[u8]) -> io::Result<()> {
        match signal {
            Signal::Traces => self.traces.write_all(line),
            Signal::Metrics => self.metrics.write_all(line),
            Signal::Logs => self.logs.write_all(line),
        }
    }

    pub(crate) fn flush(&mut self) -> io::Result<()> {
        self.traces.flush()?;
        self.metrics.flush()?;
        self.logs.flush()
    }
}
