//! The report on the sheets of other offices: the same record in their order and under their labels.
//!
//! An office's own workbook is filled in only from an approved report: it has no place that says "draft".

use axum::extract::Path;
use sakimori_content::FormSheet;
use sakimori_identity::Action;
use sakimori_respond::Report;
use sakimori_words::{Lang, jst_date};

use super::{find, path};
use crate::Failure;
use crate::failure::Answer;
use crate::frame::Frame;
use crate::paper;
use crate::ports::Paper;
use crate::troubles;
use crate::visit::Visit;

/// A sheet that a report can be put on.
pub(super) struct SheetLink {
    pub(super) title: String,
    pub(super) addressee: String,
    pub(super) remark: String,
    /// Address of its files without their endings.
    pub(super) address: String,
    /// Under which name the office's blank is looked for.
    pub(super) blank: String,
}

/// The sheets of a report, as they hold today.
pub(super) fn links(visit: &Visit, frame: &Frame, report: &Report) -> Vec<SheetLink> {
    let [form, _] = &report.form;
    let link = |sheet: &FormSheet| SheetLink {
        title: frame.text(&sheet.title).to_owned(),
        addressee: frame.text(&sheet.addressee).to_owned(),
        remark: frame.text(&sheet.remark).to_owned(),
        address: format!("{}/forms/{}/form", path(report), sheet.id),
        blank: sheet.file_name(),
    };
    visit.site.content.form_sheets(form, jst_date(frame.now)).map(link).collect()
}

/// The report on one of them. The Japanese text is the original, whatever language the screen has.
pub(super) async fn file(
    visit: Visit,
    Path((case, id, sheet)): Path<(String, String, String)>,
    paper: Paper,
) -> Answer {
    visit.pass_personal(Action::ViewReports, "report", &id, paper.ending()).await?;
    let report = find(&visit, &case, &id).await?;
    let [form, _] = &report.form;
    let today = jst_date(visit.site.clock.now());
    let sheet = visit.site.content.form_sheets(form, today).find(|own| own.id == sheet);
    let sheet = sheet.ok_or_else(|| Failure::new(&troubles::NOT_FOUND, ""))?;
    let document = sheet.document(&report.to_document(Lang::Ja));
    if paper == Paper::Workbook && report.approval().is_some() {
        let id = document.id.clone();
        let file = visit.site.printer.fill(document, sheet).await?;
        return Ok(paper::as_file(&id, paper, file));
    }
    paper::hand_out(&visit, document, paper).await
}
