//! Record-access review (アクセス記録の点検): explains accesses to patients' records by what the hospital knows of the patient's
//! care, and ranks what stays unexplained, with the reasons in words.
//!
//! The 2016 notice asks that all accesses are recorded and their content is checked regularly (平成28年3月14日 通知 ③). Nobody can
//! read two million of them a year. [`List`]s that the hospital hands in (staff, duties, patients, stays, appointments, orders,
//! referrals, marks) become a [`Context`]; a [`Month`] takes accesses one by one, subtracts those that [`explain`] accounts for
//! (explanation-based auditing, Fabbri and `LeFevre` 2012) and scores the rest by signs whose points a reviewer can add up.
//! [`Reviews`] keeps what people then decided. Everything but [`Reviews`] is a function of values.

mod context;
mod explain;
mod keys;
mod lists;
mod month;
mod reasons;
mod reviews;
mod settings;
#[cfg(test)]
mod tests;

pub use context::{Context, ContextSize};
pub use explain::{Explanation, explain};
pub use keys::{patient_key, user_key};
pub use lists::{LIST_BYTES_MAX, List, ListError, ListKind, Refused, template};
pub use month::{Access, Candidate, Month, Outcome, Sampled};
pub use reasons::{Reason, ReasonCode};
pub use reviews::{
    Item, ItemKind, NOTE_CHARS_MAX, Review, ReviewError, Reviews, Run, Signature, Verdict,
    VerdictKind, misuse_finding,
};
pub use settings::{ReviewSettings, month_span, parse_month};

/// Takes any bytes as a list, must return.
pub fn fuzz_access_list(bytes: &[u8]) {
    if let Ok(list) = List::read(bytes) {
        let mut context = Context::default();
        context.add(&list);
    }
}
