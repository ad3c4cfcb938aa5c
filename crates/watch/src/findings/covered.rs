//! What a scope covers among the findings that are kept: the preview of an exception, and what one holds back.

use std::collections::BTreeMap;

use sakimori_words::{ExceptionId, FindingId, Instant, Level};

use super::{Findings, FindingsError, KeptFinding, Which};
use crate::exceptions::Scope;

/// Most findings that are looked through for one answer.
const LOOKED_THROUGH_MAX: usize = 5_000;

/// How many are read at a time.
const PAGE: usize = 500;

/// Most findings an answer names; the rest is counted.
const NAMED_MAX: usize = 100;

/// What a scope would have held back.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Covered {
    /// The newest of them.
    pub findings: Vec<KeptFinding>,
    /// How many of each level there are.
    pub by_level: BTreeMap<Level, u64>,
    /// How often they occurred in all.
    pub times: u64,
    /// Whether there are more findings than were looked through.
    pub partial: bool,
}

impl Covered {
    /// How many there are.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.by_level.values().sum()
    }

    /// How many there are of that level and above.
    #[must_use]
    pub fn at_least(&self, level: Level) -> u64 {
        self.by_level.range(level..).map(|(_, n)| n).sum()
    }

    fn add(&mut self, kept: KeptFinding) {
        *self.by_level.entry(kept.finding.level).or_default() += 1;
        self.times += kept.count;
        if self.findings.len() < NAMED_MAX {
            self.findings.push(kept);
        }
    }
}

impl Findings {
    /// What `scope` would have held back of everything found since then that is open or done. A finding that gathered
    /// several occurrences counts when any of them may have been covered.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn covered(&self, scope: &Scope, since: Instant) -> Result<Covered, FindingsError> {
        let mut covered = Covered::default();
        let mut before: Option<FindingId> = None;
        for _ in 0..LOOKED_THROUGH_MAX / PAGE {
            let page = self.list(Which::All, before.as_ref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            before = page.last().map(|kept| kept.finding.id.clone());
            // Ids are made when a finding is kept, so beyond a page of old ones there are only older ones.
            let is_old = page.iter().all(|kept| kept.finding.found_at < since);
            let fits =
                |kept: &KeptFinding| kept.finding.found_at >= since && scope.covers(&kept.finding);
            page.into_iter().filter(fits).for_each(|kept| covered.add(kept));
            if is_last || is_old {
                return Ok(covered);
            }
        }
        Ok(Covered { partial: true, ..covered })
    }

    /// What one exception holds back, newest first; those older than `before`. As far as it is among the newest that are held
    /// back at all.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn held_back_by(
        &self,
        exception: &ExceptionId,
        before: Option<&FindingId>,
        limit: usize,
    ) -> Result<Vec<KeptFinding>, FindingsError> {
        let mut found = Vec::new();
        let mut before = before.cloned();
        for _ in 0..LOOKED_THROUGH_MAX / PAGE {
            let page = self.list(Which::HeldBack, before.as_ref(), PAGE).await?;
            let is_last = page.len() < PAGE;
            before = page.last().map(|kept| kept.finding.id.clone());
            let own = |kept: &KeptFinding| kept.state.held_back_by() == Some(exception);
            found.extend(page.into_iter().filter(own));
            if is_last || found.len() >= limit {
                break;
            }
        }
        found.truncate(limit);
        Ok(found)
    }
}
