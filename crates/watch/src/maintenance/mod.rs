//! Remote maintenance: suppliers' sessions over VPN, remote desktop and SSH, matched with the work plans that were announced.
//!
//! A hospital keeps a list of maintenance lines and the plans suppliers announced. From the log the [`Tracker`] recognises
//! sessions; [`deviations`] says what about one was not announced. Both are pure; [`MaintenanceDesk`] keeps lines, plans and
//! sessions in the ledger. What can be relied on:
//!
//! - A session that begins while a plan of its line holds (or at most [`EARLY_SECONDS`] before), ends at most
//!   [`GRACE_SECONDS`] after it, comes from an address of the line and reaches only its machines is never a finding.
//! - A session of a line that begins outside every plan is exactly one finding, whatever else it does.
//! - Records may come in any order and up to [`LATE_SECONDS`] late. A session of which nothing is heard for
//!   [`UNHEARD_SECONDS`] is closed, its end unknown.

mod desk;
mod judge;
mod month;
mod network;
mod plans_file;
mod register;
mod session;
mod signs;
#[cfg(test)]
mod tests;
mod tracker;
mod wording;

pub use self::desk::{
    Import, LINES_MAX, MaintenanceDesk, MaintenanceError, Noted, PLANS_LOOKED_MAX, Proposal,
};
pub use self::judge::{Cover, Deviation, Standing, cover, deviations};
pub use self::month::month_csv;
pub use self::network::Network;
pub use self::plans_file::{
    PLANS_FILE_BYTES_MAX, PlanRow, PlansFileError, RefusedRow, WrittenPlan, fuzz_plans_file,
    read_plans,
};
pub use self::register::{Change, Line, LineFields, Plan, PlanChange, PlanFields, Register};
pub use self::session::{Ended, HowEnded, Machine, Road, Session, Told};
pub use self::tracker::{Seen, Tracker};
pub use self::wording::RULES;

/// How long before a plan a session may begin, in seconds: technicians dial in to see whether the line works.
pub const EARLY_SECONDS: i64 = 900;

/// How long after a plan a session may last, in seconds.
pub const GRACE_SECONDS: i64 = 900;

/// How late, or out of their order, records may come and still find their session, in seconds.
pub const LATE_SECONDS: i64 = 600;

/// How long nothing may be heard of a session before it is closed, in seconds.
///
/// `FortiGate` tells every ten minutes that a tunnel stands; others are silent between beginning and end, so a working day
/// must pass.
pub const UNHEARD_SECONDS: i64 = 24 * 3_600;

/// The built-in detection that calls every connection of a supplier a finding. Live, this module knows more and speaks in its
/// stead; it goes on speaking in a hunt over files, which knows no plans.
pub const SUPPLIER_RULE: &str = "d6ff6f91-2d5c-4577-bc2d-06b60c0aa4a3";
