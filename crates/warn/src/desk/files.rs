//! The files that the warnings of a ledger name, for whoever proves or moves it.

use sakimori_ledger::{Store, list_all};
use sakimori_words::Digest;

use super::{ISSUED, RECEIVED};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::ReceivedWarning;
use crate::warning::Warning;

/// The files of every warning that was issued or received: digest, and which warning.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn attachments(store: &dyn Store) -> Result<Vec<(Digest, String)>, WarnError> {
    let mut found = vec![];
    for record in list_all(store, ISSUED).await? {
        let issued: IssuedWarning = record.read()?;
        found.extend(issued.releases.iter().flat_map(|release| files_of(&release.warning)));
    }
    for record in list_all(store, RECEIVED).await? {
        let received: ReceivedWarning = record.read()?;
        found.extend(received.revisions.iter().flat_map(|revision| files_of(&revision.warning)));
    }
    Ok(found)
}

fn files_of(warning: &Warning) -> impl Iterator<Item = (Digest, String)> {
    let Warning { key, content, .. } = warning;
    content.attachments.iter().map(|one| (one.digest, format!("{} {}", key.id, one.name)))
}
