//! STIX files that were handed in at the command line and wait for an officer, because everybody or the whole community may read them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_standards::taxii::{By, Proposal, ProposalError, ProposalState};
use sakimori_words::Instant;
use serde_json::Value;

use super::LINE_CHARS_MAX;
use crate::failure::{Answer, Failure, fails_with};
use crate::flash::Flash;
use crate::form::Form;
use crate::frame::Frame;
use crate::screens::respond::Rights;
use crate::site::{Side, Site};
use crate::troubles;
use crate::visit::{Visit, page};

fails_with!(ProposalError);

/// How many files are listed.
const FILES_MAX: usize = 50;
/// How many objects of a file are shown.
const OBJECTS_MAX: usize = 200;

/// The routes of files that wait.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sharing-files", get(show).post(act))
}

#[derive(Template)]
#[template(path = "screens/share/files/page.html")]
struct FilesPage {
    frame: Frame,
    form: Form,
    waiting: Vec<Waiting>,
    decided: Vec<Decided>,
    may: Rights,
}

struct Waiting {
    file: Proposal,
    labels: String,
    objects: Vec<Line>,
    n_more: usize,
    is_mine: bool,
}

/// An object as a person reads it: its type, and its name or pattern.
struct Line {
    kind: String,
    says: String,
}

struct Decided {
    name: String,
    labels: String,
    word: String,
    class: &'static str,
    by_name: String,
    at: Instant,
}

/// How many files wait.
pub(crate) async fn n_waiting(visit: &Visit) -> Result<usize, Failure> {
    let newest = visit.site.taxii.proposals().newest(FILES_MAX).await?;
    Ok(newest.iter().filter(|file| file.state == ProposalState::Waiting).count())
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewShared, "taxii_file", "").await?;
    draw(&visit, Form::new()).await
}

async fn draw(visit: &Visit, form: Form) -> Answer {
    if visit.site.settings.side != Side::Hub {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    }
    let frame = visit.frame("files-title").await;
    let (mut waiting, mut decided) = (Vec::new(), Vec::new());
    for file in visit.site.taxii.proposals().newest(FILES_MAX).await? {
        let labels = labels(&file);
        match &file.state {
            ProposalState::Waiting => waiting.push(waits(visit, file, labels).await?),
            ProposalState::Released { by_name, at } => {
                let word = frame.t("files-released");
                decided.push(is_decided(&file, labels, word, "good", (by_name, *at)));
            }
            ProposalState::Refused { by_name, at, because } => {
                let word = frame.with("files-refused", "because", because);
                decided.push(is_decided(&file, labels, word, "bad", (by_name, *at)));
            }
        }
    }
    let may = Rights::of(visit, &[Action::ReleaseShared, Action::WriteShared]);
    page(&FilesPage { waiting, decided, may, form, frame })
}

async fn waits(visit: &Visit, file: Proposal, labels: String) -> Result<Waiting, Failure> {
    let objects = visit.site.taxii.proposals().objects(&file.id).await?;
    Ok(Waiting {
        labels,
        n_more: objects.len().saturating_sub(OBJECTS_MAX),
        objects: objects.iter().take(OBJECTS_MAX).map(line).collect(),
        is_mine: file.by == visit.principal.person,
        file,
    })
}

fn is_decided(
    file: &Proposal,
    labels: String,
    word: String,
    class: &'static str,
    (by_name, at): (&str, Instant),
) -> Decided {
    Decided { name: file.name.clone(), labels, word, class, by_name: by_name.to_owned(), at }
}

fn labels(file: &Proposal) -> String {
    let label = |(tlp, n): &(sakimori_words::Tlp, usize)| format!("{} {n}", tlp.label());
    file.labels.iter().map(label).collect::<Vec<_>>().join(" · ")
}

fn line(object: &Value) -> Line {
    let text = |name: &str| object.get(name).and_then(Value::as_str).unwrap_or_default();
    let parts = [text("name"), text("pattern"), text("description")];
    let says: Vec<&str> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Line { kind: text("type").to_owned(), says: says.join(" — ") }
}

async fn act(visit: Visit, mut form: Form) -> Answer {
    let id: String = form.text("file").chars().take(LINE_CHARS_MAX).collect();
    let by_name = visit.principal.name.clone();
    let by = By { person: &visit.principal.person, name: &by_name };
    let files = visit.site.taxii.proposals();
    if form.text("do") == "release" {
        visit.pass(Action::ReleaseShared, "taxii_file", &id).await?;
        let onto = (visit.site.taxii.shelf(), &visit.site.settings.organisation);
        files.release(&id, onto, by).await?;
        return visit.done("/sharing-files", &Flash::new("flash-file-released"));
    }
    let writes = visit.may(Action::WriteShared);
    let action = if writes { Action::WriteShared } else { Action::ReleaseShared };
    visit.pass(action, "taxii_file", &id).await?;
    let because = form.required("file-refusal", LINE_CHARS_MAX);
    if !form.fine() {
        return draw(&visit, form).await;
    }
    files.refuse(&id, &because, by).await?;
    visit.done("/sharing-files", &Flash::new("flash-file-refused"))
}
