//! Until when an answer is wanted.

use sakimori_content::Content;
use sakimori_words::Instant;

use crate::warning::WarningClass;

/// Until when a warning of that class, released at `released_at`, wants an answer.
///
/// Working days end when offices close; the day of release is not counted. The limits are `content/warn/chasing.toml`'s, not a
/// notice's: the notices ask for 周知 without a number.
#[must_use]
pub fn due_at(class: WarningClass, released_at: Instant, content: &Content) -> Instant {
    content.chase_rule(class.into()).answer_within.after(released_at, content.calendar())
}
