//! Reading: complete at any moment, from any process.

use sakimori_words::Fields;

use super::*;

#[tokio::test]
async fn an_event_is_visible_as_soon_as_it_is_acknowledged() {
    let fixture = Fixture::new();
    let reader = fixture.reader();
    assert_eq!(read_all(&reader).await, []);
    let lake = fixture.open().await;
    for n in 0..5 {
        lake.append(&events(n..n + 1)).await.unwrap();
        assert_eq!(read_all(&reader).await.len() as u64, n + 1);
    }
    lake.seal().await.unwrap();
    lake.append(&events(5..6)).await.unwrap();
    assert_eq!(read_all(&reader).await.len(), 6);
    assert_eq!(read_all(&lake.reader()).await.len(), 6);
}

#[tokio::test]
async fn an_event_is_found_by_its_number_hot_and_sealed() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    let odd = Event { raw: vec![0x83, 0x65, 0xff], src: Fields::new(), ..event(1) };
    let stored = lake.append(&[event(0), odd.clone()]).await.unwrap();
    for _ in 0..2 {
        let found = lake.reader().event(2).await.unwrap().unwrap();
        assert_eq!(found, StoredEvent { seq: 2, leaf: stored[1].leaf, event: odd.clone() });
        lake.seal().await.unwrap();
    }
    assert_eq!(lake.reader().event(3).await.unwrap(), None);
}

#[tokio::test]
async fn the_events_of_one_source_are_found_in_their_order_hot_and_sealed() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..9)).await.unwrap();
    lake.seal().await.unwrap();
    lake.append(&events(9..15)).await.unwrap();
    let of = |source: &'static str, after| {
        let reader = lake.reader();
        async move {
            let found = reader.events_of(source, after).await.unwrap();
            found.iter().map(|stored| stored.seq).collect::<Vec<_>>()
        }
    };
    assert_eq!(of("syslog/10.0.0.1", 0).await, [1, 4, 7, 10, 13]);
    assert_eq!(of("syslog/10.0.0.1", 4).await, [7, 10, 13]);
    assert_eq!(of("syslog/電子カルテ", 9).await, [12, 15]);
    assert!(of("syslog/10.0.0.9", 0).await.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_every_event_exactly_once_while_the_writer_seals() {
    let fixture = Fixture { seal_after_bytes: 8_000, ..Fixture::new() };
    let lake = fixture.open().await;
    let writer = tokio::spawn(async move {
        for n in 0..60 {
            lake.append(&events(n * 5..n * 5 + 5)).await.unwrap();
            lake.tick().await.unwrap();
        }
        lake
    });
    let reader = fixture.reader();
    let mut seen = 0;
    while seen < 300 {
        let seqs: Vec<_> = read_all(&reader).await.iter().map(|stored| stored.seq).collect();
        let n = seqs.len() as u64;
        assert_eq!(seqs, (1..=n).collect::<Vec<_>>());
        assert!(n >= seen);
        seen = n;
        assert_eq!(fixture.verify().await.problems, []);
    }
    let lake = writer.await.unwrap();
    let hot = lake.reader().snapshot().await.unwrap().hot;
    assert!(hot.len() <= 1, "small appends are gathered into one batch");
}

#[tokio::test]
async fn a_reader_follows_a_store_that_was_put_back_from_a_copy() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..3)).await.unwrap();
    lake.seal().await.unwrap();
    let copy = TempDir::new().unwrap();
    copy_folder(&fixture.dir(), copy.path());
    lake.append(&events(3..5)).await.unwrap();
    lake.seal().await.unwrap();
    let reader = fixture.reader();
    assert_eq!(read_all(&reader).await.len(), 5);
    drop(lake);
    copy_folder(copy.path(), &fixture.dir());
    assert_eq!(read_all(&reader).await.len(), 3);
}

#[tokio::test]
async fn the_status_counts_what_is_there() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..7)).await.unwrap();
    lake.seal().await.unwrap();
    lake.append(&events(7..10)).await.unwrap();
    fixture.clock.advance_seconds(86_400 * 3);
    let status = lake.status().await.unwrap();
    assert_eq!((status.events, status.hot_events, status.segments), (10, 3, 1));
    assert_eq!((status.oldest_at, status.last_seq), (Some(START), 10));
    assert_eq!(status.newest_at, Some(event(9).received_at));
    assert_eq!((status.retention.kept_days, status.retention.days), (3, RetentionDays::all(400)));
    assert_eq!(status.retention.past.len(), 0);
    let sources: Vec<_> = status.sources.iter().map(|s| (s.source.as_str(), s.events)).collect();
    let expected = [("inbox/Security.evtx", 3), ("syslog/10.0.0.1", 4), ("syslog/電子カルテ", 3)];
    assert_eq!(sources, expected);
    assert_eq!(status.sources[1].last_event_at, event(9).received_at);
    let checkpoint = Checkpoint::read(&status.checkpoint.unwrap(), &signer().verifying_key());
    assert_eq!(checkpoint.unwrap().size, 2);
}

#[tokio::test]
async fn what_is_past_the_retention_is_told_and_kept() {
    let fixture = Fixture::new();
    let lake = fixture.open().await;
    lake.append(&events(0..4)).await.unwrap();
    lake.seal().await.unwrap();
    fixture.clock.advance_seconds(86_400 * 400 + 10);
    let retention = lake.status().await.unwrap().retention;
    assert_eq!((retention.past_events, retention.kept_days), (4, 400));
    assert!(retention.past_bytes > 0);
    assert_eq!(read_all(&lake.reader()).await.len(), 4);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_hundred_thousand_events_come_out_as_they_went_in() {
    let fixture = Fixture { seal_after_bytes: 8 * 1024 * 1024, ..Fixture::new() };
    let lake = fixture.open().await;
    let mut acknowledged = Vec::new();
    for n in 0..100 {
        acknowledged.extend(lake.append(&events(n * 1_000..(n + 1) * 1_000)).await.unwrap());
        if n < 99 {
            lake.tick().await.unwrap();
        }
    }
    let snapshot = lake.reader().snapshot().await.unwrap();
    let mut rows = snapshot.hot.clone();
    for segment in &snapshot.segments {
        rows.extend(read_segment(&fixture.store(), &segment.file).await);
    }
    let mut kept: Vec<_> = rows
        .iter()
        .flat_map(|rows| {
            let columns = batch::EvidenceColumns::of(rows).unwrap();
            columns.rows().map(|row| Stored { seq: row.seq, leaf: row.leaf }).collect::<Vec<_>>()
        })
        .collect();
    kept.sort_by_key(|stored| stored.seq);
    assert!(kept == acknowledged, "{} of {} events", kept.len(), acknowledged.len());
    assert!(
        snapshot.segments.len() >= 2 && !snapshot.hot.is_empty(),
        "{} segments, {} hot batches",
        snapshot.segments.len(),
        snapshot.hot.len()
    );
    let report = fixture.verify().await;
    assert_eq!((report.problems, report.sealed_events + report.hot_events), (vec![], 100_000));
}
