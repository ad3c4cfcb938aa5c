//! Events that are too large to be kept as they are: they lose their reading, never their record.

use std::borrow::Cow;

use sakimori_words::Event;

use crate::EVENT_BYTES_MAX;
use crate::wal::Portion;

/// Most bytes of a source's name that are kept with an event that is too large.
const SOURCE_BYTES_MAX: usize = 4 * 1024;

/// Most bytes of a record: what is left beside the name, the words about the cut and the numbers.
const RAW_BYTES_MAX: usize = EVENT_BYTES_MAX - SOURCE_BYTES_MAX - 4 * 1024;

/// The event as it can be kept: itself, or when it is too large only its source, times and record.
pub(crate) fn keepable(event: &Event) -> Cow<'_, Event> {
    let bytes = Portion::len_of(event);
    if bytes <= EVENT_BYTES_MAX {
        return Cow::Borrowed(event);
    }
    tracing::warn!(bytes, source = %front(&event.source), "an event is too large: kept without its reading");
    Cow::Owned(without_reading(event))
}

fn without_reading(event: &Event) -> Event {
    let whole = event.raw.len();
    let kept = if whole <= RAW_BYTES_MAX { whole } else { cut_at(&event.raw, RAW_BYTES_MAX) };
    let message = if kept == whole { String::new() } else { cut_message(kept, whole) };
    Event {
        source: front(&event.source).to_owned(),
        received_at: event.received_at,
        time: event.time,
        raw: event.raw.get(..kept).unwrap_or_default().to_vec(),
        message,
        ..Event::default()
    }
}

/// The store does not know who will read it, so it says it in both languages.
fn cut_message(kept: usize, whole: usize) -> String {
    format!(
        "大きすぎる記録のため、先頭の {kept} バイトだけを保存しました（全体は {whole} バイト） / too large: only the first {kept} of {whole} bytes were kept"
    )
}

/// A place at or before `limit` where UTF-8 text is not cut inside a character.
fn cut_at(bytes: &[u8], limit: usize) -> usize {
    let is_inside = |at: &usize| bytes.get(*at).is_some_and(|byte| byte & 0xC0 == 0x80);
    (limit.saturating_sub(3)..=limit).rev().find(|at| !is_inside(at)).unwrap_or(limit)
}

fn front(source: &str) -> &str {
    source.get(..cut_at(source.as_bytes(), source.len().min(SOURCE_BYTES_MAX))).unwrap_or_default()
}
