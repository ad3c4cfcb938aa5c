//! The institution's own people and firms: one model for the contact tree, the call sheet and the copy on paper.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;

use sakimori_words::{Date, Instant, Text, jst_date, parse_date};
use serde::{Deserialize, Serialize};

use crate::{Calendar, CallLine, Contact, ContactRole};

/// Days after which somebody has to ask again whether the numbers are right.
pub const VERIFY_DAYS: i32 = 180;

/// What kind of telephone it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PhoneKind {
    /// The number, without saying more.
    #[default]
    Main,
    /// At work.
    Office,
    /// Mobile.
    Mobile,
    /// At home.
    Home,
}

impl PhoneKind {
    /// Every kind, in the order of forms.
    pub const ALL: [Self; 4] = [Self::Main, Self::Office, Self::Mobile, Self::Home];

    /// The kind as forms and files spell it.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Main => "main",
            Self::Office => "office",
            Self::Mobile => "mobile",
            Self::Home => "home",
        }
    }

    /// The kind in words; empty for the number without more.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Main => Text::default(),
            Self::Office => Text::new("職場", "office"),
            Self::Mobile => Text::new("携帯", "mobile"),
            Self::Home => Text::new("自宅", "home"),
        }
    }

    /// The kind that is spelled so, in either language.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        match text.trim() {
            "" | "main" | "代表" => Some(Self::Main),
            "office" | "職場" | "会社" => Some(Self::Office),
            "mobile" | "携帯" => Some(Self::Mobile),
            "home" | "自宅" => Some(Self::Home),
            _ => None,
        }
    }
}

/// When one of its own numbers is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answered {
    /// Day and night.
    #[default]
    Always,
    /// On business days within hours, in minutes since midnight JST.
    Weekdays {
        /// First minute of the day.
        opens_minute: i64,
        /// First minute after the day's end.
        closes_minute: i64,
    },
    /// Whenever [`Answered::Weekdays`] with the same hours is not.
    OutsideHours {
        /// First minute of the day in which it is not answered.
        opens_minute: i64,
        /// First minute after that.
        closes_minute: i64,
    },
    /// On days on which offices do not work.
    Holidays,
    /// From one day to another, both included.
    Dates {
        /// First day.
        from: Date,
        /// Last day.
        to: Date,
    },
}

impl Answered {
    /// Whether somebody answers at that moment.
    #[must_use]
    pub fn holds(&self, at: Instant, calendar: &Calendar) -> bool {
        match self {
            Self::Always => true,
            Self::Weekdays { opens_minute, closes_minute } => {
                calendar.is_business_time(at, *opens_minute, *closes_minute)
            }
            Self::OutsideHours { opens_minute, closes_minute } => {
                !calendar.is_business_time(at, *opens_minute, *closes_minute)
            }
            Self::Holidays => !calendar.is_business_day(jst_date(at)),
            Self::Dates { from, to } => (*from..=*to).contains(&jst_date(at)),
        }
    }

    /// When it is answered, in words that [`Answered::parse`] reads again.
    #[must_use]
    pub fn words(&self) -> Text {
        match self {
            Self::Always => Text::new("常時", "always"),
            Self::Weekdays { opens_minute, closes_minute } => {
                let hours = hours_words(*opens_minute, *closes_minute);
                Text::new(format!("平日 {hours}"), format!("weekdays {hours}"))
            }
            Self::OutsideHours { opens_minute, closes_minute } => {
                let hours = hours_words(*opens_minute, *closes_minute);
                Text::new(format!("平日 {hours} 以外"), format!("outside weekdays {hours}"))
            }
            Self::Holidays => Text::new("休日", "holidays"),
            Self::Dates { from, to } => {
                Text::new(format!("{from}〜{to}"), format!("{from} to {to}"))
            }
        }
    }

    /// Reads `常時`, `平日 9:00-17:30`, `平日 9:00-17:30 以外`, `休日`, `2026-12-29〜2027-01-03`, and the same in English.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = narrow(text);
        let text = text.trim();
        match text {
            "" | "常時" | "24時間" | "always" => return Some(Self::Always),
            "休日" | "土日祝" | "holidays" => return Some(Self::Holidays),
            _ => {}
        }
        if let Some(hours) = text.strip_prefix("outside weekdays") {
            let (opens_minute, closes_minute) = read_hours(hours)?;
            return Some(Self::OutsideHours { opens_minute, closes_minute });
        }
        if let Some(hours) = text.strip_prefix("平日").or_else(|| text.strip_prefix("weekdays")) {
            if let Some(hours) = hours.trim().strip_suffix("以外") {
                let (opens_minute, closes_minute) = read_hours(hours)?;
                return Some(Self::OutsideHours { opens_minute, closes_minute });
            }
            let (opens_minute, closes_minute) = read_hours(hours)?;
            return Some(Self::Weekdays { opens_minute, closes_minute });
        }
        let (from, to) = text.split_once('~').or_else(|| text.split_once(" to "))?;
        let (from, to) = (parse_date(from.trim())?, parse_date(to.trim())?);
        (from <= to).then_some(Self::Dates { from, to })
    }
}

/// One of its own numbers.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OwnPhone {
    /// The number as it is dialled.
    pub phone: String,
    /// What kind of telephone it is.
    #[serde(default)]
    pub kind: PhoneKind,
    /// When it is answered.
    #[serde(default)]
    pub answered: Answered,
    /// When it is answered or anything else, in the institution's own words, e.g. `24時間`.
    #[serde(default)]
    pub note: String,
}

impl OwnPhone {
    /// A number that is answered day and night.
    pub fn always(phone: impl Into<String>, note: impl Into<String>) -> Self {
        Self { phone: phone.into(), note: note.into(), ..Self::default() }
    }

    /// The number as a line of the sheet.
    #[must_use]
    pub fn line(&self, at: Instant, calendar: &Calendar) -> CallLine {
        let kind = self.kind.words();
        let both = |kind: &str| [kind, &self.note].join(" ").trim().to_owned();
        let validity = match self.answered {
            Answered::Always => Text::new("自施設の登録", "entered here"),
            _ => self.answered.words(),
        };
        CallLine {
            phone: self.phone.trim().to_owned(),
            label: Text::new(both(&kind.ja), both(&kind.en)),
            validity,
            right_now: self.answered.holds(at, calendar),
        }
    }
}

/// A contact the institution keeps itself: numbers the pack cannot know, its own people, its firms.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Kept")]
pub struct LocalContact {
    /// Its id within the institution.
    pub id: String,
    /// What it is for.
    pub role: ContactRole,
    /// Id of the pack's contact that it takes the place of, if any (`police`, `prefecture`, `ministry` …).
    pub replaces: Option<String>,
    /// Name.
    pub name: String,
    /// How the name is read.
    pub kana: String,
    /// What the person or firm does, e.g. `医療情報部長`.
    pub duty: String,
    /// Its numbers, the one to try first in front.
    pub phones: Vec<OwnPhone>,
    /// Mail address; may be empty.
    pub email: String,
    /// Who is called when nobody answers, by id, in order.
    pub deputies: Vec<String>,
    /// The systems it is responsible for, e.g. `電子カルテ`.
    pub systems: Vec<String>,
    /// When somebody last asked whether all this is right.
    pub verified_on: Option<Date>,
    /// First day on which it is a contact; `None`: always was.
    pub valid_from: Option<Date>,
    /// Last day on which it is a contact; `None`: until somebody says so.
    pub valid_to: Option<Date>,
    /// Anything else to know.
    pub note: String,
}

impl Default for LocalContact {
    fn default() -> Self {
        Self {
            id: String::new(),
            role: ContactRole::Other,
            replaces: None,
            name: String::new(),
            kana: String::new(),
            duty: String::new(),
            phones: Vec::new(),
            email: String::new(),
            deputies: Vec::new(),
            systems: Vec::new(),
            verified_on: None,
            valid_from: None,
            valid_to: None,
            note: String::new(),
        }
    }
}

impl LocalContact {
    /// Whether it takes the place of the pack's contact: it says so and has a number.
    pub(crate) fn stands_for(&self, contact: &Contact) -> bool {
        self.replaces.as_ref() == Some(&contact.id) && self.has_number()
    }

    /// Whether any number is known.
    #[must_use]
    pub fn has_number(&self) -> bool {
        self.phones.iter().any(|own| !own.phone.trim().is_empty())
    }

    /// Its first number; empty when none is known.
    #[must_use]
    pub fn first_phone(&self) -> &str {
        self.phones.first().map_or("", |own| own.phone.as_str())
    }

    /// Whether it is a contact on that day.
    #[must_use]
    pub fn is_valid_on(&self, day: Date) -> bool {
        self.valid_from.is_none_or(|from| from <= day) && self.valid_to.is_none_or(|to| day <= to)
    }

    /// Whether somebody has to ask again whether it is right: never asked, or longer ago than [`VERIFY_DAYS`].
    #[must_use]
    pub fn is_stale_on(&self, day: Date) -> bool {
        let age = |on: Date| day.since(on).map_or(0, |span| span.get_days());
        self.verified_on.is_none_or(|on| age(on) > VERIFY_DAYS)
    }

    /// Its numbers as lines of the sheet, those that are answered at that moment in front.
    #[must_use]
    pub fn lines(&self, at: Instant, calendar: &Calendar) -> Vec<CallLine> {
        let known = self.phones.iter().filter(|own| !own.phone.trim().is_empty());
        let mut lines: Vec<CallLine> = known.map(|own| own.line(at, calendar)).collect();
        lines.sort_by_key(|line| !line.right_now);
        lines
    }
}

/// The names of a circle of deputies that `id` is part of, beginning and ending with it; `None` when there is none.
///
/// Whoever calls from deputy to deputy would come back to somebody who has not answered.
#[must_use]
pub fn deputy_circle(contacts: &[LocalContact], id: &str) -> Option<Vec<String>> {
    let find = |id: &str| contacts.iter().find(|own| own.id == id);
    // Every contact is entered once, from the one that led to it first: however the deputies are knotted, this ends.
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut waiting = VecDeque::from([id]);
    while let Some(here) = waiting.pop_front() {
        for deputy in find(here).into_iter().flat_map(|own| &own.deputies) {
            if deputy == id {
                let name = |of: &str| find(of).map_or(of, |own| &own.name).to_owned();
                return Some(way_back(id, here, &from, name));
            }
            if let Entry::Vacant(first) = from.entry(deputy) {
                first.insert(here);
                waiting.push_back(deputy);
            }
        }
    }
    None
}

/// The names from `id` over those that led to `last`, and `id` again.
fn way_back(
    id: &str,
    last: &str,
    from: &BTreeMap<&str, &str>,
    name: impl Fn(&str) -> String,
) -> Vec<String> {
    let mut names = vec![name(id)];
    let mut here = last;
    while here != id {
        names.push(name(here));
        here = from.get(here).copied().unwrap_or(id);
    }
    names.push(name(id));
    names.reverse();
    names
}

/// The contact as any version kept it: the first ones had one number and the hours in words.
#[derive(Deserialize)]
struct Kept {
    id: String,
    role: ContactRole,
    #[serde(default)]
    replaces: Option<String>,
    name: String,
    #[serde(default)]
    kana: String,
    #[serde(default)]
    duty: String,
    #[serde(default)]
    phone: String,
    #[serde(default)]
    hours: String,
    #[serde(default)]
    phones: Vec<OwnPhone>,
    #[serde(default)]
    email: String,
    #[serde(default)]
    deputies: Vec<String>,
    #[serde(default)]
    systems: Vec<String>,
    #[serde(default)]
    verified_on: Option<Date>,
    #[serde(default)]
    valid_from: Option<Date>,
    #[serde(default)]
    valid_to: Option<Date>,
    #[serde(default)]
    note: String,
}

impl From<Kept> for LocalContact {
    fn from(kept: Kept) -> Self {
        let mut phones = kept.phones;
        if !kept.phone.is_empty() || !kept.hours.is_empty() {
            phones.insert(0, OwnPhone::always(kept.phone, kept.hours));
        }
        Self {
            id: kept.id,
            role: kept.role,
            replaces: kept.replaces,
            name: kept.name,
            kana: kept.kana,
            duty: kept.duty,
            phones,
            email: kept.email,
            deputies: kept.deputies,
            systems: kept.systems,
            verified_on: kept.verified_on,
            valid_from: kept.valid_from,
            valid_to: kept.valid_to,
            note: kept.note,
        }
    }
}

/// Whether two names mean the same system, or one names a part of the other: `電子カルテ` and `電子カルテ（本館）`.
pub(crate) fn same_system(one: &str, other: &str) -> bool {
    let fold = |text: &str| {
        narrow(text).chars().filter(|c| !c.is_whitespace()).collect::<String>().to_lowercase()
    };
    let (one, other) = (fold(one), fold(other));
    !one.is_empty() && !other.is_empty() && (one.contains(&other) || other.contains(&one))
}

/// Full-width digits and signs as people type them, in narrow form.
fn narrow(text: &str) -> String {
    let one = |c: char| match c {
        '０'..='９' | 'Ａ'..='Ｚ' | 'ａ'..='ｚ' => {
            u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c)
        }
        '：' => ':',
        '〜' | '～' => '~',
        '－' | '−' | '–' => '-',
        '　' => ' ',
        c => c,
    };
    text.chars().map(one).collect()
}

/// `9:00-17:30` in minutes since midnight; the end may be 24:00 but not before the beginning.
fn read_hours(text: &str) -> Option<(i64, i64)> {
    let text = text.trim();
    let (opens, closes) = text.split_once('-').or_else(|| text.split_once('~'))?;
    let (opens, closes) = (read_clock(opens)?, read_clock(closes)?);
    (opens < closes).then_some((opens, closes))
}

fn read_clock(text: &str) -> Option<i64> {
    let (hour, minute) = text.trim().split_once(':')?;
    let (hour, minute): (i64, i64) = (hour.parse().ok()?, minute.parse().ok()?);
    let at = hour.checked_mul(60)?.checked_add(minute)?;
    ((0..60).contains(&minute) && (0..=24 * 60).contains(&at)).then_some(at)
}

fn hours_words(opens: i64, closes: i64) -> String {
    let mut text = String::new();
    for (minute, end) in [(opens, "-"), (closes, "")] {
        let _ = write!(text, "{}:{:02}{end}", minute / 60, minute % 60);
    }
    text
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_contact_of_the_first_version_is_read_without_loss() {
        let kept = r#"{"id":"local-1","role":"police","replaces":"police","name":"府警","phone":"06-0000-0110","hours":"24時間","note":"係"}"#;
        let read: LocalContact = serde_json::from_str(kept).unwrap();
        let expected = LocalContact {
            id: "local-1".to_owned(),
            role: ContactRole::Police,
            replaces: Some("police".to_owned()),
            name: "府警".to_owned(),
            phones: vec![OwnPhone::always("06-0000-0110", "24時間")],
            note: "係".to_owned(),
            ..LocalContact::default()
        };
        assert_eq!(read, expected);
        let again = serde_json::to_string(&read).unwrap();
        assert_eq!(serde_json::from_str::<LocalContact>(&again).unwrap(), expected);
    }

    #[test]
    fn the_time_of_answering_is_read_as_people_type_it_and_written_so_that_it_is_read_again() {
        let weekdays = Answered::Weekdays { opens_minute: 540, closes_minute: 1_050 };
        let outside = Answered::OutsideHours { opens_minute: 540, closes_minute: 1_050 };
        for (text, expected) in [
            ("", Some(Answered::Always)),
            ("常時", Some(Answered::Always)),
            ("平日 9:00-17:30", Some(weekdays.clone())),
            ("平日　９：００〜１７：３０", Some(weekdays)),
            ("平日 9:00-17:30 以外", Some(outside)),
            ("休日", Some(Answered::Holidays)),
            ("平日 17:30-9:00", None),
            ("平日 9:00-25:00", None),
            ("月曜だけ", None),
        ] {
            let read = Answered::parse(text);
            assert_eq!(read, expected, "{text}");
            for words in read.iter().flat_map(|own| [own.words().ja, own.words().en]) {
                assert_eq!(Answered::parse(&words), read, "{words}");
            }
        }
        let dates = Answered::parse("2026-12-29〜2027-01-03").unwrap();
        assert_eq!(Answered::parse(&dates.words().en), Some(dates));
    }

    #[test]
    fn a_contact_is_stale_half_a_year_after_it_was_verified() {
        let day = |text: &str| -> Date { text.parse().unwrap() };
        let mut own = LocalContact::default();
        assert!(own.is_stale_on(day("2026-11-22")), "nobody ever asked");
        own.verified_on = Some(day("2026-05-26"));
        assert!(!own.is_stale_on(day("2026-11-22")));
        assert!(own.is_stale_on(day("2026-11-23")));
    }

    proptest! {
        #[test]
        fn any_text_is_a_time_of_answering_or_refused(text in ".{0,40}") {
            if let Some(read) = Answered::parse(&text) {
                prop_assert_eq!(Answered::parse(&read.words().ja), Some(read));
            }
        }
    }
}
