//! From a report to what the stage of sharing takes: the victim as the register knows it, and every field with its class.

use sakimori_respond::office::ReceivedReport;
use sakimori_share::{ReportedCase, ReportedField};
use sakimori_words::{CaseId, Organisation, OrganisationKind, jst_date};

use crate::Failure;
use crate::visit::Visit;

/// The incident as the office was told of it.
pub(super) async fn reported(
    visit: &Visit,
    report: &ReceivedReport,
    published: bool,
) -> Result<ReportedCase, Failure> {
    let classes = &visit.site.content.sharing().fields;
    let rows = report.report.document.rows().map(|row| ReportedField {
        id: row.field.clone(),
        label: row.label.clone(),
        value: row.value.clone(),
        class: classes.class_of(&row.field),
    });
    let register = visit.site.population.institutions().await?;
    Ok(ReportedCase {
        case: CaseId::from(report.report.case.as_str()),
        report: report.id.clone(),
        institution: victim(report, register),
        detected_on: jst_date(report.report.knew_at()),
        published,
        exercise: report.report.exercise,
        fields: rows.collect(),
    })
}

/// The institution of the register that the report is about: by its id, else by its name. One that the register does not have stays
/// without profile, so that nothing of it can be shared.
fn victim(report: &ReceivedReport, register: Vec<Organisation>) -> Organisation {
    let (id, name) = match &report.concerning {
        Some(concerned) => (concerned.organisation.clone(), concerned.name.clone()),
        None => (Some(report.from.clone()), report.report.sender.name.clone()),
    };
    let is_it = |one: &Organisation| match &id {
        Some(id) => one.id == *id,
        None => one.name == name,
    };
    register.into_iter().find(is_it).unwrap_or_else(|| Organisation {
        id: id.clone().unwrap_or_else(|| report.from.clone()),
        kind: OrganisationKind::Institution,
        name: name.clone(),
        prefecture: None,
        institution: None,
    })
}
