//! The holidays of the pack against the law, computed here a second time.
//!
//! 国民の祝日に関する法律: art. 2 names the days, art. 3(2) moves a holiday on a Sunday to the next day that is none, art. 3(3)
//! makes the day between two holidays one. The equinoxes follow the almanac (暦要項), for which the usual formula stands.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_words::Date;

use super::{content, day};

#[test]
fn the_holidays_of_every_year_are_those_of_the_law() {
    let content = content();
    for year in 2024..=2028 {
        let kept: BTreeMap<Date, String> = content
            .calendar()
            .holidays()
            .filter(|holiday| holiday.on.year() == year)
            .map(|holiday| (holiday.on, holiday.name.ja.clone()))
            .collect();
        assert_eq!(kept, by_law(year), "{year}");
    }
}

#[test]
fn equinoxes_the_almanac_has_not_announced_are_marked_as_computed() {
    let content = content();
    let computed: Vec<String> = content
        .calendar()
        .holidays()
        .filter(|holiday| holiday.provisional)
        .map(|holiday| holiday.on.to_string())
        .collect();
    assert_eq!(computed, ["2028-03-20", "2028-09-22"]);
}

#[test]
fn the_days_people_stumble_over_are_right() {
    let content = content();
    let name = |on: &str| {
        let on = day(on);
        content
            .calendar()
            .holidays()
            .find(|holiday| holiday.on == on)
            .map(|one| one.name.ja.as_str())
    };
    assert_eq!(name("2026-05-06"), Some("休日（憲法記念日の振替休日）"));
    assert_eq!(name("2026-09-22"), Some("休日（国民の休日）"));
    assert_eq!(name("2027-03-22"), Some("休日（春分の日の振替休日）"));
    assert_eq!(name("2026-03-20"), Some("春分の日"));
    assert_eq!(name("2027-03-21"), Some("春分の日"));
    assert_eq!(name("2026-09-23"), Some("秋分の日"));
    assert_eq!(name("2026-11-21"), None);
}

fn by_law(year: i16) -> BTreeMap<Date, String> {
    let fixed = |month, day| Date::new(year, month, day).unwrap();
    let mut named: BTreeMap<Date, String> = [
        (fixed(1, 1), "元日"),
        (nth_monday(year, 1, 2), "成人の日"),
        (fixed(2, 11), "建国記念の日"),
        (fixed(2, 23), "天皇誕生日"),
        (equinox(year, 3, 20.8431), "春分の日"),
        (fixed(4, 29), "昭和の日"),
        (fixed(5, 3), "憲法記念日"),
        (fixed(5, 4), "みどりの日"),
        (fixed(5, 5), "こどもの日"),
        (nth_monday(year, 7, 3), "海の日"),
        (fixed(8, 11), "山の日"),
        (nth_monday(year, 9, 3), "敬老の日"),
        (equinox(year, 9, 23.2488), "秋分の日"),
        (nth_monday(year, 10, 2), "スポーツの日"),
        (fixed(11, 3), "文化の日"),
        (fixed(11, 23), "勤労感謝の日"),
    ]
    .into_iter()
    .map(|(on, name)| (on, name.to_owned()))
    .collect();
    let days: BTreeSet<Date> = named.keys().copied().collect();
    let mut added = Vec::new();
    for (on, name) in named.iter().filter(|(on, _)| on.weekday() == jiff::civil::Weekday::Sunday) {
        let mut next = on.tomorrow().unwrap();
        while days.contains(&next) {
            next = next.tomorrow().unwrap();
        }
        added.push((next, format!("休日（{name}の振替休日）")));
    }
    named.extend(added);
    for on in &days {
        let (between, after) = (on.tomorrow().unwrap(), on.tomorrow().unwrap().tomorrow().unwrap());
        if days.contains(&after) && !named.contains_key(&between) {
            named.insert(between, "休日（国民の休日）".to_owned());
        }
    }
    named
}

fn nth_monday(year: i16, month: i8, n: i8) -> Date {
    let first = Date::new(year, month, 1).unwrap();
    first.nth_weekday_of_month(n, jiff::civil::Weekday::Monday).unwrap()
}

/// Holds from 1980 to 2099.
fn equinox(year: i16, month: i8, constant: f64) -> Date {
    let years = f64::from(year) - 1980.0;
    let day = (constant + 0.242_194 * years).floor() - (years / 4.0).floor();
    (1..=30)
        .filter_map(|day| Date::new(year, month, day).ok())
        .find(|date| f64::from(date.day()) >= day)
        .unwrap()
}
