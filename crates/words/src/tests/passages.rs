//! What free text may say about a patient is shown before it leaves.

use proptest::prelude::*;

use crate::passages::{PassageKind, fuzz_passages, passages};

fn found(text: &str) -> Vec<(PassageKind, String)> {
    passages(text).into_iter().map(|one| (one.kind, one.text)).collect()
}

#[test]
fn numbers_of_patients_are_found_in_the_ways_people_type_them() {
    for (text, passage) in [
        ("患者ID 0012345 のカルテが開けない", "0012345"),
        ("患者番号：１２３４５６", "１２３４５６"),
        ("診察券 12-345 の方", "12-345"),
        ("カルテ番号は 4711 です", "4711"),
        ("画面に 00123456 と表示", "00123456"),
    ] {
        assert_eq!(found(text), [(PassageKind::PatientNumber, passage.to_owned())], "{text}");
    }
}

#[test]
fn dates_of_birth_are_found_and_other_dates_are_not() {
    for (text, passage) in [
        ("生年月日 昭和40年1月2日", "40年1月2"),
        ("生年月日: 1965/1/2", "1965/1/2"),
        ("生年月日19650102", "19650102"),
        ("DOB 1965-01-02", "1965-01-02"),
        ("1965年1月2日生まれの方", "1965年1月2"),
    ] {
        assert_eq!(found(text), [(PassageKind::BirthDate, passage.to_owned())], "{text}");
    }
    for text in [
        "2026年11月2日 6時41分に検知",
        "2026-11-02 06:41",
        "20261102",
        "202611020641",
        "令和8年11月2日",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn names_after_the_word_patient_are_found() {
    for (text, passage) in [
        ("患者氏名: 山田 太郎", "山田 太郎"),
        ("患者名は やまだたろう", "やまだたろう"),
        ("患者 佐藤花子様の検査結果", "佐藤花子様"),
        ("患者の鈴木さんから電話", "鈴木"),
    ] {
        let all = found(text);
        let named = |(kind, one): &(PassageKind, String)| {
            *kind == PassageKind::Name && one.starts_with(passage)
        };
        assert!(all.iter().any(named), "{text}: {all:?}");
    }
    for text in [
        "患者への説明を準備",
        "患者数は調査中",
        "患者様への影響はない",
        "患者の皆様へ公表",
        "患者氏名は調査中",
        "患者氏名等が漏えいしたおそれ",
        "外来患者の受付を停止",
        "患者情報の持ち出しは確認されていない",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

#[test]
fn telephone_and_insurance_numbers_are_found() {
    use PassageKind::{InsuredNumber, Phone};
    for (text, kind, passage) in [
        ("連絡先 090-0000-1000", Phone, "090-0000-1000"),
        ("06(0000)1000 へ", Phone, "06(0000)1000"),
        ("０９０００００１０００", Phone, "０９０００００１０００"),
        ("保険者番号 06270000", InsuredNumber, "06270000"),
        ("被保険者証の記号・番号 1234-567", InsuredNumber, "1234-567"),
        ("マイナンバー 1234-5678-9012", InsuredNumber, "1234-5678-9012"),
        ("123456789012", InsuredNumber, "123456789012"),
    ] {
        assert_eq!(found(text), [(kind, passage.to_owned())], "{text}");
    }
}

#[test]
fn addresses_versions_and_numbers_of_offices_are_left_alone() {
    for text in [
        "192.0.2.10 から 198.51.100.7 へ通信",
        "受付番号 2026-00001",
        "約 1300000 件のファイル",
        "電子カルテ 3.14.15 版",
        "端末 1,300 台",
        "サーバー EMR20231101 を停止",
        "製造番号 12345678",
        "S4-14",
    ] {
        assert_eq!(found(text), [], "{text}");
    }
}

proptest! {
    #[test]
    fn any_text_is_looked_through(text in "\\PC{0,200}") {
        fuzz_passages(text.as_bytes());
    }

    #[test]
    fn text_that_is_nearly_a_passage_is_looked_through(text in "(患者|氏名|様|生年月日|0|9|-|/|:| |山|た|月){0,60}") {
        fuzz_passages(text.as_bytes());
    }
}
