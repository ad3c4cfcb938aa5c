//! Connecting a log source: exact commands with this node's address, and whether the first event has arrived.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_watch::OWN_SOURCES;
use sakimori_words::Instant;

use crate::failure::Answer;
use crate::frame::{Frame, Lamp};
use crate::ports::{Carrier, HttpDoor, LogSource, SyslogDoor};
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sources/connect", get(show))
}

#[derive(Template)]
#[template(path = "screens/logs/connect/page.html")]
struct ConnectPage {
    frame: Frame,
    first: bool,
    udp: Option<SyslogDoor>,
    tcp: Option<SyslogDoor>,
    tls: Option<SyslogDoor>,
    asks_certificates: bool,
    http: Option<HttpDoor>,
    doors: Vec<SyslogDoor>,
    inbox: String,
    has_authority: bool,
    received: Vec<LogSource>,
    newest_at: Option<Instant>,
}

async fn show(visit: Visit) -> Answer {
    visit.look(Action::ManageSources, "sources", "").await?;
    let status = visit.site.lake.status().await?;
    let doors = visit.site.control.syslog_doors();
    let door = |carrier: Carrier| doors.iter().find(|door| door.carrier == carrier).cloned();
    let mut frame = visit.frame("connect-title").await;
    frame.live = true;
    frame.narrow = true;
    // What this node writes itself is not what the person waits for.
    let received: Vec<LogSource> =
        status.sources.into_iter().filter(|source| !source.name.starts_with(OWN_SOURCES)).collect();
    page(&ConnectPage {
        first: visit.query().has("first", "1"),
        udp: door(Carrier::Udp),
        tcp: door(Carrier::Tcp),
        tls: door(Carrier::Tls),
        asks_certificates: visit.site.control.asks_certificates(),
        http: visit.site.control.http_door(),
        doors,
        inbox: visit.site.control.inbox(),
        has_authority: visit.site.control.authority_pem().is_some(),
        newest_at: received.iter().filter_map(|source| source.last_event_at).max(),
        received,
        frame,
    })
}
