//! What leaves and arrives: reports and the answers of offices, as versioned JSON.
//!
//! The internal record may change shape with every release; these formats may not. Each released version keeps a sample under
//! `samples/` that a test re-reads. Readers ignore what they do not know, bound what they take, and never panic.

mod office_v1;
mod v1;

pub use office_v1::{
    ConcerningV1, OFFICE_REPORT_MEDIA_TYPE, OFFICE_TASK_ANSWER_MEDIA_TYPE, OFFICE_TASK_MEDIA_TYPE,
    OfficeReportV1, OfficeTaskAnswerV1, OfficeTaskV1, TaskAnswerKind, fuzz_office_messages,
};
pub(crate) use office_v1::{OFFICE_REPORT_FORMAT, OFFICE_TASK_ANSWER_FORMAT, OFFICE_TASK_FORMAT};
pub use v1::{
    MESSAGE_BYTES_MAX, REPLY_MEDIA_TYPE, REPORT_MEDIA_TYPE, ReplyV1, ReportV1, SenderV1,
    fuzz_reply, fuzz_report,
};
pub(crate) use v1::{reply_format, report_format};

/// Why a message could not be read or written.
#[derive(Debug, thiserror::Error)]
pub enum ExchangeError {
    /// Larger than such a message may be.
    #[error("the message has {n_bytes} bytes; at most {MESSAGE_BYTES_MAX} are read")]
    TooLarge {
        /// Its size.
        n_bytes: usize,
    },
    /// Not the JSON of this message.
    #[error("the message is not a {what}")]
    Unreadable {
        /// What was expected.
        what: &'static str,
        /// Where it differs.
        #[source]
        cause: serde_json::Error,
    },
    /// Of a version this program does not know.
    #[error("the message has format `{found}`; this version reads `{known}`")]
    UnknownFormat {
        /// What it says.
        found: String,
        /// What is read.
        known: &'static str,
    },
    /// A value is not what its name says, or is endless.
    #[error("`{field}` is not understood")]
    Field {
        /// Which.
        field: &'static str,
    },
}
