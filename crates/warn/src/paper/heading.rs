//! 文書番号 and date as they stand at the head of Japanese official letters, in any spelling of the same.

use std::collections::BTreeSet;

use sakimori_words::{Date, parse_date};
use unicode_normalization::UnicodeNormalization;

/// So far into a text a heading is looked for, in characters: the head of the first page.
const HEAD_CHARS_MAX: usize = 3_000;

/// What identifies a document.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Heading {
    /// Its numbers, e.g. `医政研発0314第1号`; a joint notice has several. Empty for a 事務連絡.
    pub numbers: BTreeSet<String>,
    /// Whether it calls itself 事務連絡.
    pub memo: bool,
    /// The first date that stands there.
    pub issued_on: Option<Date>,
}

/// Reads the heading out of a number line, or out of the beginning of a text.
#[must_use]
pub fn read_heading(text: &str) -> Heading {
    let plain = plain(text);
    Heading {
        numbers: numbers(&plain),
        memo: plain.contains("事務連絡"),
        issued_on: first_date(&plain),
    }
}

/// NFKC without blanks; kanji numerals beside 年月日第号 as digits.
fn plain(text: &str) -> String {
    let folded: String = text.chars().take(HEAD_CHARS_MAX).collect::<String>().nfkc().collect();
    // Line ends stay: a date must not grow together with the line below.
    let kept = folded.chars().filter(|c| *c == '\n' || !c.is_whitespace());
    digits(&kept.collect::<String>())
}

/// Runs of kanji numerals as digits: `二十一` is 21, `二〇二三` is 2023. A run that is part of a word (`一般`, `第三者`) is only
/// changed between or before the signs of numbers and dates.
fn digits(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut result = String::new();
    let mut at = 0;
    while let Some(c) = chars.get(at) {
        let run: Vec<char> =
            chars.iter().skip(at).copied().take_while(|c| numeral(*c).is_some()).collect();
        let after = chars.get(at + run.len());
        if !run.is_empty() && after.is_some_and(|c| "年月日号".contains(*c)) {
            result.push_str(&number_of(&run).to_string());
            at += run.len();
        } else {
            result.push(*c);
            at += 1;
        }
    }
    result
}

const fn numeral(c: char) -> Option<u32> {
    Some(match c {
        '〇' | '零' => 0,
        '一' => 1,
        '二' => 2,
        '三' => 3,
        '四' => 4,
        '五' => 5,
        '六' => 6,
        '七' => 7,
        '八' => 8,
        '九' => 9,
        '十' => 10,
        '百' => 100,
        _ => return None,
    })
}

fn number_of(run: &[char]) -> u32 {
    let (mut sum, mut last) = (0_u32, None::<u32>);
    for value in run.iter().filter_map(|c| numeral(*c)) {
        if value >= 10 {
            sum = sum.saturating_add(last.take().unwrap_or(1).saturating_mul(value));
        } else {
            // Numerals in a row are digits: 二〇二三.
            last = Some(last.map_or(value, |tens| tens.saturating_mul(10).saturating_add(value)));
        }
    }
    sum.saturating_add(last.unwrap_or(0))
}

/// Every `<office>発<mmdd>第<n>号`: letters of the office, optional digits, 第, digits, 号.
fn numbers(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices('第') {
        let (before, from) = text.split_at(at);
        let Some((number, _)) = from.strip_prefix('第').and_then(|rest| rest.split_once('号'))
        else {
            continue;
        };
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
        let day: String = tail(before, |c| c.is_ascii_digit());
        let office = before.strip_suffix(day.as_str()).unwrap_or(before);
        let office = tail(office, is_office_letter);
        if digits(number) && office.ends_with('発') && office.chars().count() >= 2 {
            found.insert(format!("{office}{day}第{}号", number.trim_start_matches('0')));
        }
    }
    found
}

fn is_office_letter(c: char) -> bool {
    matches!(c, '\u{3400}'..='\u{9fff}' | 'ァ'..='ヴ' | 'ー') && !"号日".contains(c)
}

fn tail(text: &str, is: impl Fn(char) -> bool) -> String {
    let kept: Vec<char> = text.chars().rev().take_while(|c| is(*c)).collect();
    kept.into_iter().rev().collect()
}

/// The first thing that reads as a date: `令和5年12月21日`, `R5.12.21`, `2023年12月21日`, `2023-12-21`, `2023/12/21`.
fn first_date(text: &str) -> Option<Date> {
    let starts = text.char_indices().filter(|(at, c)| {
        let before = text.get(..*at).and_then(|text| text.chars().next_back());
        let era = "令平昭RHS".contains(*c);
        era || (c.is_ascii_digit() && !before.is_some_and(|c| c.is_ascii_digit()))
    });
    starts.filter_map(|(at, _)| text.get(at..)).find_map(date_at)
}

/// The date a text begins with.
fn date_at(text: &str) -> Option<Date> {
    let is_part = |c: &char| c.is_ascii_digit() || "令和平成昭和元年月日RHS./-".contains(*c);
    let part: String = text.chars().take_while(is_part).collect();
    let part = part.split_inclusive('日').next().unwrap_or_default();
    let separated = part.contains('年') && part.ends_with('日')
        || part.matches(['.', '/', '-']).count() == 2
            && part.ends_with(|c: char| c.is_ascii_digit());
    if !separated {
        return None;
    }
    parse_date(part)
}
