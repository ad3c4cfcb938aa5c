//! Why a body is not taken as `AuditEvent`s, in words for whoever connects a system.

use sakimori_words::{Text, Trouble};

use super::audit_event::{RESOURCE_BYTES_MAX, Unfit};
use super::resources::Place;
use crate::troubles;

/// A body that is not made of `AuditEvent`s. Nothing of it was taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAuditEvents {
    /// The bytes are no UTF-8, which FHIR asks for.
    #[error("the body is not UTF-8")]
    Encoding,
    /// The text is not JSON.
    #[error("not JSON at line {line}, column {column}: {what}")]
    Json {
        /// Line, from 1.
        line: usize,
        /// Column, from 1.
        column: usize,
        /// What the parser says.
        what: String,
    },
    /// There is no resource in it.
    #[error("there is no resource in the body")]
    Empty,
    /// A resource of another type.
    #[error("{expression} is not an AuditEvent but {found}")]
    OtherType {
        /// Which resource, as a `FHIRPath` expression: `AuditEvent`, `Bundle.entry[3].resource`.
        expression: String,
        /// Its type, or `no FHIR resource`.
        found: String,
    },
    /// A required element is missing or not of its form.
    #[error("{expression} is missing or not of the form FHIR asks for")]
    Element {
        /// Which element, as a `FHIRPath` expression: `Bundle.entry[3].resource.recorded`.
        expression: String,
    },
    /// A resource too large to be an `AuditEvent`.
    #[error("{expression} is larger than {bytes_max} bytes")]
    TooLarge {
        /// Which resource, as a `FHIRPath` expression.
        expression: String,
        /// The limit.
        bytes_max: usize,
    },
}

impl NotAuditEvents {
    pub(super) fn of(place: &Place, unfit: Unfit) -> Self {
        let expression = expression(*place);
        match unfit {
            Unfit::Json(error) => Self::json(&error),
            Unfit::Type(found) => Self::OtherType { expression, found },
            Unfit::Element(element) => {
                Self::Element { expression: format!("{expression}.{element}") }
            }
            Unfit::TooLarge => Self::TooLarge { expression, bytes_max: RESOURCE_BYTES_MAX },
        }
    }

    pub(super) fn json(error: &serde_json::Error) -> Self {
        Self::Json { line: error.line(), column: error.column(), what: error.to_string() }
    }

    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        Trouble::new(&troubles::AUDIT_EVENTS, self.what().to_string())
    }

    /// What is wrong, in one sentence.
    #[must_use]
    pub fn what(&self) -> Text {
        let ja = match self {
            Self::Encoding => "本文が UTF-8 ではありません".to_owned(),
            Self::Json { line, column, what } => {
                format!("{line} 行 {column} 文字目が JSON として読めません（{what}）")
            }
            Self::Empty => "本文にリソースがありません".to_owned(),
            Self::OtherType { expression, found } => {
                format!("{expression} は AuditEvent ではありません（{found}）")
            }
            Self::Element { expression } => {
                format!("{expression} がないか、FHIR の定める形ではありません")
            }
            Self::TooLarge { expression, bytes_max } => {
                format!("{expression} が上限の {bytes_max} バイトを超えています")
            }
        };
        Text::new(ja, self.to_string())
    }
}

/// Where it is, as a `FHIRPath` expression. Of values one after the other only the number can be given.
fn expression(place: Place) -> String {
    match place {
        Place { value: 0, entry: None } => "AuditEvent".to_owned(),
        Place { value, entry: None } => format!("AuditEvent ({})", value + 1),
        Place { value: 0, entry: Some(entry) } => format!("Bundle.entry[{entry}].resource"),
        Place { value, entry: Some(entry) } => {
            format!("Bundle ({}).entry[{entry}].resource", value + 1)
        }
    }
}
