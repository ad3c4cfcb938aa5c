//! Being prepared: whom to call, who decides, by which criteria, and whether it was practised (2021-06-28 notice 3(2)).
//!
//! Contacts are the one model of `content` ([`sakimori_content::LocalContact`]); deciders and people of a drill refer to them by
//! id. What is written here is versioned, never overwritten: a decision keeps the version of the criteria it was made by.

mod contacts_file;
mod deciders;
mod desk;
mod drill;
mod exercise;
mod procedures;
#[cfg(test)]
mod tests;

pub use contacts_file::{
    CONTACTS_FILE_BYTES_MAX, CellFault, ContactsFileError, contact_rows, fuzz_contacts_file,
    is_dialable, read_contacts,
};
pub use deciders::{Decider, Reach, reach};
pub use desk::{PaperMark, ReadinessDesk};
pub use drill::{
    Drill, DrillPerson, DrillPlan, DrillState, Improvement, Score, Tried, Try, drill_score,
};
pub use exercise::{
    ExerciseMark, Inject, InjectScore, Rehearsal, affected_systems, exercise_marks, inject_scores,
};
pub use procedures::{PROCEDURE_KINDS, Procedure, ProcedureText, REVIEW_DAYS};
