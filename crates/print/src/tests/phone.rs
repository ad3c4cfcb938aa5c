use proptest::prelude::*;
use sakimori_words::Lang;
use sakimori_words::document::{Block, Column, Datum, Row, Table};

use super::sample::{any_document, report};
use crate::text;

#[test]
fn a_report_is_read_out_line_by_line() {
    insta::assert_snapshot!("phone-ja", text(&report()));
}

#[test]
fn the_words_around_the_values_are_english_in_an_english_document() {
    let mut english = report();
    english.lang = Lang::En;
    let text = text(&english);
    assert!(text.contains("Still finding out") && text.contains("2019-05-01"));
}

#[test]
fn what_is_left_blank_to_be_written_by_hand_is_not_said_to_be_found_out() {
    let mut form = report();
    let blank = || vec![Datum::text(""), Datum::text("\n")];
    form.blocks = vec![
        Block::Rows(vec![Row::new("seal", "封印の番号", Datum::text(""))]),
        Block::Table(Table {
            code: "events".to_owned(),
            caption: String::new(),
            columns: vec![Column::new("at", "日時", 1), Column::new("who", "人", 1)],
            rows: vec![vec![Datum::text("9時"), Datum::text("")], blank(), blank()],
        }),
    ];
    let text = text(&form);
    assert!(text.contains("封印の番号: （空欄）") && text.contains("人: （空欄）"), "{text}");
    assert!(!text.contains("調査中") && !text.contains("(2)"), "{text}");
}

proptest! {
    #[test]
    fn any_document_is_read_out(document in any_document()) {
        let text = text(&document);
        let turned = text.contains('\u{202e}');
        prop_assert!(!turned);
    }
}
