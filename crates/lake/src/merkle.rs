//! The Merkle tree of RFC 9162 §2.1: one root that stands for a list in its order, grown one leaf at a time.

use sakimori_words::Digest;

/// The hash of a leaf: SHA-256 over `0x00` and its parts.
pub(crate) fn leaf_hash(parts: &[&[u8]]) -> Digest {
    let mut all: Vec<&[u8]> = Vec::with_capacity(parts.len() + 1);
    all.push(&[0]);
    all.extend_from_slice(parts);
    Digest::of_parts(&all)
}

/// A tree that only grows. It keeps one digest per complete subtree, so a year of events costs a few hundred bytes.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tree {
    size: u64,
    /// Roots of the complete subtrees, the largest (leftmost) first; one for each set bit of `size`.
    peaks: Vec<Digest>,
}

impl Tree {
    /// Adds the next leaf.
    pub(crate) fn push(&mut self, leaf: Digest) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = interior(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// How many leaves it has.
    pub(crate) const fn size(&self) -> u64 {
        self.size
    }

    /// The root over all leaves; of an empty tree the digest of nothing, as the RFC says.
    pub(crate) fn root(&self) -> Digest {
        let mut peaks = self.peaks.iter().rev();
        let Some(last) = peaks.next() else { return Digest::of(&[]) };
        peaks.fold(*last, |right, left| interior(left, &right))
    }
}

impl FromIterator<Digest> for Tree {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let mut tree = Self::default();
        leaves.into_iter().for_each(|leaf| tree.push(leaf));
        tree
    }
}

/// The hash of an interior node: SHA-256 over `0x01` and its two children.
pub(crate) fn interior(left: &Digest, right: &Digest) -> Digest {
    Digest::of_parts(&[&[1], left.as_bytes(), right.as_bytes()])
}

#[cfg(test)]
mod tests;
