//! Which warning takes the place of which. Only its own issuer replaces a warning.

use sakimori_warn::{IssuedWarning, ReceivedWarning, Warning, WarningKey};

use super::{PAGE_ROWS, key_path};
use crate::failure::Failure;
use crate::frame::Choice;
use crate::visit::Visit;

/// So many pages of warnings are looked through for a successor.
const PAGES_MAX: usize = 10;

/// A link to another warning: title, address.
pub(super) type Other = (String, String);

/// The warning this one takes the place of, when it is here.
pub(super) async fn replaces(visit: &Visit, warning: &Warning) -> Option<Other> {
    let key = warning.content.supersedes.as_ref().filter(|key| key.origin == warning.key.origin)?;
    let earlier = visit.site.warnings.warning(key).await.ok()?;
    Some(link(visit, &earlier))
}

/// The warning that takes the place of this one.
pub(super) async fn replaced_by(visit: &Visit, key: &WarningKey) -> Result<Option<Other>, Failure> {
    let later = if key.origin == visit.site.post.me().id {
        own_successor(visit, key).await?
    } else {
        received_successor(visit, key).await?
    };
    Ok(later.map(|warning| link(visit, &warning)))
}

async fn received_successor(visit: &Visit, key: &WarningKey) -> Result<Option<Warning>, Failure> {
    let mut before = None;
    for _ in 0..PAGES_MAX {
        let some = visit.site.warnings.received(before.as_ref(), PAGE_ROWS).await?;
        let current = some.iter().filter_map(ReceivedWarning::current).map(|one| &one.warning);
        if let Some(found) = current.clone().find(|warning| succeeds(warning, key)) {
            return Ok(Some(found.clone()));
        }
        // Ids are in the order of time: a successor is younger.
        match some.last() {
            Some(last) if last.key.id > key.id => before = Some(last.key.clone()),
            _ => break,
        }
    }
    Ok(None)
}

async fn own_successor(visit: &Visit, key: &WarningKey) -> Result<Option<Warning>, Failure> {
    let mut before = None;
    for _ in 0..PAGES_MAX {
        let some = visit.site.warnings.issued(before.as_ref(), PAGE_ROWS).await?;
        let found = some.iter().filter_map(IssuedWarning::current).find(|one| succeeds(one, key));
        if let Some(found) = found {
            return Ok(Some(found.clone()));
        }
        match some.last() {
            Some(last) if last.key.id > key.id => before = Some(last.key.id.clone()),
            _ => break,
        }
    }
    Ok(None)
}

fn succeeds(warning: &Warning, key: &WarningKey) -> bool {
    let content = &warning.content;
    content.supersedes.as_ref() == Some(key)
        && warning.key.origin == key.origin
        && content.withdrawn.is_none()
}

fn link(visit: &Visit, warning: &Warning) -> Other {
    let own = warning.key.origin == visit.site.post.me().id;
    let place = if own { "/coverage" } else { "/warnings" };
    (warning.content.title.clone(), format!("{place}{}", key_path(&warning.key)))
}

/// The office's own warnings that a new one can take the place of, by the value of a form.
pub(super) async fn replaceable(visit: &Visit, none: String) -> Result<Vec<Choice>, Failure> {
    let issued = visit.site.warnings.issued(None, PAGE_ROWS).await?;
    let released = issued.iter().filter_map(IssuedWarning::current);
    let standing = released.filter(|warning| warning.content.withdrawn.is_none());
    let choice = |one: &Warning| Choice::new(&one.key.id, one.content.title.clone());
    Ok(std::iter::once(Choice::new("", none)).chain(standing.map(choice)).collect())
}
