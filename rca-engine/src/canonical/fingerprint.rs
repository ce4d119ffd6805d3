//! Order-independent fingerprints of numbers, from which all structural order follows.

/// Spreads the bits of a number: the finaliser of `SplitMix64` (Steele, Lea, Flood, 2014).
pub(crate) fn mix(value: u64) -> u64 {
    let mut z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

/// A multiset of numbers: adding in any order gives the same fingerprint.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Fingerprint {
    count: u64,
    sum: u64,
}

impl Fingerprint {
    /// Adds one item, made of several numbers in a fixed order.
    pub(crate) fn add(&mut self, parts: &[u64]) {
        let item = parts.iter().fold(parts.len() as u64, |hash, part| mix(hash ^ mix(*part)));
        self.count += 1;
        self.sum = self.sum.wrapping_add(item);
    }

    /// Adds all items of another.
    pub(crate) fn merge(&mut self, other: Self) {
        self.count += other.count;
        self.sum = self.sum.wrapping_add(other.sum);
    }

    /// The fingerprint as one number.
    pub(crate) fn digest(self) -> u64 {
        mix(self.sum ^ mix(self.count))
    }
}
