//! Which findings belong together, and which counts are still to be written.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_ledger::{Fact, LedgerError, Put};
use sakimori_words::{Digest, ExceptionId, Finding, FindingId, Instant, SECOND_MICROS};
use serde_json::json;

use super::{
    COUNT_SECONDS, DONE_SHELF, EVIDENCE_MAX, FindingState, GROUP_SECONDS, GROUP_SHELF,
    HELD_BACK_SHELF, INVOLVED_MAX, KeptFinding, OPEN_SHELF,
};
use crate::exceptions::Held;

/// What each exception has held back, as the ledger knows it.
pub(super) type Tally = BTreeMap<ExceptionId, Held>;

/// Groups remembered without asking the ledger. More are forgotten and fetched again when they are needed.
const REMEMBERED_MAX: usize = 10_000;

/// What rule, machine and account a finding speaks of, and which exception holds it back, as a key. What is held back never
/// shares a key with what is shown, so that neither raises the other's count.
pub(super) fn group_key(finding: &Finding, by: Option<&ExceptionId>) -> String {
    let parts = [&finding.rule_id, &finding.host, &finding.user];
    let lengths = parts.map(|part| (part.len() as u64).to_be_bytes());
    let [rule, host, user] = parts.map(|part| part.as_bytes());
    let [rule_bytes, host_bytes, user_bytes] = &lengths;
    let by = by.map_or(&[][..], |id| id.as_str().as_bytes());
    Digest::of_parts(&[rule_bytes, rule, host_bytes, host, user_bytes, user, by]).to_string()
}

/// The journal's stream of one finding.
pub(super) fn stream(id: &FindingId) -> String {
    format!("finding/{id}")
}

/// The latest finding of one rule, machine and account.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) kept: KeptFinding,
    /// When the journal last heard of it; `None`: never.
    written_at: Option<Instant>,
    /// The count the journal knows.
    written_count: u64,
    /// Its count is higher than the journal says.
    pub(super) waits: bool,
    /// The caller has been told of it.
    announced: bool,
}

impl Group {
    pub(super) fn new(finding: Finding, by: Option<ExceptionId>) -> Self {
        let at = finding.time;
        Self::of(KeptFinding {
            finding,
            count: 1,
            first_at: at,
            last_at: at,
            state: FindingState::first(by),
            revision: 0,
            handled: None,
        })
    }

    /// A finding the journal has not heard of.
    pub(super) const fn of(kept: KeptFinding) -> Self {
        Self { kept, written_at: None, written_count: 0, waits: true, announced: false }
    }

    /// A finding of which the journal does not know the newest.
    pub(super) fn changed(
        kept: KeptFinding,
        change: impl FnOnce(&mut KeptFinding),
        written_at: Instant,
    ) -> Self {
        let mut own = Self::stored(kept, written_at);
        change(&mut own.kept);
        own.waits = true;
        own
    }

    pub(super) fn stored(kept: KeptFinding, written_at: Instant) -> Self {
        let written_count = kept.count;
        Self { kept, written_at: Some(written_at), written_count, waits: false, announced: true }
    }

    pub(super) fn add(&mut self, finding: &Finding) {
        self.waits |= self.kept.add(finding);
    }

    /// Whether it is time to write it: the journal has not heard of it, or not for a while.
    fn is_due(&self, now: Instant) -> bool {
        self.written_at.is_none_or(|at| now >= at.plus_seconds(COUNT_SECONDS))
    }

    fn fact(&self, key: Option<&str>, now: Instant) -> Result<Fact, LedgerError> {
        let KeptFinding { finding, count, first_at, last_at, state, .. } = &self.kept;
        let id = finding.id.as_str();
        let put = Put::new(self.kept.shelf(), id, &self.kept)?;
        if self.written_at.is_some() {
            let body = json!({ "count": count, "first_at": first_at, "last_at": last_at });
            return Ok(
                Fact::new(stream(&finding.id), "finding_counted", now, "system", &body)?.put(put)
            );
        }
        let kind = match state.held_back_by() {
            Some(_) => "finding_held_back",
            None => "finding_opened",
        };
        let mut body = json!({ "rule": finding.rule_id, "level": finding.level,
            "title": finding.title, "host": finding.host, "user": finding.user, "count": count });
        if let (Some(by), Some(body)) = (state.held_back_by(), body.as_object_mut()) {
            body.insert("exception".to_owned(), json!(by));
        }
        let fact = Fact::new(stream(&finding.id), kind, now, "system", &body)?.put(put.absent());
        match key {
            Some(key) => Ok(fact.put(Put::new(GROUP_SHELF, key, &finding.id)?)),
            None => Ok(fact),
        }
    }

    /// What is to be written of the exception that holds it back, when the journal does not know all of it yet.
    pub(super) fn tally(&self, tally: &mut Tally) -> Result<Option<Put>, LedgerError> {
        let Some(by) = self.kept.state.held_back_by() else { return Ok(None) };
        let held = tally.entry(by.clone()).or_default();
        let times = self.kept.count.saturating_sub(self.written_count);
        held.add(self.written_at.is_none(), times, self.kept.last_at);
        held.put(by).map(Some)
    }
}

impl KeptFinding {
    /// Where it lies.
    pub(super) const fn shelf(&self) -> &'static str {
        match self.state {
            FindingState::New | FindingState::LookedAt => OPEN_SHELF,
            FindingState::Case { .. } | FindingState::Closed { .. } => DONE_SHELF,
            FindingState::HeldBack { .. } => HELD_BACK_SHELF,
        }
    }

    /// Whether `finding`, of the same group, belongs to this one: it is open or held back by the same exception, and near in
    /// time.
    pub(super) fn takes(&self, finding: &Finding, by: Option<&ExceptionId>) -> bool {
        let near = GROUP_SECONDS.saturating_mul(SECOND_MICROS);
        self.waits_with(by)
            && finding.time.micros_since(self.last_at) <= near
            && self.first_at.micros_since(finding.time) <= near
    }

    /// Whether it is held back by that exception, or open when there is none.
    pub(super) fn waits_with(&self, by: Option<&ExceptionId>) -> bool {
        match by {
            Some(by) => self.state.held_back_by() == Some(by),
            None => self.state.is_open(),
        }
    }

    /// Counts `finding`, unless all its events are known: after a restart the same events may be looked at again.
    fn add(&mut self, finding: &Finding) -> bool {
        let own = &self.finding.evidence;
        if !finding.evidence.is_empty() && finding.evidence.iter().all(|event| own.contains(event))
        {
            return false;
        }
        self.count += 1;
        self.first_at = self.first_at.min(finding.time);
        self.last_at = self.last_at.max(finding.time);
        for evidence in &finding.evidence {
            let own = &mut self.finding.evidence;
            if own.len() < EVIDENCE_MAX && !own.contains(evidence) {
                own.push(evidence.clone());
            }
        }
        for one in &finding.involved {
            let own = &mut self.finding.involved;
            if own.len() < INVOLVED_MAX && !own.contains(one) {
                own.push(one.clone());
            }
        }
        true
    }
}

/// All groups that are remembered.
#[derive(Debug, Default)]
pub(super) struct Groups {
    pub(super) by_key: BTreeMap<String, Group>,
    key_by_id: BTreeMap<FindingId, String>,
}

/// What one call changes; nothing of it counts before the ledger has taken it.
#[derive(Debug, Default)]
pub(super) struct Round {
    pub(super) touched: BTreeMap<String, Group>,
    /// Groups that were followed by a new one of the same key, with counts still to write.
    pub(super) left: Vec<Group>,
}

impl Round {
    /// The exceptions that hold back something of it.
    pub(super) fn exceptions(&self) -> BTreeSet<ExceptionId> {
        let groups = self.left.iter().chain(self.touched.values());
        groups.filter_map(|group| group.kept.state.held_back_by().cloned()).collect()
    }

    /// The facts that are due, or of all that waits. Marks what they write as written.
    pub(super) fn facts(
        &mut self,
        tally: &mut Tally,
        now: Instant,
        all: bool,
    ) -> Result<Vec<Fact>, LedgerError> {
        let left = self.left.iter_mut().map(|group| (None, group));
        let touched = self.touched.iter_mut().map(|(key, group)| (Some(key.as_str()), group));
        let due =
            left.chain(touched.filter(|(_, group)| group.waits && (all || group.is_due(now))));
        due.map(|(key, group)| {
            let mut fact = group.fact(key, now)?;
            fact.puts.extend(group.tally(tally)?);
            group.written_at = Some(now);
            group.written_count = group.kept.count;
            group.waits = false;
            Ok(fact)
        })
        .collect()
    }
}

impl Groups {
    pub(super) fn by_id(&self, id: &FindingId) -> Option<&Group> {
        self.key_by_id.get(id).and_then(|key| self.by_key.get(key))
    }

    /// The finding with the counts that are not written yet.
    pub(super) fn newest(&self, stored: KeptFinding) -> KeptFinding {
        self.by_id(&stored.finding.id).map_or(stored, |group| group.kept.clone())
    }

    /// Takes over what the ledger has taken; returns the findings that are new.
    pub(super) fn take_in(&mut self, round: Round) -> Vec<KeptFinding> {
        let mut new = Vec::new();
        for (key, mut group) in round.touched {
            if !std::mem::replace(&mut group.announced, true) {
                new.push(group.kept.clone());
            }
            let id = group.kept.finding.id.clone();
            if let Some(left) = self.by_key.insert(key.clone(), group) {
                self.key_by_id.remove(&left.kept.finding.id);
            }
            self.key_by_id.insert(id, key);
        }
        self.forget();
        new
    }

    /// What waits to be written.
    pub(super) fn waiting(&self) -> Round {
        let waiting = self.by_key.iter().filter(|(_, group)| group.waits);
        let touched = waiting.map(|(key, group)| (key.clone(), group.clone())).collect();
        Round { touched, left: Vec::new() }
    }

    /// Takes over a finding whose state was changed and written.
    pub(super) fn replace(&mut self, kept: &KeptFinding, written_at: Instant) {
        if let Some(key) = self.key_by_id.get(&kept.finding.id) {
            self.by_key.insert(key.clone(), Group::stored(kept.clone(), written_at));
        }
    }

    fn forget(&mut self) {
        if self.by_key.len() > REMEMBERED_MAX {
            self.by_key.retain(|_, group| group.waits);
            self.key_by_id.retain(|_, key| self.by_key.contains_key(key));
        }
    }
}
