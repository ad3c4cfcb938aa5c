//! The judgement: which plans cover a session, and what about it was not announced. Pure.

use std::net::IpAddr;

use sakimori_words::{Instant, Text};
use serde::{Deserialize, Serialize};

use super::network::Network;
use super::register::{Line, Plan, Register};
use super::session::{Machine, Road, Session};
use super::{EARLY_SECONDS, GRACE_SECONDS};
use crate::detector::machine_name;

/// What suppliers' accounts and groups are called. The same words as in the built-in detection that this module speaks for.
const SUPPLIER_WORDS: [&str; 12] = [
    "vendor", "supplier", "maint", "hosyu", "hoshu", "gyosha", "itaku", "kyushoku", "support",
    "保守", "業者", "給食",
];

/// Something about a session that was not announced.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Deviation {
    /// No plan held when it began.
    Unplanned,
    /// It lasted longer than its plan and the time of grace.
    Overrun,
    /// It reached a machine that is not in its plan.
    MachineOutside {
        /// Which.
        machine: String,
    },
    /// It came from an address that is not the line's.
    AddressOutside,
    /// The account looks like a supplier's, and no line knows it.
    NoLine,
}

/// The plans that cover a session.
#[derive(Clone, Debug, PartialEq)]
pub struct Cover<'p> {
    /// The plan that held when it began, and those that follow without a gap.
    pub plans: Vec<&'p Plan>,
    /// Until when they hold.
    pub until: Instant,
}

impl Cover<'_> {
    /// Whether the plan was entered only after the session had begun.
    #[must_use]
    pub fn entered_afterwards(&self, session: &Session) -> bool {
        self.plans.first().is_some_and(|plan| plan.entered_at > session.begun_at)
    }

    /// Whether the session kept to their time, as far as can be said at `now`.
    #[must_use]
    pub fn kept(&self, session: &Session, now: Instant) -> bool {
        session.lasted_until(now) <= self.until.plus_seconds(GRACE_SECONDS)
    }
}

/// How a session stands to the plans as they are known now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Announced, and within its time.
    Planned,
    /// A plan was entered only after it had begun.
    Afterwards,
    /// It lasted beyond its plan.
    Overrun,
    /// No plan.
    Unplanned,
}

impl Standing {
    /// How the session stands at `now`.
    #[must_use]
    pub fn of(session: &Session, plans: &[Plan], now: Instant) -> Self {
        match cover(session, plans) {
            None => Self::Unplanned,
            Some(cover) if !cover.kept(session, now) => Self::Overrun,
            Some(cover) if cover.entered_afterwards(session) => Self::Afterwards,
            Some(_) => Self::Planned,
        }
    }

    /// In words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Planned => Text::new("予定どおり", "as planned"),
            Self::Afterwards => Text::new("予定を後から登録", "plan entered afterwards"),
            Self::Overrun => Text::new("予定の時間を超過", "beyond its plan"),
            Self::Unplanned => Text::new("予定なし", "no plan"),
        }
    }
}

/// The plans that cover a session; `None` when none of its line held as it began.
#[must_use]
pub fn cover<'p>(session: &Session, plans: &'p [Plan]) -> Option<Cover<'p>> {
    let line = session.line.as_deref()?;
    let mut own: Vec<&Plan> =
        plans.iter().filter(|plan| plan.fields.line == line && !plan.is_void()).collect();
    own.sort_by_key(|plan| (plan.fields.from, plan.until()));
    let begins_before =
        |plan: &Plan, at: Instant| plan.fields.from.plus_seconds(-EARLY_SECONDS) <= at;
    let holds =
        |plan: &&Plan| begins_before(plan, session.begun_at) && session.begun_at <= plan.until();
    let first = own.iter().copied().filter(holds).max_by_key(|plan| plan.until())?;
    let mut cover = Cover { plans: vec![first], until: first.until() };
    // They are in the order of their begin: each either follows what is covered so far, or lies behind a gap.
    for plan in own {
        if begins_before(plan, cover.until) && plan.until() > cover.until {
            cover.plans.push(plan);
            cover.until = plan.until();
        }
    }
    Some(cover)
}

/// Everything about the session that was not announced, as far as can be said at `now`.
#[must_use]
pub fn deviations(session: &Session, register: &Register, now: Instant) -> Vec<Deviation> {
    let line = session.line.as_deref().and_then(|id| register.line(id));
    let Some(line) = line else {
        let no_line = session.road == Road::Vpn
            && !register.is_own(&session.account)
            && looks_like_supplier(&session.account, &session.groups);
        return if no_line { vec![Deviation::NoLine] } else { Vec::new() };
    };
    let Some(cover) = cover(session, &register.plans) else { return vec![Deviation::Unplanned] };
    let mut found = Vec::new();
    if !cover.kept(session, now) {
        found.push(Deviation::Overrun);
    }
    if !comes_from_the_line(session.from, line) {
        found.push(Deviation::AddressOutside);
    }
    let outside = session.machines.iter().filter(|machine| !allowed(machine, &cover, line));
    found
        .extend(outside.map(|machine| Deviation::MachineOutside { machine: machine.name.clone() }));
    found
}

/// Whether account or group are called as suppliers' are.
pub(super) fn looks_like_supplier(account: &str, groups: &[String]) -> bool {
    let names = std::iter::once(account).chain(groups.iter().map(String::as_str));
    let mut names = names.map(str::to_lowercase);
    names.any(|name| SUPPLIER_WORDS.iter().any(|word| name.contains(word)))
}

/// A line that names no address says nothing about where its people are.
pub(super) fn comes_from_the_line(from: Option<IpAddr>, line: &Line) -> bool {
    let addresses = &line.fields.addresses;
    let Some(from) = from.filter(|_| !addresses.is_empty()) else { return true };
    addresses.iter().any(|own| own.holds(from))
}

/// The machines of the plans count; a plan that names none means those of the line; where neither names any, all are.
fn allowed(machine: &Machine, cover: &Cover<'_>, line: &Line) -> bool {
    let named = |names: &[String]| names.iter().any(|name| is_named(machine, name));
    cover.plans.iter().any(|plan| match plan.fields.machines.as_slice() {
        [] => line.fields.machines.is_empty() || named(&line.fields.machines),
        own => named(own),
    })
}

fn is_named(machine: &Machine, name: &str) -> bool {
    let by_address = name.parse::<Network>().is_ok_and(|network| {
        machine.address.or_else(|| machine.name.parse().ok()).is_some_and(|own| network.holds(own))
    });
    by_address || machine_name(name) == machine_name(&machine.name)
}
