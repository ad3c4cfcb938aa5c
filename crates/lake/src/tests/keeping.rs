//! Keeping over the years: classes, letting go, putting together.

use super::*;

const DAY: i64 = 86_400;

/// As [`event`], of a class by its number: security, record access, traffic.
fn mixed(n: u64) -> Event {
    let (class_uid, patient) = match n % 3 {
        0 => (3002, String::new()),
        1 => (6005, format!("{:06}", n % 900)),
        _ => (4001, String::new()),
    };
    Event { class_uid, patient, ..event(n) }
}

/// A store with `n_seals` seals of twelve events of all classes, `apart_days` apart.
async fn store(n_seals: u64, apart_days: i64) -> (Fixture, Lake) {
    let fixture = Fixture::new();
    let settings = LakeSettings {
        retention: RetentionDays { records: 1_826, security: 1_096, traffic: 400 },
        ..fixture.settings()
    };
    let lake = Lake::open(settings, fixture.clock.clone()).await.unwrap();
    for n in 0..n_seals {
        let at = fixture.clock.now();
        let received = |n| Event { received_at: at, time: at, ..mixed(n) };
        lake.append(&(n * 12..n * 12 + 12).map(received).collect::<Vec<_>>()).await.unwrap();
        lake.seal().await.unwrap();
        fixture.clock.advance_seconds(apart_days * DAY);
    }
    (fixture, lake)
}

async fn seqs(fixture: &Fixture) -> Vec<u64> {
    read_all(&fixture.reader()).await.iter().map(|stored| stored.seq).collect()
}

async fn proved(fixture: &Fixture) -> VerifyReport {
    let report = fixture.verify().await;
    assert_eq!(report.problems, []);
    report
}

#[tokio::test]
async fn each_class_lies_in_files_of_its_own_and_every_event_is_there_once() {
    let (fixture, lake) = store(1, 0).await;
    let segments = lake.reader().snapshot().await.unwrap().segments;
    let classes: Vec<_> = segments.iter().map(|s| (s.class, s.events)).collect();
    let all = [RetentionClass::Security, RetentionClass::Records, RetentionClass::Traffic];
    assert_eq!(classes, all.map(|class| (class, 4)));
    assert!(segments[1].file.starts_with("segments/records/2026/11/20/"));
    assert_eq!(seqs(&fixture).await, (1..=12).collect::<Vec<_>>());
    assert_eq!(lake.reader().event(5).await.unwrap().unwrap().event.patient, "000004");
    let next: Vec<_> = lake.reader().next_events(4).await.unwrap();
    assert_eq!(next.iter().map(|s| s.seq).collect::<Vec<_>>(), (5..=12).collect::<Vec<_>>());
    assert_eq!(proved(&fixture).await.sealed_events, 12);
}

#[tokio::test]
async fn an_event_removed_from_one_class_is_named_among_those_of_the_others() {
    let (fixture, lake) = store(1, 0).await;
    let records = lake.reader().snapshot().await.unwrap().segments[1].clone();
    for (seq, file) in [(5, &records.file)] {
        let batches = read_segment(&fixture.store(), file).await;
        let mut events: Vec<_> = batches.iter().flat_map(batch::all_events).collect();
        events.retain(|stored| stored.seq != seq);
        let bytes = segment::rewrite_for_test(&events, &records);
        std::fs::write(fixture.store_dir().join(file), bytes).unwrap();
    }
    let found = fixture.verify().await.problems;
    assert!(matches!(&found[..], [Problem::EventRemoved { seq: 5, .. }]), "{found:?}");
}

#[tokio::test]
async fn what_is_past_its_class_is_let_go_by_a_signed_record_and_removed_an_hour_later() {
    let (fixture, lake) = store(2, 401).await;
    let before = proved(&fixture).await;
    let status = lake.status().await.unwrap().retention;
    assert_eq!((status.past.len(), status.past_events), (2, 8), "traffic of both seals");
    let gone = lake.let_go(&[], "suzuki", "traffic 400 days").await.unwrap();
    assert_eq!((gone.segments.len(), gone.held.len()), (2, 0));
    let left: Vec<u64> = (1..=24).filter(|seq| seq % 3 != 0).collect();
    assert_eq!(seqs(&fixture).await, left);
    let report = proved(&fixture).await;
    assert_eq!((report.expired_events, report.sealed_events, report.remarks.len()), (8, 16, 2));

    assert_eq!(lake.sweep().await.unwrap().files, 0, "a search may still read them");
    fixture.clock.advance_seconds(3_601);
    assert_eq!(lake.sweep().await.unwrap().files, 2);
    assert_eq!(files_under(&fixture.store_dir()).len(), 4);
    assert_eq!(proved(&fixture).await.remarks, []);
    assert_eq!(lake.let_go(&[], "suzuki", "again").await.unwrap(), LetGo::default());
    assert_eq!(lake.reader().next_events(0).await.unwrap().len(), 8);
    assert_eq!(fixture.verify_with(&[before.checkpoint.unwrap().note]).await.problems, []);
    drop(lake);
    let lake = fixture.open().await;
    assert_eq!(lake.append(&[mixed(24)]).await.unwrap()[0].seq, 25);
}

#[tokio::test]
async fn a_removed_event_beside_a_class_that_was_let_go_is_told_as_a_number() {
    let (fixture, lake) = store(1, 401).await;
    lake.let_go(&[], "suzuki", "").await.unwrap();
    let security = lake.reader().snapshot().await.unwrap().segments[0].clone();
    let batches = read_segment(&fixture.store(), &security.file).await;
    let mut events: Vec<_> = batches.iter().flat_map(batch::all_events).collect();
    events.remove(1);
    let bytes = segment::rewrite_for_test(&events, &security);
    std::fs::write(fixture.store_dir().join(&security.file), bytes).unwrap();
    let found = fixture.verify().await.problems;
    assert!(found[0].to_string().contains("1 events fewer"), "{found:?}");
}

#[tokio::test]
async fn a_hold_keeps_what_is_past_its_time() {
    let (fixture, lake) = store(2, 401).await;
    let first = lake.reader().snapshot().await.unwrap().segments[0].received.0;
    let hold = Hold {
        reason: "case-1".to_owned(),
        from: Some(first.plus_days(-90)),
        to: Some(first.plus_days(1)),
    };
    let gone = lake.let_go(std::slice::from_ref(&hold), "suzuki", "").await.unwrap();
    assert_eq!((gone.segments.len(), gone.held.len()), (1, 1));
    let endless = Hold { from: None, to: None, ..hold };
    assert!(gone.held.iter().chain(&gone.segments).all(|segment| endless.covers(segment)));
    proved(&fixture).await;
}

#[tokio::test]
async fn a_month_that_is_over_becomes_one_file_of_each_class_and_stays_proved() {
    let (_november, lake) = store(2, 1).await;
    assert_eq!(lake.compact().await.unwrap(), None, "neither the month nor the week is over");
    let (fixture, lake) = store(14, 1).await;
    let before = proved(&fixture).await;
    let all = read_all(&fixture.reader()).await;
    fixture.clock.advance_seconds(30 * DAY);
    let mut compacted = Vec::new();
    while let Some(segment) = lake.compact().await.unwrap() {
        compacted.push(segment);
    }
    // Eleven days of November and three of December in each of three classes.
    assert_eq!(compacted.len(), 6);
    assert_eq!(lake.reader().snapshot().await.unwrap().segments.len(), 6);
    assert_eq!(read_all(&fixture.reader()).await, all);
    let report = proved(&fixture).await;
    assert_eq!((report.sealed_events, report.segments), (14 * 12, 6));
    assert_eq!(fixture.verify_with(&[before.checkpoint.unwrap().note]).await.problems, []);
    let next = lake.reader().next_events(14).await.unwrap();
    assert_eq!(next.iter().map(|s| s.seq).collect::<Vec<_>>(), (15..=24).collect::<Vec<_>>());
    assert_eq!(lake.status().await.unwrap().events, 14 * 12);
    lake.sweep().await.unwrap();
    fixture.clock.advance_seconds(3_601);
    assert_eq!(lake.sweep().await.unwrap().files, 14 * 3);
    assert_eq!(proved(&fixture).await.remarks, []);
    let rows = read_segment(&fixture.store(), &compacted[0].file).await;
    let sorted: Vec<_> = rows.iter().flat_map(batch::all_events).collect();
    assert_eq!(sorted.len() as u64, compacted[0].events);
    assert!(compacted[0].file_bytes > 0);
}

#[tokio::test]
async fn a_week_that_is_over_is_put_together_before_its_month_is() {
    let (fixture, lake) = store(6, 1).await;
    let all = read_all(&fixture.reader()).await;
    let mut events = Vec::new();
    while let Some(segment) = lake.compact().await.unwrap() {
        events.push(segment.events);
    }
    // Two days of the third week of November in each of three classes; the fourth week goes on.
    assert_eq!(events, [8, 8, 8]);
    assert_eq!(read_all(&fixture.reader()).await, all);
    fixture.clock.advance_seconds(30 * DAY);
    while lake.compact().await.unwrap().is_some() {}
    assert_eq!(lake.reader().snapshot().await.unwrap().segments.len(), 3);
    assert_eq!(proved(&fixture).await.sealed_events, 6 * 12);
}

#[tokio::test]
async fn tampering_with_a_compacted_segment_is_named() {
    let (fixture, lake) = store(12, 1).await;
    fixture.clock.advance_seconds(60 * DAY);
    let segment = lake.compact().await.unwrap().unwrap();
    let path = fixture.store_dir().join(&segment.file);
    let batches = read_segment(&fixture.store(), &segment.file).await;
    let events: Vec<_> = batches.iter().flat_map(batch::all_events).collect();
    let gone = events[7].seq;
    let fewer: Vec<_> = events.iter().filter(|stored| stored.seq != gone).cloned().collect();
    std::fs::write(&path, segment::rewrite_for_test(&fewer, &segment)).unwrap();
    let found = fixture.verify().await.problems;
    let is_named = |p: &Problem| matches!(p, Problem::EventRemoved { seq, .. } if *seq == gone);
    assert!(found.len() == 1 && found.iter().all(is_named), "{gone}: {found:?}");

    let mut changed = events.clone();
    changed[3].event.raw.push(b'!');
    std::fs::write(&path, segment::rewrite_for_test(&changed, &segment)).unwrap();
    let found = fixture.verify().await.problems;
    let seq = changed[3].seq;
    let is_named = |p: &Problem| matches!(p, Problem::EventChanged { seq: s, .. } if *s == seq);
    assert!(found.len() == 1 && found.iter().all(is_named), "{found:?}");
}

#[tokio::test]
async fn a_damaged_segment_is_not_put_together_with_others() {
    let (fixture, lake) = store(3, 1).await;
    fixture.clock.advance_seconds(60 * DAY);
    let first = lake.reader().snapshot().await.unwrap().segments[0].clone();
    let path = fixture.store_dir().join(&first.file);
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[100] ^= 1;
    std::fs::write(&path, bytes).unwrap();
    let (mut together, mut refused) = (0, 0);
    loop {
        match lake.compact().await {
            Ok(Some(_)) => together += 1,
            Ok(None) => break,
            Err(_) => refused += 1,
        }
    }
    assert_eq!(refused, 1, "it is told once, and keeps nothing else from being put together");
    assert_eq!(together, 3, "the others of its class, and the other classes");
    assert!(path.try_exists().unwrap(), "the evidence of the damage stays");
}
