//! Japanese era dates (和暦) as official forms write them, and the date spellings people type.

use jiff::civil::{Date, Time, date};

use crate::{Instant, Text, jst_datetime};

/// A Japanese era: its name, the letter used in short forms, and its first day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Era {
    /// 明治, 大正, 昭和, 平成 or 令和.
    pub name: &'static str,
    /// M, T, S, H or R.
    pub letter: char,
    /// First day of the era.
    pub starts_on: Date,
}

/// Newest first, so that the first match is the era of a day.
const ERAS: [Era; 5] = [
    Era { name: "令和", letter: 'R', starts_on: date(2019, 5, 1) },
    Era { name: "平成", letter: 'H', starts_on: date(1989, 1, 8) },
    Era { name: "昭和", letter: 'S', starts_on: date(1926, 12, 25) },
    Era { name: "大正", letter: 'T', starts_on: date(1912, 7, 30) },
    Era { name: "明治", letter: 'M', starts_on: date(1868, 10, 23) },
];

/// The date in the Japanese era, e.g. `令和8年11月20日`; the first year is written 元年. Before Meiji: the western date.
#[must_use]
pub fn wareki(day: Date) -> String {
    let Some(era) = ERAS.iter().find(|era| day >= era.starts_on) else {
        return day.to_string();
    };
    let year = day.year() - era.starts_on.year() + 1;
    let year = if year == 1 { "元".to_owned() } else { year.to_string() };
    format!("{}{year}年{}月{}日", era.name, day.month(), day.day())
}

/// Era date with the western one beside it, e.g. `令和8年11月20日 (2026-11-20)`.
#[must_use]
pub fn wareki_with_western(day: Date) -> String {
    format!("{} ({day})", wareki(day))
}

/// A moment as forms write it: `令和8年11月20日（金）18時00分` and `2026-11-20 (Fri) 18:00 JST`.
#[must_use]
pub fn moment_words(at: Instant) -> Text {
    const DAYS: [[&str; 2]; 7] = [
        ["月", "Mon"],
        ["火", "Tue"],
        ["水", "Wed"],
        ["木", "Thu"],
        ["金", "Fri"],
        ["土", "Sat"],
        ["日", "Sun"],
    ];
    let local = jst_datetime(at);
    let index = usize::try_from(local.weekday().to_monday_zero_offset()).unwrap_or(0);
    let [ja, en] = DAYS.get(index).copied().unwrap_or(["", ""]);
    let (day, hour, minute) = (local.date(), local.hour(), local.minute());
    Text::new(
        format!("{}（{ja}）{hour}時{minute:02}分", wareki(day)),
        format!("{day} ({en}) {hour:02}:{minute:02} JST"),
    )
}

/// The moment, to the minute, that [`moment_words`] wrote so; `None` for every other text.
#[must_use]
pub fn parse_moment_words(words: &Text) -> Option<Instant> {
    let (day, rest) = words.en.split_once(' ')?;
    let (hour, minute) = rest.strip_suffix(" JST")?.rsplit_once(' ')?.1.split_once(':')?;
    let time = Time::new(hour.parse().ok()?, minute.parse().ok()?, 0, 0).ok()?;
    let at = Instant::from_jst(parse_date(day)?.to_datetime(time));
    (moment_words(at) == *words).then_some(at)
}

/// Reads a date as people type it: `2026-11-20`, `2026/11/20`, `20261120`, `R8.11.20`, `令和8年11月20日`, `令和元年5月1日`,
/// also in full-width digits. `None` when it is no date.
#[must_use]
pub fn parse_date(text: &str) -> Option<Date> {
    let text: String = text.trim().chars().map(narrow).collect();
    if text.len() == 8 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        let number: u32 = text.parse().ok()?;
        return new_date(number / 10_000, number / 100 % 100, number % 100);
    }
    let (era, rest) = split_era(&text);
    let rest = rest.replace('元', "1");
    let mut numbers = rest.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let (year, month, day) = (numbers.next()?, numbers.next()?, numbers.next()?);
    if numbers.next().is_some() {
        return None;
    }
    let year: u32 = year.parse().ok()?;
    let year = match era {
        Some(era) => u32::try_from(era.starts_on.year()).ok()?.checked_add(year)?.checked_sub(1)?,
        None => year,
    };
    new_date(year, month.parse().ok()?, day.parse().ok()?)
}

fn new_date(year: u32, month: u32, day: u32) -> Option<Date> {
    Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
}

fn split_era(text: &str) -> (Option<Era>, &str) {
    for era in ERAS {
        let rest = text.strip_prefix(era.name).or_else(|| text.strip_prefix(era.letter));
        if let Some(rest) = rest.or_else(|| text.strip_prefix(era.letter.to_ascii_lowercase())) {
            return (Some(era), rest);
        }
    }
    (None, text)
}

/// Full-width ASCII (U+FF01–U+FF5E) to its narrow form.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    }
}
