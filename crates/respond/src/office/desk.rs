//! The desk over cases: loads one with its record, lets [`super::decide`] decide, commits what changed.

use sakimori_ledger::{Fact, Put};
use sakimori_words::{CaseId, Instant, Organisation, ReportId, jst_date};

use super::case::{
    ConcernedInstitution, Entering, EntryHeading, OfficeCase, OfficeCaseFile, OfficeEntry,
};
use super::decide::{self, OfficeChange};
use super::dispatch::{self, DispatchRoute, DispatchState};
use super::received::{ATTEMPTS_MAX, OfficeDesk, ReceivedReport};
use crate::{Actor, HandIn, Moment, Outgoing, ReplyKind, RespondError};

/// Cases by id.
const CASES: &str = "office_case";
/// Entries by `<case>/<entry>`.
const ENTRIES: &str = "office_case_entry";
/// The numbers given out.
const NUMBERS: &str = "office_case_number";
/// `<sender>/<its case>` → our case: later reports of the same case join it.
const BY_SENDER: &str = "office_case_by_sender";
/// Received report → our case.
const OF_REPORT: &str = "office_case_of_report";
/// Most cases a list looks through.
pub(super) const CASES_MAX: usize = 5_000;
/// Longest record that is read.
const ENTRIES_MAX: usize = 10_000;
/// How many joinings are followed to where a case goes on.
const JOINS_MAX: usize = 20;

/// A case that was read, with its version.
pub(super) struct Read {
    pub(super) file: OfficeCaseFile,
    pub(super) version: u64,
}

impl OfficeDesk {
    /// Opens a case an officer types.
    ///
    /// # Errors
    /// When no institution is named, a time lies in the future, or the ledger fails.
    pub async fn enter(&self, entering: &Entering, by: &Actor) -> Result<OfficeCase, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let moment = self.moment(by);
            let number = self.next_case_number(moment.now).await?;
            let change = decide::enter(entering, self.me().kind, &number, moment)?;
            if self.commit_change(&change, &[], Vec::new(), by).await? {
                return Ok(change.case);
            }
        }
        Err(RespondError::Busy)
    }

    /// A case with its record.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn office_case(&self, id: &CaseId) -> Result<OfficeCaseFile, RespondError> {
        Ok(self.read_case(id).await?.file)
    }

    /// Every case, newest first. Reports that came before there were cases get theirs.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn office_cases(&self) -> Result<Vec<OfficeCase>, RespondError> {
        self.file_old_reports().await?;
        let records = self.store.list_latest(CASES, None, CASES_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// The case a received report belongs to, where it goes on.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn case_of(&self, report: &ReportId) -> Result<Option<CaseId>, RespondError> {
        match self.store.get(OF_REPORT, report.as_str()).await? {
            Some(record) => Ok(Some(self.goes_on(record.read()?).await?)),
            None => Ok(None),
        }
    }

    /// The reports of a case, in the order they came.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn reports_of(&self, case: &OfficeCase) -> Result<Vec<ReceivedReport>, RespondError> {
        let mut reports = Vec::new();
        for id in &case.reports {
            reports.push(self.report(id).await?);
        }
        reports.sort_by(|one, other| one.id.cmp(&other.id));
        Ok(reports)
    }

    /// Opens a case for a person: who read it, and when first, is part of the record.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn read_office_case(
        &self,
        id: &CaseId,
        by: &Actor,
    ) -> Result<OfficeCaseFile, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let read = self.read_case(id).await?;
            let Some(change) = decide::read(&read.file.case, self.moment(by)) else {
                return Ok(read.file);
            };
            if self.commit_change(&change, &[read.version], Vec::new(), by).await? {
                return Ok(OfficeCaseFile { case: change.case, ..read.file });
            }
        }
        Err(RespondError::Busy)
    }

    /// Writes a line under a heading.
    ///
    /// # Errors
    /// As [`decide::note`], or when the ledger fails.
    pub async fn note_office_case(
        &self,
        id: &CaseId,
        heading: EntryHeading,
        text: &str,
        at: Option<Instant>,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::note(&file.case, heading, text, at, moment)).await
    }

    /// Says that an earlier line was wrong, and what is right.
    ///
    /// # Errors
    /// When there is no such line; else as [`decide::correct`], or when the ledger fails.
    pub async fn correct_office_case(
        &self,
        id: &CaseId,
        entry: &str,
        text: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| {
            let wrong = file.entries.iter().find(|one| one.id == entry);
            let unknown = || RespondError::Unknown { what: "entry", id: entry.to_owned() };
            decide::correct(&file.case, wrong.ok_or_else(unknown)?, text, moment)
        })
        .await
    }

    /// Changes what is known of the institution.
    ///
    /// # Errors
    /// As [`decide::describe`], or when the ledger fails.
    pub async fn describe_institution(
        &self,
        id: &CaseId,
        institution: &ConcernedInstitution,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::describe(&file.case, institution, moment)).await
    }

    /// Joins the case `from` into `into`.
    ///
    /// # Errors
    /// As [`decide::join`], or when the ledger fails.
    pub async fn join_cases(
        &self,
        from: &CaseId,
        into: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act_on_two(into, from, by, |into, from, moment| {
            decide::join(from, into, reason, moment)
        })
        .await
    }

    /// Takes the case `from` out of `into` again.
    ///
    /// # Errors
    /// As [`decide::part`], or when the ledger fails.
    pub async fn part_cases(
        &self,
        from: &CaseId,
        into: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act_on_two(into, from, by, |into, from, moment| {
            decide::part(from, into, reason, moment)
        })
        .await
    }

    /// Records that another case is another incident.
    ///
    /// # Errors
    /// As [`decide::differs`], or when the ledger fails.
    pub async fn cases_differ(
        &self,
        id: &CaseId,
        other: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        let other = self.read_case(other).await?.file.case;
        self.act(id, by, |file, moment| decide::differs(&file.case, &other, reason, moment)).await
    }

    /// Records that the ministry was told outside the federation.
    ///
    /// # Errors
    /// As [`decide::told`], or when the ledger fails.
    pub async fn ministry_told(
        &self,
        id: &CaseId,
        duty: &str,
        hand_in: &HandIn,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::told(&file.case, duty, hand_in, moment)).await
    }

    /// Records that the report to the ministry is not needed.
    ///
    /// # Errors
    /// As [`decide::excuse`], or when the ledger fails.
    pub async fn excuse_report_up(
        &self,
        id: &CaseId,
        duty: &str,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::excuse(&file.case, duty, reason, moment)).await
    }

    /// Gives guidance. When the institution has reported here, it also goes out as a question to its last report: what is
    /// returned has to be handed to the federation.
    ///
    /// # Errors
    /// As [`decide::guide`], or when the ledger fails.
    pub async fn guide(
        &self,
        id: &CaseId,
        what: &str,
        basis: &str,
        due_at: Option<Instant>,
        by: &Actor,
    ) -> Result<(OfficeCase, Option<(ReceivedReport, Outgoing)>), RespondError> {
        let report = self.own_report(id).await?;
        let sent = report.is_some();
        let case = self
            .act(id, by, |file, moment| {
                decide::guide(&file.case, what, basis, due_at, sent, moment)
            })
            .await?;
        let Some(report) = report else { return Ok((case, None)) };
        let mut text = format!("【指導・助言】{}", what.trim());
        if !basis.trim().is_empty() {
            text.push_str(&format!("\n根拠: {}", basis.trim()));
        }
        if let Some(due_at) = due_at {
            text.push_str(&format!("\n回答の期限: {}", crate::moment_words(due_at).ja));
        }
        let sent = self.reply(&report.id, ReplyKind::Question, &text, by).await?;
        Ok((case, Some(sent)))
    }

    /// Writes down what the institution answered to guidance.
    ///
    /// # Errors
    /// As [`decide::answer_guidance`], or when the ledger fails.
    pub async fn guidance_answered(
        &self,
        id: &CaseId,
        guidance: &str,
        text: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::answer_guidance(&file.case, guidance, text, moment))
            .await
    }

    /// Asks for help on the spot. What is returned tells the institution, when it has reported here.
    ///
    /// # Errors
    /// As [`dispatch::request`], or when the ledger fails.
    pub async fn request_dispatch(
        &self,
        id: &CaseId,
        route: DispatchRoute,
        provider: &str,
        note: &str,
        by: &Actor,
    ) -> Result<(OfficeCase, Option<(ReceivedReport, Outgoing)>), RespondError> {
        let case = self
            .act(id, by, |file, moment| {
                dispatch::request(&file.case, route, provider, note, moment)
            })
            .await?;
        let last = case.dispatches.last().map(|one| one.id.clone()).unwrap_or_default();
        let told = self.tell_of_dispatch(&case, &last, by).await?;
        Ok((case, told))
    }

    /// Takes a dispatch one step on. What is returned tells the institution, when it has reported here.
    ///
    /// # Errors
    /// As [`dispatch::advance`], or when the ledger fails.
    pub async fn advance_dispatch(
        &self,
        id: &CaseId,
        dispatch: &str,
        to: DispatchState,
        person: &str,
        note: &str,
        by: &Actor,
    ) -> Result<(OfficeCase, Option<(ReceivedReport, Outgoing)>), RespondError> {
        let case = self
            .act(id, by, |file, moment| {
                dispatch::advance(&file.case, dispatch, to, person, note, moment)
            })
            .await?;
        let told = self.tell_of_dispatch(&case, dispatch, by).await?;
        Ok((case, told))
    }

    /// Finishes a case.
    ///
    /// # Errors
    /// As [`decide::close`], or when the ledger fails.
    pub async fn close_office_case(
        &self,
        id: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::close(&file.case, reason, moment)).await
    }

    /// Opens a finished case again.
    ///
    /// # Errors
    /// As [`decide::reopen`], or when the ledger fails.
    pub async fn reopen_office_case(
        &self,
        id: &CaseId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| decide::reopen(&file.case, reason, moment)).await
    }

    /// The facts by which a new report finds its case: a later one of the same sender's case joins it, a first one opens it.
    pub(super) async fn filing(
        &self,
        received: &ReceivedReport,
        organisation: Option<&Organisation>,
    ) -> Result<Vec<Fact>, RespondError> {
        let system = Actor::system();
        let moment = self.moment(&system);
        let sent_as = format!("{}/{}", received.from, received.report.case);
        let known = self.store.get(BY_SENDER, &sent_as).await?;
        let (change, versions) = match known {
            Some(record) => {
                let read = self.read_case(&self.goes_on(record.read()?).await?).await?;
                let change = decide::add_report(&read.file.case, received, moment);
                (change, vec![read.version])
            }
            None => {
                let institution = concerned(received, organisation);
                let number = self.next_case_number(moment.now).await?;
                let kind = self.me().kind;
                let change = decide::open_for_report(received, &institution, kind, &number, moment);
                (change, Vec::new())
            }
        };
        let mut facts = self.facts(&change, &versions, &system)?;
        if let Some(fact) = facts.last_mut() {
            let id = &change.case.id;
            fact.puts.push(Put::new(OF_REPORT, received.id.as_str(), id)?.absent());
            if versions.is_empty() {
                fact.puts.push(Put::new(BY_SENDER, sent_as, id)?.absent());
            }
        }
        Ok(facts)
    }

    /// Decides again until nobody else changed the case in between.
    pub(super) async fn act(
        &self,
        id: &CaseId,
        by: &Actor,
        decide: impl Fn(&OfficeCaseFile, Moment<'_>) -> Result<OfficeChange, RespondError>,
    ) -> Result<OfficeCase, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let read = self.read_case(id).await?;
            let change = decide(&read.file, self.moment(by))?;
            if self.commit_change(&change, &[read.version], Vec::new(), by).await? {
                return Ok(change.case);
            }
        }
        Err(RespondError::Busy)
    }

    /// As [`Self::act`], for an act on two cases; the first is the one that is returned.
    async fn act_on_two(
        &self,
        id: &CaseId,
        other: &CaseId,
        by: &Actor,
        decide: impl Fn(&OfficeCase, &OfficeCase, Moment<'_>) -> Result<OfficeChange, RespondError>,
    ) -> Result<OfficeCase, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let (one, two) = (self.read_case(id).await?, self.read_case(other).await?);
            let change = decide(&one.file.case, &two.file.case, self.moment(by))?;
            let versions = [one.version, two.version];
            if self.commit_change(&change, &versions, Vec::new(), by).await? {
                return Ok(change.case);
            }
        }
        Err(RespondError::Busy)
    }

    /// Commits a change with further puts; `false` when somebody else changed a record in between. `versions` are those of the
    /// case and of the other case as they were read; none for a new case.
    pub(super) async fn commit_change(
        &self,
        change: &OfficeChange,
        versions: &[u64],
        puts: Vec<Put>,
        by: &Actor,
    ) -> Result<bool, RespondError> {
        let mut facts = self.facts(change, versions, by)?;
        if let Some(fact) = facts.last_mut() {
            fact.puts.extend(puts);
        }
        match self.store.commit(facts).await {
            Ok(_) => Ok(true),
            Err(error) if error.is_conflict() => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// One act is one commit: each case with what its record gains.
    pub(super) fn facts(
        &self,
        change: &OfficeChange,
        versions: &[u64],
        by: &Actor,
    ) -> Result<Vec<Fact>, RespondError> {
        let now = self.clock.now();
        let mut facts = Vec::new();
        if let Some((other, entries)) = &change.other {
            facts.push(fact_of(change.kind, other, entries, versions.get(1), by, now)?);
        }
        let version = versions.first();
        let own = fact_of(change.kind, &change.case, &change.entries, version, by, now)?;
        facts.push(match version {
            Some(_) => own,
            None => {
                own.put(Put::new(NUMBERS, change.case.number.as_str(), &change.case.id)?.absent())
            }
        });
        Ok(facts)
    }

    pub(super) async fn read_case(&self, id: &CaseId) -> Result<Read, RespondError> {
        let record = self.store.get(CASES, id.as_str()).await?;
        let unknown = || RespondError::Unknown { what: "office case", id: id.to_string() };
        let record = record.ok_or_else(unknown)?;
        let entries = self.store.list_prefix(ENTRIES, &format!("{id}/"), ENTRIES_MAX).await?;
        let entries: Result<Vec<OfficeEntry>, _> =
            entries.iter().map(|entry| entry.read()).collect();
        let file = OfficeCaseFile { case: record.read()?, entries: entries? };
        Ok(Read { file, version: record.version })
    }

    /// The case of that id, where it goes on.
    pub(super) async fn read_where_it_goes_on(&self, id: &CaseId) -> Result<Read, RespondError> {
        self.read_case(&self.goes_on(id.clone()).await?).await
    }

    /// The next number of this year in Japan, e.g. `C2026-0001`. Two openings may get the same; one of them tries again.
    pub(super) async fn next_case_number(&self, now: Instant) -> Result<String, RespondError> {
        let year = jst_date(now).year();
        let last = self.store.list_latest(NUMBERS, Some(&format!("C{}-", year + 1)), 1).await?;
        let prefix = format!("C{year}-");
        let last = last.first().and_then(|record| record.key.strip_prefix(&prefix));
        let next = last.and_then(|digits| digits.parse::<u64>().ok()).unwrap_or(0) + 1;
        Ok(format!("{prefix}{next:04}"))
    }

    pub(super) fn moment<'a>(&'a self, by: &'a Actor) -> Moment<'a> {
        Moment { now: self.clock.now(), by, chance: self.chance.as_ref() }
    }

    /// Where a case goes on after joinings.
    async fn goes_on(&self, id: CaseId) -> Result<CaseId, RespondError> {
        let mut id = id;
        for _ in 0..JOINS_MAX {
            match self.read_case(&id).await?.file.case.goes_on_in() {
                Some(into) => id = into.clone(),
                None => break,
            }
        }
        Ok(id)
    }

    /// Gives a case to every report that came before there were cases.
    async fn file_old_reports(&self) -> Result<(), RespondError> {
        let (n_filed, n_received) = (self.store.count(OF_REPORT).await?, self.n_received().await?);
        if n_filed >= n_received {
            return Ok(());
        }
        let mut reports = self.reports(None, CASES_MAX).await?;
        reports.reverse();
        for report in reports {
            if self.store.get(OF_REPORT, report.id.as_str()).await?.is_none() {
                let facts = self.filing(&report, None).await?;
                match self.store.commit(facts).await {
                    Ok(_) => {}
                    Err(error) if error.is_conflict() => {}
                    Err(error) => return Err(error.into()),
                }
            }
        }
        Ok(())
    }

    /// The last report the institution itself sent about a case: the way to answer it.
    async fn own_report(&self, id: &CaseId) -> Result<Option<ReceivedReport>, RespondError> {
        let case = self.read_case(id).await?.file.case;
        let reports = self.reports_of(&case).await?;
        Ok(reports.into_iter().rev().find(|report| report.concerning.is_none()))
    }

    async fn tell_of_dispatch(
        &self,
        case: &OfficeCase,
        dispatch: &str,
        by: &Actor,
    ) -> Result<Option<(ReceivedReport, Outgoing)>, RespondError> {
        let Some(report) = self.own_report(&case.id).await? else { return Ok(None) };
        let Some(dispatch) = case.dispatches.iter().find(|one| one.id == dispatch) else {
            return Ok(None);
        };
        let text = dispatch.words().ja;
        let outgoing = self.notice(&report, self.clock.now(), &by.name, &text)?;
        Ok(Some((report, outgoing)))
    }
}

/// The institution a report is about: what an office's report says, else the sender itself.
fn concerned(
    received: &ReceivedReport,
    organisation: Option<&Organisation>,
) -> ConcernedInstitution {
    if let Some(concerning) = &received.concerning {
        return concerning.clone();
    }
    let sender = &received.report.sender;
    let known = organisation.filter(|own| own.id == received.from).map(ConcernedInstitution::from);
    ConcernedInstitution {
        organisation: Some(received.from.clone()),
        name: sender.name.clone(),
        phone: sender.phone.clone(),
        ..known.unwrap_or_default()
    }
}

fn fact_of(
    kind: &'static str,
    case: &OfficeCase,
    entries: &[OfficeEntry],
    version: Option<&u64>,
    by: &Actor,
    now: Instant,
) -> Result<Fact, RespondError> {
    let stream = format!("office_case/{}", case.id);
    let put = Put::new(CASES, case.id.as_str(), case)?;
    let put = match version {
        Some(version) => put.version(*version),
        None => put.absent(),
    };
    let mut fact = Fact::new(stream, kind, now, by.person.as_str(), &entries)?.put(put);
    for entry in entries {
        fact = fact.put(Put::new(ENTRIES, format!("{}/{}", case.id, entry.id), entry)?.absent());
    }
    Ok(fact)
}
