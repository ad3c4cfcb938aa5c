//! Wire formats of warnings, answers and reminders. Every released version stays readable; its samples are kept in `samples/`.

use sakimori_federation::{Delivered, MessageHeader};
use sakimori_words::{Trouble, WarningId};

use crate::answer::Acknowledgement;
use crate::coverage::Coverage;
use crate::troubles::{NOT_THE_SENDERS, UNREADABLE};
use crate::warning::Warning;

mod v1;

pub use v1::{AcknowledgementV1, MemberSumsV1, ReminderV1, SumCellV1, WarningV1};

/// Type of a message that carries a warning.
pub const WARNING_TYPE: &str = "application/vnd.sakimori.warning.v1+json";
/// Type of a message that carries an answer to a warning.
pub const ACKNOWLEDGEMENT_TYPE: &str = "application/vnd.sakimori.acknowledgement.v1+json";
/// Type of a message that reminds of a warning.
pub const REMINDER_TYPE: &str = "application/vnd.sakimori.reminder.v1+json";
/// Type of a message that says how far the institutions without a node are.
pub const MEMBER_SUMS_TYPE: &str = "application/vnd.sakimori.member-sums.v1+json";

/// Reads a warning that was delivered.
///
/// # Errors
/// When it is not readable, or written in the name of another organisation than its signer.
pub fn read_warning(delivered: &Delivered) -> Result<Warning, Trouble> {
    let body: WarningV1 = body(delivered)?;
    let warning = body.into_warning(&delivered.header);
    check_id(&warning.key.id)?;
    // `into_warning` takes the origin from the signed header, so a body cannot name another one.
    Ok(warning)
}

/// Reads an answer that was delivered.
///
/// # Errors
/// When it is not readable, or written in the name of another organisation than its signer.
pub fn read_acknowledgement(delivered: &Delivered) -> Result<Acknowledgement, Trouble> {
    let body: AcknowledgementV1 = body(delivered)?;
    let word = body.into_acknowledgement();
    check_id(&word.warning.id)?;
    check_signer(&delivered.header, &word)?;
    Ok(word)
}

/// Reads a reminder that was delivered.
///
/// # Errors
/// When it is not readable.
pub fn read_reminder(delivered: &Delivered) -> Result<ReminderV1, Trouble> {
    let body: ReminderV1 = body(delivered)?;
    check_id(&body.warning.id)?;
    Ok(body)
}

/// Reads the numbers an office told.
///
/// # Errors
/// When they are not readable, or told to another than the origin of the warning.
pub fn read_member_sums(delivered: &Delivered) -> Result<MemberSumsV1, Trouble> {
    let body: MemberSumsV1 = body(delivered)?;
    check_id(&body.warning.id)?;
    if delivered.header.to.as_ref() == Some(&body.warning.origin) {
        return Ok(body);
    }
    let detail = format!("numbers about a warning of `{}`", body.warning.origin);
    Err(Trouble::new(&NOT_THE_SENDERS, detail))
}

fn body<T: serde::de::DeserializeOwned>(delivered: &Delivered) -> Result<T, Trouble> {
    delivered.body().map_err(|error| Trouble::because(&UNREADABLE, &error))
}

/// Ids become parts of keys in the ledger.
fn check_id(id: &WarningId) -> Result<(), Trouble> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=64).contains(&id.as_str().len()) && id.as_str().bytes().all(plain) {
        return Ok(());
    }
    Err(Trouble::new(&UNREADABLE, "the id of the warning is not a plain id"))
}

fn check_signer(header: &MessageHeader, word: &Acknowledgement) -> Result<(), Trouble> {
    let to_origin = header.to.as_ref() == Some(&word.warning.origin);
    if header.origin == word.organisation && to_origin {
        return Ok(());
    }
    let detail = format!(
        "signed by `{}`, speaks for `{}` to `{}`",
        header.origin, word.organisation, word.warning.origin
    );
    Err(Trouble::new(&NOT_THE_SENDERS, detail))
}

/// Reads any bytes as each of the formats; for fuzzing.
pub fn fuzz_exchange(bytes: &[u8]) {
    if let Ok(word) = serde_json::from_slice::<AcknowledgementV1>(bytes) {
        let _ = word.into_acknowledgement();
    }
    let _ = serde_json::from_slice::<WarningV1>(bytes);
    let _ = serde_json::from_slice::<ReminderV1>(bytes);
    if let Ok(told) = serde_json::from_slice::<MemberSumsV1>(bytes) {
        Coverage::default().add_cells(&told.cells, true);
    }
}
