//! Answers to the questions of a report form. "We are still finding out" is one of them.

use sakimori_content::{Field, FieldKind, Form};
use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use crate::{RespondError, moment_words};

/// An answer typed by a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Answer {
    /// 調査中.
    Investigating,
    /// 該当なし.
    NotApplicable,
    /// Free text.
    Text {
        /// The text.
        text: String,
    },
    /// Choices of the field, by id.
    Choice {
        /// The ids.
        ids: Vec<String>,
    },
    /// A moment.
    Moment {
        /// When.
        at: Instant,
    },
    /// A number.
    Count {
        /// How many.
        number: u64,
        /// Whether it is an estimate.
        approximate: bool,
    },
}

impl Answer {
    /// A free text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// Whether the field takes this answer.
    ///
    /// # Errors
    /// [`RespondError::UnfitAnswer`] when it does not.
    pub fn check(&self, field: &Field) -> Result<(), RespondError> {
        let fits = match (self, field.kind) {
            (_, FieldKind::Derived) => false,
            (Self::Investigating | Self::NotApplicable, _) => true,
            (Self::Text { text }, FieldKind::Text) => !text.trim().is_empty(),
            (Self::Choice { ids }, FieldKind::Choice) => {
                !ids.is_empty() && ids.iter().all(|id| field.choice(id).is_some())
            }
            (Self::Moment { .. }, FieldKind::DateTime) | (Self::Count { .. }, FieldKind::Count) => {
                true
            }
            _ => false,
        };
        if fits { Ok(()) } else { Err(RespondError::UnfitAnswer { field: field.id.clone() }) }
    }

    /// The answer as the form prints it.
    #[must_use]
    pub fn words(&self, field: &Field, form: &Form) -> Text {
        match self {
            Self::Investigating => form.investigating.clone(),
            Self::NotApplicable => form.not_applicable.clone(),
            Self::Text { text } => Text::new(text.trim(), text.trim()),
            Self::Choice { ids } => {
                let labels: Vec<&Text> = ids.iter().filter_map(|id| field.choice(id)).collect();
                let ja: Vec<&str> = labels.iter().map(|label| label.ja.as_str()).collect();
                let en: Vec<&str> = labels.iter().map(|label| label.en.as_str()).collect();
                Text::new(ja.join("、"), en.join(", "))
            }
            Self::Moment { at } => moment_words(*at),
            Self::Count { number, approximate } => {
                let [about_ja, about_en] = if *approximate { ["約", "about "] } else { ["", ""] };
                let number = grouped(*number);
                Text::new(format!("{about_ja}{number}"), format!("{about_en}{number}"))
            }
        }
    }
}

/// A number with a comma before every group of three digits.
fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
