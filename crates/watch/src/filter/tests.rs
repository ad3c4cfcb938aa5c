use proptest::prelude::*;

use super::*;

fn condition(text: &str) -> String {
    Filter::read(text).unwrap_or_else(|error| panic!("{text}: {error}")).condition()
}

fn refusal(text: &str) -> String {
    Filter::read(text).expect_err(text).to_string()
}

#[test]
fn what_people_type_becomes_the_condition_they_mean() {
    let typed = [
        "",
        "*",
        "host:ek-02",
        "host:EK-* user:tanaka",
        "status:failure src_ip:203.0.113.7 class:logon",
        "\"free text\" -user:svc_backup",
        "source:syslog/* EventID:4625",
        "source:syslog/10.0.0.5",
        "time>=2026-11-20T09:00 bytes>1000000",
        "time:2026-11-20",
        "time<=2026/11/20 time>令和8年11月1日",
        "seq>=100",
        "host:a OR host:b user:c",
        "(host:a OR host:b) user:c",
        "NOT (status:success OR status:\"\") AND host:*",
        "host!=ek-02",
        "機器：受付01　結果:失敗 種類:カルテ",
        "患者:0012345",
        "予約システム 停止",
        "“全角の 引用符”",
        "ip:10.1.2.3 dst_ip:10.0.0.0/8 src_ip:172.16.0.0/12",
        "src.user:tanaka \"Logon Type\":3 alert.signature:*scan*",
        "100%_\\ O'Hara",
        "C:\\Windows https://example.jp fe80::1 00:11:22:aa:bb:cc std::string 12:30",
        "-powershell \"-enc\"",
        "raw:\"a \"\"b\"\" *\"",
    ];
    let shown: Vec<_> =
        typed.iter().map(|text| format!("{text}\n    {}", condition(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn a_mistake_is_named_with_its_place() {
    let typed = [
        "host:",
        "host:a OR",
        "OR host:a",
        "(host:a",
        "host:a)",
        "()",
        "host:a (",
        "NOT",
        "AND a",
        "a AND",
        "say \"this",
        "time>=yesterday",
        "time:2026-13-01",
        "time:2026-11-20T25",
        "host>a",
        "seq:many",
        "bytes>many",
        "class:nonsense",
        "src_ip:10.0.0.0/33",
    ];
    let shown: Vec<_> = typed.iter().map(|text| format!("{text}\n    {}", refusal(text))).collect();
    insta::assert_snapshot!(shown.join("\n"));
}

#[test]
fn long_and_deep_filters_are_refused() {
    assert!(Filter::read(&"x".repeat(FILTER_CHARS_MAX)).is_ok());
    for (text, problem) in [
        ("x".repeat(FILTER_CHARS_MAX + 1), FilterProblem::TooLong),
        ("(".repeat(2_000), FilterProblem::TooDeep),
        ("-".repeat(2_000) + "x", FilterProblem::TooDeep),
        ("NOT ".repeat(900) + "x", FilterProblem::TooDeep),
        ("a ".repeat(1_500), FilterProblem::TooMany),
    ] {
        assert_eq!(Filter::read(&text).unwrap_err().problem, problem);
    }
}

#[test]
fn select_and_with_begin_sql_and_nothing_else_does() {
    for sql in [
        "SELECT 1",
        " select * from events",
        "WITH a AS (SELECT 1) SELECT",
        "SELECT*",
        "with(",
        "select",
    ] {
        assert!(is_sql(sql), "{sql}");
    }
    for filter in
        ["", "selected", "select:x", "withdrawn", "host:select", "\"SELECT 1\"", "DROP TABLE"]
    {
        assert!(!is_sql(filter), "{filter}");
    }
}

#[test]
fn a_click_narrows_and_a_second_click_does_not_repeat_it() {
    assert_eq!(narrowed("", "host", "EK-02", false), "host:EK-02");
    assert_eq!(narrowed("user:a", "host", "EK-02", true), "user:a -host:EK-02");
    assert_eq!(narrowed("user:a host:x", "host", "x", false), "user:a host:x");
    assert_eq!(narrowed("user:a host:x", "host", "x", true), "user:a -host:x");
    assert_eq!(narrowed("a OR b", "host", "x", false), "(a OR b) host:x");
    assert_eq!(narrowed("a OR -", "host", "x", false), "(a OR -) host:x");
    assert_eq!(condition("(a OR -) host:x"), condition("(a OR \"-\") host:x"));
    assert_eq!(narrowed("NOT host:x", "host", "x", false), "NOT host:x host:x");
    assert_eq!(term("user", "HOSPITAL\\tanaka", false), "user:\"HOSPITAL\\tanaka\"");
    assert_eq!(term("Logon Type", "say \"x\" *", true), "-\"Logon Type\":\"say \"\"x\"\" *\"");
}

#[test]
fn every_kind_of_event_has_a_spelling_of_its_own() {
    let mut spellings: Vec<_> = CLASSES.iter().flat_map(|class| class.spellings).collect();
    let all = spellings.len();
    spellings.sort_unstable();
    spellings.dedup();
    assert_eq!(spellings.len(), all);
    for class in CLASSES {
        for spelling in class.spellings {
            assert_eq!(classes::classes_of(spelling).as_deref(), Some(class.uids), "{spelling}");
        }
    }
    assert_eq!(classes::classes_of("Record Access"), Some(vec![6005]));
    assert_eq!(class_name(3002, sakimori_words::Lang::Ja), Some("ログオン"));
}

/// The condition without its literals: what is left must be our own words.
fn bones(sql: &str) -> String {
    let mut bones = String::new();
    let mut rest = sql;
    while let Some((before, literal)) = rest.split_once('\'') {
        bones.push_str(before);
        bones.push('~');
        let mut chars = literal.char_indices().peekable();
        let mut end = literal.len();
        while let Some((at, c)) = chars.next() {
            if c == '\'' && chars.next_if(|(_, next)| *next == '\'').is_none() {
                end = at + 1;
                break;
            }
        }
        rest = literal.split_at(end).1;
    }
    bones + rest
}

const OWN_WORDS: [&str; 38] = [
    "TRUE",
    "FALSE",
    "AND",
    "OR",
    "NOT",
    "IN",
    "LIKE",
    "ILIKE",
    "TIMESTAMP",
    "BETWEEN",
    "TRY_CAST",
    "AS",
    "DOUBLE",
    "INT",
    "coalesce",
    "substr_index",
    "src",
    "host",
    "user",
    "patient",
    "src_ip",
    "dst_ip",
    "status",
    "class_uid",
    "activity",
    "process",
    "message",
    "raw",
    "source",
    "product",
    "service",
    "time",
    "received_at",
    "seq",
    "e",
    "inf",
    "NaN",
    "E",
];

fn holds_only_own_words(sql: &str) -> bool {
    let bones = bones(sql);
    let words =
        bones.split(|c: char| !c.is_ascii_alphabetic() && c != '_').filter(|word| !word.is_empty());
    let fine = |c: char| c.is_ascii_alphanumeric() || " _~()[]<>=,.\"-+".contains(c);
    bones.chars().all(fine)
        && !bones.contains("--")
        && words.into_iter().all(|word| OWN_WORDS.contains(&word))
}

const PIECES: [&str; 30] = [
    "host",
    ":",
    "=",
    ">",
    "\"",
    "“",
    "(",
    ")",
    " ",
    "OR",
    "-",
    "NOT",
    "AND",
    "*",
    "'",
    "''",
    "\\",
    "%",
    "_",
    "--",
    "/*",
    ";",
    "10.0.0.0/9",
    "time>2026-11-20",
    "EventID",
    "患者",
    "　",
    "class:logon",
    "]",
    "\0",
];

proptest! {
    #[test]
    fn nothing_typed_leaves_its_literal(text in "\\PC{0,80}") {
        if let Ok(filter) = Filter::read(&text) {
            prop_assert!(holds_only_own_words(&filter.condition()), "{}", filter.condition());
        }
    }

    #[test]
    fn nothing_made_of_our_own_signs_leaves_its_literal(
        pieces in proptest::collection::vec(proptest::sample::select(&PIECES[..]), 0..25),
    ) {
        if let Ok(filter) = Filter::read(&pieces.concat()) {
            prop_assert!(holds_only_own_words(&filter.condition()), "{}", filter.condition());
        }
    }

    #[test]
    fn a_clicked_value_is_wanted_exactly(field in "\\PC{1,20}", value in "[\\PC*'\"”]{0,40}", negated: bool) {
        let filter = Filter::read(&term("host", &value, negated)).unwrap();
        let literal = Filter { root: Node::Term(Condition::Text {
            place: fields::Place::Column("host"),
            exact: false,
            pattern: fields::Pattern { pieces: vec![value.clone()] },
        }) };
        let wanted = if negated { Filter { root: Node::Not(Box::new(literal.root)) } } else { literal };
        prop_assert_eq!(filter, wanted);
        let own = Filter::read(&term(&field, &value, false));
        let is_column = FIELDS.iter().any(|own| own.name == field.to_lowercase() || own.others.contains(&&*field.to_lowercase()));
        prop_assert!(own.is_ok() || is_column, "{:?}", own);
    }

    #[test]
    fn narrowing_keeps_what_was_asked(text in "[a-c:()\"* -]{0,20}(OR)?[a-c:()\"* -]{0,20}", value in "\\PC{0,20}") {
        if let Ok(before) = Filter::read(&text) {
            let after = Filter::read(&narrowed(&text, "user", &value, false)).unwrap();
            let added = Filter::read(&term("user", &value, false)).unwrap().condition();
            prop_assert!(after.condition().contains(&added));
            prop_assert!(before.is_everything() || after != before || text.contains("user"));
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
        fuzz_filter(&bytes);
    }
}
