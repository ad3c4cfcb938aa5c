//! Certificates of log senders that a person has withdrawn, as the door knows them.
//!
//! They are read from the ledger every few seconds, whoever wrote them there: the screen of this process or the command of
//! another one. A new connection asks the ledger itself.

use std::collections::HashSet;
use std::sync::Arc;
use std::time::Duration;

use sakimori_watch::{Senders, SendersError};
use sakimori_words::Digest;
use tokio::sync::watch;

/// How often the ledger is asked: an open connection outlives its certificate by no more.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// What was withdrawn, as far as it is known.
pub(crate) struct Withdrawn {
    senders: Arc<Senders>,
    known: watch::Sender<HashSet<Digest>>,
}

impl std::fmt::Debug for Withdrawn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Withdrawn({})", self.known.borrow().len())
    }
}

impl Withdrawn {
    /// Reads what was withdrawn.
    ///
    /// # Errors
    /// When the ledger cannot be read: a door that does not know whom to refuse stays closed.
    pub(crate) async fn open(senders: Arc<Senders>) -> Result<Arc<Self>, SendersError> {
        let known = watch::Sender::new(senders.withdrawn_certificates().await?);
        Ok(Arc::new(Self { senders, known }))
    }

    /// Keeps reading, for ever.
    pub(crate) async fn watch(self: Arc<Self>) {
        loop {
            tokio::time::sleep(LOOK_EVERY).await;
            self.look().await;
        }
    }

    /// Whether it is known to be withdrawn.
    pub(crate) fn holds(&self, digest: &Digest) -> bool {
        self.known.borrow().contains(digest)
    }

    /// Lets a sender in with the certificate called `name`, unless it was withdrawn up to this moment.
    pub(crate) async fn admits(&self, digest: Digest, name: &str) -> bool {
        self.look().await;
        if self.holds(&digest) {
            return false;
        }
        self.senders.certificate_seen(name, digest).await;
        true
    }

    /// Returns when it is withdrawn.
    pub(crate) async fn until_withdrawn(&self, digest: Digest) {
        let mut known = self.known.subscribe();
        if known.wait_for(|known| known.contains(&digest)).await.is_err() {
            // Nobody can withdraw anything any more: the process stops.
            std::future::pending::<()>().await;
        }
    }

    async fn look(&self) {
        match self.senders.withdrawn_certificates().await {
            Ok(now) => {
                self.known.send_if_modified(|known| {
                    let changed = *known != now;
                    *known = now;
                    changed
                });
            }
            // What is known to be withdrawn stays so.
            Err(error) => {
                tracing::warn!(trouble = %error.trouble(), "withdrawn certificates could not be looked up");
            }
        }
    }
}
