use proptest::prelude::*;

use super::*;

/// Leaves and roots of the Certificate Transparency reference tests, which RFC 9162 trees share.
const LEAVES: [&[u8]; 8] = [
    b"",
    &[0x00],
    &[0x10],
    &[0x20, 0x21],
    &[0x30, 0x31],
    &[0x40, 0x41, 0x42, 0x43],
    &[0x50, 0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57],
    &[
        0x60, 0x61, 0x62, 0x63, 0x64, 0x65, 0x66, 0x67, 0x68, 0x69, 0x6a, 0x6b, 0x6c, 0x6d, 0x6e,
        0x6f,
    ],
];
const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// The definition of RFC 9162 §2.1.1, word for word: split at the largest power of two below n.
fn by_definition(leaves: &[Digest]) -> Digest {
    match leaves {
        [] => Digest::of(&[]),
        [leaf] => *leaf,
        _ => {
            let split = leaves.len().next_power_of_two() / 2;
            interior(&by_definition(&leaves[..split]), &by_definition(&leaves[split..]))
        }
    }
}

#[test]
fn roots_are_those_of_the_reference_tests() {
    let mut tree = Tree::default();
    assert_eq!(tree.root().to_string(), ROOTS[0]);
    for (leaf, root) in LEAVES.iter().zip(&ROOTS[1..]) {
        tree.push(leaf_hash(&[leaf]));
        assert_eq!(tree.root().to_string(), *root);
    }
}

proptest! {
    #[test]
    fn a_grown_tree_has_the_root_of_the_definition(n in 0_usize..200) {
        let leaves: Vec<_> = (0..n).map(|i| leaf_hash(&[&i.to_be_bytes()])).collect();
        let tree: Tree = leaves.iter().copied().collect();
        prop_assert_eq!(tree.size(), n as u64);
        prop_assert_eq!(tree.root(), by_definition(&leaves));
    }
}
