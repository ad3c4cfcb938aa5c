//! Until when an answer is wanted.

use sakimori_content::Calendar;
use sakimori_words::Instant;

use crate::warning::WarningClass;

/// Hours a flash warning leaves for an answer, day and night.
pub(crate) const FLASH_HOURS: i64 = 4;
/// Working days an urgent warning leaves.
pub(crate) const URGENT_WORKING_DAYS: u32 = 1;
/// Working days a normal warning leaves.
pub(crate) const NORMAL_WORKING_DAYS: u32 = 5;

/// Until when a warning of that class, released at `released_at`, wants an answer.
///
/// Working days end when offices close; the day of release is not counted. These limits are ours, not a notice's: the
/// notices ask for 周知 without a number.
#[must_use]
pub fn due_at(class: WarningClass, released_at: Instant, calendar: &Calendar) -> Instant {
    match class {
        WarningClass::Flash => released_at.plus_seconds(FLASH_HOURS * 3_600),
        WarningClass::Urgent => calendar.business_days_later(released_at, URGENT_WORKING_DAYS),
        WarningClass::Normal => calendar.business_days_later(released_at, NORMAL_WORKING_DAYS),
    }
}
