//! Looks through a report for what may identify a patient, before it leaves the institution. The shapes are those of
//! [`sakimori_words::passages`].

use sakimori_content::Form;
use sakimori_words::Text;
use sakimori_words::passages::{Passage, passages};

use crate::Report;

/// The passages of a report, each with the label of its row. The institution's own contact, the calls and the duties are left
/// out: what stands there belongs to offices and staff.
#[must_use]
pub fn passages_of(report: &Report, form: Option<&Form>) -> Vec<(Text, Passage)> {
    let own = |field: &str| {
        let source = form.and_then(|form| form.field(field)).map(|field| field.source.as_str());
        let source = source.unwrap_or_default();
        source.starts_with("party.")
            || source.starts_with("report.")
            || matches!(source, "case.calls" | "case.obligations" | "case.findings")
    };
    let rows = report.document.rows().filter(|row| !own(&row.field));
    rows.flat_map(|row| {
        passages(&row.value.ja).into_iter().map(|passage| (row.label.clone(), passage))
    })
    .collect()
}
