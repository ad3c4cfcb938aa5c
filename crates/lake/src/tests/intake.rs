//! Intake: acknowledged means kept.

use std::io;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize};
use std::time::Duration;

use proptest::prelude::*;
use sakimori_words::Lang;

use super::*;
use crate::wal::{LogFile, RealDisk};

/// A disk whose room, health and speed a test decides.
#[derive(Clone, Default)]
struct TestDisk {
    room: Option<Arc<AtomicU64>>,
    sync_fails: Arc<AtomicBool>,
    cut_fails: Arc<AtomicBool>,
    create_takes: Duration,
    sync_takes: Duration,
    n_syncs: Arc<AtomicUsize>,
}

struct TestFile {
    disk: TestDisk,
    file: Mutex<Box<dyn LogFile>>,
}

impl TestDisk {
    fn with_room(bytes: u64) -> (Self, Arc<AtomicU64>) {
        let room = Arc::new(AtomicU64::new(bytes));
        (Self { room: Some(Arc::clone(&room)), ..Self::default() }, room)
    }

    /// How many of `bytes` still fit; they are taken.
    fn take(&self, bytes: &[u8]) -> usize {
        let Some(room) = &self.room else { return bytes.len() };
        let left = usize::try_from(room.load(Ordering::SeqCst)).unwrap();
        let fits = bytes.len().min(left);
        room.store((left - fits) as u64, Ordering::SeqCst);
        fits
    }
}

impl Disk for TestDisk {
    fn create(&self, path: &Path, head: &[u8]) -> io::Result<Box<dyn LogFile>> {
        if self.take(head) < head.len() {
            return Err(io::ErrorKind::StorageFull.into());
        }
        let file = Mutex::new(RealDisk.create(path, head)?);
        std::thread::sleep(self.create_takes);
        Ok(Box::new(TestFile { disk: self.clone(), file }))
    }
}

impl LogFile for TestFile {
    fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
        let fits = self.disk.take(bytes);
        self.file.get_mut().unwrap().append(&bytes[..fits])?;
        if fits < bytes.len() { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        std::thread::sleep(self.disk.sync_takes);
        self.disk.n_syncs.fetch_add(1, Ordering::SeqCst);
        if self.disk.sync_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk did not answer"));
        }
        self.file.get_mut().unwrap().sync()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        if self.disk.cut_fails.load(Ordering::SeqCst) {
            return Err(io::Error::other("the disk did not answer"));
        }
        self.file.get_mut().unwrap().cut(length)
    }

    fn is_in_place(&self) -> io::Result<bool> {
        self.file.lock().unwrap().is_in_place()
    }
}

async fn stored_events(fixture: &Fixture) -> Vec<Event> {
    read_all(&fixture.reader()).await.into_iter().map(|stored| stored.event).collect()
}

fn as_texts(events: Vec<Event>) -> Vec<Event> {
    events.into_iter().map(as_text).collect()
}

#[tokio::test]
async fn events_are_numbered_from_one_without_gaps() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    let first = lake.append(&events(0..3)).await.unwrap();
    let second = lake.append(&events(3..4)).await.unwrap();
    let seqs: Vec<_> = first.iter().chain(&second).map(|stored| stored.seq).collect();
    assert_eq!(seqs, [1, 2, 3, 4]);
    assert_eq!(lake.append(&[]).await.unwrap(), []);
    let event = event(0);
    assert_eq!(first[0].leaf, leaf_digest(1, &event.source, event.received_at, &event.raw));
}

#[tokio::test]
async fn acknowledged_events_are_there_after_a_restart() {
    let fixture = Fixture::new();
    drop(fixture.open().await.append(&events(0..5)).await.unwrap());
    let lake = fixture.open().await;
    assert!(lake.recovery().is_clean());
    assert_eq!(lake.recovery().recovered_events, 5);
    let next = lake.append(&events(5..6)).await.unwrap();
    assert_eq!(next[0].seq, 6);
    assert_eq!(stored_events(&fixture).await, as_texts(events(0..6)));
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_torn_tail_is_cut_off_kept_aside_and_told() {
    let fixture = Fixture::new();
    drop(fixture.open().await.append(&events(0..2)).await.unwrap());
    let wal = files_under(&fixture.dir().join("wal")).remove(0);
    let mut bytes = std::fs::read(&wal).unwrap();
    let whole = bytes.len();
    bytes.extend_from_slice(&bytes.clone()[32..90]);
    std::fs::write(&wal, &bytes).unwrap();

    let lake = fixture.open().await;
    let [torn] = &lake.recovery().discarded[..] else { panic!("{:?}", lake.recovery()) };
    assert_eq!((torn.offset, torn.bytes, torn.lost_acknowledged), (whole as u64, 58, false));
    assert!(torn.text(Lang::Ja).contains("58 バイトを切り離しました"));
    assert_eq!(std::fs::read(&torn.kept_at).unwrap(), bytes[whole..]);
    assert_eq!(std::fs::read(&wal).unwrap().len(), whole);
    assert_eq!(lake.append(&events(2..3)).await.unwrap()[0].seq, 3);
    fixture.assert_proved().await;
}

#[tokio::test]
async fn empty_and_half_begun_log_files_are_put_right() {
    for content in [&b""[..], b"SKMR-WAL\0\0\0"] {
        let fixture = Fixture::new();
        drop(fixture.open().await.append(&events(0..1)).await.unwrap());
        std::fs::write(fixture.dir().join("wal/00000000000000000002.wal"), content).unwrap();
        let lake = fixture.open().await;
        assert_eq!(lake.append(&events(1..2)).await.unwrap()[0].seq, 2);
        fixture.assert_proved().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn waiting_callers_share_one_sync() {
    let fixture = Fixture::new();
    let disk = TestDisk { sync_takes: Duration::from_millis(20), ..TestDisk::default() };
    let lake = Arc::new(fixture.open_on(Box::new(disk.clone())).await);
    let mut callers = tokio::task::JoinSet::new();
    for n in 0..100 {
        let lake = Arc::clone(&lake);
        callers.spawn(async move { lake.append(&events(n..n + 1)).await.unwrap()[0].seq });
    }
    let mut seqs = callers.join_all().await;
    seqs.sort_unstable();
    assert_eq!(seqs, (1..=100).collect::<Vec<_>>());
    let n_syncs = disk.n_syncs.load(Ordering::SeqCst);
    assert!(n_syncs <= 50, "{n_syncs} syncs for 100 callers");
}

#[tokio::test]
async fn a_full_disk_loses_nothing_acknowledged_and_intake_goes_on_when_there_is_room() {
    let fixture = Fixture::new();
    let (disk, room) = TestDisk::with_room(10_000);
    let lake = fixture.open_on(Box::new(disk)).await;
    let mut kept = Vec::new();
    let error = loop {
        let next = event(kept.len() as u64);
        match lake.append(std::slice::from_ref(&next)).await {
            Ok(_) => kept.push(next),
            Err(error) => break error,
        }
    };
    assert!(matches!(error, LakeError::DiskFull { .. }), "{error}");
    assert!(error.trouble().render(Lang::Ja).contains("SK-LAKE-002"));
    assert!(kept.len() > 10);
    assert_eq!(stored_events(&fixture).await, as_texts(kept.clone()));
    fixture.assert_proved().await;

    room.store(1_000_000, Ordering::SeqCst);
    let n = kept.len() as u64;
    let stored = lake.append(&events(n..n + 1)).await.unwrap();
    assert_eq!(stored[0].seq, n + 1);
    drop(lake);
    assert!(fixture.open().await.recovery().is_clean());
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_failed_sync_stops_intake_for_good_until_a_restart() {
    let fixture = Fixture::new();
    let disk = TestDisk::default();
    let lake = fixture.open_on(Box::new(disk.clone())).await;
    lake.append(&events(0..3)).await.unwrap();
    disk.sync_fails.store(true, Ordering::SeqCst);
    let error = lake.append(&events(3..4)).await.unwrap_err();
    assert_eq!(error.trouble().kind.code, "SK-LAKE-004");
    disk.sync_fails.store(false, Ordering::SeqCst);
    let error = lake.append(&events(3..4)).await.unwrap_err();
    assert!(matches!(error, LakeError::Stopped { .. }), "{error}");
    drop(lake);
    let lake = fixture.open().await;
    lake.append(&events(4..5)).await.unwrap();
    let kept = stored_events(&fixture).await;
    assert_eq!(kept[..3], as_texts(events(0..3)));
    fixture.assert_proved().await;
}

#[tokio::test]
async fn a_write_that_cannot_be_taken_back_stops_intake() {
    let fixture = Fixture::new();
    let (disk, _) = TestDisk::with_room(1_000);
    let lake = fixture.open_on(Box::new(disk.clone())).await;
    lake.append(&events(0..1)).await.unwrap();
    disk.cut_fails.store(true, Ordering::SeqCst);
    for _ in 0..2 {
        // Never an error that invites to try again: what was not taken back may be found after a restart.
        let error = lake.append(&events(1..9)).await.unwrap_err();
        assert!(matches!(error, LakeError::Stopped { .. }), "{error}");
    }
    drop(lake);
    let lake = fixture.open().await;
    assert_eq!(lake.recovery().discarded.len(), 1);
    assert_eq!(stored_events(&fixture).await, as_texts(events(0..1)));
}

#[tokio::test]
async fn a_failed_write_stores_nothing_so_that_trying_again_stores_every_event_once() {
    // From no room for the head of a file to all but the last byte.
    for room_for in [0, 31, 32, 33, 500, 1_500, 2_500] {
        let fixture = Fixture::new();
        let (disk, room) = TestDisk::with_room(room_for);
        let lake = fixture.open_on(Box::new(disk)).await;
        for _ in 0..3 {
            let error = lake.append(&events(0..20)).await.unwrap_err();
            assert!(matches!(error, LakeError::DiskFull { .. }), "{error}");
            assert_eq!(stored_events(&fixture).await, [], "room for {room_for}");
            fixture.assert_proved().await;
        }
        room.store(1_000_000, Ordering::SeqCst);
        let stored = lake.append(&events(0..20)).await.unwrap();
        assert_eq!((stored[0].seq, stored[19].seq), (1, 20));
        for _ in 0..2 {
            assert_eq!(stored_events(&fixture).await, as_texts(events(0..20)));
            fixture.assert_proved().await;
            lake.seal().await.unwrap();
        }
        drop(lake);
        assert!(fixture.open().await.recovery().is_clean());
        fixture.assert_proved().await;
    }
}

#[tokio::test]
async fn what_fits_into_one_portion_is_told_before() {
    assert_eq!(Lake::fitting(&[]), 0);
    assert_eq!(Lake::fitting(&events(0..100)), 100);
    let large = |n: usize| Event { raw: vec![b'x'; n], ..event(0) };
    assert_eq!(Lake::fitting(&[large(EVENT_BYTES_MAX * 2), event(1)]), 1);
    let third = large(APPEND_BYTES_MAX / 3);
    assert_eq!(Lake::fitting(&[third.clone(), third.clone(), third.clone(), third]), 2);

    let fixture = Fixture::new();
    let (disk, _) = TestDisk::with_room(APPEND_BYTES_MAX as u64);
    let lake = fixture.open_on(Box::new(disk)).await;
    let batch: Vec<_> = (0..5).map(|_| large(APPEND_BYTES_MAX / 4)).collect();
    let fits = Lake::fitting(&batch);
    assert_eq!(fits, 3);
    lake.append(&batch[..fits]).await.unwrap();
    lake.append(&batch[fits..]).await.unwrap_err();
    assert_eq!(stored_events(&fixture).await.len(), fits);
}

#[tokio::test(flavor = "multi_thread")]
async fn sealing_never_takes_the_log_file_that_is_just_being_opened() {
    // Every append closes its file, so the next one opens another.
    let fixture = Fixture { seal_after_bytes: 1, ..Fixture::new() };
    let disk = TestDisk { create_takes: Duration::from_millis(15), ..TestDisk::default() };
    let lake = Arc::new(fixture.open_on(Box::new(disk)).await);
    let appending = Arc::clone(&lake);
    let appender = tokio::spawn(async move {
        let mut acknowledged = Vec::new();
        for n in 0..40 {
            acknowledged.extend(appending.append(&events(n..n + 1)).await.unwrap());
        }
        acknowledged
    });
    while !appender.is_finished() {
        // `tick` looks at the folder at any moment, `seal` only between two appends.
        lake.tick().await.unwrap();
        lake.seal().await.unwrap();
    }
    let acknowledged = appender.await.unwrap();
    assert_eq!(acknowledged.len(), 40);
    for _ in 0..2 {
        let kept = read_all(&fixture.reader()).await;
        let kept = kept.iter().map(|stored| Stored { seq: stored.seq, leaf: stored.leaf });
        assert_eq!(kept.collect::<Vec<_>>(), acknowledged);
        fixture.assert_proved().await;
        lake.seal().await.unwrap();
    }
    drop(lake);
    assert!(fixture.open().await.recovery().is_clean());
    assert_eq!(read_all(&fixture.reader()).await.len(), 40);
    fixture.assert_proved().await;
}

#[cfg(unix)]
#[tokio::test]
async fn nothing_is_acknowledged_into_a_log_file_that_was_removed_or_moved_away() {
    for is_moved in [false, true] {
        let fixture = Fixture::new();
        let lake = fixture.open().await;
        lake.append(&events(0..3)).await.unwrap();
        let wal = files_under(&fixture.dir().join("wal")).remove(0);
        if is_moved {
            std::fs::rename(&wal, fixture.folder.path().join("elsewhere")).unwrap();
        } else {
            std::fs::remove_file(&wal).unwrap();
        }
        for _ in 0..2 {
            let error = lake.append(&events(3..4)).await.unwrap_err();
            assert_eq!(error.trouble().kind.code, "SK-LAKE-013");
            assert!(error.to_string().contains("00000000000000000001.wal"), "{error}");
        }
        drop(lake);
        let known = Known { seen_up_to: 3, ..Known::default() };
        let found = fixture.verify_knowing(known, &[]).await.problems;
        assert_eq!(found, [Problem::EventsGone { first_seq: 1, last_seq: 3 }]);
    }
}

#[tokio::test]
async fn an_event_that_is_too_large_loses_its_reading_and_never_its_record() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    let mut many_fields = event(1);
    let long = "x".repeat(1 << 20);
    many_fields.src = (0..20).map(|n| (format!("f{n}"), long.as_str())).collect();
    let whole = "記録".repeat(17 * 1024 * 1024 / 6);
    let long_record = Event { raw: whole.clone().into_bytes(), ..event(2) };
    let long_source = Event { source: "源".repeat(EVENT_BYTES_MAX), ..event(3) };
    let batch = [event(0), many_fields, long_record, long_source, event(4)];
    let acknowledged = lake.append(&batch).await.unwrap();
    assert_eq!(acknowledged.iter().map(|stored| stored.seq).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);

    for _ in 0..2 {
        let kept = read_all(&fixture.reader()).await;
        assert_eq!(
            kept.iter().map(|one| one.leaf).collect::<Vec<_>>(),
            acknowledged.iter().map(|one| one.leaf).collect::<Vec<_>>()
        );
        let kept: Vec<_> = kept.into_iter().map(|stored| stored.event).collect();
        let Event { source, received_at, time, raw, .. } = event(1);
        let record_only = Event { source, received_at, time, raw, ..Event::default() };
        assert_eq!(kept[1], record_only);
        assert_eq!((&kept[0], &kept[4]), (&as_text(event(0)), &as_text(event(4))));
        let raw = std::str::from_utf8(&kept[2].raw).expect("not cut inside a character");
        assert!(whole.starts_with(raw) && raw.len() > EVENT_BYTES_MAX - 10_000);
        for said in [format!("先頭の {} バイト", raw.len()), format!("first {} of", raw.len())]
        {
            assert!(kept[2].message.contains(&said), "{}", kept[2].message);
        }
        assert_eq!((&kept[2].source, kept[2].time), (&event(2).source, event(2).time));
        assert_eq!(
            (kept[3].raw.clone(), kept[3].source.chars().next()),
            (event(3).raw, Some('源'))
        );
        fixture.assert_proved().await;
        lake.seal().await.unwrap();
    }
    drop(lake);
    assert!(fixture.open().await.recovery().is_clean());
}

#[tokio::test]
async fn one_process_writes_at_a_time() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    let second = Lake::open(fixture.settings(), fixture.clock.clone()).await;
    assert_eq!(second.err().map(|error| error.trouble().kind.code), Some("SK-LAKE-001"));
    drop(lake);
    fixture.open().await;
}

#[tokio::test]
async fn a_log_keeps_its_name_and_key() {
    let fixture = Fixture::new();
    drop(fixture.open().await);
    let other_key = LakeSettings { signer: SigningKey::from_bytes(&[9; 32]), ..fixture.settings() };
    let other_name = LakeSettings { origin: "somebody/else".to_owned(), ..fixture.settings() };
    let no_name = LakeSettings { origin: "two words".to_owned(), ..fixture.settings() };
    for settings in [other_key, other_name, no_name] {
        assert!(Lake::open(settings, fixture.clock.clone()).await.is_err());
    }
    fixture.open().await;
}

/// What can happen to a log store between two acknowledgements.
#[derive(Clone, Debug)]
enum Step {
    Append(u64),
    Seal,
    Restart,
    /// Restart after a power cut in the middle of a write.
    TornRestart(Vec<u8>),
}

fn any_step() -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (1_u64..6).prop_map(Step::Append),
        1 => Just(Step::Seal),
        1 => Just(Step::Restart),
        1 => proptest::collection::vec(any::<u8>(), 1..60).prop_map(Step::TornRestart),
    ]
}

fn tear(fixture: &Fixture, garbage: &[u8]) {
    if let Some(wal) = files_under(&fixture.dir().join("wal")).last() {
        let mut bytes = std::fs::read(wal).unwrap();
        bytes.extend_from_slice(garbage);
        std::fs::write(wal, bytes).unwrap();
    }
}

async fn play(steps: Vec<Step>) {
    let fixture = Fixture { seal_after_bytes: 1_500, ..Fixture::new() };
    let mut lake = fixture.open().await;
    let mut acknowledged = Vec::new();
    for step in steps {
        let n = acknowledged.len() as u64;
        match step {
            Step::Append(count) => {
                acknowledged.extend(lake.append(&events(n..n + count)).await.unwrap());
            }
            Step::Seal => drop(lake.seal().await.unwrap()),
            Step::Restart => {
                drop(lake);
                lake = fixture.open().await;
            }
            Step::TornRestart(garbage) => {
                drop(lake);
                tear(&fixture, &garbage);
                lake = fixture.open().await;
            }
        }
    }
    let kept: Vec<_> = read_all(&fixture.reader()).await;
    let kept: Vec<_> =
        kept.iter().map(|event| Stored { seq: event.seq, leaf: event.leaf }).collect();
    assert_eq!(kept, acknowledged);
    fixture.assert_proved().await;
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]
    #[test]
    fn acknowledged_events_are_never_lost(steps in proptest::collection::vec(any_step(), 1..20)) {
        let runtime = tokio::runtime::Runtime::new().unwrap();
        runtime.block_on(play(steps));
    }
}
