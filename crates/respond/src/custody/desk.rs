//! The custody part of the institution's desk: loads the evidence of a case, lets [`super::decide`] decide, commits.

use sakimori_ledger::{Fact, Put, Store, list_all};
use sakimori_words::{CaseId, Digest, new_uuid7};
use serde::{Deserialize, Serialize};

use super::decide::{self, Authority, Decided, ItemStep, PulledDisk};
use super::manifest::read_manifest;
use super::{
    ChainHead, ChainLine, Custody, CustodyError, EvidenceItem, Handling, ItemFacts, Machine, Photo,
};
use crate::{Actor, Case, CaseDesk, EntryKind, Moment, RespondError, TimelineEntry};

/// Heads of chains, by case.
const HEADS: &str = "custody";
/// Lines of chains, by `<case>/<number>`.
const LINES: &str = "custody_line";
/// Items, by `<case>/<number>`.
const ITEMS: &str = "custody_item";
/// Affected machines, by `<case>/<name>`.
const MACHINES: &str = "custody_machine";
/// Timeline entries, as the case's own desk keeps them.
const TIMELINE: &str = "case_timeline";
/// How often an act is decided again when somebody else wrote in between.
const ATTEMPTS_MAX: usize = 8;
/// Longest chain that is read.
const LINES_MAX: usize = 100_000;

/// A line as it is kept: its exact bytes are what the next line's digest is about.
#[derive(Serialize, Deserialize)]
struct Kept {
    text: String,
}

/// What the journal says of an act on evidence.
#[derive(Serialize)]
struct Body<'a> {
    head: ChainHead,
    entries: &'a [TimelineEntry],
}

/// The evidence of a case with the version it was read at.
struct Loaded {
    case: Case,
    custody: Custody,
    version: Option<u64>,
}

/// Every photograph of every case with its item, `<case>/<number>`.
///
/// # Errors
/// When the ledger fails.
pub async fn photographs(store: &dyn Store) -> Result<Vec<(String, Photo)>, CustodyError> {
    let mut found = Vec::new();
    for record in list_all(store, ITEMS).await? {
        let item: EvidenceItem = record.read()?;
        found.extend(item.photos.into_iter().map(|photo| (record.key.clone(), photo)));
    }
    Ok(found)
}

impl CaseDesk {
    /// The evidence of a case.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn custody(&self, id: &CaseId) -> Result<Custody, CustodyError> {
        Ok(self.read_custody(id).await?.0)
    }

    /// The head of a case's custody chain.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn custody_head(&self, id: &CaseId) -> Result<ChainHead, CustodyError> {
        let record = self.store.get(HEADS, id.as_str()).await?;
        Ok(record.map(|record| record.read()).transpose()?.unwrap_or_default())
    }

    /// The custody chain of a case as a file: a JSON object a line.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn custody_chain(&self, id: &CaseId) -> Result<String, CustodyError> {
        let records = self.store.list_prefix(LINES, &format!("{id}/"), LINES_MAX).await?;
        let mut text = String::new();
        for record in records {
            let Kept { text: line } = record.read()?;
            text.push_str(&line);
            text.push('\n');
        }
        Ok(text)
    }

    /// Names a machine as affected.
    ///
    /// # Errors
    /// As [`decide::name_machine`], or when the ledger fails.
    pub async fn name_machine(
        &self,
        id: &CaseId,
        name: &str,
        note: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::name_machine(&loaded.custody, name, note)).await
    }

    /// Names the machines that the findings of the case are about.
    ///
    /// # Errors
    /// As [`decide::name_machines`], or when the ledger fails.
    pub async fn name_machines_of_findings(
        &self,
        id: &CaseId,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| {
            let hosts = loaded.case.findings().map(|finding| finding.host.as_str());
            decide::name_machines(&loaded.custody, hosts)
        })
        .await
    }

    /// Decides that evidence of a machine will be kept.
    ///
    /// # Errors
    /// As [`decide::plan`], or when the ledger fails.
    pub async fn plan_evidence(
        &self,
        id: &CaseId,
        machine: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::plan(&loaded.custody, machine)).await
    }

    /// Records in one act that a disk was pulled, labelled, bagged and locked away.
    ///
    /// # Errors
    /// As [`decide::pull_disk`], or when the ledger fails.
    pub async fn pull_disk(
        &self,
        id: &CaseId,
        pulled: &PulledDisk,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| decide::pull_disk(&loaded.custody, pulled, moment)).await
    }

    /// Writes an item down.
    ///
    /// # Errors
    /// As [`decide::find_item`], or when the ledger fails.
    pub async fn find_evidence(
        &self,
        id: &CaseId,
        facts: &ItemFacts,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| decide::find_item(&loaded.custody, facts, moment)).await
    }

    /// Takes an item one step further.
    ///
    /// # Errors
    /// As [`decide::step`], or when the ledger fails.
    pub async fn step_evidence(
        &self,
        id: &CaseId,
        no: &str,
        step: &ItemStep,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| decide::step(&loaded.custody, no, step, moment)).await
    }

    /// Says that, with this item, everything that stands for its machine is here.
    ///
    /// # Errors
    /// As [`decide::complete`], or when the ledger fails.
    pub async fn complete_evidence(
        &self,
        id: &CaseId,
        no: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::complete(&loaded.custody, no)).await
    }

    /// Takes in the record of an acquisition (`sakimori-evidence/1`) for item `no`, or for a new item of `machine`.
    ///
    /// # Errors
    /// [`CustodyError::Manifest`] when it cannot be used; as [`decide::acquire`], or when the ledger fails.
    pub async fn acquire_evidence(
        &self,
        id: &CaseId,
        no: &str,
        machine: &str,
        manifest: &[u8],
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| {
            let acquisition = read_manifest(manifest, moment)?;
            decide::acquire(&loaded.custody, no, machine, &acquisition, moment)
        })
        .await
    }

    /// Records what was done with an item.
    ///
    /// # Errors
    /// As [`decide::handle`], or when the ledger fails.
    pub async fn handle_evidence(
        &self,
        id: &CaseId,
        no: &str,
        handling: &Handling,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| decide::handle(&loaded.custody, no, handling, moment))
            .await
    }

    /// Adds a remark or a correction.
    ///
    /// # Errors
    /// As [`decide::remark`], or when the ledger fails.
    pub async fn remark_evidence(
        &self,
        id: &CaseId,
        no: &str,
        text: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::remark(&loaded.custody, no, text)).await
    }

    /// Adds a photograph whose bytes are kept already.
    ///
    /// # Errors
    /// As [`decide::photograph`], or when the ledger fails.
    pub async fn photograph_evidence(
        &self,
        id: &CaseId,
        no: &str,
        photo: &Photo,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::photograph(&loaded.custody, no, photo.clone())).await
    }

    /// Asks a manager to waive the evidence of a machine.
    ///
    /// # Errors
    /// As [`decide::ask_waiver`], or when the ledger fails.
    pub async fn ask_waiver(
        &self,
        id: &CaseId,
        machine: &str,
        reason: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::ask_waiver(&loaded.custody, machine, reason)).await
    }

    /// Waives the evidence of a machine. The caller has passed the gate and says so in `authority`.
    ///
    /// # Errors
    /// As [`decide::waive`], or when the ledger fails.
    pub async fn waive_evidence(
        &self,
        id: &CaseId,
        machine: &str,
        reason: &str,
        authority: Authority,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| {
            decide::waive(&loaded.custody, machine, reason, authority, moment)
        })
        .await
    }

    /// Marks a machine for rebuild.
    ///
    /// # Errors
    /// [`CustodyError::GateShut`] while its evidence is neither secured nor waived; or when the ledger fails.
    pub async fn mark_rebuild(
        &self,
        id: &CaseId,
        machine: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::mark_rebuild(&loaded.custody, machine)).await
    }

    /// Asks to have an item destroyed.
    ///
    /// # Errors
    /// As [`decide::ask_destruction`], or when the ledger fails.
    pub async fn ask_destruction(
        &self,
        id: &CaseId,
        no: &str,
        reason: &str,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, _| decide::ask_destruction(&loaded.custody, no, reason)).await
    }

    /// Records that an item was destroyed. The caller has passed the gate and says so in `authority`.
    ///
    /// # Errors
    /// As [`decide::destroy`], or when the ledger fails.
    pub async fn destroy_evidence(
        &self,
        id: &CaseId,
        no: &str,
        handling: &Handling,
        authority: Authority,
        by: &Actor,
    ) -> Result<Decided, CustodyError> {
        self.keep(id, by, |loaded, moment| {
            let on_hold = loaded.case.hold.released.is_none();
            decide::destroy(&loaded.custody, no, handling, on_hold, authority, moment)
        })
        .await
    }

    /// Evidence is kept long after its case is closed, so an act on it does not ask whether the case is open.
    async fn keep(
        &self,
        id: &CaseId,
        by: &Actor,
        decide: impl Fn(&Loaded, Moment<'_>) -> Result<Decided, CustodyError>,
    ) -> Result<Decided, CustodyError> {
        for _ in 0..ATTEMPTS_MAX {
            let loaded = self.load_custody(id).await?;
            let moment = Moment { now: self.clock.now(), by, chance: self.chance.as_ref() };
            let decided = decide(&loaded, moment)?;
            if decided.acts.is_empty() {
                return Ok(decided);
            }
            let fact = fact_of(&loaded, &decided, moment)?;
            match self.store.commit(vec![fact]).await {
                Ok(_) => return Ok(decided),
                Err(error) if error.is_conflict() => {}
                Err(error) => return Err(error.into()),
            }
        }
        Err(RespondError::Busy.into())
    }

    async fn load_custody(&self, id: &CaseId) -> Result<Loaded, CustodyError> {
        let case = self.case(id).await?;
        let (custody, version) = self.read_custody(id).await?;
        Ok(Loaded { case, custody, version })
    }

    /// The head is read first: whatever is written after it makes the commit fail and the act start again.
    async fn read_custody(&self, id: &CaseId) -> Result<(Custody, Option<u64>), CustodyError> {
        let head = self.store.get(HEADS, id.as_str()).await?;
        let version = head.as_ref().map(|record| record.version);
        let mut custody = Custody {
            head: head.map(|record| record.read()).transpose()?.unwrap_or_default(),
            ..Custody::default()
        };
        let prefix = format!("{id}/");
        for record in self.store.list_prefix(ITEMS, &prefix, decide::ITEMS_MAX).await? {
            let item: EvidenceItem = record.read()?;
            custody.items.insert(item.no.clone(), item);
        }
        for record in self.store.list_prefix(MACHINES, &prefix, decide::MACHINES_MAX).await? {
            let machine: Machine = record.read()?;
            custody.machines.insert(machine.name.clone(), machine);
        }
        Ok((custody, version))
    }
}

/// One act is one fact: the lines, the items and machines they change, the head and the timeline change together or not at all.
fn fact_of(loaded: &Loaded, decided: &Decided, moment: Moment<'_>) -> Result<Fact, CustodyError> {
    let id = &loaded.case.id;
    let (after, lines) = loaded.custody.written(id, decided.acts.clone(), moment);
    let entries: Vec<TimelineEntry> =
        decided.entries.iter().map(|(kind, text)| entry(id, *kind, text, moment)).collect();
    let body = Body { head: after.head, entries: &entries };
    let actor = moment.by.person.as_str();
    let mut fact = Fact::new(format!("case/{id}"), decided.kind, moment.now, actor, &body)?;
    let head = Put::new(HEADS, id.as_str(), &after.head)?;
    fact = fact.put(match loaded.version {
        Some(version) => head.version(version),
        None => head.absent(),
    });
    for line in &lines {
        fact = fact.put(line_put(id, line)?);
    }
    for (no, item) in changed(&loaded.custody.items, &after.items) {
        fact = fact.put(Put::new(ITEMS, format!("{id}/{no}"), item)?);
    }
    for (name, machine) in changed(&loaded.custody.machines, &after.machines) {
        fact = fact.put(Put::new(MACHINES, format!("{id}/{name}"), machine)?);
    }
    for entry in &entries {
        fact = fact.put(Put::new(TIMELINE, format!("{id}/{}", entry.id), entry)?.absent());
    }
    Ok(fact)
}

fn entry(
    id: &CaseId,
    kind: EntryKind,
    text: &sakimori_words::Text,
    moment: Moment<'_>,
) -> TimelineEntry {
    let mut entry = TimelineEntry::now(id, kind, text.clone(), moment);
    entry.id = new_uuid7(moment.now, moment.chance);
    entry
}

fn line_put(id: &CaseId, line: &ChainLine) -> Result<Put, CustodyError> {
    let kept = Kept { text: line.text() };
    // Twenty digits: keys sort as text.
    Ok(Put::new(LINES, format!("{id}/{:020}", line.n), &kept)?.absent())
}

fn changed<'a, T: PartialEq>(
    before: &'a std::collections::BTreeMap<String, T>,
    after: &'a std::collections::BTreeMap<String, T>,
) -> impl Iterator<Item = (&'a String, &'a T)> {
    after.iter().filter(|(key, value)| before.get(*key) != Some(*value))
}

/// The kind of a picture by its first bytes, and its digest.
///
/// # Errors
/// [`CustodyError::Picture`] when it is empty, too large, or neither JPEG nor PNG.
pub fn picture(bytes: &[u8]) -> Result<(&'static str, Digest), CustodyError> {
    let refuse = |why| Err(CustodyError::Picture { why });
    if bytes.is_empty() {
        return refuse("the file is empty");
    }
    if bytes.len() > super::PICTURE_BYTES_MAX {
        return refuse("the file is larger than 10 MB");
    }
    let media_type = match bytes {
        [0xff, 0xd8, 0xff, ..] => "image/jpeg",
        [0x89, b'P', b'N', b'G', b'\r', b'\n', 0x1a, b'\n', ..] => "image/png",
        _ => return refuse("the file is neither JPEG nor PNG"),
    };
    Ok((media_type, Digest::of(bytes)))
}
