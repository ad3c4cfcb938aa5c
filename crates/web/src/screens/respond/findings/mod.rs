//! What the detection found: worst first, newest first within a level.

mod stories;

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_watch::{FindingState, FindingsError, KeptFinding, Which};
use sakimori_words::{ExceptionId, FindingId, Instant, Level};

use self::stories::StoryCard;
use super::PAGE_ROWS;
use crate::address::with_query;
use crate::failure::{Answer, Failure};
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

const LEVELS: [Level; 5] =
    [Level::Critical, Level::High, Level::Medium, Level::Low, Level::Informational];

/// The routes of the list.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/findings", get(show))
}

#[derive(Template)]
#[template(path = "screens/respond/findings/page.html")]
struct FindingsPage {
    frame: Frame,
    tabs: Vec<Tab>,
    levels: Vec<Tab>,
    stories: Vec<StoryCard>,
    rows: Vec<Row>,
    more: Option<String>,
    held_back: Option<HeldBack>,
}

/// What stands over the findings that exceptions hold back.
struct HeldBack {
    /// The exception whose findings these are; empty: of all.
    of: String,
    /// How its page is headed.
    title: String,
}

struct Tab {
    path: String,
    label: String,
    count: Option<String>,
    current: bool,
}

struct Row {
    id: String,
    level: Level,
    title: String,
    state: String,
    state_class: &'static str,
    place: String,
    last_at: Instant,
    count: u64,
}

/// What a visitor asked to see.
struct Wanted {
    which: Which,
    level: Option<Level>,
    /// Only what this exception holds back.
    exception: Option<ExceptionId>,
    before: Option<FindingId>,
}

impl Wanted {
    fn path(&self, which: Which, level: Option<Level>, before: &str) -> String {
        let level = level.map_or("", Level::as_str);
        let held_back = self.exception.as_ref().filter(|_| which == Which::HeldBack);
        let exception = held_back.map_or("", ExceptionId::as_str);
        let query = [
            ("state", name_of(which)),
            ("level", level),
            ("exception", exception),
            ("before", before),
        ];
        with_query("/findings", &query)
    }

    /// Everything that waits for somebody, from the newest on: what stories are made of.
    fn is_whole(&self) -> bool {
        self.which == Which::Open && self.level.is_none() && self.before.is_none()
    }
}

async fn show(visit: Visit) -> Answer {
    visit.pass_to_list(Action::ViewFindings, "finding", "findings").await?;
    let query = visit.query();
    let wanted = Wanted {
        which: which_of(query.text("state")),
        level: Level::parse(query.text("level")),
        exception: Some(query.text("exception")).filter(|text| !text.is_empty()).map(Into::into),
        before: Some(query.text("before")).filter(|text| !text.is_empty()).map(FindingId::from),
    };
    let found = list(&visit.site, &wanted).await?;
    let open = visit.site.findings.open_count().await?;
    let mut frame = visit.frame("findings-title").await;
    frame.live = true;
    let more = next_page(&wanted, &found);
    let held_back = held_back(&visit, &wanted).await?;
    let stories = if wanted.is_whole() {
        stories::cards(&frame, visit.site.findings.stories().await?)
    } else {
        Vec::new()
    };
    page(&FindingsPage {
        tabs: tabs(&frame, &wanted, open),
        levels: level_tabs(&frame, &wanted, &found),
        stories,
        rows: rows(&frame, &wanted, found),
        more,
        held_back,
        frame,
    })
}

async fn list(site: &Site, wanted: &Wanted) -> Result<Vec<KeptFinding>, FindingsError> {
    let before = wanted.before.as_ref();
    match (&wanted.exception, wanted.which) {
        (Some(exception), Which::HeldBack) => {
            site.findings.held_back_by(exception, before, PAGE_ROWS).await
        }
        _ => site.findings.list(wanted.which, before, PAGE_ROWS).await,
    }
}

async fn held_back(visit: &Visit, wanted: &Wanted) -> Result<Option<HeldBack>, Failure> {
    if wanted.which != Which::HeldBack {
        return Ok(None);
    }
    let Some(id) = &wanted.exception else {
        return Ok(Some(HeldBack { of: String::new(), title: String::new() }));
    };
    let exception = visit.site.findings.exceptions().get(id).await?.exception;
    let title = exception.title.get(visit.lang()).to_owned();
    Ok(Some(HeldBack { of: id.to_string(), title }))
}

fn which_of(text: &str) -> Which {
    match text {
        "done" => Which::Done,
        "all" => Which::All,
        "held" => Which::HeldBack,
        _ => Which::Open,
    }
}

const fn name_of(which: Which) -> &'static str {
    match which {
        Which::Open => "open",
        Which::Done => "done",
        Which::All => "all",
        Which::HeldBack => "held",
    }
}

fn next_page(wanted: &Wanted, found: &[KeptFinding]) -> Option<String> {
    let last = found.last().filter(|_| found.len() == PAGE_ROWS)?;
    Some(wanted.path(wanted.which, wanted.level, last.finding.id.as_str()))
}

fn tabs(frame: &Frame, wanted: &Wanted, open: u64) -> Vec<Tab> {
    let all = [
        (Which::Open, "findings-open"),
        (Which::Done, "findings-done"),
        (Which::All, "findings-all"),
        (Which::HeldBack, "findings-held-back"),
    ];
    all.into_iter()
        .map(|(which, word)| Tab {
            path: wanted.path(which, wanted.level, ""),
            label: frame.t(word),
            count: (which == Which::Open).then(|| frame.count(open)),
            current: which == wanted.which,
        })
        .collect()
}

fn level_tabs(frame: &Frame, wanted: &Wanted, found: &[KeptFinding]) -> Vec<Tab> {
    let mut tabs = vec![Tab {
        path: wanted.path(wanted.which, None, ""),
        label: frame.t("findings-any-level"),
        count: Some(frame.count(found.len())),
        current: wanted.level.is_none(),
    }];
    for level in LEVELS {
        let count = found.iter().filter(|kept| kept.finding.level == level).count();
        if count > 0 || wanted.level == Some(level) {
            tabs.push(Tab {
                path: wanted.path(wanted.which, Some(level), ""),
                label: frame.level(level),
                count: Some(frame.count(count)),
                current: wanted.level == Some(level),
            });
        }
    }
    tabs
}

fn rows(frame: &Frame, wanted: &Wanted, mut found: Vec<KeptFinding>) -> Vec<Row> {
    found.retain(|kept| wanted.level.is_none_or(|level| kept.finding.level == level));
    found.sort_by_key(|kept| std::cmp::Reverse((kept.finding.level, kept.last_at)));
    found.into_iter().map(|kept| row(frame, kept)).collect()
}

fn row(frame: &Frame, kept: KeptFinding) -> Row {
    let (word, state_class) = state_words(&kept.state);
    let finding = kept.finding;
    let place: Vec<&str> = [finding.host.as_str(), finding.user.as_str()]
        .into_iter()
        .filter(|text| !text.is_empty())
        .collect();
    Row {
        id: finding.id.to_string(),
        level: finding.level,
        title: finding.title.get(frame.lang).to_owned(),
        state: frame.t(word),
        state_class,
        place: place.join(" · "),
        last_at: kept.last_at,
        count: kept.count,
    }
}

/// Word and pill class of a finding's state.
pub(super) const fn state_words(state: &FindingState) -> (&'static str, &'static str) {
    match state {
        FindingState::New => ("finding-state-new", "look"),
        FindingState::LookedAt => ("finding-state-looked-at", ""),
        FindingState::Case { .. } => ("finding-state-case", "bad"),
        FindingState::Closed { .. } => ("finding-state-closed", "good"),
        FindingState::HeldBack { .. } => ("finding-state-held-back", ""),
    }
}
