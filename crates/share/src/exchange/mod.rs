//! Wire formats of shared cases, of the question to the victim and of its answer. Every released version stays readable; its samples
//! are kept in `samples/`.

use sakimori_federation::Delivered;
use sakimori_words::{OrganisationId, Trouble};
use serde::de::DeserializeOwned;

use crate::case::SharedCase;
use crate::troubles::UNREADABLE;

mod v1;

pub use v1::{ConsentAnswerV1, ConsentRequestV1, SharedCaseV1, SightingsV1};

/// Type of a message that carries a shared case.
pub const SHARED_CASE_TYPE: &str = "application/vnd.sakimori.shared-case.v1+json";
/// Type of a message that asks a victim.
pub const CONSENT_REQUEST_TYPE: &str = "application/vnd.sakimori.share-consent-request.v1+json";
/// Type of a message that answers it.
pub const CONSENT_ANSWER_TYPE: &str = "application/vnd.sakimori.share-consent-answer.v1+json";
/// Type of a message that says how often the indicators of a case were seen.
pub const SIGHTINGS_TYPE: &str = "application/vnd.sakimori.sightings.v1+json";

/// Reads a shared case that was delivered; its label and origin are those of the signed header.
///
/// # Errors
/// When it is not readable.
pub fn read_case(delivered: &Delivered) -> Result<SharedCase, Trouble> {
    let body: SharedCaseV1 = body(delivered)?;
    check_id(body.id())?;
    Ok(body.into_case(&delivered.header))
}

/// Reads a question that was delivered.
///
/// # Errors
/// When it is not readable.
pub fn read_request(delivered: &Delivered) -> Result<ConsentRequestV1, Trouble> {
    let body: ConsentRequestV1 = body(delivered)?;
    check_id(&body.request)?;
    Ok(body)
}

/// Reads an answer that was delivered, and whose it is.
///
/// # Errors
/// When it is not readable.
pub fn read_answer(delivered: &Delivered) -> Result<(OrganisationId, ConsentAnswerV1), Trouble> {
    let body: ConsentAnswerV1 = body(delivered)?;
    check_id(&body.request)?;
    Ok((delivered.header.origin.clone(), body))
}

/// Reads counts that were delivered.
///
/// # Errors
/// When they are not readable.
pub fn read_sightings(delivered: &Delivered) -> Result<SightingsV1, Trouble> {
    let body: SightingsV1 = body(delivered)?;
    check_id(body.case.id.as_str())?;
    check_id(body.case.origin.as_str())?;
    Ok(body)
}

/// Reads any bytes as each of the formats; for fuzzing.
pub fn fuzz_exchange(bytes: &[u8]) {
    let _ = serde_json::from_slice::<SharedCaseV1>(bytes);
    let _ = serde_json::from_slice::<ConsentRequestV1>(bytes);
    let _ = serde_json::from_slice::<ConsentAnswerV1>(bytes);
    let _ = serde_json::from_slice::<SightingsV1>(bytes);
}

fn body<T: DeserializeOwned>(delivered: &Delivered) -> Result<T, Trouble> {
    delivered.body().map_err(|error| Trouble::because(&UNREADABLE, &error))
}

/// Ids become parts of keys in the ledger.
fn check_id(id: &str) -> Result<(), Trouble> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
    if (1..=64).contains(&id.len()) && id.bytes().all(plain) {
        return Ok(());
    }
    Err(Trouble::new(&UNREADABLE, "the id of the shared case is not a plain id"))
}
