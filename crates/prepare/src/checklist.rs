//! What an institution answers to a checklist (チェックリスト): each answer with the day it was confirmed, and by when a "no" becomes a "yes".

use std::collections::BTreeMap;
use std::sync::Arc;

use sakimori_content::{Checklist, ChecklistItem};
use sakimori_ledger::{Fact, Put, Record, Store};
use sakimori_words::{Clock, Date, Instant, OrganisationId, Text, jst_date};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::asset::NOTE_CHARS_MAX;
use crate::desk::By;
use crate::error::PrepareError;

/// [`Sheet`] by checklist and organisation.
const SHEETS: &str = "checklist";
/// How many sheets are read at a time.
const PAGE: usize = 1_000;

/// An answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CheckAnswer {
    /// はい.
    Yes,
    /// いいえ.
    No,
    /// 対象外: it has no contract with a company.
    NotApplicable,
}

/// What was answered to one item.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Checked {
    /// The answer.
    pub answer: CheckAnswer,
    /// 確認日: the day somebody made sure.
    pub confirmed_on: Date,
    /// 目標日: by when it is to be so; only with [`CheckAnswer::No`].
    pub target_on: Option<Date>,
    /// What was added.
    pub note: String,
    /// 氏名 of whoever answered.
    pub by: String,
    /// When it was written down.
    pub at: Instant,
}

/// An answer as it is handed in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewCheck {
    /// To which item.
    pub item: String,
    /// The answer.
    pub answer: CheckAnswer,
    /// The day somebody made sure.
    pub confirmed_on: Date,
    /// By when it is to be so.
    pub target_on: Option<Date>,
    /// What is added.
    pub note: String,
}

/// Everything one organisation answered to one checklist.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sheet {
    /// Which checklist.
    pub checklist: String,
    /// Who.
    pub organisation: OrganisationId,
    /// The answers by item.
    pub items: BTreeMap<String, Checked>,
}

/// How far a sheet is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SheetTally {
    /// はい.
    pub n_yes: usize,
    /// いいえ.
    pub n_no: usize,
    /// Of them those whose day has passed.
    pub n_late: usize,
    /// 対象外.
    pub n_not_applicable: usize,
    /// Not answered.
    pub n_open: usize,
}

impl Sheet {
    /// A sheet without an answer.
    #[must_use]
    pub fn empty(checklist: &Checklist, organisation: OrganisationId) -> Self {
        Self { checklist: checklist.id.clone(), organisation, items: BTreeMap::new() }
    }

    /// How far it is on that day.
    #[must_use]
    pub fn tally(&self, checklist: &Checklist, on: Date) -> SheetTally {
        let mut tally = SheetTally::default();
        for item in &checklist.items {
            match self.items.get(&item.id) {
                None => tally.n_open += 1,
                Some(checked) => match checked.answer {
                    CheckAnswer::Yes => tally.n_yes += 1,
                    CheckAnswer::NotApplicable => tally.n_not_applicable += 1,
                    CheckAnswer::No => {
                        tally.n_no += 1;
                        tally.n_late += usize::from(checked.target_on.is_some_and(|by| by < on));
                    }
                },
            }
        }
        tally
    }
}

/// Why an answer cannot be kept; `None` when it can.
#[must_use]
pub fn fault(item: &ChecklistItem, check: &NewCheck, today: Date) -> Option<Text> {
    let target = check.target_on;
    let [ja, en] = match check.answer {
        CheckAnswer::NotApplicable if !item.without_vendor => {
            ["「対象外」と答えられる項目ではありません", "cannot be answered with “not applicable”"]
        }
        CheckAnswer::No if target.is_none() => [
            "「いいえ」のときは目標日を入力してください",
            "needs a target date when the answer is no",
        ],
        CheckAnswer::No if target.is_some_and(|by| by < check.confirmed_on) => [
            "目標日は確認日以降にしてください",
            "the target date must not be before the day of the answer",
        ],
        _ if check.confirmed_on > today => {
            ["確認日に先の日付は使えません", "the day it was confirmed lies in the future"]
        }
        _ if check.note.chars().count() > NOTE_CHARS_MAX => {
            ["補足が長すぎます", "the note is too long"]
        }
        _ => return None,
    };
    Some(Text::new(ja, en))
}

/// The checklists of one organisation, or of the institutions that answer at an office. Share it in an `Arc`.
pub struct ChecklistDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl ChecklistDesk {
    /// The sheets kept in this ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// What an organisation answered so far, and the version to hand back with more.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sheet(
        &self,
        checklist: &Checklist,
        organisation: &OrganisationId,
    ) -> Result<(Sheet, Option<u64>), PrepareError> {
        let record = self.store.get(SHEETS, &key(checklist, organisation)).await?;
        let version = record.as_ref().map(|record| record.version);
        let kept = record.map(|record| record.read()).transpose()?;
        Ok((kept.unwrap_or_else(|| Sheet::empty(checklist, organisation.clone())), version))
    }

    /// Keeps answers over what stood in `version`. An answer that says what is kept already stays as it was, with its day. Returns how many
    /// are new or other.
    ///
    /// # Errors
    /// [`PrepareError::Check`] when one cannot be kept: then none is. [`PrepareError::ChangedMeanwhile`] when the sheet is another by now.
    pub async fn answer(
        &self,
        checklist: &Checklist,
        organisation: &OrganisationId,
        version: Option<u64>,
        checks: Vec<NewCheck>,
        by: By<'_>,
    ) -> Result<usize, PrepareError> {
        let (mut sheet, kept) = self.sheet(checklist, organisation).await?;
        if kept != version {
            return Err(PrepareError::ChangedMeanwhile);
        }
        let now = self.clock.now();
        let mut changed = BTreeMap::new();
        for check in checks {
            let item = checklist.item(&check.item).ok_or(PrepareError::Unknown)?;
            if let Some(why) = fault(item, &check, jst_date(now)) {
                return Err(PrepareError::Check { number: item.number.clone(), why });
            }
            let same = sheet.items.get(&check.item).is_some_and(|kept| says_the_same(kept, &check));
            if !same {
                changed.insert(check.item.clone(), checked(&check, by, now));
            }
        }
        if changed.is_empty() {
            return Ok(0);
        }
        let n_changed = changed.len();
        let body = json!({ "checklist": checklist.id, "items": changed });
        sheet.items.extend(changed);
        let put = Put::new(SHEETS, key(checklist, organisation), &sheet)?;
        let put = match version {
            Some(version) => put.version(version),
            None => put.absent(),
        };
        let stream = format!("checklist/{organisation}");
        let actor = by.person.as_str();
        let fact = Fact::new(stream, "checklist_answered", now, actor, &body)?.put(put);
        self.store.commit(vec![fact]).await?;
        Ok(n_changed)
    }

    /// Every sheet of a checklist.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sheets(&self, checklist: &Checklist) -> Result<Vec<Sheet>, PrepareError> {
        let (mut sheets, mut after) = (vec![], None::<String>);
        loop {
            let records = self.store.list(SHEETS, after.as_deref(), PAGE).await?;
            after = records.last().map(|last| last.key.clone());
            for record in &records {
                let sheet: Sheet = Record::read(record)?;
                if sheet.checklist == checklist.id {
                    sheets.push(sheet);
                }
            }
            if records.len() < PAGE {
                return Ok(sheets);
            }
        }
    }
}

fn key(checklist: &Checklist, organisation: &OrganisationId) -> String {
    format!("{}/{organisation}", checklist.id)
}

fn says_the_same(kept: &Checked, check: &NewCheck) -> bool {
    kept.answer == check.answer
        && kept.target_on == target(check)
        && kept.note.trim() == check.note.trim()
}

/// Only what is not so yet has a day by which it is to be.
fn target(check: &NewCheck) -> Option<Date> {
    check.target_on.filter(|_| check.answer == CheckAnswer::No)
}

fn checked(check: &NewCheck, by: By<'_>, at: Instant) -> Checked {
    Checked {
        answer: check.answer,
        confirmed_on: check.confirmed_on,
        target_on: target(check),
        note: check.note.trim().to_owned(),
        by: by.name.to_owned(),
        at,
    }
}
