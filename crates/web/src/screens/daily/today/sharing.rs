//! What sharing asks for: an office's question to the victim, cases that came back or await release, traces nobody has looked for.

use sakimori_identity::{Action, Side};
use sakimori_share::{DraftState, OwnCase, ReceivedCase};

use super::due::DueItem;
use crate::failure::Failure;
use crate::frame::Frame;
use crate::screens::share::{consent_address, files, own_address, received_address};
use crate::visit::Visit;

/// Cases looked through.
const READ: usize = 200;

/// For how many days a case that came is still offered for looking back.
const LOOK_BACK_DAYS: i64 = 30;

/// Everything the visitor can do for sharing.
pub(super) async fn items(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    let mut items = Vec::new();
    let is_node = visit.site.settings.side == Side::Node;
    if is_node && visit.may(Action::AnswerShareConsent) {
        items.extend(questions(visit).await?);
    }
    if is_node && visit.may(Action::ReadShared) && visit.may(Action::HandleFinding) {
        items.extend(traces(visit, frame).await?);
    }
    if !is_node && visit.may(Action::ViewShared) {
        items.extend(own(visit, frame).await?);
    }
    Ok(items)
}

/// What offices ask us as the victim and nobody has answered.
async fn questions(visit: &Visit) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::AnswerShareConsent, "share_consent", "today").await?;
    let asked = visit.site.shares.asked(READ).await?;
    let open = asked.into_iter().filter(|one| one.answered.is_none());
    let item = |asked: sakimori_share::AskedConsent| DueItem {
        address: consent_address(&asked),
        exercise: asked.content.exercise,
        title: asked.content.title,
        about: asked.office,
        due_at: None,
        kind: "today-kind-consent",
    };
    Ok(open.map(item).collect())
}

/// Cases that came with traces for which this institution has not looked back yet.
async fn traces(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ReadShared, "shared_case", "today").await?;
    let received = visit.site.shares.received(READ).await?;
    let recent = |one: &&ReceivedCase| {
        let case = &one.case;
        !case.withdrawn
            && !case.content.indicators.is_empty()
            && frame.now < case.modified_at.plus_days(LOOK_BACK_DAYS)
    };
    let mut items = Vec::new();
    for one in received.iter().filter(recent) {
        if visit.site.shares.look(&one.key).await?.is_none() {
            items.push(DueItem {
                title: one.case.content.title.clone(),
                about: frame.t("today-traces"),
                address: received_address(&one.key),
                due_at: None,
                kind: "today-kind-traces",
                exercise: one.case.content.exercise,
            });
        }
    }
    Ok(items)
}

/// This office's cases that wait for the visitor, and files that wait for release.
async fn own(visit: &Visit, frame: &Frame) -> Result<Vec<DueItem>, Failure> {
    visit.pass_to_list(Action::ViewShared, "shared_case", "today").await?;
    let cases = visit.site.shares.own(READ).await?;
    let mut items: Vec<DueItem> =
        cases.iter().filter_map(|own| own_item(visit, frame, own)).collect();
    // Only whoever releases is told of the files: nobody else's page asks for them.
    let n_files = if visit.may(Action::ReleaseShared) { files::n_waiting(visit).await? } else { 0 };
    if n_files > 0 {
        items.push(DueItem {
            title: frame.t("files-title"),
            about: frame.with("today-files", "count", n_files),
            address: "/sharing-files".to_owned(),
            due_at: None,
            kind: "today-kind-share-release",
            exercise: false,
        });
    }
    Ok(items)
}

fn own_item(visit: &Visit, frame: &Frame, own: &OwnCase) -> Option<DueItem> {
    let draft = own.draft.as_ref()?;
    let wrote = draft.authors.iter().any(|author| author.person == visit.principal.person);
    let (writes, releases) = (visit.may(Action::WriteShared), visit.may(Action::ReleaseShared));
    let (kind, about) = match &draft.state {
        DraftState::AwaitingRelease { .. } if releases && !wrote => {
            ("today-kind-share-release", "share-state-awaits")
        }
        DraftState::Approved { .. } if writes => ("today-kind-share", "today-share-approved"),
        DraftState::Refused { .. } if writes => ("today-kind-share", "share-state-refused"),
        DraftState::Writing { returned: Some(_) } if writes => {
            ("today-kind-share", "share-state-returned")
        }
        _ => return None,
    };
    Some(DueItem {
        title: draft.writing.title.clone(),
        about: frame.t(about),
        address: own_address(&own.id),
        due_at: None,
        kind,
        exercise: own.reported.exercise,
    })
}
