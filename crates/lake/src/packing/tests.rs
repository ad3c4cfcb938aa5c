//! What is packed comes out as it went in.

use arrow::array::Array as _;
use proptest::prelude::*;
use sakimori_words::Event;

use super::*;
use crate::batch::{SealedBatches, all_events};
use crate::reader::StoredEvent;
use crate::tests::{START, as_text, event};

fn stored(events: Vec<Event>) -> Vec<StoredEvent> {
    let numbered = events.into_iter().enumerate();
    let stored = |(n, event): (usize, Event)| StoredEvent {
        seq: n as u64 + 1,
        leaf: crate::leaf_digest(n as u64 + 1, &event.source, event.received_at, &event.raw),
        event,
    };
    numbered.map(stored).collect()
}

/// Packs and unpacks; how many of the events were stored packed.
fn through(events: &[Event]) -> usize {
    let stored = stored(events.to_vec());
    let mut back = Vec::new();
    let mut packed = 0;
    for batch in SealedBatches::of(&stored).map(Result::unwrap) {
        let shapes = batch.column_by_name(SHAPE).unwrap();
        packed += shapes.len() - shapes.null_count();
        back.extend(all_events(&unpacked(&batch).unwrap()));
    }
    let expected = events.iter().cloned().map(as_text).collect::<Vec<_>>();
    assert_eq!(back.into_iter().map(|stored| stored.event).collect::<Vec<_>>(), expected);
    packed
}

/// The shapes that these events share.
fn stored_shapes(events: &[Event]) -> std::collections::BTreeSet<String> {
    let packer = Packer::of(events.iter());
    packer.shapes().filter(|shape| !shape.is_empty()).map(str::to_owned).collect()
}

fn line(raw: &str, message: &str, src: &[(&str, &str)]) -> Event {
    let mut event = Event {
        source: "syslog/10.0.0.1".to_owned(),
        received_at: START,
        time: START,
        raw: raw.as_bytes().to_vec(),
        message: message.to_owned(),
        host: "FG-100F".to_owned(),
        user: "suzuki".to_owned(),
        ..Event::default()
    };
    src.iter().for_each(|(name, value)| event.src.push(*name, *value));
    event
}

/// Values of which some hold others, look like the time, or are written otherwise as JSON.
const NEARLY: [&str; 12] = [
    "",
    "x1",
    "x1y",
    "12",
    "1 2",
    "suzuki",
    "FG-100F",
    "a\"b1",
    "002",
    "1795132800",
    "1795132801123456",
    "2026-11-20",
];

#[test]
fn lines_of_one_kind_share_one_shape_whatever_their_values() {
    let events: Vec<Event> = (0..100).map(event).collect();
    assert_eq!(through(&events), 100);
    let shapes = stored_shapes(&events);
    // One for each of the three sources would do; the words of the record are the same.
    assert!(shapes.len() <= 3, "{shapes:?}");
}

#[test]
fn what_nobody_shares_is_stored_as_it_is() {
    let events: Vec<Event> = ["alpha", "beta", "gamma"].map(|word| line(word, word, &[])).into();
    assert_eq!(through(&events), 0);
}

#[test]
fn values_inside_json_and_repeated_and_empty_ones_come_back() {
    let raw = r#"{"Path":"C:\\Users\\suzuki","Again":"C:\\Users\\suzuki","Host":"FG-100F","Empty":"","N":7}"#;
    let src = [
        ("Path", r"C:\Users\suzuki"),
        ("Again", r"C:\Users\suzuki"),
        ("Host", "FG-100F"),
        ("Empty", ""),
        ("N", "7"),
        ("N", "8"),
    ];
    assert_eq!(through(&vec![line(raw, "suzuki on FG-100F: 7", &src); 9]), 9);
}

#[test]
fn a_message_that_ends_the_record_is_not_stored_again() {
    let event = |n: u32| {
        let message = format!("Accepted password for tanaka from 10.0.0.{n} port 5{n}");
        let raw = format!("<38>Jun 20 11:22:{:02} gw sshd[{n}]: {message}", n % 60);
        line(&raw, &message, &[("pid", &n.to_string())])
    };
    let events: Vec<Event> = (110..160).map(event).collect();
    assert_eq!(through(&events), 50);
    assert_eq!(stored_shapes(&events).len(), 1);
}

#[test]
fn more_words_than_columns_come_back() {
    let words = |n: u32| (0..90).map(|k| format!("w{} ", n * k)).collect::<String>();
    let events: Vec<Event> = (0..20).map(|n| line(&words(n), &words(n + 1), &[])).collect();
    assert_eq!(through(&events), 20);
}

#[test]
fn records_that_are_no_text_or_hold_marks_are_stored_as_they_are() {
    let bytes = Event { raw: vec![0x83, 0x41, 0xFF], ..line("", "", &[]) };
    assert_eq!(through(&vec![bytes; 9]), 0);
    assert_eq!(through(&vec![line("a\u{1}0b", "", &[]); 9]), 0);
    assert_eq!(through(&vec![line("a", "b\u{7}", &[]); 9]), 0);
    assert_eq!(through(&vec![line("a", "", &[("x\u{8}", "1")]); 9]), 0);
}

#[test]
fn what_the_time_says_is_no_value() {
    let event = |n: u32| {
        let time = START.plus_seconds(i64::from(n) * 7 + 100_000);
        let second = time.as_micros() / 1_000_000;
        let shown = sakimori_words::jst_datetime(time);
        let (date, clock) = (shown.strftime("%Y-%m-%d"), shown.strftime("%H:%M:%S"));
        let raw = format!("date={date} time={clock} eventtime={second}000000123 zone=UTC");
        let (date, clock) = (date.to_string(), clock.to_string());
        let fields = [("date", date.as_str()), ("time", clock.as_str())];
        let mut event = Event { time, ..line(&raw, "", &fields) };
        event.src.push("eventtime", second * 1_000_000_000 + 123);
        event
    };
    let events: Vec<Event> = (0..30).map(event).collect();
    assert_eq!(through(&events), 30);
    let shapes = stored_shapes(&events);
    assert_eq!(shapes.len(), 1);
    assert!(!shapes.iter().any(|shape| shape.contains(['\u{1}', '\u{2}', '\u{5}'])), "{shapes:?}");
    assert!(held(&events, "9f3a7c1", false).iter().all(|(may, _)| !may));
}

#[test]
fn more_fields_than_columns_come_back() {
    let event = |n: usize| {
        let fields: Vec<(String, String)> =
            (0..60).map(|k| (format!("f{k}"), format!("{}-{k}", n % (k + 2)))).collect();
        let fields: Vec<_> = fields.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect();
        line("x", "", &fields)
    };
    assert_eq!(through(&(0..40).map(event).collect::<Vec<_>>()), 40);
}

/// The time of the events in one of the ways in which logs write it.
fn clock() -> impl Strategy<Value = String> {
    (0_usize..13).prop_map(|n| {
        let mut text = String::new();
        assert!(clock::write(n, START.as_micros(), &mut text));
        text
    })
}

/// Texts as logs have them: words, numbers, punctuation, escapes, Japanese, marks of shapes.
fn text() -> impl Strategy<Value = String> {
    let part = prop_oneof![
        "[a-z]{1,4}",
        "[0-9]{1,4}",
        "[ =\"\\\\:,.\n\t]",
        "(病棟|患者|参照)",
        "[a-f0-9]{4}",
        "[\u{0}-\u{9}]",
        Just("suzuki".to_owned()),
        Just("FG-100F".to_owned()),
        clock(),
    ];
    prop::collection::vec(part, 0..14).prop_map(|parts| parts.concat())
}

fn column(batch: &arrow::array::RecordBatch, name: &str) -> arrow::array::ArrayRef {
    Arc::clone(batch.column_by_name(name).unwrap())
}

/// The rows that may hold the needle, beside those that do.
fn held(events: &[Event], needle: &str, any_case: bool) -> Vec<(bool, bool)> {
    let needle = Needle::new(needle, any_case).unwrap();
    let fold = |text: &str| if any_case { text.to_ascii_lowercase() } else { text.to_owned() };
    let mut told = Vec::new();
    for batch in SealedBatches::of(&stored(events.to_vec())).map(Result::unwrap) {
        let read: Vec<_> = needle.columns().iter().map(|name| column(&batch, name)).collect();
        let may = may_hold(&needle, &read).unwrap();
        let events = all_events(&unpacked(&batch).unwrap());
        for (may, stored) in may.iter().zip(events) {
            let raw = String::from_utf8_lossy(&stored.event.raw).into_owned();
            let does =
                [raw, stored.event.message].iter().any(|text| fold(text).contains(needle.text()));
            told.push((may.unwrap(), does));
        }
    }
    told
}

#[test]
fn rows_without_a_text_are_told_apart_without_their_records() {
    let events: Vec<Event> = (0..60).map(event).collect();
    for (needle, any_case) in
        [("suzuki3", false), ("SUZUKI3", true), ("記録 17:", false), ("7: user", false)]
    {
        let told = held(&events, needle, any_case);
        assert!(told.iter().any(|(_, does)| *does), "{needle}");
        assert!(told.iter().all(|(may, does)| *may || !does), "{needle}");
    }
    assert!(held(&events, "suzuki9", false).iter().all(|(may, _)| !may));
    assert!(held(&events, "10.99.", false).iter().all(|(may, _)| !may));
}

proptest! {
    #[test]
    fn no_row_that_holds_a_text_is_passed_over(
        raws in prop::collection::vec(text(), 1..4), from in any::<prop::sample::Index>(),
        length in 1_usize..6, any_case in any::<bool>(), src in prop::collection::vec(text(), 0..4),
    ) {
        let fields: Vec<_> = src.iter().map(|value| ("f", value.as_str())).collect();
        let held_values = src.join("\" x=\"");
        let lines: Vec<Event> =
            raws.iter().map(|raw| line(&format!("{raw} {held_values}"), raw, &fields)).collect();
        let events: Vec<Event> = lines.iter().cycle().take(9 * lines.len()).cloned().collect();
        let whole: Vec<char> = raws.concat().chars().chain(held_values.chars()).collect();
        let from = if whole.is_empty() { 0 } else { from.index(whole.len()) };
        let needle: String = whole.into_iter().skip(from).take(length).collect();
        if Needle::new(&needle, any_case).is_some() {
            for (may, does) in held(&events, &needle, any_case) {
                prop_assert!(may || !does, "{needle:?}");
            }
        }
    }

    #[test]
    fn any_record_comes_back(raw in text(), message in text(), cut in any::<bool>(),
                             src in prop::collection::vec((text(), text()), 0..6)) {
        let fields: Vec<_> = src.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // A record often holds its values and its message.
        let held = fields.iter().map(|(_, value)| *value).collect::<Vec<_>>().join("\" x=\"");
        let raw = if cut { format!("{raw} {held}: {message}") } else { raw };
        through(&vec![line(&raw, &message, &fields); 9]);
    }

    /// Each is tried as the ones before it, and most are, but for a value that is empty, has an end in it, is written otherwise in
    /// the record or stands in a column.
    #[test]
    fn records_of_nearly_one_kind_come_back(
        records in prop::collection::vec((prop::collection::vec(0..NEARLY.len(), 4), 0..4_usize), 1..40),
    ) {
        let events: Vec<Event> = records.iter().map(|(values, kind)| {
            let [a, b, c, d] = [0, 1, 2, 3].map(|n| NEARLY[values[n]]);
            let said = format!("{b} of {d}");
            let raw = match kind {
                0 => format!("t={a} x={b},{c} {said}"),
                1 => format!("t={a}x={b} {c}: {said}"),
                2 => serde_json::json!({ "t": a, "x": b, "y": c }).to_string(),
                _ => format!("{c} {a} x={b} {said} {c}"),
            };
            let mut event = line(&raw, &said, &[("t", a), ("x", b), ("y", c)]);
            event.src.push("n", a.parse::<i64>().unwrap_or(values.len() as i64));
            event.time = START.plus_seconds(values[3] as i64);
            event.user = d.to_owned();
            event
        }).collect();
        through(&events);
    }

    #[test]
    fn any_text_is_a_shape_or_none(text in "[\u{1}-\u{9}0-9a-z]{0,40}") {
        fuzz_shape(text.as_bytes());
    }
}
