//! Looks through free text for what may identify a patient, before it leaves an organisation.
//!
//! It warns and shows the passages; a person decides. It knows shapes, not people: a name that stands alone is not found, a
//! telephone number of an office is.

use crate::Text;

/// What a passage looks like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum PassageKind {
    /// A patient's number (患者ID、診察券番号).
    PatientNumber,
    /// A date of birth.
    BirthDate,
    /// A name after 「患者」.
    Name,
    /// A telephone number.
    Phone,
    /// A number of health insurance, or an individual number (個人番号).
    InsuredNumber,
}

/// A passage that may identify a patient.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Passage {
    /// What it looks like.
    pub kind: PassageKind,
    /// The passage as it was typed.
    pub text: String,
    /// Where it begins, in characters.
    pub start: usize,
}

/// Characters before a number in which a word says what it is.
const CONTEXT_CHARS: usize = 14;
/// Words before the number of a patient.
const PATIENT_WORDS: [&str; 6] =
    ["患者番号", "患者ID", "診察券", "カルテ番号", "患者コード", "PATIENTID"];
/// Words before a number of health insurance, or before an individual number.
const INSURED_WORDS: [&str; 5] = ["保険者番号", "被保険者", "記号", "マイナンバー", "個人番号"];
/// Words beside a date of birth.
const BIRTH_WORDS: [&str; 5] = ["生年月日", "生まれ", "誕生日", "DOB", "出生"];
/// Words before numbers that belong to offices, devices and paper, not to patients.
const HARMLESS_WORDS: [&str; 7] =
    ["受付番号", "管理番号", "整理番号", "製造番号", "シリアル", "チケット", "S/N"];
/// What stands after 「患者氏名」 without being a name.
const NO_NAMES: [&str; 9] =
    ["不明", "調査中", "確認中", "なし", "該当なし", "一覧", "非公表", "未確認", "等"];

impl PassageKind {
    /// What it looks like, in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::PatientNumber => ["患者番号に見える数字", "looks like a patient's number"],
            Self::BirthDate => ["生年月日に見える日付", "looks like a date of birth"],
            Self::Name => ["患者の氏名に見える記述", "looks like a patient's name"],
            Self::Phone => ["電話番号に見える数字", "looks like a telephone number"],
            Self::InsuredNumber => {
                ["保険者番号・個人番号に見える数字", "looks like an insurance or individual number"]
            }
        };
        Text::new(ja, en)
    }
}

/// The passages of a text that may identify a patient, in the order they stand.
#[must_use]
pub fn passages(text: &str) -> Vec<Passage> {
    let typed: Vec<char> = text.chars().collect();
    let plain: Vec<char> = typed.iter().map(|c| narrow(*c)).collect();
    let mut found = numbers(&plain);
    found.extend(names(&plain));
    found.sort_by_key(|(_, start, _)| *start);
    let passage = |(kind, start, end): (PassageKind, usize, usize)| Passage {
        kind,
        text: typed.get(start..end).unwrap_or_default().iter().collect(),
        start,
    };
    found.into_iter().map(passage).collect()
}

/// The passages that may identify a patient in what an office is told: telephone numbers there belong to institutions and offices.
#[must_use]
pub fn patient_passages(text: &str) -> Vec<Passage> {
    let mut found = passages(text);
    found.retain(|passage| passage.kind != PassageKind::Phone);
    found
}

/// Any text is looked through, and every passage stands where it says.
///
/// # Panics
/// When that promise is broken.
pub fn fuzz_passages(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    for passage in passages(&text) {
        let n_chars = passage.text.chars().count();
        let there: String = text.chars().skip(passage.start).take(n_chars).collect();
        assert_eq!(there, passage.text);
        assert!(n_chars > 0);
    }
}

type Found = (PassageKind, usize, usize);

fn numbers(text: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = next_digit(text, at) {
        let end = end_of_run(text, start);
        if let Some(kind) = kind_of(text, start, end) {
            found.push((kind, start, end));
        }
        at = end;
    }
    found
}

fn next_digit(text: &[char], from: usize) -> Option<usize> {
    text.iter().skip(from).position(char::is_ascii_digit).map(|offset| from + offset)
}

/// A run of digits with single signs between them, as in `06-0000-0000`, `1965/1/2`, `1965年1月2日` or `192.0.2.1`.
fn end_of_run(text: &[char], start: usize) -> usize {
    let digit = |at: usize| text.get(at).is_some_and(char::is_ascii_digit);
    let mut end = start;
    while digit(end) {
        while digit(end) {
            end += 1;
        }
        let sign = text.get(end).copied().unwrap_or(' ');
        if is_joint(sign) && digit(end + 1) {
            end += 1;
        }
    }
    end
}

const fn is_joint(c: char) -> bool {
    matches!(c, '-' | '/' | '.' | '(' | ')' | '年' | '月' | ',' | ':')
}

fn kind_of(text: &[char], start: usize, end: usize) -> Option<PassageKind> {
    let run = text.get(start..end)?;
    let before = context(text, start.saturating_sub(CONTEXT_CHARS), start);
    let after = context(text, end, (end + 6).min(text.len()));
    let n_digits = run.iter().filter(|c| c.is_ascii_digit()).count();
    let near = |words: &[&str]| words.iter().any(|word| before.contains(word));
    let joined_by = |signs: &[char]| run.iter().any(|c| signs.contains(c));
    if near(&BIRTH_WORDS) || after.contains("生まれ") {
        return (n_digits >= 3).then_some(PassageKind::BirthDate);
    }
    if joined_by(&['.', ':', ',', '/', '年', '月']) {
        return None;
    }
    if near(&INSURED_WORDS) || (n_digits == 12 && !is_timestamp(run)) {
        return (n_digits >= 4).then_some(PassageKind::InsuredNumber);
    }
    if near(&PATIENT_WORDS) {
        return (n_digits >= 3).then_some(PassageKind::PatientNumber);
    }
    if near(&HARMLESS_WORDS) {
        return None;
    }
    if run.first() == Some(&'0') && matches!(n_digits, 10 | 11) {
        return Some(PassageKind::Phone);
    }
    let bare = !joined_by(&['-', '(', ')']) && (7..=10).contains(&n_digits);
    let word_before = text.get(start.wrapping_sub(1)).is_some_and(char::is_ascii_alphabetic);
    let counted =
        ["件", "台", "円", "名", "人", "行", "バイト"].iter().any(|unit| after.starts_with(unit));
    (bare && !counted && !word_before && !is_timestamp(run)).then_some(PassageKind::PatientNumber)
}

/// Days and moments written without signs: `20261102`, `202611020641`.
fn is_timestamp(run: &[char]) -> bool {
    let digits: String = run.iter().filter(|c| c.is_ascii_digit()).collect();
    let part = |range: std::ops::Range<usize>| digits.get(range).and_then(|one| one.parse().ok());
    let (Some(year), Some(month), Some(day)) = (part(0..4), part(4..6), part(6..8)) else {
        return false;
    };
    let (year, month, day): (u32, u32, u32) = (year, month, day);
    (1990..2100).contains(&year) && (1..=12).contains(&month) && (1..=31).contains(&day)
}

/// The text between two places in capitals and without blanks.
fn context(text: &[char], from: usize, to: usize) -> String {
    let part = text.get(from..to).unwrap_or_default();
    part.iter().filter(|c| !c.is_whitespace()).map(char::to_ascii_uppercase).collect()
}

fn names(text: &[char]) -> Vec<Found> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = find(text, at, "患者") {
        let name = after_label(text, start + 2).or_else(|| before_title(text, start + 2));
        if let Some((from, to)) = name {
            found.push((PassageKind::Name, from, to));
        }
        at = name.map_or(start + 2, |(_, to)| to);
    }
    found
}

/// `患者氏名: 山田 太郎`, `患者名は山田太郎`.
fn after_label(text: &[char], at: usize) -> Option<(usize, usize)> {
    let label = ["氏名", "名"].iter().find(|label| starts_with(text, at, label))?;
    let mut from = at + label.chars().count();
    let signs = from;
    while text.get(from).is_some_and(|c| c.is_whitespace() || matches!(c, ':' | 'は' | '「' | '='))
    {
        from += 1;
    }
    let to = end_of_name(text, from, is_name_or_kana);
    let name: String = text.get(from..to)?.iter().collect();
    let said = from > signs && to >= from + 2 && !NO_NAMES.contains(&name.trim());
    said.then_some((from, to))
}

/// `患者 山田太郎様`, `患者の山田さん`.
fn before_title(text: &[char], at: usize) -> Option<(usize, usize)> {
    let mut from = at;
    while text.get(from).is_some_and(|c| c.is_whitespace() || matches!(c, ':' | 'の' | '「' | '('))
    {
        from += 1;
    }
    let to = end_of_name(text, from, is_name);
    let titled = ["様", "さま", "さん", "氏", "殿", "くん", "ちゃん"];
    // 「様」 and 「氏」 are characters of names, too: the run may have swallowed them.
    let swallowed =
        to > from + 1 && text.get(to - 1).is_some_and(|c| matches!(c, '様' | '氏' | '殿'));
    let titled = swallowed || titled.iter().any(|title| starts_with(text, to, title));
    let group: String = text.get(from..to)?.iter().collect();
    let all = ["皆", "皆様", "家族", "各位", "一同"].contains(&group.as_str());
    (titled && to > from && !all).then_some((from, to))
}

/// The end of a name: up to ten signs of writing with at most one blank between family name and given name.
fn end_of_name(text: &[char], from: usize, is_sign: fn(char) -> bool) -> usize {
    let sign = |at: usize| text.get(at).copied().is_some_and(is_sign);
    let (mut to, mut blanks) = (from, 0);
    while to < from + 10 {
        if sign(to) {
            to += 1;
        } else if blanks == 0 && to > from && text.get(to) == Some(&' ') && sign(to + 1) {
            blanks += 1;
            to += 1;
        } else {
            break;
        }
    }
    to
}

const fn is_name(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' | '々' | '\u{30a1}'..='\u{30fc}')
}

const fn is_name_or_kana(c: char) -> bool {
    is_name(c) || matches!(c, '\u{3041}'..='\u{3096}')
}

fn find(text: &[char], from: usize, word: &str) -> Option<usize> {
    (from..text.len()).find(|at| starts_with(text, *at, word))
}

fn starts_with(text: &[char], at: usize, word: &str) -> bool {
    word.chars().enumerate().all(|(n, c)| text.get(at + n) == Some(&c))
}

/// Full-width digits, letters and signs to their narrow form, one for one, so that places stay.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        other => other,
    }
}
