//! What is here already that a paper may be a copy of.

use sakimori_identity::Action;
use sakimori_warn::paper::{Compared, Original, PaperNotice, Reason, Sameness, compare};
use sakimori_warn::{IssuedWarning, ReceivedWarning, Warning, WarningKey};
use sakimori_words::WarningId;

use super::super::{PAGE_ROWS, key_of, key_path};
use super::{PAPERS_SHOWN, path_of};
use crate::failure::Failure;
use crate::frame::Frame;
use crate::visit::Visit;

/// So many open papers are compared with a warning that is looked at.
const OPEN_COMPARED: usize = 20;

/// Something the paper may be a copy of.
pub(in super::super) struct Candidate {
    /// The spelling of forms.
    pub(in super::super) value: String,
    pub(in super::super) title: String,
    pub(in super::super) path: String,
    pub(in super::super) reasons: Vec<String>,
}

/// What the paper may be a copy of, the best reasons first.
pub(super) async fn candidates(
    visit: &Visit,
    frame: &Frame,
    paper: &PaperNotice,
) -> Result<Vec<Candidate>, Failure> {
    let own = Compared::from(&paper.fields);
    let mut found = Vec::new();
    for warning in warnings(visit).await? {
        let reasons = compare(&own, &Compared::from(&warning.content));
        let title = warning.content.title.clone();
        found.push((reasons, Original::Warning(warning.key), title));
    }
    for other in visit.site.papers.list(PAPERS_SHOWN).await? {
        // A copy's own copy would hide both; the older one of two is the original.
        if other.is_copy() || other.id >= paper.id {
            continue;
        }
        let reasons = compare(&own, &Compared::from(&other.fields));
        found.push((reasons, Original::Paper { id: other.id }, other.fields.title));
    }
    found.retain(|(reasons, _, _)| !reasons.is_empty());
    found.sort_by(|(one, ..), (other, ..)| one.cmp(other));
    let candidate = |(reasons, original, title): (Vec<Reason>, Original, String)| Candidate {
        value: value_of(&original),
        path: address(visit, &original),
        title,
        reasons: reasons.iter().map(|reason| words(frame, *reason)).collect(),
    };
    Ok(found.into_iter().map(candidate).collect())
}

/// Signed warnings here: those that came, and our own.
async fn warnings(visit: &Visit) -> Result<Vec<Warning>, Failure> {
    let received = visit.site.warnings.received(None, PAGE_ROWS).await?;
    let issued = visit.site.warnings.issued(None, PAGE_ROWS).await?;
    let received = received.iter().filter_map(ReceivedWarning::current).map(|one| &one.warning);
    Ok(received.chain(issued.iter().filter_map(IssuedWarning::current)).cloned().collect())
}

/// Papers about which nobody has decided yet that look like this warning: title, address.
pub(in super::super) async fn open_copies(
    visit: &Visit,
    warning: &Warning,
) -> Result<Vec<(String, String)>, Failure> {
    let own = Compared::from(&warning.content);
    let papers = visit.site.papers.list(PAPERS_SHOWN).await?;
    let open = papers.iter().filter(|paper| paper.sameness == Sameness::Open).take(OPEN_COMPARED);
    let alike = open.filter(|paper| !compare(&own, &Compared::from(&paper.fields)).is_empty());
    Ok(alike.map(|paper| (paper.fields.title.clone(), path_of(&paper.id))).collect())
}

fn words(frame: &Frame, reason: Reason) -> String {
    let word = match reason {
        Reason::Number => "reason-number",
        Reason::MemoOfDay => "reason-memo",
        Reason::Title => "reason-title",
        Reason::Text(percent) => return frame.with("reason-text", "percent", percent),
        Reason::Date => "reason-date",
        Reason::OtherNumber => "reason-other-number",
        Reason::OtherDate => "reason-other-date",
    };
    frame.t(word)
}

fn value_of(original: &Original) -> String {
    match original {
        Original::Warning(key) => format!("warning{}", key_path(key)),
        Original::Paper { id } => format!("paper/{id}"),
    }
}

/// What a form's value names.
pub(super) fn original_of(value: &str) -> Option<Original> {
    let (kind, rest) = value.split_once('/')?;
    match kind {
        "warning" => {
            let (origin, id) = rest.split_once('/')?;
            Some(Original::Warning(key_of(origin, id)))
        }
        "paper" => Some(Original::Paper { id: WarningId::from(rest) }),
        _ => None,
    }
}

/// Title and address of an original that is here.
pub(super) async fn title_of(visit: &Visit, original: &Original) -> Option<(String, String)> {
    let title = match original {
        Original::Warning(key) => visit.site.warnings.warning(key).await.ok()?.content.title,
        Original::Paper { id } => visit.site.papers.get(id).await.ok()?.fields.title,
    };
    Some((title, address(visit, original)))
}

fn address(visit: &Visit, original: &Original) -> String {
    match original {
        Original::Warning(key) => warning_address(visit, key),
        Original::Paper { id } => path_of(id),
    }
}

/// Who may not see who answered has nothing to open of our own warnings: the address is empty then.
fn warning_address(visit: &Visit, key: &WarningKey) -> String {
    if key.origin != visit.site.post.me().id {
        return format!("/warnings{}", key_path(key));
    }
    if !visit.may(Action::ViewCoverage) {
        return String::new();
    }
    format!("/coverage{}", key_path(key))
}
