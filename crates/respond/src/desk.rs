//! The institution's desk: loads a case, lets [`crate::decide`] decide, commits what changed.

use std::sync::Arc;

use sakimori_content::Content;
use sakimori_ledger::{Fact, Put, Record, Store};
use sakimori_words::{CaseId, Chance, Clock, Digest, Finding, Instant, OrganisationId, ReportId};

use crate::decide::{self, Change};
use crate::exchange::{REPORT_MEDIA_TYPE, ReplyV1};
use crate::{
    Actor, Answer, Call, Case, CaseFile, Draft, EntryKind, EvidenceHold, HandIn, IsolationChoice,
    Moment, Opening, Report, RespondError, StepState, Threshold, TimelineEntry,
};

/// Cases by id.
const CASES: &str = "case";
/// Timeline entries by `<case>/<entry>`.
const TIMELINE: &str = "case_timeline";
/// Reports by id.
const REPORTS: &str = "case_report";
/// Evidence holds in force, by case: what may delete logs asks here first.
const HOLDS: &str = "evidence_hold";
/// Most cases that are looked through for open ones, and most holds that are read.
const OPEN_MAX: usize = 1_000;
/// How often an act is decided again when somebody else changed the record in between.
const ATTEMPTS_MAX: usize = 8;
/// Longest timeline that is read; a case of 73 days (Osaka 2022) has some hundreds of entries.
const TIMELINE_MAX: usize = 10_000;

/// A message for other organisations; the caller hands it to the federation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outgoing {
    /// Media type of the body.
    pub media_type: &'static str,
    /// The body; must be sent byte for byte.
    pub body: Vec<u8>,
    /// Whom it is for. Empty when every addressee is served by hand.
    pub to: Vec<OrganisationId>,
}

/// The institution's desk.
#[derive(Clone)]
pub struct CaseDesk {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    content: Arc<Content>,
}

impl CaseDesk {
    /// A desk over a store.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        content: Arc<Content>,
    ) -> Self {
        Self { store, clock, chance, content }
    }

    /// Opens a case. The duties that follow from a suspicion start, and the evidence hold is on record.
    ///
    /// # Errors
    /// When the opening says nothing or lies in the future, or the ledger fails.
    pub async fn open(&self, opening: &Opening, by: &Actor) -> Result<Case, RespondError> {
        let change = decide::open(opening, &self.content, self.moment(by))?;
        let new = Read { case: None, report: None };
        if self.commit(&change, new, by).await? { Ok(change.case) } else { Err(RespondError::Busy) }
    }

    /// A case.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn case(&self, id: &CaseId) -> Result<Case, RespondError> {
        Ok(self.record(id).await?.read()?)
    }

    /// A case with its timeline and reports.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn file(&self, id: &CaseId) -> Result<CaseFile, RespondError> {
        let case = self.case(id).await?;
        let timeline = self.timeline(id).await?;
        let mut reports = Vec::new();
        for report in &case.reports {
            reports.push(self.report(report).await?);
        }
        Ok(CaseFile { case, timeline, reports })
    }

    /// Cases, newest first; those before `before` only.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn cases(
        &self,
        before: Option<&CaseId>,
        limit: usize,
    ) -> Result<Vec<Case>, RespondError> {
        let records = self.store.list_latest(CASES, before.map(CaseId::as_str), limit).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// Cases somebody still works on, newest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn open_cases(&self) -> Result<Vec<Case>, RespondError> {
        let mut cases = self.cases(None, OPEN_MAX).await?;
        cases.retain(Case::is_open);
        Ok(cases)
    }

    /// Evidence holds in force, oldest first. Nothing may delete logs while there is one.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn holds(&self) -> Result<Vec<EvidenceHold>, RespondError> {
        let records = self.store.list(HOLDS, None, OPEN_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// The timeline of a case in the order of recording.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn timeline(&self, id: &CaseId) -> Result<Vec<TimelineEntry>, RespondError> {
        let records = self.store.list_prefix(TIMELINE, &format!("{id}/"), TIMELINE_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// A report.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn report(&self, id: &ReportId) -> Result<Report, RespondError> {
        Ok(self.versioned_report(id).await?.0)
    }

    /// Adds findings that belong to the case.
    ///
    /// # Errors
    /// When the case is closed, or the ledger fails.
    pub async fn add_findings(
        &self,
        id: &CaseId,
        findings: &[Finding],
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::add_findings(case, findings, moment)).await
    }

    /// Writes a line into the timeline; `at` is when it happened, `None`: now.
    ///
    /// # Errors
    /// When the text is empty or endless, or the ledger fails.
    pub async fn note(
        &self,
        id: &CaseId,
        kind: EntryKind,
        text: &str,
        at: Option<Instant>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::note(case, kind, text, at, moment)).await
    }

    /// Says that an earlier line of the timeline was wrong, and what is right.
    ///
    /// # Errors
    /// When there is no such line, the text is empty or endless, or the ledger fails.
    pub async fn correct(
        &self,
        id: &CaseId,
        entry: &str,
        text: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        let key = format!("{id}/{entry}");
        if self.store.get(TIMELINE, &key).await?.is_none() {
            return Err(unknown("timeline entry", entry));
        }
        self.act(id, by, |case, moment| decide::correct(case, entry, text, moment)).await
    }

    /// Records a call. An answered one fulfils the duties for which a call is enough.
    ///
    /// # Errors
    /// When nobody is named, the time lies in the future, or the ledger fails.
    pub async fn record_call(
        &self,
        id: &CaseId,
        call: &Call,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::record_call(case, call, moment)).await
    }

    /// Ticks, skips or reopens a step of the playbook.
    ///
    /// # Errors
    /// When there is no such step, a reason is missing, or the ledger fails.
    pub async fn mark_step(
        &self,
        id: &CaseId,
        step: &str,
        state: &StepState,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::mark_step(case, step, state, &self.content, moment))
            .await
    }

    /// Answers a question of the report form.
    ///
    /// # Errors
    /// When there is no such field, the answer does not fit it, or the ledger fails.
    pub async fn answer(
        &self,
        id: &CaseId,
        field: &str,
        answer: &Answer,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::answer(case, field, answer, &self.content, moment))
            .await
    }

    /// Records a decision on isolation. It supersedes the one before.
    ///
    /// # Errors
    /// When the guide has no such option, the decider or the impact on care is not named, or the ledger fails.
    pub async fn decide_isolation(
        &self,
        id: &CaseId,
        choice: &IsolationChoice,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| {
            decide::decide_isolation(case, choice, &self.content, moment)
        })
        .await
    }

    /// Records a judgement against the reporting threshold. Duties that follow from it start; none is taken back.
    ///
    /// # Errors
    /// When the case is closed, a reason is endless, or the ledger fails.
    pub async fn judge(
        &self,
        id: &CaseId,
        threshold: &Threshold,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::judge(case, threshold, &self.content, moment)).await
    }

    /// Records that a duty was fulfilled outside the federation.
    ///
    /// # Errors
    /// When there is no such open duty, the channel is not named, or the ledger fails.
    pub async fn hand_in(
        &self,
        id: &CaseId,
        obligation: &str,
        hand_in: &HandIn,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::hand_in(case, obligation, hand_in, moment)).await
    }

    /// Records that a duty does not apply, with the reason.
    ///
    /// # Errors
    /// When there is no such open duty, the reason is missing, or the ledger fails.
    pub async fn excuse(
        &self,
        id: &CaseId,
        obligation: &str,
        reason: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::excuse(case, obligation, reason, moment)).await
    }

    /// Lifts the evidence hold.
    ///
    /// # Errors
    /// When the case is still open, the hold was lifted already, the reason is missing, or the ledger fails.
    pub async fn release_hold(
        &self,
        id: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::release_hold(case, reason, moment)).await
    }

    /// Ends a case that turned out to be none.
    ///
    /// # Errors
    /// When the case is not open, the reason is missing, or the ledger fails.
    pub async fn dismiss(
        &self,
        id: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::dismiss(case, reason, moment)).await
    }

    /// Ends a case.
    ///
    /// # Errors
    /// [`RespondError::DutiesOpen`] while somebody still has to be told; when the reason is missing, or the ledger fails.
    pub async fn close(&self, id: &CaseId, reason: &str, by: &Actor) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::close(case, reason, moment)).await
    }

    /// Opens a case again.
    ///
    /// # Errors
    /// When the case is open, the reason is missing, or the ledger fails.
    pub async fn reopen(
        &self,
        id: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| decide::reopen(case, reason, moment)).await
    }

    /// Drafts the next version of the report from the record.
    ///
    /// # Errors
    /// When nobody is addressed, the version before has not left yet, the content has no form, or the ledger fails.
    pub async fn draft(
        &self,
        id: &CaseId,
        draft: &Draft,
        by: &Actor,
    ) -> Result<Report, RespondError> {
        self.act_on_file(id, None, by, |file, moment| {
            decide::draft(file, draft, &self.content, moment)
        })
        .await
    }

    /// Renders a draft anew from the record as it is now.
    ///
    /// # Errors
    /// When it is no draft any more, or the ledger fails.
    pub async fn refresh(&self, report: &ReportId, by: &Actor) -> Result<Report, RespondError> {
        self.act_on_draft(report, by, |file, report, moment| {
            decide::refresh(file, report, None, &self.content, moment)
        })
        .await
    }

    /// Renders a draft anew for other addressees, party or stage.
    ///
    /// # Errors
    /// When it is no draft any more, nobody is addressed, or the ledger fails.
    pub async fn redraft(
        &self,
        report: &ReportId,
        draft: &Draft,
        by: &Actor,
    ) -> Result<Report, RespondError> {
        self.act_on_draft(report, by, |file, report, moment| {
            decide::refresh(file, report, Some(draft), &self.content, moment)
        })
        .await
    }

    /// Approves a draft as another person than its drafter.
    ///
    /// # Errors
    /// [`RespondError::SamePerson`] for the drafter; when it is no draft, or the ledger fails.
    pub async fn approve(&self, report: &ReportId, by: &Actor) -> Result<Report, RespondError> {
        self.act_on_report(report, by, |case, report, moment| {
            decide::approve(case, report, None, moment)
        })
        .await
    }

    /// Approves a draft only if it is still the document the approver saw; `seen` is its digest. Screens use this one.
    ///
    /// # Errors
    /// [`RespondError::ChangedMeanwhile`] when it is another; else as [`CaseDesk::approve`].
    pub async fn approve_seen(
        &self,
        report: &ReportId,
        seen: &Digest,
        by: &Actor,
    ) -> Result<Report, RespondError> {
        self.act_on_report(report, by, |case, report, moment| {
            decide::approve(case, report, Some(seen), moment)
        })
        .await
    }

    /// Takes an approval back before the report has left, so that a mistake can be corrected.
    ///
    /// # Errors
    /// When it is not approved or has left already, the reason is missing, or the ledger fails.
    pub async fn withdraw_approval(
        &self,
        report: &ReportId,
        reason: &str,
        by: &Actor,
    ) -> Result<Report, RespondError> {
        self.act_on_draft(report, by, |file, report, moment| {
            decide::withdraw_approval(file, report, reason, &self.content, moment)
        })
        .await
    }

    /// Approves one's own draft because nobody else can be reached. It says so on the report, for everyone to see.
    ///
    /// # Errors
    /// When the reason is missing, it is no draft, or the ledger fails.
    pub async fn approve_alone(
        &self,
        report: &ReportId,
        reason: &str,
        by: &Actor,
    ) -> Result<Report, RespondError> {
        self.act_on_report(report, by, |case, report, moment| {
            decide::approve_alone(case, report, reason, moment)
        })
        .await
    }

    /// Submits an approved report: what is returned has to be handed to the federation, byte for byte.
    ///
    /// # Errors
    /// When it is not approved, is not the document that was approved, or the ledger fails.
    pub async fn submit(
        &self,
        report: &ReportId,
        by: &Actor,
    ) -> Result<(Report, Outgoing), RespondError> {
        let report = self.act_on_report(report, by, decide::submit).await?;
        let outgoing = self.outgoing(&report).await?;
        Ok((report, outgoing))
    }

    /// The message of a submitted report, the same bytes every time: to hand it over again after a crash.
    ///
    /// # Errors
    /// When it was not submitted, or the ledger fails.
    pub async fn outgoing(&self, report: &Report) -> Result<Outgoing, RespondError> {
        let case = self.case(&report.case).await?;
        let body = decide::wire_body(&case, report)?;
        // An exercise in which the offices do not take part stays in the house.
        let leaves = !case.exercise || case.rehearsal.offices_take_part;
        let to = report.addressees.iter().filter(|_| leaves);
        let to = to.filter_map(|one| one.organisation.clone()).collect();
        Ok(Outgoing { media_type: REPORT_MEDIA_TYPE, body, to })
    }

    /// Takes in an office's answer to a report. The same answer twice is taken once.
    ///
    /// # Errors
    /// When it cannot be read, there is no such report, the office was not addressed, or the ledger fails.
    pub async fn take_reply(
        &self,
        from: &OrganisationId,
        body: &[u8],
    ) -> Result<Report, RespondError> {
        let reply = ReplyV1::read(body)?;
        let id = ReportId::from(reply.report.as_str());
        let report = self.report(&id).await?;
        if report.receipts.iter().any(|known| known.is_of(from, &reply)) {
            return Ok(report);
        }
        self.act_on_report(&id, &Actor::system(), |case, report, moment| {
            decide::take_reply(case, report, from, &reply, moment)
        })
        .await
    }

    pub(crate) async fn act(
        &self,
        id: &CaseId,
        by: &Actor,
        decide: impl Fn(&Case, Moment<'_>) -> Result<Change, RespondError>,
    ) -> Result<Case, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let record = self.record(id).await?;
            let change = decide(&record.read()?, self.moment(by))?;
            let read = Read { case: Some(record.version), report: None };
            if self.commit(&change, read, by).await? {
                return Ok(change.case);
            }
        }
        Err(RespondError::Busy)
    }

    async fn act_on_report(
        &self,
        id: &ReportId,
        by: &Actor,
        decide: impl Fn(&Case, &Report, Moment<'_>) -> Result<Change, RespondError>,
    ) -> Result<Report, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let (report, report_version) = self.versioned_report(id).await?;
            let record = self.record(&report.case).await?;
            let change = decide(&record.read()?, &report, self.moment(by))?;
            let read = Read { case: Some(record.version), report: Some(report_version) };
            if self.commit(&change, read, by).await? {
                return Ok(change.report.unwrap_or(report));
            }
        }
        Err(RespondError::Busy)
    }

    async fn act_on_draft(
        &self,
        id: &ReportId,
        by: &Actor,
        decide: impl Fn(&CaseFile, &Report, Moment<'_>) -> Result<Change, RespondError>,
    ) -> Result<Report, RespondError> {
        let case = self.report(id).await?.case;
        self.act_on_file(&case, Some(id), by, |file, moment| {
            let report = file.reports.iter().find(|one| one.id == *id);
            decide(file, report.ok_or_else(|| unknown("report", id.as_str()))?, moment)
        })
        .await
    }

    /// Like the first two, for acts that render the whole file into the report they make or change.
    async fn act_on_file(
        &self,
        id: &CaseId,
        report: Option<&ReportId>,
        by: &Actor,
        decide: impl Fn(&CaseFile, Moment<'_>) -> Result<Change, RespondError>,
    ) -> Result<Report, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            // The version is read first: whatever is written after it makes the commit fail and the act start again.
            let version = self.record(id).await?.version;
            let report_version = match report {
                Some(report) => Some(self.versioned_report(report).await?.1),
                None => None,
            };
            let change = decide(&self.file(id).await?, self.moment(by))?;
            let read = Read { case: Some(version), report: report_version };
            if self.commit(&change, read, by).await? {
                return change.report.ok_or(RespondError::Busy);
            }
        }
        Err(RespondError::Busy)
    }

    /// Commits a change; `false` when somebody else changed the record in between.
    async fn commit(&self, change: &Change, read: Read, by: &Actor) -> Result<bool, RespondError> {
        let fact = fact_of(change, read, by, self.clock.now())?;
        match self.store.commit(vec![fact]).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    async fn versioned_report(&self, id: &ReportId) -> Result<(Report, u64), RespondError> {
        let record = self.store.get(REPORTS, id.as_str()).await?;
        let record = record.ok_or_else(|| unknown("report", id.as_str()))?;
        Ok((record.read()?, record.version))
    }

    async fn record(&self, id: &CaseId) -> Result<Record, RespondError> {
        let record = self.store.get(CASES, id.as_str()).await?;
        record.ok_or_else(|| unknown("case", id.as_str()))
    }

    /// What Sakimori knows, for acts of other modules.
    pub(crate) fn content(&self) -> &Content {
        &self.content
    }

    fn moment<'a>(&'a self, by: &'a Actor) -> Moment<'a> {
        Moment { now: self.clock.now(), by, chance: self.chance.as_ref() }
    }
}

fn unknown(what: &'static str, id: &str) -> RespondError {
    RespondError::Unknown { what, id: id.to_owned() }
}

/// The versions of the records an act was decided on; `None` for one that does not exist yet.
#[derive(Clone, Copy)]
struct Read {
    case: Option<u64>,
    report: Option<u64>,
}

/// One act is one fact: the case, what the timeline gains and the report change together or not at all.
fn fact_of(change: &Change, read: Read, by: &Actor, now: Instant) -> Result<Fact, RespondError> {
    let case = &change.case;
    let stream = format!("case/{}", case.id);
    let fact = Fact::new(stream, change.kind, now, by.person.as_str(), &change.entries)?;
    let mut fact = fact.put(expecting(Put::new(CASES, case.id.as_str(), case)?, read.case));
    for entry in &change.entries {
        let key = format!("{}/{}", case.id, entry.id);
        fact = fact.put(Put::new(TIMELINE, key, entry)?.absent());
    }
    if change.hold_changed {
        fact = fact.put(match case.hold.released {
            Some(_) => Put::removal(HOLDS, case.id.as_str()),
            None => Put::new(HOLDS, case.id.as_str(), &case.hold)?,
        });
    }
    if let Some(report) = &change.report {
        let put = Put::new(REPORTS, report.id.as_str(), report)?;
        fact = fact.put(expecting(put, read.report));
    }
    Ok(fact)
}

fn expecting(put: Put, version: Option<u64>) -> Put {
    match version {
        Some(version) => put.version(version),
        None => put.absent(),
    }
}
