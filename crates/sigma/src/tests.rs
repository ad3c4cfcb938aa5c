//! What a rule means: detection section in, yes or no out.

use proptest::prelude::*;
use sakimori_words::{Event, Fields, Lang, Level, Value};

use crate::glob::{Glob, Piece, folded};
use crate::{Document, Placeholders, RuleError, RuleSet};

fn rule(detection: &str) -> String {
    let indented: String = detection.lines().map(|line| format!("  {line}\n")).collect();
    format!("title: T\nid: t\nlogsource:\n  product: p\ndetection:\n{indented}")
}

fn compiled(detection: &str) -> RuleSet {
    let documents = Document::parse(&rule(detection)).unwrap();
    let (rules, problems) = RuleSet::compile(documents, &Placeholders::new());
    assert_eq!(problems, Vec::new());
    rules
}

fn event<'v>(fields: impl IntoIterator<Item = (&'static str, Value<'v>)>) -> Event {
    let src: Fields = fields.into_iter().collect();
    Event { product: "p".into(), src, ..Event::default() }
}

/// `selection` alone, asked of an event with one field `F`.
#[track_caller]
fn check<'v>(selection: &str, value: impl Into<Value<'v>>, expected: bool) {
    let value = value.into();
    let rules = compiled(&format!("selection:\n  {selection}\ncondition: selection"));
    let found = !rules.matches(&event([("F", value)])).is_empty();
    assert_eq!(found, expected, "`{selection}` on {value:?}");
}

/// A whole detection section, asked of an event with several fields.
#[track_caller]
fn check_all(detection: &str, fields: &[(&'static str, &str)], expected: bool) {
    let fields = fields.iter().map(|(name, text)| (*name, Value::from(*text)));
    let found = !compiled(detection).matches(&event(fields)).is_empty();
    assert_eq!(found, expected, "{detection}");
}

fn refusal(detection: &str) -> String {
    match Document::parse(&rule(detection)) {
        Err(error) => error.to_string(),
        Ok(documents) => {
            let (_, problems) = RuleSet::compile(documents, &Placeholders::new());
            problems.into_iter().map(|problem| problem.why).collect()
        }
    }
}

#[test]
fn case_does_not_count_unless_the_rule_says_so() {
    check("F: Whoami.EXE", "WHOAMI.exe", true);
    check("F: 電子カルテＡ", "電子カルテａ", true);
    check("F|cased: Whoami", "whoami", false);
    check("F|cased: Whoami", "Whoami", true);
    check("F|contains|cased: Am", "Whoami", false);
    check("F|contains|cased: am", "Whoami", true);
}

#[test]
fn wildcards_and_their_escapes_follow_the_specification() {
    check("F: 'prog?.exe'", "progA.exe", true);
    check("F: 'prog?.exe'", "prog.exe", false);
    check("F: 'antivirus_V*.exe'", "antivirus_V21.2.1.exe", true);
    check(r"F: 'a\*b'", "a*b", true);
    check(r"F: 'a\*b'", "axb", false);
    check(r"F: 'C:\Windows\x'", r"C:\Windows\x", true);
    check(r"F: 'C:\\Windows'", r"C:\Windows", true);
    check(r"F: '\\\\server\share'", r"\\server\share", true);
    check(r"F: 'C:\\*'", r"C:\anything", true);
    check(r"F: 'C:\\\*'", r"C:\*", true);
    check(r"F: 'C:\\\*'", r"C:\x", false);
    check("F: '*'", "", true);
    check("F: '*a*b*a*'", "xxaxxbxxa", true);
    check("F: '*a*b*a*'", "xxbxxa", false);
    check("F: '?b*?e'", "abcde", true);
    check("F: 'a?*?c'", "abc", false);
}

#[test]
fn affixes_place_the_text() {
    check("F|startswith: ab", "ABc", true);
    check("F|startswith: bc", "abc", false);
    check("F|endswith: bc", "aBC", true);
    check("F|endswith: ab", "abc", false);
    check("F|contains: b", "abc", true);
    check("F|contains: 'a*d'", "xxabcdxx", true);
    check("F|contains|all: [ab, cd]", "cdab", true);
    check("F|contains|all: [ab, xx]", "cdab", false);
    check("F: [one, two]", "two", true);
}

#[test]
fn numbers_compare_as_numbers_also_when_they_came_as_text() {
    check("F: 4688", Value::Int(4688), true);
    check("F: 4688", "4688", true);
    check("F: '4688'", Value::Int(4688), true);
    check("F: 46*", Value::Int(4688), true);
    check("F|gte: 22", "23", true);
    check("F|gte: 22", Value::Int(21), false);
    check("F|lt: 0x20", "0x1f", true);
    check("F|gt: 1.5", Value::Float(1.75), true);
    check("F|lte: 3", "not a number", false);
    check("F: 4.0", "4.0", true);
    check("F: true", Value::Bool(true), true);
    check("F: 'true'", Value::Bool(true), true);
}

#[test]
fn null_empty_and_missing_are_told_apart() {
    check("F: null", Value::Null, true);
    check("F: null", "", false);
    check("G: null", "x", true);
    check("F: ''", "", true);
    check("F: ''", Value::Null, true);
    check("G: ''", "x", false);
    check("F|exists: true", Value::Null, true);
    check("G|exists: false", "x", true);
    check("F|exists: false", "x", false);
}

#[test]
fn neq_is_true_for_every_other_value_and_for_none() {
    check("F|neq: a", "b", true);
    check("F|neq: a", "A", false);
    check("F|neq: [a, b]", "b", false);
    check("F|contains|neq: b", "abc", false);
    check("G|neq: a", "x", true);
}

#[test]
fn regular_expressions_count_case_and_need_not_cover_the_whole() {
    check("F|re: 'b[0-9]+'", "ab12c", true);
    check("F|re: 'B[0-9]+'", "ab12c", false);
    check("F|re|i: 'B[0-9]+'", "ab12c", true);
    check("F|re: '^b'", "a\nb", false);
    check("F|re|m: '^b'", "a\nb", true);
    check("F|re: 'a.b'", "a\nb", false);
    check("F|re|s: 'a.b'", "a\nb", true);
    check("F|re: '(?i)invoke-(expression|command)'", "x INVOKE-command y", true);
    assert!(refusal("s:\n  F|re: '(?=a)b'\ncondition: s").contains("linear time"));
}

#[test]
fn networks_hold_their_addresses() {
    check("F|cidr: 10.0.0.0/8", "10.200.3.4", true);
    check("F|cidr: 10.0.0.0/8", "::ffff:10.1.2.3", true);
    check("F|cidr: 10.0.0.0/8", "11.0.0.1", false);
    check("F|cidr: 0.0.0.0/0", "203.0.113.9", true);
    check("F|cidr: 192.0.2.7", "192.0.2.7", true);
    check("F|cidr: 2001:db8::/32", "2001:db8:1::1", true);
    check("F|cidr: 2001:db8::/32", "10.0.0.1", false);
    check("F|cidr: 10.0.0.0/8", "-", false);
    assert!(refusal("s:\n  F|cidr: 10.0.0.0/33\ncondition: s").contains("not a network"));
}

#[test]
fn windash_takes_every_dash() {
    for dash in ["-", "/", "–", "—", "―"] {
        check("F|contains|windash: ' -enc'", &format!("powershell {dash}ENC abc"), true);
    }
    check("F|contains|windash: ' /s /q'", "rd -s /q", true);
    check("F|windash|contains: ' -enc'", "powershell +enc", false);
    check("F|contains|windash: 'a-b'", "a/b", false);
}

#[test]
fn encodings_are_found_at_any_offset() {
    use base64::Engine as _;
    let encode = |bytes: &[u8]| base64::engine::general_purpose::STANDARD.encode(bytes);
    for lead in ["", "x", "xy", "xyz"] {
        let text = encode(format!("{lead}http://evil{lead}").as_bytes());
        check("F|base64offset|contains: 'http://evil'", &text, true);
        let wide: Vec<u8> =
            format!("{lead}IEX{lead}").encode_utf16().flat_map(u16::to_le_bytes).collect();
        check("F|wide|base64offset|contains: IEX", &encode(&wide), true);
    }
    check("F|base64: abc", "YWJj", true);
    check("F|utf16be|base64: a", "AGE=", true);
    check("F|utf16|base64: a", "//5hAA==", true);
    check("F|wide|contains: ab", "xa\0b\0x", true);
    assert!(refusal("s:\n  F|base64: 'a*'\ncondition: s").contains("wildcards"));
}

#[test]
fn a_field_compares_with_another() {
    let same = "s:\n  A|fieldref: B\ncondition: s";
    check_all(same, &[("A", "X"), ("B", "x")], true);
    check_all(same, &[("A", "x"), ("B", "y")], false);
    check_all(same, &[("A", "x")], false);
    check_all("s:\n  A|fieldref|endswith: B\ncondition: s", &[("A", r"D\u"), ("B", "U")], true);
    check_all("s:\n  A|fieldref|neq: B\ncondition: s", &[("A", "x"), ("B", "y")], true);
}

#[test]
fn parts_of_a_time_are_taken_as_written() {
    check("F|hour|gte: 22", "2026-01-02 23:30:00.000", true);
    check("F|hour: 3", "2026-01-02T03:30:00Z", true);
    check("F|minute: 30", "2026-01-02T03:30:00+09:00", true);
    check("F|month: 1", "2026-01-02T03:30:00Z", true);
    check("F|week: 1", "2026-01-02T03:30:00Z", true);
    check("F|year|lt: 2026", "2026-01-02T03:30:00Z", false);
    check("F|day: 2", "yesterday", false);
}

#[test]
fn keywords_are_looked_for_in_the_whole_event() {
    let any = "keywords:\n  - Mimikatz\n  - 'a*c'\ncondition: keywords";
    check_all(any, &[("X", "nothing"), ("Y", "xx mimiKATZ xx")], true);
    check_all(any, &[("X", "xabcx")], true);
    check_all(any, &[("X", "nothing")], false);
    let all = "keywords:\n  '|all':\n    - one\n    - two\ncondition: keywords";
    check_all(all, &[("X", "one"), ("Y", "two")], true);
    check_all(all, &[("X", "one")], false);
    check_all("k:\n  '|re': 'o[mn]e'\ncondition: k", &[("X", "one")], true);
    let rules = compiled(any);
    let raw = Event { product: "p".into(), raw: b"<13>MIMIKATZ".to_vec(), ..Event::default() };
    assert_eq!(rules.matches(&raw).len(), 1);
}

#[test]
fn lists_of_maps_are_alternatives_and_maps_are_conjunctions() {
    let detection = "s:\n  - A: 1\n    B: 2\n  - C: 3\ncondition: s";
    check_all(detection, &[("A", "1"), ("B", "2")], true);
    check_all(detection, &[("A", "1")], false);
    check_all(detection, &[("C", "3")], true);
}

#[test]
fn conditions_bind_as_the_specification_says() {
    let searches = "a:\n  A: 1\nb:\n  B: 1\nc:\n  C: 1\n_d:\n  D: 1\n";
    let table: &[(&str, &[&'static str], bool)] = &[
        ("a or b and c", &["A"], true),
        ("(a or b) and c", &["A"], false),
        ("not a and b", &["B"], true),
        ("not (a and b)", &["A"], true),
        ("a AND NOT b", &["A"], true),
        ("1 of them", &["D"], false),
        ("1 of _*", &["D"], true),
        ("all of them", &["A", "B", "C"], true),
        ("2 of them", &["A", "C"], true),
        ("2 of them", &["C"], false),
        ("any of them", &["C"], true),
        ("not 1 of them", &["D"], true),
    ];
    for (condition, fields, expected) in table {
        let fields: Vec<_> = fields.iter().map(|field| (*field, "1")).collect();
        check_all(&format!("{searches}condition: {condition}"), &fields, *expected);
    }
    check_all(&format!("{searches}condition:\n  - a\n  - b"), &[("B", "1")], true);
}

#[test]
fn a_field_that_occurs_twice_matches_with_either_value() {
    let rules = compiled("s:\n  F: b\ncondition: s");
    let twice = event([("F", Value::from("a")), ("F", Value::from("b"))]);
    assert_eq!(rules.matches(&twice).len(), 1);
}

#[test]
fn rules_may_name_the_flat_columns() {
    let rules = compiled("s:\n  src_ip|cidr: 10.0.0.0/8\n  user: Admin\ncondition: s");
    let flat = Event { src_ip: "10.1.1.1".into(), user: "admin".into(), ..event([]) };
    assert_eq!(rules.matches(&flat).len(), 1);
    let own = Event { src_ip: "10.1.1.1".into(), ..event([("user", Value::from("other"))]) };
    assert_eq!(rules.matches(&own).len(), 0, "the record's own field comes first");
}

#[test]
fn placeholders_are_filled_in_or_the_rule_is_not_used() {
    let detection = "s:\n  F|expand: '%admins%-\\%x'\ncondition: s";
    assert!(refusal(detection).contains("%admins%"));
    let documents = Document::parse(&rule(detection)).unwrap();
    let (_, problems) = RuleSet::compile(documents, &Placeholders::new());
    assert_eq!(problems[0].waits_for.as_deref(), Some("admins"));
    let values = Placeholders::from([("admins".into(), vec!["ito".into(), "sa*".into()])]);
    let (rules, problems) = RuleSet::compile(Document::parse(&rule(detection)).unwrap(), &values);
    assert_eq!(problems, Vec::new());
    assert_eq!(rules.matches(&event([("F", Value::from("Sato-%x"))])).len(), 1);
    assert_eq!(rules.matches(&event([("F", Value::from("abe-%x"))])).len(), 0);
    check("F: '%admins%'", "%admins%", true);
}

#[test]
fn a_filter_is_a_further_condition_of_the_rules_it_names() {
    let filter = "title: F\nid: f\nlogsource:\n  product: p\nfilter:\n  rules: [t]\n  selection:\n    U|startswith: adm\n  condition: not selection\n";
    let text = format!("{}---\n{filter}", rule("s:\n  F: 1\ncondition: s"));
    let (rules, problems) = RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
    assert_eq!(problems, Vec::new());
    let with_user = |user| event([("F", Value::Int(1)), ("U", Value::from(user))]);
    assert_eq!(rules.matches(&with_user("nurse")).len(), 1);
    assert_eq!(rules.matches(&with_user("adm_sato")).len(), 0);
}

#[test]
fn of_two_rules_with_one_id_the_later_is_used() {
    let text = [rule("s:\n  F: 1\ncondition: s"), rule("s:\n  F: 2\ncondition: s")].join("---\n");
    let (rules, _) = RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
    assert_eq!(rules.coverage().n_rules, 1);
    assert_eq!(rules.matches(&event([("F", Value::Int(2))])).len(), 1);
}

#[test]
fn a_rule_that_another_replaces_is_named_with_both_places() {
    let mut documents = Vec::new();
    for (origin, value) in [("built-in", 1), ("local.yml", 2)] {
        let text = rule(&format!("s:\n  F: {value}\ncondition: s"));
        documents.extend(Document::parse_each(&text, origin).into_iter().map(Result::unwrap));
    }
    let (rules, _) = RuleSet::compile(documents, &Placeholders::new());
    let [replaced] = rules.coverage().replaced.as_slice() else { panic!() };
    let place = (replaced.id.as_str(), replaced.origin.as_str(), replaced.by.as_str());
    assert_eq!(place, ("t", "built-in", "local.yml"));
}

#[test]
fn rules_their_authors_have_withdrawn_are_left_out_and_counted() {
    let with_status = |id: &str, status: &str| {
        format!("status: {status}\n{}", rule("s:\n  F: 1\ncondition: s")).replace("id: t", id)
    };
    let text = [
        with_status("id: a", "test"),
        with_status("id: b", "deprecated"),
        with_status("id: c", "unsupported"),
    ];
    let documents = Document::parse(&text.join("---\n")).unwrap();
    let (rules, problems) = RuleSet::compile(documents, &Placeholders::new());
    assert_eq!(problems, Vec::new());
    let coverage = rules.coverage();
    assert_eq!((coverage.n_rules, coverage.n_deprecated, coverage.n_unsupported), (1, 1, 1));
    assert_eq!(rules.matches(&event([("F", Value::Int(1))])).len(), 1);
}

#[test]
fn one_bad_document_of_a_file_costs_only_itself() {
    let good = rule("s:\n  F: 1\ncondition: s");
    let n_lines = good.lines().count() as u64;
    for (bad, line) in [("title: only\n", 1), ("title: [\n", 1), ("a: 1\n\tb: 2\n", 2)] {
        let text = [good.as_str(), bad, good.as_str()].join("---\n");
        let read = Document::parse_each(&text, "many.yml");
        let [Ok(first), Err(error), Ok(last)] = read.as_slice() else { panic!("{read:?}") };
        assert_eq!(
            (first.header().origin.as_str(), last.header().title.as_str()),
            ("many.yml", "T")
        );
        // The line with the three dashes stands before the document's own.
        assert!(error.line() > n_lines && error.line() <= n_lines + 1 + line, "{error}");
        assert_eq!(error.to_string().matches("line").count(), 1, "{error}");
    }
}

#[test]
fn a_word_is_a_word_and_only_true_and_false_are_booleans() {
    for word in ["yes", "no", "on", "off", "y", "n"] {
        check(&format!("F: {word}"), word, true);
        check(&format!("F: {word}"), Value::Bool(true), false);
        check(&format!("F: {word}"), Value::Bool(false), false);
    }
    check("F: true", Value::Bool(true), true);
}

fn event_of(product: &str, service: &str, fields: &[(&str, &str)]) -> Event {
    let fields = fields.iter().map(|(name, text)| ((*name).to_owned(), Value::from(*text)));
    let (product, service) = (product.to_owned(), service.to_owned());
    Event { product, service, src: fields.collect::<Fields>(), ..Event::default() }
}

fn matches_source(source: &str, selection: &str, event: &Event) -> bool {
    let text = format!(
        "title: T\nlogsource: {{{source}}}\ndetection:\n  s:\n    {selection}\n  condition: s"
    );
    let (rules, problems) = RuleSet::compile(Document::parse(&text).unwrap(), &Placeholders::new());
    assert_eq!(problems, Vec::new());
    !rules.matches(event).is_empty()
}

#[test]
fn a_line_belongs_to_every_log_that_holds_it_and_to_no_other() {
    let line = [("syslog_appname", "sshd"), ("F", "1")];
    let sshd = event_of("linux", "sshd", &line);
    for (service, expected) in
        [("sshd", true), ("auth", true), ("syslog", true), ("cron", false), ("sudo", false)]
    {
        let source = format!("product: linux, service: {service}");
        assert_eq!(matches_source(&source, "F: 1", &sshd), expected, "{service}");
    }
    let in_syslog =
        |event: &Event| matches_source("product: linux, service: syslog", "F: 1", event);
    assert!(in_syslog(&event_of("linux", "cron", &line)));
    assert!(!in_syslog(&event_of("linux", "auditd", &[("F", "1")])), "it came from its own file");
    assert!(!in_syslog(&event_of("fortigate", "event", &line)));
}

#[test]
fn a_log_nobody_reads_is_reported_and_not_counted_as_used() {
    let text = "title: T\nlogsource: {product: linux, category: process_creation}\ndetection: {s: {Image: a}, condition: s}";
    let (rules, _) = RuleSet::compile(Document::parse(text).unwrap(), &Placeholders::new());
    assert_eq!((rules.coverage().n_rules, rules.coverage().unmapped.len()), (0, 1));
}

#[test]
fn suricata_speaks_in_the_words_of_proxy_and_dns_rules() {
    let http = event_of(
        "suricata",
        "http",
        &[
            ("event_type", "http"),
            ("http.url", "/a/b.exe?c=d"),
            ("http.url_query", "c=d"),
            ("http.url_extension", "exe"),
            ("http.cookie", "id=1"),
        ],
    );
    let proxy = |selection| matches_source("category: proxy", selection, &http);
    assert!(proxy("cs-uri|contains: b.exe") && proxy("c-uri-extension: exe"));
    assert!(proxy("c-uri-query: c=d") && proxy("cs-cookie: id=1"));
    let answers = event_of(
        "suricata",
        "dns",
        &[
            ("event_type", "dns"),
            ("dns.queries.rrname", "evil.example"),
            ("dns.answers.rdata", "192.0.2.1"),
            ("dns.answers.rdata", "192.0.2.2"),
        ],
    );
    let dns = |selection| matches_source("category: dns", selection, &answers);
    assert!(dns("query: evil.example"));
    assert!(dns("answer: 192.0.2.1") && dns("answer: 192.0.2.2"), "any of the answers");
}

#[test]
fn complaints_name_the_line() {
    let wrong = [
        ("- 1", "a Sigma document is a map"),
        ("title: T\ndetection: {}", "logsource"),
        ("title: T\nlogsource: {product: p}\ndetection: {s: {A: 1}}", "condition"),
        (
            "title: T\nlogsource: {product: p}\ndetection:\n  s:\n    A|contian: 1\n  condition: s",
            "line 5",
        ),
        (
            "title: T\nlogsource: {product: p}\ndetection:\n  s:\n    A: 1\n  condition: s and x",
            "line 6",
        ),
        (
            "title: T\nlogsource: {product: p}\ndetection:\n  s:\n    A: 1\n  condition: s | count() > 5",
            "correlation rule",
        ),
        ("title: T\n\tx: 1", "line"),
        ("title: T\nlevel: severe\nlogsource: {product: p}\ndetection: {}", "level"),
    ];
    for (text, part) in wrong {
        let error = Document::parse(text).unwrap_err();
        assert!(error.to_string().contains(part), "{text}\n-> {error}");
        let trouble = error.trouble().render(Lang::Ja);
        assert!(trouble.contains("SK-SIGMA-001"), "{trouble}");
    }
}

#[test]
fn what_a_document_says_about_itself_is_kept() {
    let text = "title: 題\nid: i\nname: n\nstatus: test\ndescription: |\n  d\nauthor: A\nlevel: high\ntags: [attack.t1490]\nreferences: https://example.org/\nfalsepositives: [never]\ndate: 2026-01-02\nlogsource: {product: Windows, service: Security}\ndetection: {s: {A: 1}, condition: s}\n";
    let documents = Document::parse(text).unwrap();
    let [Document::Rule(rule)] = documents.as_slice() else { panic!("one rule") };
    assert_eq!(rule.header.title, "題");
    assert_eq!(rule.header.level, Level::High);
    assert_eq!(rule.header.tags, ["attack.t1490"]);
    assert_eq!(rule.header.references, ["https://example.org/"]);
    assert_eq!(rule.header.date, "2026-01-02");
    assert_eq!((&*rule.log_source.product, &*rule.log_source.service), ("windows", "security"));
}

#[test]
fn an_alias_bomb_is_refused() {
    let mut text = "a: &a [x,x,x,x,x,x,x,x,x,x]\n".to_owned();
    for (name, before) in "bcdefghij".chars().zip("abcdefghi".chars()) {
        let uses = vec![format!("*{before}"); 10].join(",");
        text.push_str(&format!("{name}: &{name} [{uses}]\n"));
    }
    assert!(matches!(Document::parse(&text), Err(RuleError::Yaml { .. })));
}

/// A glob as a rule would write it.
fn spelled(glob: &Glob) -> String {
    let piece = |piece: &Piece| match piece {
        Piece::One => "?".to_owned(),
        Piece::Many => "*".to_owned(),
        Piece::Literal(text) => text
            .chars()
            .map(|c| if "*?\\".contains(c) { format!("\\{c}") } else { c.to_string() })
            .collect(),
    };
    glob.pieces().iter().map(piece).collect()
}

/// The obvious matcher: tries everything.
fn covers_slowly(pattern: &[char], text: &[char]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some(('*', rest)), _) => {
            covers_slowly(rest, text) || (!text.is_empty() && covers_slowly(pattern, &text[1..]))
        }
        (Some(('?', rest)), Some((_, text))) => covers_slowly(rest, text),
        (Some((own, rest)), Some((c, text))) => own == c && covers_slowly(rest, text),
        _ => false,
    }
}

proptest! {
    #[test]
    fn any_bytes_are_a_rule_or_a_complaint(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        crate::fuzz_rule(&bytes);
    }

    #[test]
    fn any_condition_is_read_or_refused(condition in "[()|*_a-c ]{0,30}|(not |and |or |1 of |a |b\\* |\\(|\\)){0,12}") {
        crate::fuzz_rule(rule(&format!("a:\n  A: 1\nb:\n  B: 1\ncondition: \"{condition}\"")).as_bytes());
    }

    #[test]
    fn any_modifiers_are_read_or_refused(
        modifiers in prop::collection::vec("all|contains|startswith|endswith|re|i|m|s|cidr|windash|wide|base64|base64offset|exists|expand|fieldref|cased|neq|lt|gte|hour|utf16be", 0..4),
        value in "[-/a*?%\\\\ ]{0,8}",
    ) {
        let field = ["F".to_owned()].into_iter().chain(modifiers).collect::<Vec<_>>().join("|");
        crate::fuzz_rule(rule(&format!("s:\n  {field}: '{value}'\ncondition: s")).as_bytes());
    }

    #[test]
    fn a_glob_survives_its_spelling(text in "[a*?\\\\]{0,8}") {
        let glob = Glob::parse(&text);
        prop_assert_eq!(Glob::parse(&spelled(&glob)), glob);
    }

    #[test]
    fn globs_agree_with_trying_everything(pattern in "[ab*?]{0,7}", text in "[abA]{0,9}") {
        let slow = covers_slowly(
            &folded(&pattern).chars().collect::<Vec<_>>(),
            &folded(&text).chars().collect::<Vec<_>>(),
        );
        prop_assert_eq!(Glob::parse(&pattern).shape(false).covers(&folded(&text)), slow);
    }

    #[test]
    fn a_part_of_a_text_folds_to_a_part_of_the_folded_text(a in "\\PC{0,5}", b in "\\PC{1,5}", c in "\\PC{0,5}") {
        let whole = folded(&format!("{a}{b}{c}"));
        prop_assert!(whole.contains(&folded(&b)));
    }
}
