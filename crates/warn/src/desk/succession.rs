//! Which warning takes the place of which (差し替え). Only its own issuer replaces a warning, and only as long as the later one stands:
//! what was replaced waits for no answer and is chased no more.

use std::sync::Arc;

use sakimori_ledger::{LedgerError, Put};

use super::{WarningDesk, current, record_key};
use crate::error::WarnError;
use crate::warning::{Warning, WarningKey};

/// The [`WarningKey`] of the later warning, by the record of the earlier one. Kept apart from both: the later one may come first.
const SUCCESSOR: &str = "warning-successor";

/// What is kept when `warning` is released or comes; nothing when it replaces none.
pub(super) fn put(warning: &Warning) -> Result<Option<Put>, LedgerError> {
    let earlier = warning.content.supersedes.as_ref();
    let earlier = earlier.filter(|earlier| earlier.origin == warning.key.origin);
    earlier.map(|earlier| Put::new(SUCCESSOR, record_key(earlier), &warning.key)).transpose()
}

/// The warning that stands in the place of `key`, if there is one.
pub(super) async fn replaced_by(
    desk: &WarningDesk,
    key: &WarningKey,
) -> Result<Option<Arc<Warning>>, WarnError> {
    let Some(record) = desk.store.get(SUCCESSOR, &record_key(key)).await? else { return Ok(None) };
    let later: WarningKey = record.read()?;
    let both = tokio::try_join!(current::warning(desk, key), current::warning(desk, &later));
    match both {
        Ok((earlier, later)) => Ok(Some(later).filter(|later| succeeds(later, &earlier))),
        Err(WarnError::Unknown | WarnError::NotReleased) => Ok(None),
        Err(error) => Err(error),
    }
}

/// A later revision may say that it replaces nothing, and what was withdrawn does not. A drill never silences what is real.
fn succeeds(later: &Warning, earlier: &Warning) -> bool {
    let (later, of) = (&later.content, &earlier.key);
    later.supersedes.as_ref() == Some(of)
        && later.withdrawn.is_none()
        && later.exercise == earlier.content.exercise
}
