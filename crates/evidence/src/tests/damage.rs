use std::fs;

use proptest::prelude::*;

use super::*;
use crate::{Fault, Misfit, Verified};

fn image(n_bytes: usize) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    take(folder.path(), &FakeDisk::of(varied(n_bytes), &[])).unwrap();
    folder
}

fn verify(folder: &Path) -> Verified {
    Evidence::open(folder).unwrap().verify(&mut |_| {}).unwrap()
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    bytes[at] ^= 0x20;
    fs::write(path, bytes).unwrap();
}

#[test]
fn one_changed_byte_costs_one_chunk_and_is_named() {
    let folder = image(20_000);
    flip(&folder.path().join("data-00000.bin"), 2000);
    let found = verify(folder.path());
    assert_eq!(found.damage.len(), 1, "{found:?}");
    assert_eq!(found.damage[0].range.length, 1024);
    assert_eq!(found.misfits, [Misfit::Sha256, Misfit::Blake3]);
    let mut bytes = Vec::new();
    let damage = Evidence::open(folder.path()).unwrap().export(&mut bytes, &mut |_| {}).unwrap();
    assert_eq!(damage, found.damage);
    let from = usize::try_from(damage[0].range.offset).unwrap();
    let original = varied(20_000);
    assert_eq!(bytes.len(), 20_000);
    assert_eq!(
        (&bytes[..from], &bytes[from + 1024..]),
        (&original[..from], &original[from + 1024..])
    );
}

#[test]
fn a_cut_image_and_a_missing_file_are_said_in_ranges() {
    let folder = image(20_000);
    let last = folder.path().join("data-00001.bin");
    let bytes = fs::read(&last).unwrap();
    fs::write(&last, &bytes[..bytes.len() / 2]).unwrap();
    let found = verify(folder.path());
    assert_eq!(found.damage[0].fault, Fault::Unread("data-00001.bin".to_owned()));
    assert!(found.misfits.contains(&Misfit::DataFiles));
    fs::remove_file(&last).unwrap();
    let found = verify(folder.path());
    assert_eq!(found.damage[0].fault, Fault::NoFile("data-00001.bin".to_owned()));
}

#[test]
fn a_cut_index_loses_the_end_and_nothing_before() {
    let folder = image(20_000);
    let index = folder.path().join("chunks.idx");
    let bytes = fs::read(&index).unwrap();
    fs::write(&index, &bytes[..64 * 11 + 5]).unwrap();
    let found = verify(folder.path());
    assert_eq!(found.damage.len(), 1, "{found:?}");
    assert_eq!(found.damage[0].range, Range { offset: 10 * 1024, length: 20_000 - 10 * 1024 });
    assert!(found.misfits.contains(&Misfit::Index));
    fs::remove_file(&index).unwrap();
    assert!(Evidence::open(folder.path()).is_err());
}

#[test]
fn a_wrong_digest_in_the_manifest_is_named() {
    let folder = image(5000);
    let path = folder.path().join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    let sha256 = Evidence::open(folder.path()).unwrap().manifest.sha256;
    fs::write(&path, text.replace(&sha256, &"0".repeat(64))).unwrap();
    let found = verify(folder.path());
    assert_eq!((found.damage.len(), found.misfits), (0, vec![Misfit::Sha256]));
    fs::write(&path, text.replace("\"size_bytes\": 5000", "\"size_bytes\": 18446744073709551615"))
        .unwrap();
    assert!(!verify(folder.path()).is_sound());
}

#[test]
fn swapped_chunks_are_found() {
    let folder = image(20_000);
    let index = folder.path().join("chunks.idx");
    let bytes = fs::read(&index).unwrap();
    let mut records: Vec<&[u8]> = bytes.chunks(64).collect();
    records.swap(1, 2);
    fs::write(&index, records.concat()).unwrap();
    assert_eq!(verify(folder.path()).damage[0].range, Range { offset: 0, length: 2048 });
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn any_flipped_byte_and_any_cut_is_found(
        file in 0_usize..8,
        at in any::<prop::sample::Index>(),
        cut in any::<bool>(),
        mask in 1_u8..=255,
    ) {
        let folder = image(20_000);
        let mut files: Vec<_> =
            fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let path = &files[file % files.len()];
        let mut bytes = fs::read(path).unwrap();
        let at = at.index(bytes.len());
        if cut { bytes.truncate(at) } else { bytes[at] ^= mask }
        fs::write(path, bytes).unwrap();
        let opened = Evidence::open(folder.path());
        // What people wrote is no part of what the image proves; its digest is printed, and kept by the custody record.
        let manifest_changed = path.ends_with("manifest.json");
        if let Ok(evidence) = opened {
            let found = evidence.verify(&mut |_| {}).unwrap();
            prop_assert!(manifest_changed || !found.is_sound(), "{:?}", found);
        }
    }
}
