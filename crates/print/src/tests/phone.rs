use proptest::prelude::*;
use sakimori_words::Lang;

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

proptest! {
    #[test]
    fn any_document_is_read_out(document in any_document()) {
        let text = text(&document);
        let turned = text.contains('\u{202e}');
        prop_assert!(!turned);
    }
}
