use std::io::{Cursor, Write};

use flate2::Compression;
use flate2::write::GzEncoder;
use proptest::prelude::*;
use sakimori_words::{Event, Instant, Value};
use zip::write::SimpleFileOptions;

use super::{
    Context, Damage, Limits, NotAuditEvents, Reading, SOURCES, Unreadable, fhir_audit_events, fuzz,
    read_file, read_line, understood,
};

fn context(received_at: &str) -> Context {
    Context { source: "test".to_owned(), received_at: Instant::parse(received_at).unwrap() }
}

fn line(bytes: impl AsRef<[u8]>) -> Event {
    read_line(bytes.as_ref(), &context("2026-11-20T09:00:00Z"))
}

fn file(name: &str, bytes: &[u8], limits: &Limits) -> (Vec<(String, u64, Event)>, Vec<Unreadable>) {
    let (mut events, mut trouble) = (Vec::new(), Vec::new());
    let each = &mut |reading: Reading<'_>| match reading {
        Reading::Event { file, record, event } => events.push((file.to_owned(), record, event)),
        Reading::Passed => panic!("every record was asked for"),
        Reading::Unreadable(part) => trouble.push(part),
    };
    let context = context("2026-11-20T09:00:00Z");
    read_file(name, &mut Cursor::new(bytes), &context, limits, each).unwrap();
    (events, trouble)
}

#[test]
fn a_line_without_a_year_is_dated_in_the_latest_year_that_is_not_in_the_future() {
    let dated = |line: &str, received: &str| {
        read_line(line.as_bytes(), &context(received)).time.to_string()
    };
    let new_year = "2027-01-01T00:00:10+09:00";
    assert_eq!(dated("<13>Dec 31 23:59:59 h p: x", new_year), "2026-12-31 23:59:59");
    assert_eq!(dated("<13>Jan  1 00:00:05 h p: x", new_year), "2027-01-01 00:00:05");
    // A device whose clock is a little ahead, on the last evening of the year.
    assert_eq!(
        dated("<13>Jan  1 00:00:05 h p: x", "2026-12-31T23:59:58+09:00"),
        "2027-01-01 00:00:05"
    );
    assert_eq!(dated("<13>Feb 29 12:00:00 h p: x", new_year), "2024-02-29 12:00:00");
    assert_eq!(dated("<13>Feb 30 12:00:00 h p: x", new_year), "2027-01-01 00:00:10");
}

#[test]
fn a_line_of_ten_megabytes_is_read_and_kept_whole() {
    let filling = "x".repeat(10 << 20);
    let lines = [
        format!("<13>Nov 20 02:00:00 host prog: {filling}"),
        format!(
            "<189>date=2026-11-20 time=02:00:00 devname=\"FG\" logid=\"0100032001\" type=\"event\" msg=\"{filling}\""
        ),
        format!("{{\"message\":\"{filling}\"}}"),
        format!("CEF:0|m|p|1|7|n|3|msg={filling}"),
        format!("LEEF:2.0|m|p|1|7|^|msg={filling}"),
        format!("a=1 b=2 c=3 {}", "x=\"1 ".repeat(1 << 18)),
        format!("LEEF:2.0|m|p|1|7|^|{}", "^a=^".repeat(1 << 18)),
        format!("CEF:0|m|p|1|7|n|3|{}", "a=a=\\=a".repeat(1 << 18)),
        format!("CEF:0|m|p|1|7|n|3|cs1={filling}{}", " cs1Label=x".repeat(1 << 12)),
        format!(
            "<13>Nov 20 02:00:00 host smbd_audit[1]: a|10.20.7.31|renameat|ok|{}",
            "|/".repeat(5 << 20)
        ),
        format!(
            "<13>Nov 20 02:00:00 host postfix/smtp[1]: 4F1B2C: to=<{}",
            "> to=<".repeat(1 << 20)
        ),
        format!(
            "<13>Nov 20 02:00:00 host postfix/cleanup[1]: NOQUEUE: reject: header {}",
            " from ; from=".repeat(1 << 20)
        ),
        format!(
            "<13>Nov 20 02:00:00 host dhcpd[1]: DHCPACK on {}",
            "to 10.20.7.31 ".repeat(1 << 20)
        ),
        format!(
            "<13>Nov 20 02:00:00 host named[1]: client 10.20.7.31#1 ({}",
            "): query: ".repeat(1 << 20)
        ),
        format!("10,11/20/26,02:11:09,{}", ",".repeat(10 << 20)),
        format!(
            "11/20/2026 2:11:09 AM 0E70 PACKET  00 UDP Rcv 10.20.7.31 1 Q [0001 D NOERROR] A {}",
            "(1)a".repeat(2 << 20)
        ),
        format!("<189>date=2026-11-20 type=event devid=F {}", "a=\"b ".repeat(2 << 20)),
        filling,
    ];
    for text in lines {
        let event = line(&text);
        assert_eq!(event.raw, text.as_bytes());
        assert!(event.message.chars().count() <= 1_000);
    }
}

#[test]
fn nul_bytes_and_broken_encodings_cost_nothing() {
    let event = line(b"<13>Nov 20 02:00:00 host prog: a\0b\xff\xfe c\0");
    assert_eq!(event.host, "host");
    assert!(event.message.starts_with("a b"));
    assert!(event.raw.ends_with(b"c\0"));
}

#[test]
fn what_no_source_understands_is_kept_as_text() {
    let event = line("something else entirely");
    assert!(!understood(&event));
    assert_eq!((event.class_uid, event.message.as_str()), (0, "something else entirely"));
}

#[test]
fn a_zeek_line_without_its_header_is_kept_as_text() {
    let followed = [
        "#separator \\x09",
        "#fields\tts\tuid\tid.orig_h\tquery",
        "1795108269.120000\tCmH1a42sakimori01\t10.20.7.31\tfiles.example",
        "2026-11-20T02:11:09.120000Z\tCmH1a42sakimori01\t10.20.7.31\tfiles.example",
    ];
    for text in followed {
        let event = line(text);
        assert!(!understood(&event), "{text}");
        assert_eq!(event.raw, text.as_bytes());
    }
}

#[test]
fn a_zeek_json_line_is_placed_by_the_name_of_its_file() {
    let text = br#"{"ts":1.5,"uid":"C1","id.orig_h":"10.20.7.31","command":"x"}"#;
    let service = |source: &str| {
        let context = Context { source: source.to_owned(), ..context("2026-11-20T09:00:00Z") };
        read_line(text, &context).service
    };
    assert_eq!(service("follow//opt/zeek/logs/current/irc.log"), "irc");
    assert_eq!(service("inbox/irc.10:00:00-11:00:00.log"), "irc");
    assert_eq!(service("inbox/export.json"), "");
}

#[test]
fn every_source_has_its_own_name_and_a_title_in_both_languages() {
    let mut names: Vec<&str> = SOURCES.iter().map(|source| source.name()).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), SOURCES.len());
    assert!(
        SOURCES.iter().all(|source| !source.title().ja.is_empty() && !source.title().en.is_empty())
    );
}

fn packed(entries: &[(&str, &[u8])]) -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for (name, bytes) in entries {
        zip.start_file(*name, SimpleFileOptions::default()).unwrap();
        zip.write_all(bytes).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn lines_without_a_year_in_an_archive_are_dated_by_its_own_times() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let written = zip::DateTime::from_date_and_time(2023, 1, 2, 3, 4, 6).unwrap();
    zip.start_file("old.log", SimpleFileOptions::default().last_modified_time(written)).unwrap();
    zip.write_all(b"<13>Dec 31 02:00:00 h p: x\n<13>Jan  2 03:04:05 h p: x\n").unwrap();
    let (events, _) = file("z.zip", &zip.finish().unwrap().into_inner(), &Limits::STANDARD);
    let times: Vec<String> = events.iter().map(|(_, _, event)| event.time.to_string()).collect();
    assert_eq!(times, ["2022-12-31 02:00:00", "2023-01-02 03:04:05"]);
    assert!(events.iter().all(|(_, _, event)| event.received_at.rfc3339().starts_with("2026")));
}

#[test]
fn a_short_record_cannot_fill_memory_with_its_names() {
    let name = "n".repeat(2_000);
    let elements = "1,".repeat(9_999);
    let event = line(format!("{{\"first\":\"told\",\"{name}\":[{elements}1]}}"));
    let n_bytes: usize =
        event.src.iter().map(|(name, value)| name.len() + value.to_text().len()).sum();
    assert!(n_bytes <= 1 << 20, "{n_bytes}");
    assert_eq!(event.src.get("first"), Some("told".into()));
    let name = "N".repeat(1 << 20);
    let values = "\"x\",".repeat(50_000);
    let event = line(format!(
        "{{\"__REALTIME_TIMESTAMP\":\"1\",\"SYSLOG_IDENTIFIER\":\"told\",\"{name}\":[{values}\"x\"]}}"
    ));
    let n_bytes: usize =
        event.src.iter().map(|(name, value)| name.len() + value.to_text().len()).sum();
    assert!(n_bytes <= 2 << 20, "{n_bytes}");
    assert_eq!(event.service, "told");
    let event = line(format!("{{\"a\":\"{}\",\"b\":1}}", "語".repeat(1 << 20)));
    assert!(event.src.text("a").unwrap().len() <= 1 << 20);
}

#[test]
fn json_is_read_behind_marks_and_white_space_of_any_kind() {
    for before in ["", " ", "\u{feff}", "\u{feff}\u{feff}", "\u{3000}", "\u{b}", "@cee: "] {
        let event = line(format!("{before}{{\"user\":\"sato\"}}"));
        assert_eq!(event.user, "sato", "{before:?}");
    }
}

const SYSLOG: &[u8] = b"<13>Nov 20 02:00:00 h p: one\n<13>Nov 20 02:00:01 h p: two\n";

#[test]
fn logs_in_an_archive_are_read_under_safe_names() {
    let inner = packed(&[("inner.log", SYSLOG)]);
    let entries: [(&str, &[u8]); 4] = [
        ("logs/a.log", SYSLOG),
        ("../../etc/b\\c:.log", SYSLOG),
        ("inner.zip", &inner),
        ("p.png", b"\x89PNG\x01\x02\x03\x04"),
    ];
    let (events, trouble) = file("upload.zip", &packed(&entries), &Limits::STANDARD);
    let names: Vec<&str> = events.iter().map(|(name, _, _)| name.as_str()).collect();
    assert_eq!(
        names,
        [
            "upload.zip/logs/a.log",
            "upload.zip/logs/a.log",
            "upload.zip/etc/b/c_.log",
            "upload.zip/etc/b/c_.log"
        ]
    );
    let reasons: Vec<(&str, bool)> =
        trouble.iter().map(|part| (part.file.as_str(), part.damage == Damage::Nested)).collect();
    assert_eq!(reasons, [("upload.zip/inner.zip", true), ("upload.zip/p.png", false)]);
}

#[test]
fn an_archive_that_would_never_end_is_stopped_and_its_beginning_kept() {
    let lines = [&[b'a'; 1_000][..], b"\n"].concat().repeat(24_000);
    let archive = packed(&[("bomb.log", &lines), ("after.log", SYSLOG)]);
    assert!(archive.len() < lines.len() / 200);
    let (events, trouble) = file("z.zip", &archive, &Limits::STANDARD);
    assert!(trouble[0].reason.contains("packed too tightly"), "{trouble:?}");
    assert!((8_000..24_000).contains(&events.len()));
    assert_eq!(events.iter().filter(|(name, _, _)| name.ends_with("after.log")).count(), 2);
    let limits = Limits { archive_bytes: 100, archive_entries: 1, ..Limits::STANDARD };
    let (_, trouble) =
        file("z.zip", &packed(&[("a.log", &SYSLOG.repeat(9)), ("b.log", SYSLOG)]), &limits);
    assert!(trouble[0].damage == Damage::TooManyEntries);
    assert!(trouble[1].reason.contains("more than the limit"));
}

fn gzipped(bytes: &[u8]) -> Vec<u8> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::default());
    gzip.write_all(bytes).unwrap();
    gzip.finish().unwrap()
}

#[test]
fn a_log_that_rotation_packed_is_read_alone_and_in_an_archive() {
    let old = gzipped(SYSLOG);
    let (events, trouble) = file("auth.log.2.gz", &old, &Limits::STANDARD);
    assert_eq!((events.len(), trouble.len()), (2, 0));
    assert_eq!(events[1].0, "auth.log.2.gz/auth.log.2");
    assert_eq!((events[1].1, &*events[1].2.raw), (2, &SYSLOG[29..57]));
    let evtx = gzipped(include_bytes!("evtx/samples/written.evtx"));
    assert_eq!(file("Security.evtx.gz", &evtx, &Limits::STANDARD).0.len(), 5);
    // Two members in a row are one file, as gzip itself reads them.
    assert_eq!(file("a.gz", &[old.clone(), old.clone()].concat(), &Limits::STANDARD).0.len(), 4);
    let (events, trouble) =
        file("z.zip", &packed(&[("logs/a.log.gz", &old), ("b", SYSLOG)]), &Limits::STANDARD);
    assert_eq!((events.len(), trouble.len()), (4, 0));
    assert_eq!(events[0].0, "z.zip/logs/a.log.gz/a.log");
}

#[test]
fn a_packed_log_that_is_damaged_is_read_as_far_as_it_goes_and_says_so() {
    let lines: Vec<u8> =
        (0..20_000_u64).flat_map(|n| format!("{}\n", n * n * 7_919).into_bytes()).collect();
    let whole = gzipped(&lines);
    let (events, trouble) = file("a.gz", &whole[..whole.len() / 2], &Limits::STANDARD);
    assert!((5_000..20_000).contains(&events.len()), "{}", events.len());
    assert_eq!((trouble.len(), trouble[0].damage), (1, Damage::Cut));
    let mut altered = gzipped(SYSLOG);
    // The checksum of what it unpacks to, in its last eight bytes.
    let n = altered.len();
    altered[n - 8] ^= 1;
    let (events, trouble) = file("a.gz", &altered, &Limits::STANDARD);
    assert_eq!((events.len(), trouble.len()), (2, 1), "{trouble:?}");
    let (events, trouble) = file("a.gz", b"\x1f\x8bnothing of the kind", &Limits::STANDARD);
    assert_eq!((events.len(), trouble.len()), (0, 1), "{trouble:?}");
}

#[test]
fn a_packed_file_that_would_never_end_is_stopped_and_an_archive_in_it_named() {
    let lines = [&[b'a'; 1_000][..], b"\n"].concat().repeat(24_000);
    for (name, bytes) in [
        ("a.gz", gzipped(&lines)),
        ("z.zip", packed(&[("a.gz", &gzipped(&lines))])),
        ("z.zip", packed(&[("a.gz", &gzipped(&gzipped(&lines)))])),
    ] {
        let (events, trouble) = file(name, &bytes, &Limits::STANDARD);
        assert!(events.len() < 24_000 && trouble.len() == 1, "{name}: {trouble:?}");
    }
    let (_, trouble) = file("a.gz", &gzipped(&packed(&[("a.log", SYSLOG)])), &Limits::STANDARD);
    assert_eq!((trouble[0].damage, trouble[0].reason.as_str()), (Damage::Nested, "zip"));
    let tar = [&[0; 257][..], b"ustar\0", &[0; 249]].concat();
    let (_, trouble) = file("logs.tar.gz", &gzipped(&tar), &Limits::STANDARD);
    assert_eq!((trouble[0].damage, trouble[0].reason.as_str()), (Damage::Nested, "tar"));
}

#[test]
fn an_evtx_file_in_an_archive_is_read_up_to_the_limit() {
    let evtx = include_bytes!("evtx/samples/written.evtx");
    let archive = packed(&[("Security.evtx", evtx)]);
    assert_eq!(file("z.zip", &archive, &Limits::STANDARD).0.len(), 5);
    let limits = Limits { entry_bytes: 5_000, ..Limits::STANDARD };
    let (events, trouble) = file("z.zip", &archive, &limits);
    assert!(!events.is_empty() && events.len() < 5, "{}", events.len());
    assert!(trouble.iter().any(|part| part.reason.contains("larger than the limit")));
}

#[test]
fn an_archive_entry_that_cannot_be_unpacked_is_named_and_the_next_one_read() {
    let mut archive = packed(&[("a.log", SYSLOG), ("b.log", SYSLOG)]);
    // Compression method 97 in the local and the central header of the first entry.
    archive[8] = 97;
    let central = archive.windows(4).position(|bytes| bytes == b"PK\x01\x02").unwrap();
    archive[central + 10] = 97;
    let (events, trouble) = file("z.zip", &archive, &Limits::STANDARD);
    assert_eq!(trouble[0].file, "z.zip/a.log");
    assert_eq!(events.len(), 2);
    let (events, trouble) = file("z.zip", &archive[..archive.len() / 2], &Limits::STANDARD);
    assert!(events.is_empty() && trouble[0].damage == Damage::Archive);
}

#[test]
fn one_broken_line_of_json_does_not_cost_the_next() {
    let text = b"{\"a\":1}\n{\"a\":\n{\"a\":3}\n";
    let (events, _) = file("x.jsonl", text, &Limits::STANDARD);
    let understood: Vec<bool> = events.iter().map(|(_, _, event)| understood(event)).collect();
    assert_eq!(understood, [true, false, true]);
}

#[test]
fn json_values_over_several_lines_keep_their_own_bytes() {
    let text = "[\n  {\"a\": \"}]{\"},\n  {\n    \"b\": {\"c\": 1}\n  }\n]\n";
    let (events, _) = file("x.json", text.as_bytes(), &Limits::STANDARD);
    let raw: Vec<String> = events
        .iter()
        .map(|(_, _, event)| String::from_utf8_lossy(&event.raw).into_owned())
        .collect();
    assert_eq!(raw, ["{\"a\": \"}]{\"}", "{\n    \"b\": {\"c\": 1}\n  }"]);
}

#[test]
fn an_audit_message_over_several_lines_is_one_record_of_a_counted_stream() {
    let xml = include_str!("atna/samples/rfc3881.xml");
    let message =
        format!("<85>1 2026-11-20T08:31:08+09:00 emr01 emr - IHE+RFC-3881 - \u{feff}{xml}");
    let mut framer = crate::Framer::new(1 << 20);
    let frames = framer.push(format!("{} {message}", message.len()).repeat(2).as_bytes());
    assert_eq!(frames.len(), 2);
    let event = line(&frames[1].bytes);
    assert_eq!((event.user.as_str(), event.activity.as_str()), ("ishi&03", "update"));
    assert_eq!(event.patient, "000456");
    assert_eq!(event.raw, message.as_bytes());
}

#[test]
fn entities_of_an_audit_message_stay_as_they_were_written() {
    let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxx'><!ENTITY c '&b;&b;&b;'>]>";
    let event = line(format!(
        "<?xml version='1.0'?>{bomb}<AuditMessage><EventIdentification EventDateTime='2026-11-20T08:00:00Z'>\
         <EventID csd-code='110112'/></EventIdentification><ActiveParticipant UserID='&c;'/></AuditMessage>"
    ));
    assert_eq!(event.user, "&c;");
}

#[test]
fn a_message_of_nothing_but_beginnings_ends() {
    let nested = "<AuditMessage>".repeat(200_000);
    assert_eq!(line(&nested).raw, nested.as_bytes());
    let ends = [&b"<?xml?>"[..], &b"AuditMessage>".repeat(300_000)].concat();
    let (events, _) = file("x.xml", &ends, &Limits::STANDARD);
    assert_eq!(events.len(), 1);
}

const AUDIT_EVENT: &str = r#"{"resourceType":"AuditEvent","recorded":"2026-11-20T02:00:00Z","code":{"text":"参照"},
    "agent":[{"who":{"display":"n2207"}}],"patient":{"reference":"Patient/000123"}}"#;

#[test]
fn a_posted_body_gives_one_event_for_each_audit_event_with_its_own_bytes() {
    let context = context("2026-11-20T09:00:00Z");
    let post = |body: &str| fhir_audit_events(body.as_bytes(), &context).unwrap();
    let bundle = format!(
        "\u{feff}{{\"entry\":[{{\"resource\":{AUDIT_EVENT}}},{{\"resource\": {AUDIT_EVENT} }}],\"resourceType\":\"Bundle\"}}"
    );
    for (body, n_events) in [
        (AUDIT_EVENT.to_owned(), 1),
        (format!("{AUDIT_EVENT}\n{AUDIT_EVENT}\n{bundle}").replacen('\u{feff}', "", 1), 4),
        (bundle, 2),
    ] {
        let events = post(&body);
        assert_eq!(events.len(), n_events);
        assert!(events.iter().all(|event| event.raw == AUDIT_EVENT.as_bytes()));
        assert!(events.iter().all(|event| event.patient == "000123" && event.user == "n2207"));
    }
}

#[test]
fn a_posted_body_is_refused_with_the_place_of_what_is_wrong() {
    let context = context("2026-11-20T09:00:00Z");
    let refused = |body: &[u8]| fhir_audit_events(body, &context).unwrap_err();
    let bundle = |second: &str| {
        format!(
            "{{\"resourceType\":\"Bundle\",\"entry\":[{{\"resource\":{AUDIT_EVENT}}},{{\"resource\":{second}}}]}}"
        )
    };
    let said = [
        bundle(&AUDIT_EVENT.replace("recorded", "recoded")),
        bundle(&AUDIT_EVENT.replace("2026-11-20T02:00:00Z", "昨日")),
        AUDIT_EVENT.replace("\"agent\":[", "\"agent\":[],\"x\":["),
        AUDIT_EVENT.replace("\"code\"", "\"cod\""),
        bundle("{\"resourceType\":\"Patient\"}"),
        "[]".to_owned(),
        "{\"resourceType\":\"Bundle\"}".to_owned(),
        format!("{AUDIT_EVENT}\n{{"),
        bundle(&format!("{{\"x\":\"{}\"}}", "x".repeat(1 << 20))),
        String::new(),
    ]
    .map(|body| refused(body.as_bytes()).to_string());
    assert_eq!(
        said,
        [
            "Bundle.entry[1].resource.recorded is missing or not of the form FHIR asks for",
            "Bundle.entry[1].resource.recorded is missing or not of the form FHIR asks for",
            "AuditEvent.agent is missing or not of the form FHIR asks for",
            "AuditEvent.code is missing or not of the form FHIR asks for",
            "Bundle.entry[1].resource is not an AuditEvent but Patient",
            "AuditEvent is not an AuditEvent but no FHIR resource",
            "there is no resource in the body",
            "not JSON at line 3, column 1: EOF while parsing an object at line 3 column 1",
            "Bundle.entry[1].resource is larger than 1048576 bytes",
            "there is no resource in the body",
        ]
    );
    assert_eq!(refused(b"\xff\xfe{"), NotAuditEvents::Encoding);
    assert!(refused(b"{").what().ja.contains("JSON として読めません"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    #[test]
    fn any_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600), kind in 0_usize..20) {
        const BEGINNINGS: [&[u8]; 20] = [
            b"id=firewall sn=1 m=2 c=3 time=",
            b"[INSPECT] PP[01][out][1] TCP 192.0.2.1:1 > ",
            b"LEEF:2.0|m|p|1|7|^|devTime=1^devTimeFormat=",
            b"CEF:0|m|p|1|7|n|3|cs1Label=",
            b"R8.11.20 8:05,\"a", b"name = \"a\"\ntitle = { ja = \"a\", en = \"b\" }\nheader = [\"",
            b"{\"resourceType\":\"AuditEvent\",", b"{\"resourceType\": \"Bundle\", \"entry\": [",
            b"<AuditMessage><EventIdentification><EventID code=\"", b"<?xml version=\"1.0\"?><!DOCTYPE a [<!ENTITY b \"c\">]><AuditMessage>",
            b"type=EXECVE msg=audit(1.5:7): a0=",
            b"", b"<13>", b"<34>1 2026-11-20T02:00:00Z h a - - [", b"date=2026-11-20 devname=\"", b"{\"event_type\":", b"{\"System\":",
            b"PK\x03\x04", b"ElfFile\0", b"\xff\xfe",
        ];
        let bytes = [BEGINNINGS[kind], &bytes].concat();
        fuzz::fuzz_syslog_line(&bytes);
        fuzz::fuzz_key_value(&bytes);
        fuzz::fuzz_key_value_line(&bytes);
        fuzz::fuzz_json_line(&bytes);
        fuzz::fuzz_posted_body(&bytes);
        fuzz::fuzz_audit_line(&bytes);
        fuzz::fuzz_cef_line(&bytes);
        fuzz::fuzz_leef_line(&bytes);
        fuzz::fuzz_date_pattern(&bytes);
        fuzz::fuzz_yamaha_line(&bytes);
        fuzz::fuzz_audit_message(&bytes);
        fuzz::fuzz_fhir(&bytes);
        fuzz::fuzz_csv_file(&bytes);
        fuzz::fuzz_csv_map(&bytes);
        fuzz::fuzz_evtx_chunk(&bytes);
        fuzz::fuzz_file(&bytes);
        fuzz::fuzz_zeek_file(&bytes);
        fuzz::fuzz_journal(&bytes);
        fuzz::fuzz_samba_line(&bytes);
        fuzz::fuzz_mail_line(&bytes);
        fuzz::fuzz_dhcp_line(&bytes);
        fuzz::fuzz_dns_line(&bytes);
        prop_assert_eq!(line(&bytes).raw, bytes);
    }

    #[test]
    fn a_syslog_header_comes_back_as_it_was_written(
        priority in 0_u32..192, host in "[a-z][a-z0-9-]{0,20}", program in "[a-z][a-z0-9_-]{0,20}", id in 1_u32..99_999, body in "[ぁ-んa-zA-Z0-9 .:]{0,60}",
    ) {
        let event = line(format!("<{priority}>Nov 20 02:00:00 {host} {program}[{id}]: {body}"));
        prop_assert_eq!(&event.host, &host);
        prop_assert_eq!(event.src.text("syslog_appname").unwrap(), program);
        prop_assert_eq!(event.src.text("syslog_procid").unwrap(), id.to_string());
        prop_assert_eq!(event.message, body.trim());
    }

    #[test]
    fn key_value_pairs_come_back_as_they_were_written(pairs in proptest::collection::btree_map("[a-z]{3,10}", "[ぁ-んa-zA-Z0-9 .:=\\\\]{0,30}", 1..20)) {
        let written = pairs.iter().map(|(key, value)| format!(" x{key}=\"{value}\"")).collect::<String>();
        let event = line(format!("date=2026-11-20 type=\"event\" devid=\"F\"{written}"));
        for (key, value) in &pairs {
            // A value may itself look like the next pair; then quotes decide.
            let value = value.replace("\\\"", "\"");
            prop_assert_eq!(event.src.get(&format!("x{key}")), Some(Value::Text(&value)));
        }
    }

    #[test]
    fn a_cef_record_comes_back_as_it_was_written(
        name in "[ぁ-んa-z|\\\\ ]{0,20}", pairs in proptest::collection::btree_map("[a-z]{2,9}[0-9]", "[ぁ-んa-zA-Z0-9.:=|\\\\\n ]{0,30}", 0..20),
    ) {
        let header = name.replace('\\', "\\\\").replace('|', "\\|");
        let escaped = |value: &str| value.replace('\\', "\\\\").replace('=', "\\=").replace('\n', "\\n");
        let written = pairs.iter().map(|(key, value)| format!(" {key}={}", escaped(value))).collect::<String>();
        let event = line(format!("<13>Nov 20 02:00:00 host CEF:0|maker|product|1|7|{header}|3|{written}"));
        prop_assert_eq!(event.src.text("name").unwrap_or_default(), name.trim());
        for (key, value) in &pairs {
            // The blanks around a value belong to nobody; a line end is not one of them.
            let value = value.trim_matches(' ');
            prop_assert_eq!(event.src.get(key).unwrap().to_text(), value);
        }
    }

    #[test]
    fn a_leef_record_comes_back_as_it_was_written(pairs in proptest::collection::btree_map("[a-z]{2,9}[0-9]", "[ぁ-んa-zA-Z0-9.:=|\\\\ ]{0,30}", 1..20), kind in 0_usize..4) {
        const DELIMITERS: [(&str, char); 4] = [("^", '^'), ("x09", '\t'), ("0x5e", '^'), ("", '\t')];
        let (name, delimiter) = DELIMITERS[kind];
        let written = pairs.iter().map(|(key, value)| format!("{key}={value}{delimiter}")).collect::<String>();
        let event = line(format!("LEEF:2.0|maker|product|1|7|{name}|{written}"));
        for (key, value) in &pairs {
            prop_assert_eq!(event.src.get(key).unwrap().to_text(), value.trim());
        }
    }

    #[test]
    fn a_filtered_packet_comes_back_as_it_was_written(
        from in any::<std::net::Ipv4Addr>(), to in any::<std::net::Ipv6Addr>(), port in any::<u16>(), filter in "[0-9]{1,6}", pp in 0_u8..99, passed in any::<bool>(),
    ) {
        let verdict = if passed { "Passed" } else { "Rejected" };
        let event = line(format!("<134>PP[{pp:02}] {verdict} at IN({filter}) filter: TCP {from}:{port} > {to}.{port}"));
        prop_assert_eq!(&event.product, "yamaha");
        prop_assert_eq!(&event.status, if passed { "success" } else { "failure" });
        prop_assert_eq!((event.src_ip, event.dst_ip), (from.to_string(), to.to_string()));
        prop_assert_eq!(event.src.int("src_port"), Some(i64::from(port)));
        prop_assert_eq!(event.src.int("dst_port"), Some(i64::from(port)));
        prop_assert_eq!(event.src.text("filter").unwrap(), filter);
    }

    #[test]
    fn any_line_of_pairs_comes_back_as_it_was_written(
        pairs in proptest::collection::btree_map("[a-z]{3,10}", "[ぁ-んa-zA-Z0-9.:/ ]{0,20}[a-z]", 3..20), user in "[a-z]{3,8}", ip in any::<std::net::Ipv6Addr>(),
    ) {
        let written = pairs.iter().map(|(key, value)| format!(" x{key}=\"{value}\"")).collect::<String>();
        let event = line(format!("USER={user} src_ip={ip} action=deny{written}"));
        prop_assert_eq!((event.user, event.src_ip), (user, ip.to_string()));
        prop_assert_eq!((&*event.activity, &*event.status), ("deny", "failure"));
        for (key, value) in &pairs {
            prop_assert_eq!(event.src.get(&format!("x{key}")), Some(Value::Text(value)));
        }
    }

    #[test]
    fn members_of_an_object_come_back_as_they_were_written(members in proptest::collection::btree_map("[a-z]{1,10}", "\\PC{0,30}", 1..20)) {
        let event = line(serde_json::to_string(&members).unwrap());
        for (name, text) in &members {
            prop_assert_eq!(event.src.get(name), Some(Value::Text(text)));
        }
    }
}
