//! What the hospital knows in advance: its maintenance lines and the plans announced for them.

use std::net::IpAddr;

use sakimori_words::{Instant, PersonId};
use serde::{Deserialize, Serialize};

use super::network::Network;
use super::session::plain_account;

/// What a remote maintenance line is, as people write it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineFields {
    /// The supplier.
    pub supplier: String,
    /// Whom to call there.
    pub phone: String,
    /// Accounts its people use.
    pub accounts: Vec<String>,
    /// User groups or tunnels of the VPN.
    pub groups: Vec<String>,
    /// Where its people come from. Empty: anywhere.
    pub addresses: Vec<Network>,
    /// Machines it may touch: names as the log gives them, addresses or networks. Empty: not said.
    pub machines: Vec<String>,
    /// The device it comes through.
    pub device: String,
}

/// A remote maintenance line.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Its id.
    pub id: String,
    /// What it is.
    pub fields: LineFields,
    /// When it was last changed.
    pub changed_at: Instant,
    /// Who changed it.
    pub changed_by: PersonId,
    /// Their name then.
    pub changed_by_name: String,
    /// It is in use no more. Plans and sessions of the past keep pointing at it.
    #[serde(default)]
    pub removed: bool,
}

/// A work plan as it was announced.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct PlanFields {
    /// Id of the line.
    pub line: String,
    /// Begin.
    pub from: Instant,
    /// End.
    pub to: Instant,
    /// What for.
    pub purpose: String,
    /// Machines. Empty: those of the line.
    pub machines: Vec<String>,
    /// Who of the hospital asked for it or allowed it.
    pub asked_by: String,
    /// Who of the hospital attends.
    pub attended_by: String,
}

/// A work plan, and what became of it. It is never edited in place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Its id; ids sort by the begin of the plan.
    pub id: String,
    /// As it was announced.
    pub fields: PlanFields,
    /// Name of the supplier then.
    pub supplier: String,
    /// When it was entered.
    pub entered_at: Instant,
    /// Who entered it.
    pub entered_by: PersonId,
    /// Their name then.
    pub entered_by_name: String,
    /// What was changed later, in order.
    #[serde(default)]
    pub changes: Vec<PlanChange>,
}

/// A change of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PlanChange {
    /// When.
    pub at: Instant,
    /// Who.
    pub by: PersonId,
    /// Their name then.
    pub by_name: String,
    /// Why.
    pub reason: String,
    /// What.
    pub change: Change,
}

/// What may be changed about a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Change {
    /// It lasts longer.
    Extended {
        /// The new end.
        to: Instant,
    },
    /// It does not take place, or ends at once.
    Cancelled,
}

impl Plan {
    /// Until when it holds: as announced or extended, and no longer than until it was cancelled.
    #[must_use]
    pub fn until(&self) -> Instant {
        self.changes.iter().fold(self.fields.to, |until, change| match change.change {
            Change::Extended { to } => to,
            Change::Cancelled => until.min(change.at),
        })
    }

    /// Whether it was cancelled.
    #[must_use]
    pub fn cancelled(&self) -> bool {
        self.changes.iter().any(|change| change.change == Change::Cancelled)
    }

    /// Whether it holds at no time at all.
    #[must_use]
    pub fn is_void(&self) -> bool {
        self.until() <= self.fields.from
    }
}

/// Lines and plans together, as sessions are matched with them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Register {
    /// Lines in use.
    pub lines: Vec<Line>,
    /// Plans, the newest ones.
    pub plans: Vec<Plan>,
    /// Accounts of which somebody said that they are no supplier's.
    pub own_accounts: Vec<String>,
}

impl Register {
    /// The line in use of that id.
    #[must_use]
    pub fn line(&self, id: &str) -> Option<&Line> {
        self.lines.iter().find(|line| line.id == id)
    }

    /// The line a session belongs to: by its account, else by its group, else by where it comes from.
    #[must_use]
    pub fn line_of(&self, account: &str, groups: &[String], from: Option<IpAddr>) -> Option<&Line> {
        let named = |names: &[String], name: &str| {
            let name = plain_account(name);
            !name.is_empty() && names.iter().any(|own| plain_account(own) == name)
        };
        let mut lines = self.lines.iter();
        let by_account = lines.find(|line| named(&line.fields.accounts, account));
        let by_group = || {
            let of_group =
                |line: &&Line| groups.iter().any(|group| named(&line.fields.groups, group));
            self.lines.iter().find(of_group)
        };
        let by_address = || {
            let from = from?;
            let holds = |line: &&Line| line.fields.addresses.iter().any(|own| own.holds(from));
            self.lines.iter().find(holds)
        };
        by_account.or_else(by_group).or_else(by_address)
    }

    /// Whether somebody said that the account is no supplier's.
    #[must_use]
    pub fn is_own(&self, account: &str) -> bool {
        self.own_accounts.iter().any(|own| plain_account(own) == plain_account(account))
    }
}
