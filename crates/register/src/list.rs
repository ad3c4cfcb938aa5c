//! Lists of institutions as tables for spreadsheets, in and out. A row that cannot be used is handed back whole, with the reasons.

mod columns;
mod values;

use std::collections::HashMap;

use sakimori_content::{Answered, ContactRole, LocalContact, OwnPhone};
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, Table, push_row, safe};
use sakimori_words::{Date, Founder, InstitutionKind, OrganisationId, Prefecture, Text};

use crate::facility::{Facility, Source, Way};
use crate::folding::plain_width;
use columns::{Column, PersonColumn};

pub use values::BEDS_MAX;

/// Largest list that is read, in bytes: 242,473 institutions with contacts are some 60 MB.
pub const LIST_BYTES_MAX: usize = 128 * 1024 * 1024;
/// Most characters of a cell; an unclosed quotation mark swallows the rest of a file.
const CELL_CHARS_MAX: usize = 500;
/// What stands between several functions in one cell.
const BETWEEN: [char; 4] = ['、', ',', ';', '\n'];
/// How many people a row has room for: the person in charge and the first deputy.
const PEOPLE: usize = 2;

/// What one row of a list says. What it does not say is `None` and leaves the entry as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// The line of the file, from 1; 0 for what comes from no file.
    pub line: u64,
    /// Where the institution is.
    pub prefecture: Prefecture,
    /// Its kind.
    pub kind: InstitutionKind,
    /// Its name.
    pub name: String,
    /// The register's id, when the list was exported from one.
    pub id: Option<OrganisationId>,
    /// The ten-digit code.
    pub code: Option<String>,
    pub(crate) kana: Option<String>,
    pub(crate) municipality: Option<String>,
    pub(crate) address: Option<String>,
    pub(crate) permitted_beds: Option<u32>,
    pub(crate) founder: Option<Founder>,
    pub(crate) functions: Option<Vec<String>>,
    pub(crate) mail: Option<String>,
    pub(crate) telephone: Option<String>,
    pub(crate) fax: Option<String>,
    pub(crate) way: Option<Way>,
    pub(crate) closed_on: Option<Date>,
    /// Whoever the row names, the person in charge first.
    pub(crate) people: Vec<LocalContact>,
}

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// The column as the file names it.
    pub column: String,
    /// Why, and what would be right.
    pub why: Text,
}

/// A row that was not taken, whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// Its cells as they stand there.
    pub cells: Vec<String>,
    /// Every cell that cannot be used.
    pub faults: Vec<CellFault>,
}

/// What a list says.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reading {
    /// The columns as the file names them.
    pub columns: Vec<String>,
    /// Columns whose content the register has no place for.
    pub unknown_columns: Vec<String>,
    /// The rows that were understood.
    pub rows: Vec<Row>,
    /// The rows that were not.
    pub refused: Vec<RefusedRow>,
}

/// Why a file is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// It is too large.
    #[error("the file has {bytes} bytes, more than {LIST_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The first row does not name the columns.
    #[error("the first row names no column for the name of the institution")]
    NoHeading,
}

/// Reads a list in UTF-8 or `Shift_JIS`, separated by commas or tabs, with Japanese or English names of columns.
///
/// # Errors
/// [`ListError`] when it is no list at all; single rows that cannot be used are in the reading.
pub fn read_list(bytes: &[u8]) -> Result<Reading, ListError> {
    if bytes.len() > LIST_BYTES_MAX {
        return Err(ListError::TooLarge { bytes: bytes.len() });
    }
    let table = Table::read(bytes);
    let mut rows = table.rows();
    let heading = rows.next().ok_or(ListError::NoHeading)?;
    let columns: Vec<String> = heading.cells.iter().map(|name| name.trim().to_owned()).collect();
    let places: Vec<Option<Column>> = columns.iter().map(|name| Column::named(name)).collect();
    if !places.contains(&Some(Column::Name)) {
        return Err(ListError::NoHeading);
    }
    let unknown = columns.iter().zip(&places).filter(|(_, place)| place.is_none());
    let unknown_columns = unknown.map(|(name, _)| name.clone()).collect();
    let mut reading = Reading { columns, unknown_columns, ..Reading::default() };
    let mut seen = Seen::default();
    for row in rows.filter(|row| !row.is_blank()) {
        take_row(&mut reading, &places, &mut seen, row.line, row.cells);
    }
    Ok(reading)
}

/// The lines that named a code or id first: one institution stands in a list once.
#[derive(Default)]
struct Seen(HashMap<String, u64>);

fn take_row(
    reading: &mut Reading,
    places: &[Option<Column>],
    seen: &mut Seen,
    line: u64,
    cells: Vec<String>,
) {
    let mut row = Cells { columns: &reading.columns, places, cells: &cells, faults: vec![] };
    let read = row.row(line);
    let mut faults = row.faults;
    let read = read.filter(|read| match repeated(seen, read) {
        None => true,
        Some((column, before)) => {
            faults.push(CellFault {
                column: column.name().to_owned(),
                why: Text::new(
                    format!("{before}行目と同じです"),
                    format!("the same as in line {before}"),
                ),
            });
            false
        }
    });
    match read.filter(|_| faults.is_empty()) {
        Some(row) => reading.rows.push(row),
        None => reading.refused.push(RefusedRow { line, cells, faults }),
    }
}

/// The column and the line in which the row's code or id stood before.
fn repeated(seen: &mut Seen, row: &Row) -> Option<(Column, u64)> {
    let id = row.id.as_ref().map(|id| (Column::Id, id.as_str()));
    let code = row.code.as_deref().map(|code| (Column::Code, code));
    for (column, key) in id.into_iter().chain(code) {
        if let Some(before) = seen.0.insert(key.to_owned(), row.line) {
            seen.0.insert(key.to_owned(), before);
            return Some((column, before));
        }
    }
    None
}

/// One row while it is read.
struct Cells<'a> {
    columns: &'a [String],
    places: &'a [Option<Column>],
    cells: &'a [String],
    faults: Vec<CellFault>,
}

impl Cells<'_> {
    /// The row, when it says what an entry cannot be without.
    fn row(&mut self, line: u64) -> Option<Row> {
        self.refuse_long();
        let code = self.read(Column::Code, values::code);
        let id = self.text(Column::Id).map(|id| OrganisationId::from(id.as_str()));
        let beds = self.read(Column::Beds, values::beds);
        let name = self.wanted(Column::Name, |own| own.text(Column::Name));
        let address = self.text(Column::Address);
        let prefecture = self.wanted(Column::Prefecture, |own| {
            let named = own.read(Column::Prefecture, values::prefecture);
            let in_address = || address.as_deref().and_then(values::prefecture_of_address);
            named
                .or_else(|| code.as_deref().and_then(values::prefecture_of_code))
                .or_else(in_address)
        });
        let kind = self.wanted(Column::Kind, |own| {
            let named = own.read(Column::Kind, values::kind);
            named.or_else(|| values::kind_of_code(code.as_deref()?, beds))
        });
        // Lists of one prefecture leave out what their heading says: prefecture and kind.
        let code = code.and_then(|code| values::whole_code(prefecture?, kind?, code));
        Some(Row {
            line,
            prefecture: prefecture?,
            kind: kind?,
            name: name?,
            id: id.filter(|id| self.fits_id(id, prefecture)),
            code,
            kana: self.text(Column::Kana),
            municipality: self.text(Column::Municipality),
            address,
            permitted_beds: beds,
            founder: self.read(Column::Founder, values::founder),
            functions: self.text(Column::Functions).map(|text| values::names(&text)),
            mail: self.read(Column::Mail, values::mail),
            telephone: self.read(Column::Telephone, values::phone),
            fax: self.read(Column::Fax, values::phone),
            way: self.way(),
            closed_on: self.read(Column::ClosedOn, values::date),
            people: (0..PEOPLE).filter_map(|n| self.person(n)).collect(),
        })
    }

    fn refuse_long(&mut self) {
        let long = |cell: &&String| cell.chars().nth(CELL_CHARS_MAX).is_some();
        for (n, _) in self.cells.iter().enumerate().filter(|(_, cell)| long(cell)) {
            let column = self.columns.get(n).cloned().unwrap_or_default();
            let why = Text::new(
                format!("{CELL_CHARS_MAX}字を超えています。引用符(\")が閉じていないかもしれません"),
                format!(
                    "more than {CELL_CHARS_MAX} characters; perhaps a quotation mark is not closed"
                ),
            );
            self.faults.push(CellFault { column, why });
        }
    }

    /// The cell of a column: `None` when the file has none or it is empty.
    fn text(&self, column: Column) -> Option<String> {
        let place = self.places.iter().position(|own| *own == Some(column))?;
        let cell = self.cells.get(place)?.trim();
        // Spreadsheets show an apostrophe that keeps a cell from being run as a formula.
        let cell = plain_width(cell.strip_prefix('\'').unwrap_or(cell));
        (!cell.is_empty()).then_some(cell)
    }

    /// The cell read as something; a fault when it cannot be.
    fn read<T>(&mut self, column: Column, read: fn(&str) -> Result<T, Text>) -> Option<T> {
        match read(&self.text(column)?) {
            Ok(value) => Some(value),
            Err(why) => {
                self.fault(column, why);
                None
            }
        }
    }

    /// What an entry cannot be without: one fault, whatever the reason.
    fn wanted<T>(
        &mut self,
        column: Column,
        read: impl FnOnce(&mut Self) -> Option<T>,
    ) -> Option<T> {
        let n_faults = self.faults.len();
        let value = read(self);
        if value.is_none() && self.faults.len() == n_faults {
            self.fault(column, Text::new("ありません", "is missing"));
        }
        value
    }

    fn fault(&mut self, column: Column, why: Text) {
        let named = self.places.iter().position(|own| *own == Some(column));
        let named = named.and_then(|place| self.columns.get(place)).cloned();
        self.faults
            .push(CellFault { column: named.unwrap_or_else(|| column.name().to_owned()), why });
    }

    fn fits_id(&mut self, id: &OrganisationId, prefecture: Option<Prefecture>) -> bool {
        let fits = crate::facility::prefecture_of(id).is_some_and(|at| Some(at) == prefecture);
        if !fits {
            self.fault(
                Column::Id,
                Text::new(
                    "名簿の番号ではありません。新しい行では空にしてください",
                    "is no number of the register; leave it empty in new rows",
                ),
            );
        }
        fits
    }

    fn way(&mut self) -> Option<Way> {
        let node = self.text(Column::Node);
        let way = self.read(Column::Way, values::way)?;
        match (way, node) {
            (Way::Node { .. }, Some(node)) => {
                Some(Way::Node { organisation: OrganisationId::from(node.as_str()) })
            }
            // That it has a node says nothing as long as nobody knows which.
            (Way::Node { .. }, None) => None,
            (way, _) => Some(way),
        }
    }

    /// The person in charge (0) or the first deputy (1).
    fn person(&mut self, n: usize) -> Option<LocalContact> {
        let name = self.text(Column::Person(n, PersonColumn::Name))?;
        let phone = self.read(Column::Person(n, PersonColumn::Phone), values::phone);
        let answered = self.read(Column::Person(n, PersonColumn::Answered), values::answered);
        let phones = phone.map(|phone| OwnPhone {
            phone,
            answered: answered.unwrap_or(Answered::Always),
            ..OwnPhone::default()
        });
        Some(LocalContact {
            id: format!("p{}", n + 1),
            role: ContactRole::Staff,
            name,
            phones: phones.into_iter().collect(),
            email: self
                .read(Column::Person(n, PersonColumn::Mail), values::mail)
                .unwrap_or_default(),
            valid_from: self.read(Column::Person(n, PersonColumn::From), values::date),
            valid_to: self.read(Column::Person(n, PersonColumn::To), values::date),
            ..LocalContact::default()
        })
    }
}

impl Row {
    /// A row that says everything the entry says.
    #[must_use]
    pub fn of(facility: &Facility) -> Option<Self> {
        let profile = facility.organisation.institution.as_ref()?;
        let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
        let id = Some(facility.id().clone()).filter(|id| !id.as_str().is_empty());
        Some(Self {
            line: 0,
            prefecture: facility.prefecture()?,
            kind: profile.kind,
            name: facility.organisation.name.clone(),
            id,
            code: some(&profile.code),
            kana: some(&facility.kana),
            municipality: some(&facility.municipality),
            address: some(&facility.address),
            permitted_beds: Some(profile.permitted_beds),
            founder: Some(profile.founder),
            functions: Some(profile.functions.clone()),
            mail: some(&facility.contacts.mail),
            telephone: some(&facility.contacts.telephone),
            fax: some(&facility.contacts.fax),
            way: Some(facility.way.clone()),
            closed_on: facility.closed_on,
            people: facility.contacts.people.clone(),
        })
    }

    /// The entry after this row: what the row says, over what was known.
    #[must_use]
    pub(crate) fn over(&self, known: Option<&Facility>, source: &Source) -> Facility {
        let fresh = || Facility::new("", self.prefecture, self.kind, source.clone());
        let mut entry = known.cloned().unwrap_or_else(fresh);
        entry.organisation.name.clone_from(&self.name);
        if let Some(profile) = &mut entry.organisation.institution {
            profile.kind = self.kind;
            set(&mut profile.code, self.code.as_ref());
            set(&mut profile.permitted_beds, self.permitted_beds.as_ref());
            set(&mut profile.founder, self.founder.as_ref());
            set(&mut profile.functions, self.functions.as_ref());
        }
        set(&mut entry.kana, self.kana.as_ref());
        set(&mut entry.municipality, self.municipality.as_ref());
        set(&mut entry.address, self.address.as_ref());
        set(&mut entry.contacts.mail, self.mail.as_ref());
        set(&mut entry.contacts.telephone, self.telephone.as_ref());
        set(&mut entry.contacts.fax, self.fax.as_ref());
        set(&mut entry.way, self.way.as_ref());
        for (n, person) in self.people.iter().enumerate() {
            place_person(&mut entry.contacts.people, n, person);
        }
        // To be named in a later list is to work again.
        let reopened = entry.closed_on.is_some_and(|closed| closed < source.on);
        entry.closed_on = self.closed_on.or(entry.closed_on.filter(|_| !reopened));
        entry
    }
}

fn set<T: Clone>(known: &mut T, said: Option<&T>) {
    if let Some(said) = said {
        known.clone_from(said);
    }
}

/// Puts a person in place `n`. The same person keeps what a row has no columns for.
fn place_person(people: &mut Vec<LocalContact>, n: usize, person: &LocalContact) {
    match people.get_mut(n) {
        Some(known) if known.name == person.name => {
            // The row's number comes first; numbers it has no columns for stay behind it.
            let others = std::mem::take(&mut known.phones);
            let others = others
                .into_iter()
                .filter(|own| person.phones.iter().all(|new| new.phone != own.phone));
            known.phones = person.phones.iter().cloned().chain(others).collect();
            set(&mut known.email, Some(&person.email).filter(|mail| !mail.is_empty()));
            known.valid_from = person.valid_from.or(known.valid_from);
            known.valid_to = person.valid_to.or(known.valid_to);
        }
        Some(known) => *known = person.clone(),
        None => people.push(person.clone()),
    }
}

/// One telephone number as a person typed it, in either width.
///
/// # Errors
/// What a number looks like, when it is none: what cannot be dialled would be noticed only when it is needed.
pub fn read_phone(typed: &str) -> Result<String, Text> {
    values::phone(&plain_width(typed.trim()))
}

/// One mail address as a person typed it, in either width.
///
/// # Errors
/// What is wanted, when it is none.
pub fn read_mail(typed: &str) -> Result<String, Text> {
    values::mail(&plain_width(typed.trim()))
}

/// The heading of an exported list.
#[must_use]
pub fn list_heading() -> Vec<String> {
    Column::all().map(|column| column.name().to_owned()).collect()
}

/// An entry as a row of an exported list, which [`read_list`] reads again.
#[must_use]
pub fn list_row(facility: &Facility) -> Vec<String> {
    Column::all().map(|column| safe(&values::cell(facility, column)).into_owned()).collect()
}

/// The rows that were not taken, as a list to correct and hand in again; the last column says why.
#[must_use]
pub fn refused_csv(reading: &Reading) -> String {
    let mut text = BYTE_ORDER_MARK.to_owned();
    push_row(&mut text, reading.columns.iter().map(String::as_str).chain(["理由 / why"]));
    for row in &reading.refused {
        let cell = |n| row.cells.get(n).map_or("", String::as_str);
        let mut cells: Vec<String> =
            (0..reading.columns.len()).map(|n| safe(cell(n)).into_owned()).collect();
        // Cells beyond the heading are lost to no one.
        cells.extend(
            row.cells.iter().skip(reading.columns.len()).map(|cell| safe(cell).into_owned()),
        );
        let whys = row.faults.iter().map(|fault| format!("{}: {}", fault.column, fault.why.ja));
        cells.push(whys.collect::<Vec<_>>().join(" / "));
        push_row(&mut text, cells);
    }
    text
}

/// Reads any bytes as a list; for fuzzing.
pub fn fuzz_list(bytes: &[u8]) {
    if let Ok(reading) = read_list(bytes) {
        let _ = refused_csv(&reading);
    }
}
