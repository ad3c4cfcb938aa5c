//! EVTX files written by the test kit: what goes in comes out, and damage costs only what it hits.

use std::io::Cursor;

use proptest::prelude::*;
use sakimori_testkit::evtx_file::{Record, evtx_file};
use sakimori_watch::sources::{Context, Damage, Limits, Reading, Unreadable, read_file};
use sakimori_words::{Event, Fields, Instant, Value};

fn read(bytes: &[u8]) -> (Vec<(u64, Event)>, Vec<Unreadable>) {
    let context = Context { source: "test".to_owned(), received_at: Instant::default() };
    let (mut events, mut trouble) = (Vec::new(), Vec::new());
    let each = &mut |reading: Reading<'_>| match reading {
        Reading::Event { record, event, .. } => events.push((record, event)),
        Reading::Passed => panic!("every record was asked for"),
        Reading::Unreadable(part) => trouble.push(part),
    };
    read_file("Security.evtx", &mut Cursor::new(bytes), &context, &Limits::STANDARD, each).unwrap();
    (events, trouble)
}

fn logon(record: u64) -> Record {
    Record {
        record,
        at: Instant::parse("2026-11-19T17:11:09.123456Z").unwrap().plus_seconds(record as i64),
        provider: "Microsoft-Windows-Security-Auditing".to_owned(),
        event_id: 4624,
        channel: "Security".to_owned(),
        computer: "DC01.hospital.example".to_owned(),
        data: Fields::from_iter([
            ("SubjectUserName", Value::Text("-")),
            ("TargetUserName", Value::Text(&format!("医師{record}"))),
            ("LogonType", Value::Int(10)),
            ("IpAddress", Value::Text("10.212.134.200")),
            ("Elevated", Value::Bool(true)),
        ]),
    }
}

fn logons(numbers: std::ops::RangeInclusive<u64>) -> Vec<Record> {
    numbers.map(logon).collect()
}

#[test]
fn a_record_keeps_its_types_names_and_time() {
    let (events, trouble) = read(&evtx_file(&[logon(7)]));
    assert_eq!(trouble, []);
    let (record, event) = &events[0];
    assert_eq!(*record, 7);
    assert_eq!(event.src.get("EventID"), Some(Value::Int(4624)));
    assert_eq!(event.src.get("LogonType"), Some(Value::Int(10)));
    assert_eq!(event.src.get("Elevated"), Some(Value::Bool(true)));
    assert_eq!(event.src.get("TargetUserName"), Some("医師7".into()));
    assert_eq!(event.src.get("Provider_Name"), Some("Microsoft-Windows-Security-Auditing".into()));
    assert_eq!(event.time.rfc3339(), "2026-11-19T17:11:16.123456Z");
    assert_eq!((event.service.as_str(), event.class_uid), ("security", 3002));
    assert_eq!((event.user.as_str(), event.src_ip.as_str()), ("医師7", "10.212.134.200"));
    assert!(event.raw.starts_with(br#"{"Event":{"#) && !event.raw.contains(&b'\n'));
}

#[test]
fn a_log_of_several_chunks_is_read_in_the_order_it_was_written_even_when_it_has_wrapped() {
    let file = evtx_file(&logons(1..=400));
    assert!(file.len() > 4_096 + 2 * 65_536);
    let numbers =
        |bytes: &[u8]| read(bytes).0.iter().map(|(record, _)| *record).collect::<Vec<_>>();
    let expected: Vec<u64> = (1..=400).collect();
    assert_eq!(numbers(&file), expected);
    // Newest chunk first, as in a full log that starts over.
    let (header, chunks) = file.split_at(4_096);
    let (oldest, newest) = chunks.split_at(chunks.len() - 65_536);
    assert_eq!(numbers(&[header, newest, oldest].concat()), expected);
}

#[test]
fn a_destroyed_file_header_costs_no_record() {
    let mut file = evtx_file(&logons(1..=3));
    file[..64].fill(0);
    let (events, trouble) = read(&file);
    assert_eq!(events.len(), 3);
    assert_eq!(trouble[0].damage, Damage::FileHeader);
}

#[test]
fn a_destroyed_chunk_costs_only_itself() {
    let mut file = evtx_file(&logons(1..=400));
    let all = read(&file).0.len();
    file[4_096 + 65_536..4_096 + 2 * 65_536].iter_mut().for_each(|byte| *byte ^= 0x5a);
    let (events, trouble) = read(&file);
    assert!(events.len() > all / 2 && events.len() < all);
    assert!(trouble.iter().all(|part| part.place == "chunk 1") && !trouble.is_empty());
}

#[test]
fn a_chunk_with_a_damaged_magic_is_read_and_reported() {
    let mut file = evtx_file(&logons(1..=3));
    file[4_096] = b'X';
    let (events, trouble) = read(&file);
    assert_eq!(events.len(), 3);
    assert_eq!(trouble[0].place, "chunk 0");
}

#[test]
fn a_file_cut_off_in_a_chunk_gives_the_records_before_the_cut() {
    let file = evtx_file(&logons(1..=100));
    let (events, trouble) = read(&file[..30_000]);
    assert!(events.len() > 10 && events.len() < 100);
    assert!(trouble.iter().any(|part| part.damage == Damage::Cut));
}

#[test]
fn a_record_changed_after_the_fact_is_read_with_a_remark() {
    let mut file = evtx_file(&logons(1..=3));
    // The letters of a computer's name.
    let at = file.windows(8).position(|bytes| bytes == b"D\0C\x000\x001\0").unwrap();
    file[at] = b'X';
    let (events, trouble) = read(&file);
    assert_eq!(events.len(), 3);
    assert!(trouble[0].damage == Damage::Checksum);
}

fn event(
    record: u64,
    provider: &str,
    channel: &str,
    event_id: u16,
    data: &[(&str, Value<'_>)],
) -> Record {
    Record {
        provider: provider.to_owned(),
        channel: channel.to_owned(),
        event_id,
        data: data.iter().copied().collect(),
        ..logon(record)
    }
}

fn sample() -> Vec<Record> {
    const PREFIX: &str = "Microsoft-Windows-";
    let sysmon = [
        ("RuleName", "-".into()),
        ("UtcTime", "2026-11-19 17:11:11.123".into()),
        ("ProcessId", Value::Int(4120)),
        ("Image", "C:\\Windows\\System32\\vssadmin.exe".into()),
        ("CommandLine", "vssadmin  delete shadows /all /quiet".into()),
        ("User", "HOSPITAL\\administrator".into()),
        ("ParentImage", Value::Null),
    ];
    let defender = [
        ("Product Name", "Microsoft Defender Antivirus".into()),
        ("Threat Name", "Ransom:Win32/Example.A".into()),
        ("Path", "file:_C:\\Users\\Public\\run.exe".into()),
    ];
    let service = [
        ("ServiceName", "保守サービス".into()),
        ("ImagePath", "%COMSPEC% /c echo \"<&>\"".into()),
        ("StartType", "demand start".into()),
        ("Score", Value::Float(0.5)),
    ];
    vec![
        logon(1),
        event(2, &format!("{PREFIX}Sysmon"), &format!("{PREFIX}Sysmon/Operational"), 1, &sysmon),
        event(
            3,
            &format!("{PREFIX}Windows Defender"),
            &format!("{PREFIX}Windows Defender/Operational"),
            1116,
            &defender,
        ),
        event(4, "Service Control Manager", "System", 7045, &service),
        event(
            5,
            &format!("{PREFIX}GroupPolicy"),
            &format!("{PREFIX}GroupPolicy/Operational"),
            4000,
            &[],
        ),
    ]
}

#[test]
fn the_kept_sample_is_what_the_test_kit_writes() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/src/sources/evtx/samples/written.evtx");
    let bytes = evtx_file(&sample());
    if std::env::var_os("INSTA_UPDATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &bytes).unwrap();
    }
    assert!(std::fs::read(path).unwrap() == bytes, "the sample or the writer has changed");
}

fn data() -> impl Strategy<Value = Fields> {
    let value = (0_u8..3, any::<i64>(), "[a-zA-Z0-9ぁ-ん漢字\\\\\"<>& ]{1,30}");
    let fields = proptest::collection::btree_map("[A-Z][a-z]{2,9}X", value, 0..8);
    fields.prop_map(|fields| {
        let value = |kind, number, text| match kind {
            0 => Value::Bool(number > 0),
            1 => Value::Int(number),
            _ => Value::Text(text),
        };
        let fields = fields.iter();
        fields.map(|(name, (kind, number, text))| (name, value(*kind, *number, text))).collect()
    })
}

fn record() -> impl Strategy<Value = Record> {
    (1_u64..1_000_000, 0_i64..2_000_000_000, any::<u16>(), data()).prop_map(
        |(record, seconds, event_id, data)| Record {
            record,
            at: Instant::default().plus_seconds(seconds),
            event_id,
            data,
            ..logon(1)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn what_goes_in_comes_out(records in proptest::collection::vec(record(), 1..20)) {
        let (events, trouble) = read(&evtx_file(&records));
        prop_assert_eq!(trouble, vec![]);
        prop_assert_eq!(events.len(), records.len());
        for (written, (number, event)) in records.iter().zip(&events) {
            prop_assert_eq!(written.record, *number);
            prop_assert_eq!(event.src.int("EventID"), Some(i64::from(written.event_id)));
            prop_assert_eq!(event.time, written.at);
            for (name, value) in written.data.iter() {
                prop_assert_eq!(event.src.get(name), Some(value));
            }
        }
    }

    #[test]
    fn any_damage_to_a_file_never_panics(
        changes in proptest::collection::vec((0_usize..70_000, any::<u8>()), 1..40),
        length in 0_usize..70_000,
    ) {
        let mut file = evtx_file(&logons(1..=60));
        for (at, byte) in changes {
            if let Some(place) = file.get_mut(at) {
                *place = byte;
            }
        }
        file.truncate(length.max(8));
        let _ = read(&file);
    }
}
