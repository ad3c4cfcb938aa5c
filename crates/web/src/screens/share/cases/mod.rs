//! Cases of our own, and the reports a new one can be begun from.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_respond::office::ReceivedReport;
use sakimori_share::{DraftState, OwnCase};
use sakimori_words::{Instant, ReportId};

use super::{ROWS_MAX, own_address, signer, state_words};
use crate::failure::Answer;
use crate::flash::Flash;
use crate::form::{Form, Problem};
use crate::frame::{Choice, Frame};
use crate::screens::respond::Rights;
use crate::site::Site;
use crate::visit::{Visit, page};

mod source;

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sharing", get(show).post(begin))
}

#[derive(Template)]
#[template(path = "screens/share/cases/page.html")]
struct CasesPage {
    frame: Frame,
    form: Form,
    rows: Vec<Row>,
    reports: Vec<Choice>,
    n_files: usize,
    may: Rights,
}

struct Row {
    path: String,
    title: String,
    victim: String,
    state: String,
    class: &'static str,
    published_at: Option<Instant>,
    goes_out_at: Option<Instant>,
    n_candidates: usize,
}

async fn show(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewShared, "shared_case", "list").await?;
    draw(&visit, Form::new()).await
}

async fn draw(visit: &Visit, form: Form) -> Answer {
    let frame = visit.frame("sharing-title").await;
    let own = visit.site.shares.own(ROWS_MAX).await?;
    let reports = visit.site.office.reports(None, ROWS_MAX).await?;
    page(&CasesPage {
        rows: own.iter().map(|own| row(&frame, own)).collect(),
        reports: reports.iter().map(report_choice).collect(),
        n_files: super::files::n_waiting(visit).await?,
        may: Rights::of(visit, &[Action::WriteShared]),
        form,
        frame,
    })
}

fn report_choice(report: &ReceivedReport) -> Choice {
    let label = format!("{} {}", report.number, report.report.subject);
    Choice::new(&report.id, label)
}

fn row(frame: &Frame, own: &OwnCase) -> Row {
    let current = own.current();
    let draft = own.draft.as_ref();
    let (word, class) = match (draft, current) {
        (Some(draft), _) => state_words(&draft.state),
        (None, Some(release)) if release.case.withdrawn => ("share-state-withdrawn", "bad"),
        (None, Some(_)) => ("share-state-published", "good"),
        (None, None) => ("share-state-writing", ""),
    };
    let title = draft
        .map(|draft| draft.writing.title.clone())
        .or_else(|| current.map(|release| release.case.content.title.clone()))
        .filter(|title| !title.is_empty());
    Row {
        path: own_address(&own.id),
        title: title.unwrap_or_else(|| frame.t("share-untitled")),
        victim: own.reported.institution.name.clone(),
        state: frame.t(word),
        class,
        published_at: current.map(|release| release.case.modified_at),
        goes_out_at: draft.and_then(|draft| match draft.state {
            DraftState::Scheduled { due_at, .. } => Some(due_at),
            _ => None,
        }),
        n_candidates: current.map_or(0, |release| release.n_candidates),
    }
}

async fn begin(visit: Visit, mut form: Form) -> Answer {
    visit.pass_personal(Action::WriteShared, "shared_case", "", "begin").await?;
    let id = ReportId::from(form.text("share-report"));
    if id.as_str().is_empty() {
        form.wrong("share-report", Problem::new("problem-choice"));
        return draw(&visit, form).await;
    }
    let report = visit.site.office.report(&id).await?;
    let published = form.has("share-published", "yes");
    let reported = source::reported(&visit, &report, published).await?;
    let own = visit.site.shares.draft(reported, &signer(&visit)).await?;
    visit.done(&own_address(&own.id), &Flash::new("flash-share-begun"))
}
