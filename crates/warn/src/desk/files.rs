//! The files that the warnings of a ledger name, for whoever proves or moves it.

use sakimori_ledger::{LedgerError, Record, Store};
use sakimori_words::Digest;

use super::{ISSUED, RECEIVED};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::ReceivedWarning;
use crate::warning::Warning;

/// Records read at a time.
const PAGE_RECORDS: usize = 500;

/// The files of every warning that was issued or received: digest, and which warning.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn attachments(store: &dyn Store) -> Result<Vec<(Digest, String)>, WarnError> {
    let mut found = files_of(store, ISSUED, |record| {
        let issued: IssuedWarning = record.read()?;
        Ok(issued.releases.into_iter().map(|release| release.warning).collect())
    })
    .await?;
    let received = files_of(store, RECEIVED, |record| {
        let received: ReceivedWarning = record.read()?;
        Ok(received.revisions.into_iter().map(|revision| revision.warning).collect())
    });
    found.extend(received.await?);
    Ok(found)
}

async fn files_of(
    store: &dyn Store,
    shelf: &str,
    warnings: impl Fn(&Record) -> Result<Vec<Warning>, LedgerError>,
) -> Result<Vec<(Digest, String)>, WarnError> {
    let (mut found, mut after) = (vec![], None::<String>);
    loop {
        let page = store.list(shelf, after.as_deref(), PAGE_RECORDS).await?;
        let Some(last) = page.last() else { return Ok(found) };
        after = Some(last.key.clone());
        for record in &page {
            for Warning { key, content, .. } in warnings(record)? {
                let files = content.attachments.into_iter();
                found.extend(files.map(|one| (one.digest, format!("{} {}", key.id, one.name))));
            }
        }
    }
}
