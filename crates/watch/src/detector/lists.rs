//! What a hospital gives for the placeholders of Sigma rules (`|expand`, e.g. `%Workstations%`): which machines, networks and
//! accounts are its own.

use std::collections::BTreeMap;
use std::ops::Range;

use sakimori_sigma::Placeholders;
use sakimori_words::{Text, Trouble};
use toml::Spanned;

use crate::sources::text::line_at;
use crate::troubles;

/// Longest file of lists, in bytes.
const LISTS_BYTES_MAX: usize = 4 << 20;

/// Most values of one list; a rule has to be looked for in as many spellings.
const VALUES_MAX: usize = 5_000;

/// Longest value, in characters.
const VALUE_CHARS_MAX: usize = 500;

/// The lists of a hospital, by the name that rules call them by. A rule whose list is not among them does not run.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RuleLists {
    values: Placeholders,
}

/// Lists that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: `{list}`: {}", what.en)]
pub struct RuleListsError {
    /// Where, from 1.
    pub line: usize,
    /// Which list; empty when the file is no TOML at all.
    pub list: String,
    /// What is wrong with it.
    pub what: Text,
}

impl RuleListsError {
    /// The error as a person sees it; `file` is where the lists stand.
    #[must_use]
    pub fn trouble(&self, file: &str) -> Trouble {
        let Self { line, list, what } = self;
        let detail = format!("{file}:{line}: {list}: {} / {}", what.ja, what.en);
        Trouble::new(&troubles::RULE_LISTS, detail)
    }
}

/// One value, or several.
#[derive(serde::Deserialize)]
#[serde(untagged)]
enum Values {
    One(String),
    Several(Vec<String>),
}

impl RuleLists {
    /// Reads and checks lists, written in TOML: `Workstations = ["PC-*", "NURSE-*"]`. `*` and `?` stand for any letters, as in the
    /// rules themselves.
    ///
    /// # Errors
    /// With the line and the list that is wrong. A value that any record would have is wrong too: the rule would find
    /// everything, or, where it excepts the list, nothing.
    pub fn parse(toml: &str) -> Result<Self, RuleListsError> {
        let refuse = |at: Range<usize>, list: &str, [ja, en]: [&str; 2]| RuleListsError {
            line: line_at(toml, at.start),
            list: list.to_owned(),
            what: Text::new(ja, en),
        };
        if toml.len() > LISTS_BYTES_MAX {
            return Err(refuse(0..0, "", ["ファイルが大きすぎます", "the file is too large"]));
        }
        let read: BTreeMap<Spanned<String>, Spanned<Values>> = toml::from_str(toml)
            .map_err(|error| refuse(error.span().unwrap_or(0..0), "", no_lists()))?;
        let mut values = Placeholders::new();
        for (name, list) in read {
            let at = name.span();
            let name = name.into_inner();
            let list = match list.into_inner() {
                Values::One(value) => vec![value],
                Values::Several(values) => values,
            };
            if let Some(what) = wrong(&name, &list) {
                return Err(refuse(at, &name, what));
            }
            values.insert(name, list.iter().map(|value| value.trim().to_owned()).collect());
        }
        Ok(Self { values })
    }

    /// The names, with how many values each has.
    pub fn names(&self) -> impl Iterator<Item = (&str, usize)> {
        self.values.iter().map(|(name, values)| (name.as_str(), values.len()))
    }

    pub(super) const fn placeholders(&self) -> &Placeholders {
        &self.values
    }
}

fn no_lists() -> [&'static str; 2] {
    [
        "名前 = [\"値\", \"値\"] の形（TOML）で書いてください",
        "write it as name = [\"value\", \"value\"] (TOML)",
    ]
}

/// What is wrong with a list, if anything.
fn wrong(name: &str, values: &[String]) -> Option<[&'static str; 2]> {
    let is_name = |c: char| c.is_alphanumeric() || matches!(c, '_' | '-' | '.');
    if name.is_empty() || !name.chars().all(is_name) {
        return Some([
            "名前はルールの % と % の間のとおりに書いてください",
            "write the name as it stands between the % signs of the rule",
        ]);
    }
    if values.is_empty() {
        return Some(["値がありません", "it has no values"]);
    }
    if values.len() > VALUES_MAX {
        return Some(["値が多すぎます（5000 まで）", "it has too many values (at most 5,000)"]);
    }
    values.iter().find_map(|value| wrong_value(value.trim()))
}

fn wrong_value(value: &str) -> Option<[&'static str; 2]> {
    if value.chars().count() > VALUE_CHARS_MAX || value.chars().any(char::is_control) {
        return Some([
            "値が長すぎるか、改行などを含んでいます",
            "a value is too long or holds line ends",
        ]);
    }
    let fits_all = value.chars().all(|c| matches!(c, '*' | '?' | '.' | '%'));
    let network = value.rsplit_once('/').is_some_and(|(_, bits)| bits == "0");
    (fits_all || network).then_some([
        "空の値や、すべてに当てはまる値は書けません",
        "a value must not be empty, nor one that fits everything",
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_read_by_name_and_a_wrong_one_is_refused_with_its_line() {
        let lists = RuleLists::parse(
            "# ours\nWorkstations = ['PC-*', ' NURSE-1 ']\nHomeNetwork = '10.0.0.0/8'\n",
        );
        let lists = lists.unwrap();
        assert_eq!(lists.names().collect::<Vec<_>>(), [("HomeNetwork", 1), ("Workstations", 2)]);
        assert_eq!(lists.placeholders()["Workstations"], ["PC-*", "NURSE-1"]);
        for (text, line, list) in [
            ("A = ['x']\nB = []", 2, "B"),
            ("A = ['x']\nB = ['']", 2, "B"),
            ("A = ['x']\n\nB = ['x', '*']", 3, "B"),
            ("Net = ['0.0.0.0/0']", 1, "Net"),
            ("'%A%' = ['x']", 1, "%A%"),
            ("A = ['x\\u000ay']".replace('\'', "\"").as_str(), 1, "A"),
            ("A = 5", 1, ""),
            ("A = [", 1, ""),
        ] {
            let error = RuleLists::parse(text).unwrap_err();
            assert_eq!((error.line, error.list.as_str()), (line, list), "{text}: {error}");
        }
    }
}
