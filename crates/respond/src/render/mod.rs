//! Makes the document of a report from the record, as the form of the content pack says.

mod labels;
mod sources;

use sakimori_content::{Form, Section};
use sakimori_words::{Instant, Text, jst_date, wareki};

use crate::{Case, CaseFile, Draft, PrintableReport, PrintedRow, PrintedSection};

pub(crate) use labels::kind as kind_words;
pub use sources::SOURCES;

/// What a document is made from.
pub(crate) struct Rendering<'a> {
    pub(crate) file: &'a CaseFile,
    pub(crate) draft: &'a Draft,
    pub(crate) number: u32,
    pub(crate) form: &'a Form,
    pub(crate) now: Instant,
}

/// Fields of a form that name a source this program does not have; none for a form that fits.
#[must_use]
pub fn check_form(form: &Form) -> Vec<String> {
    form.fields()
        .filter(|field| !field.is_typed() && !SOURCES.contains(&field.source.as_str()))
        .map(|field| field.id.clone())
        .collect()
}

/// The document.
pub(crate) fn document(rendering: &Rendering<'_>) -> PrintableReport {
    let Rendering { draft, number, form, now, .. } = rendering;
    let stage = draft.stage.words();
    let day = jst_date(*now);
    let organisation = &draft.party.organisation.name;
    PrintableReport {
        title: Text::new(
            form.title.ja.replace("{stage}", &format!("{}・第{number}報", stage.ja)),
            form.title.en.replace("{stage}", &format!("{}, no. {number}", stage.en)),
        ),
        dated: Text::new(wareki(day), day.to_string()),
        addressees: draft
            .addressees
            .iter()
            .map(|one| Text::new(format!("{}　御中", one.name), &*one.name))
            .collect(),
        sender: Text::new(&**organisation, &**organisation),
        banner: if rendering.file.case.exercise { vec![exercise_words()] } else { Vec::new() },
        sections: form.sections.iter().map(|section| printed(section, rendering)).collect(),
    }
}

/// Typed fields nobody has answered yet.
pub(crate) fn unanswered(case: &Case, form: &Form) -> Vec<String> {
    form.fields()
        .filter(|field| field.is_typed() && !case.answers.contains_key(&field.id))
        .map(|field| field.id.clone())
        .collect()
}

fn exercise_words() -> Text {
    Text::new("訓練　実際の事案ではありません", "EXERCISE: not a real incident")
}

fn printed(section: &Section, rendering: &Rendering<'_>) -> PrintedSection {
    let rows = section.fields.iter().map(|field| row(field, rendering)).collect();
    PrintedSection { id: section.id.clone(), title: section.title.clone(), rows }
}

fn row(field: &sakimori_content::Field, rendering: &Rendering<'_>) -> PrintedRow {
    let form = rendering.form;
    let value = if field.is_typed() {
        let answer = rendering.file.case.answers.get(&field.id);
        answer.map_or_else(|| form.investigating.clone(), |answer| answer.words(field, form))
    } else {
        let value = sources::value(&field.source, rendering).unwrap_or_default();
        if value.ja.is_empty() { form.nothing_yet.clone() } else { value }
    };
    let open = value == form.investigating || value == form.nothing_yet;
    PrintedRow { field: field.id.clone(), label: field.label.clone(), value, open }
}
