//! Tampering: whatever is done to a store behind its back is named.

use crate::wal::{Resume, scan_from};

use super::*;

/// A store with two sealed segments (events 1–20 and 21–40) and ten unsealed events.
async fn store() -> (Fixture, Vec<Arc<SegmentInfo>>) {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    let mut segments = Vec::new();
    for n in 0..2 {
        lake.append(&events(n * 20..n * 20 + 20)).await.unwrap();
        segments.extend(lake.seal().await.unwrap());
    }
    lake.append(&events(40..50)).await.unwrap();
    drop(lake);
    fixture.assert_proved().await;
    (fixture, segments)
}

/// Rewrites a segment file after `change` did something to its events.
async fn rewrite(fixture: &Fixture, segment: &SegmentInfo, change: impl Fn(&mut Vec<StoredEvent>)) {
    let batches = read_segment(&fixture.store(), &segment.file).await;
    let mut events: Vec<_> = batches.iter().flat_map(batch::all_events).collect();
    change(&mut events);
    let bytes = segment::rewrite_for_test(&events, segment);
    std::fs::write(fixture.store_dir().join(&segment.file), bytes).unwrap();
}

async fn problems(fixture: &Fixture) -> Vec<Problem> {
    fixture.verify().await.problems
}

#[tokio::test]
async fn a_changed_record_is_named() {
    let (fixture, segments) = store().await;
    rewrite(&fixture, &segments[1], |events| {
        let found = events.iter_mut().find(|stored| stored.seq == 25).unwrap();
        found.event.raw[5] ^= 1;
    })
    .await;
    let (seq, source, file) = (25, event(24).source, segments[1].file.clone());
    assert_eq!(problems(&fixture).await, [Problem::EventChanged { seq, source, file }]);
    let trouble = fixture.verify().await.trouble(sakimori_words::Lang::Ja).unwrap();
    assert_eq!(trouble.kind.code, "SK-LAKE-012");
    assert!(trouble.detail.contains("ログ 25 番（syslog/10.0.0.1）"), "{}", trouble.detail);
}

#[tokio::test]
async fn a_changed_source_or_time_of_receipt_is_named() {
    let (fixture, segments) = store().await;
    rewrite(&fixture, &segments[0], |events| {
        events[0].event.source = "syslog/elsewhere".to_owned();
        events[1].event.received_at = START;
    })
    .await;
    let found = problems(&fixture).await;
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|problem| matches!(problem, Problem::EventChanged { .. })));
}

#[tokio::test]
async fn a_change_that_was_covered_up_in_the_file_is_found_by_the_signed_root() {
    let (fixture, segments) = store().await;
    rewrite(&fixture, &segments[0], |events| {
        let StoredEvent { seq, leaf, event } = &mut events[3];
        event.raw.push(b'!');
        *leaf = leaf_digest(*seq, &event.source, event.received_at, &event.raw);
    })
    .await;
    let found = problems(&fixture).await;
    assert!(matches!(&found[..], [Problem::SegmentChanged { first_seq: 1, last_seq: 20, .. }]));
}

#[tokio::test]
async fn a_changed_reading_is_told_apart_from_a_changed_record() {
    let (fixture, segments) = store().await;
    rewrite(&fixture, &segments[0], |events| events[3].event.user = "nobody".to_owned()).await;
    let file = segments[0].file.clone();
    assert_eq!(problems(&fixture).await, [Problem::SegmentRewritten { file }]);
}

#[tokio::test]
async fn a_removed_event_is_named_with_its_source() {
    let (fixture, segments) = store().await;
    rewrite(&fixture, &segments[0], |events| events.retain(|stored| stored.seq != 6)).await;
    let (seq, sources, file) = (6, vec![event(5).source], segments[0].file.clone());
    assert_eq!(problems(&fixture).await, [Problem::EventRemoved { seq, sources, file }]);
}

#[tokio::test]
async fn an_added_event_is_named() {
    for seq in [6, 21, 900] {
        let (fixture, segments) = store().await;
        rewrite(&fixture, &segments[0], |events| {
            let event = Event { source: "syslog/forged".to_owned(), ..event(6) };
            let leaf = leaf_digest(seq, &event.source, event.received_at, &event.raw);
            events.push(StoredEvent { seq, leaf, event });
        })
        .await;
        let found = problems(&fixture).await;
        let [Problem::EventAdded { seq: named, .. }] = &found[..] else { panic!("{found:?}") };
        assert_eq!(*named, seq);
    }
}

#[tokio::test]
async fn removed_and_replaced_and_foreign_segment_files_are_named() {
    let (fixture, segments) = store().await;
    let path = |n: usize| fixture.store_dir().join(&segments[n].file);
    let second = std::fs::read(path(1)).unwrap();
    std::fs::remove_file(path(1)).unwrap();
    let file = segments[1].file.clone();
    let missing = Problem::SegmentMissing { file, first_seq: 21, last_seq: 40 };
    assert_eq!(problems(&fixture).await, [missing]);

    std::fs::write(path(1), "no Parquet").unwrap();
    assert!(matches!(&problems(&fixture).await[..], [Problem::SegmentChanged { .. }]));

    std::fs::write(path(1), &second).unwrap();
    let foreign = fixture.store_dir().join("segments/00000000000000000099-x.parquet");
    std::fs::write(foreign, &second).unwrap();
    let file = "segments/00000000000000000099-x.parquet".to_owned();
    assert_eq!(problems(&fixture).await, [Problem::SegmentExtra { file }]);
}

#[tokio::test]
async fn any_flipped_byte_of_a_segment_file_is_noticed() {
    let (fixture, segments) = store().await;
    let path = fixture.store_dir().join(&segments[0].file);
    let intact = std::fs::read(&path).unwrap();
    for at in (0..intact.len()).step_by(intact.len() / 40) {
        let mut bytes = intact.clone();
        bytes[at] ^= 0x20;
        std::fs::write(&path, bytes).unwrap();
        assert_ne!(problems(&fixture).await, [], "byte {at}");
    }
}

fn catalogue_lines(fixture: &Fixture) -> Vec<String> {
    let text = std::fs::read_to_string(fixture.dir().join("catalogue")).unwrap();
    text.lines().map(str::to_owned).collect()
}

fn write_catalogue(fixture: &Fixture, lines: &[String]) {
    std::fs::write(fixture.dir().join("catalogue"), lines.join("\n") + "\n").unwrap();
}

#[tokio::test]
async fn a_cut_off_catalogue_is_noticed_and_never_written_to() {
    let (fixture, segments) = store().await;
    let lines = catalogue_lines(&fixture);
    write_catalogue(&fixture, &lines[..2]);
    let found = problems(&fixture).await;
    assert!(found.contains(&Problem::CatalogueCut { records: 2, signed: 3 }), "{found:?}");
    assert!(found.contains(&Problem::SegmentExtra { file: segments[1].file.clone() }));
    let lost = Problem::EventsLost {
        first_seq: 21,
        last_seq: 40,
        file: "wal/00000000000000000041.wal".to_owned(),
    };
    assert!(found.contains(&lost), "{found:?}");
    let opened = Lake::open(fixture.settings(), fixture.clock.clone()).await;
    assert_eq!(opened.err().map(|error| error.trouble().kind.code), Some("SK-LAKE-009"));
}

#[tokio::test]
async fn a_changed_catalogue_line_is_named() {
    let (fixture, _) = store().await;
    let lines = catalogue_lines(&fixture);
    for (n, change) in [(1, ("\"events\":20", "\"events\":19")), (2, ("\"n\":2", "\"n\":3"))] {
        let mut changed = lines.clone();
        changed[n] = changed[n].replace(change.0, change.1);
        assert_ne!(changed[n], lines[n]);
        write_catalogue(&fixture, &changed);
        let found = problems(&fixture).await;
        let line = n as u64 + 1;
        let named = found.iter().any(
            |problem| matches!(problem, Problem::CatalogueChanged { line: l, .. } if *l == line),
        );
        assert!(named, "{found:?}");
    }
    let mut swapped = lines.clone();
    swapped.swap(1, 2);
    write_catalogue(&fixture, &swapped);
    assert_ne!(problems(&fixture).await, []);
    write_catalogue(&fixture, &[]);
    assert_ne!(problems(&fixture).await, []);
}

#[tokio::test]
async fn a_missing_or_foreign_checkpoint_is_noticed() {
    let (fixture, _) = store().await;
    let path = fixture.dir().join("checkpoint");
    let stranger = SigningKey::from_bytes(&[3; 32]);
    let signed = fixture.verify().await.checkpoint.unwrap();
    let forged = Checkpoint::sign(ORIGIN, signed.size, signed.root, &stranger);
    std::fs::write(&path, forged.note).unwrap();
    assert!(matches!(&problems(&fixture).await[..], [Problem::CheckpointBad { .. }]));
    std::fs::remove_file(&path).unwrap();
    assert!(matches!(&problems(&fixture).await[..], [Problem::CheckpointBad { .. }]));
}

#[tokio::test]
async fn a_whole_store_put_back_to_an_older_state_is_found_by_a_witnessed_checkpoint() {
    let (fixture, _) = store().await;
    let witnessed = fixture.verify().await.checkpoint.unwrap().note;
    assert_eq!(fixture.verify_with(std::slice::from_ref(&witnessed)).await.problems, []);

    let older = Fixture::new();
    let lake = older.open().await;
    lake.append(&events(0..20)).await.unwrap();
    lake.seal().await.unwrap();
    older.assert_proved().await;
    let cut = older.verify_with(std::slice::from_ref(&witnessed)).await;
    assert_eq!(cut.problems, [Problem::CatalogueCut { records: 2, signed: 3 }]);

    lake.append(&events(1_000..1_020)).await.unwrap();
    lake.seal().await.unwrap();
    older.assert_proved().await;
    let rewritten = older.verify_with(&[witnessed]).await;
    assert_eq!(rewritten.problems, [Problem::HistoryRewritten { signed: 3 }]);
}

fn wal_path(fixture: &Fixture) -> PathBuf {
    files_under(&fixture.dir().join("wal")).remove(0)
}

#[tokio::test]
async fn a_damaged_log_is_noticed_and_the_rest_is_kept() {
    let (fixture, _) = store().await;
    let path = wal_path(&fixture);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[200] ^= 1;
    std::fs::write(&path, &bytes).unwrap();
    let file = "wal/00000000000000000041.wal".to_owned();
    let found = problems(&fixture).await;
    assert!(matches!(&found[0], Problem::LogDamaged { offset: 32, .. }), "{found:?}");
    assert_eq!(found[1], Problem::EventsLost { first_seq: 41, last_seq: 41, file });

    let lake = fixture.open().await;
    assert!(lake.recovery().discarded[0].lost_acknowledged);
    let sealed = lake.seal().await.unwrap();
    assert_eq!((sealed[0].events, &sealed[0].missing[..]), (9, &[(41, 41)][..]));
    assert_eq!(lake.append(&events(60..61)).await.unwrap()[0].seq, 51);
    let lost = Problem::EventsLost { first_seq: 41, last_seq: 41, file: sealed[0].file.clone() };
    assert_eq!(problems(&fixture).await, [lost]);
    let kept = fixture.dir().join("discarded/00000000000000000041.wal");
    assert_eq!(std::fs::read(kept).unwrap(), bytes, "the damaged log file is kept as evidence");
}

#[tokio::test]
async fn a_log_edited_with_its_checksum_put_right_names_the_event_even_after_sealing() {
    let (fixture, _) = store().await;
    let path = wal_path(&fixture);
    let mut bytes = std::fs::read(&path).unwrap();
    let length = u32::from_be_bytes(bytes[40..44].try_into().unwrap()) as usize;
    let raw = bytes[48..48 + length].windows(6).position(|w| w == "記録".as_bytes()).unwrap();
    bytes[48 + raw..48 + raw + 6].copy_from_slice("偽物".as_bytes());
    let checksum = crc32c::crc32c(&bytes[48..48 + length]);
    bytes[44..48].copy_from_slice(&checksum.to_be_bytes());
    std::fs::write(&path, &bytes).unwrap();
    assert_eq!(scan_from(&bytes, &mut Resume::default()).events.len(), 10);

    let file = "wal/00000000000000000041.wal".to_owned();
    let source = event(40).source;
    let changed = Problem::EventChanged { seq: 41, source: source.clone(), file };
    assert_eq!(problems(&fixture).await, [changed]);
    let sealed = fixture.open().await.seal().await.unwrap();
    let changed = Problem::EventChanged { seq: 41, source, file: sealed[0].file.clone() };
    assert_eq!(problems(&fixture).await, [changed]);
}

#[tokio::test]
async fn a_removed_log_file_is_noticed_by_the_gap_it_leaves() {
    let (fixture, _) = store().await;
    let lake = fixture.open().await;
    lake.append(&events(50..55)).await.unwrap();
    std::fs::remove_file(wal_path(&fixture)).unwrap();
    let sealed = lake.seal().await.unwrap();
    assert_eq!(sealed[0].missing, [(41, 50)]);
    assert!(matches!(&problems(&fixture).await[..], [Problem::EventsLost { .. }]));
}

#[tokio::test]
async fn without_a_given_key_the_report_says_so() {
    let (fixture, _) = store().await;
    let (dir, catalogue, segments) = (fixture.dir(), fixture.catalogue(), fixture.store());
    let request =
        VerifyRequest { dir: &dir, catalogue: &*catalogue, segments, key: None, witnessed: &[] };
    let mut seen = Vec::new();
    let report = verify(request, &mut |progress| seen.push(progress)).await.unwrap();
    assert!(report.is_proved() && !report.key_was_given);
    assert_eq!(report.key, Some(verifier_line(ORIGIN, &signer().verifying_key())));
    assert_eq!(seen.last().map(|last| last.done_bytes), Some(seen[0].total_bytes));
    assert_eq!((report.segments, report.sealed_events, report.hot_events), (2, 40, 10));
}

#[tokio::test]
async fn a_store_that_was_never_begun_holds_nothing_and_proves_it() {
    let fixture = Fixture::new();
    let report = fixture.verify().await;
    assert!(report.is_proved() && report.checkpoint.is_none());
}

#[tokio::test]
async fn a_store_that_was_begun_and_is_gone_is_not_proved_and_looking_creates_nothing() {
    let (fixture, _) = store().await;
    for folder in [fixture.dir(), fixture.store_dir()] {
        std::fs::remove_dir_all(folder).unwrap();
    }
    let begun = Known { begun: true, ..Known::default() };
    let report = fixture.verify_knowing(begun, &[]).await;
    assert_eq!(report.problems, [Problem::CatalogueMissing]);
    assert_eq!(read_all(&fixture.reader()).await, []);
    assert_eq!(fixture.reader().event(1).await.unwrap(), None);
    assert_eq!(std::fs::read_dir(fixture.folder.path()).unwrap().count(), 0);
}

#[tokio::test]
async fn a_store_without_its_catalogue_is_not_proved_whatever_is_left_of_it() {
    for left in ["wal", "segments", "checkpoint"] {
        let (fixture, _) = store().await;
        for name in ["catalogue", "checkpoint"].into_iter().filter(|name| *name != left) {
            std::fs::remove_file(fixture.dir().join(name)).unwrap();
        }
        for (name, folder) in
            [("wal", fixture.dir().join("wal")), ("segments", fixture.store_dir())]
        {
            if name != left {
                std::fs::remove_dir_all(folder).unwrap();
            }
        }
        let found = problems(&fixture).await;
        let noticed = |problem: &Problem| {
            matches!(problem, Problem::CatalogueMissing | Problem::CatalogueCut { records: 0, .. })
        };
        assert!(found.iter().any(noticed), "{left}: {found:?}");
    }
}

#[tokio::test]
async fn a_new_store_is_proved_although_it_was_begun() {
    let fixture = Fixture::new();
    drop(fixture.open().await);
    let known = Known { signer: Some(&signer()), begun: true, seen_up_to: 0 };
    assert_eq!(fixture.verify_knowing(known, &[]).await.problems, []);
}

/// The byte after the n-th frame of a log file's bytes.
fn frame_end(bytes: &[u8], n: usize) -> usize {
    (0..n).fold(32, |at, _| {
        let length = u32::from_be_bytes(bytes[at + 8..at + 12].try_into().unwrap());
        at + 16 + length as usize
    })
}

#[tokio::test]
async fn a_changed_head_and_first_frame_cost_one_event_and_pass_for_no_unfinished_write() {
    let (fixture, _) = store().await;
    let path = wal_path(&fixture);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[3] ^= 1;
    bytes[60] ^= 1;
    std::fs::write(&path, &bytes).unwrap();

    let file = "wal/00000000000000000041.wal".to_owned();
    let report = fixture.verify().await;
    let second = frame_end(&bytes, 1) as u64;
    let damaged = |offset, bytes| Problem::LogDamaged { file: file.clone(), offset, bytes };
    let lost = Problem::EventsLost { first_seq: 41, last_seq: 41, file: file.clone() };
    assert_eq!(report.problems, [damaged(0, 32), damaged(32, second - 32), lost]);
    assert_eq!((report.remarks, report.hot_events), (vec![], 9));
    let without_secret = fixture.verify_knowing(Known::default(), &[]).await;
    assert_eq!(without_secret.problems, [damaged(0, bytes.len() as u64)]);

    let lake = fixture.open().await;
    assert!(lake.recovery().may_have_lost());
    assert_eq!(lake.recovery().recovered_events, 9);
    assert_eq!(lake.append(&events(60..61)).await.unwrap()[0].seq, 51);
    let sealed = lake.seal().await.unwrap();
    assert_eq!((sealed[0].events, &sealed[0].missing[..]), (9, &[(41, 41)][..]));
    assert_eq!(read_all(&fixture.reader()).await.len(), 50);
}

#[tokio::test]
async fn a_log_file_of_which_nothing_can_be_read_is_damage_and_is_kept_aside() {
    let (fixture, _) = store().await;
    let path = wal_path(&fixture);
    let destroyed = vec![0xAA; std::fs::read(&path).unwrap().len()];
    std::fs::write(&path, &destroyed).unwrap();
    let (file, bytes) = ("wal/00000000000000000041.wal".to_owned(), destroyed.len() as u64);
    let report = fixture.verify().await;
    assert_eq!(report.problems, [Problem::LogDamaged { file, offset: 0, bytes }]);
    assert_eq!(report.remarks, []);

    let lake = fixture.open().await;
    let [discarded] = &lake.recovery().discarded[..] else { panic!("{:?}", lake.recovery()) };
    assert!(discarded.lost_acknowledged);
    assert_eq!(std::fs::read(&discarded.kept_at).unwrap(), destroyed);
    let texts = lake.recovery().texts(sakimori_words::Lang::Ja);
    assert!(texts[0].contains("受領したログが失われた可能性があります"), "{texts:?}");
    let texts = lake.recovery().texts(sakimori_words::Lang::En);
    assert!(texts[0].contains("acknowledged events may be lost"), "{texts:?}");
}

#[tokio::test]
async fn what_is_kept_aside_never_replaces_what_was_kept_before() {
    let fixture = Fixture::new();
    let mut kept = Vec::new();
    for filling in [0xAA, 0xBB, 0xCC] {
        fixture.open().await.append(&events(0..2)).await.unwrap();
        std::fs::write(wal_path(&fixture), [filling; 200]).unwrap();
        let lake = fixture.open().await;
        kept.push((lake.recovery().discarded[0].kept_at.clone(), [filling; 200]));
    }
    for (path, bytes) in kept {
        assert_eq!(std::fs::read(path).unwrap(), bytes);
    }
}

#[tokio::test]
async fn a_closed_log_file_that_cannot_be_read_any_more_is_not_removed_by_sealing() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let path = wal_path(&fixture);
    std::fs::write(&path, [0xAA; 900]).unwrap();
    assert_eq!(lake.seal().await.unwrap().len(), 0);
    let kept = fixture.dir().join("discarded/00000000000000000001.wal");
    assert_eq!(std::fs::read(kept).unwrap(), [0xAA; 900]);
}

#[tokio::test]
async fn a_log_that_was_cut_off_is_found_by_what_another_store_has_seen() {
    let (fixture, _) = store().await;
    let path = wal_path(&fixture);
    let bytes = std::fs::read(&path).unwrap();
    let signer = signer();
    let known = |seen_up_to| Known { signer: Some(&signer), begun: true, seen_up_to };
    assert_eq!(fixture.verify_knowing(known(50), &[]).await.problems, []);

    // Ten events were one group, so cutting off the last byte already takes them all.
    for length in [bytes.len() - 1, 32, 7, 0] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let report = fixture.verify_knowing(known(50), &[]).await;
        let gone = Problem::EventsGone { first_seq: 41, last_seq: 50 };
        assert_eq!(report.problems, std::slice::from_ref(&gone), "cut to {length}");
        for lang in [sakimori_words::Lang::Ja, sakimori_words::Lang::En] {
            assert!(gone.text(lang).contains("41") && gone.text(lang).contains("50"));
        }
    }
}

#[tokio::test]
async fn a_log_file_that_somebody_without_the_key_put_there_is_not_believed() {
    let (fixture, _) = store().await;
    let forger = Fixture::new();
    let other = LakeSettings { signer: SigningKey::from_bytes(&[9; 32]), ..forger.settings() };
    let lake = Lake::open(other, forger.clock.clone()).await.unwrap();
    lake.append(&events(500..509)).await.unwrap();
    let forged = std::fs::read(wal_path(&forger)).unwrap();
    std::fs::write(wal_path(&fixture), &forged).unwrap();
    let report = fixture.verify().await;
    assert!(matches!(&report.problems[..], [Problem::LogDamaged { offset: 0, .. }]));
    assert_eq!(report.hot_events, 0);
    assert!(fixture.open().await.recovery().may_have_lost());
}

#[tokio::test]
async fn a_segment_store_that_is_out_of_reach_is_told_and_the_log_is_still_looked_at() {
    let (fixture, segments) = store().await;
    let path = fixture.store_dir().join("segments");
    std::fs::remove_dir_all(&path).unwrap();
    std::fs::write(&path, "in the way").unwrap();
    let report = fixture.verify().await;
    for segment in &segments {
        let is = |problem: &Problem| matches!(problem, Problem::SegmentUnreadable { file, .. } if *file == segment.file);
        assert!(report.problems.iter().any(is), "{:?}", report.problems);
    }
    assert_eq!(report.hot_events, 10);
}

#[cfg(unix)]
#[tokio::test]
async fn an_unreadable_file_is_named_and_the_others_are_still_looked_at() {
    let (fixture, segments) = store().await;
    // A link to itself cannot be opened, by whomever.
    let unreadable = |path: PathBuf| {
        std::fs::remove_file(&path).unwrap();
        std::os::unix::fs::symlink(&path, &path).unwrap();
    };
    unreadable(fixture.store_dir().join(&segments[0].file));
    unreadable(wal_path(&fixture));
    rewrite(&fixture, &segments[1], |events| events.retain(|stored| stored.seq != 26)).await;
    let found = problems(&fixture).await;
    let named = |wanted: &str| {
        let is = |problem: &Problem| match problem {
            Problem::SegmentUnreadable { file, .. } | Problem::LogUnreadable { file, .. } => {
                file == wanted
            }
            _ => false,
        };
        assert!(found.iter().any(is), "{wanted}: {found:?}");
    };
    named(&segments[0].file);
    named("wal/00000000000000000041.wal");
    assert!(found.iter().any(|problem| matches!(problem, Problem::EventRemoved { seq: 26, .. })));
}

#[tokio::test]
async fn a_folder_in_the_place_of_a_segment_is_a_missing_segment_and_the_others_are_looked_at() {
    let (fixture, segments) = store().await;
    let path = fixture.store_dir().join(&segments[0].file);
    std::fs::remove_file(&path).unwrap();
    std::fs::create_dir(&path).unwrap();
    let report = fixture.verify().await;
    let file = segments[0].file.clone();
    let missing = Problem::SegmentMissing { file, first_seq: 1, last_seq: 20 };
    assert_eq!((report.problems, report.sealed_events), (vec![missing], 20));
}

proptest::proptest! {
    #[test]
    fn any_bytes_in_a_segment_or_catalogue_never_panic(
        bytes in proptest::collection::vec(proptest::prelude::any::<u8>(), 0..300),
    ) {
        fuzz_segment(&bytes);
        fuzz_segment(&[b"PAR1", &bytes[..], b"PAR1"].concat());
        fuzz_catalogue(&bytes);
    }
}

#[tokio::test]
async fn numbers_of_events_that_are_gone_are_never_given_out_again() {
    let (fixture, _) = store().await;
    for entry in std::fs::read_dir(fixture.settings().dir.join("wal")).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    let settings = LakeSettings { seen_up_to: 50, ..fixture.settings() };
    let lake = Lake::open(settings, fixture.clock.clone()).await.unwrap();
    let stored = lake.append(&events(50..52)).await.unwrap();
    assert_eq!(stored.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [51, 52]);
    lake.seal().await.unwrap();
    drop(lake);
    let named = problems(&fixture).await;
    let gone = |problem: &Problem| {
        matches!(problem, Problem::EventsLost { first_seq: 41, last_seq: 50, .. })
    };
    assert!(named.iter().any(gone), "{named:?}");
}
