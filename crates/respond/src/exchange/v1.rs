//! Version 1 of the messages.

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use crate::decide::TEXT_CHARS_MAX;
use crate::exchange::ExchangeError;
use crate::{PrintableReport, ReplyKind, Stage};

/// Media type of a report.
pub const REPORT_MEDIA_TYPE: &str = "application/vnd.sakimori.report.v1+json";
/// Media type of an office's answer to a report.
pub const REPLY_MEDIA_TYPE: &str = "application/vnd.sakimori.report-reply.v1+json";
/// Largest message that is read, in bytes. A first report has about 10 kB.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Longest name or number in an answer, in characters.
pub(super) const NAME_CHARS_MAX: usize = 200;

const REPORT_FORMAT: &str = "sakimori.report/1";
const REPLY_FORMAT: &str = "sakimori.report-reply/1";

/// Who sends, as an office needs it to call back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SenderV1 {
    /// Id of the organisation; must be the one that signed the envelope.
    pub organisation: String,
    /// Name.
    pub name: String,
    /// Contact: department and name.
    #[serde(default)]
    pub contact: String,
    /// Telephone in office hours.
    #[serde(default)]
    pub phone: String,
    /// Telephone at night and on holidays.
    #[serde(default)]
    pub after_hours_phone: String,
}

/// A report on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportV1 {
    /// `sakimori.report/1`.
    pub format: String,
    /// Id of the report at its sender.
    pub report: String,
    /// Id of the case at its sender.
    pub case: String,
    /// Number within the case (第n報).
    pub number: u32,
    /// Which report.
    pub stage: Stage,
    /// Id of the version it follows.
    #[serde(default)]
    pub follows: Option<String>,
    /// Whether it belongs to an exercise.
    #[serde(default)]
    pub exercise: bool,
    /// Who sends.
    pub sender: SenderV1,
    /// Title of the case.
    pub subject: String,
    /// When the organisation knew, RFC 3339.
    pub knew_at: String,
    /// When the report was approved, RFC 3339.
    pub approved_at: String,
    /// Name and role of the approver.
    #[serde(default)]
    pub approved_by: Text,
    /// Why the drafter approved alone, if so.
    #[serde(default)]
    pub approved_alone_because: Option<String>,
    /// Id and version of the form.
    pub form: [String; 2],
    /// The document.
    pub document: PrintableReport,
}

/// An office's answer on the wire.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplyV1 {
    /// `sakimori.report-reply/1`.
    pub format: String,
    /// Id of the report at its sender.
    pub report: String,
    /// Id of the case at its sender.
    pub case: String,
    /// Name of the office.
    pub office: String,
    /// What it says.
    pub kind: ReplyKind,
    /// The office's number for the report (受付番号).
    pub number: String,
    /// When the office had the report, RFC 3339.
    pub at: String,
    /// Name of the officer; empty for the automatic receipt.
    #[serde(default)]
    pub officer: String,
    /// A remark or question; may be empty.
    #[serde(default)]
    pub text: String,
}

impl ReportV1 {
    /// Reads a report.
    ///
    /// # Errors
    /// When it is too large, no such JSON, of another version, or a time in it is none.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let report: Self = read(bytes, "report")?;
        known(&report.format, REPORT_FORMAT)?;
        instant(&report.knew_at, "knew_at")?;
        instant(&report.approved_at, "approved_at")?;
        Ok(report)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written as JSON or would be larger than a reader takes.
    pub fn write(&self) -> Result<Vec<u8>, ExchangeError> {
        write(self, "report")
    }

    /// When the organisation knew.
    #[must_use]
    pub fn knew_at(&self) -> Instant {
        Instant::parse(&self.knew_at).unwrap_or_default()
    }
}

impl ReplyV1 {
    /// Reads an answer.
    ///
    /// # Errors
    /// When it is too large, no such JSON, of another version, its time is none, or a text in it is endless.
    pub fn read(bytes: &[u8]) -> Result<Self, ExchangeError> {
        let reply: Self = read(bytes, "reply")?;
        known(&reply.format, REPLY_FORMAT)?;
        instant(&reply.at, "at")?;
        short(&reply.text, TEXT_CHARS_MAX, "text")?;
        for (name, field) in
            [(&reply.office, "office"), (&reply.number, "number"), (&reply.officer, "officer")]
        {
            short(name, NAME_CHARS_MAX, field)?;
        }
        Ok(reply)
    }

    /// Writes it.
    ///
    /// # Errors
    /// When it cannot be written as JSON or would be larger than a reader takes.
    pub fn write(&self) -> Result<Vec<u8>, ExchangeError> {
        write(self, "reply")
    }

    /// When the office had the report.
    #[must_use]
    pub fn at(&self) -> Instant {
        Instant::parse(&self.at).unwrap_or_default()
    }
}

/// The format line of a new report.
pub(crate) fn report_format() -> String {
    REPORT_FORMAT.to_owned()
}

/// The format line of a new answer.
pub(crate) fn reply_format() -> String {
    REPLY_FORMAT.to_owned()
}

/// Any bytes are read or refused, and what was read is written and read again the same.
///
/// # Panics
/// When that promise is broken.
pub fn fuzz_report(bytes: &[u8]) {
    if let Ok(report) = ReportV1::read(bytes)
        && let Ok(written) = report.write()
    {
        assert_eq!(ReportV1::read(&written).ok(), Some(report));
    }
}

/// Any bytes are read or refused, and what was read is written and read again the same.
///
/// # Panics
/// When that promise is broken.
pub fn fuzz_reply(bytes: &[u8]) {
    if let Ok(reply) = ReplyV1::read(bytes)
        && let Ok(written) = reply.write()
    {
        assert_eq!(ReplyV1::read(&written).ok(), Some(reply));
    }
}

pub(super) fn read<T: for<'de> Deserialize<'de>>(
    bytes: &[u8],
    what: &'static str,
) -> Result<T, ExchangeError> {
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ExchangeError::TooLarge { n_bytes: bytes.len() });
    }
    serde_json::from_slice(bytes).map_err(|cause| ExchangeError::Unreadable { what, cause })
}

pub(super) fn write<T: Serialize>(
    message: &T,
    what: &'static str,
) -> Result<Vec<u8>, ExchangeError> {
    let bytes = serde_json::to_vec_pretty(message)
        .map_err(|cause| ExchangeError::Unreadable { what, cause })?;
    if bytes.len() > MESSAGE_BYTES_MAX {
        return Err(ExchangeError::TooLarge { n_bytes: bytes.len() });
    }
    Ok(bytes)
}

pub(super) fn known(found: &str, known: &'static str) -> Result<(), ExchangeError> {
    if found == known {
        return Ok(());
    }
    Err(ExchangeError::UnknownFormat { found: found.chars().take(60).collect(), known })
}

pub(super) fn short(
    text: &str,
    max_chars: usize,
    field: &'static str,
) -> Result<(), ExchangeError> {
    if text.chars().nth(max_chars).is_some() { Err(ExchangeError::Field { field }) } else { Ok(()) }
}

pub(super) fn instant(text: &str, field: &'static str) -> Result<Instant, ExchangeError> {
    Instant::parse(text).map_err(|_| ExchangeError::Field { field })
}
