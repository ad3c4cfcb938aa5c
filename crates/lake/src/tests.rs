//! What users of the log store can rely on.

mod catalogues;
mod intake;
mod keeping;
mod kill;
mod measure;
#[path = "../../postgres/src/tests/over_tls.rs"]
mod over_tls;
#[path = "../../postgres/src/tests/postgres_server.rs"]
mod postgres_server;
mod power;
mod reading;
mod samples;
mod sealing;
mod tampering;

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sakimori_words::{Clock, Digest, Event, Fields, Instant};
use tempfile::TempDir;

use super::*;
use crate::wal::Disk;

pub(crate) const ORIGIN: &str = "sakimori.example/node/test-hospital";

/// 2026-11-20 09:00 in Japan.
pub(crate) const START: Instant = Instant::from_micros(1_795_132_800_000_000);

/// A clock that is moved by hand.
pub(crate) struct HandClock(AtomicI64);

impl HandClock {
    pub(crate) fn advance_seconds(&self, seconds: i64) {
        self.0.fetch_add(seconds * 1_000_000, Ordering::SeqCst);
    }
}

impl Clock for HandClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// A log store in a folder of its own.
pub(crate) struct Fixture {
    pub(crate) folder: TempDir,
    pub(crate) clock: Arc<HandClock>,
    pub(crate) seal_after_bytes: u64,
    /// Where the catalogue is: an address as in the settings.
    pub(crate) catalogue: String,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self {
            folder: TempDir::new().unwrap(),
            clock: Arc::new(HandClock(AtomicI64::new(START.as_micros()))),
            seal_after_bytes: SEAL_AFTER_BYTES,
            catalogue: String::new(),
        }
    }

    pub(crate) fn dir(&self) -> PathBuf {
        self.folder.path().join("lake")
    }

    pub(crate) fn store_dir(&self) -> PathBuf {
        self.folder.path().join("store")
    }

    pub(crate) fn store(&self) -> Arc<dyn ObjectStore> {
        open_store(self.store_dir().to_str().unwrap(), &[]).unwrap()
    }

    pub(crate) fn catalogue(&self) -> Arc<dyn CatalogueStore> {
        open_catalogue(&self.dir(), &self.catalogue).unwrap()
    }

    pub(crate) fn settings(&self) -> LakeSettings {
        LakeSettings {
            dir: self.dir(),
            catalogue: self.catalogue(),
            segments: self.store(),
            retention: RetentionDays::all(400),
            seal_after_bytes: self.seal_after_bytes,
            seal_after_seconds: 3_600,
            signer: signer(),
            seen_up_to: 0,
            origin: ORIGIN.to_owned(),
        }
    }

    pub(crate) async fn open(&self) -> Lake {
        Lake::open(self.settings(), self.clock.clone()).await.unwrap()
    }

    pub(crate) async fn open_on(&self, disk: Box<dyn Disk>) -> Lake {
        Lake::open_on(self.settings(), self.clock.clone(), disk).await.unwrap()
    }

    pub(crate) fn reader(&self) -> LakeReader {
        LakeReader::open(&self.dir(), self.catalogue(), self.store())
    }

    pub(crate) async fn verify(&self) -> VerifyReport {
        self.verify_with(&[]).await
    }

    pub(crate) async fn verify_with(&self, witnessed: &[String]) -> VerifyReport {
        let known = Known { signer: Some(&signer()), ..Known::default() };
        self.verify_knowing(known, witnessed).await
    }

    pub(crate) async fn verify_knowing(
        &self,
        known: Known<'_>,
        witnessed: &[String],
    ) -> VerifyReport {
        let key = Some(signer().verifying_key());
        let (dir, catalogue) = (self.dir(), self.catalogue());
        let segments = self.store();
        let request = VerifyRequest { dir: &dir, catalogue: &*catalogue, segments, key, witnessed };
        verify_knowing(request, known, &mut |_| {}).await.unwrap()
    }

    pub(crate) async fn assert_proved(&self) {
        assert_eq!(self.verify().await.problems, []);
    }
}

pub(crate) fn signer() -> SigningKey {
    SigningKey::from_bytes(&[42; 32])
}

/// As a segment gives an event back: the values of its own fields as text.
pub(crate) fn as_text(event: Event) -> Event {
    let mut src = Fields::new();
    event.src.iter().for_each(|(name, value)| src.push(name, &*value.to_text()));
    Event { src, ..event }
}

/// The n-th of a stream of ordinary records from three sources.
pub(crate) fn event(n: u64) -> Event {
    let source = ["syslog/10.0.0.1", "inbox/Security.evtx", "syslog/電子カルテ"][(n % 3) as usize];
    let received_at = START.plus_seconds(i64::try_from(n).unwrap());
    let raw = format!("<134>記録 {n}: user=suzuki{} action=閲覧", n % 7);
    let mut event = Event {
        source: source.to_owned(),
        received_at,
        time: received_at.plus_seconds(-2),
        raw: raw.clone().into_bytes(),
        product: "windows".to_owned(),
        service: "security".to_owned(),
        class_uid: 3002,
        activity: "logon".to_owned(),
        status: "failure".to_owned(),
        host: format!("PC-{:03}", n % 200),
        user: format!("suzuki{}", n % 7),
        src_ip: format!("10.1.{}.{}", n % 4, n % 250),
        dst_ip: "10.0.0.9".to_owned(),
        process: String::new(),
        message: raw,
        ..Event::default()
    };
    event.src.push("EventID", 4625);
    event.src.push("TargetUserName", &format!("suzuki{}", n % 7));
    event
}

pub(crate) fn events(numbers: std::ops::Range<u64>) -> Vec<Event> {
    numbers.map(event).collect()
}

/// Every event of a store in the order of `seq`, from segments and log.
pub(crate) async fn read_all(reader: &LakeReader) -> Vec<StoredEvent> {
    let snapshot = reader.snapshot().await.unwrap();
    let mut batches = Vec::new();
    for segment in &snapshot.segments {
        batches.extend(read_segment(&reader.segments(), &segment.file).await);
    }
    batches.extend(snapshot.hot);
    let mut all: Vec<_> = batches.iter().flat_map(batch::all_events).collect();
    all.sort_by_key(|stored| stored.seq);
    all
}

pub(crate) async fn read_segment(
    store: &Arc<dyn ObjectStore>,
    file: &str,
) -> Vec<arrow::array::RecordBatch> {
    use object_store::ObjectStoreExt as _;
    let bytes = store.get(&file.into()).await.unwrap().bytes().await.unwrap();
    segment::read_batches(bytes).unwrap()
}

pub(crate) fn files_under(folder: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder).into_iter().flatten() {
        let path = entry.unwrap().path();
        if path.is_dir() { files.extend(files_under(&path)) } else { files.push(path) }
    }
    files.sort();
    files
}

pub(crate) fn copy_folder(from: &Path, to: &Path) {
    for file in files_under(from) {
        let target = to.join(file.strip_prefix(from).unwrap());
        std::fs::create_dir_all(target.parent().unwrap()).unwrap();
        std::fs::copy(&file, &target).unwrap();
    }
}

#[test]
fn every_trouble_has_its_own_code_and_both_languages() {
    let mut codes: Vec<_> = TROUBLES.iter().map(|kind| kind.code).collect();
    codes.dedup();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-LAKE-"), "{}", kind.code);
        assert!(kind.what.iter().chain(&kind.now).all(|text| !text.is_empty()), "{}", kind.code);
    }
}
