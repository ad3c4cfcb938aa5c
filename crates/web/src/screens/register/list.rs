//! The list: by name or reading, by prefecture; with the counts of the census.

use askama::Template;
use sakimori_identity::Action;
use sakimori_register::{Asked, Census, Facility, Way, list_heading, list_row};
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row};
use sakimori_words::{OrganisationId, Prefecture};

use super::{address, at_hub, prefecture_choices, way_word};
use crate::address::with_query;
use crate::failure::{Answer, Failure};
use crate::form::Form;
use crate::frame::{Choice, Frame};
use crate::paper;
use crate::screens::respond::Rights;
use crate::screens::warn::institution_word;
use crate::visit::{Visit, page};

/// Entries on one page.
const PAGE_ROWS: usize = 50;
/// Entries read at a time for a file.
const FILE_PAGE: usize = 1_000;
/// Most entries in a file from the screen: the largest prefecture. The whole country by `sakimori register export`.
const FILE_ROWS_MAX: usize = 60_000;

#[derive(Template)]
#[template(path = "screens/register/list.html")]
struct ListPage {
    frame: Frame,
    form: Form,
    prefectures: Vec<Choice>,
    rows: Vec<Row>,
    more: Option<String>,
    export: String,
    counts: Vec<(String, String)>,
    n_proposals: usize,
    may: Rights,
}

struct Row {
    address: String,
    name: String,
    kana: String,
    place: String,
    kind: String,
    way: String,
    closed: Option<String>,
}

pub(super) async fn show(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.pass_to_list(Action::ViewRegister, "register", "list").await?;
    let form = visit.query();
    let asked = asked(&form);
    let after = Some(form.text("after")).filter(|id| !id.is_empty()).map(OrganisationId::from);
    let shown = visit.site.register.list(&asked, after.as_ref(), PAGE_ROWS).await?;
    let frame = visit.frame("register-title").await;
    let kept = |path: &str, after: &str| {
        let prefecture = asked.prefecture.map(|own| own.code().to_string()).unwrap_or_default();
        let closed = if asked.closed_too { "yes" } else { "" };
        let query = [
            ("reg-text", asked.text.as_str()),
            ("reg-prefecture", &prefecture),
            ("reg-closed", closed),
            ("after", after),
        ];
        with_query(path, &query)
    };
    page(&ListPage {
        prefectures: prefecture_choices(&frame, "register-everywhere"),
        rows: shown.facilities.iter().map(|one| row(&frame, one)).collect(),
        more: shown.next.map(|next| kept("/register", next.as_str())),
        export: kept("/register/export.csv", ""),
        counts: counts(&frame, &visit.site.register.census().await?, asked.prefecture),
        n_proposals: visit.site.register.proposals().await?.len(),
        may: Rights::of(&visit, &[Action::ManageRegister, Action::ExportData]),
        form,
        frame,
    })
}

fn asked(form: &Form) -> Asked {
    Asked {
        prefecture: form.text("reg-prefecture").parse().ok().and_then(Prefecture::from_code),
        text: form.text("reg-text").chars().take(100).collect(),
        closed_too: form.has("reg-closed", "yes"),
    }
}

fn row(frame: &Frame, one: &Facility) -> Row {
    let prefecture = one.prefecture().map_or("", |own| own.name(frame.lang));
    Row {
        address: address(one),
        name: one.organisation.name.clone(),
        kana: one.kana.clone(),
        place: format!("{prefecture} {}", one.municipality),
        kind: one.kind().map(|kind| frame.t(institution_word(kind))).unwrap_or_default(),
        way: way_word(frame, one.way.as_str()),
        closed: one.closed_on.map(|on| on.to_string()),
    }
}

/// How many there are of each kind, and how they are reached.
fn counts(frame: &Frame, census: &Census, prefecture: Option<Prefecture>) -> Vec<(String, String)> {
    let here = |at: Prefecture| prefecture.is_none_or(|own| own == at);
    let mut kinds = std::collections::BTreeMap::new();
    for (_, cell, count) in census.cells().filter(|(at, _, _)| here(*at)) {
        *kinds.entry(cell.kind).or_insert(0_u64) += count;
    }
    let total = kinds.values().sum::<u64>();
    let mut rows = vec![(frame.t("register-total"), frame.count(total))];
    rows.extend(
        kinds.into_iter().filter_map(|(kind, count)| {
            Some((frame.t(institution_word(kind?)), frame.count(count)))
        }),
    );
    for way in Way::NAMES {
        let tallies = census.prefectures().filter(|(at, _)| here(*at));
        let count: u64 = tallies.map(|(_, tally)| tally.reached_by(way)).sum();
        rows.push((frame.with("register-by-way", "way", way_word(frame, way)), frame.count(count)));
    }
    rows
}

pub(super) async fn export(visit: Visit) -> Answer {
    at_hub(&visit)?;
    visit.pass_personal(Action::ExportData, "register", "export.csv", "").await?;
    let asked = asked(&visit.query());
    let text = csv(&visit, &asked).await?;
    Ok(paper::csv_file("register", &visit.site.clock.now().to_string(), text))
}

async fn csv(visit: &Visit, asked: &Asked) -> Result<String, Failure> {
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, list_heading());
    let (mut after, mut n_rows) = (None, 0);
    while n_rows < FILE_ROWS_MAX {
        let shown = visit.site.register.list(asked, after.as_ref(), FILE_PAGE).await?;
        n_rows += shown.facilities.len();
        shown.facilities.iter().for_each(|one| push_row(&mut text, list_row(one)));
        after = shown.next;
        if after.is_none() {
            break;
        }
    }
    Ok(text)
}
