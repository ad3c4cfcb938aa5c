//! What is due: duties of open cases, warnings that want an answer, reports that want an officer.

use sakimori_identity::{Action, Side};
use sakimori_respond::{Case, Handling, ReceivedReport, Standing};
use sakimori_warn::{Draft, DraftState, IssuedWarning, ReceivedWarning};
use sakimori_watch::Standing as ExceptionStanding;
use sakimori_words::Instant;

use super::deadline_key;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::ports::{WatchedLog, WatchedState};
use crate::screens::{coverage_address, draft_address, warning_address};
use crate::visit::Visit;

/// Records looked through for what is due.
const READ: usize = 200;

/// Own warnings whose coverage is counted for this page, the newest.
const WATCHED: usize = 10;

/// One thing somebody has to do.
pub(super) struct DueItem {
    /// What, in one line.
    pub(super) title: String,
    /// What it belongs to.
    pub(super) about: String,
    /// Where it is done.
    pub(super) address: String,
    /// Until when; `None` without a fixed limit.
    pub(super) due_at: Option<Instant>,
    /// The word of its kind.
    pub(super) kind: &'static str,
    /// Whether it is an exercise.
    pub(super) exercise: bool,
}

/// Everything due that the visitor may see, the most pressing first.
pub(super) async fn items(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let mut items = Vec::new();
    if visit.may(Action::ViewCase) {
        items.extend(duties(visit, frame).await?);
    }
    if visit.may(Action::ReadWarning) {
        items.extend(warnings(visit).await?);
    }
    if visit.site.settings.side == Side::Hub && visit.may(Action::ReceiveReport) {
        items.extend(reports(visit, frame).await?);
    }
    if visit.site.settings.side == Side::Hub && visit.may(Action::ReleaseWarning) {
        items.extend(releases(visit).await?);
    }
    if visit.site.settings.side == Side::Hub && visit.may(Action::ViewCoverage) {
        items.extend(silent(visit, frame).await?);
    }
    if visit.site.settings.side == Side::Hub && visit.may(Action::ViewSystem) {
        items.extend(differing_logs(visit, frame).await?);
    }
    if visit.site.settings.side == Side::Node && visit.may(Action::HandleFinding) {
        items.extend(exceptions(visit, frame).await?);
    }
    items.sort_by_key(|item| deadline_key(item.due_at));
    Ok(items)
}

/// Exceptions that end soon, or for which nobody answers any more.
async fn exceptions(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let active = visit.site.findings.exceptions().active(frame.now).await?;
    let mut items = Vec::new();
    for exception in active {
        let owner = visit.site.identity.person(&exception.term.owner).await?;
        let about = match owner.filter(|person| person.active) {
            None => frame.t("today-exception-orphan"),
            Some(_) if exception.standing(frame.now) == ExceptionStanding::Expiring => {
                frame.t("today-exception-ends")
            }
            Some(_) => continue,
        };
        items.push(DueItem {
            title: exception.title.get(frame.lang).to_owned(),
            about,
            address: format!("/exceptions/{}", exception.id),
            due_at: Some(exception.term.expires_at),
            kind: "today-kind-exception",
            exercise: false,
        });
    }
    Ok(items)
}

async fn duties(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewCase, "case", "today").await?;
    let cases = visit.site.cases.cases(None, READ).await?;
    Ok(cases.iter().filter(|case| is_open(case)).flat_map(|case| case_items(case, frame)).collect())
}

fn case_items(case: &Case, frame: &Frame) -> Vec<DueItem> {
    let open =
        |standing| matches!(standing, Standing::Overdue | Standing::Pressing | Standing::Open);
    case.obligations
        .iter()
        .filter(|duty| open(duty.standing(frame.now)))
        .map(|duty| DueItem {
            title: duty.duty.get(frame.lang).to_owned(),
            about: case.title.clone(),
            address: format!("/cases/{}", case.id),
            due_at: duty.due_at.or(duty.remind_at),
            kind: "today-kind-duty",
            exercise: case.exercise,
        })
        .collect()
}

/// Warnings that came and that nobody has read or answered yet.
async fn warnings(visit: &Visit) -> Result<Vec<DueItem>, Failure> {
    let received = visit.site.warnings.received(None, READ).await?;
    let waiting = received.iter().filter(|warning| warning.is_unread() || warning.awaits_answer());
    Ok(waiting.filter_map(warning_item).collect())
}

fn warning_item(received: &ReceivedWarning) -> Option<DueItem> {
    let current = &received.current()?.warning;
    let content = &current.content;
    Some(DueItem {
        title: content.title.clone(),
        about: [content.issuer.as_str(), content.number.as_str()].join(" ").trim().to_owned(),
        address: warning_address(&received.key),
        due_at: received.awaits_answer().then_some(current.due_at),
        kind: if received.is_unread() { "today-kind-unread" } else { "today-kind-warning" },
        exercise: content.exercise,
    })
}

/// Reports that arrived and that no officer has answered, the longest waiting first.
async fn reports(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewReports, "report", "today").await?;
    let received = visit.site.office.reports(None, READ).await?;
    let waiting = received.iter().filter(|report| !report.is_answered());
    Ok(waiting.map(|report| report_item(report, frame)).collect())
}

fn report_item(received: &ReceivedReport, frame: &Frame) -> DueItem {
    DueItem {
        title: format!("{}: {}", received.report.sender.name, received.report.subject),
        about: frame.with2(
            "today-report-about",
            "number",
            &received.number,
            "ago",
            frame.ago(received.received_at),
        ),
        address: format!("/reports/{}", received.id),
        due_at: None,
        kind: "today-kind-report",
        exercise: received.report.exercise,
    }
}

/// Drafts of this office that wait for somebody who releases.
async fn releases(visit: &Visit) -> Result<Vec<DueItem>, Failure> {
    let issued = visit.site.warnings.issued(None, READ).await?;
    let waiting = issued.iter().filter_map(|warning| {
        let draft = warning.draft.as_ref()?;
        matches!(draft.state, DraftState::AwaitingRelease { .. }).then_some((warning, draft))
    });
    let item = |(warning, draft): (&IssuedWarning, &Draft)| DueItem {
        title: draft.content.title.clone(),
        about: draft.content.number.clone(),
        address: draft_address(&warning.key.id),
        due_at: None,
        kind: "today-kind-release",
        exercise: draft.content.exercise,
    };
    Ok(waiting.map(item).collect())
}

/// Released warnings of this office that some institutions have not answered.
async fn silent(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let mut items = Vec::new();
    for issued in visit.site.warnings.issued(None, WATCHED).await? {
        let Some(warning) = issued.current().filter(|warning| warning.content.withdrawn.is_none())
        else {
            continue;
        };
        let counts = visit.site.warnings.coverage(&issued.key).await?.counts;
        if counts.silent > 0 {
            items.push(DueItem {
                title: warning.content.title.clone(),
                about: frame.with2("today-silent", "silent", counts.silent, "all", counts.expected),
                address: coverage_address(&issued.key),
                due_at: Some(warning.due_at),
                kind: "today-kind-silent",
                exercise: warning.content.exercise,
            });
        }
    }
    Ok(items)
}

/// Institutions whose log does not begin any more as this office saw it before.
async fn differing_logs(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let logs = visit.site.heads.watched().await?;
    let item = |log: WatchedLog| match log.state {
        WatchedState::Differs { since, what } => Some(DueItem {
            title: frame.with("today-log-differs", "name", log.name),
            about: format!("{} {what}", frame.minute(since)),
            address: "/neighbours#logs".to_owned(),
            due_at: None,
            kind: "today-kind-log",
            exercise: false,
        }),
        WatchedState::Never | WatchedState::Fits | WatchedState::Late => None,
    };
    Ok(logs.into_iter().filter_map(item).collect())
}

const fn is_open(case: &Case) -> bool {
    matches!(case.handling, Handling::Suspected | Handling::Confirmed)
}
