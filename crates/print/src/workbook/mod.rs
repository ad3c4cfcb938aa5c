//! Workbooks for offices that work in spreadsheets: one sheet to look at and print, one tidy sheet for machines, and the
//! document's identity in a hidden one. No macros, no formulas, no time of writing.

mod form;
mod layout;
mod table;
mod tidy;

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError,
};
use sakimori_words::document::{Datum, Document};
use sakimori_words::{Date, Lang, jst_datetime, wareki};

pub use form::{CellMap, MappedCell, Target, fill_form};
pub use table::xlsx_table;

use crate::PrintError;
use crate::characters::visible;

/// Most characters a cell takes (the format's own limit is 32 767 units; characters outside the first plane count twice).
const CELL_CHARS_MAX: usize = 16_000;

/// How a day is shown. LibreOffice knows no format that writes 元年 by itself, so a first year has a format of its own.
const DAY_FORMATS: [&str; 2] = [r#"[$-411]ggge"年"m"月"d"日""#, "yyyy-mm-dd"];
const MOMENT_FORMATS: [&str; 2] = [r#"[$-411]ggge"年"m"月"d"日" h"時"mm"分""#, "yyyy-mm-dd hh:mm"];

/// The document as a workbook.
///
/// # Errors
/// When it is larger than a workbook can be.
pub fn xlsx(document: &Document) -> Result<Vec<u8>, PrintError> {
    let mut workbook = book(document.dated, &document.head.title)?;
    layout::write(workbook.add_worksheet(), document)?;
    tidy::write(workbook.add_worksheet(), document)?;
    identity(workbook.add_worksheet(), document)?;
    Ok(workbook.save_to_buffer()?)
}

/// An empty workbook that bears a day and not the time of writing, so that it is the same every time.
fn book(dated: Date, title: &str) -> Result<Workbook, XlsxError> {
    let mut workbook = Workbook::new();
    let made = day_value(dated).map_or_else(|| ExcelDateTime::from_ymd(2000, 1, 1), Ok)?;
    let title: String = visible(title).chars().take(200).collect();
    let properties = DocProperties::new().set_title(title).set_creation_datetime(&made);
    workbook.set_properties(&properties.set_company("Sakimori"));
    Ok(workbook)
}

/// What every exported file carries, in a sheet that nobody prints.
fn identity(sheet: &mut Worksheet, document: &Document) -> Result<(), XlsxError> {
    sheet.set_name("sakimori")?.set_hidden(true);
    let digest = document.source.to_string();
    let (form, form_version) =
        document.form.as_ref().map_or(("", ""), |form| (form.id.as_str(), form.version.as_str()));
    let rows = [
        ("id", document.id.as_str()),
        ("version", &document.version),
        ("sha256", &digest),
        ("form", form),
        ("form_version", form_version),
        ("lang", document.lang.tag()),
    ];
    for (row, (name, value)) in (0..).zip(rows) {
        sheet.write_string(row, 0, name)?;
        sheet.write_string(row, 1, cut(value).first().map_or("", String::as_str))?;
    }
    Ok(())
}

/// How cells look.
struct Looks {
    lang: Lang,
    base: Format,
}

impl Looks {
    fn new(lang: Lang, base: Format) -> Self {
        Self { lang, base }
    }

    /// Writes a value as what it is: a number as a number, a day as a day. A text longer than a cell is cut by the caller.
    fn write(&self, sheet: &mut Worksheet, at: (u32, u16), value: &Datum) -> Result<(), XlsxError> {
        let (row, column) = at;
        if let Datum::Number(number) = value
            && let Ok(number) = i32::try_from(*number)
        {
            let format = self.base.clone().set_num_format("#,##0").set_align(FormatAlign::Right);
            sheet.write_number_with_format(row, column, number, &format)?;
            return Ok(());
        }
        if let Some((serial, format)) = self.serial(value) {
            let format = self.base.clone().set_num_format(format).set_align(FormatAlign::Left);
            sheet.write_datetime_with_format(row, column, &serial, &format)?;
            return Ok(());
        }
        let text = visible(&value.words(self.lang));
        sheet.write_string_with_format(row, column, text, &self.base)?;
        Ok(())
    }

    /// The serial of a day or moment and how it is shown; `None` for others and for days that workbooks do not know.
    fn serial(&self, value: &Datum) -> Option<(ExcelDateTime, String)> {
        let [ja, en] = if matches!(value, Datum::Moment(_)) { MOMENT_FORMATS } else { DAY_FORMATS };
        let day = day_value(value.day()?)?;
        let serial = match value {
            Datum::Moment(at) => {
                let local = jst_datetime(*at);
                let [hour, minute, second] =
                    [local.hour(), local.minute(), local.second()].map(i8::unsigned_abs);
                day.and_hms(u16::from(hour), minute, second).ok()?
            }
            _ => day,
        };
        let is_first = wareki(value.day()?).contains("元年");
        let ja =
            if is_first { ja.replace(r#"ggge"年""#, r#"ggg"元年""#) } else { ja.to_owned() };
        Some((serial, if self.lang == Lang::Ja { ja } else { en.to_owned() }))
    }
}

/// A day as workbooks count it; they begin in 1900 and take 1900-02-29 for a day, so what lies before March is written as text.
fn day_value(day: Date) -> Option<ExcelDateTime> {
    let year = u16::try_from(day.year()).ok()?;
    let known = year > 1900 || (year == 1900 && day.month() > 2);
    let [month, of_month] = [day.month(), day.day()].map(i8::unsigned_abs);
    if known { ExcelDateTime::from_ymd(year, month, of_month).ok() } else { None }
}

/// A text in parts that fit a cell each; one part for an empty text.
fn cut(text: &str) -> Vec<String> {
    let text: Vec<char> = visible(text).chars().collect();
    if text.is_empty() {
        return vec![String::new()];
    }
    text.chunks(CELL_CHARS_MAX).map(|part| part.iter().collect()).collect()
}

/// The value in parts that fit a cell each; nothing of a long text is lost.
fn parts(value: &Datum) -> Vec<Datum> {
    match value {
        Datum::Text(text) => cut(text).into_iter().map(Datum::Text).collect(),
        other => vec![other.clone()],
    }
}
