//! What a commit would do, worked out before anything is written. Pure, and the same for every engine.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};

use sakimori_words::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::chain::{Linked, Sealed};
use crate::{Entry, Expect, Fact, Head, LedgerError, Put, PutText, Record, StreamPuts};

/// Longest stream, kind, actor, shelf or key, in bytes. Keys are index entries on both engines.
const NAME_BYTES_MAX: usize = 512;
/// Largest body of a fact or a record, in bytes. Files belong elsewhere; the ledger keeps what people decided.
const BODY_BYTES_MAX: usize = 8 * 1024 * 1024;
/// Largest commit, in bytes of all its texts.
const COMMIT_BYTES_MAX: usize = 64 * 1024 * 1024;
/// Deepest nesting of a body. Reading JSON back stops at 128 levels, so what is deeper could never be read again.
const BODY_DEPTH_MAX: usize = 100;

/// (shelf, key).
pub(crate) type Place = (String, String);

/// A fact that may be kept, with its texts already made: the bytes that are hashed are the bytes that are stored.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    fact: Fact,
    body: String,
    puts: String,
}

impl Draft {
    /// Checks the fact and writes its texts.
    pub(crate) fn new(fact: Fact) -> Result<Self, LedgerError> {
        for (what, name) in [("stream", &fact.stream), ("kind", &fact.kind), ("actor", &fact.actor)]
        {
            check_name(what, name)?;
        }
        let body = text_of("the body of a fact", &fact.body)?;
        let mut places = BTreeSet::new();
        let mut kept = Vec::with_capacity(fact.puts.len());
        for put in &fact.puts {
            check_name("shelf", &put.shelf)?;
            check_name("key", &put.key)?;
            if !places.insert((&put.shelf, &put.key)) {
                return Err(unfit("a fact", "it puts one record twice"));
            }
            kept.push(KeptPut::of(put)?);
        }
        let puts = serde_json::to_string(&kept)
            .map_err(|cause| unfit("the puts of a fact", &cause.to_string()))?;
        Ok(Self { fact, body, puts })
    }

    /// The places whose versions the plan needs to know.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        self.fact.puts.iter().map(|put| (put.shelf.clone(), put.key.clone()))
    }
}

/// Checks the facts of one commit and writes their texts.
pub(crate) fn drafts(facts: Vec<Fact>) -> Result<Vec<Draft>, LedgerError> {
    let drafts: Vec<Draft> = facts.into_iter().map(Draft::new).collect::<Result<_, _>>()?;
    let n_bytes: usize = drafts.iter().map(|draft| draft.body.len() + draft.puts.len()).sum();
    if n_bytes > COMMIT_BYTES_MAX {
        return Err(unfit("a commit", "it is larger than 64 MiB"));
    }
    Ok(drafts)
}

/// A change of a shelf.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShelfChange {
    pub(crate) shelf: String,
    pub(crate) key: String,
    /// `None`: taken off.
    pub(crate) body: Option<String>,
}

/// A record as its row holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ShelfRow {
    pub(crate) shelf: String,
    pub(crate) key: String,
    pub(crate) version: u64,
    pub(crate) at: Instant,
    pub(crate) body: String,
}

impl ShelfRow {
    /// The record its texts mean.
    pub(crate) fn read(self) -> Result<Record, LedgerError> {
        let body = serde_json::from_str(&self.body).map_err(|cause| LedgerError::Damaged {
            what: format!("record `{}` on shelf `{}`: {cause}", self.key, self.shelf),
        })?;
        Ok(Record { shelf: self.shelf, key: self.key, version: self.version, at: self.at, body })
    }
}

/// What a commit does: entries to append, and what the shelves hold after all of them.
#[derive(Debug)]
pub(crate) struct Plan {
    pub(crate) sealed: Vec<Sealed>,
    pub(crate) net: Net,
    pub(crate) head: Head,
}

impl Plan {
    /// Where the entries stand in the chain.
    pub(crate) fn links(&self) -> Vec<Linked> {
        self.sealed.iter().map(Sealed::linked).collect()
    }
}

/// What the shelves hold after a run of entries: the last put of each place.
#[derive(Debug, Default)]
pub(crate) struct Net(BTreeMap<Place, Option<ShelfRow>>);

impl Net {
    /// Applies the puts of the next entry.
    pub(crate) fn apply(&mut self, entry: &Sealed) -> Result<(), LedgerError> {
        for change in rows_of(entry)? {
            let ShelfChange { shelf, key, body } = change;
            let place = (shelf.clone(), key.clone());
            let row =
                body.map(|body| ShelfRow { shelf, key, version: entry.seq, at: entry.at, body });
            self.0.insert(place, row);
        }
        Ok(())
    }

    /// Applies what a later run leaves.
    pub(crate) fn follow(&mut self, later: Self) {
        self.0.extend(later.0);
    }

    /// Rows to lay on the shelves.
    pub(crate) fn laid(&self) -> impl Iterator<Item = &ShelfRow> {
        self.0.values().flatten()
    }

    /// Places to clear.
    pub(crate) fn cleared(&self) -> impl Iterator<Item = &Place> {
        self.0.iter().filter(|(_, row)| row.is_none()).map(|(place, _)| place)
    }
}

/// The entries as callers get them, once it is known where each stands.
pub(crate) fn entries(drafts: Vec<Draft>, links: Vec<Linked>) -> Vec<Entry> {
    let entry = |(Draft { fact, body, puts }, at): (Draft, Linked)| Entry {
        seq: at.seq,
        stream: fact.stream,
        kind: fact.kind,
        at: fact.at,
        actor: fact.actor,
        body: fact.body,
        puts: fact.puts,
        body_text: body,
        puts_text: puts,
        previous: at.previous,
        digest: at.digest,
    };
    drafts.into_iter().zip(links).map(entry).collect()
}

/// Works out the entries and changes of one commit that follows `head`, given the current versions of all places it
/// touches. A place that is not in `versions` is empty.
pub(crate) fn plan(
    drafts: &[Draft],
    mut head: Head,
    mut versions: HashMap<Place, u64>,
) -> Result<Plan, LedgerError> {
    let mut entries = Vec::with_capacity(drafts.len());
    let mut net = Net::default();
    for draft in drafts {
        let sealed = seal(draft, head);
        head = sealed.head();
        for put in &draft.fact.puts {
            let place = (put.shelf.clone(), put.key.clone());
            if !holds(put.expect, versions.get(&place).copied()) {
                return Err(LedgerError::Conflict { shelf: place.0, key: place.1 });
            }
            if put.body.is_some() {
                versions.insert(place, sealed.seq);
            } else {
                versions.remove(&place);
            }
        }
        net.apply(&sealed)?;
        entries.push(sealed);
    }
    Ok(Plan { sealed: entries, net, head })
}

fn holds(expect: Expect, found: Option<u64>) -> bool {
    match expect {
        Expect::Any => true,
        Expect::Absent | Expect::Version(0) => found.is_none(),
        Expect::Version(version) => found == Some(version),
    }
}

fn seal(draft: &Draft, head: Head) -> Sealed {
    let mut sealed = Sealed {
        seq: head.seq.saturating_add(1),
        stream: draft.fact.stream.clone(),
        kind: draft.fact.kind.clone(),
        at: draft.fact.at,
        actor: draft.fact.actor.clone(),
        body: draft.body.clone(),
        puts: draft.puts.clone(),
        previous: head.digest,
        digest: sakimori_words::Digest::default(),
    };
    sealed.digest = sealed.expected_digest();
    sealed
}

/// The changes of shelves an entry brings, byte for byte as its text says.
pub(crate) fn rows_of(entry: &Sealed) -> Result<Vec<ShelfChange>, LedgerError> {
    let kept: Vec<KeptPut> = serde_json::from_str(&entry.puts)
        .map_err(|cause| damaged(entry.seq, &cause.to_string()))?;
    Ok(kept.into_iter().map(KeptPut::into_change).collect())
}

/// What stored puts, each with the sequence number of its entry, lay on `shelf` or take off it.
pub(crate) fn read_puts(rows: &[(u64, String)], shelf: &str) -> Result<StreamPuts, LedgerError> {
    /// Names may be written with escapes; the body stays where it is.
    #[derive(Deserialize)]
    struct Kept<'a> {
        #[serde(borrow)]
        shelf: Cow<'a, str>,
        #[serde(borrow)]
        key: Cow<'a, str>,
        #[serde(borrow, default)]
        body: Option<&'a RawValue>,
    }
    let mut puts = vec![];
    for (seq, text) in rows {
        let kept: Vec<Kept<'_>> =
            serde_json::from_str(text).map_err(|cause| damaged(*seq, &cause.to_string()))?;
        let of_shelf = kept.into_iter().filter(|put| put.shelf == shelf);
        puts.extend(of_shelf.map(|put| PutText {
            key: put.key.into_owned(),
            body: put.body.map(|raw| raw.get().to_owned()),
        }));
    }
    let through = rows.last().map(|(seq, _)| *seq);
    Ok(StreamPuts { through, n_entries: rows.len(), puts })
}

/// What a stored row means.
pub(crate) fn read_entry(sealed: Sealed) -> Result<Entry, LedgerError> {
    let broken = |cause: serde_json::Error| damaged(sealed.seq, &cause.to_string());
    let body = serde_json::from_str(&sealed.body).map_err(broken)?;
    let kept: Vec<KeptPut> = serde_json::from_str(&sealed.puts).map_err(broken)?;
    let puts = kept.iter().map(KeptPut::read).collect::<Result<_, _>>().map_err(broken)?;
    Ok(Entry {
        seq: sealed.seq,
        stream: sealed.stream,
        kind: sealed.kind,
        at: sealed.at,
        actor: sealed.actor,
        body,
        puts,
        body_text: sealed.body,
        puts_text: sealed.puts,
        previous: sealed.previous,
        digest: sealed.digest,
    })
}

/// The row of an entry that another store sealed.
pub(crate) fn sealed_of(entry: Entry) -> Sealed {
    Sealed {
        seq: entry.seq,
        stream: entry.stream,
        kind: entry.kind,
        at: entry.at,
        actor: entry.actor,
        body: entry.body_text,
        puts: entry.puts_text,
        previous: entry.previous,
        digest: entry.digest,
    }
}

/// Checks the names of a private record and writes its text.
pub(crate) fn private_text(shelf: &str, key: &str, body: &Value) -> Result<String, LedgerError> {
    check_name("shelf", shelf)?;
    check_name("key", key)?;
    text_of("a private record", body)
}

/// A put as the journal's text holds it. Bodies stay text: reading and writing a number again may spell it differently.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct KeptPut {
    shelf: String,
    key: String,
    /// Absent: taken off.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<Box<RawValue>>,
    /// 0: was to be absent; a version; absent: anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expect: Option<u64>,
}

impl KeptPut {
    fn of(put: &Put) -> Result<Self, LedgerError> {
        let body = match &put.body {
            None => None,
            Some(Value::Null) => {
                return Err(unfit("a record", "null reads as taken off the shelf"));
            }
            Some(body) => {
                let text = text_of("a record", body)?;
                let raw = RawValue::from_string(text)
                    .map_err(|cause| unfit("a record", &cause.to_string()))?;
                Some(raw)
            }
        };
        let expect = match put.expect {
            Expect::Any => None,
            Expect::Absent => Some(0),
            Expect::Version(version) => Some(version),
        };
        Ok(Self { shelf: put.shelf.clone(), key: put.key.clone(), body, expect })
    }

    fn into_change(self) -> ShelfChange {
        let body = self.body.map(|raw| raw.get().to_owned());
        ShelfChange { shelf: self.shelf, key: self.key, body }
    }

    fn read(&self) -> Result<Put, serde_json::Error> {
        let body = match &self.body {
            None => None,
            Some(raw) => Some(serde_json::from_str(raw.get())?),
        };
        let expect = match self.expect {
            None => Expect::Any,
            Some(0) => Expect::Absent,
            Some(version) => Expect::Version(version),
        };
        Ok(Put { shelf: self.shelf.clone(), key: self.key.clone(), body, expect })
    }
}

fn check_name(what: &str, name: &str) -> Result<(), LedgerError> {
    if name.is_empty() {
        Err(unfit(what, "it is empty"))
    } else if name.len() > NAME_BYTES_MAX {
        Err(unfit(what, "it is longer than 512 bytes"))
    } else if name.chars().any(char::is_control) {
        Err(unfit(what, "it has control characters"))
    } else {
        Ok(())
    }
}

fn text_of(what: &str, body: &Value) -> Result<String, LedgerError> {
    if !shallower_than(body, BODY_DEPTH_MAX) {
        return Err(unfit(what, "it is nested too deeply"));
    }
    let text = serde_json::to_string(body).map_err(|cause| unfit(what, &cause.to_string()))?;
    if text.len() > BODY_BYTES_MAX {
        return Err(unfit(what, "it is larger than 8 MiB"));
    }
    Ok(text)
}

fn shallower_than(value: &Value, levels: usize) -> bool {
    let Some(levels) = levels.checked_sub(1) else { return false };
    match value {
        Value::Array(items) => items.iter().all(|item| shallower_than(item, levels)),
        Value::Object(fields) => fields.values().all(|field| shallower_than(field, levels)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => true,
    }
}

fn unfit(what: &str, why: &str) -> LedgerError {
    LedgerError::Unfit { what: what.to_owned(), why: why.to_owned() }
}

fn damaged(seq: u64, why: &str) -> LedgerError {
    LedgerError::Damaged { what: format!("entry {seq}: {why}") }
}
