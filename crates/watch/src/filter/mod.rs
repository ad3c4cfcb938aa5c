//! The filter language: how people who know no SQL say which events they want.
//!
//! ```text
//! host:ek-02 user:tanaka status:failure class:logon "free text" -user:svc_backup source:syslog/* EventID:4625 time>=2026-11-20T09:00
//! ```
//!
//! Terms stand side by side and all of them must hold; `OR`, parentheses, `-` or `NOT`, quotes and the wildcard `*` do what
//! people expect. A name that is no column is looked up among the record's own fields. Text goes in, a checked tree comes
//! out, and the tree writes a condition over the table `events` in which nothing typed is anything but a literal.

mod classes;
mod edit;
mod error;
mod fields;
mod moments;
mod parse;
mod scan;
mod sql;

#[cfg(test)]
mod tests;

pub use classes::{CLASSES, Class, class_name};
pub use edit::{narrowed, term};
pub use error::{FilterError, FilterProblem};
pub use fields::{FIELDS, Field};

use fields::Condition;
use sakimori_words::Instant;

/// Longest filter, in characters.
pub const FILTER_CHARS_MAX: usize = 4_000;

/// How deep parentheses and negations may be nested.
pub const FILTER_NESTING_MAX: usize = 20;

/// Most terms of one filter. Planning a longer chain of conditions takes the engine minutes.
pub const FILTER_TERMS_MAX: usize = 100;

/// Which events are wanted: a filter that was read and checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Filter {
    root: Node,
}

#[derive(Clone, Debug, PartialEq)]
enum Node {
    /// All of them hold; none: every event.
    All(Vec<Self>),
    /// One of them holds.
    Any(Vec<Self>),
    /// It does not hold.
    Not(Box<Self>),
    /// One condition.
    Term(Condition),
}

impl Filter {
    /// Reads what a person typed; nothing typed wants every event.
    ///
    /// # Errors
    /// With the place, when it cannot be read.
    pub fn read(text: &str) -> Result<Self, FilterError> {
        parse::parse(text).map(|root| Self { root })
    }

    /// The condition over the table `events`, without the word `WHERE`.
    #[must_use]
    pub fn condition(&self) -> String {
        sql::condition(&self.root)
    }

    /// Whether it wants every event.
    #[must_use]
    pub fn is_everything(&self) -> bool {
        self.root == Node::All(Vec::new())
    }
}

/// Whether a text is SQL and no filter: its first word says so.
#[must_use]
pub fn is_sql(text: &str) -> bool {
    let first: String = text.trim_start().chars().take_while(|c| c.is_ascii_alphabetic()).collect();
    let next = text.trim_start().chars().nth(first.len());
    let alone = next.is_none_or(|c| c.is_whitespace() || c == '*' || c == '(');
    alone && ["SELECT", "WITH"].iter().any(|word| first.eq_ignore_ascii_case(word))
}

/// The first moment that a typed date or time names, and the one after its last: all of the day of `2026-11-20`.
#[must_use]
pub fn typed_moments(text: &str) -> Option<(Instant, Instant)> {
    moments::span(text).map(|span| (span.from, span.until))
}

/// Reads `bytes` as a filter, for fuzzing: must return, and what it writes must hold nothing typed outside of literals.
pub fn fuzz_filter(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(filter) = Filter::read(&text) {
        let _ = filter.condition();
        let _ = narrowed(&text, "host", &text, false);
    }
}
