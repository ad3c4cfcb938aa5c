use jiff::civil::date;
use proptest::prelude::*;

use super::*;

mod passages;

struct Zeroes;
impl Chance for Zeroes {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(0);
    }
}

#[test]
fn instants_are_shown_in_japanese_time() {
    let at = Instant::parse("2026-11-20T15:30:00.123456789Z").unwrap();
    assert_eq!(at.to_string(), "2026-11-21 00:30:00");
    assert_eq!(at.rfc3339(), "2026-11-20T15:30:00.123456Z");
    assert_eq!(jst_date(at), date(2026, 11, 21));
    assert!(Instant::parse("yesterday").is_err());
}

#[test]
fn eras_change_on_their_day() {
    assert_eq!(wareki(date(2019, 4, 30)), "平成31年4月30日");
    assert_eq!(wareki(date(2019, 5, 1)), "令和元年5月1日");
    assert_eq!(wareki_with_western(date(2026, 11, 20)), "令和8年11月20日 (2026-11-20)");
}

#[test]
fn dates_are_read_as_people_type_them() {
    let day = Some(date(2026, 11, 20));
    for text in [
        "2026-11-20",
        "2026/11/20",
        "20261120",
        "R8.11.20",
        "r8/11/20",
        "令和8年11月20日",
        "令和８年１１月２０日",
    ] {
        assert_eq!(parse_date(text), day, "{text}");
    }
    assert_eq!(parse_date("令和元年5月1日"), Some(date(2019, 5, 1)));
    for text in ["", "令和", "2026-13-01", "1-2-3-4", "2026-02-30"] {
        assert_eq!(parse_date(text), None, "{text}");
    }
}

#[test]
fn an_unreadable_marking_is_the_narrowest() {
    assert_eq!(Tlp::from_label("TLP:GREEN"), Tlp::Green);
    assert_eq!(Tlp::from_label("TLP: GREEN"), Tlp::Red);
}

#[test]
fn ids_sort_in_the_order_of_their_making() {
    let first = CaseId::new(Instant::from_micros(1_000_000), &Zeroes);
    let second = CaseId::new(Instant::from_micros(1_001_000), &Zeroes);
    assert!(first < second);
}

#[test]
fn trouble_says_what_to_do_and_why() {
    static KIND: TroubleKind = TroubleKind {
        code: "SK-TEST-001",
        status: 400,
        what: ["日付を読めません", "the date cannot be read"],
        now: ["日付を直してください", "correct the date"],
        call: ["", ""],
        retry: Retry::No,
        clause: "2023-12-21",
    };
    insta::assert_snapshot!(Trouble::new(&KIND, "line 3: 2026-13-01").render(Lang::Ja), @r"
    SK-TEST-001  日付を読めません
      line 3: 2026-13-01
      いますぐ: 日付を直してください
      根拠: 2023-12-21
      詳細: sakimori explain SK-TEST-001
    ");
}

proptest! {
    #[test]
    fn a_moment_in_words_is_read_back_to_the_minute(minutes in -50_000_000_i64..150_000_000) {
        let at = Instant::from_micros(minutes * 60 * SECOND_MICROS);
        prop_assert_eq!(parse_moment_words(&moment_words(at)), Some(at));
    }

    #[test]
    fn other_words_are_no_moment(ja in "\\PC{0,30}", en in "[-0-9 :()A-Za-z]{0,30}") {
        prop_assert_eq!(parse_moment_words(&Text::new(ja, en)), None);
    }

    #[test]
    fn any_text_is_read_or_refused_as_a_date(text in "\\PC{0,40}") {
        let _ = parse_date(&text);
    }

    #[test]
    fn a_date_survives_its_era_spelling(days in 0_i32..60_000) {
        let day = date(1880, 1, 1).checked_add(jiff::Span::new().days(days)).unwrap();
        prop_assert_eq!(parse_date(&wareki(day)), Some(day));
    }

    #[test]
    fn digests_survive_their_spelling(bytes in any::<[u8; 32]>()) {
        let digest = Digest::from_bytes(bytes);
        prop_assert_eq!(Digest::from_hex(&digest.to_string()), Some(digest));
    }

    #[test]
    fn any_instant_has_a_spelling_that_reads_back(micros in any::<i64>()) {
        let at = Instant::from_micros(micros);
        let read = Instant::parse(&at.rfc3339()).unwrap();
        prop_assert!(read == at || micros.unsigned_abs() > 200_000_000_000_000_000);
    }

    #[test]
    fn fields_come_back_in_their_order_and_type(
        pushed in proptest::collection::vec(("\\PC{0,8}", 0_u8..5, any::<i64>(), "\\PC{0,12}"), 0..20),
    ) {
        let value = |kind, number, text| match kind {
            0 => Value::Null,
            1 => Value::Bool(number > 0),
            2 => Value::Int(number),
            // JSON has no other floats that read back as floats.
            3 => Value::Float(f64::from(u32::try_from(number >> 33).unwrap_or(1)) + 0.5),
            _ => Value::Text(text),
        };
        let pushed: Vec<(&str, Value<'_>)> =
            pushed.iter().map(|(name, kind, number, text)| (name.as_str(), value(*kind, *number, text))).collect();
        let fields: Fields = pushed.iter().copied().collect();
        prop_assert_eq!(fields.iter().collect::<Vec<_>>(), pushed.clone());
        prop_assert_eq!(fields.len(), pushed.len());
        for (name, _) in &pushed {
            let first = pushed.iter().find(|(own, _)| own == name).map(|(_, value)| *value);
            prop_assert_eq!(fields.get(name), first);
        }
        prop_assert_eq!(fields.get("a name of more than eight"), None);
        let json = serde_json::to_string(&fields).unwrap();
        prop_assert_eq!(serde_json::from_str::<Fields>(&json).unwrap(), fields);
    }
}
