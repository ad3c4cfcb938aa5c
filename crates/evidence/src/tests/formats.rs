use std::fs;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::fuzz::{fuzz_index, fuzz_journal, fuzz_manifest};
use crate::{FORMAT, Manifest};

fn sample() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("samples").join("v1")
}

#[test]
fn evidence_of_version_1_is_read_and_proved() {
    let evidence = Evidence::open(&sample()).unwrap();
    assert_eq!(evidence.manifest.format, FORMAT);
    assert_eq!(evidence.manifest.bad_ranges, [Range { offset: 2048, length: 512 }]);
    assert_eq!(evidence.manifest.said.examiner, "防人 花子");
    assert!(is_sound(&sample()));
    assert_eq!(raw(&sample()), FakeDisk::of(varied(10_000), &[(2050, 10)]).expected());
}

/// Makes the sample of a new version; the one of version 1 stays.
#[test]
#[ignore = "a person's act"]
fn make_the_sample() {
    take(&sample(), &FakeDisk::of(varied(10_000), &[(2050, 10)])).unwrap();
}

/// These members are read by the custody record.
#[test]
fn the_manifest_has_the_members_that_others_read() {
    let text = fs::read_to_string(sample().join("manifest.json")).unwrap();
    insta::assert_snapshot!(text);
}

#[test]
fn another_version_is_refused_by_name() {
    let text = fs::read_to_string(sample().join("manifest.json")).unwrap();
    let later = text.replace(FORMAT, "sakimori-evidence/2");
    let error = Manifest::read(later.as_bytes()).unwrap_err();
    assert!(error.to_string().contains("sakimori-evidence/2"), "{error}");
}

proptest! {
    #[test]
    fn any_bytes_are_read_without_a_fall(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
        fuzz_index(&bytes);
        fuzz_manifest(&bytes);
        fuzz_journal(&bytes);
    }

    #[test]
    fn a_sound_file_with_any_byte_changed_is_read_without_a_fall(
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
    ) {
        for name in ["chunks.idx", "manifest.json"] {
            let mut bytes = fs::read(sample().join(name)).unwrap();
            let at = at.index(bytes.len());
            bytes[at] = to;
            fuzz_index(&bytes);
            fuzz_manifest(&bytes);
            fuzz_journal(&bytes);
        }
    }
}
