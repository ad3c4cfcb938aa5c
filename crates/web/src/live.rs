//! The one live stream: tells an open page that something moved, so that it fetches itself again.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use futures::Stream;
use futures::stream::unfold;
use sakimori_identity::Action;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::failure::Answer;
use crate::site::Site;
use crate::visit::Visit;

/// A page is told at most this often, however fast events arrive.
const PAUSE: Duration = Duration::from_secs(2);

/// Without any movement the page is refreshed this often, so that deadlines count down.
const QUIET: Duration = Duration::from_secs(30);

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/live", get(live))
}

async fn live(visit: Visit) -> Answer {
    visit.pass(Action::ViewToday, "live", "").await?;
    let follower = Follower {
        ledger: visit.site.store.watch(),
        lake: visit.site.lake.watch(),
        retro: visit.site.retro.watch(),
        token: visit.token().to_owned(),
        site: Arc::clone(&visit.site),
        ended: false,
    };
    Ok(stream(follower))
}

struct Follower {
    site: Arc<Site>,
    token: String,
    ledger: watch::Receiver<u64>,
    lake: watch::Receiver<u64>,
    retro: watch::Receiver<u64>,
    ended: bool,
}

fn stream(follower: Follower) -> Response {
    let events = unfold(follower, |mut follower| async move {
        let event = follower.next().await?;
        Some((Ok::<_, Infallible>(event), follower))
    });
    sse(events)
}

fn sse(events: impl Stream<Item = Result<Event, Infallible>> + Send + 'static) -> Response {
    Sse::new(events).keep_alive(KeepAlive::default()).into_response()
}

impl Follower {
    /// The next thing to tell the page; `None` ends the stream.
    async fn next(&mut self) -> Option<Event> {
        if self.ended {
            return None;
        }
        let moved = async {
            tokio::select! {
                moved = self.ledger.changed() => moved,
                moved = self.lake.changed() => moved,
                moved = self.retro.changed() => moved,
            }
        };
        // A sender that is gone means that the site is being taken down.
        if let Ok(Err(_)) = timeout(QUIET, moved).await {
            return None;
        }
        sleep(PAUSE).await;
        self.ledger.mark_unchanged();
        self.lake.mark_unchanged();
        self.retro.mark_unchanged();
        // Asking prolongs the session; the page stops following when no hand has touched it for a while (sakimori.js).
        match self.site.identity.session(&self.token).await {
            Ok(Some(_)) => Some(Event::default().event("moved").data("1")),
            _ => {
                self.ended = true;
                Some(Event::default().event("gone").data("1"))
            }
        }
    }
}
