//! What surrounds every page: language, header, menu, flash, and the small ways of saying things (times, levels, lamps).

use std::fmt::Display;

use sakimori_words::{Instant, Lang, Level, Text, jst_date, wareki_with_western};

use crate::ports::{DemoPerson, DemoSite};
use crate::{assets, wording};

/// The surroundings of a page; every page struct has one in a field named `frame`.
#[derive(Clone, Debug)]
pub struct Frame {
    /// Language of the page.
    pub lang: Lang,
    /// Title of the page, also its `h1`.
    pub title: String,
    /// Name of the organisation.
    pub organisation: String,
    /// Name of the person signed in.
    pub person: Option<String>,
    /// Main menu.
    pub menu: Vec<MenuLink>,
    /// Rest of the menu, behind "more".
    pub menu_more: Vec<MenuLink>,
    /// Path and query of this page, to come back to.
    pub here: String,
    /// Whether opening `here` again shows this page; an answer to a sent form cannot be opened again, so it has no language
    /// switch that would lose it (paper codes are shown once).
    pub reopens: bool,
    /// The sentence after a redirect.
    pub flash: Option<String>,
    /// Whom to call, the same on every page.
    pub help: Option<HelpPhone>,
    /// The demonstration's bar.
    pub demo: Option<DemoBar>,
    /// Whether the page follows `/live`.
    pub live: bool,
    /// Whether the page is one narrow column (forms, sign-in).
    pub narrow: bool,
    /// When the page was made.
    pub now: Instant,
}

/// One entry of the menu.
#[derive(Clone, Debug)]
pub struct MenuLink {
    /// Where it leads.
    pub path: &'static str,
    /// What it says.
    pub label: String,
    /// Whether this page is under it.
    pub current: bool,
}

/// Whom to call when something is unclear.
#[derive(Clone, Debug)]
pub struct HelpPhone {
    /// Office or company.
    pub name: String,
    /// Number as people write it.
    pub phone: String,
    /// Number as a telephone dials it.
    pub dial: String,
}

/// The demonstration's bar.
#[derive(Clone, Debug)]
pub struct DemoBar {
    /// Roles to take.
    pub people: Vec<DemoPerson>,
    /// The other organisations.
    pub sites: Vec<DemoSite>,
}

/// One option of a list, group of radio buttons or checkboxes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is shown.
    pub label: String,
}

impl Choice {
    /// The option `value`, shown as `label`.
    pub fn new(value: impl Display, label: impl Into<String>) -> Self {
        Self { value: value.to_string(), label: label.into() }
    }
}

/// A state shown as shape and word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lamp {
    /// As it should be.
    Good,
    /// Somebody should look.
    Look,
    /// Broken.
    Bad,
    /// Not set up.
    Off,
}

impl Lamp {
    /// Its CSS class.
    #[must_use]
    pub const fn class(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Look => "look",
            Self::Bad => "bad",
            Self::Off => "off",
        }
    }

    /// Its word.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Good => "lamp-good",
            Self::Look => "lamp-look",
            Self::Bad => "lamp-bad",
            Self::Off => "lamp-off",
        }
    }
}

/// A small value handed over by itself or through any number of references, which templates pile up.
pub trait Given<T> {
    /// The value.
    fn given(&self) -> T;
}

impl Given<Self> for Instant {
    fn given(&self) -> Self {
        *self
    }
}

impl Given<Self> for Level {
    fn given(&self) -> Self {
        *self
    }
}

impl Given<Self> for u64 {
    fn given(&self) -> Self {
        *self
    }
}

impl Given<Self> for bool {
    fn given(&self) -> Self {
        *self
    }
}

impl<T, G: Given<T>> Given<T> for &G {
    fn given(&self) -> T {
        (**self).given()
    }
}

impl Frame {
    /// The word `key` in the page's language.
    #[must_use]
    pub fn t(&self, key: &str) -> String {
        wording::say(self.lang, key)
    }

    /// The sentence `key` with one place filled.
    #[must_use]
    pub fn with(&self, key: &str, place: &str, value: impl Display) -> String {
        wording::say_with(self.lang, key, &[(place, &value)])
    }

    /// The sentence `key` with two places filled.
    #[must_use]
    pub fn with2(
        &self,
        key: &str,
        first: &str,
        first_value: impl Display,
        second: &str,
        second_value: impl Display,
    ) -> String {
        wording::say_with(self.lang, key, &[(first, &first_value), (second, &second_value)])
    }

    /// A text that comes in both languages, in the page's.
    #[must_use]
    pub fn text<'a>(&self, text: &'a Text) -> &'a str {
        text.get(self.lang)
    }

    /// The label of a form field: the word `field-<name>`.
    #[must_use]
    pub fn label(&self, field: &str) -> String {
        self.t(&format!("field-{field}"))
    }

    /// The hint under a form field's label, when it is wanted and the word `hint-<name>` exists.
    #[must_use]
    pub fn hint(&self, field: &str, wanted: impl Given<bool>) -> Option<String> {
        let key = format!("hint-{field}");
        (wanted.given() && wording::knows(self.lang, &key)).then(|| self.t(&key))
    }

    /// `3件`, `3 items`.
    #[must_use]
    pub fn count(&self, n: impl Display) -> String {
        self.with("count-items", "count", n)
    }

    /// A point in time to the minute, in Japan: `2026-11-20 18:00`.
    #[must_use]
    pub fn minute(&self, at: impl Given<Instant>) -> String {
        let text = at.given().to_string();
        text.rsplit_once(':').map_or(text.clone(), |(minute, _)| minute.to_owned())
    }

    /// A point in time to the second, in Japan: `2026-11-20 18:00:00`.
    #[must_use]
    pub fn second(&self, at: impl Given<Instant>) -> String {
        at.given().to_string()
    }

    /// The day of a point in time as forms write it: `令和8年11月20日 (2026-11-20)`; in English the western date alone.
    #[must_use]
    pub fn day(&self, at: impl Given<Instant>) -> String {
        let day = jst_date(at.given());
        match self.lang {
            Lang::Ja => wareki_with_western(day),
            Lang::En => day.to_string(),
        }
    }

    /// How long ago, in the largest whole unit.
    #[must_use]
    pub fn ago(&self, at: impl Given<Instant>) -> String {
        self.span(
            self.now.micros_since(at.given()),
            ["ago-minutes", "ago-hours", "ago-days"],
            "ago-now",
        )
    }

    /// How long until `at`, or by how much it is overdue.
    #[must_use]
    pub fn left(&self, at: impl Given<Instant>) -> String {
        let micros = at.given().micros_since(self.now);
        if micros >= 0 {
            self.span(micros, ["in-minutes", "in-hours", "in-days"], "in-minutes")
        } else {
            let words = ["late-minutes", "late-hours", "late-days"];
            self.span(micros.saturating_neg(), words, "late-minutes")
        }
    }

    /// Whether `at` lies before the making of this page.
    #[must_use]
    pub fn is_past(&self, at: impl Given<Instant>) -> bool {
        at.given() < self.now
    }

    /// A finding's level as a word.
    #[must_use]
    pub fn level(&self, level: impl Given<Level>) -> String {
        self.t(&format!("level-{}", level.given().as_str()))
    }

    /// A finding's level as a pill's class.
    #[must_use]
    pub fn level_class(&self, level: impl Given<Level>) -> &'static str {
        match level.given() {
            Level::Critical => "strong",
            Level::High => "bad",
            Level::Medium => "look",
            Level::Low | Level::Informational => "",
        }
    }

    /// A number of bytes for people: `1.5 GB`.
    #[must_use]
    pub fn bytes(&self, bytes: impl Given<u64>) -> String {
        let bytes = bytes.given();
        let units =
            [("TB", 1_000_000_000_000), ("GB", 1_000_000_000), ("MB", 1_000_000), ("kB", 1_000)];
        let unit = units.into_iter().find(|(_, size)| bytes >= *size);
        unit.map_or_else(
            || format!("{bytes} B"),
            |(name, size)| format!("{}.{} {name}", bytes / size, bytes % size * 10 / size),
        )
    }

    /// A whole number with thousands separated: `12,345`.
    #[must_use]
    pub fn thousands(&self, number: impl Given<u64>) -> String {
        let digits = number.given().to_string();
        let mut text = String::new();
        for (n, digit) in digits.chars().enumerate() {
            if n > 0 && (digits.len() - n) % 3 == 0 {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    /// The language the switch leads to.
    #[must_use]
    pub const fn other_lang(&self) -> Lang {
        match self.lang {
            Lang::Ja => Lang::En,
            Lang::En => Lang::Ja,
        }
    }

    pub(crate) fn stylesheet(&self) -> &'static str {
        assets::STYLESHEET.address()
    }

    pub(crate) fn script(&self) -> &'static str {
        assets::SCRIPT.address()
    }

    pub(crate) fn icon(&self) -> &'static str {
        assets::ICON.address()
    }

    fn span(&self, micros: i64, words: [&str; 3], below_a_minute: &str) -> String {
        let minutes = micros / 60_000_000;
        let [minute, hour, day] = words;
        match minutes {
            ..=0 => self.with(below_a_minute, "count", 0),
            1..=119 => self.with(minute, "count", minutes),
            120..=2_879 => self.with(hour, "count", minutes / 60),
            _ => self.with(day, "count", minutes / 1_440),
        }
    }
}
