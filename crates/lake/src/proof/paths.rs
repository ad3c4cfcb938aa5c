//! Inclusion and consistency proofs of RFC 9162 §2.1.3 and §2.1.4: made from a list of leaves, checked from digests alone.

use sakimori_words::Digest;

use crate::merkle::interior;

/// Longest proof that can be true: one digest per level of a tree of 2⁶⁴ leaves, and one more.
pub const PATH_MAX: usize = 65;

/// All nodes of the tree over a list of leaves, so that any number of proofs costs one pass over them.
#[derive(Clone, Debug)]
pub struct LeafTree {
    /// `levels[0]` are the leaves; each level pairs up the one below, and an unpaired last node moves up as it is. That is
    /// the tree of RFC 9162 §2.1.1, whose left side is always the largest complete one.
    levels: Vec<Vec<Digest>>,
}

impl FromIterator<Digest> for LeafTree {
    fn from_iter<I: IntoIterator<Item = Digest>>(leaves: I) -> Self {
        let mut level: Vec<Digest> = leaves.into_iter().collect();
        let mut levels = Vec::new();
        while level.len() > 1 {
            let above = level.chunks(2).map(parent).collect();
            levels.push(std::mem::replace(&mut level, above));
        }
        levels.push(level);
        Self { levels }
    }
}

fn parent(children: &[Digest]) -> Digest {
    match children {
        [left, right] => interior(left, right),
        [only, ..] => *only,
        [] => Digest::of(&[]),
    }
}

impl LeafTree {
    /// How many leaves it has.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.levels.first().map_or(0, |leaves| leaves.len() as u64)
    }

    /// The root over all leaves; of an empty tree the digest of nothing.
    #[must_use]
    pub fn root(&self) -> Digest {
        self.levels.last().and_then(|top| top.first()).copied().unwrap_or_else(|| Digest::of(&[]))
    }

    /// The inclusion proof of the leaf at `index`, nearest sibling first; `None` when there is no such leaf.
    #[must_use]
    pub fn inclusion(&self, index: u64) -> Option<Vec<Digest>> {
        let mut at = usize::try_from(index).ok().filter(|_| index < self.size())?;
        let mut path = Vec::new();
        for level in &self.levels {
            path.extend(level.get(at ^ 1).filter(|_| level.len() > 1));
            at >>= 1;
        }
        Some(path)
    }

    /// The proof that the first `size` leaves are the beginning of this tree; `None` when it is smaller than that or `size`
    /// is 0, which needs no proof.
    #[must_use]
    pub fn consistency(&self, size: u64) -> Option<Vec<Digest>> {
        if size == 0 || size > self.size() {
            return None;
        }
        let mut path = Vec::new();
        self.add_subproof(size, (0, self.size()), true, &mut path)?;
        Some(path)
    }

    /// SUBPROOF of RFC 9162 §2.1.4.1 over the leaves of `range`, `size` of which were there before.
    fn add_subproof(
        &self,
        size: u64,
        (start, end): (u64, u64),
        known: bool,
        path: &mut Vec<Digest>,
    ) -> Option<()> {
        if size == end - start {
            if !known {
                path.push(self.node(start, end)?);
            }
            return Some(());
        }
        let split = start + (end - start).next_power_of_two() / 2;
        if size <= split - start {
            self.add_subproof(size, (start, split), known, path)?;
            path.push(self.node(split, end)?);
        } else {
            self.add_subproof(size - (split - start), (split, end), false, path)?;
            path.push(self.node(start, split)?);
        }
        Some(())
    }

    /// The node over the leaves `start..end`, which is one of the tree's own subtrees.
    fn node(&self, start: u64, end: u64) -> Option<Digest> {
        let level = (end - start).next_power_of_two().trailing_zeros();
        let at = usize::try_from(start >> level).ok()?;
        self.levels.get(level as usize)?.get(at).copied()
    }
}

/// Whether `path` proves that `leaf` is at `index` in the tree of `size` leaves with that `root` (RFC 9162 §2.1.3.2).
#[must_use]
pub fn verify_inclusion(
    leaf: Digest,
    index: u64,
    size: u64,
    path: &[Digest],
    root: Digest,
) -> bool {
    if index >= size || path.len() > PATH_MAX {
        return false;
    }
    let (mut node, mut last) = (index, size - 1);
    let mut hash = leaf;
    for sibling in path {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            hash = interior(sibling, &hash);
            (node, last) = to_right_child(node, last);
        } else {
            hash = interior(&hash, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && hash == root
}

/// Whether `path` proves that the tree `new` (size and root) begins with the tree `old` (RFC 9162 §2.1.4.2). Everything
/// begins with the empty tree.
#[must_use]
pub fn verify_consistency(old: (u64, Digest), new: (u64, Digest), path: &[Digest]) -> bool {
    let ((old_size, old_root), (new_size, new_root)) = (old, new);
    if old_size == 0 || old_size == new_size {
        let same = old_size != new_size || old_root == new_root;
        let empty = old_size != 0 || old_root == Digest::of(&[]);
        return path.is_empty() && same && empty;
    }
    if old_size > new_size || path.is_empty() || path.len() > PATH_MAX {
        return false;
    }
    let implied = old_size.is_power_of_two().then_some(&old_root);
    let mut nodes = implied.into_iter().chain(path);
    let Some(first) = nodes.next() else { return false };
    let shift = (old_size - 1).trailing_ones();
    let (mut node, mut last) = ((old_size - 1) >> shift, (new_size - 1) >> shift);
    let (mut before, mut after) = (*first, *first);
    for sibling in nodes {
        if last == 0 {
            return false;
        }
        if node & 1 == 1 || node == last {
            before = interior(sibling, &before);
            after = interior(sibling, &after);
            (node, last) = to_right_child(node, last);
        } else {
            after = interior(&after, sibling);
        }
        (node, last) = (node >> 1, last >> 1);
    }
    last == 0 && before == old_root && after == new_root
}

/// Moves up until the node is a right child, or the leftmost of its level.
const fn to_right_child(node: u64, last: u64) -> (u64, u64) {
    if node == 0 {
        return (0, last);
    }
    let shift = node.trailing_zeros();
    (node >> shift, last >> shift)
}
