//! A report as its page shows it.

use sakimori_content::Section;
use sakimori_identity::Action;
use sakimori_respond::{
    Answer, Case, Channel, PrintedSection, Receipt, ReplyKind, Report, ReportState, superseded_by,
};

use super::super::{Rights, at_by};
use super::fields::{self, Input};
use super::{is_draft, passages, path, sheets, traces};
use crate::form::Form;
use crate::frame::Frame;
use crate::ports::LinkState;
use crate::visit::Visit;

/// Everything the page shows.
pub(super) struct ReportView {
    pub(super) path: String,
    pub(super) case: String,
    pub(super) exercise: bool,
    pub(super) draft: bool,
    pub(super) way: Vec<WayStep>,
    pub(super) alone: Option<String>,
    pub(super) sections: Vec<SectionView>,
    pub(super) problems: Vec<(String, String)>,
    pub(super) investigating: String,
    pub(super) not_applicable: String,
    pub(super) advice: String,
    pub(super) digest: String,
    pub(super) submit_hints: Vec<String>,
    pub(super) addressees: Vec<(String, String)>,
    pub(super) receipts: Vec<ReceiptView>,
    pub(super) facts: Vec<(String, String)>,
    /// Whether the visitor drafted it last and so cannot approve it as another person.
    pub(super) own: bool,
    state: ReportState,
    /// How it stands with the offices.
    pub(super) standing: String,
    /// The report that followed it; empty while none did.
    pub(super) superseded: String,
    /// What has not reached an office yet; empty when everything has.
    pub(super) queued: String,
    /// What may identify a patient.
    pub(super) passages: Vec<PassageView>,
    /// What the findings of the case hold and the answer does not.
    pub(super) traces: Vec<traces::TraceView>,
    /// Sheets of other offices that it can be put on.
    pub(super) sheets: Vec<sheets::SheetLink>,
    rights: Rights,
}

/// One stage of a report's way.
pub(super) struct WayStep {
    pub(super) words: String,
    pub(super) current: bool,
}

/// One section.
pub(in super::super) struct SectionView {
    pub(in super::super) title: String,
    pub(in super::super) rows: Vec<RowView>,
}

/// A passage that may identify a patient.
pub(super) struct PassageView {
    pub(super) field: String,
    pub(super) text: String,
    pub(super) kind: String,
}

/// One question or value.
pub(in super::super) struct RowView {
    pub(super) name: String,
    pub(in super::super) label: String,
    pub(super) hint: String,
    pub(in super::super) value: String,
    pub(super) problem: String,
    pub(super) input: Input,
    pub(super) not_applicable: bool,
    pub(in super::super) open: bool,
}

/// One answer of an office.
pub(super) struct ReceiptView {
    pub(super) kind: String,
    pub(super) class: &'static str,
    pub(super) from: String,
    pub(super) number: String,
    pub(super) at: String,
    pub(super) text: String,
}

impl ReportView {
    /// How it stands with the offices, and what has not reached them yet.
    pub(super) fn show_course(
        &mut self,
        frame: &Frame,
        report: &Report,
        all: &[Report],
        link: &LinkState,
    ) {
        self.standing = report.standing(all).words().get(frame.lang).to_owned();
        let later = superseded_by(report, all);
        self.superseded = later
            .map(|later| frame.with("report-superseded", "number", later.number))
            .unwrap_or_default();
        if report.submission().is_none() {
            return;
        }
        let silent: Vec<&str> = report
            .addressees
            .iter()
            .filter(|one| {
                let office = one.organisation.as_ref();
                office.is_some_and(|office| report.last_answer(office).is_none())
            })
            .map(|one| one.name.as_str())
            .collect();
        if silent.is_empty() {
            return;
        }
        self.queued = frame.with("report-queued", "names", silent.join("・"));
        if let LinkState::Joined { last_at: Some(at), trouble: Some(_), .. } = link {
            let since = frame.with("report-queued-since", "at", frame.minute(*at));
            self.queued = format!("{} {since}", self.queued);
        }
    }

    pub(super) fn of(
        visit: &Visit,
        frame: &Frame,
        case: &Case,
        report: &Report,
        form: &Form,
    ) -> Self {
        let own = report.drafted_by.person == visit.principal.person;
        let [name, version] = &report.form;
        let questions = visit.site.content.form_version(name, version);
        let editing = is_draft(report) && visit.may(Action::DraftReport);
        let sections = match questions.filter(|_| editing) {
            Some(questions) => inputs(frame, &questions.sections, case, report, form),
            None => values(frame, &report.document.sections),
        };
        let word = |text: &sakimori_words::Text| text.get(frame.lang).to_owned();
        Self {
            path: path(report),
            case: report.case.to_string(),
            exercise: case.exercise,
            draft: is_draft(report),
            way: way(frame, report),
            alone: report.approval().and_then(|approval| approval.alone_because.clone()),
            problems: problems(&sections),
            sections,
            investigating: questions.map(|form| word(&form.investigating)).unwrap_or_default(),
            not_applicable: questions.map(|form| word(&form.not_applicable)).unwrap_or_default(),
            advice: frame.t(advice(visit, report, own)),
            digest: report.document.digest().to_string(),
            submit_hints: submit_hints(frame, report),
            addressees: report
                .addressees
                .iter()
                .map(|one| (one.name.clone(), frame.t(channel_word(one.channel()))))
                .collect(),
            receipts: report.receipts.iter().map(|one| receipt(frame, one)).collect(),
            facts: facts(frame, report),
            own,
            state: report.state.clone(),
            standing: String::new(),
            superseded: String::new(),
            queued: String::new(),
            passages: passages(visit, report)
                .into_iter()
                .map(|(label, passage)| PassageView {
                    field: label.get(frame.lang).to_owned(),
                    text: passage.text,
                    kind: passage.kind.words().get(frame.lang).to_owned(),
                })
                .collect(),
            traces: Vec::new(),
            sheets: sheets::links(visit, frame, report),
            rights: Rights::of(visit, &[Action::DraftReport, Action::ApproveReport]),
        }
    }

    pub(super) fn may_edit(&self) -> bool {
        self.draft && self.rights.to(Action::DraftReport)
    }

    pub(super) fn may_approve(&self) -> bool {
        self.draft && !self.own && self.rights.to(Action::ApproveReport)
    }

    pub(super) fn may_approve_alone(&self) -> bool {
        self.draft && self.own && self.rights.to(Action::ApproveReport)
    }

    pub(super) fn may_submit(&self) -> bool {
        self.approved() && self.rights.to(Action::DraftReport)
    }

    pub(super) fn may_withdraw_approval(&self) -> bool {
        let acts = [Action::DraftReport, Action::ApproveReport];
        self.approved() && acts.into_iter().any(|action| self.rights.to(action))
    }

    const fn approved(&self) -> bool {
        matches!(self.state, ReportState::Approved { .. })
    }

    /// Handing over again helps when nobody confirmed yet: the machine may have stopped between sending and queueing.
    pub(super) fn may_resend(&self) -> bool {
        let sent = matches!(self.state, ReportState::Submitted { .. });
        sent && self.receipts.is_empty() && self.rights.to(Action::DraftReport)
    }
}

fn inputs(
    frame: &Frame,
    sections: &[Section],
    case: &Case,
    report: &Report,
    form: &Form,
) -> Vec<SectionView> {
    let row = |field: &sakimori_content::Field| {
        let name = fields::input_name(&field.id);
        let printed = report.document.row(&field.id);
        let refused = !form.fine() && form.has(&format!("{name}-empty"), "none");
        let on_record = matches!(case.answers.get(&field.id), Some(Answer::NotApplicable));
        RowView {
            label: field.label.get(frame.lang).to_owned(),
            hint: field.hint.get(frame.lang).to_owned(),
            value: printed.map(|row| row.value.get(frame.lang).to_owned()).unwrap_or_default(),
            problem: form.problem(&name).map(|one| one.message(frame.lang)).unwrap_or_default(),
            input: fields::input(frame, field, form, case),
            not_applicable: if form.fine() { on_record } else { refused },
            open: printed.is_some_and(|row| row.open),
            name,
        }
    };
    sections
        .iter()
        .map(|section| SectionView {
            title: section.title.get(frame.lang).to_owned(),
            rows: section.fields.iter().map(row).collect(),
        })
        .collect()
}

/// The document as it stands, for those who only read and for what was approved.
pub(in super::super) fn values(frame: &Frame, sections: &[PrintedSection]) -> Vec<SectionView> {
    let row = |row: &sakimori_respond::PrintedRow| RowView {
        name: row.field.clone(),
        label: row.label.get(frame.lang).to_owned(),
        hint: String::new(),
        value: row.value.get(frame.lang).to_owned(),
        problem: String::new(),
        input: Input::Fixed,
        not_applicable: false,
        open: row.open,
    };
    sections
        .iter()
        .map(|section| SectionView {
            title: section.title.get(frame.lang).to_owned(),
            rows: section.rows.iter().map(row).collect(),
        })
        .collect()
}

fn problems(sections: &[SectionView]) -> Vec<(String, String)> {
    let rows = sections.iter().flat_map(|section| &section.rows);
    rows.filter(|row| !row.problem.is_empty())
        .map(|row| (row.name.clone(), format!("{}: {}", row.label, row.problem)))
        .collect()
}

fn way(frame: &Frame, report: &Report) -> Vec<WayStep> {
    let at = match &report.state {
        ReportState::Draft => 0,
        ReportState::Approved { .. } => 2,
        ReportState::Submitted { .. } => 3,
    };
    ["report-way-draft", "report-way-approve", "report-way-submit", "report-way-receive"]
        .into_iter()
        .enumerate()
        .map(|(n, word)| WayStep { words: frame.t(word), current: n == at })
        .collect()
}

fn advice(visit: &Visit, report: &Report, own: bool) -> &'static str {
    match &report.state {
        ReportState::Draft if own && visit.may(Action::ApproveReport) => "report-advice-own",
        ReportState::Draft if visit.may(Action::ApproveReport) => "report-advice-approve",
        ReportState::Draft => "report-advice-draft",
        ReportState::Approved { .. } => "report-advice-approved",
        ReportState::Submitted { .. } if report.receipts.is_empty() => "report-advice-submitted",
        ReportState::Submitted { .. } => "report-advice-received",
    }
}

const fn channel_word(channel: Channel) -> &'static str {
    match channel {
        Channel::Federation => "report-channel-federation",
        Channel::ByHand => "report-channel-by-hand",
    }
}

fn submit_hints(frame: &Frame, report: &Report) -> Vec<String> {
    let names = |channel: Channel| {
        let names: Vec<&str> = report
            .addressees
            .iter()
            .filter(|one| one.channel() == channel)
            .map(|one| one.name.as_str())
            .collect();
        names.join("・")
    };
    [(Channel::Federation, "report-submit-connected"), (Channel::ByHand, "report-submit-by-hand")]
        .into_iter()
        .map(|(channel, word)| (names(channel), word))
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, word)| frame.with(word, "names", names))
        .collect()
}

fn receipt(frame: &Frame, receipt: &Receipt) -> ReceiptView {
    let (word, class) = match receipt.kind {
        ReplyKind::Delivered => ("receipt-delivered", ""),
        ReplyKind::Accepted => ("receipt-accepted", "good"),
        ReplyKind::Question => ("receipt-question", "look"),
    };
    ReceiptView {
        kind: frame.t(word),
        class,
        from: receipt.from_name.clone(),
        number: receipt.number.clone(),
        at: frame.minute(receipt.at),
        text: receipt.text.clone(),
    }
}

fn facts(frame: &Frame, report: &Report) -> Vec<(String, String)> {
    let mut rows = vec![(
        frame.t("report-drafted"),
        at_by(frame, "report-by-at", report.drafted_at, &report.drafted_by),
    )];
    if let Some(approval) = report.approval() {
        let words = at_by(frame, "report-by-at", approval.at, &approval.by);
        rows.push((frame.t("report-approved"), words));
    }
    if let Some(submission) = report.submission() {
        let words = at_by(frame, "report-by-at", submission.at, &submission.by);
        rows.push((frame.t("report-submitted"), words));
    }
    rows.push((frame.t("report-digest"), report.document.digest().to_string()));
    rows
}
