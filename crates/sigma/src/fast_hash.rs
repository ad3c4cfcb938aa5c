//! A quick hash for maps whose keys come from rules.
//!
//! An event can only look such keys up, never add one, so it cannot make a map slow; the default hash guards against that
//! and takes several times as long on the short names that are looked up for every field of every event.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

/// A map whose keys come from rules.
pub(crate) type RuleMap<K, V> = HashMap<K, V, BuildHasherDefault<FastHasher>>;

/// Multiplies and rotates eight bytes at a time (the scheme of Firefox and rustc).
#[derive(Debug, Default)]
pub(crate) struct FastHasher(u64);

const SEED: u64 = 0x51_7c_c1_b7_27_22_0a_95;

impl FastHasher {
    const fn mix(&mut self, word: u64) {
        self.0 = (self.0.rotate_left(5) ^ word).wrapping_mul(SEED);
    }
}

impl Hasher for FastHasher {
    fn write(&mut self, bytes: &[u8]) {
        let (words, rest) = bytes.as_chunks::<8>();
        for word in words {
            self.mix(u64::from_le_bytes(*word));
        }
        let mut last = [0; 8];
        for (own, byte) in last.iter_mut().zip(rest) {
            *own = *byte;
        }
        self.mix(u64::from_le_bytes(last) ^ ((bytes.len() as u64) << 56));
    }

    fn finish(&self) -> u64 {
        // The map takes its control bits from the top and its place from the bottom; multiplication fills the top only.
        self.0.rotate_left(26)
    }
}
