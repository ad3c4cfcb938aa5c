use std::io::Write as _;
use std::path::PathBuf;

use proptest::prelude::*;

use super::*;
use crate::fuzz::fuzz_archive;
use crate::{Recognised, memory_guide, recognise_archive, recognise_memory};

fn zip(folder: &Path, members: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("collection.zip");
    let mut zip = zip::ZipWriter::new(std::fs::File::create(&path).unwrap());
    for (name, bytes) in members {
        zip.start_file(*name, zip::write::SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap();
    path
}

fn tar_gz(folder: &Path, members: &[(&str, &[u8])]) -> PathBuf {
    let path = folder.join("uac-ek-02-linux-20261122030000.tar.gz");
    let file = std::fs::File::create(&path).unwrap();
    let mut out = flate2::write::GzEncoder::new(file, flate2::Compression::fast());
    for (name, bytes) in members {
        let entry = crate::tar::Entry {
            path: name.as_bytes(),
            kind: crate::tar::EntryKind::File,
            link: b"",
            length: bytes.len() as u64,
            mode: 0o644,
            uid: 0,
            gid: 0,
            mtime_s: 0,
        };
        out.write_all(&crate::tar::header(&entry)).unwrap();
        out.write_all(bytes).unwrap();
        out.write_all(&vec![0; crate::tar::padding(bytes.len() as u64)]).unwrap();
    }
    out.write_all(&crate::tar::END).unwrap();
    out.finish().unwrap();
    path
}

fn lines(recognised: &Recognised) -> Vec<String> {
    let (_, text) = recognised.list.as_ref().unwrap();
    String::from_utf8(text.clone()).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn collections_of_velociraptor_and_uac_are_recognised_by_what_is_in_them() {
    let folder = tempfile::tempdir().unwrap();
    let velociraptor = zip(
        folder.path(),
        &[
            ("collection_context.json", b"{}"),
            ("uploads/auto/C%3A/x.evtx", b"12345"),
            ("日本語.txt", b""),
        ],
    );
    let seen = recognise_archive(&velociraptor).unwrap();
    assert_eq!(seen.as_what, "velociraptor");
    assert_eq!(lines(&seen)[1], r#"{"path":"uploads/auto/C%3A/x.evtx","length":5}"#);
    assert_eq!(lines(&seen)[2], r#"{"path":"日本語.txt","length":0}"#);
    let long = format!("[root]/{}", "a".repeat(300));
    let uac = tar_gz(
        folder.path(),
        &[("uac.log", b"hello"), (&long, b"x"), ("live_response/ps.txt", b"")],
    );
    let seen = recognise_archive(&uac).unwrap();
    assert_eq!((seen.as_what, lines(&seen).len()), ("uac", 3));
    assert!(lines(&seen)[1].contains(&long));
    assert!(!seen.list.unwrap().0.cut);
}

#[test]
fn other_archives_and_broken_ones_are_taken_as_they_are() {
    let folder = tempfile::tempdir().unwrap();
    let other = zip(folder.path(), &[("readme.txt", b"hello")]);
    assert_eq!(recognise_archive(&other).unwrap().as_what, "zip");
    let bytes = std::fs::read(&other).unwrap();
    std::fs::write(&other, &bytes[..bytes.len() - 30]).unwrap();
    let seen = recognise_archive(&other).unwrap();
    assert_eq!((seen.as_what, seen.list.unwrap().0.cut), ("zip", true));
    std::fs::write(&other, b"no archive").unwrap();
    assert_eq!(recognise_archive(&other).unwrap(), Recognised { as_what: "unknown", list: None });
    assert!(recognise_archive(folder.path()).is_err());
}

/// Zeros in next to nothing: only names are kept, and what is unpacked is thrown away.
#[test]
fn a_bomb_does_no_harm() {
    let folder = tempfile::tempdir().unwrap();
    let zeros = vec![0; 4 << 20];
    let bomb = zip(folder.path(), &[("zeros", &zeros)]);
    assert!(bomb.metadata().unwrap().len() < 1 << 16);
    assert_eq!(lines(&recognise_archive(&bomb).unwrap()), [r#"{"path":"zeros","length":4194304}"#]);
    let bomb = tar_gz(folder.path(), &[("zeros", &zeros)]);
    assert_eq!(lines(&recognise_archive(&bomb).unwrap()), [r#"{"path":"zeros","length":4194304}"#]);
}

#[test]
fn memory_images_are_recognised_by_their_first_bytes() {
    let seen = [
        recognise_memory(b"EMiL\x01\x00\x00\x00rest", "memory.lime"),
        recognise_memory(b"AVML\x02\x00\x00\x00", "x"),
        recognise_memory(b"\xd2\xbe\xd2\xbe", "vm.vmsn"),
        recognise_memory(b"\0\0\0\0", "vm.VMEM"),
        recognise_memory(b"PAGEDU64", "memory.dmp"),
        recognise_memory(b"\x7fELF\x02\x01\x01\0\0\0\0\0\0\0\0\0\x04\0", "core"),
        recognise_memory(b"\0\0", "winpmem.raw"),
        recognise_memory(b"", ""),
    ];
    let expected = [
        "lime",
        "avml-compressed",
        "vmware-vmsn",
        "vmware-vmem",
        "windows-crash-dump",
        "elf-core",
        "raw-by-name",
        "unknown",
    ];
    assert_eq!(seen, expected);
}

#[test]
fn the_guide_names_the_command_that_imports() {
    for lang in [sakimori_words::Lang::Ja, sakimori_words::Lang::En] {
        assert!(memory_guide(lang).contains("sakimori evidence acquire memory"));
    }
}

proptest! {
    #[test]
    fn any_bytes_are_listed_without_a_fall(
        bytes in proptest::collection::vec(any::<u8>(), 0..2000),
        at in any::<prop::sample::Index>(),
        to in any::<u8>(),
    ) {
        fuzz_archive(&bytes);
        let folder = tempfile::tempdir().unwrap();
        let path = zip(folder.path(), &[("a", b"1"), ("b", b"2")]);
        let mut bytes = std::fs::read(&path).unwrap();
        let at = at.index(bytes.len());
        bytes[at] = to;
        std::fs::write(&path, &bytes).unwrap();
        recognise_archive(&path).unwrap();
    }
}
