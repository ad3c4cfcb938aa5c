//! A warning as an institution or a relaying office keeps it: once, with every route it came by. Pure.

use sakimori_federation::Via;
use sakimori_words::{Instant, MessageId, OrganisationId};
use serde::{Deserialize, Serialize};

use crate::answer::{Acknowledgement, Answer, Stage};
use crate::devices::DeviceCounts;
use crate::error::WarnError;
use crate::warning::{Signer, Warning, WarningKey};

/// So many revisions of a warning are kept, the newest. Only the newest counts, and a record has a largest size.
const REVISIONS_MAX: usize = 20;

/// One way a revision came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RouteRecord {
    /// The neighbour that handed it over.
    pub from: OrganisationId,
    /// The relays it passed, with their remarks (周知文).
    pub vias: Vec<Via>,
    /// When it came.
    pub received_at: Instant,
}

/// How an office passed a revision on (周知).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RelayRecord {
    /// The officer who decided it.
    pub by: Signer,
    /// When.
    pub at: Instant,
    /// The office's own words.
    pub remark: String,
    /// To how many it was handed then.
    pub n_to: u32,
}

/// One revision as it came, and how far we have come with it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedRevision {
    /// What it says.
    pub warning: Warning,
    /// The message it came in.
    pub message: MessageId,
    /// All the ways it came.
    pub routes: Vec<RouteRecord>,
    /// How far we have come.
    pub stage: Stage,
    /// Who opened it first, and when.
    pub opened: Option<(Signer, Instant)>,
    /// The latest answer.
    pub answer: Option<Answer>,
    /// What was added to it.
    pub note: String,
    /// What the list of devices said then; `None` when there was none.
    #[serde(default)]
    pub devices: Option<DeviceCounts>,
    /// Who gave it, and when.
    pub answered: Option<(Signer, Instant)>,
    /// Who said that everything is done, and when.
    pub done: Option<(Signer, Instant)>,
    /// When offices reminded us.
    pub reminded_at: Vec<Instant>,
    /// When a reminder came that is for the deputies too, the last one.
    #[serde(default)]
    pub deputies_reminded_at: Option<Instant>,
    /// How we passed it on, at an office.
    pub relay: Option<RelayRecord>,
    /// Another text the origin signed under the same revision number. Shown beside this one, as an alarm.
    pub conflict: Option<Box<Warning>>,
}

/// A warning with all its revisions that came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReceivedWarning {
    /// Which.
    pub key: WarningKey,
    /// Its revisions, the newest first, at most twenty. Only the newest counts.
    pub revisions: Vec<ReceivedRevision>,
}

/// What a named person answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewAnswer {
    /// The answer.
    pub answer: Answer,
    /// What the person adds.
    pub note: String,
    /// What the list of devices says; `None` when there is none.
    pub devices: Option<DeviceCounts>,
}

/// What the arrival of a revision meant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ArrivalOfRevision {
    /// New, and now the one that counts.
    Newest,
    /// New here, but a newer one is here already.
    Outdated,
    /// Here already, by another route.
    AnotherRoute,
    /// Here already, with another text.
    Conflict,
}

impl ReceivedWarning {
    /// The revision that counts.
    #[must_use]
    pub fn current(&self) -> Option<&ReceivedRevision> {
        self.revisions.first()
    }

    /// Whether nobody has opened the current revision.
    #[must_use]
    pub fn is_unread(&self) -> bool {
        self.current().is_some_and(|revision| revision.stage < Stage::Opened)
    }

    /// Whether a named person still has to answer. A withdrawn warning needs no answer.
    #[must_use]
    pub fn awaits_answer(&self) -> bool {
        self.current().is_some_and(|revision| {
            revision.stage < Stage::Acknowledged && revision.warning.content.withdrawn.is_none()
        })
    }

    /// Takes in a revision that came by `route`.
    pub(crate) fn arrive(
        &mut self,
        warning: &Warning,
        message: &MessageId,
        route: RouteRecord,
    ) -> ArrivalOfRevision {
        if let Some(known) =
            self.revisions.iter_mut().find(|r| r.warning.revision == warning.revision)
        {
            known.routes.push(route);
            if known.warning == *warning {
                return ArrivalOfRevision::AnotherRoute;
            }
            known.conflict = Some(Box::new(warning.clone()));
            return ArrivalOfRevision::Conflict;
        }
        let newest = self.revisions.iter().all(|r| r.warning.revision < warning.revision);
        self.revisions.push(ReceivedRevision::new(warning.clone(), message.clone(), route));
        self.revisions.sort_by_key(|revision| std::cmp::Reverse(revision.warning.revision));
        self.revisions.truncate(REVISIONS_MAX);
        if newest { ArrivalOfRevision::Newest } else { ArrivalOfRevision::Outdated }
    }

    /// A person opens it. Opening again changes nothing.
    pub(crate) fn open(&mut self, by: &Signer, now: Instant) -> Result<bool, WarnError> {
        let revision = self.current_mut()?;
        if revision.stage >= Stage::Opened {
            return Ok(false);
        }
        revision.stage = Stage::Opened;
        revision.opened = Some((by.clone(), now));
        Ok(true)
    }

    /// A named person answers, or changes the answer.
    pub(crate) fn answer(
        &mut self,
        by: &Signer,
        given: &NewAnswer,
        now: Instant,
    ) -> Result<(), WarnError> {
        let revision = self.current_mut()?;
        if by.name.trim().is_empty() {
            return Err(WarnError::Missing { field: "氏名" });
        }
        let now = revision.next_word_at(Stage::Acknowledged, now);
        revision.opened.get_or_insert_with(|| (by.clone(), now));
        // An answer after "done" opens the matter again.
        revision.stage = Stage::Acknowledged;
        revision.done = None;
        revision.answer = Some(given.answer);
        revision.note.clone_from(&given.note);
        revision.devices = given.devices;
        revision.answered = Some((by.clone(), now));
        Ok(())
    }

    /// A named person says that what was asked for is done.
    pub(crate) fn finish(
        &mut self,
        by: &Signer,
        note: &str,
        now: Instant,
    ) -> Result<(), WarnError> {
        let revision = self.current_mut()?;
        match revision.answer {
            None => return Err(WarnError::NotAnswered),
            Some(Answer::Checking) => return Err(WarnError::StillChecking),
            Some(Answer::Affected | Answer::NotAffected) => {}
        }
        let now = revision.next_word_at(Stage::Done, now);
        revision.stage = Stage::Done;
        revision.done = Some((by.clone(), now));
        if !note.trim().is_empty() {
            note.clone_into(&mut revision.note);
        }
        Ok(())
    }

    pub(crate) fn current_mut(&mut self) -> Result<&mut ReceivedRevision, WarnError> {
        self.revisions.first_mut().ok_or(WarnError::Unknown)
    }
}

impl ReceivedRevision {
    fn new(warning: Warning, message: MessageId, route: RouteRecord) -> Self {
        Self {
            warning,
            message,
            routes: vec![route],
            stage: Stage::Delivered,
            opened: None,
            answer: None,
            note: String::new(),
            devices: None,
            answered: None,
            done: None,
            reminded_at: vec![],
            deputies_reminded_at: None,
            relay: None,
            conflict: None,
        }
    }

    /// The neighbours it came by, each once.
    #[must_use]
    pub fn neighbours(&self) -> Vec<OrganisationId> {
        let mut neighbours: Vec<OrganisationId> =
            self.routes.iter().map(|route| route.from.clone()).collect();
        neighbours.sort();
        neighbours.dedup();
        neighbours
    }

    /// When our last word about it was: of several words the latest counts.
    fn last_word_at(&self) -> Instant {
        let acts = [&self.opened, &self.answered, &self.done].into_iter().flatten();
        let received_at = self.routes.iter().map(|route| route.received_at).min();
        let relayed_at = self.relay.as_ref().map(|relay| relay.at);
        let at = acts.map(|(_, at)| *at).chain(relayed_at).chain(received_at).max();
        at.unwrap_or_default()
    }

    /// When the word is that comes to `stage` now. Our clock may have been set back since the last one: hubs must not take that for the
    /// later, or a correction would be lost. Of two words of one moment the one that has come further counts.
    fn next_word_at(&self, stage: Stage, now: Instant) -> Instant {
        let last = self.last_word_at();
        let goes_further = stage > self.stage;
        now.max(if goes_further { last } else { last.plus_micros(1) })
    }

    /// What we say to the origin about it now.
    #[must_use]
    pub fn word(&self, organisation: &OrganisationId) -> Acknowledgement {
        let named = [&self.done, &self.answered].into_iter().flatten().next();
        let relay = self.relay.as_ref();
        let person = named.map(|(by, _)| &by.name).or(relay.map(|relay| &relay.by.name));
        Acknowledgement {
            warning: self.warning.key.clone(),
            revision: self.warning.revision,
            organisation: organisation.clone(),
            stage: if relay.is_some() { self.stage.max(Stage::Acknowledged) } else { self.stage },
            at: self.last_word_at(),
            answer: self.answer,
            person: person.cloned().unwrap_or_default(),
            note: self.note.clone(),
            n_relayed_to: relay.map_or(0, |relay| relay.n_to),
            devices: self.devices,
        }
    }
}
