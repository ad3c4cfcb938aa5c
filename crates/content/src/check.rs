//! Problems of a pack, each with file and line, so that the person who edits it finds the place.

use std::collections::BTreeSet;
use std::fmt;
use std::ops::Range;

use toml::de::{DeArray, DeTable, DeValue};

use crate::Notice;

/// Something wrong in a pack.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// File, relative to the pack's root.
    pub file: String,
    /// Line, from 1; 0 when the whole file or a missing file is meant.
    pub line: usize,
    /// What is wrong, in English, for the person who edits packs.
    pub what: String,
}

impl Problem {
    pub(crate) fn of_file(file: &str, what: &str) -> Self {
        Self { file: file.to_owned(), line: 0, what: what.to_owned() }
    }
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}: {}", self.file, self.line, self.what)
    }
}

/// What holds for every document, whatever it describes: both languages, unique ids, clauses that exist, dates in order.
pub(crate) fn check_document(text: &str, notices: &[Notice]) -> Vec<(usize, String)> {
    let (table, errors) = DeTable::parse_recoverable(text);
    let mut checker = Checker { text, notices, found: Vec::new() };
    for error in errors {
        checker.say(error.span().unwrap_or_default(), error.message().to_owned());
    }
    checker.table(table.get_ref(), table.span());
    checker.found
}

/// The line (from 1) of a place in a text.
pub(crate) fn line_at(text: &str, offset: usize) -> usize {
    text.bytes().take(offset).filter(|byte| *byte == b'\n').count() + 1
}

/// The first line (from 1) that mentions `near`; 0 when none does.
pub(crate) fn line_of(text: &str, near: &str) -> usize {
    text.lines().position(|line| line.contains(near)).map_or(0, |index| index + 1)
}

struct Checker<'a> {
    text: &'a str,
    notices: &'a [Notice],
    found: Vec<(usize, String)>,
}

impl Checker<'_> {
    fn table(&mut self, table: &DeTable<'_>, span: Range<usize>) {
        self.both_languages(table, &span);
        self.dates_in_order(table, &span);
        for (key, value) in table {
            let key = key.get_ref().as_ref();
            self.value(key, value.get_ref(), value.span());
        }
    }

    fn value(&mut self, key: &str, value: &DeValue<'_>, span: Range<usize>) {
        match value {
            DeValue::Table(table) => self.table(table, span),
            DeValue::Array(array) => self.array(key, array),
            DeValue::String(text) => self.string(key, text, span),
            _ => {}
        }
    }

    fn array(&mut self, key: &str, array: &DeArray<'_>) {
        let mut ids = BTreeSet::new();
        for value in array.iter() {
            if let DeValue::Table(table) = value.get_ref()
                && let Some((id, id_span)) =
                    string_of(table, "id").or_else(|| string_of(table, "on"))
                && !ids.insert(id.to_owned())
            {
                self.say(id_span, format!("`{id}` occurs twice"));
            }
            self.value(key, value.get_ref(), value.span());
        }
    }

    fn string(&mut self, key: &str, text: &str, span: Range<usize>) {
        if matches!(key, "ja" | "en" | "id" | "source" | "basis") && text.trim().is_empty() {
            self.say(span.clone(), format!("`{key}` is empty"));
        }
        if matches!(key, "clause" | "clauses" | "basis") {
            for clause in clauses_in(text) {
                if !clause_exists(&clause, self.notices) {
                    self.say(span.clone(), format!("there is no clause {clause}"));
                }
            }
        }
    }

    fn both_languages(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        match (table.contains_key("ja"), table.contains_key("en")) {
            (true, false) => self.say(span.clone(), "the English wording is missing".to_owned()),
            (false, true) => self.say(span.clone(), "the Japanese wording is missing".to_owned()),
            (true, true) | (false, false) => {}
        }
    }

    fn dates_in_order(&mut self, table: &DeTable<'_>, span: &Range<usize>) {
        let from = string_of(table, "effective_from").or_else(|| string_of(table, "from"));
        let to = string_of(table, "effective_to").or_else(|| string_of(table, "to"));
        if let (Some((from, _)), Some((to, _))) = (from, to)
            && to < from
        {
            self.say(span.clone(), format!("it ends on {to}, before it begins on {from}"));
        }
    }

    fn say(&mut self, span: Range<usize>, what: String) {
        self.found.push((line_at(self.text, span.start), what));
    }
}

fn string_of<'t>(table: &'t DeTable<'_>, key: &str) -> Option<(&'t str, Range<usize>)> {
    let value = table.get(key)?;
    match value.get_ref() {
        DeValue::String(text) => Some((text.as_ref(), value.span())),
        _ => None,
    }
}

/// Clause numbers such as `S0-17` in a text.
fn clauses_in(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    text.split(|c: char| !is_part(c)).filter(|word| is_clause(word)).map(str::to_owned).collect()
}

/// Whether a word is a clause number such as `S0-17`.
pub(crate) fn is_clause(word: &str) -> bool {
    let digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    word.strip_prefix('S')
        .and_then(|rest| rest.split_once('-'))
        .is_some_and(|(notice, number)| digits(notice) && digits(number))
}

fn clause_exists(clause: &str, notices: &[Notice]) -> bool {
    clause.split_once('-').is_some_and(|(notice, number)| {
        let number: u32 = number.parse().unwrap_or(0);
        notices.iter().any(|known| known.id == notice && (1..=known.clauses).contains(&number))
    })
}
