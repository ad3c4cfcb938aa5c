//! The pack in use, read and checked.

use std::path::{Path, PathBuf};

use sakimori_words::{Date, Instant, Prefecture, Text, VendorContract};
use serde::Deserialize;

use crate::call_sheet::{SheetRequest, call_sheet};
use crate::chasing::Chasing;
use crate::checklists::Checklist;
use crate::materials::Material;
use crate::reading::read;
use crate::templates::Urgency;
use crate::{
    Calendar, CallSheet, ChaseRule, Contact, CsvMapText, Deadline, DecisionGuide, Detection,
    EvidenceGuide, Form, FormSheet, LocalContact, NameAliases, Pack, PackVersion, Playbook,
    Problem, Product, Sharing, WarningTemplate,
};

/// A pack that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ContentError {
    /// The folder or a file in it cannot be read.
    #[error("cannot read `{path}`")]
    Unreadable {
        /// Which one.
        path: PathBuf,
        /// Why.
        #[source]
        cause: std::io::Error,
    },
    /// More than a pack may hold; the folder is probably not a pack.
    #[error("`{path}` makes the pack larger than {limit_bytes} bytes")]
    TooLarge {
        /// The file at which the limit was passed.
        path: PathBuf,
        /// The limit.
        limit_bytes: u64,
    },
    /// The pack has problems in items that must be whole.
    #[error("the content pack has {} problem(s), first: {first}", problems.len())]
    Broken {
        /// The first one.
        first: Problem,
        /// All of them.
        problems: Vec<Problem>,
    },
}

/// A notice of the ministry whose clauses items refer to.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// Its id in clause numbers, e.g. `S0` in `S0-17`.
    pub id: String,
    /// Its number, when it has one.
    pub number: String,
    /// The day it was issued.
    pub issued_on: Date,
    /// Its issuer.
    pub issuer: Text,
    /// How people cite it, e.g. `令和3年6月28日 事務連絡`.
    pub short: Text,
    /// Its title.
    pub title: Text,
    /// How many clauses are numbered in it.
    pub clauses: u32,
}

/// What Sakimori knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Content {
    pub(crate) version: PackVersion,
    pub(crate) notices: Vec<Notice>,
    pub(crate) calendar: Calendar,
    pub(crate) contacts: Vec<Contact>,
    pub(crate) playbooks: Vec<Playbook>,
    pub(crate) decisions: Vec<DecisionGuide>,
    pub(crate) evidence_guides: Vec<EvidenceGuide>,
    pub(crate) deadlines: Vec<Deadline>,
    pub(crate) forms: Vec<Form>,
    pub(crate) form_sheets: Vec<FormSheet>,
    pub(crate) templates: Vec<WarningTemplate>,
    pub(crate) chasing: Chasing,
    pub(crate) products: Vec<Product>,
    pub(crate) aliases: NameAliases,
    pub(crate) checklists: Vec<Checklist>,
    pub(crate) materials: Vec<Material>,
    pub(crate) sharing: Sharing,
    pub(crate) detections: Vec<Detection>,
    pub(crate) csv_maps: Vec<CsvMapText>,
    pub(crate) problems: Vec<Problem>,
}

impl Content {
    /// The pack built into the program.
    ///
    /// # Errors
    /// When it is broken, which a test rules out for every release.
    pub fn embedded() -> Result<Self, ContentError> {
        Self::from_pack(&Pack::embedded())
    }

    /// A replaced pack from a folder.
    ///
    /// # Errors
    /// When the folder cannot be read or an item other than a detection has a problem: half a pack is refused whole.
    pub fn from_dir(root: &Path) -> Result<Self, ContentError> {
        Self::from_pack(&Pack::from_dir(root)?)
    }

    /// Content from a pack's files.
    ///
    /// # Errors
    /// When an item other than a detection has a problem.
    pub fn from_pack(pack: &Pack) -> Result<Self, ContentError> {
        let reading = read(pack);
        match (reading.content, reading.grave.first()) {
            (Some(content), None) => Ok(content),
            (_, Some(first)) => {
                Err(ContentError::Broken { first: first.clone(), problems: reading.grave })
            }
            // Whatever is missing has been named; this arm keeps the promise visible to the compiler.
            (None, None) => {
                let first = Problem::of_file("pack.toml", "the pack is incomplete");
                Err(ContentError::Broken { problems: vec![first.clone()], first })
            }
        }
    }

    /// Every problem of a pack with file and line; none when it is whole.
    #[must_use]
    pub fn check(pack: &Pack) -> Vec<Problem> {
        let mut reading = read(pack);
        if let Some(content) = reading.content {
            reading.grave.extend(content.problems);
        }
        reading.grave
    }

    /// Problems that did not stop the pack from being used: detections left out, each with its reason.
    #[must_use]
    pub fn problems(&self) -> &[Problem] {
        &self.problems
    }

    /// Which pack this is.
    #[must_use]
    pub const fn version(&self) -> &PackVersion {
        &self.version
    }

    /// The notices that clauses refer to.
    #[must_use]
    pub fn notices(&self) -> &[Notice] {
        &self.notices
    }

    /// The notice a clause such as `S0-17` belongs to.
    #[must_use]
    pub fn notice_of(&self, clause: &str) -> Option<&Notice> {
        let id = clause.split('-').next()?;
        self.notices.iter().find(|notice| notice.id == id)
    }

    /// Clauses as people can look them up: `令和3年6月28日 事務連絡（Sakimori 整理番号 S4-12）`. The numbers are this project's own
    /// and stand in no notice, so the notice is named first. What is no clause of a notice of this pack stays as it is.
    #[must_use]
    pub fn citation<'c>(&self, clauses: impl IntoIterator<Item = &'c str>) -> Text {
        let mut cited: Vec<(Option<&Notice>, Vec<&str>)> = Vec::new();
        for clause in clauses.into_iter().filter(|clause| !clause.is_empty()) {
            let notice = self.notice_of(clause);
            match cited.iter_mut().find(|(known, _)| *known == notice) {
                Some((_, of_notice)) => of_notice.push(clause),
                None => cited.push((notice, vec![clause])),
            }
        }
        let (ja, en): (Vec<String>, Vec<String>) =
            cited.into_iter().map(|(notice, clauses)| cite(notice, &clauses.join(", "))).unzip();
        Text::new(ja.join("、"), en.join("; "))
    }

    /// The calendar.
    #[must_use]
    pub const fn calendar(&self) -> &Calendar {
        &self.calendar
    }

    /// The contact points of the pack.
    #[must_use]
    pub fn contacts(&self) -> &[Contact] {
        &self.contacts
    }

    /// Whom to call now: vendors, police, ministry, prefecture, then the others; each with the right number first.
    ///
    /// `local` are the institution's own contacts: one that `replaces` a contact of the pack takes its place and keeps its
    /// instructions; the others are added in the order of their roles.
    #[must_use]
    pub fn call_sheet(
        &self,
        now: Instant,
        prefecture: Option<Prefecture>,
        vendors: &[VendorContract],
        local: &[LocalContact],
    ) -> CallSheet {
        self.call_sheet_affecting(now, prefecture, vendors, local, &[])
    }

    /// The same, with those responsible for the `affected` systems in front of the others of their role.
    #[must_use]
    pub fn call_sheet_affecting(
        &self,
        now: Instant,
        prefecture: Option<Prefecture>,
        vendors: &[VendorContract],
        local: &[LocalContact],
        affected: &[String],
    ) -> CallSheet {
        let request = SheetRequest { now, prefecture, vendors, local, affected };
        call_sheet(&self.contacts, &self.calendar, &request)
    }

    /// The playbook of that id that holds on `day`.
    #[must_use]
    pub fn playbook(&self, id: &str, day: Date) -> Option<&Playbook> {
        self.playbooks.iter().find(|item| item.id == id && item.provenance.holds_on(day))
    }

    /// The playbooks that hold on `day`, in the order of their ids.
    pub fn playbooks(&self, day: Date) -> impl Iterator<Item = &Playbook> {
        self.playbooks.iter().filter(move |item| item.provenance.holds_on(day))
    }

    /// The playbook of that id in that version, for cases that began with it.
    #[must_use]
    pub fn playbook_version(&self, id: &str, version: &str) -> Option<&Playbook> {
        self.playbooks.iter().find(|item| item.id == id && item.version == version)
    }

    /// The decision guide of that id that holds on `day`.
    #[must_use]
    pub fn decision(&self, id: &str, day: Date) -> Option<&DecisionGuide> {
        self.decisions.iter().find(|item| item.id == id && item.provenance.holds_on(day))
    }

    /// The guide to securing evidence of that id that holds on `day`.
    #[must_use]
    pub fn evidence_guide(&self, id: &str, day: Date) -> Option<&EvidenceGuide> {
        self.evidence_guides.iter().find(|item| item.id == id && item.provenance.holds_on(day))
    }

    /// The form of that id that holds on `day`.
    #[must_use]
    pub fn form(&self, id: &str, day: Date) -> Option<&Form> {
        self.forms.iter().find(|item| item.id == id && item.provenance.holds_on(day))
    }

    /// The form of that id in that version, for records made with it.
    #[must_use]
    pub fn form_version(&self, id: &str, version: &str) -> Option<&Form> {
        self.forms.iter().find(|item| item.id == id && item.version == version)
    }

    /// The sheets of offices that are filled in from that form and hold on `day`.
    pub fn form_sheets(&self, form: &str, day: Date) -> impl Iterator<Item = &FormSheet> {
        let of_form = move |sheet: &&FormSheet| sheet.form == form;
        self.form_sheets.iter().filter(of_form).filter(move |one| one.provenance.holds_on(day))
    }

    /// The deadlines that hold on `day`.
    pub fn deadlines(&self, day: Date) -> impl Iterator<Item = &Deadline> {
        self.deadlines.iter().filter(move |item| item.provenance.holds_on(day))
    }

    /// Products that send logs, in the order of the list.
    #[must_use]
    pub fn products(&self) -> &[Product] {
        &self.products
    }

    /// Other names of makers and products.
    #[must_use]
    pub const fn aliases(&self) -> &NameAliases {
        &self.aliases
    }

    /// The checklists that institutions answer, the newest last.
    #[must_use]
    pub fn checklists(&self) -> &[Checklist] {
        &self.checklists
    }

    /// What institutions read and teach with, in its order.
    #[must_use]
    pub fn materials(&self) -> &[Material] {
        &self.materials
    }

    /// The warning templates.
    #[must_use]
    pub fn templates(&self) -> &[WarningTemplate] {
        &self.templates
    }

    /// Until when a warning of that class wants an answer, and how those who do not give one are chased.
    #[must_use]
    pub const fn chase_rule(&self, class: Urgency) -> &ChaseRule {
        self.chasing.rule(class)
    }

    /// How cases are shared so that the victim cannot be identified.
    #[must_use]
    pub const fn sharing(&self) -> &Sharing {
        &self.sharing
    }

    /// The warning template of that id.
    #[must_use]
    pub fn template(&self, id: &str) -> Option<&WarningTemplate> {
        self.templates.iter().find(|item| item.id == id)
    }

    /// The detections of the pack: rule text and reason.
    #[must_use]
    pub fn detections(&self) -> &[Detection] {
        &self.detections
    }

    /// The column maps for CSV exports.
    #[must_use]
    pub fn csv_maps(&self) -> &[CsvMapText] {
        &self.csv_maps
    }
}

/// Clauses of one notice, in both languages.
fn cite(notice: Option<&Notice>, clauses: &str) -> (String, String) {
    match notice {
        Some(Notice { short, .. }) => (
            format!("{}（Sakimori 整理番号 {clauses}）", short.ja),
            format!("{} (Sakimori ref. {clauses})", short.en),
        ),
        None => (clauses.to_owned(), clauses.to_owned()),
    }
}
