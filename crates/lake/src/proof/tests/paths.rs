use ct_merkle::mem_backed_tree::MemoryBackedTree;
use ct_merkle::{ConsistencyProof, InclusionProof};
use proptest::prelude::*;
use sakimori_words::Digest;
use sha2::Sha256;

use super::super::paths::{LeafTree, verify_consistency, verify_inclusion};
use crate::merkle::leaf_hash;

/// Leaves of the Certificate Transparency reference tests, which RFC 9162 trees share.
const LEAVES: [&str; 8] = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
];

fn from_hex(text: &str) -> Vec<u8> {
    let digit = |pair: &[u8]| u8::from_str_radix(std::str::from_utf8(pair).unwrap(), 16).unwrap();
    text.as_bytes().chunks(2).map(digit).collect()
}

fn reference(n: usize) -> LeafTree {
    LEAVES[..n].iter().map(|leaf| leaf_hash(&[&from_hex(leaf)])).collect()
}

fn shown(path: Option<Vec<Digest>>) -> Vec<String> {
    path.unwrap().iter().map(Digest::to_string).collect()
}

/// The proofs of the Certificate Transparency reference tests (index, size, path).
#[test]
fn inclusion_proofs_are_those_of_the_reference_tests() {
    assert_eq!(shown(reference(1).inclusion(0)), [""; 0]);
    assert_eq!(
        shown(reference(8).inclusion(0)),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        shown(reference(8).inclusion(5)),
        [
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        shown(reference(3).inclusion(2)),
        ["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]
    );
    assert_eq!(reference(3).inclusion(3), None);
}

#[test]
fn consistency_proofs_are_those_of_the_reference_tests() {
    assert_eq!(shown(reference(1).consistency(1)), [""; 0]);
    assert_eq!(
        shown(reference(8).consistency(1)),
        [
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ]
    );
    assert_eq!(
        shown(reference(8).consistency(6)),
        [
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ]
    );
    assert_eq!(
        shown(reference(5).consistency(2)),
        [
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ]
    );
    assert_eq!((reference(5).consistency(0), reference(5).consistency(6)), (None, None));
}

#[test]
fn everything_has_grown_from_nothing_and_nothing_from_more() {
    let (three, five) = (reference(3), reference(5));
    let nothing = (0, Digest::of(&[]));
    assert!(verify_consistency(nothing, (5, five.root()), &[]));
    assert!(!verify_consistency((0, three.root()), (5, five.root()), &[]));
    assert!(!verify_consistency((5, five.root()), (3, three.root()), &[]));
    assert!(!verify_consistency((3, five.root()), (3, three.root()), &[]));
    assert!(!verify_consistency((3, three.root()), (5, five.root()), &[]));
}

fn leaves(n: usize) -> Vec<Vec<u8>> {
    (0..n).map(|n| n.to_be_bytes().to_vec()).collect()
}

fn ours(leaves: &[Vec<u8>]) -> LeafTree {
    leaves.iter().map(|leaf| leaf_hash(&[leaf])).collect()
}

fn theirs(leaves: &[Vec<u8>]) -> MemoryBackedTree<Sha256, Vec<u8>> {
    let mut tree = MemoryBackedTree::new();
    leaves.iter().for_each(|leaf| tree.push(leaf.clone()));
    tree
}

fn bytes(path: &[Digest]) -> Vec<u8> {
    path.iter().flat_map(|digest| digest.as_bytes().to_vec()).collect()
}

proptest! {
    /// `ct-merkle` makes the same inclusion proofs, and each of us believes the other's.
    #[test]
    fn another_implementation_makes_the_same_inclusion_proofs(n in 1_usize..300, at in any::<prop::sample::Index>()) {
        let (leaves, at) = (leaves(n), at.index(n));
        let (ours, theirs) = (ours(&leaves), theirs(&leaves));
        let path = ours.inclusion(at as u64).unwrap();
        let proof = theirs.prove_inclusion(at);
        prop_assert_eq!(proof.as_bytes(), &bytes(&path)[..]);
        prop_assert!(verify_inclusion(leaf_hash(&[&leaves[at]]), at as u64, n as u64, &path, ours.root()));
        let proof = InclusionProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
        prop_assert!(theirs.root().verify_inclusion(&leaves[at], at as u64, &proof).is_ok());
    }

    /// The same of consistency proofs.
    #[test]
    fn another_implementation_makes_the_same_consistency_proofs(n in 1_usize..300, old in any::<prop::sample::Index>()) {
        let (leaves, old) = (leaves(n), old.index(n) + 1);
        let (before, old_root) = (ours(&leaves[..old]), theirs(&leaves[..old]).root());
        let (ours, theirs) = (ours(&leaves), theirs(&leaves));
        let path = ours.consistency(old as u64).unwrap();
        prop_assert!(verify_consistency((old as u64, before.root()), (n as u64, ours.root()), &path));
        let proof = theirs.prove_consistency(n - old);
        prop_assert_eq!(proof.as_bytes(), &bytes(&path)[..]);
        let proof = ConsistencyProof::<Sha256>::try_from_bytes(bytes(&path)).unwrap();
        prop_assert!(theirs.root().verify_consistency(&old_root, &proof).is_ok());
    }

    /// No other leaf, place, size, root or path is believed.
    #[test]
    fn an_inclusion_proof_with_anything_changed_is_refused(n in 2_usize..80, at in any::<prop::sample::Index>(), what in 0_u8..5, to in any::<[u8; 32]>()) {
        let (leaves, at) = (leaves(n), at.index(n));
        let tree = ours(&leaves);
        let mut path = tree.inclusion(at as u64).unwrap();
        let (mut leaf, mut index, mut root) = (leaf_hash(&[&leaves[at]]), at as u64, tree.root());
        match what {
            0 => leaf = Digest::from_bytes(to),
            1 => index = (index + 1) % n as u64,
            2 => root = Digest::from_bytes(to),
            3 => path[0] = Digest::from_bytes(to),
            _ => path.push(Digest::from_bytes(to)),
        }
        prop_assert!(!verify_inclusion(leaf, index, n as u64, &path, root));
    }

    /// A log that changed one record it had before cannot prove that it has grown.
    #[test]
    fn a_rewritten_beginning_has_no_proof(n in 2_usize..80, old in any::<prop::sample::Index>(), at in any::<prop::sample::Index>()) {
        let old = old.index(n - 1) + 1;
        let leaves = leaves(n);
        let before = ours(&leaves[..old]);
        let mut other = leaves;
        other[at.index(old)].push(1);
        let after = ours(&other);
        let path = after.consistency(old as u64).unwrap();
        prop_assert!(!verify_consistency((old as u64, before.root()), (n as u64, after.root()), &path));
    }

    /// Any digests are a proof or none, without a panic.
    #[test]
    fn any_path_is_believed_or_refused(sizes in any::<(u64, u64)>(), path in prop::collection::vec(any::<[u8; 32]>(), 0..70)) {
        let path: Vec<_> = path.into_iter().map(Digest::from_bytes).collect();
        let root = Digest::of(b"root");
        prop_assert!(!verify_inclusion(root, sizes.0, sizes.1, &path, root) || path.is_empty());
        prop_assert!(!verify_consistency((sizes.0, root), (sizes.1, root), &path) || sizes.0 == sizes.1);
    }
}
