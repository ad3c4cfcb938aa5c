//! The board of a case: the five regions and every service, now or as they stood at a chosen time, and the forms that move them.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::extract::Path;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_words::{CaseId, Instant, SECOND_MICROS, jst_date};

use self::shown::Board;
use super::Rights;
use crate::Failure;
use crate::failure::Answer;
use crate::form::{Form, Problem, parse_time};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

mod acts;
pub(super) mod shown;

/// What a person can do on the board.
const ACTS: [Action; 2] = [Action::RecordCase, Action::Decide];

/// The routes of the board.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/cases/{id}/board", get(show).post(acts::act))
}

#[derive(Template)]
#[template(path = "screens/respond/board/page.html")]
struct BoardPage {
    frame: Frame,
    form: Form,
    board: Board,
    rights: Rights,
    /// The form that is drawn: `service`, `phase`, `public`, `patients`, or none.
    doing: String,
}

impl BoardPage {
    fn may(&self, action: Action) -> bool {
        self.rights.to(action)
    }
}

async fn show(visit: Visit, Path(id): Path<String>) -> Answer {
    let query = visit.query();
    let mut form = Form::new();
    for name in ["act", "service", "at"] {
        form.set(name, query.text(if name == "act" { "do" } else { name }));
    }
    form.set("service-state", query.text("state"));
    draw(&visit, &CaseId::from(id), form).await
}

/// Draws the board. A form that was refused comes back with everything still filled in.
async fn draw(visit: &Visit, id: &CaseId, mut form: Form) -> Answer {
    visit.pass_personal(Action::ViewCase, "case", id.as_str(), "").await?;
    let mut frame = visit.frame("board-title").await;
    let case = visit.site.cases.case(id).await?;
    let at = moment(&mut form, frame.now);
    let evidence = visit.site.cases.custody(id).await?.standing_at(at);
    let board = Board::of(&frame, &case, evidence, at);
    frame.live = !board.past;
    let rights = Rights::of(visit, &ACTS);
    let open = case.is_open() && !board.past;
    let doing = if open { form.text("act").to_owned() } else { String::new() };
    page(&BoardPage { frame, form, board, rights, doing })
}

/// The moment that is looked at: what the address says, else now. A day alone means its end.
fn moment(form: &mut Form, now: Instant) -> Instant {
    let typed = form.text("at").to_owned();
    if typed.is_empty() {
        return now;
    }
    match as_of(&typed) {
        Some(at) => at.min(now),
        None => {
            form.wrong("at", Problem::new("problem-time"));
            now
        }
    }
}

/// A typed moment; a day alone means its last second.
fn as_of(text: &str) -> Option<Instant> {
    let at = parse_time(text)?;
    let midnight = Instant::from_jst(jst_date(at).at(0, 0, 0, 0));
    let has_clock = text.contains(':') || text.contains('時') || text.contains('：');
    if at != midnight || has_clock {
        return Some(at);
    }
    let end = midnight.plus_days(1).as_micros().saturating_sub(SECOND_MICROS);
    Some(Instant::from_micros(end))
}

async fn again(
    visit: &Visit,
    id: &CaseId,
    form: Form,
) -> Result<axum::response::Response, Failure> {
    draw(visit, id, form).await
}

#[cfg(test)]
mod tests {
    use super::as_of;

    #[test]
    fn a_day_means_its_end_and_a_time_means_itself() {
        let words = |text| as_of(text).map(|at| at.to_string());
        assert_eq!(words("2022-11-15").as_deref(), Some("2022-11-15 23:59:59"));
        assert_eq!(words("令和4年11月15日").as_deref(), Some("2022-11-15 23:59:59"));
        assert_eq!(words("2022-11-15 0:00").as_deref(), Some("2022-11-15 00:00:00"));
        assert_eq!(words("2022-11-15 9:30").as_deref(), Some("2022-11-15 09:30:00"));
        assert_eq!(words("昨日"), None);
    }
}
