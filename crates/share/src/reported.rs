//! What the office was told of an incident, and what of it may pass. The program fills it from the report; this stage knows no report.

use std::collections::BTreeSet;

use sakimori_content::{FieldClass, FieldClasses, Form};
use sakimori_words::{CaseId, Date, Organisation, ReportId, Text};
use serde::{Deserialize, Serialize};

use crate::scrub::without_brackets;

/// The field of maintenance companies.
pub(crate) const VENDORS: &str = "vendors";

/// One field of a report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedField {
    /// Its id in the form.
    pub id: String,
    /// Its label.
    pub label: Text,
    /// What was reported.
    pub value: Text,
    /// What may become of it.
    pub class: FieldClass,
}

/// An incident as the office was told of it. Nothing of this leaves the office as it stands here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReportedCase {
    /// The office's case.
    pub case: CaseId,
    /// The report it was taken from.
    pub report: ReportId,
    /// The victim, as the register knows it.
    pub institution: Organisation,
    /// The day it was noticed.
    pub detected_on: Date,
    /// Whether the victim has published the incident itself.
    pub published: bool,
    /// Whether it belongs to an exercise.
    pub exercise: bool,
    /// The fields of the report.
    pub fields: Vec<ReportedField>,
}

/// What parts the names in one field.
const BETWEEN_NAMES: [char; 14] =
    ['\n', '、', '，', ',', '・', '／', '/', '（', '）', '(', ')', '\u{3000}', ' ', '\t'];

impl ReportedField {
    /// What of the value names somebody, piece by piece. Of a maintenance company (`甲株式会社（電子カルテ）`) that is the company: what it
    /// maintains is what half the country has, and no case could be told without the word.
    pub(crate) fn names(&self) -> Vec<String> {
        let outside: Vec<String> = match self.id.as_str() {
            VENDORS => self.value.ja.lines().map(without_brackets).collect(),
            _ => vec![self.value.ja.clone()],
        };
        let pieces = outside.iter().flat_map(|value| value.split(BETWEEN_NAMES));
        let pieces = pieces.map(str::trim).filter(|piece| !piece.is_empty());
        pieces.map(str::to_owned).collect()
    }
}

/// A field as it may be shared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PassedField {
    /// Its id in the form.
    pub id: String,
    /// Its label.
    pub label: Text,
    /// The choice or the band.
    pub value: Text,
}

impl ReportedCase {
    /// Fields of a class.
    pub fn of_class(&self, class: FieldClass) -> impl Iterator<Item = &ReportedField> {
        self.fields.iter().filter(move |field| field.class == class)
    }

    /// The fields that pass by themselves, in the words of the form: of a choice what the form offers and nothing that was typed.
    #[must_use]
    pub fn technical(&self, form: &Form) -> Vec<PassedField> {
        let passing = |field: &ReportedField| {
            let choices = &form.field(&field.id)?.choices;
            let chosen =
                choices.iter().filter(|choice| is_chosen(&field.value.ja, &choice.label.ja));
            pass(field, chosen.map(|choice| choice.label.clone()).collect())
        };
        self.of_class(FieldClass::Technical).filter_map(passing).collect()
    }

    /// The damage in bands: of a count the band, of a choice only whether there was any.
    #[must_use]
    pub fn damage(&self, form: &Form, classes: &FieldClasses) -> Vec<PassedField> {
        let passing = |field: &ReportedField| {
            if let Some(band) = classes.band(&field.id) {
                return pass(field, band_words(&band.lower, &field.value.ja).into_iter().collect());
            }
            let choices = &form.field(&field.id)?.choices;
            let some = choices
                .iter()
                .any(|choice| choice.id != "none" && is_chosen(&field.value.ja, &choice.label.ja));
            pass(field, some.then(|| Text::new("あり", "Yes")).into_iter().collect())
        };
        self.of_class(FieldClass::Damage).filter_map(passing).collect()
    }
}

fn pass(field: &ReportedField, values: Vec<Text>) -> Option<PassedField> {
    let (ja, en): (Vec<String>, Vec<String>) =
        values.into_iter().map(|text| (text.ja, text.en)).unzip();
    let value = Text::new(ja.join("、"), en.join(", "));
    (!value.ja.is_empty()).then(|| PassedField {
        id: field.id.clone(),
        label: field.label.clone(),
        value,
    })
}

fn is_chosen(value: &str, label: &str) -> bool {
    let parts: BTreeSet<&str> = value.split(['、', '\n', ',']).map(str::trim).collect();
    parts.contains(label)
}

/// The band of the first number in what was reported; `None` when no number stands there.
fn band_words(lower: &[u64], value: &str) -> Option<Text> {
    let narrow = value.chars().map(|c| match c {
        '０'..='９' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
        other => other,
    });
    let digits: String = narrow
        .filter(|c| *c != ',' && *c != '，')
        .skip_while(|c| !c.is_ascii_digit())
        .take_while(char::is_ascii_digit)
        .collect();
    let number: u64 = digits.parse().ok()?;
    let from = lower.iter().copied().take_while(|bound| *bound <= number).last()?;
    let below = lower.iter().copied().find(|bound| *bound > number);
    Some(match (from, below) {
        (0, _) => Text::new("なし", "none"),
        (from, Some(below)) => {
            Text::new(format!("{from}～{}", below - 1), format!("{from} to {}", below - 1))
        }
        (from, None) => Text::new(format!("{from}以上"), format!("{from} or more")),
    })
}
