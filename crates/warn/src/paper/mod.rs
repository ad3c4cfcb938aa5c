//! Warnings that came unsigned: on paper, by fax or mail, typed in by a person.
//!
//! The same notice often comes by several ways. What is typed in is compared with what is here already, by number, date, issuer,
//! title and text; "the same" is proposed with its reasons and becomes so only when a person says it. Nothing is hidden by itself.

use sakimori_words::{Date, Digest, Instant, WarningId};
use serde::{Deserialize, Serialize};

use crate::answer::Answer;
use crate::warning::{Signer, WarningKey};

mod desk;
mod heading;
mod likeness;
mod mail;
#[cfg(test)]
mod tests;

pub use desk::{PAPER_LINE_CHARS_MAX, PAPER_TEXT_CHARS_MAX, PaperDesk, files};
pub use heading::{Heading, read_heading};
pub use likeness::{Compared, Reason, compare};
pub use mail::{read_mail, read_text};

/// How it came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CameBy {
    /// 電子メール.
    #[default]
    Mail,
    /// FAX.
    Fax,
    /// 郵送・手渡し.
    Letter,
    /// A web page or anything else.
    Other,
}

/// The file a notice came as.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperFile {
    /// Its name.
    pub name: String,
    /// Its digest, under which it is kept.
    pub sha256: Digest,
}

/// What a person types in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PaperFields {
    /// 件名.
    pub title: String,
    /// 文書番号 as it stands there.
    pub number: String,
    /// 発出者.
    pub issuer: String,
    /// 発出日, when it can be read.
    pub issued_on: Option<Date>,
    /// 本文, as far as it is at hand.
    pub body: String,
    /// How it came.
    pub came_by: CameBy,
    /// From whom it came, e.g. the association that passed it on.
    pub from: String,
    /// The file it came as, when that was kept.
    pub file: Option<PaperFile>,
}

/// Which item a copy belongs to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Original {
    /// A signed warning, our own or one that came.
    Warning(WarningKey),
    /// Another one that came unsigned.
    Paper {
        /// Its id.
        id: WarningId,
    },
}

/// What a person said about it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "said", rename_all = "snake_case")]
pub enum Sameness {
    /// Nobody has said anything yet.
    #[default]
    Open,
    /// It is a copy.
    Copy {
        /// Of what.
        of: Original,
        /// Who said so.
        by: Signer,
        /// When.
        at: Instant,
    },
    /// It is a notice of its own (別の文書).
    Another {
        /// Who said so.
        by: Signer,
        /// When.
        at: Instant,
    },
}

/// What was done about it here. Its issuer learns nothing of it: there is no signed way back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Handled {
    /// The answer.
    pub answer: Answer,
    /// What was done.
    pub note: String,
    /// Who said so.
    pub by: Signer,
    /// When.
    pub at: Instant,
}

/// A warning that came unsigned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperNotice {
    /// Its id here.
    pub id: WarningId,
    /// What it says.
    pub fields: PaperFields,
    /// Who typed it in.
    pub entered_by: Signer,
    /// When.
    pub entered_at: Instant,
    /// Whether it is a copy.
    pub sameness: Sameness,
    /// What was done about it.
    pub handled: Option<Handled>,
}

impl PaperNotice {
    /// Whether it is an item of its own that nobody has dealt with.
    #[must_use]
    pub fn waits(&self) -> bool {
        self.handled.is_none() && !self.is_copy()
    }

    /// Whether a person said that it is a copy.
    #[must_use]
    pub const fn is_copy(&self) -> bool {
        matches!(self.sameness, Sameness::Copy { .. })
    }

    /// Whether a person said that it is a copy of that.
    #[must_use]
    pub fn is_copy_of(&self, original: &Original) -> bool {
        matches!(&self.sameness, Sameness::Copy { of, .. } if of == original)
    }
}
