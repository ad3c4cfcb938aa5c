//! The warnings that are for the person's own institution.

use askama::Template;
use sakimori_content::CallSheet;
use sakimori_identity::Action;
use sakimori_warn::{MemberWarning, Stage};
use sakimori_words::Instant;

use super::own;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::screens::respond::dial;
use crate::screens::warn::{class_words, key_path};
use crate::visit::{Visit, page};

#[derive(Template)]
#[template(path = "screens/portal/inbox.html")]
struct InboxPage {
    frame: Frame,
    institution: String,
    rows: Vec<Row>,
    /// Whom to call, the number, and the number as a telephone dials it.
    numbers: Vec<(String, String, String)>,
}

struct Row {
    path: String,
    title: String,
    number: String,
    issuer: String,
    urgency: String,
    class: &'static str,
    state: String,
    state_class: &'static str,
    due_at: Instant,
    waits: bool,
    exercise: bool,
}

pub(super) async fn show(visit: Visit) -> Answer {
    visit.pass_in_portal(Action::UsePortal, "portal", "").await?;
    let (own, _) = own(&visit).await?;
    let mut warnings = visit.site.warnings.member_warnings(&own.organisation).await?;
    warnings
        .sort_by_key(|one| (!one.awaits_answer(), one.warning.due_at.as_micros().saturating_neg()));
    let frame = visit.frame("portal-title").await;
    let sheet = visit.site.content.call_sheet(frame.now, own.prefecture(), &[], &[]);
    page(&InboxPage {
        institution: own.organisation.name,
        rows: warnings.iter().map(|one| row(&frame, one)).collect(),
        numbers: numbers(&frame, &sheet),
        frame,
    })
}

fn row(frame: &Frame, one: &MemberWarning) -> Row {
    let content = &one.warning.content;
    let (word, class) = class_words(content.class);
    let (state, state_class) = state_words(one);
    Row {
        path: format!("/portal/warnings{}", key_path(&one.warning.key)),
        title: content.title.clone(),
        number: content.number.clone(),
        issuer: content.issuer.clone(),
        urgency: frame.t(word),
        class,
        state: frame.t(state),
        state_class,
        due_at: one.warning.due_at,
        waits: one.awaits_answer(),
        exercise: content.exercise,
    }
}

/// Word and pill class of how far the institution has come.
pub(super) fn state_words(one: &MemberWarning) -> (&'static str, &'static str) {
    if one.warning.content.withdrawn.is_some() {
        return ("inbox-withdrawn", "");
    }
    if one.is_replaced && one.state.stage < Stage::Acknowledged {
        return ("inbox-replaced", "");
    }
    match one.state.stage {
        Stage::Unreached | Stage::Delivered => ("inbox-unread", "bad"),
        Stage::Opened => ("inbox-unanswered", "look"),
        Stage::Acknowledged => ("inbox-answered", ""),
        Stage::Done => ("inbox-done", "good"),
    }
}

/// Whom to call today: the right number of every office that has one.
fn numbers(frame: &Frame, sheet: &CallSheet) -> Vec<(String, String, String)> {
    let known = sheet.entries.iter().filter_map(|entry| {
        let line = entry.dial()?;
        Some((frame.text(&entry.name).to_owned(), line.phone.clone(), dial(&line.phone)))
    });
    known.collect()
}
