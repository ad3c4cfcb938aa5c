//! The current revisions of the warnings asked for last, kept in memory as long as their records stay what they are: while a country
//! answers, one warning is asked for ten thousand times a second.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use super::{ISSUED, RECEIVED, WarningDesk, record_key};
use crate::draft::IssuedWarning;
use crate::error::WarnError;
use crate::received::ReceivedWarning;
use crate::warning::{Warning, WarningKey};

/// How many are kept.
const KEPT_MAX: usize = 16;

/// A warning, the version of its record and its current revision.
type Slot = (WarningKey, u64, Arc<Warning>);

/// Those asked for last, the latest at the end.
#[derive(Default)]
pub(super) struct Current(Mutex<VecDeque<Slot>>);

impl Current {
    fn get(&self, key: &WarningKey, version: u64) -> Option<Arc<Warning>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let found = kept.iter().find(|(kept, at, _)| kept == key && *at == version)?;
        Some(Arc::clone(&found.2))
    }

    fn keep(&self, key: &WarningKey, version: u64, warning: &Arc<Warning>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.retain(|(other, _, _)| other != key);
        kept.push_back((key.clone(), version, Arc::clone(warning)));
        if kept.len() > KEPT_MAX {
            kept.pop_front();
        }
    }
}

/// The current revision of a warning, our own or one that came. Whether its record is another one by now is asked each time, so that
/// what another process released is seen at once.
pub(super) async fn warning(
    desk: &WarningDesk,
    key: &WarningKey,
) -> Result<Arc<Warning>, WarnError> {
    let (shelf, place) = place(desk, key);
    let version = desk.store.version(shelf, &place).await?.ok_or(WarnError::Unknown)?;
    if let Some(warning) = desk.current.get(key, version) {
        return Ok(warning);
    }
    let (warning, version) = if shelf == ISSUED {
        let (issued, version) = desk.load::<IssuedWarning>(shelf, &place).await?;
        (issued.current().cloned().ok_or(WarnError::NotReleased)?, version)
    } else {
        let (received, version) = desk.load::<ReceivedWarning>(shelf, &place).await?;
        let revision = received.current().ok_or(WarnError::Unknown)?;
        (revision.warning.clone(), version)
    };
    let warning = Arc::new(warning);
    desk.current.keep(key, version, &warning);
    Ok(warning)
}

/// Where a warning is kept.
pub(super) fn place(desk: &WarningDesk, key: &WarningKey) -> (&'static str, String) {
    if key.origin == desk.post.me().id {
        (ISSUED, key.id.to_string())
    } else {
        (RECEIVED, record_key(key))
    }
}
