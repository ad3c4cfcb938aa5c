//! The catalogue of the one process that adds to it.

use std::path::Path;
use std::sync::Arc;

use ed25519_dalek::{SigningKey, VerifyingKey};
use sakimori_words::{Digest, Instant};

use super::file::CatalogueFile;
use super::own::OwnNotes;
use super::{CatalogueStore, Chain, FORMAT, Line, Record, Says};
use crate::LakeError;
use crate::background::in_background;
use crate::note::{Checkpoint, read_verifier_line, verifier_line};

/// The catalogue of the one process that adds to it.
///
/// A folder's lock keeps other writers away from a file, not from a database. There each record is added only where this writer
/// last saw the end, and a record that somebody else has added ends the adding for good: their events have numbers that ours
/// have too, and which of them stay is for people to decide.
pub(crate) struct Catalogue {
    store: Arc<dyn CatalogueStore>,
    own: OwnNotes,
    origin: String,
    signer: SigningKey,
    chain: Chain,
    end: u64,
    /// Roots that one of the records would lead to which were sent and not heard of again. Empty when all were.
    unheard: Vec<Digest>,
    /// How many records the checkpoint in the folder covers.
    published: u64,
}

/// Most records that are remembered as not heard of; each later one is sent after the database was read, so the oldest have long
/// arrived or been lost.
const UNHEARD_MAX: usize = 64;

impl Catalogue {
    /// Opens the catalogue of the log in `dir` or begins it. What does not fit its signatures is refused.
    pub(crate) async fn open(
        dir: &Path,
        store: Arc<dyn CatalogueStore>,
        origin: &str,
        signer: SigningKey,
        now: Instant,
    ) -> Result<Self, LakeError> {
        let own = OwnNotes::new(dir);
        let signed = own.checkpoint(&signer.verifying_key())?;
        let unheard = own.unheard()?;
        let origin = origin.to_owned();
        let (chain, end, published) = (Chain::default(), 0, 0);
        let mut catalogue = Self { store, own, origin, signer, chain, end, unheard, published };
        catalogue.follow_all(signed.as_ref()).await?;
        if catalogue.store.is_shared() {
            catalogue.move_in(signed.as_ref()).await?;
            catalogue.check_ours(signed.as_ref())?;
        }
        catalogue.check_whole(signed.as_ref())?;
        catalogue.begin(now).await?;
        Ok(catalogue)
    }

    /// The state so far.
    pub(crate) const fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Finds out what became of a record that was sent and not heard of. Call it before deciding what to add.
    pub(crate) async fn settle(&mut self) -> Result<(), LakeError> {
        if self.published < self.chain.size() {
            // The folder's disk was full. Two records ahead of it, our own would look like somebody else's.
            self.publish()?;
        }
        if self.unheard.is_empty() {
            return Ok(());
        }
        let grown = self.store.read(self.end).await?.ok_or_else(|| taken("it became shorter"))?;
        let Some(line) = grown.lines.lines().next() else { return Ok(()) };
        let mut next = self.chain.clone();
        let n = next.size() + 1;
        next.follow(line).map_err(|reason| LakeError::Catalogue { line: n, reason })?;
        if grown.lines.lines().count() > 1 || !self.unheard.contains(&next.root()) {
            return Err(taken("somebody else has added to it"));
        }
        self.went_on(next, grown.end)
    }

    /// Adds a record, durable before it returns.
    pub(crate) async fn append(&mut self, says: Says, now: Instant) -> Result<(), LakeError> {
        let record =
            Record { n: self.chain.size(), previous: self.chain.previous(), at: now, says };
        let refused = |reason: String| LakeError::Catalogue { line: record.n + 1, reason };
        let json = serde_json::to_string(&record).map_err(|error| refused(error.to_string()))?;
        let mut next = self.chain.clone();
        next.add(&json, &record).map_err(refused)?;
        let note = serde_json::to_string(&self.checkpoint(&next).note)
            .map_err(|error| refused(error.to_string()))?;
        let end = self.send(&format!("{json}\t{note}"), next.root()).await?;
        self.went_on(next, end)
    }

    /// Adds a line after having noted where it leads to, so that it is known again whatever happens meanwhile.
    async fn send(&mut self, line: &str, root: Digest) -> Result<u64, LakeError> {
        self.unheard.push(root);
        let n_forgotten = self.unheard.len().saturating_sub(UNHEARD_MAX);
        self.unheard.drain(..n_forgotten);
        if self.store.is_shared() {
            self.own.keep_unheard(&self.unheard)?;
        }
        self.store.append(self.end, line).await
    }

    fn went_on(&mut self, chain: Chain, end: u64) -> Result<(), LakeError> {
        (self.chain, self.end) = (chain, end);
        self.unheard.clear();
        self.publish()
    }

    fn publish(&mut self) -> Result<(), LakeError> {
        self.own.publish(&self.checkpoint(&self.chain))?;
        self.published = self.chain.size();
        Ok(())
    }

    fn checkpoint(&self, chain: &Chain) -> Checkpoint {
        Checkpoint::sign(&self.origin, chain.size(), chain.root(), &self.signer)
    }

    /// Follows everything that is there; the separate checkpoint must lie on its way.
    async fn follow_all(&mut self, signed: Option<&Checkpoint>) -> Result<(), LakeError> {
        let grown = self.store.read(0).await?.unwrap_or_default();
        self.end = grown.end;
        let (origin, key) = (self.origin.clone(), self.signer.verifying_key());
        let signed = signed.cloned();
        let follow = move || follow_all(&grown.lines, &origin, &key, signed.as_ref());
        self.chain = in_background(follow).await?;
        self.store.prepare(self.end).await
    }

    /// Takes the records over that the folder's own file has and the database has not: those of a catalogue that moves there.
    async fn move_in(&mut self, signed: Option<&Checkpoint>) -> Result<(), LakeError> {
        let size = self.chain.size();
        let Some(signed) = signed.filter(|signed| signed.size > size) else { return Ok(()) };
        let file = CatalogueFile::new(self.own.dir()).read(0).await?.unwrap_or_default();
        let here = file.lines.lines().skip(usize::try_from(size).unwrap_or(usize::MAX));
        let until = usize::try_from(signed.size - size).unwrap_or(usize::MAX);
        for line in here.take(until) {
            let n = self.chain.size() + 1;
            let Line { record, checkpoint } = self
                .chain
                .follow(line)
                .map_err(|reason| LakeError::Catalogue { line: n, reason })?;
            check_owner(&record, &self.origin, &self.signer.verifying_key())?;
            check_note(&checkpoint, n, &self.signer.verifying_key())?;
            self.end = self.store.append(self.end, line).await?;
        }
        Ok(())
    }

    /// Refuses a catalogue that somebody else has added to. A folder that has never held a log may go on with one.
    fn check_ours(&self, signed: Option<&Checkpoint>) -> Result<(), LakeError> {
        let size = self.chain.size();
        let known = match signed {
            None => size == 0 || self.own.is_new()?,
            Some(signed) => {
                size <= signed.size
                    || (size == signed.size + 1 && self.unheard.contains(&self.chain.root()))
            }
        };
        if known { Ok(()) } else { Err(taken("it has records that this folder did not write")) }
    }

    /// Refuses a catalogue whose end was cut off.
    fn check_whole(&self, signed: Option<&Checkpoint>) -> Result<(), LakeError> {
        let size = self.chain.size();
        match signed.filter(|signed| signed.size > size) {
            None => Ok(()),
            Some(signed) => {
                let reason = format!("ends here, but {} records were signed", signed.size);
                Err(LakeError::Catalogue { line: size, reason })
            }
        }
    }

    async fn begin(&mut self, now: Instant) -> Result<(), LakeError> {
        if self.chain.size() > 0 {
            return self.went_on(self.chain.clone(), self.end);
        }
        let key = verifier_line(&self.origin, &self.signer.verifying_key());
        self.append(Says::Begin { format: FORMAT, key }, now).await
    }
}

fn taken(what: &str) -> LakeError {
    LakeError::CatalogueTaken { what: what.to_owned() }
}

/// Follows all lines; the separate checkpoint must lie on their way.
fn follow_all(
    lines: &str,
    origin: &str,
    key: &VerifyingKey,
    signed: Option<&Checkpoint>,
) -> Result<Chain, LakeError> {
    let damaged = |line: u64, reason: String| LakeError::Catalogue { line, reason };
    let mut chain = Chain::default();
    let mut last = None;
    for line in lines.lines() {
        let n = chain.size() + 1;
        let line = chain.follow(line).map_err(|reason| damaged(n, reason))?;
        check_owner(&line.record, origin, key)?;
        if signed.is_some_and(|signed| signed.size == n && signed.root != chain.root()) {
            return Err(damaged(n, "the signed checkpoint is over other records".to_owned()));
        }
        last = Some(line.checkpoint);
    }
    last.map_or(Ok(()), |last| check_note(&last, chain.size(), key))?;
    Ok(chain)
}

fn check_note(checkpoint: &Checkpoint, line: u64, key: &VerifyingKey) -> Result<(), LakeError> {
    let damaged =
        |error: crate::NoteError| LakeError::Catalogue { line, reason: error.to_string() };
    Checkpoint::read(&checkpoint.note, key).map(drop).map_err(damaged)
}

fn check_owner(record: &Record, origin: &str, key: &VerifyingKey) -> Result<(), LakeError> {
    let Says::Begin { key: line, .. } = &record.says else { return Ok(()) };
    if read_verifier_line(line) == Some((origin.to_owned(), *key)) {
        return Ok(());
    }
    Err(LakeError::Setting { what: format!("this log belongs to another name or key: {line}") })
}
