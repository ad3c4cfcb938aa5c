//! What may be done with evidence: pure functions from the record and a wish to the acts that are written, or a refusal.

use sakimori_words::{Date, Text, jst_date};

use super::manifest::Acquisition;
use super::{
    Act, Custody, CustodyError, CustodyEvent, EventKind, EvidenceItem, EvidenceKind, Handling,
    ItemFacts, ItemState, MachineState, Measured, Photo, Request,
};
use crate::decide::{may_say, said};
use crate::{EntryKind, Moment, RespondError};

/// Most items of a case.
pub const ITEMS_MAX: usize = 1_000;
/// Most machines of a case: Osaka General made 2,200 terminals new.
pub const MACHINES_MAX: usize = 5_000;
/// Most handlings, photographs or remarks of one item.
const PARTS_MAX: usize = 500;
/// Longest line a person types, in characters.
const LINE_CHARS_MAX: usize = 500;

/// What an act does: the lines it writes and what the timeline gains.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decided {
    /// What happened, as the journal names it.
    pub kind: &'static str,
    /// The acts, in order.
    pub acts: Vec<Act>,
    /// What the timeline gains.
    pub entries: Vec<(EntryKind, Text)>,
    /// The item it is about; empty when it is about a machine.
    pub no: String,
}

impl Decided {
    fn new(kind: &'static str, acts: Vec<Act>) -> Self {
        Self { kind, acts, entries: Vec::new(), no: String::new() }
    }

    fn about(mut self, no: &str) -> Self {
        no.clone_into(&mut self.no);
        self
    }

    fn told(mut self, kind: EntryKind, ja: String, en: String) -> Self {
        self.entries.push((kind, Text::new(ja, en)));
        self
    }
}

/// What the person may grant: the gate of the house has said so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// Waive the evidence of a machine, destroy an item.
    pub manager: bool,
}

/// The quick way: a disk pulled, labelled, bagged and locked away.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PulledDisk {
    /// Name of the machine it was in.
    pub machine: String,
    /// Serial number of the disk.
    pub serial: String,
    /// Maker and model; may be empty.
    pub model: String,
    /// Number on the label; may be empty: the item's own number is written on it.
    pub label: String,
    /// Number of the bag or seal.
    pub seal: String,
    /// Where it is locked away.
    pub place: String,
    /// Who watched; may be empty on a night with one person.
    pub witness: String,
    /// Whether it was the last disk of the machine.
    pub completes: bool,
}

/// A step of an item that no handling stands for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ItemStep {
    /// Power kept, network cut.
    Protect,
    /// The copy begins.
    Begin,
    /// The copy failed.
    Fail {
        /// Why.
        reason: String,
    },
    /// Kept until a day.
    Retain {
        /// The day.
        until: Date,
    },
}

/// Names a machine as affected.
///
/// # Errors
/// When the name is empty, endless or there already.
pub fn name_machine(custody: &Custody, name: &str, note: &str) -> Result<Decided, CustodyError> {
    let (machine, note) = (must(name, "machine")?, line(note, "note")?);
    if custody.machines.contains_key(&machine) {
        return Err(CustodyError::Known { name: machine });
    }
    room_for_machines(custody, 1)?;
    Ok(Decided::new("machine_named", vec![Act::MachineNamed { machine, note }]))
}

/// Names those machines of a list that are not named yet; nothing to do is fine.
///
/// # Errors
/// When they are too many.
pub fn name_machines<'n>(
    custody: &Custody,
    names: impl Iterator<Item = &'n str>,
) -> Result<Decided, CustodyError> {
    let mut new: Vec<String> = Vec::new();
    for name in names.map(str::trim).filter(|name| !name.is_empty()) {
        let name = line(name, "machine")?;
        if !custody.machines.contains_key(&name) && !new.contains(&name) {
            new.push(name);
        }
    }
    room_for_machines(custody, new.len())?;
    let named = |machine| Act::MachineNamed { machine, note: String::new() };
    Ok(Decided::new("machines_named", new.into_iter().map(named).collect()))
}

/// Decides that evidence of a machine will be kept.
///
/// # Errors
/// When there is no such machine, or something is here already.
pub fn plan(custody: &Custody, machine: &str) -> Result<Decided, CustodyError> {
    let known = machine_of(custody, machine)?;
    if known.state != MachineState::Untouched {
        let (machine, state) = (known.name.clone(), known.state.as_str());
        return Err(CustodyError::ItemState { no: machine, state });
    }
    let state = MachineState::Planned;
    let act = Act::MachineState { machine: known.name.clone(), state };
    Ok(Decided::new("evidence_planned", vec![act]))
}

/// Writes an item down.
///
/// # Errors
/// When it says nothing, a text is endless, its time lies in the future, or its root is not there.
pub fn find_item(
    custody: &Custody,
    facts: &ItemFacts,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let facts = checked_facts(custody, facts, moment)?;
    let (no, acts) = finding(custody, facts)?;
    let item = item_after(custody, &acts, &no, moment)?;
    let words = item.title();
    Ok(Decided::new("evidence_found", acts).about(&no).told(
        EntryKind::Fact,
        format!("証拠 {no} を特定: {}", words.ja),
        format!("Evidence {no} identified: {}", words.en),
    ))
}

/// Records in one act that a disk was pulled, labelled, bagged and locked away.
///
/// # Errors
/// When machine, serial, seal or place is missing, or a text is endless.
pub fn pull_disk(
    custody: &Custody,
    pulled: &PulledDisk,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let facts = ItemFacts {
        kind: EvidenceKind::Disk,
        label: pulled.label.clone(),
        model: pulled.model.clone(),
        serial: must(&pulled.serial, "serial")?,
        machine: must(&pulled.machine, "machine")?,
        found_at: must(&pulled.machine, "machine")?,
        witness: pulled.witness.clone(),
        completes: pulled.completes,
        ..ItemFacts::default()
    };
    let facts = checked_facts(custody, &facts, moment)?;
    let (seal, place) = (must(&pulled.seal, "seal")?, must(&pulled.place, "place")?);
    let (serial, machine, witness) =
        (facts.serial.clone(), facts.machine.clone(), facts.witness.clone());
    let (no, mut acts) = finding(custody, facts)?;
    let collected = Handling {
        kind: EventKind::Collect,
        from: machine.clone(),
        witness: witness.clone(),
        ..Handling::default()
    };
    let sealed = Handling {
        kind: EventKind::Seal,
        to: place.clone(),
        seal: seal.clone(),
        witness: witness.clone(),
        ..Handling::default()
    };
    for handling in [collected, sealed] {
        let event = Box::new(event(&handling, None, moment)?);
        acts.push(Act::ItemHandled { no: no.clone(), event });
    }
    let [seen_ja, seen_en] = match witness.as_str() {
        "" => [String::new(), String::new()],
        name => [format!("、立会人 {name}"), format!(", witness {name}")],
    };
    Ok(Decided::new("disk_pulled", acts).about(&no).told(
        EntryKind::Action,
        format!(
            "{machine} のディスク（製造番号 {serial}）を抜き、札 {no}・袋 {seal} で封印し、{place} に保管{seen_ja}"
        ),
        format!(
            "Disk of {machine} (serial {serial}) pulled, labelled {no}, sealed in bag {seal}, locked in {place}{seen_en}"
        ),
    ))
}

/// Takes an item one step further.
///
/// # Errors
/// When there is no such item, it is not at that stage, or a reason is missing.
pub fn step(
    custody: &Custody,
    no: &str,
    step: &ItemStep,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    let state = match step {
        ItemStep::Protect => ItemState::Protected,
        ItemStep::Begin => ItemState::Acquiring,
        ItemStep::Fail { reason } => ItemState::Failed { reason: must(reason, "reason")? },
        ItemStep::Retain { until } => ItemState::Retained { until: *until },
    };
    let from = &item.state;
    let may = match step {
        ItemStep::Protect => matches!(from, ItemState::Identified),
        ItemStep::Begin => {
            let before = matches!(from, ItemState::Identified | ItemState::Protected);
            before || matches!(from, ItemState::Failed { .. })
        }
        ItemStep::Fail { .. } => matches!(from, ItemState::Acquiring),
        ItemStep::Retain { until } => {
            if *until < jst_date(moment.now) {
                return Err(RespondError::Missing { what: "a day to come" }.into());
            }
            matches!(from, ItemState::Stored | ItemState::Retained { .. } | ItemState::Verified)
        }
    };
    if !may {
        return Err(not_now(item));
    }
    let words = state.label();
    let failed = matches!(state, ItemState::Failed { .. });
    let act = Act::ItemState { no: no.to_owned(), state };
    let decided = Decided::new("evidence_step", vec![act]).about(no);
    if !failed {
        return Ok(decided);
    }
    let (ja, en) = (format!("証拠 {no}: {}", words.ja), format!("Evidence {no}: {}", words.en));
    Ok(decided.told(EntryKind::Fact, ja, en))
}

/// Says that, with this item, everything that stands for its machine is here.
///
/// # Errors
/// When there is no such item, it names no machine, cannot stand for one, or it was said before.
pub fn complete(custody: &Custody, no: &str) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    let stands = item.facts.kind.stands_for_machine() && !item.facts.machine.is_empty();
    if !stands || item.facts.completes || item.state == ItemState::Destroyed {
        return Err(not_now(item));
    }
    let machine = &item.facts.machine;
    let act = Act::ItemCompletes { no: no.to_owned() };
    Ok(Decided::new("evidence_complete", vec![act]).about(no).told(
        EntryKind::Fact,
        format!("{machine} の証拠は {no} で全部そろう"),
        format!("With {no} the evidence of {machine} is complete"),
    ))
}

/// Takes in the record of an acquisition: completes item `no`, or makes a new item when `no` is empty.
///
/// An item that was measured before keeps its first digests; the new ones are compared with them, and a difference is recorded.
///
/// # Errors
/// When there is no such item, or it is destroyed.
pub fn acquire(
    custody: &Custody,
    no: &str,
    machine: &str,
    acquisition: &Acquisition,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    if no.is_empty() {
        let mut facts = acquisition.facts.clone();
        if !machine.trim().is_empty() {
            facts.machine = line(machine, "machine")?;
        }
        let facts = checked_facts(custody, &facts, moment)?;
        let (no, acts) = finding(custody, facts)?;
        return Ok(measuring(&no, acts, &acquisition.measured));
    }
    let item = item_of(custody, no)?;
    if matches!(item.state, ItemState::Destroyed) {
        return Err(not_now(item));
    }
    if item.measured.sha256.is_none() {
        return Ok(measuring(no, Vec::new(), &acquisition.measured));
    }
    let again = Handling {
        kind: EventKind::Copy,
        reason: acquisition.measured.tool.clone(),
        witness: acquisition.facts.witness.clone(),
        hash_after: acquisition.measured.sha256,
        ..Handling::default()
    };
    handle(custody, no, &again, moment)
}

/// Records what was done with an item. Digests that do not match are recorded, loudly, and never refused.
///
/// # Errors
/// When there is no such item, it is destroyed, or something that must be said is missing. Destroying goes by [`destroy`].
pub fn handle(
    custody: &Custody,
    no: &str,
    handling: &Handling,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    let busy = item.state == ItemState::Acquiring && handling.kind == EventKind::Seal;
    if busy || item.state == ItemState::Destroyed || handling.kind == EventKind::Destroy {
        return Err(not_now(item));
    }
    must_say(handling, item)?;
    if item.events.len() >= PARTS_MAX {
        return Err(CustodyError::TooMany { what: "events of an item", limit: PARTS_MAX });
    }
    let event = event(handling, item.measured.sha256, moment)?;
    Ok(handled(item, event))
}

/// Adds a remark or a correction; what was written stays.
///
/// # Errors
/// When there is no such item, or the text is empty or endless.
pub fn remark(custody: &Custody, no: &str, text: &str) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    if item.remarks.len() >= PARTS_MAX {
        return Err(CustodyError::TooMany { what: "remarks", limit: PARTS_MAX });
    }
    let text = said(text, "remark")?;
    let act = Act::ItemRemark { no: no.to_owned(), text };
    Ok(Decided::new("evidence_remarked", vec![act]).about(no))
}

/// Adds a photograph whose bytes are kept already.
///
/// # Errors
/// When there is no such item, or it has too many.
pub fn photograph(custody: &Custody, no: &str, photo: Photo) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    if item.photos.len() >= PARTS_MAX {
        return Err(CustodyError::TooMany { what: "photographs", limit: PARTS_MAX });
    }
    let photo = Photo { note: line(&photo.note, "note")?, ..photo };
    let act = Act::ItemPhoto { no: no.to_owned(), photo };
    Ok(Decided::new("evidence_photographed", vec![act]).about(no))
}

/// Asks a manager to waive the evidence of a machine.
///
/// # Errors
/// When there is no such machine, it is secured or waived, or the reason is missing.
pub fn ask_waiver(custody: &Custody, machine: &str, reason: &str) -> Result<Decided, CustodyError> {
    let known = machine_of(custody, machine)?;
    let reason = must(reason, "reason")?;
    if known.may_be_rebuilt() {
        let state = known.state.as_str();
        return Err(CustodyError::ItemState { no: known.name.clone(), state });
    }
    let name = &known.name;
    let act = Act::WaiverAsked { machine: name.clone(), reason: reason.clone() };
    Ok(Decided::new("waiver_asked", vec![act]).told(
        EntryKind::Action,
        format!("{name} の証拠を残さないことの承認を求めた。理由: {reason}"),
        format!("A manager was asked to waive the evidence of {name}. Reason: {reason}"),
    ))
}

/// Waives the evidence of a machine, as a manager and another person than the one who asked.
///
/// # Errors
/// [`CustodyError::NotPermitted`] without the right, [`CustodyError::SamePerson`] for the asker; when nobody asked, or the
/// reason is missing.
pub fn waive(
    custody: &Custody,
    machine: &str,
    reason: &str,
    authority: Authority,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let known = machine_of(custody, machine)?;
    if !authority.manager {
        return Err(CustodyError::NotPermitted);
    }
    let nobody = || CustodyError::ItemState { no: known.name.clone(), state: known.state.as_str() };
    let asked = known.asked.clone().filter(|_| !known.may_be_rebuilt()).ok_or_else(nobody)?;
    another_person(&asked, moment)?;
    let reason = must(reason, "reason")?;
    let (name, by) = (known.name.clone(), moment.by.words());
    let state = MachineState::Waived {
        at: moment.now,
        by: moment.by.clone(),
        reason: reason.clone(),
        asked,
    };
    Ok(Decided::new("evidence_waived", vec![Act::MachineState { machine: name.clone(), state }])
        .told(
            EntryKind::Decision,
            format!("【証拠の放棄】{name} の証拠を残さずに再構築してよい。判断: {}。理由: {reason}", by.ja),
            format!(
                "EVIDENCE WAIVED: {name} may be rebuilt without evidence. Decided by {}. Reason: {reason}",
                by.en
            ),
        ))
}

/// Marks a machine for rebuild: the gate.
///
/// # Errors
/// [`CustodyError::GateShut`] while its evidence is neither secured nor waived.
pub fn mark_rebuild(custody: &Custody, machine: &str) -> Result<Decided, CustodyError> {
    let known = machine_of(custody, machine)?;
    let (name, state) = (known.name.clone(), known.state.as_str());
    if !known.may_be_rebuilt() {
        return Err(CustodyError::GateShut { machine: name, state });
    }
    if known.rebuild.is_some() {
        return Err(CustodyError::Known { name });
    }
    let words = known.state.label();
    Ok(Decided::new("rebuild_marked", vec![Act::RebuildMarked { machine: name.clone() }]).told(
        EntryKind::Decision,
        format!("{name} を再構築に回す（{}）", words.ja),
        format!("{name} marked for rebuild ({})", words.en),
    ))
}

/// Asks to have an item destroyed.
///
/// # Errors
/// When there is no such item, it is not kept here, or the reason is missing.
pub fn ask_destruction(custody: &Custody, no: &str, reason: &str) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    if matches!(item.state, ItemState::Destroyed | ItemState::Transferred | ItemState::Acquiring) {
        return Err(not_now(item));
    }
    let reason = must(reason, "reason")?;
    let act = Act::DestructionAsked { no: no.to_owned(), reason: reason.clone() };
    Ok(Decided::new("destruction_asked", vec![act]).about(no).told(
        EntryKind::Action,
        format!("証拠 {no} の廃棄の承認を求めた。理由: {reason}"),
        format!("Approval was asked to destroy evidence {no}. Reason: {reason}"),
    ))
}

/// Records that an item was destroyed, as a manager and another person than the one who asked.
///
/// # Errors
/// [`CustodyError::OnHold`] while the order to keep evidence is in force; as [`waive`] otherwise.
pub fn destroy(
    custody: &Custody,
    no: &str,
    handling: &Handling,
    on_hold: bool,
    authority: Authority,
    moment: Moment<'_>,
) -> Result<Decided, CustodyError> {
    let item = item_of(custody, no)?;
    if !authority.manager {
        return Err(CustodyError::NotPermitted);
    }
    if on_hold {
        return Err(CustodyError::OnHold);
    }
    let held = !matches!(item.state, ItemState::Destroyed | ItemState::Transferred);
    let asked = item.destruction.as_ref().filter(|_| held).ok_or_else(|| not_now(item))?;
    another_person(asked, moment)?;
    let handling = Handling { kind: EventKind::Destroy, ..handling.clone() };
    must(&handling.reason, "reason")?;
    let event = event(&handling, item.measured.sha256, moment)?;
    Ok(handled(item, event))
}

fn another_person(asked: &Request, moment: Moment<'_>) -> Result<(), CustodyError> {
    if asked.by.person == moment.by.person { Err(CustodyError::SamePerson) } else { Ok(()) }
}

/// The acts that write a new item down, with its machine when nobody named that yet.
fn finding(custody: &Custody, facts: ItemFacts) -> Result<(String, Vec<Act>), CustodyError> {
    if custody.items.len() >= ITEMS_MAX {
        return Err(CustodyError::TooMany { what: "items", limit: ITEMS_MAX });
    }
    let no = next_no(custody, &facts.root_no);
    let mut acts = Vec::new();
    if !facts.machine.is_empty() && !custody.machines.contains_key(&facts.machine) {
        room_for_machines(custody, 1)?;
        let machine = facts.machine.clone();
        acts.push(Act::MachineNamed { machine, note: String::new() });
    }
    acts.push(Act::ItemFound { no: no.clone(), facts: Box::new(facts) });
    Ok((no, acts))
}

/// `E-001` for an original, `E-001-1` for its first part or copy. Numbers are never used again: items are never removed.
fn next_no(custody: &Custody, root: &str) -> String {
    let of_root = custody.items.values().filter(|item| item.facts.root_no == root).count() + 1;
    if root.is_empty() { format!("E-{of_root:03}") } else { format!("{root}-{of_root}") }
}

fn item_after(
    custody: &Custody,
    acts: &[Act],
    no: &str,
    moment: Moment<'_>,
) -> Result<EvidenceItem, CustodyError> {
    let case = sakimori_words::CaseId::from("");
    let (after, _) = custody.written(&case, acts.to_vec(), moment);
    item_of(&after, no).cloned()
}

fn measuring(no: &str, mut acts: Vec<Act>, measured: &Measured) -> Decided {
    let sha256 = measured.sha256.map(|digest| digest.to_string()).unwrap_or_default();
    let n_bad = measured.bad_ranges.len() as u64 + measured.bad_left_out;
    let [bad_ja, bad_en] = match n_bad {
        0 => [String::new(), String::new()],
        n => [format!("、読めない範囲 {n} か所"), format!(", {n} ranges could not be read")],
    };
    let measured = Box::new(measured.clone());
    acts.push(Act::ItemMeasured { no: no.to_owned(), measured });
    Decided::new("evidence_acquired", acts).about(no).told(
        EntryKind::Action,
        format!("証拠 {no} を取得。SHA-256 {sha256}{bad_ja}"),
        format!("Evidence {no} acquired. SHA-256 {sha256}{bad_en}"),
    )
}

fn handled(item: &EvidenceItem, event: CustodyEvent) -> Decided {
    let (no, words) = (&item.no, event.kind.label());
    let quiet = matches!(event.kind, EventKind::Move | EventKind::Open | EventKind::Copy);
    let way = [event.from.as_str(), event.to.as_str()].join(" → ");
    let mismatch = event.matches == Some(false);
    let kind = event.kind;
    let act = Act::ItemHandled { no: no.clone(), event: Box::new(event) };
    let mut decided = Decided::new("evidence_handled", vec![act]).about(no);
    if mismatch {
        decided = decided.told(
            EntryKind::Fact,
            format!("【ハッシュ値の不一致】証拠 {no}（{}）: 記録と異なる。理由を調べて記入すること", words.ja),
            format!("DIGESTS DO NOT MATCH: evidence {no} ({}) is not as recorded. Find out why and write it down", words.en),
        );
    }
    if quiet || kind == EventKind::Check {
        return decided;
    }
    let way = way.trim_matches([' ', '→']);
    let colon = if way.is_empty() { "" } else { ": " };
    decided.told(
        EntryKind::Action,
        format!("証拠 {no} {}{colon}{way}", words.ja),
        format!("Evidence {no} {}{colon}{way}", words.en.to_lowercase()),
    )
}

/// What each handling must say.
fn must_say(handling: &Handling, item: &EvidenceItem) -> Result<(), CustodyError> {
    match handling.kind {
        EventKind::Seal => {
            must(&handling.seal, "seal")?;
            must(&handling.to, "place")?;
        }
        EventKind::Move | EventKind::HandOver | EventKind::Return => {
            must(&handling.to, "to")?;
        }
        EventKind::Open => {
            must(&handling.reason, "reason")?;
        }
        EventKind::Check => {
            let known = handling.hash_before.or(item.measured.sha256);
            if known.is_none() || handling.hash_after.is_none() {
                return Err(RespondError::Missing { what: "hash" }.into());
            }
        }
        EventKind::Collect | EventKind::Copy | EventKind::Destroy => {}
    }
    Ok(())
}

fn event(
    handling: &Handling,
    on_record: Option<sakimori_words::Digest>,
    moment: Moment<'_>,
) -> Result<CustodyEvent, CustodyError> {
    let at = handling.at.unwrap_or(moment.now);
    if at > moment.now {
        return Err(RespondError::InFuture { what: "at" }.into());
    }
    let (before, after) = (handling.hash_before, handling.hash_after);
    let known: Vec<_> = [on_record, before, after].into_iter().flatten().collect();
    let compared = (before.is_some() || after.is_some()) && known.len() > 1;
    Ok(CustodyEvent {
        kind: handling.kind,
        at,
        recorded_at: moment.now,
        by: moment.by.clone(),
        from: line(&handling.from, "from")?,
        to: line(&handling.to, "to")?,
        reason: line(&handling.reason, "reason")?,
        authority: line(&handling.authority, "authority")?,
        seal: line(&handling.seal, "seal")?,
        witness: line(&handling.witness, "witness")?,
        hash_before: before.or(on_record.filter(|_| after.is_some())),
        hash_after: after,
        matches: compared.then(|| known.windows(2).all(|pair| pair.first() == pair.last())),
    })
}

fn checked_facts(
    custody: &Custody,
    facts: &ItemFacts,
    moment: Moment<'_>,
) -> Result<ItemFacts, CustodyError> {
    let mut facts = facts.clone();
    for (name, text) in [
        ("title", &mut facts.title),
        ("label", &mut facts.label),
        ("root_no", &mut facts.root_no),
        ("make", &mut facts.make),
        ("model", &mut facts.model),
        ("serial", &mut facts.serial),
        ("machine", &mut facts.machine),
        ("found_at", &mut facts.found_at),
        ("collected_by", &mut facts.collected_by),
        ("witness", &mut facts.witness),
    ] {
        *text = line(text, name)?;
    }
    facts.screen_text = may_say(&facts.screen_text, "screen_text")?;
    if facts.title.is_empty() && facts.machine.is_empty() {
        return Err(RespondError::Missing { what: "title" }.into());
    }
    if facts.collected_at.is_some_and(|at| at > moment.now) {
        return Err(RespondError::InFuture { what: "collected_at" }.into());
    }
    if !facts.root_no.is_empty() {
        item_of(custody, &facts.root_no)?;
    }
    Ok(facts)
}

fn room_for_machines(custody: &Custody, more: usize) -> Result<(), CustodyError> {
    if custody.machines.len() + more > MACHINES_MAX {
        return Err(CustodyError::TooMany { what: "machines", limit: MACHINES_MAX });
    }
    Ok(())
}

fn item_of<'c>(custody: &'c Custody, no: &str) -> Result<&'c EvidenceItem, CustodyError> {
    let unknown = || RespondError::Unknown { what: "evidence", id: no.to_owned() };
    Ok(custody.items.get(no).ok_or_else(unknown)?)
}

fn machine_of<'c>(custody: &'c Custody, name: &str) -> Result<&'c super::Machine, CustodyError> {
    let unknown = || RespondError::Unknown { what: "machine", id: name.to_owned() };
    Ok(custody.machines.get(name.trim()).ok_or_else(unknown)?)
}

fn not_now(item: &EvidenceItem) -> CustodyError {
    CustodyError::ItemState { no: item.no.clone(), state: item.state.as_str() }
}

fn must(text: &str, what: &'static str) -> Result<String, CustodyError> {
    said(text, what)?;
    line(text, what)
}

/// One line: line ends become blanks, so that labels and forms keep their shape.
fn line(text: &str, what: &'static str) -> Result<String, CustodyError> {
    let text = may_say(text, what)?.replace(['\n', '\r', '\t'], " ");
    let n_chars = text.chars().count();
    if n_chars > LINE_CHARS_MAX {
        return Err(RespondError::TooLong { what, n_chars, max_chars: LINE_CHARS_MAX }.into());
    }
    Ok(text)
}
