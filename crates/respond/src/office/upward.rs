//! The report to the office above: rendered from the case, approved by another person, submitted through the federation.
//!
//! The office above sees what was submitted: the document, how it became known and which institution it is about. It never sees
//! the case itself, nor what the institution sent.

use sakimori_content::{Content, Field, Form, Section};
use sakimori_words::{
    CaseId, Digest, MessageId, Organisation, OrganisationId, ReportId, Text, jst_date, wareki,
};

use super::case::{ConcernedInstitution, EntryHeading, OfficeCase, OfficeCaseFile};
use super::decide::{OfficeChange, must_be_open};
use super::error::OfficeError;
use super::received::{Arrived, OfficeDesk, Reception};
use crate::exchange::{
    ConcerningV1, OFFICE_REPORT_FORMAT, OFFICE_REPORT_MEDIA_TYPE, OfficeReportV1, ReplyV1,
    ReportV1, SenderV1, report_format,
};
use crate::{
    Actor, Addressee, Moment, ObligationState, Outgoing, Passage, PrintableReport, PrintedRow,
    PrintedSection, Receipt, Report, ReportState, ReportingParty, RespondError, Stage,
    moment_words, patient_passages,
};

/// The form of the report.
pub const UP_FORM: &str = "office-report";

/// Where an organisation stands in the tree, seen from here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Place {
    /// We report to it.
    Above,
    /// It reports to us.
    Below,
    /// Neither.
    Elsewhere,
}

/// Who sent a message, as the federation knows them: the signature was checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// As it describes itself.
    pub organisation: Organisation,
    /// Where it stands.
    pub place: Place,
}

/// What is asked for when a report is drafted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UpDraft {
    /// Which report.
    pub stage: Stage,
    /// For whom.
    pub to: Addressee,
    /// Department of the contact; may be empty.
    pub department: String,
    /// Telephone of the contact.
    pub phone: String,
}

/// Every key a field of the form can name.
const SOURCES: [&str; 15] = [
    "office.title",
    "office.number",
    "office.awareness",
    "office.known_at",
    "office.institution",
    "office.profile",
    "office.operating_body",
    "office.first",
    "office.care_impact",
    "office.damage",
    "office.response",
    "office.recovery",
    "office.prevention",
    "office.guidance",
    "office.contact",
];

/// Fields of a form that name a source an office's case does not have; none for a form that fits.
#[must_use]
pub fn check_office_form(form: &Form) -> Vec<String> {
    let unfit = |field: &&Field| field.is_typed() || !SOURCES.contains(&field.source.as_str());
    form.fields().filter(unfit).map(|field| field.id.clone()).collect()
}

/// Drafts the next report to the office above.
pub(super) fn draft(
    file: &OfficeCaseFile,
    draft: &UpDraft,
    me: &Organisation,
    content: &Content,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    must_be_open(&file.case)?;
    if let Some(open) = file.case.upward.iter().find(|report| report.submission().is_none()) {
        return Err(open.unfit("submitted before the next one is drafted"));
    }
    let number = u32::try_from(file.case.upward.len()).unwrap_or(u32::MAX).saturating_add(1);
    let party = ReportingParty {
        organisation: me.clone(),
        address: String::new(),
        department: draft.department.clone(),
        person: moment.by.name.clone(),
        phone: draft.phone.clone(),
        after_hours_phone: String::new(),
        email: String::new(),
    };
    let report = rendered(file, number, draft.stage, party, &draft.to, content, moment)?;
    let mut after = file.case.clone();
    after.upward.push(report.clone());
    Ok(about(after, &report, "office_report_drafted", "案を作成", "drafted", moment))
}

/// Renders a report that has not left anew from the record as it is now. An approval is gone with it.
pub(super) fn refresh(
    file: &OfficeCaseFile,
    id: &ReportId,
    content: &Content,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let before = known(&file.case, id)?;
    if before.submission().is_some() {
        return Err(before.unfit("not yet submitted"));
    }
    let to = before.addressees.first().cloned();
    let to = to.ok_or(RespondError::Missing { what: "addressees" })?;
    let party = before.party.clone();
    let new = rendered(file, before.number, before.stage, party, &to, content, moment)?;
    let report = Report { id: before.id.clone(), ..new };
    let words = ("最新の記録で作り直した。承認は取り消し", "drafted anew; any approval is gone");
    Ok(replaced(&file.case, &report, "office_report_refreshed", words, moment))
}

/// Approves a draft as another person than its drafter. `seen`: digest of the document the approver had before their eyes.
pub(super) fn approve(
    case: &OfficeCase,
    id: &ReportId,
    seen: &Digest,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let (after, words) = known(case, id)?.approved(Some(seen), moment)?;
    Ok(replaced(case, &after, "office_report_approved", (&words.ja, &words.en), moment))
}

/// Approves a draft alone because nobody else can be reached. The document itself says so.
pub(super) fn approve_alone(
    case: &OfficeCase,
    id: &ReportId,
    reason: &str,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let (after, words) = known(case, id)?.approved_alone(reason, moment)?;
    Ok(replaced(case, &after, "office_report_approved_alone", (&words.ja, &words.en), moment))
}

/// Submits an approved report. The duty waits for its receipt from now on.
pub(super) fn submit(
    case: &OfficeCase,
    id: &ReportId,
    moment: Moment<'_>,
) -> Result<OfficeChange, RespondError> {
    let sent = known(case, id)?.submitted(moment)?;
    let at = sent.must_have_left()?.at;
    let connected = sent.addressees.iter().any(|one| one.organisation.is_some());
    let mut after = case.clone();
    for duty in after.duties.iter_mut().filter(|duty| duty.is_open() && connected) {
        duty.state = ObligationState::Sent { at, report: id.clone() };
    }
    Ok(replaced(&after, &sent, "office_report_submitted", ("提出", "submitted"), moment))
}

/// Takes in the answer of the office above; `None` when it is known already.
pub(super) fn take_reply(
    case: &OfficeCase,
    from: &OrganisationId,
    reply: &ReplyV1,
    moment: Moment<'_>,
) -> Result<Option<OfficeChange>, RespondError> {
    let id = ReportId::from(reply.report.as_str());
    let report = known(case, &id)?;
    report.addressee(from)?;
    let submission = report.must_have_left()?;
    if report.receipts.iter().any(|receipt| receipt.is_of(from, reply)) {
        return Ok(None);
    }
    let receipt = Receipt::of(from, reply, moment);
    let how = receipt.words();
    let at = receipt.at.max(submission.at).min(moment.now);
    let mut after = case.clone();
    for duty in &mut after.duties {
        if matches!(&duty.state, ObligationState::Sent { report, .. } if *report == id) {
            duty.state = ObligationState::Met { at, how: how.clone() };
        }
    }
    let mut answered = report.clone();
    answered.receipts.push(receipt);
    let words = (how.ja.as_str(), how.en.as_str());
    Ok(Some(replaced(&after, &answered, "office_report_answered", words, moment)))
}

fn known<'a>(case: &'a OfficeCase, id: &ReportId) -> Result<&'a Report, RespondError> {
    case.upward(id).ok_or_else(|| RespondError::Unknown { what: "report", id: id.to_string() })
}

fn replaced(
    case: &OfficeCase,
    report: &Report,
    kind: &'static str,
    words: (&str, &str),
    moment: Moment<'_>,
) -> OfficeChange {
    let mut after = case.clone();
    for own in after.upward.iter_mut().filter(|own| own.id == report.id) {
        *own = report.clone();
    }
    about(after, report, kind, words.0, words.1, moment)
}

fn about(
    case: OfficeCase,
    report: &Report,
    kind: &'static str,
    ja: &str,
    en: &str,
    moment: Moment<'_>,
) -> OfficeChange {
    let stage = report.stage.words();
    let text = Text::new(
        format!("国への報告（{}・第{}報）: {ja}", stage.ja, report.number),
        format!("Report upwards ({}, no. {}): {en}", stage.en, report.number),
    );
    OfficeChange::new(kind, case, text, moment)
}

fn rendered(
    file: &OfficeCaseFile,
    number: u32,
    stage: Stage,
    party: ReportingParty,
    to: &Addressee,
    content: &Content,
    moment: Moment<'_>,
) -> Result<Report, RespondError> {
    let day = jst_date(moment.now);
    let form = content.form(UP_FORM, day);
    let form = form.ok_or(RespondError::ContentLacks { what: "office-report form" })?;
    let words = stage.words();
    let document = PrintableReport {
        title: Text::new(
            form.title.ja.replace("{stage}", &format!("{}・第{number}報", words.ja)),
            form.title.en.replace("{stage}", &format!("{}, no. {number}", words.en)),
        ),
        dated: Text::new(wareki(day), day.to_string()),
        addressees: vec![Text::new(format!("{}　御中", to.name), &*to.name)],
        sender: Text::new(&*party.organisation.name, &*party.organisation.name),
        banner: if file.case.exercise { vec![exercise()] } else { Vec::new() },
        sections: form
            .sections
            .iter()
            .map(|section| printed(section, form, file, &party))
            .collect(),
    };
    Ok(Report {
        id: ReportId::new(moment.now, moment.chance),
        case: file.case.id.clone(),
        number,
        stage,
        follows: file
            .case
            .upward
            .iter()
            .rev()
            .find(|one| one.number < number)
            .map(|one| one.id.clone()),
        drafted_by: moment.by.clone(),
        drafted_at: moment.now,
        party,
        addressees: vec![to.clone()],
        form: [form.id.clone(), form.version.clone()],
        content: content.version().digest,
        document,
        unanswered: Vec::new(),
        state: ReportState::Draft,
        receipts: Vec::new(),
    })
}

fn exercise() -> Text {
    Text::new("訓練　実際の事案ではありません", "EXERCISE: not a real incident")
}

fn printed(
    section: &Section,
    form: &Form,
    file: &OfficeCaseFile,
    party: &ReportingParty,
) -> PrintedSection {
    let row = |field: &Field| {
        let value = value(&field.source, file, party);
        let open = value.ja.is_empty();
        let value = if open { form.investigating.clone() } else { value };
        PrintedRow { field: field.id.clone(), label: field.label.clone(), value, open }
    };
    let rows = section.fields.iter().map(row).collect();
    PrintedSection { id: section.id.clone(), title: section.title.clone(), rows }
}

/// The value of a key; empty texts: nothing recorded.
fn value(source: &str, file: &OfficeCaseFile, party: &ReportingParty) -> Text {
    let case = &file.case;
    let same = |text: &str| Text::new(text, text);
    match source {
        "office.title" => same(&case.title),
        "office.number" => same(&case.number),
        "office.awareness" => awareness(case),
        "office.known_at" => moment_words(case.known_at),
        "office.institution" => same(&case.institution.name),
        "office.profile" => profile(&case.institution),
        "office.operating_body" => same(case.institution.operating_body.name.as_str()),
        "office.first" => same(&case.damage),
        "office.care_impact" => same(&case.care_impact),
        "office.damage" => found(file, EntryHeading::Damage),
        "office.response" => found(file, EntryHeading::Response),
        "office.recovery" => found(file, EntryHeading::Recovery),
        "office.prevention" => found(file, EntryHeading::Prevention),
        "office.guidance" => guidance(case),
        "office.contact" => {
            let parts = [&party.department, &party.person, &party.phone];
            let parts: Vec<&str> = parts.into_iter().map(|part| part.trim()).collect();
            same(parts.join("　").trim())
        }
        _ => Text::default(),
    }
}

fn awareness(case: &OfficeCase) -> Text {
    let mut words = case.awareness.words();
    if !case.awareness_detail.is_empty() {
        words.ja.push_str(&format!("（{}）", case.awareness_detail));
        words.en.push_str(&format!(" ({})", case.awareness_detail));
    }
    words
}

fn profile(institution: &ConcernedInstitution) -> Text {
    let mut words = institution.kind.map(crate::render::kind_words).unwrap_or_default();
    if let Some(beds) = institution.beds {
        words.ja.push_str(&format!("　{beds}床"));
        words.en.push_str(&format!(" {beds} beds"));
    }
    if institution.municipal {
        words.ja.push_str("　自治体立");
        words.en.push_str(" municipal");
    }
    Text::new(words.ja.trim(), words.en.trim())
}

/// What was found out under a heading, each line with its day; what was corrected is left out.
fn found(file: &OfficeCaseFile, heading: EntryHeading) -> Text {
    let mut text = Text::default();
    for entry in file.under(heading) {
        let at = moment_words(entry.at);
        text.ja.push_str(&format!("{} {}\n", at.ja, entry.text.ja));
        text.en.push_str(&format!("{} {}\n", at.en, entry.text.en));
    }
    Text::new(text.ja.trim(), text.en.trim())
}

fn guidance(case: &OfficeCase) -> Text {
    let lines: Vec<&str> = case.guidance.iter().map(|one| one.what.as_str()).collect();
    Text::new(lines.join("\n"), lines.join("\n"))
}

impl OfficeDesk {
    /// Drafts the next report to the office above.
    ///
    /// # Errors
    /// When the case is not open, the one before has not left yet, the content has no form, or the ledger fails.
    pub async fn draft_up(
        &self,
        id: &CaseId,
        new: &UpDraft,
        content: &Content,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| draft(file, new, &self.me(), content, moment)).await
    }

    /// Renders a report that has not left anew. An approval is gone with it.
    ///
    /// # Errors
    /// When it has left, the content has no form, or the ledger fails.
    pub async fn refresh_up(
        &self,
        id: &CaseId,
        report: &ReportId,
        content: &Content,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| refresh(file, report, content, moment)).await
    }

    /// Approves a draft as another person, if it is still the document with the digest `seen`.
    ///
    /// # Errors
    /// [`RespondError::SamePerson`] for the drafter; [`RespondError::ChangedMeanwhile`]; when it is no draft, or the ledger fails.
    pub async fn approve_up(
        &self,
        id: &CaseId,
        report: &ReportId,
        seen: &Digest,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| approve(&file.case, report, seen, moment)).await
    }

    /// Approves a draft alone, loudly.
    ///
    /// # Errors
    /// When the reason is missing, it is no draft, or the ledger fails.
    pub async fn approve_up_alone(
        &self,
        id: &CaseId,
        report: &ReportId,
        reason: &str,
        by: &Actor,
    ) -> Result<OfficeCase, RespondError> {
        self.act(id, by, |file, moment| approve_alone(&file.case, report, reason, moment)).await
    }

    /// Submits an approved report: what is returned has to be handed to the federation, byte for byte. `to` is empty when the
    /// office above is not connected; then somebody records how it was told.
    ///
    /// # Errors
    /// When it is not approved, may name a patient and nobody confirmed that it does not, or the ledger fails.
    pub async fn submit_up(
        &self,
        id: &CaseId,
        report: &ReportId,
        names_no_patient: bool,
        by: &Actor,
    ) -> Result<(OfficeCase, Outgoing), RespondError> {
        let before = self.office_case(id).await?.case;
        let n_places = self.suspects_up(known(&before, report)?).len();
        if n_places > 0 && !names_no_patient {
            return Err(OfficeError::MayNamePatient { n_places }.into());
        }
        let case = self.act(id, by, |file, moment| submit(&file.case, report, moment)).await?;
        let outgoing = self.outgoing_up(&case, report)?;
        Ok((case, outgoing))
    }

    /// What in a report may name a patient.
    #[must_use]
    pub fn suspects_up(&self, report: &Report) -> Vec<Passage> {
        report.document.rows().flat_map(|row| patient_passages(&row.value.ja)).collect()
    }

    /// The message of a submitted report, the same bytes every time.
    ///
    /// # Errors
    /// When it was not submitted.
    pub fn outgoing_up(&self, case: &OfficeCase, id: &ReportId) -> Result<Outgoing, RespondError> {
        let report = known(case, id)?;
        let ReportState::Submitted { approval, .. } = &report.state else {
            return Err(report.unfit("submitted"));
        };
        let party = &report.party;
        let message = OfficeReportV1 {
            format: OFFICE_REPORT_FORMAT.to_owned(),
            awareness: case.awareness,
            concerning: ConcerningV1::from(&case.institution),
            report: ReportV1 {
                format: report_format(),
                report: report.id.to_string(),
                case: case.id.to_string(),
                number: report.number,
                stage: report.stage,
                follows: report.follows.as_ref().map(ReportId::to_string),
                exercise: case.exercise,
                sender: SenderV1 {
                    organisation: party.organisation.id.to_string(),
                    name: party.organisation.name.clone(),
                    contact: format!("{} {}", party.department, party.person).trim().to_owned(),
                    phone: party.phone.clone(),
                    after_hours_phone: String::new(),
                },
                subject: case.title.clone(),
                knew_at: case.known_at.rfc3339(),
                approved_at: approval.at.rfc3339(),
                approved_by: approval.by.words(),
                approved_alone_because: approval.alone_because.clone(),
                form: report.form.clone(),
                document: report.document.clone(),
            },
        };
        let to = report.addressees.iter().filter_map(|one| one.organisation.clone()).collect();
        Ok(Outgoing { media_type: OFFICE_REPORT_MEDIA_TYPE, body: message.write()?, to })
    }

    /// Takes in the report of an office below. The same report twice is taken once, with one number.
    ///
    /// # Errors
    /// When it cannot be read, does not come from an office below, names another sender, or the ledger fails.
    pub async fn receive_office_report(
        &self,
        peer: &Peer,
        message: &MessageId,
        body: &[u8],
    ) -> Result<Reception, RespondError> {
        let from = &peer.organisation;
        if peer.place != Place::Below || !from.kind.is_office() {
            let from = from.id.to_string();
            return Err(OfficeError::NotTheirs { from, what: "reports of offices" }.into());
        }
        let office_report = OfficeReportV1::read(body)?;
        let concerning = ConcernedInstitution::from(&office_report.concerning);
        let arrived = Arrived { from: &from.id, message, digest: Digest::of(body), sender: None };
        self.take_in(office_report.report, Some(concerning), &arrived).await
    }

    /// Takes in the answer of the office above to a report of ours. The same answer twice is taken once.
    ///
    /// # Errors
    /// When it cannot be read, there is no such report, the office was not addressed, or the ledger fails.
    pub async fn take_up_reply(
        &self,
        from: &OrganisationId,
        body: &[u8],
    ) -> Result<(), RespondError> {
        let reply = ReplyV1::read(body)?;
        let system = Actor::system();
        for _ in 0..super::received::ATTEMPTS_MAX {
            let read = self.read_case(&CaseId::from(reply.case.as_str())).await?;
            let change = take_reply(&read.file.case, from, &reply, self.moment(&system))?;
            let Some(change) = change else { return Ok(()) };
            if self.commit_change(&change, &[read.version], Vec::new(), &system).await? {
                return Ok(());
            }
        }
        Err(RespondError::Busy)
    }
}

impl From<&ConcernedInstitution> for ConcerningV1 {
    fn from(own: &ConcernedInstitution) -> Self {
        Self {
            organisation: own.organisation.as_ref().map(OrganisationId::to_string),
            name: own.name.clone(),
            kind: own.kind,
            beds: own.beds,
            municipal: own.municipal,
        }
    }
}

impl From<&ConcerningV1> for ConcernedInstitution {
    fn from(their: &ConcerningV1) -> Self {
        Self {
            organisation: their.organisation.as_deref().map(OrganisationId::from),
            name: their.name.clone(),
            kind: their.kind,
            beds: their.beds,
            municipal: their.municipal,
            ..Self::default()
        }
    }
}
