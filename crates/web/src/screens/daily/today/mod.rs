//! 今日: what is due, what is unread, what to look at, and whether the machinery runs. One column, live, printable.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::{Action, Side};
use sakimori_watch::{KeptFinding, Which};
use sakimori_words::Instant;

use crate::failure::{Answer, Failure};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, go, page};

mod due;
mod lamps;
mod paper;
mod sharing;

use due::DueItem;
use lamps::LampLine;
use paper::PaperHead;

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/today", get(show))
}

/// Findings shown; the rest is behind a link.
const FINDINGS_SHOWN: usize = 8;
/// Findings looked through for the most serious ones.
const FINDINGS_READ: usize = 500;

#[derive(Template)]
#[template(path = "screens/daily/today/page.html")]
struct TodayPage {
    frame: Frame,
    day: String,
    due: Vec<DueItem>,
    findings: Option<FindingsPart>,
    lamps: Vec<LampLine>,
    head: Option<PaperHead>,
    /// Heads of custody chains, by the title of their case.
    custody: Vec<(String, String)>,
    may_open_case: bool,
}

struct FindingsPart {
    shown: Vec<KeptFinding>,
    open: u64,
}

async fn show(visit: Visit) -> Answer {
    if visit.is_member() {
        return Ok(go(&visit.site, "/portal", None));
    }
    visit.pass(Action::ViewToday, "today", "").await?;
    let mut frame = visit.frame("today-title").await;
    frame.live = true;
    frame.narrow = true;
    page(&TodayPage {
        day: day_line(&frame),
        due: due::items(&visit, &frame).await?,
        findings: findings(&visit).await?,
        lamps: lamps::lines(&visit, &frame).await,
        head: paper::head(&visit, &frame).await,
        custody: paper::custody(&visit, &frame).await,
        may_open_case: visit.site.settings.side == Side::Node && visit.may(Action::OpenCase),
        frame,
    })
}

/// The most serious open findings, newest first among equals.
async fn findings(visit: &Visit) -> Result<Option<FindingsPart>, Failure> {
    if visit.site.settings.side == Side::Hub || !visit.may(Action::ViewFindings) {
        return Ok(None);
    }
    visit.pass_to_list(Action::ViewFindings, "finding", "today").await?;
    let mut shown = visit.site.findings.list(Which::Open, None, FINDINGS_READ).await?;
    shown.sort_by_key(|kept| std::cmp::Reverse((kept.finding.level, kept.last_at)));
    shown.truncate(FINDINGS_SHOWN);
    Ok(Some(FindingsPart { shown, open: visit.site.findings.open_count().await? }))
}

/// The day with its weekday and the minute of the page.
fn day_line(frame: &Frame) -> String {
    let local = sakimori_words::jst_datetime(frame.now);
    let weekday = frame.t(&format!("weekday-{}", local.date().weekday().to_monday_one_offset()));
    format!("{} {weekday} {}", frame.day(frame.now), local.strftime("%H:%M"))
}

/// Orders by deadline; what has none comes last.
const fn deadline_key(at: Option<Instant>) -> i64 {
    match at {
        Some(at) => at.as_micros(),
        None => i64::MAX,
    }
}
