//! Where the private ledger goes: a file of its own beside the telemetry, or memory.

use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use scenarios::ledger::{Entry, Phase};

/// Entries in one piece of memory: a book that grows piece by piece is never copied while it grows.
const PIECE: usize = 2_048;

/// The ledger of one instance; clones share it, and several instances may share a book.
#[derive(Clone, Debug)]
pub struct Ledger {
    book: Arc<Mutex<Book>>,
    /// Of its role, whoever writes here.
    instance: u32,
}

#[derive(Debug)]
enum Book {
    Closed,
    Memory(Vec<Vec<Entry>>),
    File(BufWriter<std::fs::File>),
}

impl Ledger {
    /// Keeps nothing.
    pub fn closed() -> Self {
        Self::new(Book::Closed)
    }

    /// Keeps entries until they are taken.
    pub fn memory() -> Self {
        Self::new(Book::Memory(Vec::new()))
    }

    /// Writes JSON lines.
    ///
    /// # Errors
    /// If the file cannot be created.
    pub fn file(path: &Path) -> std::io::Result<Self> {
        Ok(Self::new(Book::File(BufWriter::new(std::fs::File::create(path)?))))
    }

    fn new(book: Book) -> Self {
        Self { book: Arc::new(Mutex::new(book)), instance: 1 }
    }

    /// The same book, for another instance to write in.
    #[must_use]
    pub fn of(&self, instance: u32) -> Self {
        Self { book: Arc::clone(&self.book), instance }
    }

    /// Entries kept in memory so far.
    pub fn take(&self) -> Vec<Entry> {
        match &mut *self.book.lock().unwrap_or_else(PoisonError::into_inner) {
            Book::Memory(pieces) => {
                let mut entries = Vec::with_capacity(pieces.iter().map(Vec::len).sum());
                std::mem::take(pieces).into_iter().for_each(|piece| entries.extend(piece));
                entries
            }
            Book::Closed | Book::File(_) => Vec::new(),
        }
    }

    /// Writes out what is buffered.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn flush(&self) -> std::io::Result<()> {
        match &mut *self.book.lock().unwrap_or_else(PoisonError::into_inner) {
            Book::File(file) => file.flush(),
            Book::Closed | Book::Memory(_) => Ok(()),
        }
    }

    fn write(&self, entry: Entry) {
        let mut book = self.book.lock().unwrap_or_else(PoisonError::into_inner);
        let failed = match &mut *book {
            Book::Closed => false,
            Book::Memory(pieces) => {
                match pieces.last_mut() {
                    Some(piece) if piece.len() < PIECE => piece.push(entry),
                    Some(_) | None => {
                        let mut piece = Vec::with_capacity(PIECE);
                        piece.push(entry);
                        pieces.push(piece);
                    }
                }
                false
            }
            Book::File(file) => serde_json::to_writer(&mut *file, &entry).is_err() || file.write_all(b"\n").is_err(),
        };
        if failed {
            // A ledger with holes would derive a wrong truth; a missing end makes the run invalid instead.
            *book = Book::Closed;
        }
    }

    pub(crate) fn note(&self, request: &str, station: &str, phase: Phase, from_ns: u64, to_ns: u64) {
        self.write(self.entry(request, station, phase, from_ns, to_ns));
    }

    /// A wait for something that another request held.
    pub(crate) fn wait_for(&self, request: &str, station: &str, holder: Option<String>, from_ns: u64, to_ns: u64) {
        self.write(Entry { holder, ..self.entry(request, station, Phase::Wait, from_ns, to_ns) });
    }

    fn entry(&self, request: &str, station: &str, phase: Phase, from_ns: u64, to_ns: u64) -> Entry {
        let parent = request.rsplit_once('.').map(|(parent, _)| parent.to_owned());
        let (request, station) = (request.to_owned(), station.to_owned());
        Entry { request, parent, station, instance: self.instance, phase, from_ns, to_ns, holder: None }
    }
}
