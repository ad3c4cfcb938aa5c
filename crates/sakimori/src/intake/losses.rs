//! What UDP lost: counted while the node runs, shown on the screens, and written into the log, so that a year later the log
//! says by itself where it is incomplete.
//!
//! The kernel counts the datagrams it had to drop at a socket because they came faster than they were taken. Found is the
//! socket by its own number (inode), so that another program's losses are never taken for ours.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use sakimori_ledger::Store;
use sakimori_web::ports::Losses;
use sakimori_words::{Event, Instant};
use serde::{Deserialize, Serialize};

use super::Pipeline;
use super::own_events::own_event;

/// How often the kernel's counter is read: the log tells to ten seconds when something is missing.
const LOOK_EVERY: Duration = Duration::from_secs(10);

/// Where the kernel counts.
const TABLES: [&str; 2] = ["/proc/net/udp", "/proc/net/udp6"];

/// Losses noticed within this time are remembered as one, in seconds: a flood must not fill the memory.
const TOGETHER_SECONDS: i64 = 600;

const SHELF: &str = "intake_losses";
const KEY: &str = "udp";

/// What was lost, shared with the screens.
#[derive(Clone, Default)]
pub(crate) struct LossBook(Arc<Mutex<Noted>>);

#[derive(Default)]
struct Noted {
    since_start: u64,
    recent: Vec<Loss>,
}

/// Datagrams lost within one short time.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Loss {
    first_at: Instant,
    last_at: Instant,
    count: u64,
}

impl LossBook {
    /// What was lost, as the screens show it at `now`.
    pub(crate) fn losses(&self, now: Instant) -> Losses {
        let noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let recent = noted.recent.iter().filter(|loss| is_of_last_day(loss, now));
        Losses {
            since_start: noted.since_start,
            last_day: recent.clone().map(|loss| loss.count).sum(),
            last_at: recent.map(|loss| loss.last_at).max(),
        }
    }

    fn note(&self, count: u64, now: Instant) {
        let mut noted = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        noted.since_start = noted.since_start.saturating_add(count);
        noted.recent.retain(|loss| is_of_last_day(loss, now));
        match noted.recent.last_mut() {
            Some(last) if last.first_at.plus_seconds(TOGETHER_SECONDS) > now => {
                last.count = last.count.saturating_add(count);
                last.last_at = now;
            }
            _ => noted.recent.push(Loss { first_at: now, last_at: now, count }),
        }
    }

    /// Takes up what was noted before the last stop.
    async fn remember(&self, store: &dyn Store) {
        let kept = store.get_private(SHELF, KEY).await.ok().flatten();
        let kept = kept.and_then(|kept| kept.read::<Vec<Loss>>().ok());
        self.0.lock().unwrap_or_else(PoisonError::into_inner).recent = kept.unwrap_or_default();
    }

    async fn keep(&self, store: &dyn Store) {
        let recent = self.0.lock().unwrap_or_else(PoisonError::into_inner).recent.clone();
        let body = serde_json::to_value(recent).unwrap_or_default();
        if let Err(error) = store.put_private(SHELF, KEY, body, None).await {
            // The log itself has the losses; only the lamp forgets them at the next start.
            tracing::warn!(trouble = %error.trouble(), "what UDP lost could not be kept for the screens");
        }
    }
}

fn is_of_last_day(loss: &Loss, now: Instant) -> bool {
    loss.last_at.plus_days(1) > now
}

/// One UDP socket whose losses are counted.
pub(crate) struct Counted {
    /// Its number in the kernel's table.
    pub(crate) inode: u64,
    /// Its door, as the log names it.
    pub(crate) door: String,
}

/// Counts what is lost at a socket, for ever; ends at once where the kernel does not tell.
pub(crate) async fn count(
    counted: Counted,
    book: LossBook,
    store: Arc<dyn Store>,
    pipeline: Arc<Pipeline>,
) {
    book.remember(store.as_ref()).await;
    let (mut dropped, mut looked_at) = (0, pipeline.now());
    loop {
        tokio::time::sleep(LOOK_EVERY).await;
        let Some(all) = dropped_now(counted.inode) else { return };
        let (from, to) = (looked_at, pipeline.now());
        // A counter that went back has begun anew.
        let lost = all.checked_sub(dropped).unwrap_or(all);
        (dropped, looked_at) = (all, to);
        if lost > 0 {
            book.note(lost, to);
            if let Err(trouble) =
                pipeline.take(vec![loss_event(&counted.door, lost, from, to)]).await
            {
                pipeline.note_trouble(&trouble);
            }
            book.keep(store.as_ref()).await;
        }
    }
}

fn dropped_now(inode: u64) -> Option<u64> {
    let tables = TABLES.iter().filter_map(|path| std::fs::read_to_string(path).ok());
    tables.into_iter().find_map(|table| dropped_at(&table, inode))
}

/// The drops at the socket of that number in a table of proc(5); `None` when it is not there.
fn dropped_at(table: &str, inode: u64) -> Option<u64> {
    let inode = inode.to_string();
    let mut lines = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>());
    let line = lines.find(|fields| fields.get(9).is_some_and(|own| *own == inode))?;
    line.last()?.parse().ok()
}

fn loss_event(door: &str, count: u64, from: Instant, to: Instant) -> Event {
    let message = [
        format!("{door} で {count} 件を取りこぼしました（{from} から {to} の間）"),
        format!("{count} datagrams were lost at {door} between {from} and {to} (JST)"),
    ];
    let more = vec![
        ("count", count.into()),
        ("door", door.into()),
        ("from", from.rfc3339().into()),
        ("to", to.rfc3339().into()),
    ];
    own_event("intake", "datagrams_lost", to, &message, more)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TABLE: &str = "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode ref pointer drops\n\
         1: 00000000:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2 0000000000000000 42\n\
         2: 0100007F:158A 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4712 2 0000000000000000 7\n";

    #[test]
    fn the_own_socket_is_told_from_another_programs_on_the_same_port() {
        assert_eq!(dropped_at(TABLE, 4711), Some(42));
        assert_eq!(dropped_at(TABLE, 4712), Some(7));
        assert_eq!(dropped_at(TABLE, 158), None);
        assert_eq!(dropped_at("", 1), None);
    }

    #[test]
    fn losses_are_shown_for_a_day_and_a_flood_takes_no_room() {
        let book = LossBook::default();
        let start = Instant::parse("2026-11-20T00:00:00Z").unwrap();
        (0..8_640).for_each(|n| book.note(2, start.plus_seconds(n * 10)));
        assert!(book.0.lock().unwrap().recent.len() <= 145);
        let end = start.plus_days(1);
        assert_eq!(book.losses(end).since_start, 17_280);
        assert!(book.losses(end).last_day >= 17_000);
        let later = book.losses(end.plus_days(2));
        assert_eq!((later.last_day, later.last_at, later.since_start), (0, None, 17_280));
    }

    #[test]
    fn the_log_says_how_many_are_missing_and_when() {
        let from = Instant::parse("2026-11-20T09:00:00Z").unwrap();
        let event = loss_event("udp 0.0.0.0:5514", 12, from, from.plus_seconds(10));
        assert_eq!(event.source, "sakimori/intake");
        assert_eq!(event.src.int("count"), Some(12));
        assert!(event.message.contains("12 datagrams were lost"), "{}", event.message);
    }
}
