//! The list of institutions as a file: for the office's own tables and for those above it.

use axum::extract::Path;
use sakimori_identity::Action;
use sakimori_warn::CoverageRow;
use sakimori_words::spreadsheet::{BYTE_ORDER_MARK, push_row, safe};

use super::super::{institution_word, key_of};
use super::selection::Chosen;
use super::{Address, answer_word, chasing, note, stage_words};
use crate::failure::Answer;
use crate::frame::Frame;
use crate::paper;
use crate::visit::Visit;

/// Rows read at a time.
const PAGE_ROWS: usize = 10_000;

/// The rows that the address selects, all of them.
pub(super) async fn file(visit: Visit, Path((origin, id)): Address) -> Answer {
    visit.pass(Action::ViewCoverage, "warning", &id).await?;
    visit.pass_personal(Action::ExportData, "warning", &id, "").await?;
    let warning = visit.site.warnings.warning(&key_of(&origin, &id)).await?;
    let steps = visit.site.warnings.chase_steps(&warning).await?;
    let frame = visit.frame("coverage-who").await;
    let chosen = Chosen::read(&visit.query(), chasing::to_telephone(&steps, frame.now));
    let mut text = String::from(BYTE_ORDER_MARK);
    push_row(&mut text, HEADING.map(|word| frame.t(word)));
    for start in (0..).step_by(PAGE_ROWS) {
        let page = start..start + PAGE_ROWS;
        let shown = visit.site.warnings.coverage_rows(&warning, &chosen.selection, page).await?;
        shown.rows.iter().for_each(|one| push_row(&mut text, cells(&frame, one)));
        if start + PAGE_ROWS >= shown.n_selected {
            break;
        }
    }
    Ok(paper::csv_file(&format!("coverage-{id}"), &frame.now.to_string(), text))
}

const HEADING: [&str; 13] = [
    "coverage-id",
    "coverage-name",
    "field-coverage-prefecture",
    "field-coverage-kind",
    "field-coverage-beds",
    "coverage-state",
    "coverage-overdue",
    "coverage-answer",
    "coverage-since",
    "coverage-person",
    "coverage-note",
    "coverage-routes",
    "coverage-telephoned",
];

fn cells(frame: &Frame, row: &CoverageRow) -> [String; 13] {
    let CoverageRow { organisation, state, overdue } = row;
    let profile = organisation.institution.as_ref();
    let routes: Vec<&str> = state.routes.iter().map(|route| route.as_str()).collect();
    let (stage, _) = stage_words(state.stage);
    let written = |text: &str| safe(text).into_owned();
    [
        written(organisation.id.as_str()),
        written(&organisation.name),
        organisation.prefecture.map(|one| one.name(frame.lang).to_owned()).unwrap_or_default(),
        profile.map(|own| frame.t(institution_word(own.kind))).unwrap_or_default(),
        profile.map(|own| own.permitted_beds.to_string()).unwrap_or_default(),
        frame.t(stage),
        if *overdue { frame.t("coverage-overdue") } else { String::new() },
        answer_word(frame, state),
        if routes.is_empty() && state.person.is_empty() {
            String::new()
        } else {
            frame.minute(state.stage_at)
        },
        written(&state.person),
        written(&note(frame, state)),
        written(&routes.join(" ")),
        state.call.as_ref().map(|call| frame.minute(call.at)).unwrap_or_default(),
    ]
}
