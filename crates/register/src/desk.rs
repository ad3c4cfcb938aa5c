//! The register as it is kept: entries by id, which begins with the prefecture, and one tally for each prefecture.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{
    Chance, Clock, Date, InstitutionKind, Organisation, OrganisationId, Prefecture, jst_date,
};
use serde_json::json;

use crate::census::{Census, Tally};
use crate::compare::{Terms, compare};
use crate::error::RegisterError;
use crate::facility::{Facility, id_head, new_id, prefecture_of};
use crate::folding::fold;
use crate::list::Row;
use crate::proposal::{Proposal, Proposed};

mod nodes;
mod proposing;

/// [`Facility`] by id.
const FACILITY: &str = "register.facility";
/// [`Tally`] by the two digits of the prefecture.
const CENSUS: &str = "register.census";
/// [`Proposal`] by entry and sort.
const PROPOSAL: &str = "register.proposal";
/// The entry's id by the id of the node's organisation.
const NODE: &str = "register.node";
/// How many entries one commit of an import carries: some 2 MB, so that other commits do not wait long.
const CHUNK: usize = 1_000;
/// How many records are read at a time.
const PAGE: usize = 1_000;

/// The register of one office. Share it in an `Arc`.
pub struct Register {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    roll: Mutex<Option<Roll>>,
}

/// Those without a node, as of these versions of the census.
#[derive(Clone)]
struct Roll {
    versions: Vec<u64>,
    /// All of them.
    known: Arc<Vec<Organisation>>,
    /// Those that this office itself reaches; the same list when that is all of them.
    own: Arc<Vec<Organisation>>,
}

/// What a list of entries is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// Only there.
    pub prefecture: Option<Prefecture>,
    /// Only those whose name, reading, place, address or code has this in it; empty for all.
    pub text: String,
    /// Closed ones as well.
    pub closed_too: bool,
}

/// A piece of a list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// The entries.
    pub facilities: Vec<Facility>,
    /// After which entry to go on; `None` at the end.
    pub next: Option<OrganisationId>,
}

/// What an import did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Imported {
    /// Entries that are new.
    pub n_added: usize,
    /// Entries that were changed.
    pub n_changed: usize,
    /// Entries that the list confirms.
    pub n_same: usize,
    /// Entries that are proposed as closed.
    pub n_proposed: usize,
}

/// An entry with the version it was read in.
struct Kept {
    facility: Facility,
    version: u64,
}

impl Register {
    /// The register in that store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance, roll: Mutex::default() }
    }

    /// An entry and the version it is in, for [`Register::change`].
    ///
    /// # Errors
    /// [`RegisterError::Unknown`] when there is none.
    pub async fn get(&self, id: &OrganisationId) -> Result<(Facility, u64), RegisterError> {
        prefecture_of(id).ok_or(RegisterError::Unknown)?;
        let record = self.store.get(FACILITY, id.as_str()).await?.ok_or(RegisterError::Unknown)?;
        Ok((record.read()?, record.version))
    }

    /// The entry of an organisation: by the register's own id, or by the id of its node; `None` when there is none.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn entry_of(
        &self,
        organisation: &OrganisationId,
    ) -> Result<Option<Facility>, RegisterError> {
        let mut id = organisation.clone();
        if prefecture_of(&id).is_none() {
            let Some(record) = self.store.get(NODE, id.as_str()).await? else { return Ok(None) };
            id = record.read()?;
        }
        let record = self.store.get(FACILITY, id.as_str()).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    /// Up to `limit` entries in the order of prefectures, those after `after` only.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(
        &self,
        asked: &Asked,
        after: Option<&OrganisationId>,
        limit: usize,
    ) -> Result<Shown, RegisterError> {
        let mut walk = Walk::new(asked.prefecture, after);
        let wanted = fold(&asked.text);
        let mut shown = Shown::default();
        while let Some(page) = walk.page(&*self.store).await? {
            for kept in page {
                if !fits(&kept.facility, asked.closed_too, &wanted) {
                    continue;
                }
                if shown.facilities.len() == limit {
                    shown.next = shown.facilities.last().map(|last| last.id().clone());
                    return Ok(shown);
                }
                shown.facilities.push(kept.facility);
            }
        }
        Ok(shown)
    }

    /// The open institutions that this office itself reaches: without a node of their own, and of no other office. Kept in memory
    /// until the register changes; the same value until then.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn roll(&self) -> Result<Arc<Vec<Organisation>>, LedgerError> {
        Ok(self.kept_roll().await?.own)
    }

    /// The open institutions without a node of their own, also those that another office reaches. Kept as [`Register::roll`] is.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn known(&self) -> Result<Arc<Vec<Organisation>>, LedgerError> {
        Ok(self.kept_roll().await?.known)
    }

    async fn kept_roll(&self) -> Result<Roll, LedgerError> {
        // Every change of an entry puts the census of its prefecture. Asked before the entries are read.
        let census = self.store.list(CENSUS, None, PAGE).await?;
        let versions: Vec<u64> = census.iter().map(|record| record.version).collect();
        let kept = self.roll.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(roll) = kept.filter(|roll| roll.versions == versions) {
            return Ok(roll);
        }
        let roll = self.read_roll(versions).await?;
        *self.roll.lock().unwrap_or_else(PoisonError::into_inner) = Some(roll.clone());
        Ok(roll)
    }

    async fn read_roll(&self, versions: Vec<u64>) -> Result<Roll, LedgerError> {
        let (mut known, mut is_own) = (vec![], vec![]);
        let mut walk = Walk::new(None, None);
        while let Some(page) = walk.page(&*self.store).await? {
            let facilities = page.into_iter().map(|kept| kept.facility);
            for one in facilities.filter(|one| one.is_open() && !one.way.is_node()) {
                is_own.push(one.way.is_own());
                known.push(one.organisation);
            }
        }
        let known = Arc::new(known);
        let own = if is_own.iter().all(|own| *own) {
            Arc::clone(&known)
        } else {
            let own = known.iter().zip(is_own).filter(|(_, own)| *own);
            Arc::new(own.map(|(one, _)| one.clone()).collect())
        };
        Ok(Roll { versions, known, own })
    }

    /// How many institutions of each sort there are.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn census(&self) -> Result<Census, RegisterError> {
        let mut census = Census::default();
        for record in self.store.list(CENSUS, None, PAGE).await? {
            if let Some(prefecture) = record.key.parse().ok().and_then(Prefecture::from_code) {
                census.set(prefecture, record.read()?);
            }
        }
        Ok(census)
    }

    /// The census counted anew from every entry: what [`Register::census`] must be.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn recount(&self) -> Result<Census, RegisterError> {
        let mut census = Census::default();
        for prefecture in Prefecture::all() {
            let mut tally = Tally::default();
            let mut walk = Walk::new(Some(prefecture), None);
            while let Some(page) = walk.page(&*self.store).await? {
                page.iter().for_each(|kept| tally.add(&kept.facility));
            }
            census.set(prefecture, tally);
        }
        Ok(census)
    }

    /// Enters an institution; it gets its id here.
    ///
    /// # Errors
    /// When name or prefecture is missing.
    pub async fn add(&self, mut facility: Facility, by: &str) -> Result<Facility, RegisterError> {
        let prefecture = check(&facility)?;
        facility.organisation.id = new_id(prefecture, self.clock.now(), &*self.chance);
        let put = Put::new(FACILITY, facility.id().as_str(), &facility)?.absent();
        let (mut tally, version) = self.tally(prefecture).await?;
        tally.add(&facility);
        let fact = self.fact(prefecture, "facility_entered", by, &facility)?.put(put);
        self.commit(fact.put(census_put(prefecture, &tally, version)?)).await?;
        Ok(facility)
    }

    /// Changes an entry that was read in that version.
    ///
    /// # Errors
    /// When it was changed meanwhile, name or prefecture is missing, or the prefecture is another one.
    pub async fn change(
        &self,
        facility: &Facility,
        version: u64,
        by: &str,
    ) -> Result<(), RegisterError> {
        self.replace(facility, version, "facility_changed", by, vec![]).await
    }

    /// Closes an institution as of that day; the entry stays.
    ///
    /// # Errors
    /// When the day lies in the future, or there is no such entry.
    pub async fn close(
        &self,
        id: &OrganisationId,
        on: Date,
        by: &str,
    ) -> Result<Facility, RegisterError> {
        if on > jst_date(self.clock.now()) {
            return Err(RegisterError::FutureDay);
        }
        let (mut facility, version) = self.get(id).await?;
        facility.closed_on = Some(on);
        let settled = proposing::settled(&*self.store, id).await?;
        self.replace(&facility, version, "facility_closed", by, settled).await?;
        Ok(facility)
    }

    /// Takes a list in, prefecture by prefecture, [`CHUNK`] entries in a commit. As often as it comes the result is the same: what
    /// an import that was cut short did not reach, the next one does.
    ///
    /// # Errors
    /// When somebody changed an entry at the same moment, or the ledger fails. What was committed before stays.
    pub async fn import(
        &self,
        rows: Vec<Row>,
        terms: &Terms,
        by: &str,
    ) -> Result<Imported, RegisterError> {
        let complete = terms.extent.complete_kinds(&rows);
        let mut places: BTreeMap<Prefecture, Vec<Row>> = BTreeMap::new();
        for row in rows {
            places.entry(row.prefecture).or_default().push(row);
        }
        let mut imported = Imported::default();
        for (prefecture, rows) in places {
            self.import_into(prefecture, &rows, &complete, terms, by, &mut imported).await?;
        }
        Ok(imported)
    }

    async fn import_into(
        &self,
        prefecture: Prefecture,
        rows: &[Row],
        complete: &BTreeSet<InstitutionKind>,
        terms: &Terms,
        by: &str,
        imported: &mut Imported,
    ) -> Result<(), RegisterError> {
        let (known, versions) = self.all_in(prefecture).await?;
        let comparison = compare(&known, rows, complete, terms);
        let before: BTreeMap<&OrganisationId, &Facility> =
            known.iter().map(|one| (one.id(), one)).collect();
        imported.n_same += comparison.n_same;
        imported.n_added += comparison.added.len();
        imported.n_changed += comparison.changed.len();
        let mut entries = comparison.added;
        for entry in entries.iter_mut().filter(|one| one.id().as_str().is_empty()) {
            entry.organisation.id = new_id(prefecture, self.clock.now(), &*self.chance);
        }
        entries.extend(comparison.changed);
        for chunk in entries.chunks(CHUNK) {
            let (mut tally, tally_version) = self.tally(prefecture).await?;
            let body = json!({ "list": terms.source, "n": chunk.len() });
            let mut fact = self.fact(prefecture, "list_taken_in", by, &body)?;
            for entry in chunk {
                if let Some(before) = before.get(entry.id()) {
                    tally.remove(before);
                }
                tally.add(entry);
                let version = versions.get(entry.id()).copied().unwrap_or_default();
                let put = Put::new(FACILITY, entry.id().as_str(), entry)?;
                fact = fact.put(put.version(version));
            }
            self.commit(fact.put(census_put(prefecture, &tally, tally_version)?)).await?;
        }
        let missing = known.iter().filter(|one| comparison.missing.contains(one.id()));
        let proposals = missing.map(|one| Proposal {
            facility: one.id().clone(),
            name: one.organisation.name.clone(),
            what: Proposed::Closed { list: terms.source.name.clone(), on: terms.source.on },
        });
        let proposals: Vec<Proposal> = proposals.collect();
        imported.n_proposed += proposals.len();
        self.propose(prefecture, proposals, &comparison.named, by).await
    }

    /// Every entry of a prefecture, and the version each was read in.
    async fn all_in(
        &self,
        prefecture: Prefecture,
    ) -> Result<(Vec<Facility>, BTreeMap<OrganisationId, u64>), RegisterError> {
        let (mut all, mut versions) = (vec![], BTreeMap::new());
        let mut walk = Walk::new(Some(prefecture), None);
        while let Some(page) = walk.page(&*self.store).await? {
            for kept in page {
                versions.insert(kept.facility.id().clone(), kept.version);
                all.push(kept.facility);
            }
        }
        Ok((all, versions))
    }

    /// Replaces an entry, counts it anew and lays `more` beside it.
    async fn replace(
        &self,
        facility: &Facility,
        version: u64,
        kind: &str,
        by: &str,
        more: Vec<Put>,
    ) -> Result<(), RegisterError> {
        let prefecture = check(facility)?;
        if prefecture_of(facility.id()) != Some(prefecture) {
            return Err(RegisterError::Moved);
        }
        let (before, found) = self.get(facility.id()).await?;
        if found != version {
            return Err(RegisterError::ChangedMeanwhile);
        }
        let (mut tally, tally_version) = self.tally(prefecture).await?;
        tally.remove(&before);
        tally.add(facility);
        let put = Put::new(FACILITY, facility.id().as_str(), facility)?.version(version);
        let mut fact = self.fact(prefecture, kind, by, facility)?.put(put);
        fact.puts.extend(more);
        self.commit(fact.put(census_put(prefecture, &tally, tally_version)?)).await
    }

    async fn tally(&self, prefecture: Prefecture) -> Result<(Tally, u64), RegisterError> {
        let record = self.store.get(CENSUS, &census_key(prefecture)).await?;
        let version = record.as_ref().map_or(0, |record| record.version);
        let tally = record.map(|record| record.read()).transpose()?.unwrap_or_default();
        Ok((tally, version))
    }

    fn fact(
        &self,
        prefecture: Prefecture,
        kind: &str,
        by: &str,
        body: &impl serde::Serialize,
    ) -> Result<Fact, RegisterError> {
        let stream = format!("register/{:02}", prefecture.code());
        Ok(Fact::new(stream, kind, self.clock.now(), by, body)?)
    }

    async fn commit(&self, fact: Fact) -> Result<(), RegisterError> {
        self.store.commit(vec![fact]).await?;
        Ok(())
    }
}

/// A walk over the entries in the order of keys.
struct Walk {
    head: String,
    after: Option<String>,
    ended: bool,
}

impl Walk {
    fn new(prefecture: Option<Prefecture>, after: Option<&OrganisationId>) -> Self {
        let head = prefecture.map(id_head).unwrap_or_default();
        let after = after.map(OrganisationId::to_string).filter(|after| *after >= head);
        let begin = Some(head.clone()).filter(|head| !head.is_empty());
        Self { after: after.or(begin), head, ended: false }
    }

    /// The next entries; `None` at the end.
    async fn page(&mut self, store: &dyn Store) -> Result<Option<Vec<Kept>>, LedgerError> {
        if self.ended {
            return Ok(None);
        }
        let records = store.list(FACILITY, self.after.as_deref(), PAGE).await?;
        let n_read = records.len();
        let own: Vec<Record> =
            records.into_iter().take_while(|record| record.key.starts_with(&self.head)).collect();
        self.ended = own.len() < PAGE || n_read < PAGE;
        self.after = own.last().map(|record| record.key.clone());
        let kept = own.iter().map(|record| {
            Ok::<_, LedgerError>(Kept { facility: record.read()?, version: record.version })
        });
        Ok(Some(kept.collect::<Result<_, _>>()?))
    }
}

fn fits(facility: &Facility, closed_too: bool, wanted: &str) -> bool {
    if !closed_too && !facility.is_open() {
        return false;
    }
    let texts =
        [&facility.organisation.name, &facility.kana, &facility.municipality, &facility.address];
    wanted.is_empty()
        || texts.iter().any(|text| fold(text).contains(wanted))
        || facility.code().contains(wanted)
}

/// The prefecture of an entry that can be kept.
fn check(facility: &Facility) -> Result<Prefecture, RegisterError> {
    if facility.organisation.name.trim().is_empty() {
        return Err(RegisterError::Missing { what: "name" });
    }
    facility.prefecture().ok_or(RegisterError::Missing { what: "prefecture" })
}

fn census_key(prefecture: Prefecture) -> String {
    format!("{:02}", prefecture.code())
}

fn census_put(prefecture: Prefecture, tally: &Tally, version: u64) -> Result<Put, RegisterError> {
    Ok(Put::new(CENSUS, census_key(prefecture), tally)?.version(version))
}
