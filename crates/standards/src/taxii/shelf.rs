//! The shelf: STIX objects in the order in which they were put there, on the ledger.
//!
//! Clients of TAXII page by the time at which an object was added, and lose objects when two share one. So every object has a time of
//! its own here, later than that of every object before: a microsecond is added until it is. The time is the key on the shelf; a head
//! record with the last one makes two processes take turns.

use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{Clock, Instant, OrganisationId, Tlp, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::Collection;
use crate::{stix, tlp, troubles};

/// Objects put there by one fact.
const OBJECTS_PER_FACT: usize = 200;

/// Records read from the ledger at once.
const RECORDS_AT_ONCE: usize = 500;

/// How often putting is tried again because another process was faster.
const TRIES: usize = 500;

/// Shelf of the last time in each collection.
const HEADS: &str = "taxii_head";

/// Stream of the facts.
const STREAM: &str = "taxii_shelf";

/// The shelf of an organisation.
pub struct Shelf {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// People of one process take turns here, so that only other processes are met in a conflict.
    turn: tokio::sync::Mutex<()>,
}

/// An object in its place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Placed {
    /// When it was added: no other object of the collection has the same time.
    pub added_at: Instant,
    /// Its id.
    pub id: String,
    /// Its version, as TAXII names it.
    pub version: String,
    /// Whether it is the first version of its id here.
    first: bool,
    /// Whether it is the last version of its id here.
    last: bool,
    /// The object.
    pub object: Value,
}

/// What an [`Shelf::add`] did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Added {
    /// Objects that are new.
    pub n_new: usize,
    /// Objects that were there in the same version.
    pub n_known: usize,
}

/// Which objects are wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Filter {
    /// These ids; all when empty.
    pub ids: Vec<String>,
    /// These types; all when empty.
    pub types: Vec<String>,
    /// These versions.
    pub versions: Versions,
    /// These versions of STIX; all when empty.
    pub spec_versions: Vec<String>,
}

/// Which versions of an object are wanted: any of what is set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Versions {
    /// The first one here.
    pub first: bool,
    /// The last one here.
    pub last: bool,
    /// Every one.
    pub all: bool,
    /// Those of these times.
    pub at: Vec<Instant>,
}

impl Default for Filter {
    /// The last version of everything, which is what TAXII means by no filter.
    fn default() -> Self {
        let versions = Versions { first: false, last: true, all: false, at: vec![] };
        Self { ids: vec![], types: vec![], versions, spec_versions: vec![] }
    }
}

/// Some objects, in the order in which they were added.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Page {
    /// The objects.
    pub placed: Vec<Placed>,
    /// Whether there are more: go on after the last one's time.
    pub more: bool,
}

/// Why objects could not be put on the shelf or read from it.
#[derive(Debug, thiserror::Error)]
pub enum ShelfError {
    /// An object is for a narrower audience than the collection, or for one that cannot be told.
    #[error("object `{id}` is {} and must not go into {}", label.label(), collection.label())]
    TooNarrow {
        /// The object.
        id: String,
        /// Its label; RED when it carries none.
        label: Tlp,
        /// The label of the collection.
        collection: Tlp,
    },
    /// What was handed in is no STIX object.
    #[error("an object has no id or type")]
    NoObject,
    /// Other processes were faster every time.
    #[error("the shelf was changed by others all the time")]
    Busy,
    /// The ledger refused.
    #[error("the shelf could not be read or kept")]
    Ledger(#[from] LedgerError),
}

impl ShelfError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::TooNarrow { .. } => &troubles::TOO_NARROW,
            Self::NoObject => &troubles::NOT_STIX,
            Self::Busy => &troubles::SHELF_BUSY,
        };
        Trouble::because(kind, self)
    }
}

/// What is kept of an id: its versions and where they lie.
#[derive(Default, Serialize, Deserialize)]
struct Known {
    versions: Vec<(String, Instant)>,
}

/// The last time that was given in a collection.
#[derive(Default, Serialize, Deserialize)]
struct Head {
    last_added_at: Instant,
}

impl Shelf {
    /// A shelf on the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock, turn: tokio::sync::Mutex::new(()) }
    }

    /// Puts objects into a collection; those that are there in the same version stay as they are. `by` is who, as facts name actors.
    ///
    /// # Errors
    /// [`ShelfError::TooNarrow`] before anything is put; or the ledger's.
    pub async fn add(
        &self,
        collection: &Collection,
        objects: &[Value],
        by: &str,
    ) -> Result<Added, ShelfError> {
        for object in objects {
            check(object, collection.tlp)?;
        }
        let _turn = self.turn.lock().await;
        let mut added = Added::default();
        for some in objects.chunks(OBJECTS_PER_FACT) {
            let n_new = self.add_some(collection, some, by).await?;
            added.n_new += n_new;
            added.n_known += some.len() - n_new;
        }
        Ok(added)
    }

    /// Puts objects where those of their label see them, each with what everybody needs to read it: definitions of labels, and identities
    /// that are for a wider audience.
    ///
    /// # Errors
    /// As [`Shelf::add`]; [`ShelfError::TooNarrow`] when an object is RED or its label cannot be read.
    pub async fn publish(
        &self,
        organisation: &OrganisationId,
        objects: &[Value],
        by: &str,
    ) -> Result<Vec<(Collection, Added)>, ShelfError> {
        for object in objects {
            check(object, Tlp::AmberStrict)?;
        }
        let mut done = Vec::new();
        for collection in Collection::all(organisation) {
            let goes = |object: &&Value| {
                let own = label(object) == collection.tlp;
                own || (is_shared(object) && label(object) < collection.tlp)
            };
            let own: Vec<Value> = objects.iter().filter(goes).cloned().collect();
            if own.iter().any(|object| !is_shared(object)) {
                let added = self.add(&collection, &own, by).await?;
                done.push((collection, added));
            }
        }
        Ok(done)
    }

    /// Objects after a time, oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn page(
        &self,
        collection: &Collection,
        filter: &Filter,
        after: Option<Instant>,
        limit: usize,
    ) -> Result<Page, ShelfError> {
        let shelf = shelf_of(collection);
        let mut page = Page::default();
        let mut after = after.map(key);
        loop {
            let records = self.store.list(&shelf, after.as_deref(), RECORDS_AT_ONCE).await?;
            for record in &records {
                let placed: Placed = record.read()?;
                if !filter.wants(&placed) {
                    continue;
                }
                if page.placed.len() >= limit {
                    page.more = true;
                    return Ok(page);
                }
                page.placed.push(placed);
            }
            match records.last() {
                Some(last) if records.len() >= RECORDS_AT_ONCE => after = Some(last.key.clone()),
                _ => return Ok(page),
            }
        }
    }

    /// How many objects a collection holds, all versions counted.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn count(&self, collection: &Collection) -> Result<u64, ShelfError> {
        Ok(self.store.count(&shelf_of(collection)).await?)
    }

    async fn add_some(
        &self,
        collection: &Collection,
        objects: &[Value],
        by: &str,
    ) -> Result<usize, ShelfError> {
        for _ in 0..TRIES {
            let (fact, n_new) = self.fact(collection, objects, by).await?;
            let Some(fact) = fact else { return Ok(0) };
            match self.store.commit(vec![fact]).await {
                Ok(_) => return Ok(n_new),
                Err(LedgerError::Conflict { .. }) => tokio::task::yield_now().await,
                Err(other) => return Err(other.into()),
            }
        }
        Err(ShelfError::Busy)
    }

    /// The fact that puts what is new, provided that nobody else puts anything meanwhile; none when nothing is new.
    async fn fact(
        &self,
        collection: &Collection,
        objects: &[Value],
        by: &str,
    ) -> Result<(Option<Fact>, usize), ShelfError> {
        let now = self.clock.now();
        let head = self.store.get(HEADS, &collection.id).await?;
        let head_version = head.as_ref().map_or(0, |head| head.version);
        let mut last_added_at = read_or_default::<Head>(head.as_ref())?.last_added_at;
        let mut draft = Draft::default();
        let mut ids = Vec::new();
        for object in objects {
            let id = text(object, "id").to_owned();
            self.load(collection, &id, &mut draft).await?;
            let added_at = later(now, last_added_at);
            if draft.place(object, &id, added_at) {
                last_added_at = added_at;
                ids.push(id);
            }
        }
        if ids.is_empty() {
            return Ok((None, 0));
        }
        let head = Put::new(HEADS, &collection.id, &Head { last_added_at })?.version(head_version);
        let body =
            json!({ "collection": collection.id, "tlp": collection.tlp, "n_objects": ids.len() });
        let mut fact = Fact::new(STREAM, "taxii_objects_added", now, by, &body)?.put(head);
        for put in draft.puts(collection)? {
            fact = fact.put(put);
        }
        Ok((Some(fact), ids.len()))
    }

    /// What is known of an id and where its versions lie, read once.
    async fn load(
        &self,
        collection: &Collection,
        id: &str,
        draft: &mut Draft,
    ) -> Result<(), ShelfError> {
        if draft.known.contains_key(id) {
            return Ok(());
        }
        let record = self.store.get(&ids_of(collection), id).await?;
        let known: Known = read_or_default(record.as_ref())?;
        for (_, at) in &known.versions {
            if let Some(record) = self.store.get(&shelf_of(collection), &key(*at)).await? {
                draft.placed.insert(*at, (record.read()?, false));
            }
        }
        draft.known.insert(id.to_owned(), (known, false));
        Ok(())
    }
}

/// What one fact will have changed: of each id and of each place, whether it did.
#[derive(Default)]
struct Draft {
    known: std::collections::BTreeMap<String, (Known, bool)>,
    placed: std::collections::BTreeMap<Instant, (Placed, bool)>,
}

impl Draft {
    /// Places an object, unless that version of it is there. Returns whether it did.
    fn place(&mut self, object: &Value, id: &str, added_at: Instant) -> bool {
        let Some((known, changed)) = self.known.get_mut(id) else { return false };
        let own = own_version(object);
        if own.is_none() && !known.versions.is_empty() {
            // What carries no time has one version only.
            return false;
        }
        let version = own.unwrap_or_else(|| added_at.rfc3339());
        if known.versions.iter().any(|(own, _)| same_version(own, &version)) {
            return false;
        }
        known.versions.push((version.clone(), added_at));
        known.versions.sort_by_key(|(version, at)| (Instant::parse(version).ok(), *at));
        *changed = true;
        let id = id.to_owned();
        let placed =
            Placed { added_at, id, version, first: false, last: false, object: object.clone() };
        self.placed.insert(added_at, (placed, true));
        let n_last = known.versions.len().saturating_sub(1);
        for (n, (_, at)) in known.versions.iter().enumerate() {
            if let Some((placed, changed)) = self.placed.get_mut(at) {
                let (first, last) = (n == 0, n == n_last);
                *changed |= (placed.first, placed.last) != (first, last);
                (placed.first, placed.last) = (first, last);
            }
        }
        true
    }

    fn puts(&self, collection: &Collection) -> Result<Vec<Put>, LedgerError> {
        let mut puts = Vec::new();
        for (id, (known, changed)) in &self.known {
            if *changed {
                puts.push(Put::new(ids_of(collection), id, known)?);
            }
        }
        for (at, (placed, changed)) in &self.placed {
            if *changed {
                puts.push(Put::new(shelf_of(collection), key(*at), placed)?);
            }
        }
        Ok(puts)
    }
}

impl Filter {
    fn wants(&self, placed: &Placed) -> bool {
        let among =
            |wanted: &[String], own: &str| wanted.is_empty() || wanted.iter().any(|one| one == own);
        let spec_version =
            placed.object.get("spec_version").and_then(Value::as_str).unwrap_or("2.1");
        among(&self.ids, &placed.id)
            && among(&self.types, text(&placed.object, "type"))
            && among(&self.spec_versions, spec_version)
            && self.versions.wants(placed)
    }
}

impl Versions {
    fn wants(&self, placed: &Placed) -> bool {
        let at = || Instant::parse(&placed.version).is_ok_and(|own| self.at.contains(&own));
        self.all || (self.first && placed.first) || (self.last && placed.last) || at()
    }
}

/// Whether an object may go where everybody of that label sees it.
pub(super) fn check(object: &Value, collection: Tlp) -> Result<(), ShelfError> {
    let (id, kind) = (text(object, "id"), text(object, "type"));
    if id.is_empty() || kind.is_empty() {
        return Err(ShelfError::NoObject);
    }
    let label = label(object);
    if label > collection {
        return Err(ShelfError::TooNarrow {
            id: crate::intelligence::shown(id),
            label,
            collection,
        });
    }
    Ok(())
}

/// Who may see an object. The definition of a known label tells nobody anything.
pub(super) fn label(object: &Value) -> Tlp {
    let is_label = text(object, "type") == "marking-definition"
        && tlp::of_marking_id(text(object, "id")).is_some();
    if is_label { Tlp::Clear } else { stix::marking_of(object) }
}

/// Whether other objects refer to it to be understood.
pub(super) fn is_shared(object: &Value) -> bool {
    matches!(text(object, "type"), "marking-definition" | "identity" | "extension-definition")
}

/// The version of an object: when it was modified, else created. Without either, TAXII takes the time at which it was added.
fn own_version(object: &Value) -> Option<String> {
    let own = [text(object, "modified"), text(object, "created")];
    own.into_iter().find(|time| Instant::parse(time).is_ok()).map(str::to_owned)
}

/// The same instant may be written with more or fewer digits.
fn same_version(one: &str, other: &str) -> bool {
    one == other
        || matches!((Instant::parse(one), Instant::parse(other)), (Ok(one), Ok(other)) if one == other)
}

fn later(now: Instant, last: Instant) -> Instant {
    now.max(Instant::from_micros(last.as_micros().saturating_add(1)))
}

/// A key that sorts as the time does.
fn key(at: Instant) -> String {
    format!("{:020}", at.as_micros().max(0))
}

fn shelf_of(collection: &Collection) -> String {
    format!("taxii_object/{}", collection.id)
}

fn ids_of(collection: &Collection) -> String {
    format!("taxii_id/{}", collection.id)
}

fn read_or_default<T: Default + serde::de::DeserializeOwned>(
    record: Option<&Record>,
) -> Result<T, LedgerError> {
    record.map_or_else(|| Ok(T::default()), Record::read)
}

fn text<'a>(object: &'a Value, name: &str) -> &'a str {
    object.get(name).and_then(Value::as_str).unwrap_or_default()
}
