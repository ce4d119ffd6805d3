//! A core that writes into memory, and what it wrote.

use std::io::{self, Write};
use std::sync::{Arc, Mutex};

use collector::{Config, Core, Lines, Tap};

/// Bytes that can be looked at while they are written.
#[derive(Clone, Default)]
pub(crate) struct Memory(Arc<Mutex<Vec<u8>>>);

impl Memory {
    pub(crate) fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Memory {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is full from the start.
pub(crate) struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// The three files of a folder.
#[derive(Clone, Default)]
pub(crate) struct Files {
    pub(crate) traces: Memory,
    pub(crate) metrics: Memory,
    pub(crate) logs: Memory,
}

impl Files {
    fn lines(&self) -> Lines {
        Lines::to(self.traces.clone(), self.metrics.clone(), self.logs.clone())
    }

    /// All three, one after the other.
    pub(crate) fn text(&self) -> String {
        [&self.traces, &self.metrics, &self.logs].map(Memory::text).concat()
    }
}

/// A core with both of its folders in memory.
pub(crate) struct Bench {
    pub(crate) core: Arc<Core>,
    pub(crate) evidence: Files,
    pub(crate) after: Files,
}

pub(crate) fn bench(config: Config, taps: Vec<Tap>) -> Bench {
    let (evidence, after) = (Files::default(), Files::default());
    let core = Arc::new(Core::new(config, evidence.lines(), after.lines(), taps));
    Bench { core, evidence, after }
}

/// A core that changes nothing.
pub(crate) fn plain() -> Bench {
    bench(Config { normalise: false, ..Config::default() }, Vec::new())
}
