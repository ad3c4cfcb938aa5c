//! What a running node cannot go on after: a store that no longer accepts writes.
//!
//! A node that lives on and keeps nothing looks healthy and is not. It ends with the trouble instead, so that the service
//! manager (or the person at the terminal) starts it again and recovery has its chance.

use sakimori_words::Trouble;
use tokio::sync::watch;

/// Both ends of the news that the process has to end.
#[derive(Clone)]
pub(crate) struct Failing(watch::Sender<Option<Trouble>>);

impl Failing {
    pub(crate) fn new() -> Self {
        Self(watch::Sender::new(None))
    }

    /// Tells that nothing can be kept any more. The first reason stays.
    pub(crate) fn fail(&self, trouble: Trouble) {
        self.0.send_if_modified(|reason| {
            let first = reason.is_none();
            reason.get_or_insert(trouble);
            first
        });
    }

    /// Waits until something has failed; for ever when nothing does.
    pub(crate) async fn reason(&self) -> Trouble {
        let mut news = self.0.subscribe();
        let reason = news.wait_for(Option::is_some).await.ok().and_then(|reason| reason.clone());
        match reason {
            Some(reason) => reason,
            // The sender lives in `self`, so there is always somebody to hear from.
            None => std::future::pending().await,
        }
    }
}
