//! Findings made in retrospect: what is known already, and keeping the rest under its true time.

use std::collections::HashMap;

use sakimori_words::{ExceptionId, Finding, FindingId, Instant};

use super::groups::{Group, Round};
use super::{
    DONE_SHELF, EVIDENCE_MAX, FindingState, Findings, FindingsError, HELD_BACK_SHELF, INVOLVED_MAX,
    KeptFinding, OPEN_SHELF,
};
use crate::retro::{Hit, RETRO_TAG, gather};

/// Findings read at a time.
const PAGE: usize = 1_000;

/// Most findings that are remembered while looking back; of older ones an event may be found again.
const KNOWN_MAX: usize = 200_000;

/// What was found before: by rule and machine.
#[derive(Clone, Debug, Default)]
pub struct Known {
    by_rule_and_host: HashMap<(String, String), Vec<Span>>,
}

#[derive(Clone, Debug)]
struct Span {
    id: FindingId,
    user: String,
    first_at: Instant,
    last_at: Instant,
    /// For what was found in retrospect: when. It knew every event that had arrived by then.
    looked_at: Option<Instant>,
}

impl Known {
    /// The finding that speaks of what `finding` says of an event already.
    #[must_use]
    pub(crate) fn of(&self, finding: &Finding, received_at: Instant) -> Option<&FindingId> {
        let key = (finding.rule_id.clone(), finding.host.clone());
        let spans = self.by_rule_and_host.get(&key)?;
        spans.iter().find(|span| span.knows(finding, received_at)).map(|span| &span.id)
    }

    /// The finding that an earlier look back made of the rule on the machine.
    #[must_use]
    pub(crate) fn earlier(&self, finding: &Finding) -> Option<&FindingId> {
        self.looked_at_since(finding, Instant::from_micros(i64::MIN))
    }

    /// As [`Known::earlier`], if it was made at that time or later.
    fn looked_at_since(&self, finding: &Finding, at: Instant) -> Option<&FindingId> {
        let key = (finding.rule_id.clone(), finding.host.clone());
        let spans = self.by_rule_and_host.get(&key)?.iter();
        spans.filter(|span| span.looked_at.is_some_and(|own| own >= at)).map(|span| &span.id).max()
    }

    fn note(&mut self, kept: &KeptFinding) {
        let finding = &kept.finding;
        let key = (finding.rule_id.clone(), finding.host.clone());
        let in_retrospect = is_retro(finding);
        self.by_rule_and_host.entry(key).or_default().push(Span {
            id: finding.id.clone(),
            user: finding.user.clone(),
            first_at: kept.first_at,
            last_at: kept.last_at,
            looked_at: in_retrospect.then_some(finding.found_at),
        });
    }
}

impl Span {
    fn knows(&self, finding: &Finding, received_at: Instant) -> bool {
        let within = finding.time >= self.first_at && finding.time <= self.last_at;
        let known = match self.looked_at {
            Some(looked_at) => received_at <= looked_at,
            None => self.user == finding.user,
        };
        within && known
    }
}

impl Findings {
    /// What was found before.
    ///
    /// # Errors
    /// When the ledger fails.
    pub(crate) async fn known(&self) -> Result<Known, FindingsError> {
        let mut known = Known::default();
        for shelf in [OPEN_SHELF, DONE_SHELF, HELD_BACK_SHELF] {
            let mut before: Option<String> = None;
            let mut n_noted = 0;
            while n_noted < KNOWN_MAX {
                let page = self.store.list_latest(shelf, before.as_deref(), PAGE).await?;
                for record in &page {
                    known.note(&record.read()?);
                }
                n_noted += page.len();
                match page.last() {
                    Some(last) if page.len() == PAGE => before = Some(last.key.clone()),
                    _ => break,
                }
            }
        }
        // What is counted but not written yet.
        for group in self.groups.lock().await.by_key.values() {
            known.note(&group.kept);
        }
        Ok(known)
    }

    /// Keeps one finding for each hit with events nobody knew, under the time of its first event; an open one of an earlier look
    /// back goes on. What an exception covers that is in force now is held back. Says for each hit which finding speaks of it.
    ///
    /// # Errors
    /// When the ledger refuses. It can be tried again: what was kept by then goes on.
    pub(crate) async fn keep_in_retrospect(
        &self,
        hits: &[Hit],
    ) -> Result<Vec<Option<FindingId>>, FindingsError> {
        let known = self.known().await?;
        let mut ids = Vec::with_capacity(hits.len());
        for hit in hits {
            // Kept already, before the program was stopped or the ledger refused the next.
            let kept = known.looked_at_since(&hit.finding, hit.finding.found_at);
            let id = match kept {
                Some(kept) => Some(kept.clone()),
                None if hit.fresh() == 0 => hit.known_as.clone(),
                None => Some(self.keep_one(hit).await?),
            };
            ids.push(id);
        }
        Ok(ids)
    }

    async fn keep_one(&self, hit: &Hit) -> Result<FindingId, FindingsError> {
        // Held so that nobody closes the finding between reading and writing it.
        let _groups = self.groups.lock().await;
        let now = self.clock.now();
        let active = self.exceptions.active(now).await?;
        let by = active.into_iter().find(|own| own.scope.covers(&hit.finding)).map(|own| own.id);
        let group = match self.going_on(hit, by.as_ref()).await? {
            Some(kept) => Group::changed(kept, |kept| count_on(kept, hit), now),
            None => Group::of(self.made_of(hit, by)),
        };
        let id = group.kept.finding.id.clone();
        let mut round = Round { left: vec![group], ..Round::default() };
        let facts = round.facts(&mut self.tally(&round).await?, now, true)?;
        self.store.commit(facts).await?;
        Ok(id)
    }

    /// The finding of an earlier look back that the hit goes on, if nobody has dealt with it.
    async fn going_on(
        &self,
        hit: &Hit,
        by: Option<&ExceptionId>,
    ) -> Result<Option<KeptFinding>, FindingsError> {
        let Some(id) = &hit.earlier else { return Ok(None) };
        let kept = self.stored(id).await?;
        Ok(kept.filter(|kept| is_retro(&kept.finding) && kept.waits_with(by)))
    }

    fn made_of(&self, hit: &Hit, by: Option<ExceptionId>) -> KeptFinding {
        let mut finding = hit.finding.clone();
        finding.id = FindingId::new(self.clock.now(), &*self.chance);
        KeptFinding {
            count: hit.fresh(),
            first_at: finding.time,
            last_at: hit.fresh_last_at,
            state: FindingState::first(by),
            revision: 0,
            handled: None,
            finding,
        }
    }
}

/// Counts what is new on a finding of an earlier look back.
fn count_on(kept: &mut KeptFinding, hit: &Hit) {
    kept.count += hit.fresh();
    kept.first_at = kept.first_at.min(hit.finding.time);
    kept.last_at = kept.last_at.max(hit.fresh_last_at);
    kept.finding.found_at = hit.finding.found_at;
    gather(&mut kept.finding.evidence, hit.finding.evidence.clone(), EVIDENCE_MAX);
    gather(&mut kept.finding.involved, hit.finding.involved.clone(), INVOLVED_MAX);
}

fn is_retro(finding: &Finding) -> bool {
    finding.tags.iter().any(|tag| tag == RETRO_TAG)
}
