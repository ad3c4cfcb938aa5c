//! Time stamps on the head of the log: what was asked of an authority, and what it replied.

use std::path::Path;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD as BASE64;
use sakimori_lake::proof::{Stamp, StampError, StampedHead, grow_proof, stamp_request};
use sakimori_lake::{CatalogueStore, Checkpoint};
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Chance, Digest, Instant, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::data_folder;
use crate::files;
use crate::troubles;

/// Requests by the digest they are about.
const ASKED: &str = "log_stamps_asked";

/// Replies by the digest they are about.
const KEPT: &str = "log_stamps";

/// Most stamps that go along with one export, the newest.
const STAMPS_MAX: usize = 50;

/// A request that was written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Asked {
    note: String,
    nonce: u64,
    at: Instant,
}

/// The request over the newest head of the log of `catalogue`; what was asked is remembered, since the log goes on before the reply
/// comes.
///
/// # Errors
/// When there is no head yet or the ledger refuses.
pub(crate) async fn request(
    catalogue: &dyn CatalogueStore,
    store: &dyn Store,
    chance: &dyn Chance,
    now: Instant,
) -> Result<Vec<u8>, Trouble> {
    let offer = grow_proof(catalogue, 0).await.map_err(|error| error.trouble())?;
    let note = offer.ok_or_else(|| Trouble::new(&troubles::TIME_STAMP, "no sealed log yet"))?.note;
    let mut nonce = [0_u8; 8];
    chance.fill(&mut nonce);
    let asked = Asked { note, nonce: u64::from_be_bytes(nonce), at: now };
    remember(store, &asked, now).await.map_err(|error| error.trouble())?;
    Ok(stamp_request(&asked.note, asked.nonce))
}

async fn remember(store: &dyn Store, asked: &Asked, now: Instant) -> Result<(), LedgerError> {
    let digest = Digest::of(asked.note.as_bytes());
    let body = json!({ "digest": digest, "note": asked.note });
    let fact = Fact::new("log", "time_stamp_requested", now, "system", &body)?;
    store.commit(vec![fact.put(Put::new(ASKED, digest.to_string(), asked)?)]).await.map(drop)
}

/// Keeps a reply that is granted and about a head that was asked about: in the ledger, and as files beside the checkpoint
/// (`<size>.note`, `<size>.tsr`) for any other tool. Returns what it states.
///
/// # Errors
/// SK-NODE-021 when it is anything else.
pub(crate) async fn keep(
    data: &Path,
    store: &dyn Store,
    reply: &[u8],
    now: Instant,
) -> Result<(Stamp, Checkpoint), Trouble> {
    let refused = |error: StampError| Trouble::because(&troubles::TIME_STAMP, &error);
    let stamp = Stamp::read(reply).map_err(refused)?;
    let asked = store.get(ASKED, &stamp.digest.to_string()).await;
    let asked: Asked = match asked.map_err(|error| error.trouble())? {
        Some(record) => record.read().map_err(|error| error.trouble())?,
        None => return Err(refused(StampError::OtherDigest)),
    };
    let nonce: Vec<u8> =
        asked.nonce.to_be_bytes().into_iter().skip_while(|byte| *byte == 0).collect();
    if stamp.nonce != nonce {
        return Err(Trouble::new(&troubles::TIME_STAMP, "the reply answers another request"));
    }
    let head = Checkpoint::read_unchecked(&asked.note)
        .map_err(|error| Trouble::because(&troubles::TIME_STAMP, &error))?;
    write_files(&data.join("lake").join("timestamps"), &head, reply)?;
    let stamped = StampedHead { note: asked.note, reply: BASE64.encode(reply) };
    write_down(store, &stamp, &stamped, now).await.map_err(|error| error.trouble())?;
    Ok((stamp, head))
}

fn write_files(folder: &Path, head: &Checkpoint, reply: &[u8]) -> Result<(), Trouble> {
    std::fs::create_dir_all(folder).map_err(|error| files::refused(folder, &error))?;
    for (ending, bytes) in [("note", head.note.as_bytes()), ("tsr", reply)] {
        let path = folder.join(format!("{:020}.{ending}", head.size));
        data_folder::replace_file(&path, bytes).map_err(|error| files::refused(&path, &error))?;
    }
    Ok(())
}

async fn write_down(
    store: &dyn Store,
    stamp: &Stamp,
    stamped: &StampedHead,
    now: Instant,
) -> Result<(), LedgerError> {
    let body = json!({ "digest": stamp.digest, "stated_at": stamp.at, "reply": stamped.reply });
    let fact = Fact::new("log", "time_stamped", now, "system", &body)?;
    store.commit(vec![fact.put(Put::new(KEPT, stamp.digest.to_string(), stamped)?)]).await.map(drop)
}

/// What was kept, for exports.
///
/// # Errors
/// When the ledger cannot be read.
pub(crate) async fn kept(store: &dyn Store) -> Result<Vec<StampedHead>, LedgerError> {
    let mut records = store.list(KEPT, None, 10_000).await?;
    records.sort_by_key(|record| std::cmp::Reverse(record.at));
    records.iter().take(STAMPS_MAX).map(sakimori_ledger::Record::read).collect()
}
