//! Where an item comes from and when it holds.

use sakimori_words::Date;
use serde::Deserialize;

use crate::check::is_clause;

/// Where an item comes from and when it holds. Every item of a pack carries one: what nobody can trace, nobody can trust.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Provenance {
    /// The document it was taken from, with its date.
    pub source: String,
    /// The clause or article behind it; for values we chose ourselves, the reason for the choice.
    pub basis: String,
    /// First day it holds.
    pub effective_from: Date,
    /// Last day it holds; `None`: until further notice.
    #[serde(default)]
    pub effective_to: Option<Date>,
}

impl Provenance {
    /// Source and basis in one line. The clause numbers in it are this project's own and stand in no notice; they are named as
    /// such: `令和5年12月21日 事務連絡（Sakimori 整理番号 S0-14）`.
    #[must_use]
    pub fn citation(&self) -> String {
        format!("{}（{}）", self.source, with_own_numbers_named(&self.basis))
    }

    /// Whether the item holds on `day`.
    #[must_use]
    pub fn holds_on(&self, day: Date) -> bool {
        self.effective_from <= day && self.effective_to.is_none_or(|last| day <= last)
    }
}

/// A text with `Sakimori 整理番号` before every clause number, once where several follow each other.
fn with_own_numbers_named(text: &str) -> String {
    let is_part = |c: char| c.is_ascii_alphanumeric() || c == '-';
    let (mut named, mut rest, mut goes_on) = (String::new(), text, false);
    while !rest.is_empty() {
        let (word, after) = rest.split_at(rest.find(|c| !is_part(c)).unwrap_or(rest.len()));
        let (gap, next) = after.split_at(after.find(is_part).unwrap_or(after.len()));
        if is_clause(word) && !goes_on {
            named.push_str("Sakimori 整理番号 ");
        }
        goes_on = is_clause(word) && matches!(gap, ", " | "、");
        named.push_str(word);
        named.push_str(gap);
        rest = next;
    }
    named
}
