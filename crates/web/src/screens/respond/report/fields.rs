//! The questions of a report form as inputs, and what was typed as answers.

use sakimori_content::{Field, FieldKind, Form as Questions};
use sakimori_respond::{Answer, Case};

use crate::form::{Form, Problem};
use crate::frame::Frame;

/// Longest answer, in characters.
const ANSWER_CHARS_MAX: usize = 4_000;

/// How a question is answered on the screen.
pub(super) enum Input {
    /// Taken from the record.
    Fixed,
    /// Free text.
    Text(String),
    /// Boxes to tick.
    Choices(Vec<Tick>),
    /// A moment.
    Moment(String),
    /// A number, and whether it is an estimate.
    Count(String, bool),
}

/// One box to tick.
pub(super) struct Tick {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) chosen: bool,
}

/// The name of a question's input.
pub(super) fn input_name(field: &str) -> String {
    format!("answer-{field}")
}

/// The input of a question, filled with what was typed, else with the answer on record.
pub(super) fn input(frame: &Frame, field: &Field, form: &Form, case: &Case) -> Input {
    let name = input_name(&field.id);
    let typed = form.value(&name);
    let record = case.answers.get(&field.id);
    match field.kind {
        FieldKind::Derived => Input::Fixed,
        FieldKind::Text => Input::Text(match record {
            Some(Answer::Text { text }) if form.fine() => text.clone(),
            _ => typed.to_owned(),
        }),
        FieldKind::Choice => Input::Choices(boxes(frame, field, form, record)),
        FieldKind::DateTime => Input::Moment(match record {
            Some(Answer::Moment { at }) if form.fine() => frame.minute(*at),
            _ => typed.to_owned(),
        }),
        FieldKind::Count => match record {
            Some(Answer::Count { number, approximate }) if form.fine() => {
                Input::Count(number.to_string(), *approximate)
            }
            _ => Input::Count(typed.to_owned(), form.has(&format!("{name}-about"), "yes")),
        },
    }
}

fn boxes(frame: &Frame, field: &Field, form: &Form, record: Option<&Answer>) -> Vec<Tick> {
    let name = input_name(&field.id);
    let chosen = |id: &str| match record {
        Some(Answer::Choice { ids }) if form.fine() => ids.iter().any(|own| own == id),
        _ => form.has(&name, id),
    };
    field
        .choices
        .iter()
        .map(|choice| Tick {
            id: choice.id.clone(),
            label: choice.label.get(frame.lang).to_owned(),
            chosen: chosen(&choice.id),
        })
        .collect()
}

/// The answers that differ from the record, by field. Problems are noted in the form.
pub(super) fn changes(
    form: &mut Form,
    questions: &Questions,
    case: &Case,
) -> Vec<(String, Answer)> {
    let mut changes = Vec::new();
    for field in questions.fields().filter(|field| field.is_typed()) {
        let record = case.answers.get(&field.id);
        if let Some(answer) = answer(form, field, record)
            && record != Some(&answer)
        {
            changes.push((field.id.clone(), answer));
        }
    }
    changes
}

/// What was answered; `None` when the question was left as it is, unanswered or with a problem.
fn answer(form: &mut Form, field: &Field, record: Option<&Answer>) -> Option<Answer> {
    let name = input_name(&field.id);
    let given = given(form, field, &name);
    let not_applicable = form.has(&format!("{name}-empty"), "none");
    if given.is_some() && not_applicable {
        form.wrong(&name, Problem::new("problem-not-applicable"));
    }
    if form.problem(&name).is_some() {
        return None;
    }
    match (given, not_applicable, record) {
        (Some(answer), _, _) => Some(answer),
        (None, true, _) => Some(Answer::NotApplicable),
        (None, false, None) => None,
        (None, false, Some(_)) => Some(Answer::Investigating),
    }
}

fn given(form: &mut Form, field: &Field, name: &str) -> Option<Answer> {
    match field.kind {
        FieldKind::Derived => None,
        FieldKind::Text => Some(form.limited(name, ANSWER_CHARS_MAX))
            .filter(|text| !text.is_empty())
            .map(Answer::text),
        FieldKind::Choice => {
            let ids: Vec<String> =
                form.all(name).filter(|id| field.choice(id).is_some()).map(str::to_owned).collect();
            (!ids.is_empty()).then_some(Answer::Choice { ids })
        }
        FieldKind::DateTime => form.time(name).map(|at| Answer::Moment { at }),
        FieldKind::Count => form.number(name).map(|number| Answer::Count {
            number: u64::from(number),
            approximate: form.has(&format!("{name}-about"), "yes"),
        }),
    }
}
