//! Kept samples: every released format stays readable.

use std::fmt::Write as _;

use super::*;

fn sample_dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("samples/v1")
}

/// Not a test by itself: makes the sample of format 1. Samples of released formats are never made again.
#[tokio::test]
#[ignore = "needs a person who introduces a new format"]
async fn make_the_sample() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    // Enough of one shape to be stored packed.
    lake.append(&events(0..30)).await.unwrap();
    let access = Event { class_uid: 6005, patient: "000123".to_owned(), ..event(30) };
    lake.append(&[access]).await.unwrap();
    fixture.clock.advance_seconds(60);
    lake.seal().await.unwrap();
    let odd = Event { raw: vec![0x93, 0xfa, 0x96, 0x7b, 0x00], ..event(31) };
    lake.append(&[odd, event(32)]).await.unwrap();
    drop(lake);
    copy_folder(&fixture.dir(), &sample_dir().join("lake"));
    copy_folder(&fixture.store_dir(), &sample_dir().join("store"));
}

#[tokio::test]
async fn the_sample_of_format_1_is_read_proved_and_continued() {
    let fixture = Fixture::new();
    copy_folder(&sample_dir().join("lake"), &fixture.dir());
    copy_folder(&sample_dir().join("store"), &fixture.store_dir());
    let mut text = String::new();
    for StoredEvent { seq, leaf, event } in read_all(&fixture.reader()).await {
        let raw = event.raw.escape_ascii();
        let Event { received_at, source, patient, .. } = &event;
        writeln!(text, "{seq} {} {received_at} {source} {patient} {raw}", leaf.short()).unwrap();
    }
    let report = fixture.verify().await;
    assert_eq!((report.problems, report.remarks), (vec![], vec![]));
    text.push_str(&report.checkpoint.unwrap().note);
    insta::assert_snapshot!(text);

    let lake = fixture.open().await;
    assert_eq!(lake.append(&events(33..34)).await.unwrap()[0].seq, 34);
    lake.seal().await.unwrap();
    fixture.assert_proved().await;
}
