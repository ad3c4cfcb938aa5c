//! What Sakimori knows, as data: contacts, calendars, detections, playbooks, decisions, deadlines, forms, warning templates,
//! how exactly a shared case may speak.
//!
//! Everything lies under `content/` as TOML with a source, a basis and effective dates, is built into the program and may be
//! replaced by a newer pack without a new program: laws, office names and telephone numbers change more often than code.
//! The checker names every problem with file and line. The functions here are pure; only [`Content::from_dir`] reads files.

mod aliases;
mod calendar;
mod call_sheet;
mod chasing;
mod check;
mod checklists;
mod contacts;
mod content;
mod deadlines;
mod decisions;
mod detections;
mod evidence_guide;
mod form_sheets;
mod forms;
mod materials;
mod own_contacts;
mod pack;
mod playbooks;
mod products;
mod provenance;
mod reading;
mod sharing;
mod templates;
mod troubles;

pub use aliases::{NameAlias, NameAliases};
pub use calendar::{Calendar, DayKind, Holiday, OfficeHours, Period};
pub use call_sheet::{CallEntry, CallLine, CallSheet, Deputy, police_headquarters};
pub use chasing::{AnswerWithin, ChaseAct, ChaseHours, ChaseRule, ChaseStep};
pub use check::Problem;
pub use checklists::{Checklist, ChecklistItem};
pub use contacts::{Contact, ContactRole, Line, Validity};
pub use content::{Content, ContentError, Notice};
pub use deadlines::{Deadline, Limit, Recipient, Trigger};
pub use decisions::{Consideration, DecisionGuide, DecisionOption, OrderStep};
pub use detections::{CsvMapText, Detection, DetectionReason};
pub use evidence_guide::{EvidenceGuide, GuideLine, GuideStep};
pub use form_sheets::{FormSheet, SheetCell, SheetSection};
pub use forms::{Field, FieldChoice, FieldKind, Form, Section};
pub use materials::{Material, MaterialKind, Question, Tier};
pub use own_contacts::{Answered, LocalContact, OwnPhone, PhoneKind, VERIFY_DAYS, deputy_circle};
pub use pack::{Pack, PackVersion, fuzz_pack};
pub use playbooks::{Playbook, Step};
pub use products::{Door, PLACES, Product, ProductStep, StepCarrier};
pub use provenance::Provenance;
pub use sharing::{
    AreaGrain, Bands, Block, FieldBand, FieldClass, FieldClasses, Ladder, PeriodGrain, Publication,
    Rung, Safeguard, SharedWord, SharedWords, Sharing, Weekday,
};
pub use templates::{TemplateAction, Urgency, WarningTemplate};
pub use troubles::TROUBLES;

#[cfg(test)]
mod tests;
