//! The office's side: what arrives from institutions, the cases an office must know of, and what it does about them.
//!
//! `received` keeps reports as they came. `case` is one row per incident at an institution as the office knows it, from
//! whatever source; [`decide`] says what may happen to it, and `desk` commits. `upward` reports to the office above, `tasks`
//! carries what the ministry asks for downwards, `dispatch` sends help, and `link` lets a clinic without a node report once.

mod case;
pub mod decide;
mod desk;
mod dispatch;
mod error;
mod link;
mod list;
mod received;
mod tasks;
mod upward;

pub use case::{
    Awareness, ConcernedInstitution, Entering, EntryHeading, Guidance, GuidanceAnswer, OfficeCase,
    OfficeCaseFile, OfficeEntry, OfficeState, OperatingBody, REPORT_UP_REMIND_MINUTES,
};
pub use decide::OfficeChange;
pub use dispatch::{Dispatch, DispatchRoute, DispatchState, DispatchStep, routes_for};
pub use error::{OFFICE_TROUBLES, OfficeError};
pub use link::{
    EmergencyLink, EmergencyReport, LINK_HOURS_MAX, LinkReceipt, LinkState, NewLink, Stopped,
};
pub use list::{CaseFilter, SILENT_HOURS, in_order, is_silent, proposals};
pub use received::{OfficeDesk, Reading, ReceivedReport, Reception, Reply, ReplyKind};
pub use tasks::{NewTask, OfficeTask, TaskAnswer, TaskKind, TaskSide};
pub use upward::{Peer, Place, UP_FORM, UpDraft, check_office_form};

#[cfg(test)]
mod tests;
