//! Which warning takes the place of which. Only its own issuer replaces a warning.

use sakimori_warn::{IssuedWarning, Warning, WarningKey};

use super::{PAGE_ROWS, key_path};
use crate::failure::Failure;
use crate::frame::Choice;
use crate::visit::Visit;

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
    let later = visit.site.warnings.replaced_by(key).await?;
    Ok(later.map(|warning| link(visit, &warning)))
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
