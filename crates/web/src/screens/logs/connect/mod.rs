//! Connecting a log source: what to type on a product with this node's address, and what arrives as it is understood.

use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_content::{Product, StepCarrier};
use sakimori_identity::Action;
use sakimori_watch::filter::class_name;
use sakimori_words::Instant;

use super::statement::arrived_since;
use crate::address::with_query;
use crate::failure::Answer;
use crate::frame::{Frame, Lamp};
use crate::ports::{Carrier, LogSource, SearchCell, SearchLimits, Sight, SyslogDoor};
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
    products: Vec<ProductLink>,
    chosen: Option<ProductView>,
    doors: Vec<SyslogDoor>,
    inbox: String,
    has_authority: bool,
    received: Vec<LogSource>,
    newest_at: Option<Instant>,
    arrived: Vec<Arrived>,
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
    let doors = control.syslog_doors();
    let mut frame = visit.frame("connect-title").await;
    frame.live = true;
    frame.narrow = true;
    let form = visit.query();
    let first = form.has("first", "1");
    // Who has chosen nothing yet sends one line first.
    let asked = if form.text("product").is_empty() { "try" } else { form.text("product") };
    let products = visit.site.content.products();
    let inbox = control.inbox();
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
        chosen: chosen.map(|product| product_view(product, &doors, &inbox, &frame)),
        has_authority: control.authority_pem().is_some(),
        newest_at: status.newest_at,
        received: status.sources.into_iter().take(50).collect(),
        arrived: arrived(&visit, &frame).await?,
        doors,
        inbox,
        frame,
    })
}

/// The steps that this node can take part in, with its own address in them.
fn product_view(
    product: &Product,
    doors: &[SyslogDoor],
    inbox: &str,
    frame: &Frame,
) -> ProductView {
    let mut steps = Vec::new();
    for (n, step) in product.steps.iter().enumerate() {
        let door = |carrier| doors.iter().find(|door| door.carrier == carrier);
        let door = match step.carrier {
            Some(StepCarrier::Udp) => door(Carrier::Udp),
            Some(StepCarrier::Tcp) => door(Carrier::Tcp),
            Some(StepCarrier::Tls) => door(Carrier::Tls),
            Some(StepCarrier::Inbox) | None => None,
        };
        let open = match step.carrier {
            None => true,
            Some(StepCarrier::Inbox) => !inbox.is_empty(),
            Some(_) => door.is_some(),
        };
        if open {
            let (host, port) = door
                .map_or_else(Default::default, |door| (door.host.clone(), door.port.to_string()));
            steps.push(StepView {
                id: format!("c-{n}"),
                text: frame.text(&step.text).to_owned(),
                commands: step.commands_for(&host, &port, inbox),
            });
        }
    }
    ProductView {
        name: frame.text(&product.name).to_owned(),
        steps,
        source: product.provenance.citation(),
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
