//! What a search found, as the page shows it: values that narrow the search when they are clicked.

use sakimori_watch::filter::{CLASSES, FIELDS, class_name};

use super::asked::{Asked, How};
use crate::address::with_query;
use crate::frame::Frame;
use crate::ports::{SearchCell, SearchTable};

/// Characters of a long text shown before it is opened.
const SHORT_CHARS: usize = 160;

/// The rows of SQL typed by hand.
pub(super) struct Rows {
    pub(super) columns: Vec<Column>,
    pub(super) rows: Vec<Vec<CellView>>,
}

pub(super) struct Column {
    pub(super) name: String,
    pub(super) number: bool,
}

/// One value as the table shows it: short, and in full when it is long.
pub(super) struct CellView {
    pub(super) short: String,
    pub(super) full: Option<String>,
    pub(super) number: bool,
}

/// An event in the list of a filter.
pub(super) struct EventLine {
    pub(super) time: String,
    /// Its own page.
    pub(super) address: String,
    pub(super) host: Option<Value>,
    pub(super) user: Option<Value>,
    pub(super) patient: Option<Value>,
    pub(super) class: Option<Value>,
    pub(super) activity: Option<Value>,
    pub(super) status: Option<Value>,
    pub(super) src_ip: Option<Value>,
    pub(super) dst_ip: Option<Value>,
    pub(super) process: Option<Value>,
    pub(super) message: String,
    pub(super) source: Option<Value>,
}

/// A value that can be wanted or left out.
pub(super) struct Value {
    pub(super) text: String,
    /// What the links are called, e.g. `host:EK-02`.
    pub(super) term: String,
    pub(super) with: String,
    pub(super) without: String,
}

/// The rows of a table as they are.
pub(super) fn rows(table: &SearchTable, frame: &Frame) -> Rows {
    let number = |n: usize| {
        let mut cells = table.rows.iter().filter_map(|row| row.get(n));
        cells.any(|cell| matches!(cell, SearchCell::Number(_)))
    };
    let columns = table.columns.iter().enumerate();
    let columns =
        columns.map(|(n, name)| Column { name: name.clone(), number: number(n) }).collect();
    let row = |row: &Vec<SearchCell>| row.iter().map(|cell| cell_view(cell, frame)).collect();
    Rows { columns, rows: table.rows.iter().map(row).collect() }
}

fn cell_view(cell: &SearchCell, frame: &Frame) -> CellView {
    let plain = |short: String| CellView { short, full: None, number: false };
    match cell {
        SearchCell::Empty => plain(String::new()),
        SearchCell::Number(number) => CellView { short: number.clone(), full: None, number: true },
        SearchCell::Time(at) => plain(frame.second(*at)),
        SearchCell::Text(_) | SearchCell::Fields(_) => {
            let text = cell.text();
            if text.chars().count() <= SHORT_CHARS {
                return plain(text);
            }
            let short: String = text.chars().take(SHORT_CHARS).collect();
            CellView { short: format!("{short}…"), full: Some(text), number: false }
        }
    }
}

/// The rows of a filter's statement as events.
pub(super) fn lines(table: &SearchTable, asked: &Asked, frame: &Frame) -> Vec<EventLine> {
    let line = |row: &Vec<SearchCell>| {
        let cell = |name: &str| cell_of(table, row, name);
        let text = |name: &str| cell(name).map(SearchCell::text).unwrap_or_default();
        let value = |name: &str| value(asked, name, &text(name), frame);
        let time = match cell("time") {
            Some(SearchCell::Time(at)) => frame.second(*at),
            _ => text("time"),
        };
        EventLine {
            time,
            address: asked.address("/search/event", &[("go", ""), ("seq", &text("seq"))]),
            host: value("host"),
            user: value("user"),
            patient: value("patient"),
            class: value("class_uid").filter(|_| text("class_uid") != "0"),
            activity: value("activity"),
            status: value("status"),
            src_ip: value("src_ip"),
            dst_ip: value("dst_ip"),
            process: value("process"),
            message: text("message"),
            source: value("source"),
        }
    };
    table.rows.iter().map(line).collect()
}

/// The cell of a named column.
pub(super) fn cell_of<'a>(
    table: &SearchTable,
    row: &'a [SearchCell],
    name: &str,
) -> Option<&'a SearchCell> {
    let place = table.columns.iter().position(|own| own == name)?;
    row.get(place)
}

/// A value of a column or of one of the record's own fields, with the ways to narrow by it; `None` for an empty one.
pub(super) fn value(asked: &Asked, field: &str, text: &str, frame: &Frame) -> Option<Value> {
    if text.is_empty() {
        return None;
    }
    let (name, typed, shown) = match field {
        "class_uid" => {
            let typed = class_spelling(text).unwrap_or(text);
            let name = text.parse().ok().and_then(|uid| class_name(uid, frame.lang));
            ("class".to_owned(), typed, name.unwrap_or(text))
        }
        "status" => ("status".to_owned(), text, text),
        _ => (field.to_owned(), text, text),
    };
    Some(Value {
        text: shown.to_owned(),
        term: format!("{name}:{typed}"),
        with: asked.narrowed(&name, typed, false),
        without: asked.narrowed(&name, typed, true),
    })
}

/// The name by which a filter asks for one of the record's own fields: not that of a column.
pub(super) fn own_name(name: &str) -> String {
    let lower = name.to_lowercase();
    let taken = name.starts_with("src.")
        || FIELDS.iter().any(|field| field.name == lower || field.others.contains(&&*lower));
    if taken { format!("src.{name}") } else { name.to_owned() }
}

fn class_spelling(uid: &str) -> Option<&'static str> {
    let uid: u32 = uid.parse().ok()?;
    let class = CLASSES.iter().find(|class| class.uids == [uid])?;
    class.spellings.first().copied()
}

/// The address of the search that shows what happened around an event.
pub(super) fn around(text: &str, from: &str, to: &str) -> String {
    with_query("/search", &[("go", "1"), ("q", text), ("from", from), ("to", to)])
}

/// Whether a search's rows come from the filter language.
pub(super) const fn is_filter(asked: &Asked) -> bool {
    matches!(asked.how, How::Filter(_))
}
