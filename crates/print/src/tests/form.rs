//! Offices' workbooks, filled in. The blanks are ours, built the way such forms are: labels in merged cells, values beside them.

use std::sync::LazyLock;

use insta::assert_snapshot;
use proptest::prelude::*;
use rust_xlsxwriter::{Format, Workbook};
use sakimori_content::{Content, FormSheet};
use sakimori_words::document::{Block, Datum, Document, Row};
use sakimori_words::{Date, Instant};

use super::sample::report;
use super::workbook::read_back;
use crate::{CellMap, MappedCell, PrintError, Target, fill_form, xlsx};

/// The sheets of the built-in pack, which is read once.
fn sheets() -> &'static [FormSheet] {
    static SHEETS: LazyLock<Vec<FormSheet>> = LazyLock::new(|| {
        let content = Content::embedded().unwrap();
        content.form_sheets("first-report", Date::constant(2026, 11, 20)).cloned().collect()
    });
    &SHEETS
}

/// A report with an answer to every field of the form.
fn full_report() -> Document {
    let content = Content::embedded().unwrap();
    let form = content.form("first-report", Date::constant(2026, 11, 20)).unwrap();
    let knew = Instant::parse("2026-11-20T18:40:00+09:00").unwrap();
    let value = |id: &str| match id {
        "knew_at" | "detected_at" => Datum::Moment(knew),
        "subject_count" => Datum::Number(1_200),
        "cause" => Datum::Unknown,
        id => Datum::text(format!("〔{id}〕")),
    };
    let rows = form.fields().map(|field| Row::new(&*field.id, &*field.label.ja, value(&field.id)));
    let mut document = report();
    document.blocks = vec![Block::Rows(rows.collect())];
    document
}

/// A blank of that sheet: a title, and each label merged over two columns with an empty merged cell beside it.
fn blank(sheet: &FormSheet) -> Vec<u8> {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name("様式").unwrap();
    let bordered = Format::new().set_border(rust_xlsxwriter::FormatBorder::Thin);
    page.merge_range(0, 0, 0, 5, &sheet.says.join("　"), &bordered).unwrap();
    for (row, cell) in (2..).zip(sheet.cells()) {
        // Full-width spaces and line ends stand in labels for looks.
        let label = cell.label.ja.replace("の", "の\n　");
        page.merge_range(row, 0, row, 1, &label, &bordered).unwrap();
        page.merge_range(row, 2, row, 5, "", &bordered).unwrap();
    }
    book.save_to_buffer().unwrap()
}

fn map(sheet: &FormSheet) -> CellMap {
    let mapped = sheet.cells().filter(|cell| !cell.fields.is_empty()).map(|cell| MappedCell {
        field: cell.id.clone(),
        sheet: cell.sheet.clone(),
        place: Target::RightOf(cell.label.ja.clone()),
    });
    CellMap { says: sheet.says.clone(), cells: mapped.collect() }
}

/// Every version of a form of the pack has its own golden copy.
#[test]
fn the_blank_of_every_form_version_is_filled_in_and_what_people_decide_is_left_blank() {
    let report = full_report();
    for sheet in sheets() {
        let filled = fill_form(&sheet.document(&report), &map(sheet), &blank(sheet)).unwrap();
        assert_snapshot!(format!("form-{}-{}", sheet.id, sheet.version), read_back(&filled));
    }
}

#[test]
fn without_a_blank_the_same_fields_stand_in_the_same_order() {
    let report = full_report();
    for sheet in sheets() {
        let document = sheet.document(&report);
        let codes: Vec<&str> = document.rows().map(|row| row.code.as_str()).collect();
        assert_eq!(codes, sheet.cells().map(|cell| cell.id.as_str()).collect::<Vec<_>>());
        assert!(
            read_back(&xlsx(&document).unwrap()).contains("令和") || !codes.contains(&"knew_at")
        );
    }
}

#[test]
fn a_blank_of_another_version_is_named_field_by_field_and_nothing_is_written() {
    let sheets = sheets();
    let [first, other] = [&sheets[0], &sheets[1]];
    let document = first.document(&full_report());
    let Err(PrintError::OtherForm { problems }) = fill_form(&document, &map(first), &blank(other))
    else {
        panic!("another form was filled in")
    };
    assert!(
        problems.iter().any(|one| one.contains("ransom_note") || one.contains("「")),
        "{problems:?}"
    );
    assert!(problems.len() > 3, "everything that does not fit is named: {problems:?}");
}

#[test]
fn a_form_that_is_filled_in_already_is_left_alone() {
    let sheet = &sheets()[0];
    let document = sheet.document(&full_report());
    let once = fill_form(&document, &map(sheet), &blank(sheet)).unwrap();
    let Err(PrintError::OtherForm { problems }) = fill_form(&document, &map(sheet), &once) else {
        panic!("a filled form was written over")
    };
    assert!(problems.iter().all(|one| one.contains("not empty")), "{problems:?}");
}

#[test]
fn cells_can_be_named_and_everything_else_of_the_file_stays() {
    let mut book = Workbook::new();
    let page = book.add_worksheet();
    page.set_name("A & B").unwrap();
    page.write_string(0, 0, "様式 ２０２６").unwrap();
    page.write_formula(4, 0, rust_xlsxwriter::Formula::new("1+1").set_result("2")).unwrap();
    book.add_worksheet().set_name("別紙").unwrap().write_string(0, 0, "注意").unwrap();
    let blank = book.save_to_buffer().unwrap();
    let cell = |field: &str, sheet: &str, at: &str| MappedCell {
        field: field.to_owned(),
        sheet: sheet.to_owned(),
        place: Target::At(at.to_owned()),
    };
    let mut map = CellMap {
        says: vec!["様式2026".to_owned()],
        cells: vec![
            cell("knew_at", "A & B", "C7"),
            cell("beds", "A & B", "B1"),
            cell("files", "別紙", "AA3"),
            cell("absent", "別紙", "A9"),
        ],
    };
    assert_snapshot!("form-cells", read_back(&fill_form(&report(), &map, &blank).unwrap()));
    map.cells.push(cell("title", "A & B", "A5"));
    map.cells.push(cell("title", "なし", "A5"));
    map.cells.push(cell("title", "別紙", "5A"));
    let Err(PrintError::OtherForm { problems }) = fill_form(&report(), &map, &blank) else {
        panic!("a formula was written over")
    };
    assert_eq!(problems.len(), 3, "{problems:?}");
}

#[test]
fn the_same_blank_and_report_give_the_same_bytes() {
    let sheet = &sheets()[0];
    let document = sheet.document(&full_report());
    // One blank: a workbook says when it was made.
    let blank = blank(sheet);
    let fill = || fill_form(&document, &map(sheet), &blank).unwrap();
    assert_eq!(fill(), fill());
}

proptest! {
    // Each case unpacks and packs whole files.
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn any_file_is_filled_in_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200), cut in 0_usize..4_000) {
        let sheet = &sheets()[0];
        let document = sheet.document(&report());
        let refused = fill_form(&document, &map(sheet), &bytes).is_err();
        prop_assert!(refused);
        let whole = blank(sheet);
        let _ = fill_form(&document, &map(sheet), whole.get(..cut.min(whole.len())).unwrap());
    }

    #[test]
    fn any_text_comes_back_as_it_was_written_with_invisible_characters_spelt(text in "[^\\p{C}\\s]{1,40}") {
        let sheet = &sheets()[0];
        let first = sheet.cells().find(|cell| !cell.fields.is_empty()).unwrap().id.clone();
        let mut document = sheet.document(&report());
        document.blocks = vec![Block::Rows(vec![Row::new(first, "", Datum::text(&text))])];
        let filled = fill_form(&document, &map(sheet), &blank(sheet)).unwrap();
        let seen = read_back(&filled);
        let text = crate::characters::visible(&text);
        prop_assert!(seen.contains(&format!("{text:?}")), "{seen}");
    }
}
