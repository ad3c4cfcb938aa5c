use proptest::prelude::*;
use sakimori_words::{Event, Fields};

use super::*;

fn read(text: &str) -> Vec<String> {
    let list = IndicatorList::read(text);
    let told = |own: &Indicator| format!("{} {}", own.kind.name(), own.text);
    list.indicators.iter().map(told).collect()
}

fn found(indicators: &str, raw: &str) -> bool {
    let list = IndicatorList::read(indicators);
    assert_eq!(list.n_not_understood, 0, "{indicators}");
    let event = Event { raw: raw.as_bytes().to_vec(), ..Event::default() };
    !Matcher::new(&list.indicators).unwrap().look(&event).is_empty()
}

#[test]
fn a_list_as_it_comes_by_mail_is_read() {
    let text = "\u{feff}# invented\nindicator,type\n198.51.100[.]7,ip\n203.0.113.0/24\n2001:DB8::7\nhxxps://Evil[.]example[.]com/a/b?c=1\n\
        hxxp[://]bare[.]example/ # the host alone\n\"evil[.]example[.]org\",\"why, so\"\n*.wild.example\nreply[at]evil.example\n\
        SHA256:9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08\nd41d8cd98f00b204e9800998ecf8427e\n\
        invoice.pdf.exe\nC:\\Temp\\run.bin\n見積書.xlsm\n例え.example\n10.0.0.9:8443\n0.0.0.0/0\nwhat is this\n198.51.100.7\n";
    let list = IndicatorList::read(text);
    insta::assert_snapshot!(read(text).join("\n"));
    let refused: Vec<_> =
        list.not_understood.iter().map(|own| (own.line, own.text.as_str())).collect();
    assert_eq!(refused, [(2, "indicator"), (18, "0.0.0.0/0"), (19, "what is this")]);
}

#[test]
fn an_address_is_a_whole_one() {
    for raw in [
        "from 10.0.0.1",
        "10.0.0.1:443",
        "a=10.0.0.1,",
        "見た10.0.0.1から",
        "::ffff:10.0.0.1",
        "inside:10.0.0.1/22",
        "to 10.0.0.1.",
    ] {
        assert!(found("10.0.0.1", raw), "{raw}");
    }
    for raw in ["10.0.0.11", "110.0.0.1", "10.0.0.1.5", "1.10.0.0.1", "v10.0.0.1", "10.0.0.1x"] {
        assert!(!found("10.0.0.1", raw), "{raw}");
    }
    assert!(
        found("203.0.113.0/25", "src=203.0.113.127") && !found("203.0.113.0/25", "203.0.113.128")
    );
    assert!(found("2001:db8::7", "peer [2001:0db8:0:0::0007]:443"));
    assert!(found("2001:db8::/32", "2001:db8:1::1") && !found("2001:db8::7", "2001:db8::71"));
}

#[test]
fn a_domain_is_itself_and_what_is_below_it() {
    for raw in [
        "www.example.com",
        "EXAMPLE.COM",
        "https://example.com/",
        "a@example.com",
        "example.com.",
        "%2Fexample.com",
        "は example.comへ",
    ] {
        assert!(found("example.com", raw), "{raw}");
    }
    for raw in [
        "notexample.com",
        "my-example.com",
        "example.com.evil.test",
        "example.community",
        "example.com-x",
    ] {
        assert!(!found("example.com", raw), "{raw}");
    }
    assert!(
        found("例え.example", "xn--r8jz45g.example")
            && found("例え.example", "http://例え.example/")
    );
}

#[test]
fn urls_hashes_files_and_mail_addresses_are_whole_words() {
    let url = "hxxps://evil.example/gate";
    assert!(found(url, "GET http://evil.example/gate?id=1") && found(url, "evil.example/gate/x"));
    assert!(!found(url, "evil.example/gateway") && !found(url, "notevil.example/gate"));
    let md5 = "d41d8cd98f00b204e9800998ecf8427e";
    assert!(
        found(md5, "MD5=D41D8CD98F00B204E9800998ECF8427E,") && !found(md5, &format!("{md5}00"))
    );
    assert!(found("evil.exe", "C:\\Temp\\EVIL.EXE -x") && found("evil.exe", "ファイルevil.exeを"));
    assert!(!found("evil.exe", "notevil.exe") && !found("evil.exe", "evil.exe.config"));
    assert!(found("見積書.xlsm", "「見積書.xlsm」") && !found("見積書.xlsm", "御見積書.xlsm"));
    assert!(
        found("a@evil.example", "<a@evil.example>") && !found("a@evil.example", "ba@evil.example")
    );
}

#[test]
fn what_a_record_escapes_is_found_in_its_fields() {
    let path = r"C:\Temp\run.bin";
    let list = IndicatorList::read(path);
    let raw = serde_json::json!({ "Image": path }).to_string().into_bytes();
    let src = [("Image", path)].into_iter().collect::<Fields>();
    let event = Event { raw, src, ..Event::default() };
    assert_eq!(Matcher::new(&list.indicators).unwrap().look(&event), [0]);
}

#[test]
fn events_are_told_apart_by_texts_where_that_is_possible() {
    let needles = |text: &str| {
        let list = IndicatorList::read(text);
        Matcher::new(&list.indicators).unwrap().needles().map(<[String]>::to_vec)
    };
    assert_eq!(needles("10.1.0.0/20\nC:\\Temp\\run.bin").unwrap(), ["10.1.", "run.bin"]);
    assert_eq!(needles("example.com\n2001:db8::7"), None);
}

#[test]
fn a_list_has_an_end() {
    let text: String = (0..INDICATORS_MAX + 5).map(|n| format!("h{n}.example\n")).collect();
    let list = IndicatorList::read(&text);
    assert_eq!((list.indicators.len(), list.left_out), (INDICATORS_MAX, 5));
    let matcher = Matcher::new(&list.indicators).unwrap();
    let event = Event { raw: b"www.h77777.example".to_vec(), ..Event::default() };
    assert_eq!(matcher.look(&event).len(), 1);
}

fn kinds() -> impl Strategy<Value = String> {
    prop_oneof![
        "[1-9][0-9]?\\.(0|[1-9][0-9]?)\\.[0-9]\\.[0-9]",
        "[a-z][a-z0-9]{1,8}\\.(example|test|invalid)",
        "[0-9a-f]{64}",
        "[a-z]{3,9}\\.(exe|dll|docm)",
        "[a-z]{1,6}@[a-z]{2,6}\\.example",
        "http://[a-z]{2,6}\\.example/[a-z]{1,6}",
    ]
}

proptest! {
    #[test]
    fn what_is_on_the_list_is_found_and_not_within_a_longer_word(indicator in kinds(), upper: bool) {
        let shown = if upper { indicator.to_uppercase().replace("HTTP://", "http://") } else { indicator.clone() };
        let between = format!("x=\"{shown}\" y");
        let longer = format!("q{}q", indicator.trim_start_matches("http://"));
        prop_assert!(found(&indicator, &between), "{}", between);
        prop_assert!(!found(&indicator, &longer), "{}", longer);
    }

    #[test]
    fn broken_up_is_the_same_as_whole(indicator in kinds()) {
        let broken = indicator.replace('.', "[.]").replace("http://", "hxxp://");
        prop_assert_eq!(read(&broken), read(&indicator));
    }

    #[test]
    fn every_line_is_an_indicator_a_comment_or_named(text in "\\PC{0,40}(\n\\PC{0,40}){0,4}") {
        let list = IndicatorList::read(&text);
        prop_assert!(list.indicators.len() + list.n_not_understood <= text.lines().count());
    }

    #[test]
    fn any_bytes_are_read(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        fuzz_indicators(&bytes);
    }
}

#[test]
fn a_stix_bundle_and_a_misp_event_are_read_like_lists() {
    let bundle = r#"{"type":"bundle","id":"bundle--1","objects":[
        {"type":"indicator","id":"indicator--1","pattern_type":"stix","pattern":"[domain-name:value = 'Evil.example' OR ipv4-addr:value = '198.51.100.7']"},
        {"type":"indicator","id":"indicator--2","pattern_type":"stix","pattern":"[file:name = 'harmless.example']"},
        {"type":"indicator","id":"indicator--3","pattern_type":"yara","pattern":"rule x {}"}]}"#;
    assert_eq!(read(bundle), ["address 198.51.100.7", "domain evil.example"]);
    let list = IndicatorList::read(bundle);
    let refused: Vec<_> = list.not_understood.iter().map(|own| own.text.as_str()).collect();
    // A file that is called like a domain would be looked for as a domain: it is named instead.
    assert_eq!(refused, ["harmless.example", "rule x {}"]);
    let event = r#"{"Event":{"Attribute":[{"type":"sha256","to_ids":true,
        "value":"9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"}]}}"#;
    assert_eq!(
        read(event),
        ["hash 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    );
    assert!(IndicatorList::read(r#"{"document":{"csaf_version":"2.0"}}"#).indicators.is_empty());
}
