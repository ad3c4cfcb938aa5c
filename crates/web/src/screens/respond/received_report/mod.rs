//! One received report: what it says, whom to call back, its clock, and the office's answer.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::{get, post};
use sakimori_federation::{self as federation, Parcel};
use sakimori_identity::Action;
use sakimori_respond::{ReceivedReport, ReplyKind};
use sakimori_words::{Instant, ReportId};

use super::letter::{self, Letter};
use super::received::state_words;
use super::report::{SectionView, values};
use super::{Rights, actor, by, dial, sentence, span, stage_word};
use crate::Failure;
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::paper;
use crate::ports::Paper;
use crate::site::Site;
use crate::troubles;
use crate::visit::{Visit, page};

/// Longest remark or question, in characters.
const TEXT_CHARS_MAX: usize = 2_000;

/// The routes of one received report.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/reports/{id}", get(show))
        .route("/reports/{id}/accept", post(accept))
        .route("/reports/{id}/ask", post(ask))
        .route("/reports/{id}/letter", get(print))
        .merge(paper::beside("/reports/{id}/report", &get(file)))
}

#[derive(Template)]
#[template(path = "screens/respond/received_report/page.html")]
struct ReportPage {
    frame: Frame,
    form: Form,
    view: View,
}

struct View {
    id: String,
    exercise: bool,
    state: String,
    class: &'static str,
    clock: String,
    alone: Option<String>,
    sections: Vec<SectionView>,
    from: String,
    contact: String,
    phones: Vec<Phone>,
    accepted: bool,
    course: Vec<CourseLine>,
    facts: Vec<(String, String)>,
    rights: Rights,
}

struct Phone {
    number: String,
    dial: String,
    label: String,
}

struct CourseLine {
    at: Instant,
    words: String,
    text: String,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewReports, "received_report", &id, "").await?;
    let id = ReportId::from(id);
    // Only whoever can answer marks it as read: an inspector's look must not stop an officer from noticing it.
    let report = if visit.may(Action::ReceiveReport) {
        visit.site.office.read(&id, &actor(&visit)).await?
    } else {
        visit.site.office.report(&id).await?
    };
    draw(&visit, &report, Form::new()).await
}

async fn draw(visit: &Visit, report: &ReceivedReport, form: Form) -> Answer {
    let mut frame = visit.frame("received-report-title").await;
    let view = view(visit, &frame, report);
    report.report.document.title.get(frame.lang).clone_into(&mut frame.title);
    page(&ReportPage { frame, form, view })
}

fn view(visit: &Visit, frame: &Frame, report: &ReceivedReport) -> View {
    let (word, class) = state_words(report);
    let sender = &report.report.sender;
    let clock = if report.is_answered() { "received-clock-done" } else { "received-clock-open" };
    View {
        id: report.id.to_string(),
        exercise: report.report.exercise,
        state: frame.t(word),
        class,
        clock: frame.with(clock, "span", span(frame, report.waiting_seconds(frame.now))),
        alone: report.report.approved_alone_because.clone(),
        sections: values(frame, &report.report.document.sections),
        from: sender.name.clone(),
        contact: sender.contact.clone(),
        phones: phones(frame, report),
        accepted: report.replies.iter().any(|reply| reply.kind == ReplyKind::Accepted),
        course: course(frame, report),
        facts: facts(frame, report),
        rights: Rights::of(visit, &[Action::ReceiveReport]),
    }
}

fn phones(frame: &Frame, report: &ReceivedReport) -> Vec<Phone> {
    let sender = &report.report.sender;
    [(&sender.phone, "received-phone"), (&sender.after_hours_phone, "received-phone-night")]
        .into_iter()
        .filter(|(number, _)| !number.is_empty())
        .map(|(number, word)| Phone {
            number: number.clone(),
            dial: dial(number),
            label: frame.t(word),
        })
        .collect()
}

fn course(frame: &Frame, report: &ReceivedReport) -> Vec<CourseLine> {
    let mut lines = vec![CourseLine {
        at: report.received_at,
        words: frame.t("received-course-received"),
        text: String::new(),
    }];
    for reading in &report.read_by {
        let words = frame.with("received-course-read", "by", by(frame, &reading.by));
        lines.push(CourseLine { at: reading.at, words, text: String::new() });
    }
    for reply in &report.replies {
        let word = match reply.kind {
            ReplyKind::Question => "received-course-asked",
            ReplyKind::Accepted | ReplyKind::Delivered => "received-course-accepted",
        };
        let words = frame.with(word, "by", by(frame, &reply.by));
        lines.push(CourseLine { at: reply.at, words, text: reply.text.clone() });
    }
    lines.sort_by_key(|line| line.at);
    lines
}

fn facts(frame: &Frame, report: &ReceivedReport) -> Vec<(String, String)> {
    let stage = frame.t(stage_word(report.report.stage));
    let no = frame.with("report-number", "number", report.report.number);
    vec![
        (frame.t("received-number"), report.number.clone()),
        (frame.t("field-stage"), format!("{stage} {no}")),
        (frame.t("received-knew"), frame.minute(report.report.knew_at())),
        (frame.t("received-at"), frame.minute(report.received_at)),
        (frame.t("received-took"), span(frame, report.reporting_seconds())),
        (frame.t("received-digest"), report.digest.to_string()),
    ]
}

async fn accept(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::ReceiveReport, "received_report", &id, "").await?;
    let text = form.limited("accept-remark", TEXT_CHARS_MAX);
    answer(visit, &id, form, ReplyKind::Accepted, &text, "flash-received-accepted").await
}

async fn ask(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass_personal(Action::ReceiveReport, "received_report", &id, "").await?;
    let text = form.required("question", TEXT_CHARS_MAX);
    answer(visit, &id, form, ReplyKind::Question, &text, "flash-received-asked").await
}

async fn answer(
    visit: Visit,
    id: &str,
    form: Form,
    kind: ReplyKind,
    text: &str,
    flash: &'static str,
) -> Answer {
    let report = ReportId::from(id);
    if !form.fine() {
        let report = visit.site.office.report(&report).await?;
        return draw(&visit, &report, form).await;
    }
    let (report, outgoing) = visit.site.office.reply(&report, kind, text, &actor(&visit)).await?;
    let body: serde_json::Value = serde_json::from_slice(&outgoing.body)
        .map_err(|error| Failure::new(&troubles::NOT_DRAWN, error.to_string()))?;
    let parcels = outgoing
        .to
        .iter()
        .map(|to| {
            let message = federation::Outgoing::new(to.clone(), outgoing.media_type, body.clone());
            let in_reply_to = Some(report.message.clone());
            let exercise = report.report.exercise;
            Parcel::New(federation::Outgoing { in_reply_to, exercise, ..message })
        })
        .collect();
    visit.site.post.post(parcels, Vec::new()).await?;
    visit.done(&format!("/reports/{}", report.id), &Flash::new(flash))
}

async fn file(visit: Visit, Path(id): Path<String>, paper: Paper) -> Answer {
    visit.pass_personal(Action::ViewReports, "received_report", &id, paper.ending()).await?;
    let report = visit.site.office.report(&ReportId::from(id)).await?;
    paper::hand_out(&visit, report.to_document(letter::language(&visit)), paper).await
}

async fn print(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass_personal(Action::ViewReports, "received_report", &id, "print").await?;
    let report = visit.site.office.report(&ReportId::from(id)).await?;
    let mut frame = visit.frame("received-report-title").await;
    frame.lang = letter::language(&visit);
    let mut letter = Letter::of(&report.report.document, frame.lang);
    let at = frame.minute(report.received_at);
    letter.number =
        sentence(frame.lang, "letter-receipt", &[("number", &report.number), ("at", &at)]);
    let sender = &report.report.sender;
    letter.sender.extend([sender.contact.clone(), sender.phone.clone()]);
    letter.sender.retain(|line| !line.is_empty());
    let own = format!("/reports/{}", report.id);
    letter::draw(&frame, letter, frame.lang, &format!("{own}/letter"), &own)
}
