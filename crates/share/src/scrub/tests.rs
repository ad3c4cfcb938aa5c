//! What an officer writes says nothing of the victim when it leaves.

use proptest::prelude::*;

use super::*;

fn book() -> NameBook {
    let mut book = NameBook::default();
    book.add_victim("医療法人社団桜会 見本髙山市民病院");
    book.add("見本花子", Kind::Person);
    book
}

fn kinds(text: &str) -> Vec<(Kind, String)> {
    let scrubbed = scrub(&[text], &[&book()], &[]);
    scrubbed.replaced.into_iter().map(|made| (made.kind, made.text)).collect()
}

#[test]
fn every_kind_of_passage_is_found_in_the_ways_people_type_it() {
    use Kind::*;
    for (text, kind, passage) in [
        ("当日、見本高山市民病院の端末で", Facility, "見本高山市民病院"),
        ("当日、見本髙山市民病院の端末で", Facility, "見本髙山市民病院"),
        ("見本 高山 市民 病院では", Facility, "見本 高山 市民 病院"),
        ("桜会が運営する", Facility, "桜会"),
        ("担当の見本 花子が", Person, "見本 花子"),
        ("大阪府内の病院", Area, "大阪府"),
        ("a hospital in Osaka was hit", Area, "Osaka"),
        ("見本市中央町1-2-3の本館", Address, "見本市中央町1-2-3"),
        ("〒530-0001 から", Postcode, "〒530-0001"),
        ("電話は 06-6543-2100 へ", Phone, "06-6543-2100"),
        ("０６（６５４３）２１００", Phone, "０６（６５４３）２１００"),
        ("jimu@kensa.example.jp に届いた", Mail, "jimu@kensa.example.jp"),
        ("https://www.kensa.example.jp/x を開いた", Url, "https://www.kensa.example.jp/x"),
        ("10.11.12.13 から", Ip, "10.11.12.13"),
        ("１０．１１．１２．１３から", Ip, "１０．１１．１２．１３"),
        ("2001:db8::1 から", Ip, "2001:db8::1"),
        ("00:1A:2b:3c:4D:5e の機器", Mac, "00:1A:2b:3c:4D:5e"),
        ("EMR-SV01 が止まった", Host, "EMR-SV01"),
        ("サーバー fs01.midori.example が", Host, "fs01.midori.example"),
        ("emr01.kensa.local が止まった", Host, "emr01.kensa.local"),
        (r"\\FS01\share\事務 に置かれた", Path, r"\\FS01\share\事務"),
        (r"C:\Users\hanako\Desktop に", Path, r"C:\Users\hanako\Desktop"),
        ("患者ID 0012345 の記録", Patient, "患者ID 0012345"),
        ("865床の病院", Beds, "865床"),
        ("８６５床の病院", Beds, "８６５床"),
        ("10月31日の早朝", Date, "10月31日"),
        ("令和4年10月31日の早朝", Date, "令和4年10月31日"),
        ("2022/10/31 に", Date, "2022/10/31"),
        ("県内唯一の", Function, "県内唯一の"),
        ("基幹災害拠点病院であり", Function, "基幹災害拠点病院"),
        ("高度救命救急センターを持つ", Function, "高度救命救急センター"),
    ] {
        let found = kinds(text);
        assert!(found.contains(&(kind, passage.to_owned())), "{text}: {found:?}");
    }
}

#[test]
fn the_same_passage_has_the_same_placeholder_in_every_text_of_a_case() {
    let texts = ["EMR-SV01 と EMR-SV02 が", "emr-sv01 から 10.11.12.13 へ、再び ＥＭＲ-ＳＶ０２"];
    let scrubbed = scrub(&texts, &[], &[]);
    assert_eq!(
        scrubbed.texts,
        ["<HOST-1> と <HOST-2> が", "<HOST-1> から <IP-1> へ、再び <HOST-2>"]
    );
    let again = scrub(&[&scrubbed.texts[0], &scrubbed.texts[1]], &[], &[]);
    assert_eq!(again.texts, scrubbed.texts, "placeholders stay as they are");
    assert!(again.replaced.is_empty() && again.to_review.is_empty(), "{again:?}");
}

#[test]
fn what_a_person_leaves_standing_needs_a_reason() {
    let stays =
        |reason: &str| vec![Override { text: "10.0.0.0/8".to_owned(), reason: reason.to_owned() }];
    let text = ["10.0.0.0/8 のような私用アドレス"];
    for (reason, n) in [("", 1), ("例示であり、どの機関でも使う", 0)] {
        let scrubbed = scrub(&text, &[], &stays(reason));
        assert_eq!(scrubbed.texts, text);
        assert_eq!(scrubbed.without_reason(&stays(reason)).count(), n);
    }
}

#[test]
fn words_that_may_be_names_are_listed_and_words_of_the_trade_are_not() {
    let text = "ランサムウェア LockBit が VPN から入り、ナガサワ商事のサーバーと、西棟の佐藤さんの端末、Kuroneko を暗号化した";
    let scrubbed = scrub(&[text], &[], &[]);
    for word in ["ナガサワ商事", "佐藤さん", "Kuroneko"] {
        let listed = scrubbed.to_review.iter().any(|one| one.contains(word));
        assert!(listed, "{word}: {:?}", scrubbed.to_review);
    }
    for word in ["LockBit", "VPN", "ランサムウェア", "サーバー"] {
        assert!(!scrubbed.to_review.iter().any(|one| one == word), "{word}");
    }
}

#[test]
fn the_names_of_a_hospital_are_the_ones_papers_use() {
    let names = formal_names("医療法人社団桜会 見本記念病院");
    assert!(names.contains(&"桜会".to_owned()) && names.contains(&"見本記念病院".to_owned()));
    assert_eq!(short_names("見本記念病院"), ["見本", "見本記念"]);
    assert!(short_names("市立病院").is_empty(), "what is left of it says nothing");
}

proptest! {
    #[test]
    fn any_text_is_scrubbed(text in "\\PC{0,200}") {
        fuzz_scrub(text.as_bytes());
    }

    #[test]
    fn text_that_is_nearly_a_passage_is_scrubbed(text in "(<HOST-|>|10\\.|病院|大阪|ﾊﾞ|が|゛|ー|0|-|年|月|日|\\\\|@|床| ){0,40}") {
        fuzz_scrub(text.as_bytes());
    }
}

#[test]
fn a_name_is_found_without_what_stands_in_brackets_behind_it() {
    let mut book = NameBook::default();
    book.add_victim("みどり病院（旧 あかね病院）（仮称）");
    let found = |text: &str| !scrub(&[text], &[&book], &[]).replaced.is_empty();
    for text in ["みどり病院で侵入", "あかね病院だったころ", "みどりの院内"]
    {
        assert!(found(text), "{text}");
    }
    assert!(!found("仮称のまま"), "what is in brackets is a name only when it ends like one");
}
