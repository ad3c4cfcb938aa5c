//! Moving a store between engines: one JSON object a line, every digest kept.
//!
//! ```text
//! {"sakimori_ledger":1,"head":{"seq":2,"digest":"…"}}
//! {"entry":{"seq":1,"stream":"case/1","kind":"…","at":1763600000000000,"actor":"system","body":{…},"puts":[…],"previous":"000…","digest":"…"}}
//! {"entry":{"seq":2,…}}
//! {"private":{"shelf":"verifier","key":"…","body":{…},"expires_at":null}}
//! {"end":{"entries":2,"private":1}}
//! ```
//!
//! `body` and `puts` stand in the line exactly as they are stored and hashed, so a program that writes the file again may
//! change their spelling and break the chain: import says so. A file that was cut short lacks its last line.

use std::io::{BufRead, Read, Write};

use futures::future::try_join_all;
use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::chain::Sealed;
use crate::{Adoption, Entry, Head, LedgerError, PrivateRecord, Store, plan};

/// Format of the file.
const EXPORT_FORMAT: u32 = 1;
/// Entries read or taken in at a time.
const PAGE_ENTRIES: usize = 500;
/// Bytes of entries taken in at a time, so that a page of large entries does not fill the memory.
const PAGE_BYTES: usize = 8 * 1024 * 1024;
/// Longest line taken in. A commit has at most 64 MiB of text, and an entry is one fact of a commit.
const LINE_BYTES_MAX: u64 = 128 * 1024 * 1024;
/// Secrets handed to the writer at a time: what one group commit takes.
const PAGE_PRIVATES: usize = crate::engine::BATCH_JOBS_MAX;

/// Writes the whole journal, and the secrets too when `with_private`, to `out`. Returns how many entries.
///
/// With secrets the file opens every account: keep it like a key.
///
/// # Errors
/// When the store cannot be read or the file cannot be written.
pub async fn export(
    store: &dyn Store,
    out: &mut (dyn Write + Send),
    with_private: bool,
) -> Result<u64, LedgerError> {
    let head = store.head().await?;
    let first = FirstLine { sakimori_ledger: EXPORT_FORMAT, head: HeadLine::of(head) };
    write_line(out, &first)?;
    let mut after = 0;
    while after < head.seq {
        let entries = store.entries(after, PAGE_ENTRIES).await?;
        let Some(last) = entries.last() else { break };
        after = last.seq;
        for entry in entries.iter().filter(|entry| entry.seq <= head.seq) {
            write_line(out, &Line::Entry(EntryLine::of(entry)?))?;
        }
    }
    let private = if with_private { export_private(store, out).await? } else { 0 };
    write_line(out, &Line::End(EndLine { entries: head.seq, private }))?;
    out.flush().map_err(LedgerError::ExportFile)?;
    Ok(head.seq)
}

async fn export_private(
    store: &dyn Store,
    out: &mut (dyn Write + Send),
) -> Result<u64, LedgerError> {
    let mut n_private = 0;
    for shelf in store.private_shelves().await? {
        for record in store.list_private(&shelf).await? {
            let PrivateRecord { shelf, key, body, expires_at } = record;
            write_line(out, &Line::Private(PrivateLine { shelf, key, body, expires_at }))?;
            n_private += 1;
        }
    }
    Ok(n_private)
}

/// Takes an export into an empty store, proving the chain on the way. Returns how many entries.
///
/// When it fails half way, the store refuses to be used until it is deleted.
///
/// # Errors
/// [`LedgerError::NotEmpty`], or [`LedgerError::Import`] with the line that is not as it was exported.
pub async fn import(
    store: &dyn Store,
    input: &mut (dyn BufRead + Send),
) -> Result<u64, LedgerError> {
    let found = store.head().await?;
    if found.seq > 0 {
        return Err(LedgerError::NotEmpty { seq: found.seq });
    }
    let mut lines = Lines { input, number: 0 };
    let text = lines.next()?.ok_or_else(|| lines.wrong("the file is empty"))?;
    let announced = FirstLine::read(&text).map_err(|why| lines.wrong(&why))?;
    let mut taking =
        Taking { store, head: Head::default(), page: vec![], n_bytes: 0, n_private: 0 };
    let mut secrets = Vec::new();
    loop {
        let text = lines.next()?.ok_or_else(|| lines.wrong("the file is cut short"))?;
        match Line::read(&text).map_err(|why| lines.wrong(&why))? {
            Line::Entry(entry) => {
                taking.entry(entry.sealed(), text.len()).await.map_err(|e| lines.at(e))?;
            }
            Line::Private(private) => {
                secrets.push(private);
                if secrets.len() >= PAGE_PRIVATES {
                    taking.private(std::mem::take(&mut secrets)).await?;
                }
            }
            Line::End(end) => {
                taking.private(secrets).await?;
                return taking.finish(announced.head(), &end).await.map_err(|e| lines.at(e));
            }
        }
    }
}

/// Reads `bytes` as lines of an export; any bytes are refused or understood, never a panic.
pub fn fuzz_import(bytes: &[u8]) {
    for text in bytes.split(|byte| *byte == b'\n') {
        drop(FirstLine::read(text));
        if let Ok(Line::Entry(entry)) = Line::read(text) {
            let sealed = entry.sealed();
            drop(sealed.after(Head::default()));
            drop(plan::read_entry(sealed));
        }
    }
}

/// The import so far.
struct Taking<'a> {
    store: &'a dyn Store,
    head: Head,
    page: Vec<Entry>,
    n_bytes: usize,
    n_private: u64,
}

impl Taking<'_> {
    async fn entry(&mut self, sealed: Sealed, n_bytes: usize) -> Result<(), LedgerError> {
        self.head = sealed.after(self.head)?;
        self.page.push(plan::read_entry(sealed)?);
        self.n_bytes += n_bytes;
        if self.page.len() >= PAGE_ENTRIES || self.n_bytes >= PAGE_BYTES {
            self.n_bytes = 0;
            self.store.adopt(std::mem::take(&mut self.page), Adoption::More).await?;
        }
        Ok(())
    }

    async fn private(&mut self, page: Vec<PrivateLine>) -> Result<(), LedgerError> {
        let store = self.store;
        self.n_private += page.len() as u64;
        let puts =
            page.into_iter().map(|PrivateLine { shelf, key, body, expires_at }| async move {
                store.put_private(&shelf, &key, body, expires_at).await
            });
        try_join_all(puts).await.map(drop)
    }

    async fn finish(mut self, announced: Head, end: &EndLine) -> Result<u64, LedgerError> {
        if self.head != announced || end.entries != self.head.seq || end.private != self.n_private {
            let what = "the file does not hold what its first and last lines say".to_owned();
            return Err(LedgerError::Damaged { what });
        }
        self.store.adopt(std::mem::take(&mut self.page), Adoption::Last).await?;
        Ok(self.head.seq)
    }
}

/// Lines of the file with their numbers.
struct Lines<'a> {
    input: &'a mut (dyn BufRead + Send),
    number: u64,
}

impl Lines<'_> {
    fn next(&mut self) -> Result<Option<Vec<u8>>, LedgerError> {
        self.number += 1;
        let mut line = Vec::new();
        let mut limited = Read::take(&mut *self.input, LINE_BYTES_MAX);
        limited.read_until(b'\n', &mut line).map_err(LedgerError::ExportFile)?;
        match line.pop() {
            None => Ok(None),
            Some(b'\n') => Ok(Some(line)),
            Some(_) => Err(self.wrong("the line is cut short or longer than 128 MiB")),
        }
    }

    fn wrong(&self, why: &str) -> LedgerError {
        LedgerError::Import { line: self.number, why: why.to_owned() }
    }

    /// Damage met while taking in a line is the line's.
    fn at(&self, error: LedgerError) -> LedgerError {
        match error {
            LedgerError::Damaged { what } => self.wrong(&what),
            other => other,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct FirstLine {
    sakimori_ledger: u32,
    head: HeadLine,
}

impl FirstLine {
    fn read(text: &[u8]) -> Result<Self, String> {
        let line: Self = serde_json::from_slice(text)
            .map_err(|cause| format!("it does not begin an export of a ledger: {cause}"))?;
        if line.sakimori_ledger > EXPORT_FORMAT {
            return Err(format!("format {} is newer than this version", line.sakimori_ledger));
        }
        Ok(line)
    }

    const fn head(&self) -> Head {
        Head { seq: self.head.seq, digest: self.head.digest }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HeadLine {
    seq: u64,
    digest: Digest,
}

impl HeadLine {
    const fn of(head: Head) -> Self {
        Self { seq: head.seq, digest: head.digest }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Line {
    Entry(EntryLine),
    Private(PrivateLine),
    End(EndLine),
}

impl Line {
    fn read(text: &[u8]) -> Result<Self, String> {
        serde_json::from_slice(text).map_err(|cause| cause.to_string())
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EntryLine {
    seq: u64,
    stream: String,
    kind: String,
    at: Instant,
    actor: String,
    body: Box<RawValue>,
    puts: Box<RawValue>,
    previous: Digest,
    digest: Digest,
}

impl EntryLine {
    fn of(entry: &Entry) -> Result<Self, LedgerError> {
        let raw = |text: &str| {
            RawValue::from_string(text.to_owned()).map_err(|cause| LedgerError::Damaged {
                what: format!("entry {}: {cause}", entry.seq),
            })
        };
        Ok(Self {
            seq: entry.seq,
            stream: entry.stream.clone(),
            kind: entry.kind.clone(),
            at: entry.at,
            actor: entry.actor.clone(),
            body: raw(&entry.body_text)?,
            puts: raw(&entry.puts_text)?,
            previous: entry.previous,
            digest: entry.digest,
        })
    }

    fn sealed(self) -> Sealed {
        Sealed {
            seq: self.seq,
            stream: self.stream,
            kind: self.kind,
            at: self.at,
            actor: self.actor,
            body: self.body.get().to_owned(),
            puts: self.puts.get().to_owned(),
            previous: self.previous,
            digest: self.digest,
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PrivateLine {
    shelf: String,
    key: String,
    body: serde_json::Value,
    expires_at: Option<Instant>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EndLine {
    entries: u64,
    private: u64,
}

fn write_line(out: &mut (dyn Write + Send), line: &impl Serialize) -> Result<(), LedgerError> {
    let mut text = serde_json::to_vec(line)
        .map_err(|cause| LedgerError::ExportFile(std::io::Error::other(cause)))?;
    text.push(b'\n');
    out.write_all(&text).map_err(LedgerError::ExportFile)
}
