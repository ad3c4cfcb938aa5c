//! The heads of logs between a node and the offices above it: the node offers its newest signed checkpoint, the office keeps
//! it when the log has only grown, and answers with its cosignature.
//!
//! Whoever owns the node and its key can rewrite the whole log truthfully signed; what an office saw before, they cannot.

mod keeper;
mod office;

use sakimori_ledger::{LedgerError, Store};
use sakimori_words::Instant;
use serde::{Deserialize, Serialize};

pub(crate) use keeper::{Acknowledged, Keeper, acknowledged, offer_due};
pub(crate) use office::{Watch, Watched, accept_anew};

/// What a node sends: a [`sakimori_lake::proof::HeadOffer`].
const OFFER_TYPE: &str = "application/vnd.sakimori.log-head.v1+json";

/// What an office answers: an [`Answer`].
const ANSWER_TYPE: &str = "application/vnd.sakimori.log-head-answer.v1+json";

/// An office's answer to an offered head.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Answer {
    /// How many records of the log the office has seen: where the next proof has to begin.
    size: u64,
    /// The office's key as a C2SP verifier line for cosignatures.
    witness: String,
    /// The newest note it has seen with its cosignature under it, when the offer was kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Why the offer was not kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    refused: Option<Refused>,
}

/// Why an offer was not kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Refused {
    /// When.
    pub(crate) at: Instant,
    /// What did not fit, in the words of the log store.
    pub(crate) why: String,
    /// Whether somebody has to look; a proof from the wrong place is only sent again.
    pub(crate) alarming: bool,
}

/// Cosigned notes of our own log with the verifier lines of those who cosigned.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn cosigned(store: &dyn Store) -> Result<Vec<(String, String)>, LedgerError> {
    let known = acknowledged(store).await?;
    Ok(known.into_iter().filter_map(|seen| Some((seen.note?, seen.witness))).collect())
}

#[cfg(test)]
mod tests;
