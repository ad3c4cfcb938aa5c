//! Lists taken in on the screen, and the proposals that people decide.

use askama::Template;
use axum::extract::multipart::{Multipart, MultipartRejection};
use sakimori_identity::Action;
use sakimori_register::{
    Extent, Imported, ListError, Proposal, Proposed, Reading, RefusedRow, RegisterError, Source,
    Terms, Way, read_list,
};
use sakimori_words::{OrganisationId, OrganisationKind, jst_date};

use super::{at_hub, manage, way_choices, way_in};
use crate::failure::{Answer, Failure};
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::troubles;
use crate::visit::{Visit, page};
use crate::wording;

/// Rows that were not understood, shown at most; the rest is counted.
const REFUSED_SHOWN: usize = 200;

#[derive(Template)]
#[template(path = "screens/register/import.html")]
struct ImportPage {
    frame: Frame,
    form: Form,
    done: Option<String>,
    ways: Vec<Choice>,
    unknown_columns: String,
    refused: Vec<Refused>,
    n_refused: usize,
    proposals: Vec<ProposalRow>,
}

struct Refused {
    line: u64,
    cells: String,
    why: String,
}

struct ProposalRow {
    facility: OrganisationId,
    name: String,
    kind: &'static str,
    node: String,
    what: String,
}

/// What was handed in.
#[derive(Default)]
struct Upload {
    bytes: Vec<u8>,
    name: String,
    complete: bool,
    new_way: String,
}

pub(super) async fn offer(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.pass_personal(Action::ManageRegister, "register", "import", "").await?;
    let mut form = Form::new();
    form.set("reg-new-way", usual_way(visit.site.post.me().kind).as_str());
    draw(&visit, form, None).await
}

pub(super) async fn take(visit: Visit, upload: Result<Multipart, MultipartRejection>) -> Answer {
    manage(&visit, "import").await?;
    let upload = read(upload).await?;
    let mut form = Form::new();
    form.set("reg-new-way", &upload.new_way);
    let Some(new_way) = way_in(&mut form, "reg-new-way") else {
        return draw(&visit, form, None).await;
    };
    let reading = match read_list(&upload.bytes) {
        Ok(reading) => reading,
        Err(error) => {
            let word = match error {
                ListError::NoHeading => "problem-register-heading",
                ListError::TooLarge { .. } => "problem-register-large",
            };
            form.wrong("reg-file", Problem::new(word));
            return draw(&visit, form, None).await;
        }
    };
    let source = Source { name: upload.name, on: jst_date(visit.site.clock.now()) };
    let extent = if upload.complete { Extent::Complete } else { Extent::Partial };
    let by = visit.principal.person.as_str();
    let rows = reading.rows.clone();
    let terms = Terms { new_way, ..Terms::new(source, extent) };
    let imported = visit.site.register.import(rows, &terms, by).await?;
    draw(&visit, form, Some((imported, reading))).await
}

pub(super) async fn decide(visit: Visit, form: Form) -> Answer {
    manage(&visit, "proposals").await?;
    let (facility, kind, node) = (form.text("facility"), form.text("kind"), form.text("node"));
    let proposals = visit.site.register.proposals().await?;
    let same = |one: &&Proposal| {
        let (own_kind, own_node) = words_of(&one.what);
        one.facility.as_str() == facility && own_kind == kind && own_node == node
    };
    let proposal = proposals.iter().find(same).ok_or(RegisterError::Unknown)?;
    let by = visit.principal.person.as_str();
    if form.text("do") == "accept" {
        visit.site.register.accept(proposal, by).await?;
    } else {
        visit.site.register.dismiss(proposal, by).await?;
    }
    visit.done("/register/import", &Flash::new("flash-register-decided"))
}

/// How an office usually reaches whoever a list names. The ministry's lists are of the whole country, which the prefectures warn.
const fn usual_way(kind: OrganisationKind) -> Way {
    match kind {
        OrganisationKind::Ministry => Way::Office,
        _ => Way::Telephone,
    }
}

fn words_of(what: &Proposed) -> (&'static str, &str) {
    match what {
        Proposed::Closed { .. } => ("closed", ""),
        Proposed::Node { organisation, .. } => ("node", organisation.as_str()),
    }
}

async fn draw(visit: &Visit, form: Form, done: Option<(Imported, Reading)>) -> Answer {
    let frame = visit.frame("register-import").await;
    let proposals = visit.site.register.proposals().await?;
    let (done, reading) = match done {
        Some((imported, reading)) => (Some(imported_words(&frame, &imported)), reading),
        None => (None, Reading::default()),
    };
    page(&ImportPage {
        unknown_columns: reading.unknown_columns.join("、"),
        n_refused: reading.refused.len(),
        refused: reading
            .refused
            .iter()
            .take(REFUSED_SHOWN)
            .map(|row| refused(&frame, row))
            .collect(),
        proposals: proposals.iter().map(|one| proposal(&frame, one)).collect(),
        done,
        ways: way_choices(&frame),
        form,
        frame,
    })
}

fn imported_words(frame: &Frame, imported: &Imported) -> String {
    wording::say_with(
        frame.lang,
        "register-imported",
        &[
            ("added", &imported.n_added),
            ("changed", &imported.n_changed),
            ("same", &imported.n_same),
            ("proposed", &imported.n_proposed),
        ],
    )
}

fn refused(frame: &Frame, row: &RefusedRow) -> Refused {
    let whys =
        row.faults.iter().map(|fault| format!("{}: {}", fault.column, frame.text(&fault.why)));
    Refused {
        line: row.line,
        cells: row.cells.join(" | "),
        why: whys.collect::<Vec<_>>().join(" / "),
    }
}

fn proposal(frame: &Frame, proposal: &Proposal) -> ProposalRow {
    let (kind, node) = words_of(&proposal.what);
    let what = match &proposal.what {
        Proposed::Closed { list, on } => {
            frame.with2("register-proposed-closed", "list", list, "day", on)
        }
        Proposed::Node { name, organisation } => {
            frame.with2("register-proposed-node", "name", name, "id", organisation)
        }
    };
    ProposalRow {
        facility: proposal.facility.clone(),
        name: proposal.name.clone(),
        kind,
        node: node.to_owned(),
        what,
    }
}

async fn read(upload: Result<Multipart, MultipartRejection>) -> Result<Upload, Failure> {
    let unreadable = |what: String| Failure::new(&troubles::UNREADABLE, what);
    let mut upload = upload.map_err(|error| unreadable(error.to_string()))?;
    let mut read = Upload::default();
    loop {
        let field = upload.next_field().await.map_err(|error| unreadable(error.to_string()))?;
        let Some(field) = field else { return Ok(read) };
        match field.name() {
            Some("reg-file") => {
                let name: String =
                    field.file_name().unwrap_or_default().chars().take(100).collect();
                let bytes = field.bytes().await.map_err(|error| unreadable(error.to_string()))?;
                (read.name, read.bytes) = (name, bytes.into());
            }
            Some("reg-complete") => read.complete = true,
            Some("reg-new-way") => {
                read.new_way = field.text().await.map_err(|error| unreadable(error.to_string()))?;
            }
            _ => {}
        }
    }
}
