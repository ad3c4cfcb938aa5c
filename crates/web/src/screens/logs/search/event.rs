//! One event: every column, every field of the record's own, and the record as it came.

use askama::Template;
use sakimori_identity::Action;
use sakimori_watch::filter::term;
use sakimori_words::Instant;

use super::super::statement::event;
use super::asked::Asked;
use super::found::{Value, around, cell_of, own_name, value};
use super::{SCREEN_LIMITS, sight};
use crate::failure::Answer;
use crate::frame::Frame;
use crate::ports::{SearchCell, SearchTable};
use crate::troubles;
use crate::visit::{Visit, page};

/// What "around it" means, in seconds before and after.
const AROUND_SECONDS: i64 = 300;

/// Columns shown with their own words, in this order.
const COLUMNS: [&str; 12] = [
    "source",
    "class_uid",
    "activity",
    "status",
    "host",
    "user",
    "patient",
    "src_ip",
    "dst_ip",
    "process",
    "product",
    "service",
];

#[derive(Template)]
#[template(path = "screens/logs/search/event.html")]
struct EventPage {
    frame: Frame,
    back: String,
    seq: u64,
    time: Option<Instant>,
    received_at: Option<Instant>,
    message: String,
    facts: Vec<Fact>,
    fields: Vec<Fact>,
    raw: String,
    leaf: String,
    /// The search for what happened around it, anywhere and on its machine.
    around: Option<String>,
    around_host: Option<String>,
    /// The same page with patients shown, for those who may ask for it.
    unmask: Option<String>,
}

/// A named value.
struct Fact {
    name: String,
    value: Value,
}

pub(super) async fn show(visit: Visit) -> Answer {
    let asked = Asked::read(visit.query(), visit.site.clock.now());
    let seq: u64 = asked.form.text("seq").parse().unwrap_or_default();
    visit.pass_personal(Action::SearchLogs, "event", &seq.to_string(), "").await?;
    let sight = sight(&visit, &asked, &format!("seq={seq}")).await?;
    let table = visit.site.search.sql(&event(seq), sight, SCREEN_LIMITS).await?;
    let Some(row) = table.rows.first() else {
        return Err(crate::Failure::new(&troubles::NOT_FOUND, ""));
    };
    let frame = visit.frame("search-event").await;
    page(&event_page(&visit, &asked, seq, &table, row, frame))
}

fn event_page(
    visit: &Visit,
    asked: &Asked,
    seq: u64,
    table: &SearchTable,
    row: &[SearchCell],
    frame: Frame,
) -> EventPage {
    let cell = |name: &str| cell_of(table, row, name);
    let text = |name: &str| cell(name).map(SearchCell::text).unwrap_or_default();
    let time = |name: &str| match cell(name) {
        Some(SearchCell::Time(at)) => Some(*at),
        _ => None,
    };
    let fact = |name: &str| {
        let value = value(asked, name, &text(name), &frame)?;
        Some(Fact { name: frame.t(&format!("column-{}", name.replace('_', "-"))), value })
    };
    let own = |(name, text): &(String, String)| {
        let value = value(asked, &own_name(name), text, &frame)?;
        Some(Fact { name: name.clone(), value })
    };
    let fields = match cell("src") {
        Some(SearchCell::Fields(fields)) => fields.iter().filter_map(own).collect(),
        _ => Vec::new(),
    };
    let span = time("time").map(|at| {
        (at.plus_seconds(-AROUND_SECONDS).to_string(), at.plus_seconds(AROUND_SECONDS).to_string())
    });
    let near = |text: &str| span.as_ref().map(|(from, to)| around(text, from, to));
    let host = text("host");
    let masked = !asked.patients && !text("patient").is_empty();
    EventPage {
        back: asked.address("/search", &[("go", "1")]),
        seq,
        time: time("time"),
        received_at: time("received_at"),
        message: text("message"),
        facts: COLUMNS.into_iter().filter_map(fact).collect(),
        fields,
        raw: text("raw"),
        leaf: text("leaf"),
        around: near(""),
        around_host: near(&term("host", &host, false)).filter(|_| !host.is_empty()),
        unmask: (masked && visit.may(Action::ViewPatients)).then(|| {
            asked.address("/search/event", &[("seq", &seq.to_string()), ("patients", "yes")])
        }),
        frame,
    }
}
