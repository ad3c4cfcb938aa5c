//! What can go wrong in a search.

use std::fmt;

use arrow::error::ArrowError;
use datafusion::error::DataFusionError;
use datafusion::sql::sqlparser::parser::ParserError;
use sakimori_lake::LakeError;
use sakimori_words::{Trouble, TroubleKind};

use crate::troubles;

/// A place in the SQL text, both counted from 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Line.
    pub line: u64,
    /// Character in the line.
    pub column: u64,
}

impl fmt::Display for Position {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}, column {}", self.line, self.column)
    }
}

/// Why a search gave no table.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The text is no SQL.
    #[error("{}{message}", place(*.at))]
    Syntax {
        /// Where it went wrong, when known.
        at: Option<Position>,
        /// What was expected.
        message: String,
    },
    /// The SQL does not fit the table: an unknown column or function, types that do not go together.
    #[error("{}{message}", place(*.at))]
    Meaning {
        /// Where, when known.
        at: Option<Position>,
        /// What does not fit.
        message: String,
    },
    /// The statement does more than read, or there is not exactly one.
    #[error("{what}")]
    NotReading {
        /// What it would do.
        what: String,
    },
    /// The text is longer or nested deeper than a search may be.
    #[error("{what}")]
    TooLong {
        /// Which limit.
        what: String,
    },
    /// The time was up.
    #[error("not finished after {seconds} s")]
    TooSlow {
        /// The limit, in seconds.
        seconds: u32,
    },
    /// The memory was used up.
    #[error("{message}")]
    TooLarge {
        /// Which part of the search needed it.
        message: String,
    },
    /// It failed while it ran.
    #[error("{message}")]
    Failed {
        /// What failed.
        message: String,
    },
    /// The threads for searching could not be started.
    #[error("could not start threads for searching")]
    Start(#[source] std::io::Error),
    /// The log could not be read.
    #[error(transparent)]
    Lake(#[from] LakeError),
}

impl QueryError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Lake(error) => error.trouble(),
            _ => Trouble::because(self.kind(), self),
        }
    }

    /// An error in reading the text as SQL.
    pub(crate) fn reading(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SQL(parser, _) => Self::syntax(parser),
            _ => Self::Syntax { at: None, message: error.strip_backtrace() },
        }
    }

    fn syntax(error: &ParserError) -> Self {
        match error {
            ParserError::RecursionLimitExceeded => {
                Self::TooLong { what: "parentheses or subqueries nested too deeply".to_owned() }
            }
            ParserError::ParserError(text) | ParserError::TokenizerError(text) => {
                let (message, at) = split_position(text);
                Self::Syntax { at, message: message.to_owned() }
            }
        }
    }

    /// An error in fitting a statement to the table.
    pub(crate) fn planning(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::SQL(parser, _) => Self::syntax(parser),
            DataFusionError::ResourcesExhausted(message) => {
                Self::TooLarge { message: message.clone() }
            }
            _ => Self::Meaning { at: position_in(error), message: message_of(error) },
        }
    }

    /// An error while a search ran. Values that cannot be converted or computed are the statement's fault.
    pub(crate) fn running(error: &DataFusionError) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(message) => {
                Self::TooLarge { message: message.clone() }
            }
            DataFusionError::ArrowError(cause, _) if is_about_values(cause) => {
                Self::Meaning { at: None, message: cause.to_string() }
            }
            DataFusionError::Execution(message) => {
                Self::Meaning { at: None, message: message.clone() }
            }
            _ => Self::Failed { message: message_of(error) },
        }
    }

    const fn kind(&self) -> &'static TroubleKind {
        match self {
            Self::Syntax { .. } => &troubles::SYNTAX,
            Self::Meaning { .. } => &troubles::UNKNOWN_NAME,
            Self::NotReading { .. } => &troubles::NOT_READING,
            Self::TooLong { .. } => &troubles::TOO_LONG,
            Self::TooSlow { .. } => &troubles::TOO_SLOW,
            Self::TooLarge { .. } => &troubles::TOO_LARGE,
            Self::Failed { .. } | Self::Lake(_) => &troubles::FAILED,
            Self::Start(_) => &troubles::START,
        }
    }
}

/// Splits `… at Line: 2, Column: 7`, as the parser ends its messages.
fn split_position(text: &str) -> (&str, Option<Position>) {
    let split = || {
        let (message, place) = text.rsplit_once(" at Line: ")?;
        let (line, column) = place.split_once(", Column: ")?;
        Some((message, Position { line: line.parse().ok()?, column: column.trim().parse().ok()? }))
    };
    split().map_or((text, None), |(message, at)| (message, Some(at)))
}

fn position_in(error: &DataFusionError) -> Option<Position> {
    let start = error.diagnostic()?.span?.start;
    Some(Position { line: start.line, column: start.column })
}

/// The innermost message: the outer ones only name stages of planning.
fn message_of(error: &DataFusionError) -> String {
    let text = error.find_root().strip_backtrace();
    let known = ["Error during planning: ", "Schema error: ", "Execution error: "];
    let short = known.iter().find_map(|prefix| text.strip_prefix(prefix));
    // The engine's own names of catalogue and schema mean nothing to people.
    short.unwrap_or(&text).replace("datafusion.public.", "")
}

const fn is_about_values(error: &ArrowError) -> bool {
    matches!(
        error,
        ArrowError::CastError(_)
            | ArrowError::ParseError(_)
            | ArrowError::ComputeError(_)
            | ArrowError::InvalidArgumentError(_)
            | ArrowError::DivideByZero
            | ArrowError::ArithmeticOverflow(_)
    )
}

fn place(at: Option<Position>) -> String {
    at.map_or_else(String::new, |at| format!("{at}: "))
}
