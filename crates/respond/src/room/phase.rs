//! Handling: suspected, confirmed, contained … closed; and the ministry's phase that follows from it.

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use super::{Taken, Taking, as_seen, taken};
use crate::decide::{Change, may_say, must_be_open, said, with_entry};
use crate::{Case, EntryKind, Handling, Moment, RespondError, TimelineEntry};

/// How far handling is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// 疑い.
    Suspected,
    /// 確認.
    Confirmed,
    /// 封じ込め済み.
    Contained,
    /// 根絶中.
    Eradicating,
    /// 復旧中.
    Recovering,
    /// 監視中.
    Monitoring,
    /// 検証.
    Review,
    /// 終了.
    Closed,
    /// 事案ではない.
    Dismissed,
}

/// The phase as the ministry's BCP check list names it (令和6年6月6日 BCP 確認表).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum MhlwPhase {
    /// 検知.
    Detection,
    /// 初動対応.
    FirstResponse,
    /// 復旧処理.
    Recovery,
    /// 事後対応.
    Afterwards,
}

/// One step of handling.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PhaseStep {
    /// Where it led.
    pub phase: Phase,
    /// What it rests on, or why it does not follow the usual order; may be empty.
    pub reason: String,
    /// When, and who decided.
    pub taken: Taken,
}

impl Phase {
    /// The phases that people move a case through by hand, in their usual order.
    pub const BY_HAND: [Self; 6] = [
        Self::Confirmed,
        Self::Contained,
        Self::Eradicating,
        Self::Recovering,
        Self::Monitoring,
        Self::Review,
    ];

    /// The phase in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::Suspected => ["疑い", "suspected"],
            Self::Confirmed => ["事案と確認", "confirmed"],
            Self::Contained => ["封じ込め済み", "contained"],
            Self::Eradicating => ["原因の除去中", "eradicating"],
            Self::Recovering => ["復旧中", "recovering"],
            Self::Monitoring => ["復旧後の監視中", "monitoring"],
            Self::Review => ["振り返り・再発防止", "review"],
            Self::Closed => ["終了", "closed"],
            Self::Dismissed => ["事案ではない", "dismissed"],
        };
        Text::new(ja, en)
    }

    /// The ministry's phase; `None` for what was no incident.
    #[must_use]
    pub const fn mhlw(self) -> Option<MhlwPhase> {
        match self {
            Self::Suspected => Some(MhlwPhase::Detection),
            Self::Confirmed | Self::Contained => Some(MhlwPhase::FirstResponse),
            Self::Eradicating | Self::Recovering => Some(MhlwPhase::Recovery),
            Self::Monitoring | Self::Review | Self::Closed => Some(MhlwPhase::Afterwards),
            Self::Dismissed => None,
        }
    }

    /// Whether it is the usual next one after `before`; every other move needs a reason.
    #[must_use]
    pub fn follows(self, before: Self) -> bool {
        let all = [&[Self::Suspected], Self::BY_HAND.as_slice()].concat();
        all.windows(2).any(|pair| *pair == [before, self])
    }
}

impl MhlwPhase {
    /// The phase in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Detection => Text::new("検知", "Detection"),
            Self::FirstResponse => Text::new("初動対応", "First response"),
            Self::Recovery => Text::new("復旧処理", "Recovery"),
            Self::Afterwards => Text::new("事後対応", "Afterwards"),
        }
    }
}

impl Case {
    /// How far handling is.
    #[must_use]
    pub fn phase(&self) -> Phase {
        let last = self.room.phases.last().map(|step| step.phase);
        match self.handling {
            Handling::Dismissed { .. } => Phase::Dismissed,
            Handling::Closed { .. } => Phase::Closed,
            Handling::Confirmed => last.unwrap_or(Phase::Confirmed).max(Phase::Confirmed),
            Handling::Suspected => last.unwrap_or(Phase::Suspected),
        }
    }

    /// How far handling was at `at`; `None` before anything was noticed.
    #[must_use]
    pub fn phase_at(&self, at: Instant) -> Option<Phase> {
        let known = self.room.phases.iter().rfind(|step| step.taken.at <= at);
        match known {
            Some(step) => Some(step.phase),
            None if self.detected_at.min(self.knew_at) <= at => Some(Phase::Suspected),
            None => None,
        }
    }
}

/// Moves handling on. The usual next phase needs no reason; leaving one out or going back does.
///
/// # Errors
/// When the case is closed, the phase is not one people set by hand or is the one it is in, a reason is missing, the time is in
/// the future or before the step it follows, or somebody else moved it since `seen` steps.
pub fn advance(
    case: &Case,
    to: Phase,
    reason: &str,
    taking: &Taking,
    seen: Option<usize>,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    must_be_open(case)?;
    let last = case.room.phases.last();
    let by = last.map(|step| (&step.taken.recorded_by, step.taken.recorded_at));
    as_seen(seen, case.room.phases.len(), by)?;
    let from = case.phase();
    if to == from || !Phase::BY_HAND.contains(&to) {
        return Err(RespondError::Step { from: from.words(), to: to.words() });
    }
    let reason =
        if to.follows(from) { may_say(reason, "reason")? } else { said(reason, "reason")? };
    let taken = taken(taking, last.map(|step| step.taken.at), moment)?;
    let words = phase_words(to, &reason, &taken);
    let mut entry = TimelineEntry::now(&case.id, EntryKind::Decision, words, moment);
    entry.at = taken.at;
    let mut after = case.clone();
    after.room.phases.push(PhaseStep { phase: to, reason, taken });
    Ok(with_entry(after, "phase_moved", entry))
}

/// After a judgement: a suspicion that reached the threshold is confirmed, a confirmed one that did not is a suspicion again.
/// Once people are containing or recovering, a judgement no longer says how far they are.
pub(crate) fn follow_judgement(case: &mut Case, before: Phase, moment: Moment<'_>) {
    let to = match (&case.handling, before) {
        (Handling::Confirmed, Phase::Suspected) => Phase::Confirmed,
        (Handling::Suspected, Phase::Confirmed) => Phase::Suspected,
        _ => return,
    };
    push(case, to, "", moment);
}

/// The case ended.
pub(crate) fn ended(case: &mut Case, phase: Phase, reason: &str, moment: Moment<'_>) {
    push(case, phase, reason, moment);
}

/// The case goes on.
pub(crate) fn reopened(case: &mut Case, reason: &str, moment: Moment<'_>) {
    let phase = match case.handling {
        Handling::Confirmed => Phase::Confirmed,
        _ => Phase::Suspected,
    };
    push(case, phase, reason, moment);
}

fn push(case: &mut Case, phase: Phase, reason: &str, moment: Moment<'_>) {
    let taken = Taken::now(moment);
    case.room.phases.push(PhaseStep { phase, reason: reason.to_owned(), taken });
}

fn phase_words(to: Phase, reason: &str, taken: &Taken) -> Text {
    let (phase, who) = (to.words(), taken.decider());
    let because = |open: &str, close: &str| {
        if reason.is_empty() { String::new() } else { format!("{open}{reason}{close}") }
    };
    Text::new(
        format!("対応の段階: {}{}（判断: {}）", phase.ja, because("。", ""), who.ja),
        format!("Handling: {}{} (decided by {})", phase.en, because(". ", ""), who.en),
    )
}
