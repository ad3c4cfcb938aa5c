//! Connecting a log source: what to type on a product with this node's address, and what arrives as it is understood.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_content::{Door, Product, ProductStep, StepCarrier};
use sakimori_identity::Action;
use sakimori_watch::OWN_SOURCES;
use sakimori_watch::filter::class_name;
use sakimori_words::Instant;

use super::statement::arrived_since;
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::{Frame, Lamp};
use crate::ports::{Carrier, HttpDoor, LogSource, SearchCell, SearchLimits, Sight, SyslogDoor};
use crate::site::Site;
use crate::visit::{Visit, page};

pub(crate) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sources/connect", get(show))
}

const LIMITS: SearchLimits = SearchLimits { rows: 5, seconds: 10 };

/// What has arrived in so many seconds counts as just arrived.
const JUST_SECONDS: i64 = 600;

#[derive(Template)]
#[template(path = "screens/logs/connect/page.html")]
struct ConnectPage {
    frame: Frame,
    first: bool,
    asks_certificates: bool,
    products: Vec<ProductLink>,
    chosen: Option<ProductView>,
    ways: Ways,
    has_authority: bool,
    received: Vec<LogSource>,
    newest_at: Option<Instant>,
    arrived: Vec<Arrived>,
}

/// The ways by which this node receives.
struct Ways {
    doors: Vec<SyslogDoor>,
    inbox: String,
    http: Option<HttpDoor>,
}

struct ProductLink {
    name: String,
    address: String,
    chosen: bool,
}

struct ProductView {
    name: String,
    steps: Vec<StepView>,
    source: String,
}

struct StepView {
    id: String,
    text: String,
    commands: String,
}

/// An event that has just come, as it was understood.
struct Arrived {
    at: Option<Instant>,
    source: String,
    /// What it was understood as; `None` when it was not.
    understood: Option<String>,
    message: String,
}

async fn show(visit: Visit) -> Answer {
    visit.look(Action::ManageSources, "sources", "").await?;
    let status = visit.site.lake.status().await?;
    let control = &visit.site.control;
    let ways =
        Ways { doors: control.syslog_doors(), inbox: control.inbox(), http: control.http_door() };
    let mut frame = visit.frame("connect-title").await;
    frame.live = true;
    frame.narrow = true;
    // What this node writes itself is not what the person waits for.
    let received: Vec<LogSource> =
        status.sources.into_iter().filter(|source| !source.name.starts_with(OWN_SOURCES)).collect();
    let form = visit.query();
    let first = form.has("first", "1");
    // Who has chosen nothing yet sends one line first.
    let asked = if form.text("product").is_empty() { "try" } else { form.text("product") };
    let products = visit.site.content.products();
    let chosen = products.iter().find(|product| product.id == asked);
    let link = |product: &Product| ProductLink {
        name: frame.text(&product.name).to_owned(),
        address: with_query(
            "/sources/connect",
            &[("product", &product.id), ("first", if first { "1" } else { "" })],
        ),
        chosen: product.id == asked,
    };
    page(&ConnectPage {
        first,
        products: products.iter().map(link).collect(),
        chosen: chosen.map(|product| product_view(product, &ways, &frame)),
        has_authority: control.authority_pem().is_some(),
        asks_certificates: control.asks_certificates(),
        newest_at: received.iter().filter_map(|source| source.last_event_at).max(),
        received,
        arrived: arrived(&visit, &frame).await?,
        ways,
        frame,
    })
}

/// The steps that this node can take part in, with its own address in them.
fn product_view(product: &Product, ways: &Ways, frame: &Frame) -> ProductView {
    let step = |(n, step): (usize, &ProductStep)| {
        ways.door(step.carrier).map(|door| StepView {
            id: format!("c-{n}"),
            text: frame.text(&step.text).to_owned(),
            commands: step.commands_for(&door),
        })
    };
    ProductView {
        name: frame.text(&product.name).to_owned(),
        steps: product.steps.iter().enumerate().filter_map(step).collect(),
        source: product.provenance.citation(),
    }
}

impl Ways {
    /// What to fill into a step that sends by `carrier`; `None` when this node does not receive that way.
    fn door(&self, carrier: Option<StepCarrier>) -> Option<Door> {
        let syslog = |carrier| {
            let door = self.doors.iter().find(|door| door.carrier == carrier)?;
            Some(Door { host: door.host.clone(), port: door.port.to_string(), ..Door::default() })
        };
        match carrier {
            None => Some(Door::default()),
            Some(StepCarrier::Udp) => syslog(Carrier::Udp),
            Some(StepCarrier::Tcp) => syslog(Carrier::Tcp),
            Some(StepCarrier::Tls) => syslog(Carrier::Tls),
            Some(StepCarrier::Inbox) => (!self.inbox.is_empty())
                .then(|| Door { inbox: self.inbox.clone(), ..Door::default() }),
            Some(StepCarrier::Http) => {
                self.http.as_ref().map(|http| Door { base: http.base.clone(), ..Door::default() })
            }
        }
    }
}

/// What has just come. Log lines are for those who may read logs, and looking is on record.
async fn arrived(visit: &Visit, frame: &Frame) -> Result<Vec<Arrived>, crate::Failure> {
    if !visit.may(Action::SearchLogs) {
        return Ok(Vec::new());
    }
    visit.pass_to_list(Action::SearchLogs, "events", "connect").await?;
    let since = frame.now.plus_seconds(-JUST_SECONDS);
    let table = visit.site.search.sql(&arrived_since(since), Sight::Masked, LIMITS).await;
    let rows = table.map(|table| table.rows).unwrap_or_default();
    Ok(rows.iter().filter_map(|row| event(row, frame)).collect())
}

fn event(row: &[SearchCell], frame: &Frame) -> Option<Arrived> {
    let [at, source, class, host, user, understood, message] = row else { return None };
    let class = class.text().parse().ok().and_then(|uid| class_name(uid, frame.lang));
    let parts = [class.unwrap_or_default().to_owned(), host.text(), user.text()];
    let parts: Vec<String> = parts.into_iter().filter(|part| !part.is_empty()).collect();
    Some(Arrived {
        at: match at {
            SearchCell::Time(at) => Some(*at),
            _ => None,
        },
        source: source.text(),
        understood: (understood.text() != "0").then(|| parts.join(" / ")),
        message: message.text(),
    })
}
