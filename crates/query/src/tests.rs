//! What people who search can rely on.

use std::sync::Arc;

use proptest::prelude::*;
use sakimori_lake::{
    Lake, LakeSettings, RetentionDays, SEAL_AFTER_BYTES, SEAL_AFTER_SECONDS, SigningKey, Stored,
    open_catalogue, open_store,
};
use sakimori_words::{Clock, Digest, Event, Instant, Lang};
use tempfile::TempDir;

use super::*;

mod counting;

/// 2026-11-20 09:00 in Japan.
const START: Instant = Instant::from_micros(1_795_132_800_000_000);

struct StoppedClock;

impl Clock for StoppedClock {
    fn now(&self) -> Instant {
        START
    }
}

struct World {
    folder: TempDir,
    lake: Lake,
    query: Query,
}

impl World {
    async fn new() -> Self {
        let folder = TempDir::new().unwrap();
        let settings = LakeSettings {
            dir: folder.path().join("lake"),
            catalogue: open_catalogue(&folder.path().join("lake"), "").unwrap(),
            segments: open_store(folder.path().join("store").to_str().unwrap(), &[]).unwrap(),
            retention: RetentionDays::default(),
            seal_after_bytes: SEAL_AFTER_BYTES,
            seal_after_seconds: SEAL_AFTER_SECONDS,
            signer: SigningKey::from_bytes(&[42; 32]),
            seen_up_to: 0,
            origin: "sakimori.example/node/test".to_owned(),
        };
        let lake = Lake::open(settings, Arc::new(StoppedClock)).await.unwrap();
        let query = Query::new(lake.reader()).unwrap();
        Self { folder, lake, query }
    }

    /// 60 events, an hour apart: 1–20 and 21–40 sealed, 41–60 not.
    async fn with_events() -> (Self, Vec<Stored>) {
        let world = Self::new().await;
        let mut stored = Vec::new();
        for n in 0..3 {
            let events: Vec<_> = (n * 20..n * 20 + 20).map(event).collect();
            stored.extend(world.lake.append(&events).await.unwrap());
            if n < 2 {
                world.lake.seal().await.unwrap();
            }
        }
        (world, stored)
    }

    async fn sql(&self, sql: &str) -> Result<Table, QueryError> {
        self.query.sql(sql, Sight::Full, Limits::SCREEN).await
    }

    /// The rows as text, cells divided by `|`.
    async fn rows(&self, sql: &str) -> Vec<String> {
        let table = self.sql(sql).await.unwrap_or_else(|error| panic!("{sql}: {error}"));
        let line = |row: Vec<Cell>| row.iter().map(Cell::to_string).collect::<Vec<_>>().join("|");
        table.rows.into_iter().map(line).collect()
    }

    async fn refused(&self, sql: &str) -> QueryError {
        self.sql(sql).await.expect_err(sql)
    }
}

fn event(n: i64) -> Event {
    let received_at = START.plus_seconds(n * 3_600);
    let patient = if n == 7 { "患者ID=0012345 氏名=山田太郎" } else { "患者ID=0099999" };
    let mut event = Event {
        source: ["syslog/10.0.0.1", "inbox/Security.evtx"][usize::from(n % 2 == 1)].to_owned(),
        received_at,
        time: received_at,
        raw: format!("記録 {n}: カルテ閲覧 {patient}").into_bytes(),
        product: "windows".to_owned(),
        class_uid: 3002,
        status: if n % 5 == 0 { "failure" } else { "success" }.to_owned(),
        host: format!("PC-{n:03}"),
        user: format!("suzuki{}", n % 3),
        src_ip: "10.1.2.3".to_owned(),
        message: "logon".to_owned(),
        ..Event::default()
    };
    event.src.push("EventID", if n % 2 == 0 { 4625 } else { 4624 });
    event.src.push("TargetUserName", &format!("suzuki{}", n % 3));
    event
}

#[tokio::test]
async fn hot_and_sealed_events_are_searched_alike() {
    let (world, _) = World::with_events().await;
    assert_eq!(world.rows("SELECT count(*) FROM events").await, ["60"]);
    let by_source =
        "SELECT source, count(*), min(seq), max(seq) FROM events GROUP BY source ORDER BY 1";
    assert_eq!(
        world.rows(by_source).await,
        ["inbox/Security.evtx|30|2|60", "syslog/10.0.0.1|30|1|59"]
    );
    let newest = "SELECT seq, host FROM events ORDER BY time DESC LIMIT 2";
    assert_eq!(world.rows(newest).await, ["60|PC-059", "59|PC-058"]);
}

#[tokio::test]
async fn an_event_is_found_as_soon_as_it_is_acknowledged() {
    let world = World::new().await;
    assert_eq!(world.rows("SELECT count(*) FROM events").await, ["0"]);
    for n in 0..3 {
        world.lake.append(&[event(n)]).await.unwrap();
        let count = world.rows("SELECT count(*) FROM events WHERE status <> ''").await;
        assert_eq!(count, [(n + 1).to_string()]);
    }
}

#[tokio::test]
async fn native_fields_are_found_by_their_own_names() {
    let (world, _) = World::with_events().await;
    let by_id = "SELECT src['EventID'] AS id, count(*) FROM events GROUP BY id ORDER BY id";
    assert_eq!(world.rows(by_id).await, ["4624|30", "4625|30"]);
    let found = "SELECT seq FROM events WHERE src['EventID'] = '4625' AND src['TargetUserName'] = 'suzuki2' ORDER BY seq LIMIT 3";
    assert_eq!(world.rows(found).await, ["3", "9", "15"]);
    assert_eq!(
        world.rows("SELECT count(*) FROM events WHERE src['Nothing'] IS NULL").await,
        ["60"]
    );
    assert_eq!(world.rows("SELECT src['eventid'] FROM events LIMIT 1").await, [""]);
}

#[tokio::test]
async fn japanese_text_is_found_anywhere_in_a_record() {
    let (world, _) = World::with_events().await;
    for sql in [
        "SELECT seq FROM events WHERE raw LIKE '%山田太郎%'",
        "SELECT seq FROM events WHERE strpos(raw, '0012345') > 0",
        "SELECT seq FROM events WHERE raw ~ '氏名=山.'",
    ] {
        assert_eq!(world.rows(sql).await, ["8"], "{sql}");
    }
    assert_eq!(
        world.rows("SELECT count(*) FROM events WHERE raw LIKE '%カルテ閲覧%'").await,
        ["60"]
    );
}

#[tokio::test]
async fn text_in_records_is_found_alike_before_and_after_sealing() {
    let world = World::new().await;
    let mut events: Vec<_> = (0..60).map(event).collect();
    events.extend((60..90).map(|n| Event {
        patient: "0012345".to_owned(),
        message: format!("閲覧 {n} suzuki{}", n % 3),
        ..event(n)
    }));
    world.lake.append(&events).await.unwrap();
    let conditions = [
        "raw LIKE '%山田太郎%'",
        "raw LIKE '記録 1%'",
        "raw LIKE '%7: カルテ%'",
        "raw NOT LIKE '%00123%'",
        "message ILIKE '%SUZUKI1%' OR raw ILIKE '%suzuki1%'",
        "message LIKE '%logon%' OR raw LIKE '%山田%'",
        "message LIKE '%names a patient%'",
        "message ILIKE '%NAMES%' AND raw LIKE '%patient%'",
        "raw LIKE '%閲覧%' AND message LIKE '%閲覧 6%'",
        "raw LIKE '%10\\%%'",
        "raw LIKE '%nowhere in any record%'",
    ];
    let mut counts = Vec::new();
    for _ in 0..2 {
        let mut now = Vec::new();
        for condition in conditions {
            let sql = format!("SELECT seq FROM events WHERE {condition} ORDER BY seq");
            for sight in [Sight::Full, Sight::Masked(Pseudonyms::new([1; 32]))] {
                now.push(world.query.sql(&sql, sight, Limits::SCREEN).await.unwrap().rows.len());
            }
        }
        counts.push(now);
        world.lake.seal().await.unwrap();
    }
    assert_eq!(counts[0], counts[1], "hot and sealed");
    assert_eq!(counts[1][..2], [1, 1]);
    assert_eq!(counts[1][12..14], [0, 30], "the mask itself is text");
}

#[tokio::test]
async fn columns_named_like_sql_words_need_no_quotes() {
    let (world, _) = World::with_events().await;
    let users = "SELECT user, count(*) AS n FROM events WHERE USER LIKE 'suzuki%' GROUP BY user ORDER BY user";
    assert_eq!(world.rows(users).await, ["suzuki0|20", "suzuki1|20", "suzuki2|20"]);
    let all = "SELECT time, received_at, seq, source, class_uid, activity, status, host, user, patient, src_ip, dst_ip, process, message, raw FROM events LIMIT 1";
    assert_eq!(world.sql(all).await.unwrap().columns[8], "user");
    assert_eq!(
        world.rows("SELECT e.user FROM events e WHERE \"user\" = 'suzuki0' LIMIT 1").await,
        ["suzuki0"]
    );
}

#[tokio::test]
async fn the_table_has_the_promised_columns() {
    let (world, _) = World::with_events().await;
    let table = world.sql("SELECT * FROM events").await.unwrap();
    insta::assert_snapshot!(table.columns.join(" "));
}

#[tokio::test]
async fn the_leaf_is_the_one_that_was_acknowledged() {
    let (world, mut stored) = World::with_events().await;
    let odd = Event { raw: vec![0x93, 0xfa, 0x00, 0xff], ..event(60) };
    stored.extend(world.lake.append(&[odd]).await.unwrap());
    for _ in 0..2 {
        let leaves = world.rows("SELECT leaf FROM events ORDER BY seq").await;
        let expected: Vec<_> = stored.iter().map(|event| event.leaf.to_string()).collect();
        assert_eq!(leaves, expected);
        world.lake.seal().await.unwrap();
    }
    let found = format!("SELECT seq FROM events WHERE leaf = '{}'", stored[8].leaf);
    assert_eq!(world.rows(&found).await, ["9"]);
    assert_eq!(
        world.rows("SELECT raw_bytes FROM events WHERE raw_bytes IS NOT NULL").await,
        ["93fa00ff"]
    );
}

#[tokio::test]
async fn times_are_read_as_clocks_in_japan_show_them() {
    let (world, _) = World::with_events().await;
    for sql in [
        "SELECT count(*) FROM events WHERE time >= '2026-11-21T00:00:00+09:00'",
        "SELECT count(*) FROM events WHERE time >= '2026-11-20T15:00:00Z'",
        "SELECT count(*) FROM events WHERE time >= '2026-11-21'",
        "SELECT count(*) FROM events WHERE time >= '2026-11-21 00:00'",
        "SELECT count(*) FROM events e WHERE e.time BETWEEN '2026/11/21 0:00' AND '2027/1/1'",
        "SELECT count(*) FROM events WHERE '令和8年11月21日' <= received_at",
        "SELECT count(*) FROM events WHERE time >= TIMESTAMP '2026-11-21 00:00:00'",
        "SELECT count(*) FROM events WHERE time >= date_trunc('day', to_timestamp('2026-11-21T05:00:00+09:00'))",
    ] {
        assert_eq!(world.rows(sql).await, ["45"], "{sql}");
    }
    let night = "SELECT count(*) FROM events WHERE extract(hour FROM time) BETWEEN 0 AND 4";
    assert_eq!(world.rows(night).await, ["10"]);
    let days =
        "SELECT date_trunc('day', time) AS day, count(*) FROM events GROUP BY day ORDER BY day";
    assert_eq!(
        world.rows(days).await,
        ["2026-11-20 00:00:00|15", "2026-11-21 00:00:00|24", "2026-11-22 00:00:00|21"]
    );
}

#[tokio::test]
async fn segments_outside_the_time_asked_for_are_not_even_opened() {
    let (world, _) = World::with_events().await;
    let oldest = world.lake.reader().snapshot().await.unwrap().segments[0].clone();
    std::fs::remove_file(world.folder.path().join("store").join(&oldest.file)).unwrap();
    for condition in
        ["time >= '2026-11-21T05:00:00+09:00'", "seq > 20", "received_at > '2026-11-21 05:00'"]
    {
        let sql =
            format!("SELECT count(host), max(raw) FROM events WHERE {condition} AND raw <> ''");
        assert_eq!(world.rows(&sql).await.len(), 1, "{condition}");
    }
    let error = world.refused("SELECT max(raw) FROM events").await;
    assert_eq!(error.trouble().kind.code, "SK-QUERY-007");
}

#[tokio::test]
async fn only_reading_is_done() {
    let (world, _) = World::with_events().await;
    for sql in [
        "DELETE FROM events",
        "UPDATE events SET raw = ''",
        "INSERT INTO events SELECT * FROM events",
        "DROP TABLE events",
        "CREATE TABLE copy AS SELECT * FROM events",
        "CREATE VIEW v AS SELECT 1",
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '/etc'",
        "COPY events TO '/tmp/stolen.parquet'",
        "COPY (SELECT 1) TO 'file.csv'",
        "SET datafusion.execution.batch_size = 1",
        "SHOW ALL",
        "EXPLAIN SELECT 1",
        "EXPLAIN ANALYZE SELECT * FROM events",
        "BEGIN",
        "PREPARE p AS SELECT 1",
        "SELECT 1; SELECT 2",
        "SELECT 1; DROP TABLE events",
        "",
        " ; ",
        "-- nothing",
    ] {
        let error = world.refused(sql).await;
        assert_eq!(error.trouble().kind.code, "SK-QUERY-003", "{sql}: {error}");
    }
    for sql in [
        "SELECT * FROM '/etc/passwd'",
        "SELECT * FROM 'store/segments/x.parquet'",
        "SELECT * FROM information_schema.tables",
        "SELECT * FROM sealed",
        "SELECT leaf_check FROM events",
        "SELECT 1 INTO copy",
        "WITH x AS (INSERT INTO events VALUES (1)) SELECT * FROM x",
    ] {
        world.refused(sql).await;
    }
    assert_eq!(world.rows("SELECT count(*) FROM events;").await, ["60"]);
}

#[tokio::test]
async fn mistakes_are_named_with_their_place() {
    let (world, _) = World::with_events().await;
    let mut text = String::new();
    for sql in [
        "SELEC 1",
        "SELECT host FROM events WHERE\nGROUP BY host",
        "SELECT 'open FROM events",
        "SELECT hst FROM events",
        "SELECT seq\nFROM events\nWHERE sauce = 'x'",
        "SELECT nothing(seq) FROM events",
        "SELECT * FROM logs",
        "SELECT host + 1 FROM events",
        "SELECT CAST(host AS INT) FROM events WHERE seq = 1",
        "SELECT host FROM events GROUP BY user",
    ] {
        let error = world.refused(sql).await;
        text.push_str(&format!("{sql}\n{}\n", error.trouble().render(Lang::Ja)));
    }
    insta::assert_snapshot!(text);
}

#[tokio::test]
async fn more_rows_than_asked_for_are_cut_off_and_told() {
    let (world, _) = World::with_events().await;
    let limits = |rows| Limits { rows, ..Limits::SCREEN };
    let cut = world.query.sql("SELECT seq FROM events", Sight::Full, limits(59)).await.unwrap();
    assert_eq!((cut.rows.len(), cut.truncated), (59, true));
    let whole = world.query.sql("SELECT seq FROM events", Sight::Full, limits(60)).await.unwrap();
    assert_eq!((whole.rows.len(), whole.truncated), (60, false));
    let none = world.query.sql("SELECT seq FROM events", Sight::Full, limits(0)).await.unwrap();
    assert_eq!((none.rows.len(), none.truncated), (0, true));
    let small = Limits { memory_bytes: 2_000, ..Limits::SCREEN };
    let cut = world.query.sql("SELECT raw FROM events", Sight::Full, small).await.unwrap();
    assert!(cut.truncated && cut.rows.len() < 30);
}

/// A thousand numbers, and a million, out of nothing.
const NUMBERS: &str = "WITH digits(d) AS (VALUES (0), (1), (2), (3), (4), (5), (6), (7), (8), (9)), \
    few AS (SELECT a.d + b.d * 10 + c.d * 100 AS n FROM digits a, digits b, digits c), \
    many AS (SELECT a.n * 1000 + b.n AS n FROM few a, few b)";

#[tokio::test]
async fn a_search_that_takes_too_long_is_stopped() {
    let world = World::new().await;
    let limits = Limits { seconds: 2, ..Limits::SCREEN };
    for endless in [
        "SELECT sum(a.n * b.n) FROM many a, few b, few c, few d",
        "SELECT count(*) FROM few JOIN (SELECT b.n FROM many a, few b) x ON x.n * few.n < 0",
        "SELECT count(*) FROM (SELECT b.n FROM many a, few b) x JOIN few ON x.n % 2 = few.n % 2",
        "SELECT count(*) FROM many a, many b WHERE a.n < b.n",
        "SELECT x.n FROM (SELECT b.n FROM many a, few b) x ORDER BY n DESC LIMIT 1",
    ] {
        check_stopped(&world, &format!("{NUMBERS} {endless}"), limits).await;
    }
    let endless =
        "WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
    check_stopped(&world, endless, limits).await;
}

async fn check_stopped(world: &World, sql: &str, limits: Limits) {
    for _ in 0..CONCURRENT_MAX {
        let error = world.query.sql(sql, Sight::Full, limits).await.expect_err(sql);
        assert_eq!(error.trouble().kind.code, "SK-QUERY-005", "{sql}: {error}");
    }
    assert_eq!(world.rows("SELECT 1").await, ["1"], "threads are free again after {sql}");
}

#[tokio::test]
async fn a_search_that_needs_too_much_memory_is_stopped() {
    let world = World::new().await;
    let limits = Limits { memory_bytes: 500_000, seconds: 60, ..Limits::SCREEN };
    // Neither can put anything off to the disk. What can, like `count(DISTINCT n)`, may just as well run out of time first.
    for sql in ["SELECT array_agg(n) FROM many", "SELECT median(n) FROM many"] {
        let sql = format!("{NUMBERS} {sql}");
        let error = world.query.sql(&sql, Sight::Full, limits).await.expect_err(&sql);
        assert_eq!(error.trouble().kind.code, "SK-QUERY-006", "{sql}: {error}");
    }
    for sql in ["SELECT repeat('x', 2000000000)", "SELECT * FROM generate_series(1, 1000000000)"] {
        assert_eq!(world.refused(sql).await.trouble().kind.code, "SK-QUERY-002", "{sql}");
    }
}

#[tokio::test]
async fn long_and_deep_statements_are_run_or_refused_and_never_fell_the_program() {
    let world = World::new().await;
    let chain = |word: &str| {
        let part = format!(" {word} seq=1");
        format!("SELECT seq FROM events WHERE seq=0{}", part.repeat(65_000 / part.len()))
    };
    let many: Vec<_> = (0..9_000).map(|n| n.to_string()).collect();
    let many = format!("SELECT seq FROM events WHERE seq IN ({})", many.join(","));
    for sql in [
        format!("SELECT seq FROM events WHERE seq=0{}", " OR seq=1 AND host<>''".repeat(390)),
        many,
    ] {
        assert!(sql.len() <= SQL_BYTES_MAX);
        assert_eq!(world.rows(&sql).await.len(), 0);
    }
    for sql in [
        chain("OR"),
        chain("AND"),
        format!("SELECT 1{}", "+1".repeat(32_000)),
        format!("SELECT {}1{}", "(".repeat(20_000), ")".repeat(20_000)),
        format!("SELECT {}1", "NOT ".repeat(15_000)),
        format!("SELECT {}1", "- ".repeat(30_000)),
        format!("{}SELECT 1{}", "SELECT * FROM (".repeat(1_000), ")".repeat(1_000)),
        "x".repeat(SQL_BYTES_MAX + 1),
    ] {
        world.refused(&sql).await;
    }
    assert_eq!(world.rows("SELECT 1").await, ["1"]);
}

#[tokio::test]
async fn results_are_plain_values() {
    let (world, _) = World::with_events().await;
    let sql = "SELECT time, seq, class_uid, raw_bytes, src, 1.5 AS half, true AS yes, NULL AS nothing, \
               18446744073709551615 AS large, [1, 2] AS list, DATE '2026-11-20' AS day, \
               INTERVAL '1' HOUR AS span, CAST(1.25 AS DECIMAL(9, 2)) AS money, \
               arrow_cast('x', 'Utf8View') AS view, arrow_cast('y', 'Dictionary(Int32, Utf8)') AS word \
               FROM events WHERE seq = 1";
    let table = world.sql(sql).await.unwrap();
    let shown: Vec<_> = table.rows[0].iter().map(Cell::to_string).collect();
    insta::assert_snapshot!(shown.join("\n"));
    insta::assert_json_snapshot!(table.rows[0]);
}

#[tokio::test(flavor = "multi_thread")]
async fn searches_run_side_by_side_while_logs_come_in() {
    let (world, _) = World::with_events().await;
    let world = Arc::new(world);
    let mut searches = tokio::task::JoinSet::new();
    for _ in 0..12 {
        let world = Arc::clone(&world);
        searches.spawn(async move {
            let rows = world.rows("SELECT count(*), count(DISTINCT seq) FROM events").await;
            let (all, distinct) = rows[0].split_once('|').unwrap();
            assert_eq!(all, distinct);
        });
    }
    for n in 60..80 {
        world.lake.append(&[event(n)]).await.unwrap();
        world.lake.seal().await.unwrap();
    }
    searches.join_all().await;
    assert_eq!(world.rows("SELECT count(*) FROM events").await, ["80"]);
}

/// 20 looks into records, every second one naming a patient in its own column; half of them sealed.
async fn looks_into_records() -> World {
    let world = World::new().await;
    for half in 0..2 {
        let looks: Vec<_> = (half * 10..half * 10 + 10).map(look).collect();
        world.lake.append(&looks).await.unwrap();
        if half == 0 {
            world.lake.seal().await.unwrap();
        }
    }
    world
}

fn look(n: i64) -> Event {
    let patient = format!("00{:05}", 12_340 + n % 4);
    let mut look = Event {
        class_uid: if n % 2 == 0 { 6005 } else { 3002 },
        message: format!("{patient} を閲覧"),
        // Not UTF-8, so that the exact bytes are kept as well.
        raw: [format!("閲覧 {patient} 山田太郎").as_bytes(), &[0xff]].concat(),
        ..event(n)
    };
    look.src.push("PatientID", patient.as_str());
    if n % 2 == 0 {
        look.patient = patient;
    } else {
        look.message = "logon".to_owned();
        look.raw = b"logon".to_vec();
        look.src = sakimori_words::Fields::new();
    }
    look
}

async fn masked(world: &World, sql: &str) -> Vec<String> {
    let sight = Sight::Masked(Pseudonyms::new([7; 32]));
    let table = world.query.sql(sql, sight, Limits::SCREEN).await.unwrap();
    let line = |row: Vec<Cell>| row.iter().map(Cell::to_string).collect::<Vec<_>>().join("|");
    table.rows.into_iter().map(line).collect()
}

#[tokio::test]
async fn a_masked_search_shows_no_patient_in_any_column_or_expression() {
    let world = looks_into_records().await;
    for sql in [
        "SELECT * FROM events",
        "SELECT substr(patient, 1, 7), concat(patient, ''), reverse(patient) FROM events",
        "SELECT src['PatientID'], map_values(src), map_keys(src) FROM events",
        "SELECT raw_bytes, left(raw, 60), message FROM events",
        "SELECT max(patient), min(raw), array_agg(message) FROM events",
        "SELECT a.patient, b.raw FROM events a JOIN events b ON a.patient = b.patient",
        "WITH e AS (SELECT * FROM events) SELECT patient, src, raw FROM e ORDER BY patient",
    ] {
        let shown = masked(&world, sql).await.join("\n");
        assert!(!shown.contains("001234") && !shown.contains("山田"), "{sql}: {shown}");
        assert!(!shown.contains("30303132333430"), "{sql}: {shown}");
    }
    let full =
        world.rows("SELECT patient, raw, src['PatientID'] FROM events ORDER BY seq LIMIT 1").await;
    assert_eq!(full, ["0012340|閲覧 0012340 山田太郎\u{fffd}|0012340"]);
}

#[tokio::test]
async fn a_condition_of_a_masked_search_sees_the_mask_and_not_the_patient() {
    let world = looks_into_records().await;
    for condition in [
        "patient = '0012340'",
        "raw LIKE '%001234%'",
        "message LIKE '%001234%'",
        "src['PatientID'] = '0012340'",
    ] {
        let sql = format!("SELECT count(*) FROM events WHERE {condition}");
        assert_eq!(masked(&world, &sql).await, ["0"], "{sql}");
        assert_ne!(world.rows(&sql).await, ["0"], "{sql}");
    }
}

#[tokio::test]
async fn a_masked_search_confirms_no_guess_of_a_record_by_its_leaf() {
    let world = looks_into_records().await;
    let leaf_of = |n: i64| {
        let event = look(n);
        // The order of arrival, the source and the time are shown; only the patient has to be guessed.
        let seq = u64::try_from(n).unwrap() + 1;
        sakimori_lake::leaf_digest(seq, &event.source, event.received_at, &event.raw)
    };
    let count = |leaf: Digest| format!("SELECT count(*) FROM events WHERE leaf = '{leaf}'");
    let (names_a_patient, names_none) = (leaf_of(0), leaf_of(1));
    assert_eq!(world.rows(&count(names_a_patient)).await, ["1"]);
    assert_eq!(masked(&world, &count(names_a_patient)).await, ["0"]);
    assert_eq!(masked(&world, &count(names_none)).await, ["1"]);
    let shown =
        masked(&world, "SELECT leaf, concat(leaf, ''), array_agg(leaf) OVER () FROM events").await;
    assert!(!shown.concat().contains(&names_a_patient.to_string()));
}

#[tokio::test]
async fn pseudonyms_count_and_follow_a_patient_and_other_events_stay_whole() {
    let world = looks_into_records().await;
    let pseudonyms = Pseudonyms::new([7; 32]);
    let by_patient = masked(&world, "SELECT patient, count(*) FROM events WHERE patient <> '' GROUP BY patient ORDER BY patient").await;
    let mut expected: Vec<_> =
        ["0012340", "0012342"].map(|patient| format!("{}|5", pseudonyms.of(patient))).into();
    expected.sort();
    assert_eq!(by_patient, expected);
    let follow =
        format!("SELECT count(*) FROM events WHERE patient = '{}'", pseudonyms.of("0012340"));
    assert_eq!(masked(&world, &follow).await, ["5"]);
    assert_eq!(
        masked(&world, "SELECT DISTINCT raw, message FROM events WHERE class_uid = 3002").await,
        ["logon|logon"]
    );
    assert_eq!(
        masked(&world, "SELECT DISTINCT raw, message FROM events WHERE class_uid = 6005").await,
        [format!("{MASKED_TEXT}|{MASKED_TEXT}")]
    );
    assert_ne!(Pseudonyms::new([8; 32]).of("0012340"), pseudonyms.of("0012340"));
}

#[tokio::test]
async fn a_search_becomes_a_parquet_file_that_others_read() {
    let (world, _) = World::with_events().await;
    let sql =
        "SELECT time, seq, \"user\", src, raw_bytes, NULL AS nothing FROM events ORDER BY seq";
    let limits = Limits { rows: 45, ..Limits::SCREEN };
    let file = world.query.parquet(sql, Sight::Full, limits).await.unwrap();
    assert_eq!((file.rows, file.truncated), (45, true));
    let path = world.folder.path().join("found.parquet");
    std::fs::write(&path, file.bytes).unwrap();
    let read = datafusion::parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder::try_new(
        std::fs::File::open(path).unwrap(),
    );
    let batches: Vec<_> = read.unwrap().build().unwrap().map(Result::unwrap).collect();
    assert_eq!(batches.iter().map(|batch| batch.num_rows()).sum::<usize>(), 45);
    assert_eq!(batches[0].schema().field(3).name(), "src");
    let none =
        world.query.parquet("SELECT seq FROM events WHERE seq < 0", Sight::Full, limits).await;
    assert_eq!(none.unwrap().rows, 0);
}

#[test]
fn every_trouble_has_its_own_code_and_both_languages() {
    let mut codes: Vec<_> = TROUBLES.iter().map(|kind| kind.code).collect();
    codes.dedup();
    assert_eq!(codes.len(), TROUBLES.len());
    for kind in TROUBLES {
        assert!(kind.code.starts_with("SK-QUERY-"), "{}", kind.code);
        assert!(kind.what.iter().chain(&kind.now).all(|text| !text.is_empty()), "{}", kind.code);
    }
}

const WORDS: [&str; 32] = [
    "SELECT",
    "FROM",
    "events",
    "WHERE",
    "user",
    "src",
    "[",
    "]",
    "'EventID'",
    "(",
    ")",
    ",",
    "*",
    "=",
    "count",
    "GROUP BY",
    "ORDER BY",
    "LIMIT",
    "1",
    "time",
    "AND",
    "raw",
    "LIKE",
    "'%患者%'",
    "seq",
    "UNION ALL",
    "JOIN",
    "ON",
    "CASE WHEN",
    "THEN",
    "END",
    "OVER",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(150))]
    #[test]
    fn any_text_is_run_or_refused(
        words in proptest::collection::vec(proptest::sample::select(&WORDS[..]), 0..14),
        bytes in proptest::collection::vec(any::<u8>(), 0..60),
    ) {
        fuzz_sql(&bytes);
        let runtime = Builder::new_current_thread().enable_all().build().unwrap();
        let folder = TempDir::new().unwrap();
        let store = open_store(folder.path().to_str().unwrap(), &[]).unwrap();
        let catalogue = open_catalogue(folder.path(), "").unwrap();
        let query = Query::new(LakeReader::open(folder.path(), catalogue, store)).unwrap();
        let limits = Limits { rows: 5, seconds: 5, memory_bytes: 1_000_000 };
        for sql in [words.join(" "), format!("SELECT {} FROM events", words.join(" "))] {
            let failed = runtime.block_on(query.sql(&sql, Sight::Full, limits));
            let panicked =
                matches!(&failed, Err(QueryError::Failed { message }) if message.contains("panic"));
            prop_assert!(!panicked, "{sql}: {failed:?}");
        }
    }
}
