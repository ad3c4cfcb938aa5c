//! Suspicious mail: handing one in, the answer at once, what was found, and who else got it.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartError, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_watch::By;
use sakimori_watch::mail::{
    Answer as MailAnswer, Attachment, AttachmentKind, Examined, HandedIn, Handing, MAIL_BYTES_MAX,
    MailDeskError, NotMail, Verdict, Via, answer,
};
use sakimori_words::{EvidenceRef, Instant, Level};

use crate::address::with_query;
use crate::failure::{Answer, Failure, fails_with};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::Frame;
use crate::site::Site;
use crate::troubles;
use crate::visit::{Visit, page};

mod house;
mod others;

fails_with!(MailDeskError);

/// A mail, and what a browser puts around a file.
const UPLOAD_BYTES_MAX: usize = MAIL_BYTES_MAX + 64 * 1024;

/// Mails on one page.
const PAGE_ROWS: usize = 50;

/// Mails looked through for a person's own.
const OWN_LOOKED: usize = 500;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new()
        .route("/mail", get(list).post(hand_in).layer(DefaultBodyLimit::max(UPLOAD_BYTES_MAX)))
        .route("/mail/house", get(house::show).post(house::save))
        .route("/mail/{id}", get(show))
        .route("/mail/{id}/others", get(others::show))
}

#[derive(Template)]
#[template(path = "screens/logs/mail/page.html")]
struct MailPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    /// Whether everybody's mails are listed, or only one's own.
    all: bool,
    more: Option<String>,
    /// Whether imitations of the house can be seen: its domains are known.
    described: bool,
    may_describe: bool,
}

struct Row {
    id: String,
    verdict: &'static str,
    class: &'static str,
    subject: String,
    from: String,
    by: String,
    at: Instant,
}

#[derive(Template)]
#[template(path = "screens/logs/mail/one.html")]
struct OnePage {
    frame: Frame,
    handed: HandedIn,
    verdict: &'static str,
    class: &'static str,
    answer: MailAnswer,
    /// Its event in the log, for those who may search.
    event: Option<String>,
    finding: Option<String>,
    may_search: bool,
}

impl OnePage {
    const fn examined(&self) -> &Examined {
        &self.handed.examined
    }

    #[expect(clippy::unused_self, reason = "a template calls what belongs to its page")]
    const fn kind_word(&self, attachment: &Attachment) -> &'static str {
        kind_word(attachment.kind)
    }
}

async fn list(visit: Visit) -> Answer {
    let all = visit.may(Action::ViewMails);
    let action = if all { Action::ViewMails } else { Action::HandInMail };
    visit.pass_to_list(action, "mail", "mail").await?;
    mail_page(&visit, Form::new(), all).await
}

async fn hand_in(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    visit.pass_personal(Action::HandInMail, "mail", "", "").await?;
    let (file, bytes) = read(upload).await?;
    let by = By { person: &visit.principal.person, name: &visit.principal.name };
    let handing = Handing { by, via: &Via::Screen, file: &file };
    match visit.site.mail.hand_in(bytes, handing).await {
        Ok(handed) => visit.done(&format!("/mail/{}", handed.id), &Flash::new("flash-mail-taken")),
        Err(MailDeskError::NotMail(error)) => {
            let mut form = Form::new();
            form.wrong("mail", Problem::new(problem_of(error)));
            mail_page(&visit, form, visit.may(Action::ViewMails)).await
        }
        Err(other) => Err(other.into()),
    }
}

const fn problem_of(error: NotMail) -> &'static str {
    match error {
        NotMail::Empty => "problem-mail-empty",
        NotMail::TooLarge { .. } => "problem-mail-large",
        NotMail::Unknown => "problem-mail-unknown",
    }
}

/// The file of the form, with its name.
async fn read(upload: Result<Multipart, MultipartRejection>) -> Result<(String, Vec<u8>), Failure> {
    let mut upload =
        upload.map_err(|error| Failure::new(&troubles::UNREADABLE, error.to_string()))?;
    loop {
        let field = upload.next_field().await.map_err(|error| broken_off(&error))?;
        let Some(field) = field else { return Ok((String::new(), Vec::new())) };
        if field.name() != Some("mail") {
            continue;
        }
        let name = field.file_name().unwrap_or_default().to_owned();
        let bytes = field.bytes().await.map_err(|error| broken_off(&error))?;
        return Ok((name, bytes.into()));
    }
}

/// A file beyond the limit is told what a large mail is told.
fn broken_off(error: &MultipartError) -> Failure {
    match error.status().as_u16() {
        413 => MailDeskError::NotMail(NotMail::TooLarge { bytes: UPLOAD_BYTES_MAX }).into(),
        _ => Failure::new(&troubles::UNREADABLE, error.to_string()),
    }
}

async fn mail_page(visit: &Visit, form: Form, all: bool) -> Answer {
    let query = visit.query();
    let before = Some(query.text("before")).filter(|text| !text.is_empty());
    let limit = if all { PAGE_ROWS } else { OWN_LOOKED };
    let mut mails = visit.site.mail.list(before, limit).await?;
    let last = mails.last().filter(|_| mails.len() == limit).map(|mail| mail.id.clone());
    mails.retain(|mail| all || mail.by == visit.principal.person);
    let frame = visit.frame("mail-title").await;
    page(&MailPage {
        rows: mails.into_iter().map(|mail| row(mail, &frame)).collect(),
        form,
        all,
        more: last.map(|last| with_query("/mail", &[("before", &last)])),
        described: !visit.site.mail.house().await?.own_domains.is_empty(),
        may_describe: visit.may(Action::ManageSettings),
        frame,
    })
}

fn row(mail: HandedIn, frame: &Frame) -> Row {
    Row {
        verdict: word(mail.examined.verdict),
        class: frame.level_class(level(mail.examined.verdict)),
        from: mail
            .examined
            .from
            .first()
            .map(sakimori_watch::mail::Address::shown)
            .unwrap_or_default(),
        subject: mail.examined.subject,
        by: mail.by_name,
        at: mail.at,
        id: mail.id,
    }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let handed = seen(&visit, &id).await?;
    let house = visit.site.mail.house().await?;
    let frame = visit.frame("mail-one-title").await;
    let verdict = handed.examined.verdict;
    let may_search = visit.may(Action::SearchLogs);
    let event = match &handed.evidence {
        EvidenceRef::Event { seq, .. } if may_search => {
            Some(with_query("/search/event", &[("seq", &seq.to_string())]))
        }
        _ => None,
    };
    let finding = handed.finding.as_ref().filter(|_| visit.may(Action::ViewFindings));
    page(&OnePage {
        verdict: word(verdict),
        class: frame.level_class(level(verdict)),
        answer: answer(&handed.examined, &house),
        event,
        finding: finding.map(|id| format!("/findings/{id}")),
        may_search,
        handed,
        frame,
    })
}

/// The mail of that id, for whoever handed it in and for those who may see everybody's.
async fn seen(visit: &Visit, id: &str) -> Result<HandedIn, Failure> {
    visit.pass_personal(Action::HandInMail, "mail", id, "").await?;
    let handed = visit.site.mail.get(id).await?;
    if handed.by != visit.principal.person {
        visit.pass_personal(Action::ViewMails, "mail", id, "").await?;
    }
    Ok(handed)
}

const fn kind_word(kind: AttachmentKind) -> &'static str {
    match kind {
        AttachmentKind::Program => "mail-kind-program",
        AttachmentKind::Script => "mail-kind-script",
        AttachmentKind::Shortcut => "mail-kind-shortcut",
        AttachmentKind::DiskImage => "mail-kind-disk-image",
        AttachmentKind::OneNote => "mail-kind-one-note",
        AttachmentKind::OfficeMacro => "mail-kind-office-macro",
        AttachmentKind::OfficeLocked => "mail-kind-office-locked",
        AttachmentKind::Office => "mail-kind-office",
        AttachmentKind::Pdf => "mail-kind-pdf",
        AttachmentKind::Rtf => "mail-kind-rtf",
        AttachmentKind::HtmlSmuggling => "mail-kind-html-smuggling",
        AttachmentKind::HtmlForm => "mail-kind-html-form",
        AttachmentKind::Html => "mail-kind-html",
        AttachmentKind::Archive => "mail-kind-archive",
        AttachmentKind::Mail => "mail-kind-mail",
        AttachmentKind::Picture => "mail-kind-picture",
        AttachmentKind::Other => "mail-kind-other",
    }
}

const fn word(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::NothingFound => "mail-nothing",
        Verdict::Suspicious => "mail-suspicious",
        Verdict::Dangerous => "mail-dangerous",
    }
}

const fn level(verdict: Verdict) -> Level {
    match verdict {
        Verdict::NothingFound => Level::Informational,
        Verdict::Suspicious => Level::Medium,
        Verdict::Dangerous => Level::High,
    }
}
