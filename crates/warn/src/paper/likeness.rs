//! Whether two texts are the same notice: by number, date, issuer, title and text. Proposes; a person decides.

use std::collections::BTreeSet;

use sakimori_words::Date;

use super::PaperFields;
use super::heading::read_heading;
use crate::matching::normalised;
use crate::warning::WarningContent;

/// Characters of a shingle. Five characters of Japanese are about two words.
const SHINGLE_CHARS: usize = 5;
/// Texts that share so much of the shorter one are proposed as the same, in percent. Two notices about the same subject by
/// different offices share 4 to 11 percent (each of the five notices with each other, 2026-11-22); half leaves room on both sides.
const SHARED_PERCENT_MIN: usize = 50;
/// Texts shorter than this prove nothing, in shingles.
const SHINGLES_MIN: usize = 20;
/// So much of a text is compared, in characters.
const COMPARED_CHARS_MAX: usize = 20_000;

/// One side of the comparison.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Compared {
    numbers: BTreeSet<String>,
    memo: bool,
    issued_on: Option<Date>,
    issuer: String,
    title: String,
    shingles: BTreeSet<[char; SHINGLE_CHARS]>,
}

/// Why two are proposed as the same, or what speaks against it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Reason {
    /// The same 文書番号.
    Number,
    /// Both 事務連絡 of the same day and issuer.
    MemoOfDay,
    /// The same title.
    Title,
    /// The same text, in so many percent of the shorter one.
    Text(usize),
    /// The same date.
    Date,
    /// Speaks against it: other numbers.
    OtherNumber,
    /// Speaks against it: another date.
    OtherDate,
}

impl Reason {
    /// Whether it is enough to propose it.
    const fn proposes(self) -> bool {
        matches!(self, Self::Number | Self::MemoOfDay | Self::Title | Self::Text(_))
    }
}

impl From<&PaperFields> for Compared {
    fn from(fields: &PaperFields) -> Self {
        let own = Self::new(&fields.issuer, &fields.title, &fields.body);
        let said = read_heading(&fields.number);
        // What a person did not type may stand at the head of the text.
        let head = read_heading(&fields.body);
        let of_number =
            if said.numbers.is_empty() && !said.memo { head.clone() } else { said.clone() };
        Self {
            numbers: of_number.numbers,
            memo: of_number.memo,
            issued_on: fields.issued_on.or(said.issued_on).or(head.issued_on),
            ..own
        }
    }
}

impl From<&WarningContent> for Compared {
    fn from(content: &WarningContent) -> Self {
        let own = Self::new(&content.issuer, &content.title, &content.body);
        let said = read_heading(&content.number);
        let issued_on = Some(content.issued_on);
        Self { numbers: said.numbers, memo: said.memo, issued_on, ..own }
    }
}

impl Compared {
    fn new(issuer: &str, title: &str, body: &str) -> Self {
        let body: String = body.chars().take(COMPARED_CHARS_MAX).collect();
        Self {
            issuer: normalised(issuer),
            title: normalised(title),
            shingles: shingles(&normalised(&body)),
            ..Self::default()
        }
    }
}

/// The reasons why both are the same notice, the strongest first; empty when nothing proposes it.
#[must_use]
pub fn compare(one: &Compared, other: &Compared) -> Vec<Reason> {
    let mut reasons = Vec::new();
    let both_numbered = !one.numbers.is_empty() && !other.numbers.is_empty();
    let same_date = one.issued_on.is_some() && one.issued_on == other.issued_on;
    let other_date = one.issued_on.is_some() && other.issued_on.is_some() && !same_date;
    if !one.numbers.is_disjoint(&other.numbers) && !other_date {
        reasons.push(Reason::Number);
    }
    if one.memo && other.memo && same_date && similar_issuer(&one.issuer, &other.issuer) {
        reasons.push(Reason::MemoOfDay);
    }
    if !one.title.is_empty() && one.title == other.title {
        reasons.push(Reason::Title);
    }
    if let Some(percent) = shared_percent(&one.shingles, &other.shingles) {
        reasons.push(Reason::Text(percent));
    }
    if !reasons.iter().any(|reason| reason.proposes()) {
        return Vec::new();
    }
    if same_date {
        reasons.push(Reason::Date);
    }
    if both_numbered && one.numbers.is_disjoint(&other.numbers) {
        reasons.push(Reason::OtherNumber);
    }
    if other_date {
        reasons.push(Reason::OtherDate);
    }
    reasons
}

/// Offices are written at different lengths: `厚生労働省医政局` and `厚生労働省 医政局 総務課`.
fn similar_issuer(one: &str, other: &str) -> bool {
    !one.is_empty() && !other.is_empty() && (one.contains(other) || other.contains(one))
}

/// How much of the shorter text stands in the other, in percent; `None` below what is worth a look.
fn shared_percent(
    one: &BTreeSet<[char; SHINGLE_CHARS]>,
    other: &BTreeSet<[char; SHINGLE_CHARS]>,
) -> Option<usize> {
    let shorter = one.len().min(other.len());
    if shorter < SHINGLES_MIN {
        return None;
    }
    let percent = one.intersection(other).count().saturating_mul(100) / shorter;
    (percent >= SHARED_PERCENT_MIN).then_some(percent)
}

fn shingles(text: &str) -> BTreeSet<[char; SHINGLE_CHARS]> {
    let chars: Vec<char> = text.chars().collect();
    chars.array_windows::<SHINGLE_CHARS>().copied().collect()
}
