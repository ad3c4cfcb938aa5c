//! Version 1 of the messages between offices: a report upwards, a task downwards, and the answer to one.

use sakimori_words::{Instant, InstitutionKind};
use serde::{Deserialize, Serialize};

use super::v1::{NAME_CHARS_MAX, instant, known, read, short, write};
use crate::decide::TEXT_CHARS_MAX;
use crate::exchange::{ExchangeError, ReportV1};
use crate::office::{Awareness, TaskKind};

/// Media type of an office's report to the office above.
pub const OFFICE_REPORT_MEDIA_TYPE: &str = "application/vnd.sakimori.office-report.v1+json";
/// Media type of a task for an office below.
pub const OFFICE_TASK_MEDIA_TYPE: &str = "application/vnd.sakimori.office-task.v1+json";
/// Media type of the answer to a task.
pub const OFFICE_TASK_ANSWER_MEDIA_TYPE: &str =
    "application/vnd.sakimori.office-task-answer.v1+json";

pub(crate) const OFFICE_REPORT_FORMAT: &str = "sakimori.office-report/1";
pub(crate) const OFFICE_TASK_FORMAT: &str = "sakimori.office-task/1";
pub(crate) const OFFICE_TASK_ANSWER_FORMAT: &str = "sakimori.office-task-answer/1";

/// The institution a message between offices is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConcerningV1 {
    /// Its id when it is connected.
    #[serde(default)]
    pub organisation: Option<String>,
    /// Its name.
    pub name: String,
    /// What it is, when known.
    #[serde(default)]
    pub kind: Option<InstitutionKind>,
    /// Permitted beds, when known.
    #[serde(default)]
    pub beds: Option<u32>,
    /// Whether a municipality founded it.
    #[serde(default)]
    pub municipal: bool,
}

/// An office's report to the office above: a report as institutions write it, about somebody else.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeReportV1 {
    /// `sakimori.office-report/1`.
    pub format: String,
    /// How the office came to know.
    pub awareness: Awareness,
    /// The institution it is about.
    pub concerning: ConcerningV1,
    /// The report; its sender is the office.
    pub report: ReportV1,
}

/// What the office above asks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeTaskV1 {
    /// `sakimori.office-task/1`.
    pub format: String,
    /// Id of the task at its sender.
    pub task: String,
    /// Id of the case at its sender.
    pub case: String,
    /// Id of the receiver's own case, when it has reported it.
    #[serde(default)]
    pub your_case: Option<String>,
    /// What kind of work it is.
    pub kind: TaskKind,
    /// The institution it is about.
    pub concerning: ConcerningV1,
    /// What is asked for.
    pub text: String,
    /// On which basis; may be empty.
    #[serde(default)]
    pub basis: String,
    /// Until when, RFC 3339.
    #[serde(default)]
    pub due_at: Option<String>,
    /// When it was set, RFC 3339.
    pub at: String,
    /// Name of the office.
    pub office: String,
    /// Name of the officer.
    #[serde(default)]
    pub officer: String,
    /// Whether it belongs to an exercise.
    #[serde(default)]
    pub exercise: bool,
}

/// What an answer to a task says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum TaskAnswerKind {
    /// It arrived; sent by the office's Sakimori at once.
    Received,
    /// An interim answer.
    Interim,
    /// The answer that finishes it.
    Done,
}

/// The answer to a task.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct OfficeTaskAnswerV1 {
    /// `sakimori.office-task-answer/1`.
    pub format: String,
    /// Id of the task at its sender.
    pub task: String,
    /// Id of the case at its sender.
    pub case: String,
    /// What it says.
    pub kind: TaskAnswerKind,
    /// The answer; empty for a receipt.
    #[serde(default)]
    pub text: String,
    /// When, RFC 3339.
    pub at: String,
    /// Name of the officer; empty for a receipt.
    #[serde(default)]
    pub officer: String,
}

impl ConcerningV1 {
    fn check(&self) -> Result<(), ExchangeError> {
        short(&self.name, NAME_CHARS_MAX, "concerning.name")?;
        short(
            self.organisation.as_deref().unwrap_or_default(),
            NAME_CHARS_MAX,
            "concerning.organisation",
        )
    }
}

impl OfficeReportV1 {
    /// Reads a report.
    ///
    /// # Errors
    /// When it is too large, no such JSON, of another version, or a value in it is not what its name says.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let message: Self = read(bytes, "report of an office")?;
        known(&message.format, OFFICE_REPORT_FORMAT)?;
        message.concerning.check()?;
        // The inner report is read by its own reader, so that both are held to the same rules.
        ReportV1::read(&message.report.write()?)?;
        Ok(message)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it would be larger than a reader takes.
    pub fn write(&self) -> Result<Vec<u8>, ExchangeError> {
        write(self, "report of an office")
    }
}

impl OfficeTaskV1 {
    /// Reads a task.
    ///
    /// # Errors
    /// When it is too large, no such JSON, of another version, or a value in it is not what its name says.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let message: Self = read(bytes, "task")?;
        known(&message.format, OFFICE_TASK_FORMAT)?;
        message.concerning.check()?;
        instant(&message.at, "at")?;
        if let Some(due_at) = &message.due_at {
            instant(due_at, "due_at")?;
        }
        short(&message.text, TEXT_CHARS_MAX, "text")?;
        for (name, field) in [
            (&message.task, "task"),
            (&message.case, "case"),
            (&message.basis, "basis"),
            (&message.office, "office"),
            (&message.officer, "officer"),
        ] {
            short(name, NAME_CHARS_MAX, field)?;
        }
        Ok(message)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it would be larger than a reader takes.
    pub fn write(&self) -> Result<Vec<u8>, ExchangeError> {
        write(self, "task")
    }

    /// When it was set.
    #[must_use]
    pub fn at(&self) -> Instant {
        Instant::parse(&self.at).unwrap_or_default()
    }

    /// Until when.
    #[must_use]
    pub fn due_at(&self) -> Option<Instant> {
        self.due_at.as_deref().and_then(|at| Instant::parse(at).ok())
    }
}

impl OfficeTaskAnswerV1 {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is too large, no such JSON, of another version, or a value in it is not what its name says.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let message: Self = read(bytes, "answer to a task")?;
        known(&message.format, OFFICE_TASK_ANSWER_FORMAT)?;
        instant(&message.at, "at")?;
        short(&message.text, TEXT_CHARS_MAX, "text")?;
        for (name, field) in
            [(&message.task, "task"), (&message.case, "case"), (&message.officer, "officer")]
        {
            short(name, NAME_CHARS_MAX, field)?;
        }
        Ok(message)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it would be larger than a reader takes.
    pub fn write(&self) -> Result<Vec<u8>, ExchangeError> {
        write(self, "answer to a task")
    }

    /// When it was given.
    #[must_use]
    pub fn at(&self) -> Instant {
        Instant::parse(&self.at).unwrap_or_default()
    }
}

/// Any bytes are read or refused, and what was read is written and read again the same.
///
/// # Panics
/// When that promise is broken.
pub fn fuzz_office_messages(bytes: &[u8]) {
    if let Ok(message) = OfficeReportV1::read(bytes)
        && let Ok(written) = message.write()
    {
        assert_eq!(OfficeReportV1::read(&written).ok(), Some(message));
    }
    if let Ok(message) = OfficeTaskV1::read(bytes)
        && let Ok(written) = message.write()
    {
        assert_eq!(OfficeTaskV1::read(&written).ok(), Some(message));
    }
    if let Ok(message) = OfficeTaskAnswerV1::read(bytes)
        && let Ok(written) = message.write()
    {
        assert_eq!(OfficeTaskAnswerV1::read(&written).ok(), Some(message));
    }
}
