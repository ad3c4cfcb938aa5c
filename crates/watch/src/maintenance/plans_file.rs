//! Work plans as a table: CSV from a spreadsheet, read row by row with a reason for every row that cannot be used.

use sakimori_words::{Instant, Text};

use super::register::{Line, PlanFields};
use crate::sources::csv::{folded_name, moment, table};

/// Largest file, in bytes: years of plans fit.
pub const PLANS_FILE_BYTES_MAX: usize = 4 << 20;

/// Rows among which the heading is looked for: exports often have a title above it.
const HEADING_ROWS_MAX: usize = 10;

/// Rows refused that are told apart.
const REFUSED_MAX: usize = 200;

/// What the columns may be called.
const SUPPLIER: &[&str] = &["業者", "supplier", "会社", "委託先", "保守会社", "回線", "line"];
const FROM: &[&str] = &["開始", "from", "開始日時", "作業開始", "begin", "start"];
const TO: &[&str] = &["終了", "to", "終了日時", "作業終了", "end"];
const PURPOSE: &[&str] = &["目的", "purpose", "作業内容", "内容"];
const MACHINES: &[&str] = &["対象機器", "machines", "機器", "対象", "サーバー"];
const ASKED_BY: &[&str] = &["依頼者", "asked_by", "承認者", "依頼・承認"];
const ATTENDED_BY: &[&str] = &["立会者", "attended_by", "立会い", "立ち会い"];

/// A plan of a file, with the line it stands on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// The plan.
    pub plan: PlanFields,
}

/// A row that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RefusedRow {
    /// The line of the file, from 1.
    pub line: u64,
    /// Why.
    pub why: Text,
}

/// Why a file holds no plans that can be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PlansFileError {
    /// No row names the columns.
    #[error("no row among the first {HEADING_ROWS_MAX} names supplier, begin and end")]
    NoHeading,
    /// It is too large.
    #[error("the file has {bytes} bytes, more than {PLANS_FILE_BYTES_MAX}")]
    TooLarge {
        /// Its size.
        bytes: usize,
    },
    /// Rows cannot be used; nothing of the file was taken.
    #[error("{} rows cannot be used", .0.len())]
    Rows(Vec<RefusedRow>),
}

/// A plan as somebody wrote it down. Times are Japan's, in any usual spelling.
#[derive(Clone, Copy, Debug, Default)]
pub struct WrittenPlan<'a> {
    /// The supplier, or the id of its line.
    pub supplier: &'a str,
    /// Begin.
    pub from: &'a str,
    /// End.
    pub to: &'a str,
    /// What for.
    pub purpose: &'a str,
    /// Machines, between commas or blanks.
    pub machines: &'a str,
    /// Who asked for it.
    pub asked_by: &'a str,
    /// Who attends.
    pub attended_by: &'a str,
}

/// Where the columns stand.
struct Columns {
    supplier: usize,
    from: usize,
    to: usize,
    purpose: Option<usize>,
    machines: Option<usize>,
    asked_by: Option<usize>,
    attended_by: Option<usize>,
}

/// Reads plans. Encoding and delimiter are told from the file. Either every row can be used, or none is: a file that was
/// corrected is handed in again whole.
///
/// # Errors
/// [`PlansFileError`], of rows with the reason for each.
pub fn read_plans(bytes: &[u8], lines: &[Line]) -> Result<Vec<PlanRow>, PlansFileError> {
    if bytes.len() > PLANS_FILE_BYTES_MAX {
        return Err(PlansFileError::TooLarge { bytes: bytes.len() });
    }
    let rows = table(bytes);
    let mut headings = rows.iter().take(HEADING_ROWS_MAX).enumerate();
    let heading = headings.find_map(|(at, (_, fields))| Some((at, Columns::of(fields.as_ref()?)?)));
    let (at, columns) = heading.ok_or(PlansFileError::NoHeading)?;
    let (mut plans, mut refused) = (Vec::new(), Vec::new());
    for (line, fields) in rows.into_iter().skip(at + 1) {
        match read_row(fields.as_deref().unwrap_or_default(), &columns, lines) {
            Ok(plan) => plans.push(PlanRow { line, plan }),
            Err(why) if refused.len() < REFUSED_MAX => refused.push(RefusedRow { line, why }),
            Err(_) => {}
        }
    }
    if refused.is_empty() { Ok(plans) } else { Err(PlansFileError::Rows(refused)) }
}

impl Columns {
    fn of(fields: &[String]) -> Option<Self> {
        let names: Vec<String> = fields.iter().map(|name| folded_name(name)).collect();
        let place = |known: &[&str]| {
            names.iter().position(|name| known.iter().any(|own| folded_name(own) == *name))
        };
        Some(Self {
            supplier: place(SUPPLIER)?,
            from: place(FROM)?,
            to: place(TO)?,
            purpose: place(PURPOSE),
            machines: place(MACHINES),
            asked_by: place(ASKED_BY),
            attended_by: place(ATTENDED_BY),
        })
    }
}

fn read_row(fields: &[String], columns: &Columns, lines: &[Line]) -> Result<PlanFields, Text> {
    let field = |at: usize| fields.get(at).map(|text| text.trim()).unwrap_or_default();
    let optional = |at: Option<usize>| at.map(field).unwrap_or_default();
    let written = WrittenPlan {
        supplier: field(columns.supplier),
        from: field(columns.from),
        to: field(columns.to),
        purpose: optional(columns.purpose),
        machines: optional(columns.machines),
        asked_by: optional(columns.asked_by),
        attended_by: optional(columns.attended_by),
    };
    written.read(lines)
}

impl WrittenPlan<'_> {
    /// Reads it.
    ///
    /// # Errors
    /// Why it is no plan.
    pub fn read(&self, lines: &[Line]) -> Result<PlanFields, Text> {
        let from = time(self.from, "開始", "begin")?;
        let to = time(self.to, "終了", "end")?;
        if to <= from {
            return Err(Text::new("終了が開始より前です", "the end is not after the begin"));
        }
        Ok(PlanFields {
            line: line_of(self.supplier, lines)?,
            from,
            to,
            purpose: self.purpose.trim().to_owned(),
            machines: several(self.machines),
            asked_by: self.asked_by.trim().to_owned(),
            attended_by: self.attended_by.trim().to_owned(),
        })
    }
}

fn time(written: &str, ja: &str, en: &str) -> Result<Instant, Text> {
    let shown: String = written.chars().take(40).collect();
    moment(written).ok_or_else(|| {
        Text::new(
            format!("{ja}「{shown}」を日時として読めません（例 2026/11/25 9:00）"),
            format!("the {en} “{shown}” is no date and time (such as 2026/11/25 9:00)"),
        )
    })
}

/// The line whose supplier, or whose id, is written.
fn line_of(written: &str, lines: &[Line]) -> Result<String, Text> {
    let shown: String = written.chars().take(40).collect();
    let name = folded_name(written);
    let mut known = lines
        .iter()
        .filter(|line| line.id == written || folded_name(&line.fields.supplier) == name);
    match (known.next(), known.next()) {
        (Some(line), None) => Ok(line.id.clone()),
        (Some(_), Some(_)) => Err(Text::new(
            format!("「{shown}」の保守回線が複数あります。回線の ID を書いてください"),
            format!("“{shown}” has several lines; write the id of the line"),
        )),
        (None, _) => Err(Text::new(
            format!("「{shown}」という業者の保守回線がありません"),
            format!("no maintenance line has a supplier called “{shown}”"),
        )),
    }
}

/// Names between commas, blanks or lines, whatever their width.
pub(super) fn several(text: &str) -> Vec<String> {
    let between =
        |sign: char| sign.is_whitespace() || matches!(sign, ',' | '、' | '，' | ';' | '；');
    let mut names: Vec<String> = Vec::new();
    for name in text.split(between).map(str::trim).filter(|name| !name.is_empty()) {
        if !names.iter().any(|own| own == name) {
            names.push(name.to_owned());
        }
    }
    names
}

/// Reads any bytes as a table of plans.
///
/// # Panics
/// When a plan is taken that ends before it begins.
pub fn fuzz_plans_file(bytes: &[u8]) {
    let heading = "業者,開始,終了,目的,対象機器\n".as_bytes();
    for file in [bytes.to_vec(), [heading, bytes].concat()] {
        if let Ok(plans) = read_plans(&file, &[]) {
            assert!(plans.iter().all(|row| row.plan.from < row.plan.to), "plans have a length");
        }
    }
}
