use std::fmt::Write as _;
use std::io::Cursor;

use calamine::{Data, Reader, SheetVisible, Xlsx};
use proptest::prelude::*;
use sakimori_words::document::{Column, Datum};
use sakimori_words::{Date, Lang};

use super::sample::{any_document, long_report, report};
use crate::{xlsx, xlsx_table};

/// Every sheet with its cells, as another program reads them.
pub(super) fn read_back(bytes: &[u8]) -> String {
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).unwrap();
    let mut seen = String::new();
    for sheet in workbook.sheets_metadata().to_vec() {
        let hidden = if sheet.visible == SheetVisible::Visible { "" } else { " (hidden)" };
        writeln!(seen, "== {}{hidden}", sheet.name).unwrap();
        let range = workbook.worksheet_range(&sheet.name).unwrap();
        let (row_0, column_0) = range.start().unwrap_or_default();
        for (row, column, cell) in range.used_cells() {
            let place = (row + row_0 as usize + 1, column + column_0 as usize + 1);
            let cell = match cell {
                Data::DateTime(at) => format!("date {}", at.as_f64()),
                other => format!("{other:?}"),
            };
            writeln!(seen, "{}.{} {cell}", place.0, place.1).unwrap();
        }
    }
    seen
}

#[test]
fn a_workbook_shows_the_letter_and_keeps_the_data_apart() {
    insta::assert_snapshot!("report", read_back(&xlsx(&report()).unwrap()));
}

#[test]
fn the_same_document_gives_the_same_bytes() {
    assert_eq!(xlsx(&long_report()).unwrap(), xlsx(&long_report()).unwrap());
}

#[test]
fn days_are_days_whatever_era_they_are_shown_in() {
    let rows = [vec![Datum::Day(Date::constant(2019, 5, 1)), Datum::text("=1+1")]];
    let columns = [Column::new("day", "日", 1), Column::new("what", "内容", 3)];
    let bytes =
        xlsx_table("一覧: [テスト]", Date::constant(2026, 11, 20), Lang::Ja, &columns, &rows);
    let mut workbook: Xlsx<_> = Xlsx::new(Cursor::new(bytes.unwrap())).unwrap();
    let range = workbook.worksheet_range_at(0).unwrap().unwrap();
    assert!(matches!(range.get((1, 0)), Some(Data::DateTime(at)) if at.as_f64() == 43_586.0));
    assert_eq!(range.get((1, 1)), Some(&Data::String("=1+1".to_owned())));
}

#[test]
fn a_text_longer_than_a_cell_goes_on_in_the_next() {
    let mut document = report();
    let long = "亜".repeat(40_000);
    document.blocks =
        vec![sakimori_words::document::Block::Rows(vec![sakimori_words::document::Row::new(
            "long",
            "長文",
            Datum::text(&long),
        )])];
    let seen = read_back(&xlsx(&document).unwrap());
    assert_eq!(seen.matches('亜').count(), 2 * 40_000, "once in each sheet");
}

proptest! {
    #[test]
    fn any_document_becomes_a_workbook(document in any_document()) {
        let bytes = xlsx(&document).unwrap();
        prop_assert!(read_back(&bytes).contains("== data"));
    }
}
