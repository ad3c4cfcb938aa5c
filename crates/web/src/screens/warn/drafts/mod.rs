//! A draft: written on by its authors, or released by the person who decides.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::multipart::{Multipart, MultipartRejection};
use axum::extract::{DefaultBodyLimit, Path};
use axum::routing::{get, post};
use sakimori_identity::Action;
use sakimori_warn::{Draft, DraftState, IssuedWarning, may_release};
use sakimori_words::WarningId;

use super::attachments;
use super::document::{Document, addressees, today};
use super::outbox::authors;
use super::write::{self, Existing, finished};
use super::{Rights, key_path, matching, signer};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::site::Site;
use crate::tools::{self, Way};
use crate::visit::{Visit, go, page};

const REASON_CHARS_MAX: usize = 1_000;

/// The routes of one draft. Everything is sent to the address of the page itself: a fresh code, where one is asked for,
/// leads back to it.
pub(super) fn routes() -> Router<Arc<Site>> {
    let reads = post(read_advisories).layer(DefaultBodyLimit::max(write::FILE_BYTES_MAX));
    let attaches = post(attach).layer(DefaultBodyLimit::max(write::FILE_BYTES_MAX));
    Router::new()
        .route("/outbox/{id}", get(show).post(act))
        .route("/outbox/{id}/read", reads)
        .route("/outbox/{id}/attach", attaches)
        .route("/outbox/{id}/attachments/{digest}", get(attachments::of_draft))
}

/// Puts a file to a draft that is being written; the form itself is not kept yet.
async fn attach(
    visit: Visit,
    Path(id): Path<String>,
    upload: Result<Multipart, MultipartRejection>,
) -> Answer {
    visit.pass(Action::WriteWarning, "warning", &id).await?;
    let form = attachments::add(&visit, upload).await?;
    let existing = Existing { id: WarningId::from(id), returned: None };
    write::draw(&visit, form, Some(existing)).await
}

/// Fills the rows of products of a draft that is being written; keeps nothing.
async fn read_advisories(
    visit: Visit,
    Path(id): Path<String>,
    upload: Result<Multipart, MultipartRejection>,
) -> Answer {
    visit.pass(Action::WriteWarning, "warning", &id).await?;
    let form = write::read_upload(upload).await?;
    let existing = Existing { id: WarningId::from(id), returned: None };
    write::draw(&visit, form, Some(existing)).await
}

#[derive(Template)]
#[template(path = "screens/warn/drafts/page.html")]
struct DraftPage {
    frame: Frame,
    form: Form,
    id: WarningId,
    doc: Document,
    addressees: String,
    authors: String,
    ways: Vec<Way>,
    count: usize,
    second_person_needed: bool,
    may: Rights,
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    let issued = visit.site.warnings.issued_one(&WarningId::from(id)).await?;
    let Some(draft) = &issued.draft else {
        return Ok(go(&visit.site, &format!("/coverage{}", key_path(&issued.key)), None));
    };
    match &draft.state {
        DraftState::Writing { returned } if visit.may(Action::WriteWarning) => {
            let existing = Existing { id: issued.key.id.clone(), returned: returned.clone() };
            write::draw(&visit, write::fill(&draft.content), Some(existing)).await
        }
        _ => draw(&visit, &issued, draft, Form::new()).await,
    }
}

async fn draw(visit: &Visit, issued: &IssuedWarning, draft: &Draft, form: Form) -> Answer {
    let frame = visit.frame_titled(draft.content.title.clone()).await;
    let kind = visit.site.post.me().kind;
    page(&DraftPage {
        form,
        id: issued.key.id.clone(),
        doc: Document::of(
            &frame,
            &visit.site.content,
            &draft.content,
            &format!("/outbox/{}", issued.key.id),
        ),
        addressees: addressees(&frame, &draft.content.addressees),
        authors: authors(&frame, draft),
        ways: tools::ways_of_warning(visit, &frame, &draft.content).await?,
        count: matching(visit, &draft.content.addressees).await?,
        second_person_needed: may_release(kind, &draft.authors, &signer(visit)).is_err(),
        may: Rights::of(visit, &[Action::ReleaseWarning, Action::WriteWarning]),
        frame,
    })
}

async fn act(visit: Visit, Path(id): Path<String>, form: Form) -> Answer {
    let id = WarningId::from(id);
    match form.text("do") {
        "release" => release(visit, &id).await,
        "send-back" => send_back(visit, &id, form).await,
        "drop" => drop_draft(visit, &id).await,
        _ => write_on(visit, &id, form).await,
    }
}

async fn release(visit: Visit, id: &WarningId) -> Answer {
    visit.pass(Action::ReleaseWarning, "warning", id.as_str()).await?;
    let issued = visit.site.warnings.release(id, &signer(&visit)).await?;
    tools::lay_out_after_release(&visit.site).await;
    let path = format!("/coverage{}", key_path(&issued.key));
    visit.done(&path, &Flash::new("flash-warning-released"))
}

/// Whoever may write or release can give a draft back: an author who sees a mistake need not wait for the other person.
async fn send_back(visit: Visit, id: &WarningId, mut form: Form) -> Answer {
    let action =
        if visit.may(Action::WriteWarning) { Action::WriteWarning } else { Action::ReleaseWarning };
    visit.pass(action, "warning", id.as_str()).await?;
    let reason = form.required("return-reason", REASON_CHARS_MAX);
    if form.fine() {
        visit.site.warnings.send_back(id, &signer(&visit), &reason).await?;
        return visit.done(&format!("/outbox/{id}"), &Flash::new("flash-draft-returned"));
    }
    let issued = visit.site.warnings.issued_one(id).await?;
    match &issued.draft {
        Some(draft) => draw(&visit, &issued, draft, form).await,
        None => visit.done("/outbox", &Flash::new("flash-draft-returned")),
    }
}

async fn drop_draft(visit: Visit, id: &WarningId) -> Answer {
    visit.pass(Action::WriteWarning, "warning", id.as_str()).await?;
    visit.site.warnings.drop_draft(id, &signer(&visit)).await?;
    visit.done("/outbox", &Flash::new("flash-draft-dropped"))
}

async fn write_on(visit: Visit, id: &WarningId, mut form: Form) -> Answer {
    visit.pass(Action::WriteWarning, "warning", id.as_str()).await?;
    let existing = Some(Existing { id: id.clone(), returned: None });
    if write::only_redraws(&form) {
        return write::draw(&visit, form, existing).await;
    }
    let today = today(&visit.frame("write-title").await);
    let submit = form.text("do") == "submit";
    let me = visit.site.post.me().id;
    let content = write::read(&mut form, today, &me, visit.site.content.aliases());
    let Some(mut content) = content.filter(|_| form.fine()) else {
        return write::draw(&visit, form, existing).await;
    };
    let by = signer(&visit);
    // What the form does not show stays as it is.
    if let Some(draft) = visit.site.warnings.issued_one(id).await?.draft {
        content.withdrawn = draft.content.withdrawn;
    }
    visit.site.warnings.edit(id, content, &by).await?;
    if submit {
        visit.site.warnings.submit(id, &by).await?;
    }
    finished(&visit, id, submit)
}
