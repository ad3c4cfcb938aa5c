use proptest::prelude::*;
use sha2::Digest as _;

use super::*;
use crate::hex;

fn ranges(taken: &Taken) -> Vec<(u64, u64)> {
    taken.manifest.bad_ranges.iter().map(|range| (range.offset, range.length)).collect()
}

#[test]
fn an_image_gives_back_every_byte_under_the_digests_that_other_programs_compute() {
    let folder = tempfile::tempdir().unwrap();
    for n_bytes in [0, 1, 512, 1023, 1024, 1025, 2048, 3000, 20_000, 33_333] {
        let out = folder.path().join(n_bytes.to_string());
        let disk = FakeDisk::of(varied(n_bytes), &[]);
        let manifest = take(&out, &disk).unwrap().manifest;
        assert_eq!(raw(&out), *disk.bytes, "{n_bytes}");
        assert_eq!(manifest.sha256, hex(&sha2::Sha256::digest(&*disk.bytes)), "{n_bytes}");
        assert_eq!(manifest.blake3, blake3::hash(&disk.bytes).to_hex().as_str(), "{n_bytes}");
        assert!(is_sound(&out), "{n_bytes}");
    }
}

#[test]
fn zeros_take_no_room_and_files_stay_short() {
    let folder = tempfile::tempdir().unwrap();
    let (zeros, noise) = (folder.path().join("zeros"), folder.path().join("noise"));
    let manifest = take(&zeros, &FakeDisk::of(vec![0; 50_000], &[])).unwrap().manifest;
    assert_eq!(manifest.chunks.stored_bytes, 0);
    let manifest = take(&noise, &FakeDisk::of(varied(50_000), &[])).unwrap().manifest;
    assert!(manifest.chunks.data_files > 2, "{:?}", manifest.chunks);
    for number in 0..manifest.chunks.data_files {
        let path = noise.join(crate::container::data_name(u16::try_from(number).unwrap()));
        assert!(path.metadata().unwrap().len() <= SMALL.file_bytes);
    }
}

#[test]
fn what_cannot_be_read_is_zero_and_named_to_the_sector() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("image");
    let disk = FakeDisk::of(vec![7; 200_000], &[(5000, 10), (99_840, 5000), (199_999, 1)]);
    let taken = take(&out, &disk).unwrap();
    assert_eq!(ranges(&taken), [(4608, 512), (99_840, 5120), (199_680, 320)]);
    assert_eq!(raw(&out), disk.expected());
    assert!(is_sound(&out));
}

#[test]
fn a_dead_place_costs_no_more_than_the_patience_and_both_of_its_edges_are_read() {
    let folder = tempfile::tempdir().unwrap();
    let layout = Layout { chunk_bytes: 1 << 20, ..Layout::USUAL };
    let disk = FakeDisk::of(vec![7; 2 << 20], &[(200_000, 300_000), (1_500_000, 1)]);
    let mut source = disk.clone();
    let hasty =
        Request { layout, patience: Duration::ZERO, ..request(&folder.path().join("hasty")) };
    let taken = acquire_image(&hasty, Kind::Disk, disk.facts(), &mut source, None, &mut |_| {});
    let manifest = taken.unwrap().manifest;
    let piece = 64 * 1024;
    let expected = [(3 * piece, 5 * piece), (22 * piece, piece)];
    let pairs = |ranges: &[Range]| -> Vec<(u64, u64)> {
        ranges.iter().map(|range| (range.offset, range.length)).collect()
    };
    assert_eq!(pairs(&manifest.bad_ranges), expected);
    assert_eq!(pairs(&manifest.given_up_ranges), expected);
    let bytes = raw(&folder.path().join("hasty"));
    for (offset, length) in expected {
        let (from, to) =
            (usize::try_from(offset).unwrap(), usize::try_from(offset + length).unwrap());
        assert_eq!((bytes[from - 1], bytes[to]), (7, 7));
        assert!(bytes[from..to].iter().all(|byte| *byte == 0));
    }
    let patient =
        Request { layout, patience: Duration::MAX, ..request(&folder.path().join("patient")) };
    let taken = acquire_image(&patient, Kind::Disk, disk.facts(), &mut source, None, &mut |_| {});
    assert_eq!(taken.unwrap().manifest.given_up_ranges, []);
    assert_eq!(raw(&folder.path().join("patient")), disk.expected());
}

#[test]
fn a_killed_acquisition_goes_on_without_reading_again_what_is_done() {
    let disk = FakeDisk::of(varied(40_000), &[(10_000, 600), (30_000, 1)]);
    let n_chunks = disk.bytes.len().div_ceil(1024) as u64;
    for killed_at in 1..=n_chunks {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("image");
        assert!(killed_after(killed_at, |tell| drop(take_telling(&out, &disk, tell))));
        assert!(matches!(Evidence::open(&out), Err(crate::ReadError::Unfinished(_))));
        tear(&out);
        let before = disk.given();
        let taken = resume(&out, &disk).unwrap();
        // A mark is made every 3000 bytes; two chunks are compared.
        let done = (killed_at * 1024).saturating_sub(3000 + 1024);
        let given = disk.given() - before;
        assert!(given <= 40_000 - done + 2048 && taken.read_bytes <= 40_000 - done + 2048);
        assert_eq!(raw(&out), disk.expected(), "killed after {killed_at} chunks");
        assert_eq!(taken.manifest.sha256, hex(&sha2::Sha256::digest(disk.expected())));
        assert_eq!(ranges(&taken), [(9728, 1024), (29_696, 512)]);
        let found = Evidence::open(&out).unwrap().verify(&mut |_| {}).unwrap();
        assert!(found.is_sound(), "killed after {killed_at} chunks: {found:?}");
        assert_eq!(taken.manifest.resumed_at.len(), 1);
    }
}

/// What a process leaves that is killed while it writes: more than the mark speaks of.
fn tear(out: &Path) {
    let names = fs_names(out);
    let last = names.iter().rfind(|name| name.starts_with("data-")).unwrap();
    for name in [last.as_str(), crate::INDEX] {
        let mut bytes = std::fs::read(out.join(name)).unwrap();
        bytes.extend(b"half a chunk");
        std::fs::write(out.join(name), bytes).unwrap();
    }
    std::fs::write(out.join("acquisition.tmp"), "{\"format\":\"saki").unwrap();
}

fn fs_names(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn one_that_is_killed_again_and_again_still_ends() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("image");
    let disk = FakeDisk::of(varied(60_000), &[]);
    assert!(killed_after(2, |tell| drop(take_telling(&out, &disk, tell))));
    let mut n_kills = 1;
    while killed_after(5, |tell| drop(resume_telling(&out, &disk, tell))) {
        n_kills += 1;
        assert!(n_kills < 60, "no progress");
    }
    assert!(n_kills > 5 && is_sound(&out));
    assert_eq!(raw(&out), *disk.bytes);
    assert_eq!(Evidence::open(&out).unwrap().manifest.resumed_at.len(), n_kills);
}

#[test]
fn a_complete_one_is_given_back_when_it_is_resumed() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FakeDisk::of(varied(9000), &[]);
    let first = take(folder.path(), &disk).unwrap();
    let again = resume(folder.path(), &disk).unwrap();
    assert_eq!((first.manifest, again.read_bytes), (again.manifest, 0));
}

#[test]
fn another_disk_or_a_changed_one_is_refused_and_what_was_taken_stays() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("image");
    let disk = FakeDisk::of(varied(40_000), &[]);
    assert!(killed_after(20, |tell| drop(take_telling(&out, &disk, tell))));
    let mut changed = varied(40_000);
    changed[100] ^= 1;
    let mut other_serial = disk.facts();
    other_serial.serial = "S0002".to_owned();
    let refused = [
        resume(&out, &FakeDisk::of(changed, &[])),
        resume(&out, &FakeDisk::of(varied(40_001), &[])),
        resume_image(
            &request(&out),
            Kind::Disk,
            &other_serial,
            &mut disk.clone(),
            None,
            &mut |_| {},
        ),
        resume_image(
            &request(&out),
            Kind::Memory,
            &disk.facts(),
            &mut disk.clone(),
            None,
            &mut |_| {},
        ),
    ];
    for refused in refused {
        assert!(matches!(refused, Err(AcquireError::Changed { .. })), "{refused:?}");
    }
    resume(&out, &disk).unwrap();
    assert!(is_sound(&out));
}

#[test]
fn nothing_is_written_over() {
    let folder = tempfile::tempdir().unwrap();
    let disk = FakeDisk::of(varied(9000), &[]);
    let (done, begun, other) =
        (folder.path().join("done"), folder.path().join("begun"), folder.path().join("other"));
    take(&done, &disk).unwrap();
    assert!(matches!(take(&done, &disk), Err(AcquireError::Occupied(_))));
    assert!(killed_after(2, |tell| drop(take_telling(&begun, &disk, tell))));
    assert!(matches!(take(&begun, &disk), Err(AcquireError::Unfinished(_))));
    assert!(matches!(resume(&other, &disk), Err(AcquireError::NothingToResume(_))));
    std::fs::create_dir(&other).unwrap();
    assert!(matches!(resume(&other, &disk), Err(AcquireError::NothingToResume(_))));
    let _held = crate::container::hold(&other).unwrap();
    assert!(matches!(take(&other, &disk), Err(AcquireError::Busy(_))));
}

#[test]
fn a_full_disk_is_said_and_the_work_goes_on_when_there_is_room() {
    let full = Path::new("/dev/full");
    if !full.try_exists().unwrap() {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let disk = FakeDisk::of(varied(40_000), &[]);
    assert!(killed_after(6, |tell| drop(take_telling(folder.path(), &disk, tell))));
    // The next data file is one that takes nothing.
    let journal = crate::journal::Journal::read(folder.path()).unwrap();
    let next = folder.path().join(crate::container::data_name(journal.mark.data_file));
    let kept = std::fs::read(&next).unwrap();
    std::fs::remove_file(&next).unwrap();
    std::os::unix::fs::symlink(full, &next).unwrap();
    let refused = resume(folder.path(), &disk);
    assert!(
        matches!(refused, Err(AcquireError::Write { .. } | AcquireError::Journal { .. })),
        "{refused:?}"
    );
    std::fs::remove_file(&next).unwrap();
    std::fs::write(&next, kept).unwrap();
    resume(folder.path(), &disk).unwrap();
    assert_eq!(raw(folder.path()), *disk.bytes);
}

#[test]
fn a_file_is_read_and_a_folder_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("image.raw");
    std::fs::write(&file, varied(5000)).unwrap();
    let mut source = crate::FileSource::open(&file).unwrap();
    assert_eq!(source.size_bytes(), 5000);
    let out = folder.path().join("out");
    let facts = SourceFacts { size_bytes: 5000, ..SourceFacts::default() };
    acquire_image(&request(&out), Kind::Disk, facts, &mut source, None, &mut |_| {}).unwrap();
    assert_eq!(raw(&out), varied(5000));
    assert!(matches!(
        crate::FileSource::open(folder.path()),
        Err(AcquireError::NotThatKind { .. })
    ));
    assert!(crate::FileSource::open(&folder.path().join("none")).is_err());
}

fn pieces() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        (1_usize..3000).prop_map(|n| vec![0; n]),
        (1_usize..3000, any::<u8>()).prop_map(|(n, byte)| vec![byte; n]),
        proptest::collection::vec(any::<u8>(), 1..2000),
    ];
    proptest::collection::vec(piece, 0..8).prop_map(|pieces| pieces.concat())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_bytes_with_any_bad_places_come_back_the_same_but_for_those(
        bytes in pieces(),
        bad in proptest::collection::vec((0_u64..12_000, 1_u64..3000), 0..4),
        killed_at in 1_u64..20,
    ) {
        let folder = tempfile::tempdir().unwrap();
        let out = folder.path().join("image");
        let disk = FakeDisk::of(bytes, &bad);
        let mut taken = None;
        if killed_after(killed_at, |tell| taken = Some(take_telling(&out, &disk, tell).unwrap())) {
            taken = Some(resume(&out, &disk).unwrap());
        }
        prop_assert_eq!(raw(&out), disk.expected());
        prop_assert!(is_sound(&out));
        let bad = taken.unwrap().manifest.bad_ranges;
        for (number, sector) in disk.bytes.chunks(512).enumerate() {
            let (offset, length) = (number as u64 * 512, sector.len() as u64);
            let unreadable = crate::image::touches(&disk.bad, offset, length);
            prop_assert_eq!(crate::image::touches(&bad, offset, length), unreadable);
        }
    }
}
