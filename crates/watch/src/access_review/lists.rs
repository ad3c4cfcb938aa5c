//! Lists that a hospital hands in as CSV: what their columns may be called, and their rows.

use sakimori_words::{Instant, Lang, Text, jst_datetime};

use super::keys::{family_of, katakana, patient_key, postcode, several, user_key};
use crate::sources::csv::{folded_name, moment, table};

/// Largest list, in bytes: a year's orders of a large hospital fit.
pub const LIST_BYTES_MAX: usize = 64 << 20;

/// Rows at the beginning among which the header is looked for: exports often have a title above it.
const HEADER_ROWS_MAX: usize = 10;

/// Refused rows told apart; the others are only counted.
const REFUSED_SHOWN_MAX: usize = 200;

/// What a list is about. Told by its columns.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ListKind {
    /// 職員: who has which account, where they work.
    Staff,
    /// 当直・勤務: who was on duty when, and where if not in their own department.
    Duties,
    /// 患者: family name in kana and postcode.
    Patients,
    /// 要注意患者: patients whose records are looked at out of curiosity.
    Marks,
    /// 入院: stays with ward and department.
    Stays,
    /// 予約・受診: appointments and visits.
    Visits,
    /// オーダ: orders with the department that carries them out.
    Orders,
    /// 紹介・コンサルト: referrals to a department.
    Referrals,
}

impl ListKind {
    /// Every kind, in the order in which they are told apart.
    pub const ALL: [Self; 8] = [
        Self::Stays,
        Self::Visits,
        Self::Orders,
        Self::Referrals,
        Self::Duties,
        Self::Staff,
        Self::Marks,
        Self::Patients,
    ];

    /// The kind as it is stored and as files of it are named.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Staff => "staff",
            Self::Duties => "duties",
            Self::Patients => "patients",
            Self::Marks => "marks",
            Self::Stays => "stays",
            Self::Visits => "visits",
            Self::Orders => "orders",
            Self::Referrals => "referrals",
        }
    }

    /// The kind that is stored so.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }

    /// The kind in words.
    #[must_use]
    pub fn label(self) -> Text {
        match self {
            Self::Staff => Text::new("職員", "Staff"),
            Self::Duties => Text::new("当直・応援勤務", "Duties"),
            Self::Patients => Text::new("患者（姓カナ・郵便番号）", "Patients"),
            Self::Marks => Text::new("注目される患者", "Marked patients"),
            Self::Stays => Text::new("入院", "Stays"),
            Self::Visits => Text::new("予約・受診", "Appointments and visits"),
            Self::Orders => Text::new("オーダ", "Orders"),
            Self::Referrals => Text::new("院内紹介・コンサルト", "Referrals"),
        }
    }

    /// The columns without which it is not this kind.
    const fn telling(self) -> &'static [Column] {
        match self {
            Self::Staff => &[Column::User, Column::Role],
            Self::Duties => &[Column::User, Column::DutyFrom],
            Self::Patients => &[Column::Patient, Column::Kana],
            Self::Marks => &[Column::Patient, Column::Mark],
            Self::Stays => &[Column::Patient, Column::Admitted],
            Self::Visits => &[Column::Patient, Column::VisitAt],
            Self::Orders => &[Column::Patient, Column::OrderedAt],
            Self::Referrals => &[Column::Patient, Column::ReferredAt],
        }
    }

    /// The columns of a template, those it needs first.
    const fn columns(self) -> &'static [Column] {
        match self {
            Self::Staff => &[
                Column::User,
                Column::Role,
                Column::Department,
                Column::Scope,
                Column::Name,
                Column::Kana,
                Column::Postcode,
                Column::Patient,
                Column::From,
                Column::To,
            ],
            Self::Duties => &[Column::User, Column::DutyFrom, Column::DutyTo, Column::Department],
            Self::Patients => &[Column::Patient, Column::Kana, Column::Postcode],
            Self::Marks => &[Column::Patient, Column::Mark, Column::From, Column::To],
            Self::Stays => &[
                Column::Patient,
                Column::Admitted,
                Column::Discharged,
                Column::Ward,
                Column::Department,
                Column::Doctor,
            ],
            Self::Visits => &[Column::Patient, Column::VisitAt, Column::Department, Column::Doctor],
            Self::Orders => {
                &[Column::Patient, Column::OrderedAt, Column::Department, Column::Doctor]
            }
            Self::Referrals => &[
                Column::Patient,
                Column::ReferredAt,
                Column::Department,
                Column::To,
                Column::Doctor,
            ],
        }
    }
}

/// A column of a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    User,
    Name,
    Kana,
    Department,
    Ward,
    Role,
    Scope,
    Postcode,
    Patient,
    Doctor,
    Mark,
    From,
    To,
    Admitted,
    Discharged,
    VisitAt,
    OrderedAt,
    ReferredAt,
    DutyFrom,
    DutyTo,
}

impl Column {
    /// What it may be called: Japanese first, the second name is the English one of templates.
    const fn names(self) -> &'static [&'static str] {
        match self {
            Self::User => {
                &["職員ID", "user", "利用者ID", "職員番号", "ユーザID", "user_id", "staff_id"]
            }
            Self::Name => &["氏名", "name", "職員名", "患者氏名"],
            Self::Kana => {
                &["氏名カナ", "kana", "カナ氏名", "フリガナ", "カナ", "姓カナ", "family_kana"]
            }
            Self::Department => &[
                "部署",
                "department",
                "診療科",
                "所属",
                "部門",
                "実施部門",
                "紹介先",
                "科",
                "勤務部署",
            ],
            Self::Ward => &["病棟", "ward"],
            Self::Role => &["職種", "role", "職名"],
            Self::Scope => &["担当範囲", "scope"],
            Self::Postcode => &["郵便番号", "postcode", "zip"],
            Self::Patient => &["患者ID", "patient", "患者番号", "診察券番号", "patient_id"],
            Self::Doctor => &["担当者", "doctor", "担当医", "依頼医", "主治医", "依頼者"],
            Self::Mark => &["区分", "mark", "理由"],
            Self::From => &["開始日", "from", "開始", "在職開始", "start"],
            Self::To => &["終了日", "to", "終了", "期限", "在職終了", "end"],
            Self::Admitted => &["入院日", "admitted", "入院日時"],
            Self::Discharged => &["退院日", "discharged", "退院日時"],
            Self::VisitAt => {
                &["予約日時", "visit_at", "受診日時", "予約日", "受診日", "appointment_at"]
            }
            Self::OrderedAt => {
                &["オーダ日時", "ordered_at", "オーダ日", "指示日時", "検査日", "実施日"]
            }
            Self::ReferredAt => &["紹介日", "referred_at", "紹介日時", "依頼日"],
            Self::DutyFrom => &["勤務開始", "duty_from", "当直開始"],
            Self::DutyTo => &["勤務終了", "duty_to", "当直終了"],
        }
    }

    fn name(self, lang: Lang) -> &'static str {
        let nth = match lang {
            Lang::Ja => 0,
            Lang::En => 1,
        };
        self.names().get(nth).copied().unwrap_or_default()
    }
}

/// How far an account's work reaches beyond its own department.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Scope {
    /// Patients of the own departments.
    #[default]
    Own,
    /// Whoever is in the house: pharmacy, infection control, night supervision.
    House,
    /// Claims, registries, records.
    Administrative,
}

/// From–to, the end not included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Span {
    pub(super) from: Instant,
    pub(super) to: Instant,
}

impl Span {
    const EVER: Self =
        Self { from: Instant::from_micros(i64::MIN), to: Instant::from_micros(i64::MAX) };

    pub(super) fn holds(self, at: Instant, before_seconds: i64, after_seconds: i64) -> bool {
        self.from.plus_seconds(-before_seconds) <= at && at < self.to.plus_seconds(after_seconds)
    }
}

/// What one row says.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Row {
    Staff {
        user: String,
        role: String,
        departments: Vec<String>,
        scope: Scope,
        family: String,
        postcode: String,
        patient: String,
        span: Span,
    },
    Duty {
        user: String,
        departments: Vec<String>,
        span: Span,
    },
    Patient {
        patient: String,
        family: String,
        postcode: String,
    },
    Mark {
        patient: String,
        mark: String,
        span: Span,
    },
    Contact {
        patient: String,
        departments: Vec<String>,
        users: Vec<String>,
        span: Span,
    },
}

/// A row that could not be taken, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refused {
    /// The line it begins on, from 1.
    pub line: u64,
    /// Why.
    pub why: Text,
}

/// Why a file is no list.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ListError {
    /// No row names the columns of any kind of list.
    #[error(
        "no row among the first {HEADER_ROWS_MAX} names the columns of a list; found `{found}`"
    )]
    NoHeader {
        /// The first row, cut.
        found: String,
    },
    /// It is too large.
    #[error("the list has {bytes} bytes, more than {LIST_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
}

/// A list as it was read: rows that could be taken, and those that could not.
#[derive(Clone, Debug)]
pub struct List {
    /// What it is about.
    pub kind: ListKind,
    pub(super) rows: Vec<Row>,
    /// Rows refused, the first few hundred of them.
    pub refused: Vec<Refused>,
    /// How many rows were refused.
    pub n_refused: u64,
}

impl List {
    /// Reads a list. Kind, encoding and delimiter are told from the file; a row that cannot be taken costs only itself.
    ///
    /// # Errors
    /// [`ListError`] when it is no list at all.
    pub fn read(bytes: &[u8]) -> Result<Self, ListError> {
        if bytes.len() > LIST_BYTES_MAX {
            return Err(ListError::TooLarge { bytes: bytes.len() });
        }
        let rows = table(bytes);
        let header = rows.iter().take(HEADER_ROWS_MAX).enumerate().find_map(|(at, (_, fields))| {
            let header = Header::read(fields.as_deref()?)?;
            Some((at, header))
        });
        let Some((at, header)) = header else {
            return Err(ListError::NoHeader { found: first_row(&rows) });
        };
        let mut list =
            Self { kind: header.kind, rows: Vec::new(), refused: Vec::new(), n_refused: 0 };
        for (line, fields) in rows.into_iter().skip(at + 1) {
            match fields.map_or_else(|| Err(too_wide()), |fields| header.row(&fields)) {
                Ok(row) => list.rows.push(row),
                Err(why) => list.refuse(line, why),
            }
        }
        Ok(list)
    }

    /// How many rows were taken.
    #[must_use]
    pub const fn n_rows(&self) -> usize {
        self.rows.len()
    }

    fn refuse(&mut self, line: u64, why: Text) {
        self.n_refused += 1;
        if self.refused.len() < REFUSED_SHOWN_MAX {
            self.refused.push(Refused { line, why });
        }
    }
}

/// The header row of a list to fill in.
#[must_use]
pub fn template(kind: ListKind, lang: Lang) -> String {
    let names: Vec<&str> = kind.columns().iter().map(|column| column.name(lang)).collect();
    format!("{}\r\n", names.join(","))
}

/// Which columns a file has.
struct Header {
    kind: ListKind,
    names: Vec<String>,
}

impl Header {
    fn read(fields: &[String]) -> Option<Self> {
        let names: Vec<String> = fields.iter().map(|name| folded_name(name)).collect();
        let mut header = Self { kind: ListKind::Staff, names };
        let known = |kind: &ListKind| kind.telling().iter().all(|own| header.place(*own).is_some());
        header.kind = ListKind::ALL.into_iter().find(known)?;
        Some(header)
    }

    fn place(&self, column: Column) -> Option<usize> {
        let called = |name: &str| {
            let name = folded_name(name);
            self.names.iter().position(|own| *own == name)
        };
        column.names().iter().find_map(|name| called(name))
    }

    fn row(&self, fields: &[String]) -> Result<Row, Text> {
        let row = Fields { header: self, fields };
        match self.kind {
            ListKind::Staff => row.staff(),
            ListKind::Duties => row.duty(),
            ListKind::Patients => row.patient(),
            ListKind::Marks => row.mark(),
            ListKind::Stays => row.stay(),
            ListKind::Visits => row.contact(Column::VisitAt),
            ListKind::Orders => row.contact(Column::OrderedAt),
            ListKind::Referrals => row.contact(Column::ReferredAt),
        }
    }
}

struct Fields<'a> {
    header: &'a Header,
    fields: &'a [String],
}

impl Fields<'_> {
    fn text(&self, column: Column) -> &str {
        let place = self.header.place(column);
        place.and_then(|at| self.fields.get(at)).map_or("", |text| text.trim())
    }

    fn needed(&self, column: Column) -> Result<&str, Text> {
        let text = self.text(column);
        if text.is_empty() { Err(missing(column)) } else { Ok(text) }
    }

    fn moment(&self, column: Column) -> Result<Option<Instant>, Text> {
        let written = self.text(column);
        if written.is_empty() {
            return Ok(None);
        }
        moment(written).map(Some).ok_or_else(|| not_a_time(column, written))
    }

    /// The end of a span: a bare day is meant with all its hours.
    fn end(&self, column: Column) -> Result<Option<Instant>, Text> {
        let whole_day = |at: Instant| {
            if jst_datetime(at).time() == jiff::civil::Time::midnight() {
                at.plus_days(1)
            } else {
                at
            }
        };
        Ok(self.moment(column)?.map(whole_day))
    }

    fn span(&self, from: Column, to: Column) -> Result<Span, Text> {
        let span = Span {
            from: self.moment(from)?.unwrap_or(Span::EVER.from),
            to: self.end(to)?.unwrap_or(Span::EVER.to),
        };
        if span.to < span.from { Err(backwards(from, to)) } else { Ok(span) }
    }

    fn departments(&self, columns: &[Column]) -> Vec<String> {
        let names = columns.iter().flat_map(|column| several(self.text(*column)));
        names.map(folded_name).collect()
    }

    fn doctors(&self) -> Vec<String> {
        several(self.text(Column::Doctor)).map(user_key).collect()
    }

    fn staff(&self) -> Result<Row, Text> {
        Ok(Row::Staff {
            user: user_key(self.needed(Column::User)?),
            role: folded_name(self.text(Column::Role)),
            departments: self.departments(&[Column::Department, Column::Ward]),
            scope: scope(self.text(Column::Scope))?,
            family: self.family(),
            postcode: postcode(self.text(Column::Postcode)),
            patient: patient_key(self.text(Column::Patient)),
            span: self.span(Column::From, Column::To)?,
        })
    }

    /// A column that is named after the family name alone holds it whole; else it is what stands before the blank.
    fn family(&self) -> String {
        let written = self.text(Column::Kana);
        let alone = ["姓カナ", "family_kana"].iter().any(|name| {
            let place = self.header.place(Column::Kana);
            place.and_then(|at| self.header.names.get(at)) == Some(&folded_name(name))
        });
        if alone { katakana(written) } else { family_of(written) }
    }

    fn duty(&self) -> Result<Row, Text> {
        let from = self.moment(Column::DutyFrom)?.ok_or_else(|| missing(Column::DutyFrom))?;
        let to = self.moment(Column::DutyTo)?.ok_or_else(|| missing(Column::DutyTo))?;
        if to < from {
            return Err(backwards(Column::DutyFrom, Column::DutyTo));
        }
        Ok(Row::Duty {
            user: user_key(self.needed(Column::User)?),
            departments: self.departments(&[Column::Department, Column::Ward]),
            span: Span { from, to },
        })
    }

    fn patient(&self) -> Result<Row, Text> {
        Ok(Row::Patient {
            patient: patient_key(self.needed(Column::Patient)?),
            family: self.family(),
            postcode: postcode(self.text(Column::Postcode)),
        })
    }

    fn mark(&self) -> Result<Row, Text> {
        Ok(Row::Mark {
            patient: patient_key(self.needed(Column::Patient)?),
            mark: self.needed(Column::Mark)?.chars().take(40).collect(),
            span: self.span(Column::From, Column::To)?,
        })
    }

    fn stay(&self) -> Result<Row, Text> {
        self.needed(Column::Admitted)?;
        Ok(Row::Contact {
            patient: patient_key(self.needed(Column::Patient)?),
            departments: self.departments(&[Column::Ward, Column::Department]),
            users: self.doctors(),
            span: self.span(Column::Admitted, Column::Discharged)?,
        })
    }

    /// Something at one moment, or until the end that the row names.
    fn contact(&self, when: Column) -> Result<Row, Text> {
        let from = self.moment(when)?.ok_or_else(|| missing(when))?;
        Ok(Row::Contact {
            patient: patient_key(self.needed(Column::Patient)?),
            departments: self.departments(&[Column::Department, Column::Ward]),
            users: self.doctors(),
            span: Span { from, to: self.end(Column::To)?.unwrap_or(from).max(from) },
        })
    }
}

fn scope(written: &str) -> Result<Scope, Text> {
    match folded_name(written).as_str() {
        "" | "所属" | "自部署" | "own" => Ok(Scope::Own),
        "全病棟" | "全院" | "院内全体" | "house" => Ok(Scope::House),
        "事務" | "医事" | "administrative" => Ok(Scope::Administrative),
        _ => Err(Text::new(
            format!("担当範囲「{written}」は読めません。所属・全院・事務のどれかにしてください"),
            format!("scope `{written}` is none of own, house, administrative"),
        )),
    }
}

fn missing(column: Column) -> Text {
    let (ja, en) = (column.name(Lang::Ja), column.name(Lang::En));
    Text::new(format!("「{ja}」が空です"), format!("`{en}` is empty"))
}

fn not_a_time(column: Column, written: &str) -> Text {
    let (ja, en) = (column.name(Lang::Ja), column.name(Lang::En));
    let written: String = written.chars().take(40).collect();
    Text::new(
        format!("「{ja}」の「{written}」を日時として読めません"),
        format!("`{written}` in `{en}` is no date or time"),
    )
}

fn backwards(from: Column, to: Column) -> Text {
    Text::new(
        format!("「{}」が「{}」より前です", to.name(Lang::Ja), from.name(Lang::Ja)),
        format!("`{}` lies before `{}`", to.name(Lang::En), from.name(Lang::En)),
    )
}

fn too_wide() -> Text {
    Text::new("列が多すぎます", "the row has too many columns")
}

fn first_row(rows: &[(u64, Option<Vec<String>>)]) -> String {
    let fields = rows.first().and_then(|(_, fields)| fields.clone()).unwrap_or_default();
    fields.join(",").chars().take(80).filter(|sign| !sign.is_control()).collect()
}

impl ListError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> sakimori_words::Trouble {
        sakimori_words::Trouble::because(&crate::troubles::ACCESS_LIST, self)
    }
}
