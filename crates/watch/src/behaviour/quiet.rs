//! Sources that suddenly say little: not silent, but a tenth of what the quietest of the last days brought.
//!
//! An attacker who switches off most of a machine's logging leaves a source that still speaks. Silence itself is told by the
//! source book.

use sakimori_words::{Event, Finding, Level, Text};
use serde::{Deserialize, Serialize};

use super::memory::Bounded;
use super::words::{Look, Said, Words};
use crate::{Day, DayCount, OWN_SOURCES};

/// Sources that are remembered.
const SOURCES_MAX: usize = 4_096;

/// Whole days that the latest is held against: two weeks, with their weekends.
const DAYS_COMPARED: usize = 14;

/// Events a day below which a source is not judged: a tenth of little is chance.
const EVENTS_A_DAY_MIN: u64 = 1_000;

/// How many times less than the quietest of those days it takes.
const TIMES_LESS: u64 = 10;

const WORDS: Words = Words {
    id: "sakimori-behaviour-quieter-source",
    title: [
        "ログが急に減った（止まってはいない）",
        "A log source suddenly says far less (but is not silent)",
    ],
    next_step: [
        "その機器のログ設定（監査ポリシー、送信するログの種類）が変わっていないか、機器の担当者に確かめてください。機器の入れ替えや休診でなければ「疑い」を開いてください。",
        "Ask whoever looks after the device whether its logging was changed (audit policy, kinds of log sent). Unless the device was replaced or the house closed, open a suspicion.",
    ],
    level: Level::Medium,
    tags: &["attack.defense-impairment", "attack.t1562.002"],
    clause: "S4-12",
};

/// How much each source says.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Quiet {
    pub(super) sources: Bounded<Count, SOURCES_MAX>,
}

/// One source.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Count {
    day: Day,
    today: u64,
    /// Whole days on which it spoke, the latest last.
    before: Vec<u64>,
}

impl Quiet {
    /// Counts an event by the day of its receipt; says of the day that ended with it whether it was too quiet.
    pub(super) fn look(&mut self, event: &Event, look: &Look<'_>) -> Option<Finding> {
        if event.source.starts_with(OWN_SOURCES) {
            return None;
        }
        let day = DayCount::day_of(event.received_at);
        let count = &mut self.sources.seen(&event.source, event.received_at)?.own;
        if count.day == day {
            count.today = count.today.saturating_add(1);
            return None;
        }
        let (quietest, ended) = count.turn_to(day)?;
        let evidence = vec![(look.evidence)()];
        Some(look.finding(&WORDS, Said { evidence, ..said(event, quietest, ended) }))
    }
}

impl Count {
    /// Begins a day. The quietest of the days before, and the day that ended, when that was far quieter.
    fn turn_to(&mut self, day: Day) -> Option<(u64, u64)> {
        let (ended_on, ended) = (self.day, std::mem::replace(&mut self.today, 1));
        self.day = day;
        // Its first day began when it was connected; a day before a silent one is told by the silence.
        let whole = ended_on != 0 && day.saturating_sub(ended_on) == 1;
        let learnt = self.before.len() >= DAYS_COMPARED;
        let quietest = self.before.iter().copied().min().unwrap_or(0);
        if ended_on != 0 {
            self.before.push(ended);
        }
        let too_many = self.before.len().saturating_sub(DAYS_COMPARED);
        self.before.drain(..too_many);
        let judged = whole && learnt && quietest >= EVENTS_A_DAY_MIN;
        (judged && ended.saturating_mul(TIMES_LESS) <= quietest).then_some((quietest, ended))
    }
}

fn said(event: &Event, quietest: u64, ended: u64) -> Said {
    let source: String = event.source.chars().take(200).collect();
    Said {
        reason: Text::new(
            format!(
                "{source} から届いた記録は、きのう {ended} 件でした。その前の 2 週間は、少ない日でも {quietest} 件ありました。記録の一部が止められたか、機器の設定が変わったおそれがあります。"
            ),
            format!(
                "{source} sent {ended} records yesterday; in the two weeks before, the quietest day had {quietest}. Part of its logging may have been switched off."
            ),
        ),
        summary: format!("{source}: {quietest} -> {ended}"),
        ..Said::default()
    }
}
