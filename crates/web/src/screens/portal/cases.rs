//! Cases that offices shared, for institutions without a node: what the office told those below it, as it told them.

use askama::Template;
use axum::extract::Path;
use sakimori_share::SharedCase;
use sakimori_words::Instant;

use crate::failure::{Answer, Failure};
use crate::frame::Frame;
use crate::screens::share::{ROWS_MAX, tlp_means};
use crate::troubles;
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/portal/cases.html")]
struct ListPage {
    frame: Frame,
    rows: Vec<Row>,
}

struct Row {
    path: String,
    tlp: &'static str,
    title: String,
    words: String,
    withdrawn: bool,
    exercise: bool,
}

#[derive(Template)]
#[template(path = "screens/portal/case.html")]
struct OnePage {
    frame: Frame,
    /// The word that says who may read it.
    tlp_means: &'static str,
    at: Instant,
    withdrawn: bool,
    /// Byte for byte what the gate looked through.
    article: String,
}

pub(super) async fn list(visit: Visit) -> Answer {
    let cases = told(&visit).await?;
    let frame = visit.frame("portal-cases").await;
    page(&ListPage { rows: cases.iter().map(|one| row(&visit, &frame, one)).collect(), frame })
}

pub(super) async fn show(visit: Visit, Path((origin, id)): Path<(String, String)>) -> Answer {
    let cases = told(&visit).await?;
    let same = |one: &&SharedCase| one.key.origin.as_str() == origin && one.key.id.as_str() == id;
    let Some(case) = cases.iter().find(same) else {
        return Err(Failure::new(&troubles::NOT_FOUND, ""));
    };
    let frame = visit.frame_titled(case.content.title.clone()).await;
    page(&OnePage {
        tlp_means: tlp_means(case.content.tlp),
        at: case.modified_at,
        withdrawn: case.withdrawn,
        article: sakimori_share::public_article(case, visit.site.content.sharing(), frame.lang),
        frame,
    })
}

/// What this office told, after the gate.
async fn told(visit: &Visit) -> Result<Vec<SharedCase>, Failure> {
    visit.pass_in_portal(sakimori_identity::Action::UsePortal, "portal", "cases").await?;
    super::own(visit).await?;
    Ok(visit.site.shares.in_portal(ROWS_MAX).await?)
}

fn row(visit: &Visit, frame: &Frame, case: &SharedCase) -> Row {
    let (title, words) = sakimori_share::public_row(case, visit.site.content.sharing(), frame.lang);
    Row {
        path: format!("/portal/cases/{}/{}", case.key.origin, case.key.id),
        tlp: case.content.tlp.label(),
        title,
        words,
        withdrawn: case.withdrawn,
        exercise: case.content.exercise,
    }
}
