//! The post office's rounds: dial every parent in turn, hand what arrived to the stages, keep the links tidy.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use sakimori_federation::{ExchangeError, Handler, LONGEST_WAIT_SECONDS, Post, Wire, wait_ms};
use sakimori_words::{Chance, Clock, Instant, OrganisationId};
use tokio::sync::Notify;

/// How often a parent is dialled while the line works. A warning reaches a hospital within this time.
const ROUND: Duration = Duration::from_secs(5);

/// Exchanges with one parent in a row.
const ROUNDS_MAX: u32 = 50;

/// How often links are looked through for missing messages and used nonces.
const TEND_EVERY: Duration = Duration::from_secs(300);

/// What the rounds need.
pub(crate) struct PostOffice {
    pub(crate) post: Arc<Post>,
    pub(crate) wire: Arc<dyn Wire>,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) chance: Arc<dyn Chance>,
    /// The stages that take messages.
    pub(crate) handlers: Vec<Arc<dyn Handler>>,
    /// Told when something came in through a door, or when somebody does not want to wait for the next round.
    pub(crate) arrived: Arc<Notify>,
}

/// When a parent is dialled next, and how often dialling failed in a row.
#[derive(Clone, Copy, Default)]
struct Turn {
    next_at: Instant,
    n_failures: u32,
}

impl PostOffice {
    /// Works for ever.
    pub(crate) async fn work(self) {
        let mut turns: BTreeMap<OrganisationId, Turn> = BTreeMap::new();
        let mut file_turns: BTreeMap<OrganisationId, Turn> = BTreeMap::new();
        let mut tended_at = self.clock.now();
        loop {
            self.dial_parents(&mut turns).await;
            self.deliver().await;
            self.fetch_files(&mut file_turns).await;
            let now = self.clock.now();
            if now.micros_since(tended_at)
                > i64::try_from(TEND_EVERY.as_micros()).unwrap_or(i64::MAX)
            {
                tended_at = now;
                if let Err(error) = self.post.tend().await {
                    tracing::warn!(trouble = %error.trouble(), "links could not be tended");
                }
            }
            let hurried = tokio::time::timeout(ROUND, self.arrived.notified()).await.is_ok();
            if hurried {
                // A parent that cannot be reached keeps its pause: whoever knocks at our door must not make us knock at theirs.
                let reachable = turns.values_mut().filter(|turn| turn.n_failures == 0);
                reachable.for_each(|turn| turn.next_at = Instant::default());
            }
        }
    }

    async fn dial_parents(&self, turns: &mut BTreeMap<OrganisationId, Turn>) {
        let parents = self.post.parents().await.unwrap_or_default();
        // An office we reach by a medium only has no address.
        for parent in parents.iter().filter(|parent| parent.address.is_some()) {
            let turn = turns.entry(parent.id().clone()).or_default();
            if turn.next_at > self.clock.now() {
                continue;
            }
            *turn = self.dial(parent.id(), *turn).await;
        }
    }

    /// Exchanges until neither side has more waiting, or nothing moves any more: the other parents have their turn too.
    async fn dial(&self, parent: &OrganisationId, turn: Turn) -> Turn {
        let mut n_rounds = 0;
        loop {
            n_rounds += 1;
            match self.post.exchange_once(parent, self.wire.as_ref()).await {
                Ok(exchanged)
                    if exchanged.more && exchanged.progressed && n_rounds < ROUNDS_MAX => {}
                Ok(_) => return Turn { next_at: self.clock.now(), n_failures: 0 },
                Err(error) => {
                    let n_failures = turn.n_failures.saturating_add(1);
                    tracing::info!(%parent, trouble = %error.trouble(), n_failures, "the hub could not be reached");
                    return self.paused(turn);
                }
            }
        }
    }

    /// The turn after one that failed.
    fn paused(&self, turn: Turn) -> Turn {
        let n_failures = turn.n_failures.saturating_add(1);
        let wait_ms = i64::try_from(wait_ms(n_failures, self.chance.as_ref())).unwrap_or(i64::MAX);
        let wait_seconds =
            (wait_ms / 1_000).min(i64::try_from(LONGEST_WAIT_SECONDS).unwrap_or(i64::MAX));
        Turn { next_at: self.clock.now().plus_seconds(wait_seconds), n_failures }
    }

    /// Fetches the files that messages named, after the messages themselves: a large file holds up no warning.
    async fn fetch_files(&self, turns: &mut BTreeMap<OrganisationId, Turn>) {
        let awaited = self.post.awaited_files().await.unwrap_or_default();
        let hubs: BTreeSet<OrganisationId> = awaited.into_iter().flat_map(|one| one.from).collect();
        turns.retain(|hub, _| hubs.contains(hub));
        for hub in hubs {
            let turn = turns.entry(hub.clone()).or_default();
            if turn.next_at > self.clock.now() {
                continue;
            }
            let failed = match self.post.fetch_files(&hub, self.wire.as_ref()).await {
                // What an office by a medium handed over comes by that medium.
                Err(ExchangeError::NoSuchHub { .. }) => true,
                Err(error) => {
                    tracing::info!(%hub, trouble = %error.trouble(), "attached files could not be fetched");
                    true
                }
                Ok(fetched) => fetched.n_failed > 0,
            };
            *turn = if failed { self.paused(*turn) } else { Turn::default() };
        }
    }

    /// Offers what arrived to the stages, until nothing is left that they want to answer at once.
    async fn deliver(&self) {
        let handlers: Vec<&dyn Handler> = self.handlers.iter().map(AsRef::as_ref).collect();
        match self.post.deliver(&handlers).await {
            Ok(delivery) if delivery.n_set_aside > 0 => {
                tracing::warn!(
                    n_messages = delivery.n_set_aside,
                    "messages were set aside: no part of this version knows them"
                );
            }
            Ok(_) => {}
            Err(error) => {
                tracing::warn!(trouble = %error.trouble(), "messages could not be delivered");
            }
        }
    }
}
