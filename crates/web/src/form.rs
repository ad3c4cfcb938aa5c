//! Forms: what was typed, what is wrong with it, and how it is shown again with everything still filled in.

use std::fmt::Display;

use sakimori_words::{Date, Instant, Lang, Text, parse_date};

use crate::wording;

/// A submitted (or prefilled) form. Fields keep what was typed, so that nobody types twice.
#[derive(Clone, Debug, Default)]
pub struct Form {
    values: Vec<(String, String)>,
    problems: Vec<Problem>,
}

/// One thing wrong with one field, as a word of `words/*/…ftl` with its places filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// Name of the field; empty for the form as a whole.
    pub field: String,
    word: &'static str,
    values: Vec<(&'static str, String)>,
    said: Option<Text>,
}

impl Problem {
    /// The problem said by `word`.
    #[must_use]
    pub fn new(word: &'static str) -> Self {
        Self { field: String::new(), word, values: Vec::new(), said: None }
    }

    /// A problem that another crate has worded already.
    #[must_use]
    pub fn said(text: Text) -> Self {
        Self { field: String::new(), word: "", values: Vec::new(), said: Some(text) }
    }

    /// The same problem with a place of its sentence filled.
    #[must_use]
    pub fn with(mut self, place: &'static str, value: impl Display) -> Self {
        self.values.push((place, value.to_string()));
        self
    }

    /// The problem in `lang`.
    #[must_use]
    pub fn message(&self, lang: Lang) -> String {
        if let Some(text) = &self.said {
            return text.get(lang).to_owned();
        }
        let values: Vec<(&str, &dyn Display)> =
            self.values.iter().map(|(place, value)| (*place, value as &dyn Display)).collect();
        wording::say_with(lang, self.word, &values)
    }
}

impl Form {
    /// An empty form.
    #[must_use]
    pub const fn new() -> Self {
        Self { values: Vec::new(), problems: Vec::new() }
    }

    /// Reads an `application/x-www-form-urlencoded` body. Any bytes are a form; bad encodings become replacement characters.
    #[must_use]
    pub fn read(body: &[u8]) -> Self {
        let values = form_urlencoded::parse(body)
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { values, problems: Vec::new() }
    }

    /// Prefills a field.
    pub fn set(&mut self, name: &str, value: impl Display) {
        self.values.retain(|(own, _)| own != name);
        self.values.push((name.to_owned(), value.to_string()));
    }

    /// Adds one more value to a field that can have several (checkboxes).
    pub fn add(&mut self, name: &str, value: impl Display) {
        self.values.push((name.to_owned(), value.to_string()));
    }

    /// What was typed, exactly; empty when the field was not sent.
    #[must_use]
    pub fn value(&self, name: &str) -> &str {
        self.values.iter().find(|(own, _)| own == name).map_or("", |(_, value)| value)
    }

    /// What was typed, without blanks around it.
    #[must_use]
    pub fn text(&self, name: &str) -> &str {
        self.value(name).trim()
    }

    /// All values of a field that can have several (checkboxes, repeated rows), without blanks around them.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.values.iter().filter(move |(own, _)| own == name).map(|(_, value)| value.trim())
    }

    /// Whether the field has that value: a chosen radio button, option or checkbox.
    #[must_use]
    pub fn has(&self, name: &str, value: &str) -> bool {
        self.all(name).any(|own| own == value)
    }

    /// The text of a field that must not be empty and has at most `limit` characters; notes a problem otherwise.
    pub fn required(&mut self, name: &str, limit: usize) -> String {
        let text = self.limited(name, limit);
        if text.is_empty() {
            self.wrong(name, Problem::new("problem-required"));
        }
        text
    }

    /// The text of a field with at most `limit` characters; notes a problem otherwise.
    pub fn limited(&mut self, name: &str, limit: usize) -> String {
        let text = self.text(name).to_owned();
        if text.chars().count() > limit {
            self.wrong(name, Problem::new("problem-too-long").with("limit", limit));
        }
        text
    }

    /// A whole number, also in full-width digits; notes a problem otherwise. Empty is `None` without a problem.
    pub fn number(&mut self, name: &str) -> Option<u32> {
        let text: String = self.text(name).chars().filter(|c| *c != ',').map(narrow).collect();
        if text.is_empty() {
            return None;
        }
        let number = text.parse().ok();
        if number.is_none() {
            // Digits alone that are no number of ours are too many of them.
            let too_large = text.chars().all(|c| c.is_ascii_digit());
            let word = if too_large { "problem-number-large" } else { "problem-number" };
            self.wrong(name, Problem::new(word));
        }
        number
    }

    /// One of `options` by its spelling; notes a problem otherwise.
    pub fn choice<T: Clone>(&mut self, name: &str, options: &[(&str, T)]) -> Option<T> {
        let chosen = self.text(name);
        let found = options.iter().find(|(own, _)| *own == chosen).map(|(_, value)| value.clone());
        if found.is_none() {
            self.wrong(name, Problem::new("problem-choice"));
        }
        found
    }

    /// A date in any spelling people use; notes a problem otherwise. Empty is `None` without a problem.
    pub fn date(&mut self, name: &str) -> Option<Date> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let date = parse_date(text);
        if date.is_none() {
            self.wrong(name, Problem::new("problem-date"));
        }
        date
    }

    /// A date and time in Japan, as `datetime-local` sends it or as people type it; notes a problem otherwise.
    /// Empty is `None` without a problem.
    pub fn time(&mut self, name: &str) -> Option<Instant> {
        let text = self.text(name);
        if text.is_empty() {
            return None;
        }
        let at = parse_time(text);
        if at.is_none() {
            self.wrong(name, Problem::new("problem-time"));
        }
        at
    }

    /// Notes what is wrong with a field.
    pub fn wrong(&mut self, name: &str, problem: Problem) {
        self.problems.push(Problem { field: name.to_owned(), ..problem });
    }

    /// Everything that is wrong, in the order of the fields' reading.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// What is wrong with one field, if anything.
    #[must_use]
    pub fn problem(&self, name: &str) -> Option<&Problem> {
        self.problems.iter().find(|problem| problem.field == name)
    }

    /// Whether nothing is wrong.
    #[must_use]
    pub fn fine(&self) -> bool {
        self.problems.is_empty()
    }
}

/// A date and time in Japan: any date spelling, then a time such as `9:30`, `09:30:15` or `９時３０分`; a date alone is midnight.
#[must_use]
pub fn parse_time(text: &str) -> Option<Instant> {
    let text: String = text.trim().chars().map(narrow).collect();
    let (day, clock) = text.split_once(['T', ' ', '\u{3000}']).unwrap_or((&text, "0:00"));
    let day = parse_date(day)?;
    let mut numbers = clock.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let hour: i8 = numbers.next()?.parse().ok()?;
    let minute: i8 = numbers.next().unwrap_or("0").parse().ok()?;
    let second: i8 = numbers.next().unwrap_or("0").parse().ok()?;
    let in_range =
        (0..24).contains(&hour) && (0..60).contains(&minute) && (0..60).contains(&second);
    in_range.then(|| Instant::from_jst(day.at(hour, minute, second, 0)))
}

/// Full-width ASCII to its narrow form, so that 半角/全角 does not matter.
fn narrow(c: char) -> char {
    match c {
        '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        '\u{3000}' => ' ',
        other => other,
    }
}

#[cfg(test)]
mod tests;
