//! First-time administrators: an account with an administrator's rights comes onto a machine it never was on.

use sakimori_words::{Finding, Level, Text};
use serde::{Deserialize, Serialize};

use super::LEARNING_DAYS;
use super::memory::Bounded;
use super::words::{Look, Said, Words};
use crate::Day;

/// Accounts, machines, and pairs of both that are remembered.
const ACCOUNTS_MAX: usize = 2_048;
const MACHINES_MAX: usize = 8_192;
const PAIRS_MAX: usize = 32_768;

/// An account that came onto a new machine on more days than this of the last four weeks goes round as a habit: the people who
/// look after everybody's computers.
const NEW_DAYS_MAX: usize = 2;

/// Days in which such a habit shows.
const HABIT_DAYS: Day = 28;

/// New machines of an account on one day that are told. With more it is a fan, which another finding tells as one.
const TOLD_A_DAY_MAX: u32 = 3;

const WORDS: Words = Words {
    id: "sakimori-behaviour-first-admin-logon",
    title: [
        "管理者権限のアカウントが、使ったことのない機器に初めてログオンした",
        "An administrator's account logged on to a machine it never used",
    ],
    next_step: [
        "そのアカウントの持ち主に、いま行った作業かどうか確かめてください。本人でなければ、アカウントを止めてパスワードを変え、「疑い」を開いてください。",
        "Ask the owner of the account whether this was them. If not, disable the account, change its password and open a suspicion.",
    ],
    level: Level::Medium,
    tags: &["attack.lateral-movement", "attack.t1078"],
    clause: "S4-11",
};

/// Who is an administrator where.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Admins {
    pub(super) accounts: Bounded<Account, ACCOUNTS_MAX>,
    machines: Bounded<(), MACHINES_MAX>,
    pairs: Bounded<(), PAIRS_MAX>,
}

/// An account that was seen with an administrator's rights.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Account {
    n_machines: u64,
    /// Days on which it came onto a new machine.
    new_on: Vec<Day>,
    told_on: Day,
    n_told: u32,
}

impl Admins {
    /// Notes that a machine exists: people come onto it, administrators or not.
    pub(super) fn see(&mut self, machine: &str, look: &Look<'_>) {
        self.machines.seen(machine, look.at);
    }

    /// Learns from a logon with an administrator's rights, and says when the machine is new to the account.
    pub(super) fn look(
        &mut self,
        account: &str,
        machine: &str,
        look: &Look<'_>,
    ) -> Option<Finding> {
        let machine_first_at = self.machines.seen(machine, look.at)?.first_at;
        let pair = format!("{account}\u{1f}{machine}");
        let known = self.pairs.get(&pair).is_some();
        self.pairs.seen(&pair, look.at)?;
        let entry = self.accounts.seen(account, look.at)?;
        if known {
            return None;
        }
        let own = &mut entry.own;
        let (n_machines, goes_round) = (own.n_machines, own.goes_round(look.day()));
        own.come_onto_new(look.day());
        // A machine that is new to everybody is being set up.
        let judged = look.known_for(machine_first_at, LEARNING_DAYS);
        if goes_round || !judged || !own.may_tell(look.day()) {
            return None;
        }
        let n_days = look.n_days_since(entry.first_at);
        Some(look.finding(&WORDS, said(account, machine, n_machines, n_days, look)))
    }
}

impl Account {
    fn goes_round(&self, day: Day) -> bool {
        let lately = |own: &&Day| **own < day && day.saturating_sub(**own) <= HABIT_DAYS;
        self.new_on.iter().filter(lately).count() > NEW_DAYS_MAX
    }

    fn come_onto_new(&mut self, day: Day) {
        self.n_machines = self.n_machines.saturating_add(1);
        self.new_on.retain(|own| day.saturating_sub(*own) <= HABIT_DAYS);
        if self.new_on.last().is_none_or(|own| *own < day) {
            self.new_on.push(day);
        }
    }

    fn may_tell(&mut self, day: Day) -> bool {
        if self.told_on != day {
            (self.told_on, self.n_told) = (day, 0);
        }
        self.n_told = self.n_told.saturating_add(1);
        self.n_told <= TOLD_A_DAY_MAX
    }
}

fn said(account: &str, machine: &str, n_machines: u64, n_days: i64, look: &Look<'_>) -> Said {
    Said {
        reason: Text::new(
            format!(
                "{account} が管理者権限で {machine} に初めてログオンしました。このアカウントはこれまでの {n_days} 日間、{n_machines} 台の機器でだけ管理者として使われていました。"
            ),
            format!(
                "{account} logged on to {machine} with an administrator's rights for the first time. In the past {n_days} days it was used as an administrator on {n_machines} machines only."
            ),
        ),
        host: machine.to_owned(),
        user: account.to_owned(),
        summary: format!("{account} @ {machine}"),
        evidence: vec![(look.evidence)()],
    }
}
