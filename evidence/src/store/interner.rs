//! A small cache in front of the names: telemetry says the same few hundred strings over and over.

use rca_engine::evidence::{Names, Symbol};

const SLOTS: usize = 1 << 14;

/// One slot a hash; a collision only costs a look-up in the names themselves.
pub(super) struct Interner {
    slots: Box<[Option<Symbol>]>,
}

impl Default for Interner {
    fn default() -> Self {
        Self { slots: vec![None; SLOTS].into_boxed_slice() }
    }
}

impl Interner {
    pub(super) fn intern(&mut self, names: &mut Names, text: &str) -> Symbol {
        let slot = &mut self.slots[slot_of(text)];
        match *slot {
            Some(symbol) if names.text(symbol) == text => symbol,
            Some(_) | None => *slot.insert(names.intern(text)),
        }
    }
}

/// Multiplies eight bytes at a time into a hash. Nothing hostile can be gained from collisions: they cost a look-up.
fn slot_of(text: &str) -> usize {
    const FACTOR: u64 = 0x9e37_79b9_7f4a_7c15;
    let chunks = text.as_bytes().chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    });
    let hash = chunks.fold(text.len() as u64, |hash, word| (hash.rotate_left(5) ^ word).wrapping_mul(FACTOR));
    // The high bits are the well mixed ones.
    usize::try_from(hash >> (64 - SLOTS.trailing_zeros())).expect("fourteen bits fit in any usize")
}
