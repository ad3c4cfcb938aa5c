//! What the hospital knows about who works where and which patient was where: the lists, ready to be asked.

use std::collections::HashMap;

use sakimori_words::Instant;

use super::lists::{List, ListKind, Row, Scope, Span};

/// Everything the lists say, by account and by patient.
#[derive(Clone, Debug, Default)]
pub struct Context {
    staff: HashMap<String, Vec<Employment>>,
    duties: HashMap<String, Vec<Duty>>,
    patients: HashMap<String, PatientFile>,
    /// Patients' records that belong to staff, with the departments they work in.
    staff_records: HashMap<String, Vec<String>>,
    families: Shares,
    postcodes: Shares,
}

/// How much a context holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub struct ContextSize {
    /// Accounts of staff.
    pub staff: usize,
    /// Patients about whom anything is known.
    pub patients: usize,
    /// Stays, visits, orders and referrals.
    pub contacts: usize,
    /// Duties.
    pub duties: usize,
}

/// One row of the staff list.
#[derive(Clone, Debug)]
pub(super) struct Employment {
    pub(super) role: String,
    pub(super) departments: Vec<String>,
    pub(super) scope: Scope,
    pub(super) family: String,
    pub(super) postcode: String,
    pub(super) patient: String,
    span: Span,
}

#[derive(Clone, Debug)]
pub(super) struct Duty {
    pub(super) departments: Vec<String>,
    pub(super) span: Span,
}

/// What is known about one patient.
#[derive(Clone, Debug, Default)]
pub(super) struct PatientFile {
    pub(super) family: String,
    pub(super) postcode: String,
    pub(super) marks: Vec<(String, Span)>,
    pub(super) contacts: Vec<Contact>,
}

/// One event of care.
#[derive(Clone, Debug)]
pub(super) struct Contact {
    pub(super) kind: ListKind,
    pub(super) departments: Vec<String>,
    pub(super) users: Vec<String>,
    pub(super) span: Span,
}

/// How often each value is met, to tell the rare from the common.
#[derive(Clone, Debug, Default)]
pub(super) struct Shares {
    counts: HashMap<String, u32>,
    total: u32,
}

impl Shares {
    fn add(&mut self, value: &str) {
        if !value.is_empty() {
            *self.counts.entry(value.to_owned()).or_default() += 1;
            self.total += 1;
        }
    }

    /// The share of patients who have it; one that only one has is as rare as the list is long.
    pub(super) fn of(&self, value: &str) -> f64 {
        let n = self.counts.get(value).copied().unwrap_or(0).max(1);
        f64::from(n) / f64::from(self.total.max(1))
    }
}

impl Context {
    /// Adds what a list says. A list of the same kind adds to the one before.
    pub fn add(&mut self, list: &List) {
        for row in &list.rows {
            self.add_row(list.kind, row.clone());
        }
    }

    /// How much it holds.
    #[must_use]
    pub fn size(&self) -> ContextSize {
        ContextSize {
            staff: self.staff.len(),
            patients: self.patients.len(),
            contacts: self.patients.values().map(|file| file.contacts.len()).sum(),
            duties: self.duties.values().map(Vec::len).sum(),
        }
    }

    fn add_row(&mut self, kind: ListKind, row: Row) {
        match row {
            Row::Staff { user, role, departments, scope, family, postcode, patient, span } => {
                if !patient.is_empty() {
                    self.staff_records.insert(patient.clone(), departments.clone());
                }
                let employment =
                    Employment { role, departments, scope, family, postcode, patient, span };
                self.staff.entry(user).or_default().push(employment);
            }
            Row::Duty { user, departments, span } => {
                self.duties.entry(user).or_default().push(Duty { departments, span });
            }
            Row::Patient { patient, family, postcode } => {
                self.families.add(&family);
                self.postcodes.add(&postcode);
                let file = self.patients.entry(patient).or_default();
                (file.family, file.postcode) = (family, postcode);
            }
            Row::Mark { patient, mark, span } => {
                self.patients.entry(patient).or_default().marks.push((mark, span));
            }
            Row::Contact { patient, departments, users, span } => {
                let contact = Contact { kind, departments, users, span };
                self.patients.entry(patient).or_default().contacts.push(contact);
            }
        }
    }

    /// What the account's holder was at that moment; several rows when they work in two places.
    pub(super) fn employed(&self, user: &str, at: Instant) -> impl Iterator<Item = &Employment> {
        let rows = self.staff.get(user).into_iter().flatten();
        rows.filter(move |row| row.span.holds(at, 0, 0))
    }

    /// The latest row of an account, also of one that has left.
    pub(super) fn latest(&self, user: &str) -> Option<&Employment> {
        self.staff.get(user)?.last()
    }

    pub(super) fn duties(
        &self,
        user: &str,
        at: Instant,
        slack_seconds: i64,
    ) -> impl Iterator<Item = &Duty> {
        let duties = self.duties.get(user).into_iter().flatten();
        duties.filter(move |duty| duty.span.holds(at, slack_seconds, slack_seconds))
    }

    pub(super) fn patient(&self, patient: &str) -> Option<&PatientFile> {
        self.patients.get(patient)
    }

    /// Where the person works whose own record it is, if it is one of staff.
    pub(super) fn staff_record(&self, patient: &str) -> Option<&[String]> {
        self.staff_records.get(patient).map(Vec::as_slice)
    }

    pub(super) const fn families(&self) -> &Shares {
        &self.families
    }

    pub(super) const fn postcodes(&self) -> &Shares {
        &self.postcodes
    }
}
