//! What is due: duties of open cases, warnings that want an answer, reports that want an officer.

use sakimori_identity::{Action, Side};
use sakimori_respond::office::{OfficeCase, OfficeTask, TaskSide, is_silent};
use sakimori_respond::{Actor, Case, ReceivedReport, ReportState, Standing, Task, reviews_due};
use sakimori_warn::{Draft, DraftState, IssuedWarning, ReceivedRevision, ReceivedWarning};
use sakimori_watch::Standing as ExceptionStanding;
use sakimori_words::Instant;

use super::deadline_key;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::ports::{WatchedLog, WatchedState};
use crate::screens::respond::office::case_address;
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
        items.extend(cases(visit, frame).await?);
    }
    if visit.may(Action::ReadWarning) {
        items.extend(warnings(visit).await?);
    }
    if visit.site.settings.side == Side::Hub && visit.may(Action::ReceiveReport) {
        items.extend(reports(visit, frame).await?);
        items.extend(office_cases(visit, frame).await?);
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
    if visit.site.settings.side == Side::Node
        && visit.may(Action::ManageSettings)
        && visit.may(Action::ViewCase)
    {
        items.extend(readiness(visit, frame).await?);
    }
    items.extend(super::sharing::items(visit, frame).await?);
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

/// What open cases ask for: duties, tasks that are mine or overdue, decisions to look at again, reports to approve.
async fn cases(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewCase, "case", "today").await?;
    let all = visit.site.cases.cases(None, READ).await?;
    // The clocks of an exercise are practised in its room; among the real ones they would be mistaken for real.
    let (exercises, real): (Vec<&Case>, Vec<&Case>) =
        all.iter().filter(|case| case.is_open()).partition(|case| case.exercise);
    let me = Actor::new(
        visit.principal.person.clone(),
        visit.principal.name.clone(),
        visit.principal.roles.iter().map(|role| role.label().ja).collect::<Vec<_>>().join("・"),
    );
    let mut items = Vec::new();
    for case in real {
        items.extend(case_items(case, frame));
        items.extend(tasks(case, frame, &me));
        items.extend(reviews(case, frame));
        if visit.may(Action::ApproveReport) {
            items.extend(approval(visit, frame, case).await?);
        }
    }
    items.extend(exercises.into_iter().map(|case| DueItem {
        title: case.title.clone(),
        about: frame.t("case-exercise"),
        address: format!("/cases/{}", case.id),
        due_at: None,
        kind: "today-kind-exercise",
        exercise: true,
    }));
    Ok(items)
}

fn tasks(case: &Case, frame: &Frame, me: &Actor) -> Vec<DueItem> {
    let mine =
        |task: &&Task| task.state.is_open() && (task.owner.is(me) || task.is_overdue(frame.now));
    let about = |task: &Task| {
        let owner = &task.owner.name;
        if owner.is_empty() {
            return case.title.clone();
        }
        frame.with2("today-task-owner", "title", &case.title, "owner", owner)
    };
    let item = |task: &Task| DueItem {
        title: task.title.get(frame.lang).to_owned(),
        about: about(task),
        address: format!("/cases/{}#tasks", case.id),
        due_at: task.due_at,
        kind: "today-kind-task",
        exercise: case.exercise,
    };
    case.room.tasks.iter().filter(mine).map(item).collect()
}

fn reviews(case: &Case, frame: &Frame) -> Vec<DueItem> {
    let item = |(question, at): (sakimori_words::Text, Instant)| DueItem {
        title: question.get(frame.lang).to_owned(),
        about: case.title.clone(),
        address: format!("/cases/{}#decisions", case.id),
        due_at: Some(at),
        kind: "today-kind-review",
        exercise: case.exercise,
    };
    reviews_due(case, frame.now).into_iter().map(item).collect()
}

/// A draft that somebody else wrote and that waits for an approval.
async fn approval(visit: &Visit, frame: &Frame, case: &Case) -> Result<Option<DueItem>, Failure> {
    let Some(last) = case.reports.last() else { return Ok(None) };
    let report = visit.site.cases.report(last).await?;
    let own = report.drafted_by.person == visit.principal.person;
    if own || !matches!(report.state, ReportState::Draft) {
        return Ok(None);
    }
    Ok(Some(DueItem {
        title: report.document.title.get(frame.lang).to_owned(),
        about: case.title.clone(),
        address: format!("/cases/{}/reports/{}", case.id, report.id),
        due_at: None,
        kind: "today-kind-approval",
        exercise: case.exercise,
    }))
}

/// What of being prepared somebody has to look at: contacts, paper, deciders, procedures, drills.
async fn readiness(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let lines = crate::screens::respond::readiness::due::lines(visit, frame).await?;
    let item = |(title, about, address): (String, String, &'static str)| DueItem {
        title,
        about,
        address: address.to_owned(),
        due_at: None,
        kind: "today-kind-readiness",
        exercise: false,
    };
    Ok(lines.into_iter().map(item).collect())
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
    let mut items = Vec::new();
    for warning in received.iter().filter(|one| one.is_unread() || one.awaits_answer()) {
        // What another warning took the place of waits for nobody.
        if visit.site.warnings.replaced_by(&warning.key).await?.is_none() {
            items.extend(warning_item(warning));
        }
    }
    Ok(items)
}

fn warning_item(received: &ReceivedWarning) -> Option<DueItem> {
    let revision = received.current()?;
    let current = &revision.warning;
    let content = &current.content;
    Some(DueItem {
        title: content.title.clone(),
        about: [content.issuer.as_str(), content.number.as_str()].join(" ").trim().to_owned(),
        address: warning_address(&received.key),
        due_at: received.awaits_answer().then_some(current.due_at),
        kind: warning_kind(received, revision),
        exercise: content.exercise,
    })
}

fn warning_kind(received: &ReceivedWarning, current: &ReceivedRevision) -> &'static str {
    if received.awaits_answer() && current.deputies_reminded_at.is_some() {
        "today-kind-deputies"
    } else if received.awaits_answer() && !current.reminded_at.is_empty() {
        "today-kind-reminded"
    } else if received.is_unread() {
        "today-kind-unread"
    } else {
        "today-kind-warning"
    }
}

/// Reports that arrived and that no officer has answered, the longest waiting first.
async fn reports(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewReports, "report", "today").await?;
    let received = visit.site.office.reports(None, READ).await?;
    let waiting = received.iter().filter(|report| !report.is_answered());
    Ok(waiting.map(|report| report_item(report, frame)).collect())
}

/// Clocks of the office's cases, and institutions that have fallen silent.
async fn office_cases(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewReports, "office_case", "today").await?;
    let cases = visit.site.office.office_cases().await?;
    let open = cases.iter().filter(|case| case.is_open());
    Ok(open.flat_map(|case| office_items(case, frame)).collect())
}

fn office_items(case: &OfficeCase, frame: &Frame) -> Vec<DueItem> {
    let item = |title: String, due_at: Option<Instant>| DueItem {
        title,
        about: format!("{} {}", case.number, case.title),
        address: case_address(case),
        due_at,
        kind: "today-kind-office",
        exercise: case.exercise,
    };
    let duties = case.duties.iter().filter(|duty| duty.is_open());
    let mut items: Vec<DueItem> = duties
        .map(|duty| item(duty.duty.get(frame.lang).to_owned(), duty.due_at.or(duty.remind_at)))
        .collect();
    if is_silent(case, frame.now) {
        items.push(item(frame.with("today-office-silent", "ago", frame.ago(case.heard_at)), None));
    }
    let asked = |task: &&OfficeTask| matches!(task.side, TaskSide::Taken { .. }) && !task.is_done();
    let task = |task: &OfficeTask| DueItem {
        kind: "today-kind-office-task",
        ..item(task.text.chars().take(60).collect(), task.due_at)
    };
    items.extend(case.tasks.iter().filter(asked).map(task));
    let waiting = case.guidance.iter().filter(|one| one.answer.is_none() && one.due_at.is_some());
    items.extend(waiting.map(|one| item(one.what.chars().take(60).collect(), one.due_at)));
    items
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
        if visit.site.warnings.replaced_by(&issued.key).await?.is_some() {
            continue;
        }
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
