//! What can be wrong with a filter, and where.

use std::fmt;

use sakimori_words::{Text, Trouble};

use super::{FILTER_CHARS_MAX, FILTER_NESTING_MAX, FILTER_TERMS_MAX};
use crate::troubles;

/// Why a filter could not be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FilterError {
    /// The character at which it went wrong, counted from 1.
    pub at: usize,
    /// What is wrong there.
    pub problem: FilterProblem,
}

/// What is wrong at a place of a filter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FilterProblem {
    /// Longer than [`FILTER_CHARS_MAX`].
    TooLong,
    /// Nested deeper than [`FILTER_NESTING_MAX`].
    TooDeep,
    /// More terms than [`FILTER_TERMS_MAX`].
    TooMany,
    /// A quote that does not end.
    OpenQuote,
    /// A parenthesis that is not closed.
    OpenParenthesis,
    /// A closing parenthesis without its opening one.
    CloseParenthesis,
    /// Nothing follows an operator, an opening parenthesis or a field's name.
    Missing(String),
    /// The field can be compared for being the same, but has no order.
    NoOrder(String),
    /// No date or time.
    NotTime(String),
    /// No number.
    NotNumber(String),
    /// No known kind of event.
    NotClass(String),
    /// No network of the form `10.1.0.0/16`.
    NotNetwork(String),
}

impl FilterProblem {
    /// The problem in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        match self {
            Self::TooLong => Text::new(
                format!("長すぎます（{FILTER_CHARS_MAX}文字まで）"),
                format!("too long (at most {FILTER_CHARS_MAX} characters)"),
            ),
            Self::TooDeep => Text::new(
                format!("かっこや否定の入れ子が深すぎます（{FILTER_NESTING_MAX}段まで）"),
                format!("nested too deeply (at most {FILTER_NESTING_MAX})"),
            ),
            Self::TooMany => Text::new(
                format!("条件が多すぎます（{FILTER_TERMS_MAX}個まで）"),
                format!("too many conditions (at most {FILTER_TERMS_MAX})"),
            ),
            Self::OpenQuote => Text::new(
                "ここで始まる引用符（\"）が閉じていません",
                "the quote that begins here does not end",
            ),
            Self::OpenParenthesis => {
                Text::new("ここで始まるかっこが閉じていません", "this parenthesis is not closed")
            }
            Self::CloseParenthesis => {
                Text::new("対応する開きかっこがありません", "this parenthesis closes nothing")
            }
            Self::Missing(after) => Text::new(
                format!("「{after}」の後に条件か値が必要です"),
                format!("a condition or value is missing after `{after}`"),
            ),
            Self::NoOrder(field) => Text::new(
                format!("「{field}」は大小を比べられません。「:」を使ってください"),
                format!("`{field}` has no order; use `:`"),
            ),
            Self::NotTime(value) => Text::new(
                format!("「{value}」を日時として読めません（例: 2026-11-20 や 2026-11-20T09:00）"),
                format!("`{value}` is no date or time (e.g. 2026-11-20 or 2026-11-20T09:00)"),
            ),
            Self::NotNumber(value) => Text::new(
                format!("「{value}」は数ではありません"),
                format!("`{value}` is no number"),
            ),
            Self::NotClass(value) => Text::new(
                format!("「{value}」という種類はありません（例: logon、network、file、dns、mail）"),
                format!("there is no kind `{value}` (e.g. logon, network, file, dns, mail)"),
            ),
            Self::NotNetwork(value) => Text::new(
                format!("「{value}」をネットワークとして読めません（例: 10.1.0.0/16）"),
                format!("`{value}` is no network (e.g. 10.1.0.0/16)"),
            ),
        }
    }
}

impl FilterError {
    /// The place and the problem in both languages.
    #[must_use]
    pub fn text(&self) -> Text {
        let Text { ja, en } = self.problem.text();
        Text::new(format!("{}文字目: {ja}", self.at), format!("character {}: {en}", self.at))
    }

    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::new(&troubles::FILTER, self.text().to_string())
    }
}

impl fmt::Display for FilterError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text().en)
    }
}

impl std::error::Error for FilterError {}
