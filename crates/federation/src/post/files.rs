//! Files of messages: awaited when a message names them, fetched from the hub that handed it over, handed on to children.

use std::sync::PoisonError;

use sakimori_ledger::{LedgerError, Record, Store, list_all};
use sakimori_words::OrganisationId;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::Post;
use super::exchange::{check_clock, refuse};
use super::known::{is_child, neighbour};
use super::send::own_actor;
use super::shelves::{AWAITED_FILE, journal_stream};
use super::work::Work;
use crate::dsse::Dsse;
use crate::errors::{ExchangeError, FileError, Refusal};
use crate::exchange::bytes_of;
use crate::files::{FILE_BYTES_MAX, FILE_PART_BYTES, FILE_REQUEST_TYPE, FileRef, FileRequest};
use crate::message::{EnvelopeError, clip, read_json};
use crate::neighbour::{Neighbour, Relation};
use crate::wire::{Door, Trust, Wire, WireError};

/// Longest question for a file, in bytes.
const REQUEST_BYTES_MAX: usize = 4 * 1024;

/// A file that a message named and that is not here yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct AwaitedFile {
    /// Which.
    pub file: FileRef,
    /// The hubs that handed the message over.
    pub from: Vec<OrganisationId>,
}

/// What fetching did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fetched {
    /// Files that are here now.
    pub n_kept: usize,
    /// Files that this hub could not give, or gave wrongly.
    pub n_failed: usize,
}

/// Awaits the files of a message that `from` handed over. Only a hub above can be asked for them.
pub(super) async fn await_files(
    work: &mut Work<'_>,
    from: &Neighbour,
    files: &[FileRef],
) -> Result<(), LedgerError> {
    if from.relation != Relation::Parent {
        return Ok(());
    }
    for file in files {
        let key = file.digest.to_string();
        let known: Option<AwaitedFile> = work.get(AWAITED_FILE, &key).await?;
        let mut awaited = known.unwrap_or(AwaitedFile { file: *file, from: vec![] });
        if !awaited.from.contains(from.id()) {
            awaited.from.push(from.id().clone());
            work.put(AWAITED_FILE, &key, &awaited)?;
        }
    }
    Ok(())
}

/// Keeps a file of our own.
pub(super) async fn keep(post: &Post, bytes: Vec<u8>) -> Result<FileRef, FileError> {
    let file = FileRef::to(&bytes);
    if !file.is_within_limits() {
        return Err(FileError::Size { n_bytes: bytes.len(), limit: FILE_BYTES_MAX });
    }
    post.files.keep(file.digest, bytes).await.map_err(FileError::Place)?;
    Ok(file)
}

/// The bytes of a file, as its digest vouches for them.
pub(super) async fn read(post: &Post, file: &FileRef) -> Result<Vec<u8>, FileError> {
    let bytes = post.files.read(&file.digest, FILE_BYTES_MAX).await;
    let bytes = bytes.map_err(FileError::Place)?.ok_or(FileError::NotHere)?;
    if file.fits(&bytes) { Ok(bytes) } else { Err(FileError::Altered) }
}

/// The files that messages in this ledger named and that are not here yet.
///
/// # Errors
/// When the ledger cannot be read.
pub async fn awaited_files(store: &dyn Store) -> Result<Vec<AwaitedFile>, LedgerError> {
    list_all(store, AWAITED_FILE).await?.iter().map(Record::read).collect()
}

/// Fetches what is awaited and `parent` handed over, as far as it has it. A line that is down is down for all of them; a hub that has
/// one file not yet may have the next.
pub(super) async fn fetch(
    post: &Post,
    parent: &OrganisationId,
    wire: &dyn Wire,
) -> Result<Fetched, ExchangeError> {
    let mut fetched = Fetched::default();
    let mut awaited = awaited_files(&*post.store).await?;
    awaited.retain(|one| one.from.contains(parent));
    if awaited.is_empty() {
        return Ok(fetched);
    }
    let hub = neighbour(&*post.store, parent).await?.filter(|hub| !is_child(hub));
    let hub = hub.ok_or_else(|| ExchangeError::NoSuchHub { organisation: parent.clone() })?;
    for awaited in &awaited {
        match fetch_one(post, &hub, wire, &awaited.file).await {
            Ok(()) => fetched.n_kept += 1,
            Err(ExchangeError::Refused(_) | ExchangeError::Wire(WireError::Refused { .. })) => {
                fetched.n_failed += 1;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(fetched)
}

async fn fetch_one(
    post: &Post,
    hub: &Neighbour,
    wire: &dyn Wire,
    file: &FileRef,
) -> Result<(), ExchangeError> {
    if read(post, file).await.is_ok() {
        return note_kept(post, hub.id(), file).await;
    }
    let mut bytes = take_begun(post, file);
    while (bytes.len() as u64) < file.n_bytes {
        match ask_part(post, hub, wire, file, bytes.len() as u64).await {
            Ok(part) if !part.is_empty() => bytes.extend(part),
            // The hub's file is shorter than the message says.
            Ok(_) => break,
            Err(error) => {
                put_begun(post, file, bytes);
                return Err(error);
            }
        }
    }
    if !file.fits(&bytes) {
        return Err(refuse(post, hub.id(), Refusal::AlteredFile { digest: file.digest }).await);
    }
    post.files.keep(file.digest, bytes).await.map_err(FileError::Place)?;
    note_kept(post, hub.id(), file).await
}

async fn ask_part(
    post: &Post,
    hub: &Neighbour,
    wire: &dyn Wire,
    file: &FileRef,
    offset: u64,
) -> Result<Vec<u8>, ExchangeError> {
    let no_such_hub = || ExchangeError::NoSuchHub { organisation: hub.id().clone() };
    let address = hub.address.as_deref().ok_or_else(no_such_hub)?;
    let request = FileRequest {
        from: post.me().id,
        to: hub.id().clone(),
        at: post.clock.now(),
        digest: file.digest,
        offset,
    };
    let request = bytes_of(&Dsse::seal(FILE_REQUEST_TYPE, bytes_of(&request), &post.key));
    let trust = Trust::Authority(hub.authority.clone());
    Ok(wire.ask(address, Door::File, &trust, request).await?)
}

/// What is there of the file since the line broke.
fn take_begun(post: &Post, file: &FileRef) -> Vec<u8> {
    let begun = post.begun_file.lock().unwrap_or_else(PoisonError::into_inner).take();
    begun.filter(|(of, _)| of == file).map(|(_, bytes)| bytes).unwrap_or_default()
}

fn put_begun(post: &Post, file: &FileRef, bytes: Vec<u8>) {
    *post.begun_file.lock().unwrap_or_else(PoisonError::into_inner) = Some((*file, bytes));
}

/// The file is awaited no longer.
async fn note_kept(
    post: &Post,
    from: &OrganisationId,
    file: &FileRef,
) -> Result<(), ExchangeError> {
    let _one_at_a_time = post.changing.lock().await;
    let mut work = Work::new(&*post.store, post.clock.now(), own_actor(post));
    let key = file.digest.to_string();
    if work.get::<AwaitedFile>(AWAITED_FILE, &key).await?.is_some() {
        work.fact(&journal_stream(from), "file_kept", &json!({ "file": file }))?;
        work.remove(AWAITED_FILE, &key);
        work.commit(vec![]).await?;
    }
    Ok(())
}

/// Takes in a file that came on a medium, when it is awaited. Returns whether it is.
pub(super) async fn take_carried(post: &Post, bytes: Vec<u8>) -> Result<bool, ExchangeError> {
    let file = FileRef::to(&bytes);
    let awaited = awaited_files(&*post.store).await?.into_iter().find(|one| one.file == file);
    let Some(from) = awaited.and_then(|one| one.from.into_iter().next()) else {
        return Ok(false);
    };
    post.files.keep(file.digest, bytes).await.map_err(FileError::Place)?;
    note_kept(post, &from, &file).await?;
    Ok(true)
}

/// Answers a child that asks for a part of a file. Whoever knows the digest has the message that names it: nobody else is told one.
pub(super) async fn hand_out(post: &Post, request: &[u8]) -> Result<Vec<u8>, ExchangeError> {
    let request = admit(post, request).await?;
    let part = post.files.read_part(&request.digest, request.offset, FILE_PART_BYTES).await;
    Ok(part.map_err(FileError::Place)?.ok_or(FileError::NotHere)?)
}

/// Lets in a question that an enrolled child signed for us, in time. A refusal is recorded.
async fn admit(post: &Post, bytes: &[u8]) -> Result<FileRequest, ExchangeError> {
    let (dsse, claimed) = match claim(bytes) {
        Ok(claim) => claim,
        Err(error) => return Err(refuse(post, &"unknown".into(), error.into()).await),
    };
    let Some(child) = neighbour(&*post.store, &claimed).await?.filter(is_child) else {
        let error = EnvelopeError::UnknownOrganisation { organisation: claimed };
        return Err(refuse(post, &"unknown".into(), error.into()).await);
    };
    match check(post, &child, &dsse) {
        Ok(request) => Ok(request),
        Err(refusal) => Err(refuse(post, &claimed, refusal).await),
    }
}

/// Who claims to ask, before any check.
fn claim(bytes: &[u8]) -> Result<(Dsse, OrganisationId), EnvelopeError> {
    if bytes.len() > REQUEST_BYTES_MAX {
        return Err(EnvelopeError::TooLarge { bytes: bytes.len(), n_vias: 0 });
    }
    let dsse: Dsse = read_json(bytes)?;
    if dsse.payload_type() != FILE_REQUEST_TYPE {
        return Err(EnvelopeError::WrongType { found: clip(dsse.payload_type()) });
    }
    let claimed: FileRequest = read_json(dsse.unverified())?;
    Ok((dsse, claimed.from))
}

fn check(post: &Post, child: &Neighbour, dsse: &Dsse) -> Result<FileRequest, Refusal> {
    let forged = |_| EnvelopeError::Forged { by: child.id().clone() };
    let payload = dsse.open(FILE_REQUEST_TYPE, &child.key).map_err(forged)?;
    let request: FileRequest = read_json(payload)?;
    if request.to != post.me().id {
        return Err(Refusal::NotForUs { to: request.to });
    }
    check_clock(post, request.at)?;
    Ok(request)
}
