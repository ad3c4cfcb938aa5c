//! An exercise of the whole first hour: events that are told at times, and who did what after how many minutes.

use sakimori_words::{Date, Instant, SECOND_MICROS, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use super::Improvement;
use super::drill::finish;
use crate::decide::{Change, said};
use crate::{Actor, Answer, Case, EntryKind, Moment, RespondError, StepState, TimelineEntry};

/// Most events in one exercise.
const INJECTS_MAX: usize = 100;

/// What was prepared for an exercise.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rehearsal {
    /// Whether the offices take part: only then reports leave, marked as an exercise.
    #[serde(default)]
    pub offices_take_part: bool,
    /// The events that are told, in the order of their times.
    #[serde(default)]
    pub injects: Vec<Inject>,
    /// What has to become better.
    #[serde(default)]
    pub improvements: Vec<Improvement>,
}

/// An event that is told to the players.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Inject {
    /// Its id.
    pub id: String,
    /// Minutes after the case was opened.
    pub after_minutes: u32,
    /// What is told, e.g. `病棟から電子カルテが開かないと電話`.
    pub text: String,
    /// The step of the playbook that should follow; empty: none.
    #[serde(default)]
    pub step: String,
}

/// Something that was done in an exercise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExerciseMark {
    /// Minutes after the case was opened.
    pub minutes: i64,
    /// The step by id; empty for calls, decisions and judgements.
    pub step: String,
    /// What was done.
    pub what: Text,
    /// By whom.
    pub by: String,
}

/// How an event was answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InjectScore {
    /// The event.
    pub inject: Inject,
    /// Minutes from the telling to the step; `None`: not done, or none was expected.
    pub minutes: Option<i64>,
}

impl Rehearsal {
    /// The events that were told by `now`, the newest last.
    #[must_use]
    pub fn told(&self, opened_at: Instant, now: Instant) -> Vec<&Inject> {
        self.injects
            .iter()
            .filter(|one| now >= opened_at.plus_seconds(i64::from(one.after_minutes) * 60))
            .collect()
    }
}

/// Adds an event to an exercise.
///
/// # Errors
/// When the case is real or closed, or nothing is said.
pub(crate) fn inject(
    case: &Case,
    after_minutes: u32,
    text: &str,
    step: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    change(case, moment, |rehearsal| {
        if rehearsal.injects.len() >= INJECTS_MAX {
            return Err(RespondError::NotNow { what: "further event" });
        }
        rehearsal.injects.push(Inject {
            id: new_uuid7(moment.now, moment.chance),
            after_minutes,
            text: said(text, "text")?,
            step: step.to_owned(),
        });
        rehearsal.injects.sort_by_key(|one| one.after_minutes);
        Ok(Text::new("訓練の状況付与を追加", "An event was added to the exercise"))
    })
}

/// Says whether the offices take part.
///
/// # Errors
/// When the case is real or closed.
pub(crate) fn take_part(
    case: &Case,
    offices: bool,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    change(case, moment, |rehearsal| {
        rehearsal.offices_take_part = offices;
        Ok(if offices {
            Text::new(
                "訓練に行政機関が参加（報告は「訓練」と付けて送る）",
                "The offices take part in the exercise; reports are sent, marked as exercise",
            )
        } else {
            Text::new(
                "訓練に行政機関は参加しない（報告は送らない）",
                "The offices do not take part in the exercise; no report is sent",
            )
        })
    })
}

/// Adds something that has to become better; also after the exercise has ended.
///
/// # Errors
/// When the case is real, or what or who is missing.
pub(crate) fn improve(
    case: &Case,
    what: &str,
    owner: &str,
    due_on: Date,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    change(case, moment, |rehearsal| {
        let wanted = Improvement::wanted(what, owner, due_on, moment)?;
        let Improvement { what, owner, .. } = &wanted;
        let words = Text::new(
            format!("改善事項: {what}（{owner}、{due_on} まで）"),
            format!("To improve: {what} ({owner}, by {due_on})"),
        );
        rehearsal.improvements.push(wanted);
        Ok(words)
    })
}

/// Marks something that had to become better as done; also after the exercise has ended.
///
/// # Errors
/// When the case is real, there is no such open improvement, or nobody says what was done.
pub(crate) fn improved(
    case: &Case,
    improvement: &str,
    done: &str,
    moment: Moment<'_>,
) -> Result<Change, RespondError> {
    change(case, moment, |rehearsal| {
        let own = finish(&mut rehearsal.improvements, improvement, done, moment)?;
        Ok(Text::new(
            format!("改善済み: {}（{}）", own.what, own.done),
            format!("Improved: {} ({})", own.what, own.done),
        ))
    })
}

fn change(
    case: &Case,
    moment: Moment<'_>,
    act: impl FnOnce(&mut Rehearsal) -> Result<Text, RespondError>,
) -> Result<Change, RespondError> {
    if !case.exercise {
        return Err(RespondError::NotAnExercise);
    }
    let mut after = case.clone();
    let words = act(&mut after.rehearsal)?;
    let entry = TimelineEntry::now(&case.id, EntryKind::Action, words, moment);
    Ok(Change {
        kind: "exercise_prepared",
        case: after,
        entries: vec![entry],
        report: None,
        hold_changed: false,
    })
}

/// Everything that was done, with the minutes after the opening.
#[must_use]
pub fn exercise_marks(case: &Case) -> Vec<ExerciseMark> {
    let minutes = |at: Instant| at.micros_since(case.opened_at) / SECOND_MICROS / 60;
    let mark = |at: Instant, step: &str, what: Text, by: &Actor| ExerciseMark {
        minutes: minutes(at),
        step: step.to_owned(),
        what,
        by: by.name.clone(),
    };
    let mut marks: Vec<ExerciseMark> = Vec::new();
    for (step, all) in &case.steps {
        let done = all.iter().find(|one| matches!(one.state, StepState::Done { .. }));
        marks.extend(done.map(|one| mark(one.at, step, Text::default(), &one.by)));
    }
    for record in &case.calls {
        marks.push(mark(record.call.at, "", record.call.words(), &record.by));
    }
    for decision in &case.isolation {
        let words = Text::new(
            format!("判断: {}（{}）", decision.chosen.ja, decision.decided_by),
            format!("Decision: {} ({})", decision.chosen.en, decision.decided_by),
        );
        marks.push(mark(decision.decided_at, "", words, &decision.recorded_by));
    }
    marks.sort_by_key(|one| one.minutes);
    marks
}

/// How every event was answered.
#[must_use]
pub fn inject_scores(case: &Case) -> Vec<InjectScore> {
    let done_at = |step: &str, from: Instant| {
        let marks = case.steps.get(step)?;
        let done = marks.iter().find(|one| {
            matches!(one.state, StepState::Done { .. } | StepState::Skipped { .. })
                && one.at >= from
        })?;
        Some(done.at.micros_since(from) / SECOND_MICROS / 60)
    };
    let score = |inject: &Inject| {
        let from = case.opened_at.plus_seconds(i64::from(inject.after_minutes) * 60);
        InjectScore { minutes: done_at(&inject.step, from), inject: inject.clone() }
    };
    case.rehearsal.injects.iter().map(score).collect()
}

/// Which of the known systems the case is about: those that its title, its origin, its findings or its answers name.
#[must_use]
pub fn affected_systems(case: &Case, known: &[String]) -> Vec<String> {
    let mut text = case.title.to_lowercase();
    if let crate::Origin::Person { sentence } = &case.origin {
        text.push_str(&sentence.to_lowercase());
    }
    for finding in case.findings() {
        for part in [&finding.title.ja, &finding.title.en, &finding.host] {
            text.push('\n');
            text.push_str(&part.to_lowercase());
        }
    }
    if let Some(Answer::Text { text: answer }) = case.answers.get("affected_systems") {
        text.push('\n');
        text.push_str(&answer.to_lowercase());
    }
    let named = |system: &&String| {
        let system = system.trim().to_lowercase();
        !system.is_empty() && text.contains(&system)
    };
    known.iter().filter(named).cloned().collect()
}
