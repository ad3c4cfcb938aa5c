//! The list as CSV: in from whatever the institution keeps already, and out again. A row that is not understood is shown, not lost.

use sakimori_words::Text;
use sakimori_words::spreadsheet::{Table, plain};
use unicode_normalization::UnicodeNormalization;

use crate::asset::{AssetFields, AssetKind, folded};

/// Largest file that is read, in bytes.
pub const ASSETS_FILE_BYTES_MAX: usize = 4 * 1024 * 1024;
/// Most rows that are read.
const ROWS_MAX: usize = 20_000;

/// The columns in order: as they are written, and what else they are called.
const COLUMNS: [(Column, &[&str]); 9] = [
    (Column::Number, &["管理番号", "資産番号", "番号", "number", "asset number", "id"]),
    (
        Column::Vendor,
        &[
            "製造業者",
            "メーカー",
            "メーカ",
            "製造元",
            "製造販売業者",
            "ベンダー",
            "vendor",
            "maker",
            "manufacturer",
        ],
    ),
    (
        Column::Product,
        &["製品名", "製品", "品名", "機器名", "販売名", "型式", "product", "model", "name"],
    ),
    (Column::Version, &["版", "バージョン", "ソフトウェア版", "version", "software version"]),
    (Column::Place, &["設置場所", "場所", "部署", "place", "location", "department"]),
    (Column::Kind, &["種別", "区分", "kind", "type"]),
    (Column::Quantity, &["台数", "数量", "個数", "quantity", "count"]),
    (Column::Contact, &["業者連絡先", "連絡先", "保守連絡先", "contact", "vendor contact"]),
    (Column::Note, &["備考", "メモ", "note", "notes", "remarks"]),
];

/// How files spell the kinds.
const KINDS: [(&str, AssetKind); 10] = [
    ("情報システム", AssetKind::System),
    ("システム", AssetKind::System),
    ("ネットワーク機器", AssetKind::System),
    ("情報機器", AssetKind::System),
    ("system", AssetKind::System),
    ("it", AssetKind::System),
    ("医療機器", AssetKind::MedicalDevice),
    ("medicaldevice", AssetKind::MedicalDevice),
    ("medical", AssetKind::MedicalDevice),
    ("me機器", AssetKind::MedicalDevice),
];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Number,
    Vendor,
    Product,
    Version,
    Place,
    Kind,
    Quantity,
    Contact,
    Note,
}

/// A file as far as it was understood.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AssetsFile {
    /// Rows that can be taken over.
    pub rows: Vec<AssetFields>,
    /// Rows that cannot, with their cells as they stand in the file.
    pub refused: Vec<RefusedRow>,
    /// Columns that have no place in the list; their cells go into the note, under the column's name.
    pub noted: Vec<String>,
}

/// A row that cannot be taken over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The row as it stands there, its cells separated by commas.
    pub cells: String,
    /// Why.
    pub why: Text,
}

/// Why nothing of a file can be taken over.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AssetsFileError {
    /// It is too large.
    #[error("the file is larger than {ASSETS_FILE_BYTES_MAX} bytes or {ROWS_MAX} rows")]
    TooLarge,
    /// The first row names no column for the product.
    #[error("the first row names no column for the product")]
    NoHeading,
}

/// The list as rows of cells, the heading first.
pub fn asset_rows<'a>(assets: impl IntoIterator<Item = &'a AssetFields>) -> Vec<Vec<String>> {
    let heading = COLUMNS.iter().filter_map(|(_, names)| names.first());
    let mut rows = vec![heading.map(|name| (*name).to_owned()).collect()];
    rows.extend(assets.into_iter().map(row_of));
    rows
}

fn row_of(asset: &AssetFields) -> Vec<String> {
    let cell = |(column, _): &(Column, &[&str])| match column {
        Column::Number => asset.number.clone(),
        Column::Vendor => asset.vendor.clone(),
        Column::Product => asset.product.clone(),
        Column::Version => asset.version.clone(),
        Column::Place => asset.place.clone(),
        Column::Kind => asset.kind.words().ja,
        Column::Quantity => asset.quantity.to_string(),
        Column::Contact => asset.contact.clone(),
        Column::Note => asset.note.clone(),
    };
    COLUMNS.iter().map(cell).collect()
}

/// Reads a file in UTF-8 or `Shift_JIS` with a heading in Japanese or English, separated by commas or tabs.
///
/// # Errors
/// When it is too large or has no heading; a row that cannot be used is in [`AssetsFile::refused`].
pub fn read_assets(bytes: &[u8]) -> Result<AssetsFile, AssetsFileError> {
    if bytes.len() > ASSETS_FILE_BYTES_MAX {
        return Err(AssetsFileError::TooLarge);
    }
    let table = Table::read(bytes);
    let mut rows = table.rows();
    let heading = rows.next().ok_or(AssetsFileError::NoHeading)?;
    let columns: Vec<(String, Option<Column>)> =
        heading.cells.iter().map(|name| column(name)).collect();
    if !columns.iter().any(|(_, own)| *own == Some(Column::Product)) {
        return Err(AssetsFileError::NoHeading);
    }
    let unplaced = columns.iter().filter(|(name, own)| own.is_none() && !name.is_empty());
    let noted = unplaced.map(|(name, _)| name.clone()).collect();
    let mut file = AssetsFile { noted, ..AssetsFile::default() };
    for row in rows {
        if file.rows.len() + file.refused.len() >= ROWS_MAX {
            return Err(AssetsFileError::TooLarge);
        }
        if row.is_blank() {
            continue;
        }
        match read_row(&columns, &row.cells) {
            Ok(fields) => file.rows.push(fields),
            Err(why) => {
                let cells = row.cells.join(", ");
                file.refused.push(RefusedRow { line: row.line, cells, why });
            }
        }
    }
    Ok(file)
}

fn read_row(columns: &[(String, Option<Column>)], cells: &[String]) -> Result<AssetFields, Text> {
    let mut fields = AssetFields { quantity: 1, ..AssetFields::default() };
    let mut notes = Vec::new();
    for (n, cell) in cells.iter().enumerate() {
        let cell = plain(cell).to_owned();
        let (name, own) = columns.get(n).map_or(("", None), |(name, own)| (name.as_str(), *own));
        match own {
            _ if cell.is_empty() => {}
            Some(Column::Number) => fields.number = cell,
            Some(Column::Vendor) => fields.vendor = cell,
            Some(Column::Product) => fields.product = cell,
            Some(Column::Version) => fields.version = cell,
            Some(Column::Place) => fields.place = cell,
            Some(Column::Kind) => fields.kind = kind(&cell)?,
            Some(Column::Quantity) => fields.quantity = quantity(&cell)?,
            Some(Column::Contact) => fields.contact = cell,
            Some(Column::Note) => notes.insert(0, cell),
            None if name.is_empty() => notes.push(cell),
            None => notes.push(format!("{name}: {cell}")),
        }
    }
    fields.note = notes.join("\n");
    match fields.fault() {
        None => Ok(fields),
        Some((name, why)) => {
            Err(Text::new(format!("{}: {}", ja_name(name), why.ja), format!("{name}: {}", why.en)))
        }
    }
}

fn ja_name(name: &str) -> &str {
    let found = COLUMNS.iter().find(|(_, names)| names.contains(&name));
    found.and_then(|(_, names)| names.first()).copied().unwrap_or(name)
}

fn kind(cell: &str) -> Result<AssetKind, Text> {
    let cell_folded = folded(cell);
    let found = KINDS.iter().find(|(name, _)| *name == cell_folded).map(|(_, kind)| *kind);
    found.ok_or_else(|| {
        Text::new(
            format!("種別「{cell}」は「情報システム」か「医療機器」にしてください"),
            format!("the kind `{cell}` is neither System nor Medical device"),
        )
    })
}

/// `2`, `２台`, `1,200`.
fn quantity(cell: &str) -> Result<u32, Text> {
    let narrow: String = cell.nfkc().filter(|c| *c != ',' && !c.is_whitespace()).collect();
    let number = narrow.trim_end_matches(['台', '個', '式', '本']);
    number.parse().map_err(|_| {
        Text::new(
            format!("台数「{cell}」を読めません"),
            format!("the quantity `{cell}` is no number"),
        )
    })
}

fn column(name: &str) -> (String, Option<Column>) {
    let name = plain(name).to_owned();
    let own = folded(&name);
    let is = |names: &&[&str]| names.iter().any(|known| folded(known) == own);
    let found = COLUMNS.iter().find(|(_, names)| is(names)).map(|(column, _)| *column);
    (name, found)
}
