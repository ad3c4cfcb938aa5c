use std::io::Cursor;

use sakimori_words::{Event, Instant};

use super::super::{Context, FileContext, Limits, Reading, read_file_with, understood};
use super::CsvMap;

const MAP: &str = "name = 'own'
title = { ja = '当院', en = 'ours' }
header = ['職員ID', '日時']
[time]
columns = '日時'
formats = ['%d.%m.%Y %H:%M', 'wareki']
[columns]
user = '職員ID'
";

fn read(map: &str, name: &str, bytes: &[u8]) -> Vec<(u64, Event)> {
    let maps = [CsvMap::parse(map).unwrap()];
    let context = Context {
        source: "test".to_owned(),
        received_at: Instant::parse("2026-11-21T00:00:00Z").unwrap(),
    };
    let file = FileContext {
        name,
        context: &context,
        written_by: context.received_at,
        maps: &maps,
        wanted: None,
    };
    let mut events = Vec::new();
    read_file_with(&file, &mut Cursor::new(bytes), &Limits::STANDARD, &mut |reading| {
        if let Reading::Event { record, event, .. } = reading {
            events.push((record, event));
        }
    })
    .unwrap();
    events
}

fn times(rows: &str, map: &str) -> Vec<String> {
    let text = format!("職員ID,日時\n{rows}");
    let shown = |event: Event| match understood(&event) {
        true => event.time.to_string(),
        false => "not understood".to_owned(),
    };
    read(map, "x.csv", text.as_bytes()).into_iter().map(|(_, event)| shown(event)).collect()
}

#[test]
fn a_map_that_is_wrong_is_refused_with_its_line_and_field() {
    let wrong = [
        MAP.replace("'own'", "'当院'"),
        MAP.replace("header = ['職員ID', '日時']", ""),
        MAP.replace("header = ['職員ID', '日時']", "header = []"),
        MAP.replace("header", "names"),
        MAP.replace("header = ", "file_name = '*'\nnames = ")
            .replace("user = '職員ID'", "user = '氏名'"),
        MAP.replace("'wareki'", "'YYYY/MM/DD'"),
        MAP.replace("'wareki'", "'%K'"),
        MAP.replace("columns = '日時'", "columns = []"),
        MAP.replace("user", "usr"),
        MAP.replace("user = '職員ID'", "user = 3"),
        MAP.replace("[columns]", "zone = 'JST'\n[columns]"),
        MAP.replace("header", "encoding = 'latin1'\nheader"),
        MAP.replace("header", "delimiter = '|'\nheader"),
        format!("{MAP}[values.status]\n'×' = 'ng'\n"),
        MAP.replace("title", "titel"),
        "name = ".to_owned(),
    ];
    let said = wrong.map(|map| CsvMap::parse(&map).unwrap_err().to_string());
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path("expected");
    settings.set_prepend_module_to_snapshot(false);
    settings.bind(|| insta::assert_debug_snapshot!("refused-maps", said));
}

#[test]
fn a_time_is_read_by_the_maps_formats_then_in_era_years_then_as_any_log_writes_it() {
    let rows = "a,20.11.2026 08:05\na,R8.11.20 8:05\na,令和元年5月1日\na,2026-11-20T08:05:00Z\n\
        a,2026/11/20 08:05:06\na,2026/11/20 8:05\na,平成31年4月30日 23時59分\na,昨日\na,\na,R8.13.1 1:00\n";
    assert_eq!(
        times(rows, MAP),
        [
            "2026-11-20 08:05:00",
            "2026-11-20 08:05:00",
            "2019-05-01 00:00:00",
            "2026-11-20 17:05:00",
            "2026-11-20 08:05:06",
            "2026-11-20 08:05:00",
            "2019-04-30 23:59:00",
            "not understood",
            "not understood",
            "not understood",
        ]
    );
    let utc = MAP.replace("[columns]", "zone = '+00:00'\n[columns]");
    assert_eq!(
        times("a,20.11.2026 08:05\na,2026-11-20 08:05:00\n", &utc),
        ["2026-11-20 17:05:00"; 2]
    );
}

#[test]
fn a_file_without_header_is_known_by_its_name() {
    let map = MAP.replace("header = ", "file_name = 'ACC_*.CSV'\nnames = ");
    let row = "n2207,R8.11.20 8:05\n".as_bytes();
    let found = read(&map, "2026/acc_20261120.csv", row);
    assert_eq!((found[0].0, found[0].1.user.as_str()), (1, "n2207"));
    assert_eq!(found[0].1.raw, b"n2207,R8.11.20 8:05");
    assert!(!understood(&read(&map, "other.csv", row)[0].1));
}

#[test]
fn a_quote_too_many_costs_only_its_own_row() {
    let row = "a,R8.11.20 8:05\n";
    let long = format!("{},R8.11.20 8:05\n", "a".repeat(1_000));
    let rows = format!("職員ID,日時\n{row}\"b,R8.11.20 8:05\n{}", long.repeat(1_200));
    let events = read(MAP, "x.csv", rows.as_bytes());
    assert_eq!(events.len(), 1_202);
    assert!(events.iter().filter(|(_, event)| understood(event)).count() >= 1_201);
    let drawn = format!("職員ID,日時\n{row}\"b,R8.11.20 8:05\n{row}c\",,R8.11.20 8:05\n{row}");
    assert_eq!(read(MAP, "x.csv", drawn.as_bytes()).len(), 5);
}

#[test]
fn hostile_quotes_do_not_make_reading_slow() {
    let rows = format!("職員ID,日時\n{}", format!("{}\",\"\n", "a".repeat(196)).repeat(15_000));
    let kept: usize =
        read(MAP, "x.csv", rows.as_bytes()).iter().map(|(_, event)| event.raw.len()).sum();
    // What is not there are line ends.
    assert!(kept >= 15_000 * 199, "{kept}");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn fields_come_back_as_they_were_written(users in proptest::collection::vec("[ぁ-んa-z ,\"\r\n;\t]{1,20}", 1..10)) {
        let mut text = "職員ID,日時\n".to_owned();
        for user in &users {
            text.push_str(&format!("\"{}\",R8.11.20 8:05\r\n", user.replace('"', "\"\"")));
        }
        let events = read(MAP, "x.csv", text.as_bytes());
        let came: Vec<String> = events.iter().map(|(_, event)| event.src.get("職員ID").unwrap().to_text().into_owned()).collect();
        proptest::prop_assert_eq!(came, users);
    }
}
