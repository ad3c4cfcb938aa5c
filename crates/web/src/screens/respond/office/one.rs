//! One case: what is known, its clock, the reports and other cases it may be, the investigation, guidance, help, and its record.

use askama::Template;
use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_respond::office::{
    DispatchRoute, EntryHeading, OfficeCase, OfficeCaseFile, OfficeState, TaskKind, is_silent,
    proposals, routes_for,
};
use sakimori_respond::{ReceivedReport, Stage};
use sakimori_words::{CaseId, Instant};

use super::{case_address, clock_line, kind_choices, kind_word, look, tasks, up};
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::screens::respond::{Rights, at_by, by, dial, stage_word};
use crate::visit::{Visit, page};

/// Characters of an entry in a list of choices.
const CLIP_CHARS: usize = 40;
/// The field of the institution's report that says whether help is asked for (S2-8).
const SUPPORT_FIELD: &str = "support_request";
/// The contact with the list of help services.
const HELP_SERVICES: &str = "rapid-help";

#[derive(Template)]
#[template(path = "screens/respond/office/one.html")]
struct CasePage {
    frame: Frame,
    form: Form,
    view: View,
}

#[expect(
    clippy::struct_excessive_bools,
    reason = "marks of one case that have nothing to do with each other"
)]
struct View {
    id: String,
    number: String,
    exercise: bool,
    open: bool,
    silent: bool,
    goes_on: Option<String>,
    closed: Option<String>,
    facts: Vec<(String, String)>,
    phone: String,
    dial: String,
    body: Vec<String>,
    municipal_without_body: bool,
    duties: Vec<DutyView>,
    reports: Vec<ReportView>,
    similar: Vec<Link>,
    other_cases: Vec<Choice>,
    how: Vec<Choice>,
    joined: Vec<Choice>,
    kinds: Vec<Choice>,
    headings: Vec<Choice>,
    sections: Vec<SectionView>,
    course: Vec<EntryView>,
    entries: Vec<Choice>,
    guidance: Vec<GuidanceView>,
    unanswered: Vec<Choice>,
    asked_for_help: Option<Asked>,
    help_services: Option<(String, String)>,
    dispatches: Vec<DispatchView>,
    open_dispatches: Vec<Choice>,
    dispatch_states: Vec<Choice>,
    routes: Vec<Choice>,
    up: Vec<up::UpView>,
    up_to: String,
    up_by_hand: bool,
    up_may_draft: bool,
    stages: Vec<Choice>,
    tasks: Vec<tasks::TaskView>,
    offices: Vec<Choice>,
    task_kinds: Vec<Choice>,
    to_answer: Vec<Choice>,
    rights: Rights,
}

struct DutyView {
    id: String,
    duty: String,
    basis: String,
    line: String,
    late: bool,
    open: bool,
    remind_at: Option<Instant>,
}

struct ReportView {
    address: String,
    subject: String,
    stage: String,
    from: String,
    at: Instant,
}

struct Link {
    address: String,
    words: String,
}

struct SectionView {
    title: String,
    entries: Vec<EntryView>,
}

struct EntryView {
    at: Instant,
    text: String,
    by: String,
    corrected: bool,
}

struct GuidanceView {
    what: String,
    basis: String,
    given: String,
    due_at: Option<Instant>,
    sent: bool,
    answer: Option<(String, String)>,
}

/// What the institution's last report says of help.
struct Asked {
    label: String,
    value: String,
    report: String,
}

struct DispatchView {
    route: String,
    provider: String,
    state: String,
    steps: Vec<EntryView>,
}

pub(super) async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    look(&visit, &id).await?;
    let id = CaseId::from(id);
    // Only whoever works on it marks it as read: an inspector's look must not stop an officer from noticing it.
    if visit.may(Action::ReceiveReport) {
        visit.site.office.read_office_case(&id, &crate::screens::respond::actor(&visit)).await?;
    }
    draw(&visit, &id, Form::new()).await
}

pub(super) async fn draw(visit: &Visit, id: &CaseId, form: Form) -> Answer {
    let file = visit.site.office.office_case(id).await?;
    let frame = visit.frame_titled(file.case.title.clone()).await;
    let view = view(visit, &frame, &file).await?;
    let mut form = form;
    if form.fine() {
        prefill(&mut form, &file.case);
    }
    page(&CasePage { frame, form, view })
}

/// The institution's fields as they are.
fn prefill(form: &mut Form, case: &OfficeCase) {
    let own = &case.institution;
    form.set("office-name", &own.name);
    form.set("concerned-kind", own.kind.map_or("", kind_word));
    form.set("office-beds", own.beds.map(|beds| beds.to_string()).unwrap_or_default());
    form.set("office-municipal", if own.municipal { "yes" } else { "" });
    form.set("office-phone", &own.phone);
    form.set("office-body", &own.operating_body.name);
    form.set("office-body-person", &own.operating_body.person);
    form.set("office-body-phone", &own.operating_body.phone);
    form.set("office-heading", "damage");
    form.set("office-join-how", "join");
    form.set("up-stage", if case.upward.is_empty() { "prompt" } else { "follow-up" });
    form.set("task-kind", "investigate");
    if let [only] = routes_for(own.beds) {
        form.set("office-route", only.as_str());
    }
}

async fn view(visit: &Visit, frame: &Frame, file: &OfficeCaseFile) -> Result<View, Failure> {
    let (case, office) = (&file.case, &visit.site.office);
    let reports = office.reports_of(case).await?;
    let all = office.office_cases().await?;
    let similar = proposals(case, &all);
    let (addressee, offices) = (up::addressee(visit).await?, tasks::offices_below(visit).await?);
    let word = |text: sakimori_words::Text| text.get(frame.lang).to_owned();
    Ok(View {
        id: case.id.to_string(),
        number: case.number.clone(),
        exercise: case.exercise,
        open: case.is_open(),
        silent: is_silent(case, frame.now),
        goes_on: case.goes_on_in().map(|into| format!("/office/cases/{into}")),
        closed: closed(frame, case),
        facts: facts(frame, case),
        phone: case.institution.phone.clone(),
        dial: dial(&case.institution.phone),
        body: body(case),
        municipal_without_body: case.institution.municipal
            && case.institution.operating_body.is_empty(),
        duties: duties(frame, case),
        asked_for_help: asked_for_help(frame, &reports),
        help_services: help_services(visit, frame, case),
        reports: reports.into_iter().map(|report| report_view(frame, report)).collect(),
        similar: similar.iter().map(|other| link(frame, other)).collect(),
        other_cases: others(frame, case, &similar, &all),
        how: ["join", "differs"]
            .map(|how| Choice::new(how, frame.t(&format!("office-how-{how}"))))
            .to_vec(),
        joined: joined(frame, case, &all),
        kinds: kind_choices(frame),
        headings: EntryHeading::INVESTIGATION
            .into_iter()
            .chain([EntryHeading::Act])
            .map(|one| Choice::new(one.as_str(), word(one.words())))
            .collect(),
        sections: sections(frame, file),
        course: file.entries.iter().rev().map(|entry| entry_view(frame, file, entry)).collect(),
        entries: entries(frame, file),
        guidance: guidance(frame, case),
        unanswered: case
            .guidance
            .iter()
            .filter(|one| one.answer.is_none())
            .map(|one| Choice::new(&one.id, clip(&one.what)))
            .collect(),
        dispatches: dispatches(frame, case),
        open_dispatches: open_dispatches(frame, case),
        dispatch_states: dispatch_states(frame, case),
        routes: routes_for(case.institution.beds)
            .iter()
            .map(|route| Choice::new(route.as_str(), word(route.words())))
            .collect(),
        up: up::views(visit, frame, case),
        up_to: frame.with("office-up-to", "name", &addressee.name),
        up_by_hand: addressee.organisation.is_none(),
        up_may_draft: !case.duties.is_empty()
            && case.upward.iter().all(|report| report.submission().is_some()),
        stages: [Stage::Prompt, Stage::FollowUp, Stage::Final]
            .map(|stage| Choice::new(stage_value(stage), word(stage.words())))
            .to_vec(),
        tasks: tasks::views(frame, case),
        offices: offices.iter().map(|one| Choice::new(&one.id, one.name.clone())).collect(),
        task_kinds: TaskKind::ALL
            .map(|kind| Choice::new(kind.as_str(), word(kind.words())))
            .to_vec(),
        to_answer: tasks::to_answer(case),
        rights: Rights::of(visit, &[Action::ReceiveReport, Action::ApproveOfficeReport]),
    })
}

const fn stage_value(stage: Stage) -> &'static str {
    match stage {
        Stage::Prompt => "prompt",
        Stage::FollowUp => "follow-up",
        Stage::Final => "final",
    }
}

fn closed(frame: &Frame, case: &OfficeCase) -> Option<String> {
    let OfficeState::Closed { at, by, reason } = &case.state else { return None };
    Some(format!("{} {reason}", at_by(frame, "office-closed-by", *at, by)))
}

fn facts(frame: &Frame, case: &OfficeCase) -> Vec<(String, String)> {
    let own = &case.institution;
    let kind = own.kind.map(|kind| frame.t(&format!("office-kind-{}", kind_word(kind))));
    let beds = own.beds.map(|beds| frame.with("office-beds-count", "count", beds));
    let size: Vec<String> = [kind, beds].into_iter().flatten().collect();
    let mut way = case.awareness.words().get(frame.lang).to_owned();
    if !case.awareness_detail.is_empty() {
        way.push_str(&format!(" ({})", case.awareness_detail));
    }
    let municipal = if own.municipal { frame.t("office-municipal-yes") } else { String::new() };
    [
        ("office-col-institution", own.name.clone()),
        ("office-fact-kind", size.join(" · ")),
        ("office-fact-municipal", municipal),
        ("office-col-awareness", way),
        ("office-col-known", frame.minute(case.known_at)),
        ("office-fact-opened", at_by(frame, "office-opened-by", case.opened_at, &case.opened_by)),
        ("office-fact-heard", frame.minute(case.heard_at)),
        ("field-office-damage", case.damage.clone()),
        ("field-office-care", case.care_impact.clone()),
        ("office-fact-receipt", case.emergency_receipt.clone()),
        ("office-fact-read", readers(frame, case)),
    ]
    .into_iter()
    .filter(|(_, value)| !value.is_empty())
    .map(|(key, value)| (frame.t(key), value))
    .collect()
}

fn readers(frame: &Frame, case: &OfficeCase) -> String {
    let line = |one: &sakimori_respond::Reading| {
        format!("{} {}", frame.minute(one.at), by(frame, &one.by))
    };
    case.read_by.iter().map(line).collect::<Vec<_>>().join("\n")
}

fn body(case: &OfficeCase) -> Vec<String> {
    let own = &case.institution.operating_body;
    [&own.name, &own.person, &own.phone]
        .into_iter()
        .filter(|text| !text.is_empty())
        .cloned()
        .collect()
}

fn duties(frame: &Frame, case: &OfficeCase) -> Vec<DutyView> {
    let view = |duty: &sakimori_respond::Obligation| {
        let (line, late) = clock_line(frame, duty);
        DutyView {
            id: duty.id.clone(),
            duty: duty.duty.get(frame.lang).to_owned(),
            basis: duty.basis.clone(),
            line,
            late,
            open: duty.is_open(),
            remind_at: duty.remind_at.filter(|_| duty.is_open()),
        }
    };
    case.duties.iter().map(view).collect()
}

fn report_view(frame: &Frame, report: ReceivedReport) -> ReportView {
    ReportView {
        address: format!("/reports/{}", report.id),
        stage: format!(
            "{} {}",
            frame.t(stage_word(report.report.stage)),
            frame.with("report-number", "number", report.report.number)
        ),
        from: report.report.sender.name,
        subject: report.report.subject,
        at: report.received_at,
    }
}

/// The latest report that answers the question is what counts.
fn asked_for_help(frame: &Frame, reports: &[ReceivedReport]) -> Option<Asked> {
    reports.iter().max_by_key(|report| report.received_at).and_then(|report| {
        let row = report.report.document.row(SUPPORT_FIELD).filter(|row| !row.open)?;
        Some(Asked {
            label: row.label.get(frame.lang).to_owned(),
            value: row.value.get(frame.lang).to_owned(),
            report: format!("/reports/{}", report.id),
        })
    })
}

/// Where the registered help services are listed, for an institution they are meant for.
fn help_services(visit: &Visit, frame: &Frame, case: &OfficeCase) -> Option<(String, String)> {
    let fits = routes_for(case.institution.beds).contains(&DispatchRoute::HelpTeam);
    let contacts = visit.site.content.contacts();
    let list = contacts.iter().find(|contact| fits && contact.id == HELP_SERVICES)?;
    Some((list.name.get(frame.lang).to_owned(), list.url.clone()))
}

fn link(frame: &Frame, case: &OfficeCase) -> Link {
    let way = case.awareness.words();
    let words = format!(
        "{} {} ({}, {})",
        case.number,
        case.title,
        way.get(frame.lang),
        frame.minute(case.known_at)
    );
    Link { address: case_address(case), words }
}

/// Cases that can be joined: those that are proposed first.
fn others(
    frame: &Frame,
    case: &OfficeCase,
    similar: &[&OfficeCase],
    all: &[OfficeCase],
) -> Vec<Choice> {
    let proposed = |other: &OfficeCase| similar.iter().any(|one| one.id == other.id);
    let rest = all.iter().filter(|other| {
        other.id != case.id
            && other.is_open()
            && other.exercise == case.exercise
            && !proposed(other)
    });
    let choice = |other: &OfficeCase| Choice::new(&other.id, link(frame, other).words);
    similar.iter().copied().chain(rest).map(choice).collect()
}

fn joined(frame: &Frame, case: &OfficeCase, all: &[OfficeCase]) -> Vec<Choice> {
    let own = all.iter().filter(|other| case.joined.contains(&other.id));
    own.map(|other| Choice::new(&other.id, link(frame, other).words)).collect()
}

fn sections(frame: &Frame, file: &OfficeCaseFile) -> Vec<SectionView> {
    let section = |heading: EntryHeading| SectionView {
        title: heading.words().get(frame.lang).to_owned(),
        entries: file
            .entries
            .iter()
            .filter(|entry| entry.heading == heading)
            .map(|entry| entry_view(frame, file, entry))
            .collect(),
    };
    EntryHeading::INVESTIGATION.into_iter().map(section).collect()
}

fn entry_view(
    frame: &Frame,
    file: &OfficeCaseFile,
    entry: &sakimori_respond::office::OfficeEntry,
) -> EntryView {
    let heading = entry.heading.words();
    let text = entry.text.get(frame.lang);
    EntryView {
        at: entry.at,
        text: match entry.heading {
            EntryHeading::Act => text.to_owned(),
            _ => format!("{}: {text}", heading.get(frame.lang)),
        },
        by: by(frame, &entry.by),
        corrected: file.is_corrected(&entry.id),
    }
}

/// Lines of the investigation that can still be corrected.
fn entries(frame: &Frame, file: &OfficeCaseFile) -> Vec<Choice> {
    let open = file
        .entries
        .iter()
        .filter(|entry| entry.heading != EntryHeading::Act && !file.is_corrected(&entry.id));
    open.map(|entry| {
        let label = format!("{} {}", frame.minute(entry.at), clip(entry.text.get(frame.lang)));
        Choice::new(&entry.id, label)
    })
    .collect()
}

fn guidance(frame: &Frame, case: &OfficeCase) -> Vec<GuidanceView> {
    let view = |one: &sakimori_respond::office::Guidance| GuidanceView {
        what: one.what.clone(),
        basis: one.basis.clone(),
        given: at_by(frame, "office-given-by", one.given_at, &one.given_by),
        due_at: one.due_at.filter(|_| one.answer.is_none()),
        sent: one.sent,
        answer: one.answer.as_ref().map(|answer| {
            (answer.text.clone(), at_by(frame, "office-answered-by", answer.at, &answer.by))
        }),
    };
    case.guidance.iter().map(view).collect()
}

fn dispatches(frame: &Frame, case: &OfficeCase) -> Vec<DispatchView> {
    let view = |one: &sakimori_respond::office::Dispatch| DispatchView {
        route: one.route.words().get(frame.lang).to_owned(),
        provider: one.provider.clone(),
        state: one.state().words().get(frame.lang).to_owned(),
        steps: one.steps.iter().map(|step| step_view(frame, step)).collect(),
    };
    case.dispatches.iter().map(view).collect()
}

fn step_view(frame: &Frame, step: &sakimori_respond::office::DispatchStep) -> EntryView {
    let more = [&step.person, &step.note].into_iter().filter(|text| !text.is_empty());
    let state = step.state.words().get(frame.lang).to_owned();
    let text: Vec<String> = std::iter::once(state).chain(more.cloned()).collect();
    EntryView { at: step.at, text: text.join(" · "), by: by(frame, &step.by), corrected: false }
}

fn open_dispatches(frame: &Frame, case: &OfficeCase) -> Vec<Choice> {
    let open = case.dispatches.iter().filter(|one| !one.state().next().is_empty());
    open.map(|one| {
        let (route, state) = (one.route.words(), one.state().words());
        Choice::new(&one.id, format!("{} ({})", route.get(frame.lang), state.get(frame.lang)))
    })
    .collect()
}

/// The states that may follow for some dispatch of the case.
fn dispatch_states(frame: &Frame, case: &OfficeCase) -> Vec<Choice> {
    sakimori_respond::office::DispatchState::ALL
        .into_iter()
        .filter(|state| case.dispatches.iter().any(|one| one.state().next().contains(state)))
        .map(|state| Choice::new(state.as_str(), state.words().get(frame.lang).to_owned()))
        .collect()
}

fn clip(text: &str) -> String {
    text.chars().take(CLIP_CHARS).collect()
}
