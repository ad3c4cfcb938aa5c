//! The cells of a list, read and written. A cell is never guessed: what is not one of the known words is a fault.

use sakimori_content::Answered;
use sakimori_words::{
    Date, Founder, InstitutionKind, Lang, OrganisationId, Prefecture, Text, parse_date,
};

use super::columns::{Column, PersonColumn};
use crate::facility::{Facility, Way};
use crate::folding::fold;

/// Digits of a whole code: prefecture (2), kind of points (1), number in the prefecture (7).
pub(crate) const CODE_DIGITS: usize = 10;
/// Digits of a code in the list of one prefecture and kind.
const SHORT_CODE_DIGITS: usize = 7;
/// Hospitals have twenty beds or more (医療法1条の5).
const HOSPITAL_BEDS_MIN: u32 = 20;
/// More beds than any hospital has: a larger number stands in the wrong column.
pub const BEDS_MAX: u32 = 5_000;

const KINDS: [(InstitutionKind, &[&str]); 6] = [
    (InstitutionKind::Hospital, &["病院", "hospital"]),
    (InstitutionKind::Clinic, &["診療所", "医科診療所", "一般診療所", "clinic"]),
    (InstitutionKind::DentalClinic, &["歯科診療所", "歯科", "dental clinic"]),
    (InstitutionKind::MaternityHome, &["助産所", "maternity home"]),
    (InstitutionKind::Pharmacy, &["薬局", "保険薬局", "pharmacy"]),
    (
        InstitutionKind::RegionalNetwork,
        &["地域医療情報連携ネットワーク", "地域医療連携ネットワーク", "regional network"],
    ),
];

const FOUNDERS: [(Founder, &[&str]); 7] = [
    (Founder::State, &["国", "state"]),
    (Founder::Prefecture, &["都道府県", "prefecture"]),
    (Founder::Municipality, &["市町村", "一部事務組合", "municipality"]),
    (Founder::PublicBody, &["公的医療機関", "公的", "地方独立行政法人", "public body"]),
    (Founder::MedicalCorporation, &["医療法人", "medical corporation"]),
    (Founder::Individual, &["個人", "individual"]),
    (Founder::Other, &["その他", "other"]),
];

const WAYS: [(&str, &[&str]); 5] = [
    ("node", &["ノード", "自施設のノード", "node"]),
    ("portal", &["ポータル", "portal"]),
    ("mail", &["メール", "mail"]),
    ("telephone", &["電話", "telephone", "phone"]),
    ("office", &["別の窓口", "another office"]),
];

/// The value of which one of the words is `text`, or the words to choose from.
fn word<T: Clone>(table: &[(T, &[&str])], text: &str) -> Result<T, Text> {
    let text = fold(text);
    let found = table.iter().find(|(_, words)| words.iter().any(|word| fold(word) == text));
    found.map(|(value, _)| value.clone()).ok_or_else(|| {
        let join = |pick: fn(&[&str]) -> String| {
            table.iter().map(|(_, words)| pick(words)).collect::<Vec<_>>().join(" / ")
        };
        let first = join(|words| words.first().copied().unwrap_or_default().to_owned());
        let last = join(|words| words.last().copied().unwrap_or_default().to_owned());
        Text::new(format!("次のどれかにしてください: {first}"), format!("must be one of: {last}"))
    })
}

fn word_of<T: PartialEq>(table: &[(T, &[&'static str])], value: &T) -> &'static str {
    let found = table.iter().find(|(own, _)| own == value);
    found.and_then(|(_, words)| words.first().copied()).unwrap_or_default()
}

pub(super) fn kind(text: &str) -> Result<InstitutionKind, Text> {
    word(&KINDS, text)
}

pub(super) fn founder(text: &str) -> Result<Founder, Text> {
    word(&FOUNDERS, text)
}

/// The way; which node it is stands in another column.
pub(super) fn way(text: &str) -> Result<Way, Text> {
    Ok(match word(&WAYS, text)? {
        "node" => Way::Node { organisation: OrganisationId::from("") },
        "portal" => Way::Portal,
        "mail" => Way::Mail,
        "office" => Way::Office,
        _ => Way::Telephone,
    })
}

pub(super) fn prefecture(text: &str) -> Result<Prefecture, Text> {
    let by_code = text.parse().ok().and_then(Prefecture::from_code);
    let named = |one: &Prefecture| {
        let (ja, en) = (one.name(Lang::Ja), one.name(Lang::En));
        // 北海道 is never shortened; 京都 is, though 都 is also an ending.
        let short = ja.strip_suffix(['県', '府']).or_else(|| ja.strip_suffix("都"));
        text == ja || Some(text) == short || text.eq_ignore_ascii_case(en)
    };
    by_code.or_else(|| Prefecture::all().find(named)).ok_or_else(|| {
        Text::new(
            "都道府県の名前か2桁の番号にしてください",
            "must be the name or the number of a prefecture",
        )
    })
}

/// The prefecture an address begins with.
pub(super) fn prefecture_of_address(address: &str) -> Option<Prefecture> {
    Prefecture::all().find(|one| address.starts_with(one.name(Lang::Ja)))
}

/// Ten digits, or the seven that lists of one prefecture and kind use; hyphens and commas between them are left out.
pub(super) fn code(text: &str) -> Result<String, Text> {
    let digits: String = text.chars().filter(|c| !matches!(c, '-' | ',' | '.' | ' ')).collect();
    let all_digits = digits.bytes().all(|byte| byte.is_ascii_digit());
    let whole = digits.len() == CODE_DIGITS && prefecture_of_code(&digits).is_some();
    if all_digits && (whole || digits.len() == SHORT_CODE_DIGITS) {
        return Ok(digits);
    }
    Err(Text::new(
        "10桁（都道府県2桁・点数表1桁・7桁）か7桁の数字にしてください。先頭の0が消えていないか確認してください",
        "must have ten digits (prefecture 2, kind 1, number 7) or seven; perhaps a leading 0 was lost",
    ))
}

/// The prefecture the first two of ten digits name.
pub(super) fn prefecture_of_code(code: &str) -> Option<Prefecture> {
    let whole = code.len() == CODE_DIGITS;
    Prefecture::from_code(code.get(..2).filter(|_| whole)?.parse().ok()?)
}

/// What the third of ten digits names (点数表: 1 医科, 3 歯科, 4 調剤); a hospital by its beds, when they are known.
pub(super) fn kind_of_code(code: &str, beds: Option<u32>) -> Option<InstitutionKind> {
    let whole = code.len() == CODE_DIGITS;
    match code.as_bytes().get(2).filter(|_| whole)? {
        b'1' if beds? >= HOSPITAL_BEDS_MIN => Some(InstitutionKind::Hospital),
        b'1' => Some(InstitutionKind::Clinic),
        b'3' => Some(InstitutionKind::DentalClinic),
        b'4' => Some(InstitutionKind::Pharmacy),
        _ => None,
    }
}

/// The ten digits of a code that may have seven.
pub(super) fn whole_code(
    prefecture: Prefecture,
    kind: InstitutionKind,
    code: String,
) -> Option<String> {
    if code.len() == CODE_DIGITS {
        return Some(code);
    }
    let points = match kind {
        InstitutionKind::Hospital | InstitutionKind::Clinic => 1,
        InstitutionKind::DentalClinic => 3,
        InstitutionKind::Pharmacy => 4,
        InstitutionKind::MaternityHome | InstitutionKind::RegionalNetwork => return None,
    };
    Some(format!("{:02}{points}{code}", prefecture.code()))
}

pub(super) fn beds(text: &str) -> Result<u32, Text> {
    let text = text.replace(',', "");
    let number = text.strip_suffix("床").unwrap_or(&text).trim().parse().ok();
    number.filter(|beds| *beds <= BEDS_MAX).ok_or_else(|| {
        Text::new(
            format!("0から{BEDS_MAX}までの数にしてください"),
            format!("must be a number from 0 to {BEDS_MAX}"),
        )
    })
}

pub(super) fn mail(text: &str) -> Result<String, Text> {
    let (name, host) = text.split_once('@').unwrap_or_default();
    let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | ';' | '<' | '>');
    let fits = !name.is_empty() && host.contains('.') && !host.contains('@');
    if fits && !text.contains(odd) {
        return Ok(text.to_owned());
    }
    Err(Text::new("メールアドレスを1つ書いてください", "must be one mail address"))
}

pub(super) fn phone(text: &str) -> Result<String, Text> {
    let n_digits = text.chars().filter(char::is_ascii_digit).count();
    let odd =
        |c: char| !(c.is_ascii_digit() || matches!(c, '-' | '(' | ')' | '+' | ' ' | '#' | '*'));
    if (3..=15).contains(&n_digits) && !text.contains(odd) {
        return Ok(text.to_owned());
    }
    Err(Text::new("電話番号を1つ書いてください", "must be one telephone number"))
}

pub(super) fn date(text: &str) -> Result<Date, Text> {
    parse_date(text).ok_or_else(|| {
        Text::new(
            "2026-11-20 か 令和8年11月20日 の形にしてください",
            "must be a date such as 2026-11-20",
        )
    })
}

pub(super) fn answered(text: &str) -> Result<Answered, Text> {
    Answered::parse(text).ok_or_else(|| {
        Text::new(
            "「常時」「平日 9:00-17:30」「休日」などにしてください",
            "must be `always`, `weekdays 9:00-17:30`, `holidays` …",
        )
    })
}

/// Names that stand in one cell.
pub(super) fn names(text: &str) -> Vec<String> {
    let names = text.split(super::BETWEEN).map(|name| name.trim().to_owned());
    names.filter(|name| !name.is_empty()).collect()
}

/// What an entry says in a column; [`super::read_list`] reads it again.
pub(super) fn cell(facility: &Facility, column: Column) -> String {
    let profile = facility.organisation.institution.as_ref();
    match column {
        Column::Id => facility.id().to_string(),
        Column::Code => facility.code().to_owned(),
        Column::Kind => profile.map_or("", |own| word_of(&KINDS, &own.kind)).to_owned(),
        Column::Name => facility.organisation.name.clone(),
        Column::Kana => facility.kana.clone(),
        Column::Prefecture => facility.prefecture().map_or("", |own| own.name(Lang::Ja)).to_owned(),
        Column::Municipality => facility.municipality.clone(),
        Column::Address => facility.address.clone(),
        Column::Beds => profile.map(|own| own.permitted_beds.to_string()).unwrap_or_default(),
        Column::Founder => profile.map_or("", |own| word_of(&FOUNDERS, &own.founder)).to_owned(),
        Column::Functions => profile.map(|own| own.functions.join("、")).unwrap_or_default(),
        Column::Mail => facility.contacts.mail.clone(),
        Column::Telephone => facility.contacts.telephone.clone(),
        Column::Fax => facility.contacts.fax.clone(),
        Column::Way => word_of(&WAYS, &facility.way.as_str()).to_owned(),
        Column::Node => match &facility.way {
            Way::Node { organisation } => organisation.to_string(),
            Way::Portal | Way::Mail | Way::Telephone | Way::Office => String::new(),
        },
        Column::ClosedOn => day(facility.closed_on),
        Column::Person(n, column) => person_cell(facility, n, column),
    }
}

fn person_cell(facility: &Facility, n: usize, column: PersonColumn) -> String {
    let Some(person) = facility.contacts.people.get(n) else { return String::new() };
    match column {
        PersonColumn::Name => person.name.clone(),
        PersonColumn::Phone => person.first_phone().to_owned(),
        PersonColumn::Answered => {
            person.phones.first().map(|own| own.answered.words().ja).unwrap_or_default()
        }
        PersonColumn::Mail => person.email.clone(),
        PersonColumn::From => day(person.valid_from),
        PersonColumn::To => day(person.valid_to),
    }
}

fn day(day: Option<Date>) -> String {
    day.map(|day| day.to_string()).unwrap_or_default()
}
