//! Proving the log store of a data folder with the key that belongs to it.

use std::path::Path;

use sakimori_lake::{Known, Progress, SigningKey, VerifyReport, VerifyRequest};
use sakimori_ledger::{LedgerError, Store};
use sakimori_words::Trouble;

use crate::heads;
use crate::keys::Keys;
use crate::node::{stores, watcher};
use crate::settings::Settings;
use crate::troubles;
use crate::witness;

/// Reads everything in the log store of `data` and compares it with what was signed, also with what the journal in `store`
/// and the offices above have witnessed, and with the signed copies in `kept`: a log that was put back to an older state as a
/// whole has true signatures. Without a journal only the log itself is asked. Works while `up` runs.
///
/// # Errors
/// SK-NODE-014 when the log's key is gone; else when settings or files cannot be read. What was changed, removed or added
/// stands in the report.
pub(crate) async fn prove_lake(
    data: &Path,
    store: Option<&dyn Store>,
    kept: &[String],
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<VerifyReport, Trouble> {
    let settings = Settings::load(data)?.unwrap_or_default();
    let Some(secret) = Keys::existing_secret(data, "lake")? else {
        let path = data.join("keys").join("lake");
        return Err(Trouble::new(&troubles::MISSING, path.display().to_string()));
    };
    let signer = SigningKey::from_bytes(&secret);
    // Read before the log is: what the watcher has seen by now must be there.
    let (seen_up_to, mut witnessed) = match store {
        Some(store) => told(store).await.map_err(|error| error.trouble())?,
        None => (0, Vec::new()),
    };
    witnessed.extend_from_slice(kept);
    let known = Known { signer: Some(&signer), begun: true, seen_up_to };
    let catalogue = stores::catalogue(data, &settings)?;
    let request = VerifyRequest {
        dir: &data.join("lake"),
        catalogue: &*catalogue,
        segments: stores::segments(data, &settings)?,
        key: Some(signer.verifying_key()),
        witnessed: &witnessed,
    };
    let report = sakimori_lake::verify_knowing(request, known, progress).await;
    report.map_err(|error| error.trouble())
}

/// What the journal knows of the log: how long it must be at least, its sealed heads, and those that offices have cosigned.
async fn told(store: &dyn Store) -> Result<(u64, Vec<String>), LedgerError> {
    let mut witnessed = witness::of(store).await?;
    witnessed.extend(heads::cosigned(store).await?.into_iter().map(|(note, _)| note));
    Ok((watcher::looked_up_to(store).await?, witnessed))
}
