//! What stands on paper. A Japanese font is needed, so most of this runs with the tests that need peers.

use std::io::Write as _;
use std::process::{Command, Stdio};

use proptest::prelude::*;
use sakimori_words::document::{Block, Datum, Row};

use super::sample::{any_document, long_report, report};
use crate::{Fonts, PrintError, pdf};

fn fonts() -> Fonts {
    let fonts = Fonts::find(None);
    assert!(!fonts.is_empty(), "cargo xtask setup-peers installs a font");
    fonts
}

#[test]
#[ignore = "needs a Japanese font (cargo xtask setup-peers)"]
fn the_same_document_gives_the_same_bytes() {
    let first = pdf(&long_report(), &fonts()).unwrap();
    assert_eq!(first, pdf(&long_report(), &fonts()).unwrap());
}

#[test]
#[ignore = "needs a Japanese font (cargo xtask setup-peers)"]
fn a_character_that_no_font_has_is_named() {
    let mut document = report();
    document.blocks.push(Block::Paragraph("名前 \u{10ffc5}".to_owned()));
    let error = pdf(&document, &fonts()).unwrap_err();
    assert!(
        matches!(&error, PrintError::MissingCharacters { characters } if characters == &['\u{10ffc5}']),
        "{error}"
    );
    assert!(error.to_string().contains("U+10FFC5"));
}

#[test]
#[ignore = "needs a Japanese font and pdftotext (cargo xtask setup-peers)"]
fn a_digest_longer_than_its_cell_goes_on_in_the_next_line() {
    let mut document = report();
    let digest = "0123456789abcdef".repeat(4);
    document.blocks = vec![Block::Rows(vec![Row::new("d", "SHA-256", Datum::text(&digest))])];
    let text = pdftotext(&pdf(&document, &fonts()).unwrap());
    assert!(!text.contains(&digest), "it runs out of its cell:\n{text}");
    assert!(text.split_whitespace().collect::<String>().contains(&digest), "{text}");
}

#[test]
#[ignore = "needs a Japanese font (cargo xtask setup-peers)"]
fn a_document_as_long_as_a_book_is_refused() {
    let mut document = report();
    document.blocks.push(Block::Paragraph("長".repeat(300_001)));
    assert!(matches!(pdf(&document, &fonts()), Err(PrintError::TooLong { .. })));
}

/// Ten pages; what a reader of the file's text gets, in reading order.
#[test]
#[ignore = "needs a Japanese font and pdftotext (cargo xtask setup-peers)"]
fn a_report_of_ten_pages_is_read_in_order() {
    let (bytes, fonts) = (pdf(&long_report(), &fonts()).unwrap(), fonts());
    assert!(fonts.families().first().is_some_and(|family| family == "BIZ UDPGothic"));
    let text = pdftotext(&bytes);
    assert!(
        (9..=14).contains(&text.matches('\u{c}').count()),
        "{} pages",
        text.matches('\u{c}').count()
    );
    let places = [
        "報告番号 50DC0952-1",
        "令和8年11月20日",
        "厚生労働省医政局",
        "見本市民病院",
        "髙﨑",
        "サイバー攻撃等事案報告書",
        "記",
        "件名",
        "令和8年11月20日（金）18時40分",
        "調査中",
        "令和元年5月1日",
        "第一報の連絡先",
        "レ",
        "外部回線を切断した",
        "以上",
    ];
    let mut rest = text.as_str();
    for place in places {
        let found = rest.split_once(place);
        rest = found.unwrap_or_else(|| panic!("`{place}` is missing or out of order:\n{rest}")).1;
    }
    assert!(text.contains("訓練") && text.contains(&report().source.short()));
}

#[test]
#[ignore = "needs BIZ UDPGothic and pdftotext (cargo xtask setup-peers)"]
fn a_paper_without_a_title_is_headed_by_its_number_and_empty_headings_are_left_out() {
    let mut untitled = report();
    untitled.head.title = "\u{3000}".to_owned();
    untitled.blocks.insert(0, Block::Heading(String::new()));
    let text = pdftotext(&pdf(&untitled, &fonts()).unwrap());
    assert!(text.matches(&untitled.id).count() >= 2, "in the heading and in the foot:\n{text}");
}

fn pdftotext(bytes: &[u8]) -> String {
    let mut child = Command::new("pdftotext")
        .args(["-enc", "UTF-8", "-", "-"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(bytes).unwrap();
    String::from_utf8(child.wait_with_output().unwrap().stdout).unwrap()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    /// Text is data: it is never read as markup, and what cannot be set is said.
    #[test]
    #[ignore = "needs a Japanese font (cargo xtask setup-peers)"]
    fn any_document_is_set_or_its_missing_characters_are_named(document in any_document()) {
        static FONTS: std::sync::LazyLock<Fonts> = std::sync::LazyLock::new(fonts);
        match pdf(&document, &FONTS) {
            Ok(bytes) => prop_assert!(bytes.starts_with(b"%PDF-")),
            Err(PrintError::MissingCharacters { characters }) => prop_assert!(!characters.is_empty()),
            Err(other) => prop_assert!(false, "{other}"),
        }
    }
}
