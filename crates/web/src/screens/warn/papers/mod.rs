//! Warnings that came on paper, by fax or mail: typed in, compared with what is here, and dealt with here.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_warn::WarnError;
use sakimori_warn::paper::{
    CameBy, Original, PAPER_LINE_CHARS_MAX, PAPER_TEXT_CHARS_MAX, PaperFields, PaperFile,
    PaperNotice, Sameness, read_mail, read_text,
};
use sakimori_words::{Digest, Instant, WarningId};

use self::similar::{Candidate, candidates, original_of, title_of};
use super::document::day;
use super::warning::ANSWERS;
use super::{Rights, signer};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::site::Site;
use crate::upload;
use crate::visit::{Visit, page};
use crate::{paper, wording};

mod similar;

pub(super) use similar::open_copies;

/// Largest file, in bytes: a scanned letter of some pages.
const FILE_BYTES_MAX: usize = 8 << 20;
/// What a browser puts around a file.
const AROUND_BYTES: usize = 256 * 1024;
/// So many papers are shown and compared.
pub(super) const PAPERS_SHOWN: usize = 100;

/// The ways it can come, by the spelling of forms.
const WAYS: [(&str, CameBy, &str); 4] = [
    ("mail", CameBy::Mail, "came-by-mail"),
    ("fax", CameBy::Fax, "came-by-fax"),
    ("letter", CameBy::Letter, "came-by-letter"),
    ("other", CameBy::Other, "came-by-other"),
];

/// The routes of unsigned warnings.
pub(super) fn routes() -> Router<Arc<Site>> {
    let file = DefaultBodyLimit::max(FILE_BYTES_MAX + AROUND_BYTES);
    Router::new()
        .route("/papers/new", get(new).post(enter).layer(file))
        .route("/papers/{id}", get(show).post(act))
        .route("/papers/{id}/file", get(download))
}

#[derive(Template)]
#[template(path = "screens/warn/papers/new.html")]
struct NewPage {
    frame: Frame,
    form: Form,
    ways: Vec<Choice>,
}

#[derive(Template)]
#[template(path = "screens/warn/papers/one.html")]
struct OnePage {
    frame: Frame,
    form: Form,
    path: String,
    head: String,
    facts: Vec<(String, String)>,
    body: String,
    file: Option<String>,
    said: Option<String>,
    copy_of: Option<(String, String)>,
    candidates: Vec<Candidate>,
    answers: Vec<Choice>,
    handled: Option<String>,
    may: Rights,
}

/// One of the list beside the warnings that came.
pub(super) struct PaperRow {
    pub(super) path: String,
    pub(super) title: String,
    pub(super) about: String,
    pub(super) state: String,
    pub(super) class: &'static str,
    pub(super) entered_at: Instant,
}

/// Those that are items of their own; a copy that a person confirmed stands at its item.
pub(super) async fn rows(visit: &Visit, frame: &Frame) -> Result<Vec<PaperRow>, Failure> {
    let papers = visit.site.papers.list(PAPERS_SHOWN).await?;
    Ok(papers.iter().filter(|paper| !paper.is_copy()).map(|paper| row(frame, paper)).collect())
}

fn row(frame: &Frame, paper: &PaperNotice) -> PaperRow {
    let (word, class) = match (&paper.handled, &paper.sameness) {
        (Some(_), _) => ("paper-handled", "good"),
        (None, Sameness::Open) => ("paper-open", "look"),
        (None, _) => ("paper-waits", "bad"),
    };
    PaperRow {
        path: path_of(&paper.id),
        title: paper.fields.title.clone(),
        about: head(frame, &paper.fields),
        state: frame.t(word),
        class,
        entered_at: paper.entered_at,
    }
}

fn path_of(id: &WarningId) -> String {
    format!("/papers/{id}")
}

/// Issuer, number, date and way, as far as they are known.
fn head(frame: &Frame, fields: &PaperFields) -> String {
    let date = fields.issued_on.map(|date| day(frame, date)).unwrap_or_default();
    let parts = [fields.issuer.clone(), fields.number.clone(), date, way(frame, fields.came_by)];
    let known: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    known.join(" · ")
}

fn way(frame: &Frame, came_by: CameBy) -> String {
    let found = WAYS.iter().find(|(_, own, _)| *own == came_by);
    found.map(|(_, _, word)| frame.t(word)).unwrap_or_default()
}

/// How a confirmed copy stands among the routes of its item.
pub(super) fn route_words(frame: &Frame, paper: &PaperNotice) -> (String, Instant) {
    let way = way(frame, paper.fields.came_by);
    (frame.with2("paper-route", "way", way, "from", &paper.fields.from), paper.entered_at)
}

async fn new(visit: Visit) -> Answer {
    visit.look(Action::AcknowledgeWarning, "paper", "").await?;
    let mut form = Form::new();
    form.set("came-by", "fax");
    draw_new(&visit, form).await
}

async fn draw_new(visit: &Visit, form: Form) -> Answer {
    let frame = visit.frame("paper-new").await;
    let ways = WAYS.map(|(value, _, word)| Choice::new(value, frame.t(word))).into();
    page(&NewPage { form, ways, frame })
}

async fn enter(visit: Visit, file: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass(Action::AcknowledgeWarning, "paper", "").await?;
    let (mut form, bytes) = upload::read(file, "paper-file").await?;
    if !bytes.is_empty() {
        take_file(&visit, &mut form, bytes).await?;
    } else if form.text("do") == "read" {
        form.wrong("paper-file", Problem::new("problem-paper-no-file"));
    }
    // After a file was read a person looks over what it gave before it is kept.
    if form.text("do") == "read" {
        return draw_new(&visit, form).await;
    }
    let fields = read(&mut form);
    if !form.fine() {
        return draw_new(&visit, form).await;
    }
    let kept = visit.site.papers.enter(fields, &signer(&visit)).await?;
    visit.done(&path_of(&kept.id), &Flash::new("flash-paper-entered"))
}

/// Puts what a file says into the fields that are still empty. A PDF is kept as it is; its heading is typed by a person.
async fn take_file(visit: &Visit, form: &mut Form, bytes: Vec<u8>) -> Result<(), Failure> {
    if bytes.starts_with(b"%PDF-") {
        let sha256 = Digest::of(&bytes);
        visit.site.paper_files.keep(sha256, bytes).await?;
        form.set("file-digest", sha256);
        form.set("file-name", "document.pdf");
        return Ok(());
    }
    let text = std::str::from_utf8(&bytes).unwrap_or_default();
    let is_mail = ["From:", "Received:", "Return-Path:", "Subject:", "Date:", "MIME-Version:"]
        .iter()
        .any(|name| text.starts_with(name));
    let fields = if is_mail { read_mail(&bytes) } else { read_text(&bytes) };
    match fields.filter(|fields| !fields.body.is_empty() || !fields.title.is_empty()) {
        Some(fields) => fill(form, &fields),
        None => form.wrong("paper-file", Problem::new("problem-paper-file")),
    }
    Ok(())
}

fn fill(form: &mut Form, fields: &PaperFields) {
    let date = fields.issued_on.map(|date| date.to_string()).unwrap_or_default();
    for (name, value) in [
        ("paper-title", &fields.title),
        ("paper-number", &fields.number),
        ("paper-date", &date),
        ("paper-from", &fields.from),
        ("paper-body", &fields.body),
    ] {
        if form.text(name).is_empty() {
            form.set(name, value);
        }
    }
}

fn read(form: &mut Form) -> PaperFields {
    let ways = WAYS.map(|(value, way, _)| (value, way));
    PaperFields {
        title: form.required("paper-title", PAPER_LINE_CHARS_MAX),
        number: form.limited("paper-number", PAPER_LINE_CHARS_MAX),
        issuer: form.limited("paper-issuer", PAPER_LINE_CHARS_MAX),
        issued_on: form.date("paper-date"),
        body: form.limited("paper-body", PAPER_TEXT_CHARS_MAX),
        came_by: form.choice("came-by", &ways).unwrap_or_default(),
        from: form.limited("paper-from", PAPER_LINE_CHARS_MAX),
        file: kept_file(form),
    }
}

/// The file that was kept when the form was read before.
fn kept_file(form: &Form) -> Option<PaperFile> {
    let sha256 = serde_json::from_value(form.text("file-digest").into()).ok()?;
    Some(PaperFile { name: form.text("file-name").chars().take(100).collect(), sha256 })
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ReadWarning, "paper", &id).await?;
    let paper = visit.site.papers.get(&WarningId::from(id)).await?;
    draw(&visit, &paper, Form::new()).await
}

async fn draw(visit: &Visit, paper: &PaperNotice, mut form: Form) -> Answer {
    let fields = &paper.fields;
    let frame = visit.frame_titled(fields.title.clone()).await;
    if let Some(handled) = paper.handled.as_ref().filter(|_| form.text("paper-answer").is_empty()) {
        let word = ANSWERS.iter().find(|(_, own, _)| *own == handled.answer);
        form.set("paper-answer", word.map_or("", |(value, _, _)| value));
        form.set("paper-note", &handled.note);
    }
    let candidates = candidates(visit, &frame, paper).await?;
    page(&OnePage {
        form,
        path: path_of(&paper.id),
        head: head(&frame, fields),
        facts: facts(&frame, paper),
        body: fields.body.clone(),
        file: fields.file.as_ref().map(|file| file.name.clone()),
        said: said(&frame, &paper.sameness),
        copy_of: copy_of(visit, &paper.sameness).await,
        candidates,
        answers: ANSWERS.iter().map(|(value, _, word)| Choice::new(value, frame.t(word))).collect(),
        handled: handled(&frame, paper),
        may: Rights::of(visit, &[Action::AcknowledgeWarning]),
        frame,
    })
}

fn facts(frame: &Frame, paper: &PaperNotice) -> Vec<(String, String)> {
    let entered = signed(frame, &paper.entered_by.name, paper.entered_at);
    [("field-paper-from", paper.fields.from.clone()), ("paper-entered", entered)]
        .into_iter()
        .filter(|(_, value)| !value.is_empty())
        .map(|(word, value)| (frame.t(word), value))
        .collect()
}

fn signed(frame: &Frame, name: &str, at: Instant) -> String {
    wording::say_with(frame.lang, "signed-by", &[("name", &name), ("at", &frame.minute(at))])
}

fn said(frame: &Frame, sameness: &Sameness) -> Option<String> {
    let (word, by, at) = match sameness {
        Sameness::Open => return None,
        Sameness::Copy { by, at, .. } => ("paper-is-copy", by, at),
        Sameness::Another { by, at } => ("paper-is-another", by, at),
    };
    Some(format!("{} {}", frame.t(word), signed(frame, &by.name, *at)))
}

async fn copy_of(visit: &Visit, sameness: &Sameness) -> Option<(String, String)> {
    let Sameness::Copy { of, .. } = sameness else { return None };
    title_of(visit, of).await
}

fn handled(frame: &Frame, paper: &PaperNotice) -> Option<String> {
    let handled = paper.handled.as_ref()?;
    let word = ANSWERS.iter().find(|(_, own, _)| *own == handled.answer);
    let word = word.map(|(_, _, word)| frame.t(word)).unwrap_or_default();
    Some(format!("{word} {} {}", handled.note, signed(frame, &handled.by.name, handled.at)))
}

async fn act(visit: Visit, Path(id): Path<String>, mut form: Form) -> Answer {
    visit.pass(Action::AcknowledgeWarning, "paper", &id).await?;
    let (id, by) = (WarningId::from(id), signer(&visit));
    let desk = &visit.site.papers;
    match form.text("do") {
        "same" => {
            let of = original_of(form.text("of")).ok_or(WarnError::Unknown)?;
            // Only what is here can be the original.
            title_of(&visit, &of).await.ok_or(WarnError::Unknown)?;
            desk.same(&id, of, &by).await?;
            visit.done(&path_of(&id), &Flash::new("flash-paper-same"))
        }
        "another" => {
            desk.another(&id, &by).await?;
            visit.done(&path_of(&id), &Flash::new("flash-paper-another"))
        }
        _ => {
            let word = form.choice("paper-answer", &ANSWERS.map(|(value, word, _)| (value, word)));
            let note = form.limited("paper-note", PAPER_LINE_CHARS_MAX);
            let Some(word) = word.filter(|_| form.fine()) else {
                let paper = desk.get(&id).await?;
                return draw(&visit, &paper, form).await;
            };
            desk.handle(&id, word, &note, &by).await?;
            visit.done(&path_of(&id), &Flash::new("flash-paper-handled"))
        }
    }
}

/// The file as it came. A browser saves it and runs nothing of it.
async fn download(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ReadWarning, "paper", &id).await?;
    let paper = visit.site.papers.get(&WarningId::from(id)).await?;
    let file = paper.fields.file.as_ref().ok_or(WarnError::Unknown)?;
    let bytes = visit
        .site
        .paper_files
        .read(&file.sha256, FILE_BYTES_MAX + AROUND_BYTES)
        .await?
        .ok_or(WarnError::Unknown)?;
    Ok(paper::pdf_file(&format!("paper-{}", paper.id), bytes))
}

/// Papers that a person confirmed as copies of that.
pub(super) async fn copies_of(
    visit: &Visit,
    original: &Original,
) -> Result<Vec<PaperNotice>, Failure> {
    let papers = visit.site.papers.list(PAPERS_SHOWN).await?;
    Ok(papers.into_iter().filter(|paper| paper.is_copy_of(original)).collect())
}
