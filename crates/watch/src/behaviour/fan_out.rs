//! Logons in a fan: one account or address comes onto far more machines within half an hour than ever before.

use sakimori_words::{EvidenceRef, Finding, Instant, Level, SECOND_MICROS, Text};
use serde::{Deserialize, Serialize};

use super::memory::Bounded;
use super::past::Past;
use super::reading::Logon;
use super::words::{Look, Said, Words};
use super::{EVIDENCE_KEPT_MAX, LEARNING_DAYS};
use crate::Day;

/// Accounts and addresses that are remembered.
const SUBJECTS_MAX: usize = 8_192;

/// How long logons belong together, in minutes. Intruders who hold a password try it everywhere at once.
pub(super) const WINDOW_MINUTES: i64 = 30;

/// Different machines within the window below which nothing is said. A person's morning is a computer, a file server, a print
/// server, the health record and two domain controllers.
pub(super) const MACHINES_MIN: usize = 7;

/// How many times the most of the past five weeks it takes.
const TIMES_PAST: u64 = 2;

/// Machines of a window that are remembered; with more it is as clear. Those of all subjects take 35 MB at worst.
const MACHINES_MAX: usize = 32;

const WORDS: Words = Words {
    id: "sakimori-behaviour-logon-fan-out",
    title: [
        "ひとつのアカウント・端末から、いつになく多くの機器に続けてログオンしている",
        "One account or machine logs on to unusually many machines in a row",
    ],
    next_step: [
        "そのアカウントの持ち主と委託業者に、いまの作業かどうか確かめてください。心当たりがなければ、アカウントを止め、接続元の機器のLANケーブルを抜き、「疑い」を開いてください。",
        "Ask the owner of the account, and suppliers, whether this is their work. If not, disable the account, unplug the machine it comes from and open a suspicion.",
    ],
    level: Level::High,
    tags: &["attack.lateral-movement", "attack.t1021"],
    clause: "S4-11",
};

/// Who comes onto how many machines.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct FanOut {
    pub(super) subjects: Bounded<Subject, SUBJECTS_MAX>,
}

/// One account or address.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Subject {
    /// The most machines within a window, of each day.
    past: Past,
    /// Each machine of the window, with its latest logon.
    machines: Vec<(String, Instant, EvidenceRef)>,
    told_on: Day,
}

impl FanOut {
    /// Learns from a logon, and says when it is one too many.
    pub(super) fn look(&mut self, logon: &Logon, look: &Look<'_>) -> Option<Finding> {
        let of_account = self.note(&logon.account, logon, look);
        let from = logon.from.map(|from| from.to_string());
        let of_address = from.and_then(|from| self.note(&from, logon, look));
        // Both mean the same people; the account says more.
        of_account.or(of_address)
    }

    fn note(&mut self, name: &str, logon: &Logon, look: &Look<'_>) -> Option<Finding> {
        let subject = &mut self.subjects.seen(name, look.at)?.own;
        subject.forget(look.at);
        subject.come_onto(&logon.machine, look);
        let n_machines = subject.machines.len();
        let n = u64::try_from(n_machines).unwrap_or(u64::MAX);
        let usual = subject.past.highest();
        subject.past.reach(look.day(), n);
        let unusual = n_machines >= MACHINES_MIN && n > usual.saturating_mul(TIMES_PAST);
        let told = look.day().saturating_sub(subject.told_on) <= 1;
        if !unusual || told || !look.known_for(look.since, LEARNING_DAYS) {
            return None;
        }
        subject.told_on = look.day();
        Some(look.finding(&WORDS, subject.said(name, logon, usual)))
    }
}

impl Subject {
    fn forget(&mut self, now: Instant) {
        let window = WINDOW_MINUTES * 60 * SECOND_MICROS;
        self.machines.retain(|(_, at, _)| now.micros_since(*at) <= window);
    }

    fn come_onto(&mut self, machine: &str, look: &Look<'_>) {
        if let Some((_, at, _)) = self.machines.iter_mut().find(|(known, _, _)| known == machine) {
            *at = look.at.max(*at);
        } else if self.machines.len() < MACHINES_MAX {
            self.machines.push((machine.to_owned(), look.at, (look.evidence)()));
        }
    }

    fn said(&self, name: &str, logon: &Logon, usual: u64) -> Said {
        let n = self.machines.len();
        let machines: Vec<&str> = self.machines.iter().map(|(name, _, _)| name.as_str()).collect();
        let list = machines.join(", ");
        let evidence = self.machines.iter().take(EVIDENCE_KEPT_MAX).map(|(_, _, own)| own.clone());
        Said {
            reason: Text::new(
                format!(
                    "{name} が {WINDOW_MINUTES} 分のうちに {n} 台の機器にログオンしました（{list}）。過去 5 週間の最高は {usual} 台です。盗んだパスワードで次々に機器へ移る、侵入者の動きです。"
                ),
                format!(
                    "{name} logged on to {n} machines within {WINDOW_MINUTES} minutes ({list}). The most in the past five weeks was {usual}. This is how intruders spread with a stolen password."
                ),
            ),
            host: String::new(),
            user: logon.account.clone(),
            summary: format!("{name}: {n} ({usual}) {list}"),
            evidence: evidence.collect(),
        }
    }
}
