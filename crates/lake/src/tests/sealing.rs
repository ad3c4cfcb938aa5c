//! Sealing: a crash at any point leaves every event readable exactly once.

use object_store::ObjectStoreExt as _;
use object_store::memory::InMemory;

use super::*;

#[tokio::test]
async fn sealed_events_are_in_a_segment_and_the_log_is_gone() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..10)).await.unwrap();
    let sealed = lake.seal().await.unwrap();
    assert_eq!(sealed.len(), 1);
    assert_eq!((sealed[0].first_seq, sealed[0].last_seq, sealed[0].events), (1, 10, 10));
    assert!(sealed[0].file.starts_with("segments/security/2026/11/20/00000000000000000001-"));
    assert_eq!(files_under(&fixture.dir().join("wal")).len(), 0);
    assert_eq!(lake.seal().await.unwrap().len(), 0);
    assert_eq!(read_all(&fixture.reader()).await.len(), 10);
    fixture.assert_proved().await;
}

#[tokio::test]
async fn the_log_is_sealed_when_it_is_old_or_large() {
    let fixture = Fixture { seal_after_bytes: 4_000, ..Fixture::new() };
    let lake = fixture.open().await;
    lake.append(&events(0..1)).await.unwrap();
    fixture.clock.advance_seconds(3_599);
    assert_eq!(lake.tick().await.unwrap().len(), 0);
    fixture.clock.advance_seconds(1);
    assert_eq!(lake.tick().await.unwrap().len(), 1);
    for n in 1..30 {
        lake.append(&events(n..n + 1)).await.unwrap();
    }
    let sealed = lake.tick().await.unwrap();
    assert!(sealed.len() >= 2, "{}", sealed.len());
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_segment_says_in_its_footer_what_it_holds() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let sealed = lake.seal().await.unwrap();
    let bytes = std::fs::read(fixture.store_dir().join(&sealed[0].file)).unwrap();
    let reader = parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(
        bytes::Bytes::from(bytes),
    )
    .unwrap();
    let footer = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
    let own: Vec<_> = footer
        .iter()
        .filter(|pair| pair.key.starts_with("sakimori."))
        .map(|pair| format!("{} = {}", pair.key, pair.value.as_deref().unwrap_or_default()))
        .collect();
    insta::assert_snapshot!(own.join("\n"));
}

#[tokio::test]
async fn a_crash_before_the_segment_was_named_leaves_rubbish_that_is_told_and_ignored() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let folder = fixture.store_dir().join("segments/security/2026/11/20");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("00000000000000000001-0123456789ab.parquet.tmp"), "half").unwrap();
    let report = fixture.verify().await;
    assert_eq!(report.problems, []);
    assert!(
        matches!(&report.remarks[..], [Problem::SegmentExtra { file }] if file.ends_with(".tmp"))
    );
    lake.seal().await.unwrap();
    assert_eq!(read_all(&fixture.reader()).await.len(), 3);
}

#[tokio::test]
async fn however_short_the_lives_of_a_process_its_log_stays_bounded() {
    const BOUND: u64 = 10_000;
    let fixture = Fixture::new();
    let wal_bytes = || -> u64 {
        let files = files_under(&fixture.dir().join("wal"));
        files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum()
    };
    let (mut longest, mut most_recovered) = (0, 0);
    for life in 0..40 {
        let lake = fixture.open().await;
        most_recovered = most_recovered.max(lake.recovery().recovered_events);
        lake.seal_down_to(BOUND).await.unwrap();
        assert!(wal_bytes() <= BOUND, "life {life}");
        lake.append(&events(life * 7..life * 7 + 7)).await.unwrap();
        // Killed here: nothing was ever old or large enough to be sealed.
        longest = longest.max(wal_bytes());
    }
    assert!(longest <= BOUND + 4_000 && most_recovered < 100, "{longest} {most_recovered}");
    assert_eq!(read_all(&fixture.reader()).await.len(), 280);
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_start_that_is_killed_while_it_seals_keeps_what_was_sealed() {
    let fixture = Fixture::new();
    for life in 0..4 {
        fixture.open().await.append(&events(life * 5..life * 5 + 5)).await.unwrap();
    }
    for left in (0..4).rev() {
        let lake = fixture.open().await;
        let files = files_under(&fixture.dir().join("wal"));
        let bytes: u64 = files.iter().map(|file| std::fs::metadata(file).unwrap().len()).sum();
        // As far as one file, then killed.
        assert_eq!(lake.seal_down_to(bytes - 1).await.unwrap().len(), 1);
        assert_eq!(files_under(&fixture.dir().join("wal")).len(), left);
        assert_eq!(read_all(&fixture.reader()).await.len(), 20);
    }
    fixture.assert_proved().await;
}

/// The state of a store's folder, without its segments.
struct Before(TempDir);

impl Before {
    fn of(fixture: &Fixture) -> Self {
        let copy = TempDir::new().unwrap();
        copy_folder(&fixture.dir(), copy.path());
        Self(copy)
    }

    fn restore(&self, fixture: &Fixture, only: &str) {
        let from = self.0.path().join(only);
        let to = fixture.dir().join(only);
        if from.is_dir() {
            copy_folder(&from, &to);
        } else {
            std::fs::copy(from, to).unwrap();
        }
    }
}

#[tokio::test]
async fn a_crash_before_the_segment_was_catalogued_seals_again() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let before = Before::of(&fixture);
    lake.seal().await.unwrap();
    drop(lake);
    for name in ["wal", "catalogue", "checkpoint"] {
        before.restore(&fixture, name);
    }
    let report = fixture.verify().await;
    assert_eq!(report.problems, []);
    assert_eq!((report.hot_events, report.sealed_events, report.remarks.len()), (3, 0, 1));
    assert_eq!(read_all(&fixture.reader()).await.len(), 3);
    let lake = fixture.open().await;
    lake.seal().await.unwrap();
    let report = fixture.verify().await;
    assert_eq!((report.problems, report.remarks, report.sealed_events), (vec![], vec![], 3));
}

#[tokio::test]
async fn a_crash_before_the_log_was_removed_shows_no_event_twice() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let before = Before::of(&fixture);
    lake.seal().await.unwrap();
    drop(lake);
    before.restore(&fixture, "wal");
    assert_eq!(read_all(&fixture.reader()).await.len(), 3);
    fixture.assert_proved().await;
    let lake = fixture.open().await;
    assert_eq!(lake.recovery().already_sealed_files, 1);
    assert_eq!(lake.append(&events(3..4)).await.unwrap()[0].seq, 4);
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_crash_before_the_checkpoint_was_replaced_is_put_right() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let before = Before::of(&fixture);
    lake.seal().await.unwrap();
    drop(lake);
    before.restore(&fixture, "checkpoint");
    fixture.assert_proved().await;
    drop(fixture.open().await);
    assert_eq!(fixture.verify().await.checkpoint.unwrap().size, 2);
}

#[tokio::test]
async fn a_catalogue_line_cut_off_anywhere_is_written_again() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    let before = Before::of(&fixture);
    lake.seal().await.unwrap();
    drop(lake);
    let whole = std::fs::read(fixture.dir().join("catalogue")).unwrap();
    let begun = std::fs::read(before.0.path().join("catalogue")).unwrap().len();
    for end in (begun..whole.len()).step_by(97).chain([begun + 1, whole.len() - 1]) {
        before.restore(&fixture, "wal");
        before.restore(&fixture, "checkpoint");
        std::fs::write(fixture.dir().join("catalogue"), &whole[..end]).unwrap();
        let lake = fixture.open().await;
        assert_eq!(lake.seal().await.unwrap().len(), 1, "cut at {end}");
        drop(lake);
        assert_eq!(read_all(&fixture.reader()).await.len(), 3, "cut at {end}");
        fixture.assert_proved().await;
    }
}

#[tokio::test]
async fn an_unreachable_segment_store_costs_nothing_but_time() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    std::fs::write(fixture.store_dir(), "in the way").unwrap();
    let error = lake.seal().await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-LAKE-006");
    lake.append(&events(3..4)).await.unwrap();
    std::fs::remove_file(fixture.store_dir()).unwrap();
    lake.seal().await.unwrap();
    assert_eq!(read_all(&fixture.reader()).await.len(), 4);
    fixture.assert_proved().await;
}

#[tokio::test]
async fn any_object_store_holds_segments() {
    let fixture = Fixture::new();
    let bucket: Arc<dyn ObjectStore> = Arc::new(InMemory::new());
    let settings = LakeSettings { segments: Arc::clone(&bucket), ..fixture.settings() };
    let lake = Lake::open(settings, fixture.clock.clone()).await.unwrap();
    lake.append(&events(0..3)).await.unwrap();
    let sealed = lake.seal().await.unwrap();
    assert!(bucket.head(&sealed[0].file.as_str().into()).await.is_ok());
    assert_eq!(read_all(&lake.reader()).await.len(), 3);
    let (dir, catalogue) = (fixture.dir(), fixture.catalogue());
    let request = VerifyRequest {
        dir: &dir,
        catalogue: &*catalogue,
        segments: bucket,
        key: None,
        witnessed: &[],
    };
    assert!(verify(request, &mut |_| {}).await.unwrap().is_proved());
}

#[test]
fn addresses_of_segment_stores_are_checked() {
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a/b");
    assert!(open_store(path.to_str().unwrap(), &[]).is_ok());
    assert!(open_store(&format!("file://{}", path.display()), &[]).is_ok());
    assert!(!path.try_exists().unwrap(), "opening creates nothing");
    std::fs::write(folder.path().join("file"), "").unwrap();
    assert!(open_store(folder.path().join("file").to_str().unwrap(), &[]).is_err());
    assert!(open_store("ftp://host/path", &[]).is_err());
    if cfg!(feature = "s3") {
        let region = ("aws_region".to_owned(), "ap-northeast-1".to_owned());
        assert!(open_store("s3://logs/lake", &[region]).is_ok());
        assert!(open_store("s3://logs", &[("colour".to_owned(), "red".to_owned())]).is_err());
    } else {
        assert!(open_store("s3://logs", &[]).is_err());
    }
}
