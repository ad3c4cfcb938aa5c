//! A drill of the phone tree: who was reached after how long, and what has to become better.

use std::collections::BTreeSet;

use sakimori_content::LocalContact;
use sakimori_words::{Date, Instant, SECOND_MICROS, Text, new_uuid7};
use serde::{Deserialize, Serialize};

use crate::decide::{may_say, said};
use crate::{Actor, Moment, RespondError};

/// Most people in one drill.
const PEOPLE_MAX: usize = 500;
/// Most tries that are kept for one person.
const TRIES_MAX: usize = 50;

/// What is given when a drill is planned.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DrillPlan {
    /// What it is called.
    pub title: String,
    /// The day it is planned for.
    pub on: Option<Date>,
    /// Whether the people know of it beforehand; otherwise it is blind (抜き打ち).
    pub announced: bool,
    /// The contacts that are called, by id, in order.
    pub people: Vec<String>,
}

/// How a try ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tried {
    /// The person answered.
    Answered,
    /// Nobody answered.
    NoAnswer,
    /// The number belongs to somebody else, or to nobody.
    WrongNumber,
}

/// One try to reach somebody.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Try {
    /// When.
    pub at: Instant,
    /// Who called.
    pub by: Actor,
    /// The number or other way that was tried.
    pub channel: String,
    /// How it ended.
    pub outcome: Tried,
}

/// Somebody who is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrillPerson {
    /// The contact's id.
    pub contact: String,
    /// Name as it was when the drill was planned.
    pub name: String,
    /// What the person does.
    pub duty: String,
    /// The tries, in order.
    pub tries: Vec<Try>,
}

impl DrillPerson {
    /// When the person was reached.
    #[must_use]
    pub fn reached_at(&self) -> Option<Instant> {
        self.tries.iter().find(|one| one.outcome == Tried::Answered).map(|one| one.at)
    }
}

/// Where a drill stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum DrillState {
    /// Not begun.
    Planned,
    /// The clock runs.
    Running {
        /// Since when.
        started_at: Instant,
    },
    /// Over; improvements are collected and worked on.
    Scored {
        /// When it began.
        started_at: Instant,
        /// When it ended.
        ended_at: Instant,
    },
    /// Every improvement is done or written off.
    Closed {
        /// When it began.
        started_at: Instant,
        /// When it ended.
        ended_at: Instant,
        /// When it was closed.
        closed_at: Instant,
    },
}

/// Something that has to become better.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Improvement {
    /// Its id.
    pub id: String,
    /// What.
    pub what: String,
    /// Who sees to it, by name.
    pub owner: String,
    /// Until when.
    pub due_on: Date,
    /// When it was done; `None`: it is open.
    pub done_at: Option<Instant>,
    /// Who said that it was done; `None` while it is open, and in records of version 1.
    #[serde(default)]
    pub done_by: Option<Actor>,
    /// What was done.
    #[serde(default)]
    pub done: String,
}

impl Improvement {
    /// Something that is to become better from now on.
    ///
    /// # Errors
    /// When what or who is missing.
    pub(super) fn wanted(
        what: &str,
        owner: &str,
        due_on: Date,
        moment: Moment<'_>,
    ) -> Result<Self, RespondError> {
        Ok(Self {
            id: new_uuid7(moment.now, moment.chance),
            what: said(what, "what")?,
            owner: said(owner, "owner")?,
            due_on,
            done_at: None,
            done_by: None,
            done: String::new(),
        })
    }

    /// Whether nobody has said yet that it was done.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        self.done_at.is_none()
    }

    /// Whether it is still open after its day.
    #[must_use]
    pub fn is_late_on(&self, day: Date) -> bool {
        self.is_open() && self.due_on < day
    }
}

/// Marks the open one of that id as done by what was done, and returns it.
///
/// # Errors
/// When there is no such open improvement, or nobody says what was done.
pub(super) fn finish<'a>(
    all: &'a mut [Improvement],
    id: &str,
    done: &str,
    moment: Moment<'_>,
) -> Result<&'a Improvement, RespondError> {
    let done = said(done, "done")?;
    let open = all.iter_mut().find(|one| one.id == id && one.is_open());
    let open =
        open.ok_or_else(|| RespondError::Unknown { what: "improvement", id: id.to_owned() })?;
    open.done_at = Some(moment.now);
    open.done_by = Some(moment.by.clone());
    open.done = done;
    Ok(open)
}

/// One drill.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Drill {
    /// Its id.
    pub id: String,
    /// What it is called.
    pub title: String,
    /// The day it is planned for.
    pub on: Option<Date>,
    /// Whether the people know of it beforehand.
    pub announced: bool,
    /// Who planned it.
    pub planned_by: Actor,
    /// When it was planned.
    pub planned_at: Instant,
    /// Where it stands.
    pub state: DrillState,
    /// Who is called.
    pub people: Vec<DrillPerson>,
    /// What has to become better.
    pub improvements: Vec<Improvement>,
}

/// The result of a drill.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Score {
    /// How many people are called.
    pub people: usize,
    /// How many were reached.
    pub reached: usize,
    /// Seconds until four of five were reached; `None`: never.
    pub seconds_to_most: Option<i64>,
    /// Seconds until everybody was reached; `None`: never.
    pub seconds_to_all: Option<i64>,
    /// Names of those who were not reached.
    pub unreached: Vec<String>,
    /// Names and numbers that were wrong.
    pub wrong: Vec<String>,
}

impl Drill {
    /// Plans a drill.
    ///
    /// # Errors
    /// When it has no name or nobody is called.
    pub fn plan(
        plan: &DrillPlan,
        contacts: &[LocalContact],
        moment: Moment<'_>,
    ) -> Result<Self, RespondError> {
        let mut seen = BTreeSet::new();
        let people: Vec<DrillPerson> = plan
            .people
            .iter()
            .filter(|id| seen.insert(id.as_str()))
            .filter_map(|id| contacts.iter().find(|own| own.id == *id))
            .take(PEOPLE_MAX)
            .map(|own| DrillPerson {
                contact: own.id.clone(),
                name: own.name.clone(),
                duty: own.duty.clone(),
                tries: Vec::new(),
            })
            .collect();
        if people.is_empty() {
            return Err(RespondError::Missing { what: "people" });
        }
        Ok(Self {
            id: new_uuid7(moment.now, moment.chance),
            title: said(&plan.title, "title")?,
            on: plan.on,
            announced: plan.announced,
            planned_by: moment.by.clone(),
            planned_at: moment.now,
            state: DrillState::Planned,
            people,
            improvements: Vec::new(),
        })
    }

    /// Starts the clock.
    ///
    /// # Errors
    /// When it was started before.
    pub fn start(&mut self, now: Instant) -> Result<(), RespondError> {
        if self.state != DrillState::Planned {
            return Err(RespondError::NotNow { what: "drill" });
        }
        self.state = DrillState::Running { started_at: now };
        Ok(())
    }

    /// Records a try. Several people can call at once.
    ///
    /// # Errors
    /// When the drill does not run, or there is no such person.
    pub fn tried(
        &mut self,
        contact: &str,
        channel: &str,
        outcome: Tried,
        moment: Moment<'_>,
    ) -> Result<(), RespondError> {
        if !matches!(self.state, DrillState::Running { .. }) {
            return Err(RespondError::NotNow { what: "drill" });
        }
        let channel = may_say(channel, "channel")?;
        let person = self
            .people
            .iter_mut()
            .find(|person| person.contact == contact)
            .ok_or_else(|| RespondError::Unknown { what: "person", id: contact.to_owned() })?;
        if person.tries.len() >= TRIES_MAX {
            return Err(RespondError::NotNow { what: "drill" });
        }
        person.tries.push(Try { at: moment.now, by: moment.by.clone(), channel, outcome });
        Ok(())
    }

    /// Ends the calling.
    ///
    /// # Errors
    /// When it does not run.
    pub fn end(&mut self, now: Instant) -> Result<(), RespondError> {
        let DrillState::Running { started_at } = self.state else {
            return Err(RespondError::NotNow { what: "drill" });
        };
        self.state = DrillState::Scored { started_at, ended_at: now };
        Ok(())
    }

    /// Adds something that has to become better.
    ///
    /// # Errors
    /// When the drill is not over yet or closed, or what or who is missing.
    pub fn improve(
        &mut self,
        what: &str,
        owner: &str,
        due_on: Date,
        moment: Moment<'_>,
    ) -> Result<(), RespondError> {
        if !matches!(self.state, DrillState::Scored { .. }) {
            return Err(RespondError::NotNow { what: "drill" });
        }
        self.improvements.push(Improvement::wanted(what, owner, due_on, moment)?);
        Ok(())
    }

    /// Marks an improvement as done by what was done.
    ///
    /// # Errors
    /// When there is no such open improvement, or nobody says what was done.
    pub fn improved(
        &mut self,
        id: &str,
        done: &str,
        moment: Moment<'_>,
    ) -> Result<(), RespondError> {
        finish(&mut self.improvements, id, done, moment).map(drop)
    }

    /// Closes it.
    ///
    /// # Errors
    /// When it is not over, or an improvement is not done.
    pub fn close(&mut self, now: Instant) -> Result<(), RespondError> {
        let DrillState::Scored { started_at, ended_at } = self.state else {
            return Err(RespondError::NotNow { what: "drill" });
        };
        if self.improvements.iter().any(Improvement::is_open) {
            return Err(RespondError::NotNow { what: "open improvement" });
        }
        self.state = DrillState::Closed { started_at, ended_at, closed_at: now };
        Ok(())
    }

    /// When the clock started.
    #[must_use]
    pub const fn started_at(&self) -> Option<Instant> {
        match self.state {
            DrillState::Planned => None,
            DrillState::Running { started_at }
            | DrillState::Scored { started_at, .. }
            | DrillState::Closed { started_at, .. } => Some(started_at),
        }
    }

    /// When the calling ended.
    #[must_use]
    pub const fn ended_at(&self) -> Option<Instant> {
        match self.state {
            DrillState::Scored { ended_at, .. } | DrillState::Closed { ended_at, .. } => {
                Some(ended_at)
            }
            DrillState::Planned | DrillState::Running { .. } => None,
        }
    }

    /// Who is to be called next: not yet reached, those tried least often first, in the order of the plan.
    #[must_use]
    pub fn waiting(&self) -> Vec<&DrillPerson> {
        let mut waiting: Vec<&DrillPerson> =
            self.people.iter().filter(|person| person.reached_at().is_none()).collect();
        waiting.sort_by_key(|person| person.tries.len());
        waiting
    }
}

/// The result so far.
#[must_use]
pub fn drill_score(drill: &Drill) -> Score {
    let people = drill.people.len();
    let mut seconds: Vec<i64> = drill
        .people
        .iter()
        .filter_map(DrillPerson::reached_at)
        .filter_map(|at| Some(at.micros_since(drill.started_at()?) / SECOND_MICROS))
        .collect();
    seconds.sort_unstable();
    let after = |count: usize| count.checked_sub(1).and_then(|at| seconds.get(at)).copied();
    Score {
        people,
        reached: seconds.len(),
        seconds_to_most: after((people * 4).div_ceil(5)),
        seconds_to_all: after(people),
        unreached: drill
            .people
            .iter()
            .filter(|person| person.reached_at().is_none())
            .map(|person| person.name.clone())
            .collect(),
        wrong: drill
            .people
            .iter()
            .flat_map(|person| person.tries.iter().map(move |one| (person, one)))
            .filter(|(_, one)| one.outcome == Tried::WrongNumber)
            .map(|(person, one)| format!("{} {}", person.name, one.channel).trim().to_owned())
            .collect(),
    }
}

impl Tried {
    /// How it ended, in words.
    #[must_use]
    pub fn words(self) -> Text {
        match self {
            Self::Answered => Text::new("応答あり", "answered"),
            Self::NoAnswer => Text::new("応答なし", "no answer"),
            Self::WrongNumber => Text::new("番号違い", "wrong number"),
        }
    }
}
