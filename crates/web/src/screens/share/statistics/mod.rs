//! Figures of the incidents reported to this office, out of which nobody can work out a single one.

use std::collections::BTreeMap;
use std::sync::Arc;

use askama::Template;
use axum::Router;
use axum::routing::get;
use sakimori_identity::Action;
use sakimori_share::{Counted, ShareDesk, Table};
use sakimori_words::{Lang, Organisation, OrganisationId, jst_date};

use crate::failure::Answer;
use crate::frame::Frame;
use crate::site::Site;
use crate::visit::{Visit, page};

/// The routes of the figures.
pub(super) fn routes() -> Router<Arc<Site>> {
    Router::new().route("/sharing-figures", get(show))
}

#[derive(Template)]
#[template(path = "screens/share/statistics/page.html")]
struct FiguresPage {
    frame: Frame,
    quarters: Vec<String>,
    rows: Vec<(String, Vec<Option<u64>>)>,
    k: usize,
}

impl FiguresPage {
    /// Whether every figure is suppressed, as they all are before enough incidents were reported.
    fn says_nothing(&self) -> bool {
        self.rows.iter().all(|(_, figures)| figures.iter().all(Option::is_none))
    }
}

async fn show(visit: Visit) -> Answer {
    visit.pass(Action::ViewShared, "shared_figures", "").await?;
    let frame = visit.frame("figures-title").await;
    let reports = visit.site.office.reports(None, ShareDesk::counted_max()).await?;
    let register = visit.site.population.institutions().await?;
    let known: BTreeMap<&OrganisationId, &Organisation> =
        register.iter().map(|one| (&one.id, one)).collect();
    // An incident is counted once, however many reports it has.
    let mut incidents = BTreeMap::new();
    for report in reports.iter().filter(|report| !report.report.exercise) {
        let concerned = report.concerning.as_ref().and_then(|one| one.organisation.as_ref());
        if let Some(institution) = known.get(concerned.unwrap_or(&report.from)) {
            let detected_on = jst_date(report.report.knew_at());
            let counted = Counted { institution, detected_on };
            incidents.insert((&report.from, &report.report.case), counted);
        }
    }
    let incidents: Vec<Counted<'_>> = incidents.into_values().collect();
    let table = visit.site.shares.statistics(&incidents);
    let sharing = visit.site.content.sharing();
    page(&FiguresPage {
        quarters: quarters(&table, frame.lang),
        rows: rows(&table, &frame, sharing),
        k: sharing.ladder.k_community,
        frame,
    })
}

fn quarters(table: &Table, lang: Lang) -> Vec<String> {
    table.quarters.iter().filter_map(|quarter| quarter.words(lang)).collect()
}

/// The columns of the table as rows of the page: a telephone is narrow, and there are few quarters.
fn rows(
    table: &Table,
    frame: &Frame,
    sharing: &sakimori_content::Sharing,
) -> Vec<(String, Vec<Option<u64>>)> {
    let n_columns = table.columns.len();
    let figures = |column: usize| {
        (0..=table.quarters.len()).map(|row| table.figure(row, column)).collect::<Vec<_>>()
    };
    let name = |column: &sakimori_share::Column| {
        let block = sharing.ladder.block(&column.block);
        let block = block.map_or(column.block.as_str(), |block| block.name.get(frame.lang));
        // The next column of the same part of the country begins where this one ends.
        let next = table
            .columns
            .iter()
            .find(|next| next.block == column.block && next.beds_from > column.beds_from);
        let beds = match next {
            Some(next) => {
                let last = next.beds_from.saturating_sub(1);
                frame.with2("figures-band", "first", column.beds_from, "last", last)
            }
            None => frame.with("figures-from", "beds", column.beds_from),
        };
        format!("{block} · {beds}")
    };
    let mut rows: Vec<_> = table
        .columns
        .iter()
        .enumerate()
        .map(|(index, column)| (name(column), figures(index)))
        .collect();
    rows.push((frame.t("figures-sum"), figures(n_columns)));
    rows
}
