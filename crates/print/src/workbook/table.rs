//! A plain list as a workbook, for screens that show one.

use rust_xlsxwriter::{Color, Format, FormatAlign, FormatBorder};
use sakimori_words::document::{Column, Datum};
use sakimori_words::{Date, Lang};

use super::{Looks, book, cut, parts};
use crate::PrintError;

/// Widest column, in characters.
const WIDTH_MAX: f64 = 60.0;

/// The list `name` of the day `dated` as a workbook of one sheet: heads that stay in sight, a filter, numbers and days as what
/// they are.
///
/// # Errors
/// When it is larger than a sheet can be (1 048 576 rows).
pub fn xlsx_table(
    name: &str,
    dated: Date,
    lang: Lang,
    columns: &[Column],
    rows: &[Vec<Datum>],
) -> Result<Vec<u8>, PrintError> {
    let mut workbook = book(dated, name)?;
    let cell = Format::new().set_text_wrap().set_align(FormatAlign::Top);
    let head = cell.clone().set_bold().set_background_color(Color::RGB(0x00EB_EBEB));
    let head = head.set_border_bottom(FormatBorder::Thin);
    let sheet = workbook.add_worksheet();
    sheet.set_name(sheet_name(name))?.set_paper_size(9).set_landscape();
    sheet.set_print_fit_to_pages(1, 0).set_repeat_rows(0, 0)?.set_freeze_panes(1, 0)?;
    for (at, column) in (0..).zip(columns) {
        sheet.set_column_width(at, (f64::from(column.share.max(1)) * 12.0).min(WIDTH_MAX))?;
        let title = cut(&column.title).into_iter().next().unwrap_or_default();
        sheet.write_string_with_format(0, at, title, &head)?;
    }
    let looks = Looks::new(lang, cell);
    for (at, row) in (1..).zip(rows) {
        for (column, value) in (0..).zip(row) {
            let first = parts(value).into_iter().next().unwrap_or(Datum::Unknown);
            looks.write(sheet, (at, column), &first)?;
        }
    }
    if let (Ok(last_row), Ok(n_columns)) = (u32::try_from(rows.len()), u16::try_from(columns.len()))
        && n_columns > 0
    {
        sheet.autofilter(0, 0, last_row, n_columns - 1)?;
    }
    Ok(workbook.save_to_buffer()?)
}

/// A name a sheet can have: at most 31 characters, none of `[]:*?/\`, no quote at its ends.
pub(super) fn sheet_name(name: &str) -> String {
    let name =
        crate::characters::visible(name).replace(['[', ']', ':', '*', '?', '/', '\\', '\n'], " ");
    let name: String = name.trim_matches(['\'', ' ']).chars().take(15).collect();
    let name = name.trim_end_matches(['\'', ' ']);
    if name.is_empty() { "list".to_owned() } else { name.to_owned() }
}
