//! The contact tree as a table for spreadsheets, out and in; every fault of a file is told by its cell.

use sakimori_content::{Answered, ContactRole, LocalContact, OwnPhone, PhoneKind, deputy_circle};
use sakimori_words::spreadsheet::{self, Table, plain};
use sakimori_words::{Date, Text, parse_date};

/// Largest file that is read, in bytes.
pub const CONTACTS_FILE_BYTES_MAX: usize = 1024 * 1024;
/// Most rows that are read.
const ROWS_MAX: usize = 2_000;
/// Most characters of a cell.
const CELL_CHARS_MAX: usize = 300;
/// Telephones a row has room for.
const PHONES: usize = 4;
/// What stands between several names in one cell.
const BETWEEN: [char; 4] = ['、', ',', ';', '\n'];

/// The columns in order: as they are written, and as they may be called in English.
const COLUMNS: [(&str, &str); 13] = [
    ("番号", "id"),
    ("区分", "role"),
    ("名称", "name"),
    ("よみ", "kana"),
    ("役割", "duty"),
    ("メール", "email"),
    ("代行", "deputies"),
    ("担当システム", "systems"),
    ("確認日", "verified"),
    ("有効開始", "valid from"),
    ("有効終了", "valid to"),
    ("代わりに使う連絡先", "replaces"),
    ("備考", "note"),
];
/// The columns of one telephone; the number of the telephone is added.
const PHONE_COLUMNS: [(&str, &str); 4] =
    [("電話", "phone"), ("種別", "kind"), ("受付", "answered"), ("電話備考", "phone note")];

/// What a contact is for, as files spell it.
const ROLES: [(ContactRole, &str, &str); 9] = [
    (ContactRole::Staff, "院内", "staff"),
    (ContactRole::Vendor, "保守会社", "vendor"),
    (ContactRole::Police, "警察", "police"),
    (ContactRole::Ministry, "厚生労働省", "ministry"),
    (ContactRole::Prefecture, "都道府県", "prefecture"),
    (ContactRole::PrivacyCommission, "個人情報保護委員会", "privacy_commission"),
    (ContactRole::Ceptoar, "医療セプター", "ceptoar"),
    (ContactRole::NationalCyberOffice, "国家サイバー統括室", "national_cyber_office"),
    (ContactRole::Other, "その他", "other"),
];

/// A cell that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CellFault {
    /// The line of the file, from 1.
    pub line: u64,
    /// The column as the file names it.
    pub column: String,
    /// Why, and what would be right.
    pub why: Text,
}

/// Why a file holds no contacts that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ContactsFileError {
    /// It is too large.
    #[error("the file has {bytes} bytes, more than {CONTACTS_FILE_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// The first row does not name the columns.
    #[error("the first row names no column for the name")]
    NoHeading,
    /// Cells cannot be used; nothing of the file was taken.
    #[error("{} cells cannot be used", .0.len())]
    Cells(Vec<CellFault>),
}

/// The tree as rows of cells, the heading first.
#[must_use]
pub fn contact_rows(contacts: &[LocalContact]) -> Vec<Vec<String>> {
    let plain = COLUMNS.iter().map(|(ja, _)| (*ja).to_owned());
    let phones =
        (1..=PHONES).flat_map(|n| PHONE_COLUMNS.iter().map(move |(ja, _)| format!("{ja}{n}")));
    let mut rows = vec![plain.chain(phones).collect()];
    rows.extend(contacts.iter().map(|own| row_of(own, contacts)));
    rows
}

fn row_of(own: &LocalContact, all: &[LocalContact]) -> Vec<String> {
    let day = |day: Option<Date>| day.map(|day| day.to_string()).unwrap_or_default();
    let deputies: Vec<&str> = own
        .deputies
        .iter()
        .map(|id| all.iter().find(|one| one.id == *id).map_or(id.as_str(), |one| &one.name))
        .collect();
    let mut row = vec![
        own.id.clone(),
        role_word(own.role).to_owned(),
        own.name.clone(),
        own.kana.clone(),
        own.duty.clone(),
        own.email.clone(),
        deputies.join("、"),
        own.systems.join("、"),
        day(own.verified_on),
        day(own.valid_from),
        day(own.valid_to),
        own.replaces.clone().unwrap_or_default(),
        own.note.clone(),
    ];
    for n in 0..PHONES {
        let phone = own.phones.get(n);
        let cell = |of: fn(&OwnPhone) -> String| phone.map(of).unwrap_or_default();
        row.push(cell(|own| own.phone.clone()));
        row.push(cell(|own| own.kind.words().ja));
        row.push(cell(|own| own.answered.words().ja));
        row.push(cell(|own| own.note.clone()));
    }
    row
}

fn role_word(role: ContactRole) -> &'static str {
    ROLES.iter().find(|(own, _, _)| *own == role).map_or("その他", |(_, ja, _)| ja)
}

/// Reads a file in UTF-8 or `Shift_JIS`; nothing is taken when a cell cannot be used.
///
/// Rows with the number or the name of a known contact take its place, others are new; contacts that the file does not name stay.
///
/// # Errors
/// [`ContactsFileError`] with every cell that cannot be used.
pub fn read_contacts(
    bytes: &[u8],
    known: &[LocalContact],
    mut new_id: impl FnMut() -> String,
) -> Result<Vec<LocalContact>, ContactsFileError> {
    if bytes.len() > CONTACTS_FILE_BYTES_MAX {
        return Err(ContactsFileError::TooLarge { bytes: bytes.len() });
    }
    let table = Table::read(bytes);
    let mut lines = table.rows();
    let heading = lines.next().ok_or(ContactsFileError::NoHeading)?;
    let columns: Vec<String> = heading.cells.iter().map(|name| name.trim().to_owned()).collect();
    if !columns.iter().any(|name| is_column(name, "名称", "name")) {
        return Err(ContactsFileError::NoHeading);
    }
    let mut faults = Vec::new();
    let mut rows = Vec::new();
    for spreadsheet::Row { line, cells } in lines.take(ROWS_MAX) {
        let cells: Vec<String> = cells.iter().map(|cell| plain(cell).to_owned()).collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        let mut row = Row { line, columns: &columns, cells: &cells, faults: &mut faults };
        rows.push((line, row.contact()));
    }
    let read = rows.iter().map(|(_, contact)| contact.clone()).collect();
    let mut contacts = merged(known, read, &mut new_id);
    resolve_deputies(&mut contacts, &rows, &mut faults);
    refuse_circles(&contacts, &rows, &mut faults);
    if faults.is_empty() { Ok(contacts) } else { Err(ContactsFileError::Cells(faults)) }
}

fn is_column(name: &str, ja: &str, en: &str) -> bool {
    name == ja || name.eq_ignore_ascii_case(en)
}

/// One row while it is read.
struct Row<'a> {
    line: u64,
    columns: &'a [String],
    cells: &'a [String],
    faults: &'a mut Vec<CellFault>,
}

impl Row<'_> {
    fn contact(&mut self) -> LocalContact {
        let name = self.text("名称", "name");
        if name.is_empty() {
            self.fault("名称", "name", Text::new("名称がありません", "there is no name"));
        }
        LocalContact {
            id: self.text("番号", "id"),
            role: self.role(),
            replaces: Some(self.text("代わりに使う連絡先", "replaces")).filter(|id| !id.is_empty()),
            name,
            kana: self.text("よみ", "kana"),
            duty: self.text("役割", "duty"),
            phones: (1..=PHONES).filter_map(|n| self.phone(n)).collect(),
            email: self.text("メール", "email"),
            deputies: self.names("代行", "deputies"),
            systems: self.names("担当システム", "systems"),
            verified_on: self.day("確認日", "verified"),
            valid_from: self.day("有効開始", "valid from"),
            valid_to: self.day("有効終了", "valid to"),
            note: self.text("備考", "note"),
        }
    }

    fn phone(&mut self, n: usize) -> Option<OwnPhone> {
        let column = |of: usize| {
            let (ja, en) = PHONE_COLUMNS.get(of).copied().unwrap_or_default();
            (format!("{ja}{n}"), format!("{en} {n}"))
        };
        let cell = |row: &mut Self, of: usize| {
            let (ja, en) = column(of);
            row.text(&ja, &en)
        };
        let (phone, note) = (cell(self, 0), cell(self, 3));
        let (kind_text, answered_text) = (cell(self, 1), cell(self, 2));
        if phone.is_empty() {
            return None;
        }
        if let Some(why) = not_dialable(&phone) {
            let (ja, en) = column(0);
            self.fault(&ja, &en, why);
        }
        let kind = PhoneKind::parse(&kind_text);
        if kind.is_none() {
            let (ja, en) = column(1);
            let why = "「職場」「携帯」「自宅」のどれかにしてください";
            self.fault(&ja, &en, Text::new(why, "office, mobile or home"));
        }
        let answered = Answered::parse(&answered_text);
        if answered.is_none() {
            let (ja, en) = column(2);
            let why = "「常時」「平日 9:00-17:30」「平日 9:00-17:30 以外」「休日」「2026-12-29〜2027-01-03」のように書いてください";
            let en_why = "write always, weekdays 9:00-17:30, outside weekdays 9:00-17:30, holidays, or 2026-12-29 to 2027-01-03";
            self.fault(&ja, &en, Text::new(why, en_why));
        }
        Some(OwnPhone {
            phone,
            kind: kind.unwrap_or_default(),
            answered: answered.unwrap_or_default(),
            note,
        })
    }

    fn role(&mut self) -> ContactRole {
        let text = self.text("区分", "role");
        if text.is_empty() {
            return ContactRole::Other;
        }
        let known = ROLES.iter().find(|(_, ja, en)| is_column(&text, ja, en));
        if known.is_none() {
            let all: Vec<&str> = ROLES.iter().map(|(_, ja, _)| *ja).collect();
            let why = format!("区分は {} のどれかです", all.join("、"));
            let all: Vec<&str> = ROLES.iter().map(|(_, _, en)| *en).collect();
            self.fault("区分", "role", Text::new(why, format!("one of {}", all.join(", "))));
        }
        known.map_or(ContactRole::Other, |(role, _, _)| *role)
    }

    fn day(&mut self, ja: &str, en: &str) -> Option<Date> {
        let text = self.text(ja, en);
        if text.is_empty() {
            return None;
        }
        let day = parse_date(&text);
        if day.is_none() {
            let why = "日付として読めません（例: 2026-11-22）";
            self.fault(ja, en, Text::new(why, "not a date, e.g. 2026-11-22"));
        }
        day
    }

    fn names(&mut self, ja: &str, en: &str) -> Vec<String> {
        let text = self.text(ja, en);
        let names = text.split(BETWEEN).map(str::trim).filter(|name| !name.is_empty());
        names.map(str::to_owned).collect()
    }

    fn text(&mut self, ja: &str, en: &str) -> String {
        let at = self.columns.iter().position(|name| is_column(name, ja, en));
        let text = at.and_then(|at| self.cells.get(at)).cloned().unwrap_or_default();
        if text.chars().count() > CELL_CHARS_MAX {
            let why = format!("{CELL_CHARS_MAX} 文字を超えています");
            self.fault(ja, en, Text::new(why, format!("longer than {CELL_CHARS_MAX} characters")));
        }
        text
    }

    fn fault(&mut self, ja: &str, en: &str, why: Text) {
        let named = self.columns.iter().find(|name| is_column(name, ja, en));
        let column = named.cloned().unwrap_or_else(|| ja.to_owned());
        self.faults.push(CellFault { line: self.line, column, why });
    }
}

/// Whether a text can be a telephone number, or an extension in one's own house.
#[must_use]
pub fn is_dialable(text: &str) -> bool {
    not_dialable(text).is_none()
}

fn not_dialable(text: &str) -> Option<Text> {
    let rest = text.strip_prefix("内線").unwrap_or(text).trim();
    let digits = rest.chars().filter(char::is_ascii_digit).count();
    let fits = rest.chars().all(|c| c.is_ascii_digit() || "+-() #*,".contains(c));
    if digits < 2 || !fits {
        let why = "電話番号として読めません（例: 06-0000-0110、内線 1234）";
        return Some(Text::new(why, "not a telephone number, e.g. 06-0000-0110"));
    }
    let lost_zero =
        digits >= 9 && rest.chars().all(|c| c.is_ascii_digit()) && !rest.starts_with('0');
    lost_zero.then(|| {
        Text::new(
            "先頭の 0 がありません。表計算ソフトが数として扱って落としたようです（例: 090-0000-0000 とハイフンを入れる）",
            "the leading 0 is missing; a spreadsheet takes it away from plain digits (write 090-0000-0000 with hyphens)",
        )
    })
}

fn merged(
    known: &[LocalContact],
    read: Vec<LocalContact>,
    new_id: &mut impl FnMut() -> String,
) -> Vec<LocalContact> {
    let mut contacts = known.to_vec();
    for mut contact in read {
        let same = contacts.iter_mut().find(|own| {
            if contact.id.is_empty() { own.name == contact.name } else { own.id == contact.id }
        });
        match same {
            Some(own) => {
                contact.id.clone_from(&own.id);
                *own = contact;
            }
            None => {
                if contact.id.is_empty() {
                    contact.id = new_id();
                }
                contacts.push(contact);
            }
        }
    }
    contacts
}

/// Names of deputies become ids; a name nobody has is a fault of the cell it stands in.
fn resolve_deputies(
    contacts: &mut [LocalContact],
    rows: &[(u64, LocalContact)],
    faults: &mut Vec<CellFault>,
) {
    let ids: Vec<(String, String)> =
        contacts.iter().map(|own| (own.id.clone(), own.name.clone())).collect();
    for own in contacts.iter_mut() {
        let Some((line, _)) = rows.iter().find(|(_, row)| row.name == own.name) else { continue };
        for deputy in &mut own.deputies {
            match ids.iter().find(|(id, name)| id == deputy || name == deputy) {
                Some((id, _)) => deputy.clone_from(id),
                None => faults.push(CellFault {
                    line: *line,
                    column: "代行".to_owned(),
                    why: Text::new(
                        format!("「{deputy}」という連絡先がありません"),
                        format!("there is no contact called {deputy}"),
                    ),
                }),
            }
        }
    }
}

/// A row whose deputies lead back to itself is a fault: calling on from one to the next would never end.
fn refuse_circles(
    contacts: &[LocalContact],
    rows: &[(u64, LocalContact)],
    faults: &mut Vec<CellFault>,
) {
    for (line, row) in rows {
        let same = |own: &&LocalContact| match row.id.as_str() {
            "" => own.name == row.name,
            id => own.id == id,
        };
        let own = contacts.iter().find(same);
        let Some(circle) = own.and_then(|own| deputy_circle(contacts, &own.id)) else { continue };
        let circle = circle.join(" → ");
        faults.push(CellFault {
            line: *line,
            column: "代行".to_owned(),
            why: Text::new(
                format!("代行が一周して戻ります（{circle}）"),
                format!("the deputies go round in a circle ({circle})"),
            ),
        });
    }
}

/// Reads `bytes` as a file of contacts; must never panic.
pub fn fuzz_contacts_file(bytes: &[u8]) {
    let _ = read_contacts(bytes, &[], String::new);
}
