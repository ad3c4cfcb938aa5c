//! The desk for what is prepared: deciders, procedures in versions, drills, and when the paper was last taken.

use std::sync::Arc;

use sakimori_content::LocalContact;
use sakimori_ledger::{Fact, Put, Record, Store};
use sakimori_words::{CaseId, Chance, Clock, Date, Instant};
use serde::{Deserialize, Serialize};

use super::{
    Decider, Drill, DrillPlan, PROCEDURE_KINDS, Procedure, ProcedureText, Tried, exercise,
};
use crate::decide::{may_say, said};
use crate::{Actor, Case, CaseDesk, Moment, RespondError};

/// Deciders and the mark of the paper, by name.
const READINESS: &str = "readiness";
/// Procedures by `<kind>/<version>`.
const PROCEDURES: &str = "procedure";
/// Drills by id.
const DRILLS: &str = "phone_drill";
/// Most versions of one procedure, and most drills, that are read.
const READ_MAX: usize = 1_000;
/// Most deciders.
const DECIDERS_MAX: usize = 50;
/// How often an act is decided again when somebody else changed the record in between.
const ATTEMPTS_MAX: usize = 16;

/// When the copy for paper was last printed or taken along.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaperMark {
    /// When.
    pub at: Instant,
    /// By whom.
    pub by: Actor,
}

/// The desk.
#[derive(Clone)]
pub struct ReadinessDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

impl ReadinessDesk {
    /// A desk over a store.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// The deciders in order.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn deciders(&self) -> Result<Vec<Decider>, RespondError> {
        match self.store.get(READINESS, "deciders").await? {
            Some(record) => Ok(record.read()?),
            None => Ok(Vec::new()),
        }
    }

    /// Keeps the deciders; the journal remembers the earlier lists.
    ///
    /// # Errors
    /// When a position is missing or endless, or the ledger fails.
    pub async fn set_deciders(&self, deciders: &[Decider], by: &Actor) -> Result<(), RespondError> {
        let mut kept = Vec::new();
        for one in deciders.iter().take(DECIDERS_MAX) {
            kept.push(Decider {
                contact: said(&one.contact, "contact")?,
                position: said(&one.position, "position")?,
                limits: may_say(&one.limits, "limits")?,
            });
        }
        self.put("deciders_set", Put::new(READINESS, "deciders", &kept)?, &kept, by).await
    }

    /// The newest version of every procedure, in the order of the kinds.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn procedures(&self) -> Result<Vec<Procedure>, RespondError> {
        let mut all = Vec::new();
        for kind in PROCEDURE_KINDS {
            all.extend(self.versions(kind).await?.pop());
        }
        Ok(all)
    }

    /// The versions of one procedure, oldest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn versions(&self, kind: &str) -> Result<Vec<Procedure>, RespondError> {
        let records = self.store.list_prefix(PROCEDURES, &format!("{kind}/"), READ_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// Writes the next version of a procedure.
    ///
    /// # Errors
    /// When there is no such kind, nothing is said, it is not approved, or the ledger fails.
    pub async fn write_procedure(
        &self,
        kind: &str,
        text: &ProcedureText,
        by: &Actor,
    ) -> Result<Procedure, RespondError> {
        if !PROCEDURE_KINDS.contains(&kind) {
            return Err(RespondError::Unknown { what: "kind of event", id: kind.to_owned() });
        }
        let text = ProcedureText {
            handling: may_say(&text.handling, "handling")?,
            preservation: may_say(&text.preservation, "preservation")?,
            stopping: may_say(&text.stopping, "stopping")?,
            approved_by: said(&text.approved_by, "approved_by")?,
            reviewed_on: text.reviewed_on,
        };
        if text.handling.is_empty() && text.preservation.is_empty() && text.stopping.is_empty() {
            return Err(RespondError::Missing { what: "text" });
        }
        for _ in 0..ATTEMPTS_MAX {
            let last = self.versions(kind).await?.pop().map_or(0, |own| own.version);
            let procedure = Procedure {
                kind: kind.to_owned(),
                version: last.saturating_add(1),
                text: text.clone(),
                written_by: by.clone(),
                written_at: self.clock.now(),
            };
            let key = format!("{kind}/{:06}", procedure.version);
            let put = Put::new(PROCEDURES, key, &procedure)?.absent();
            match self.put("procedure_written", put, &procedure, by).await {
                Ok(()) => return Ok(procedure),
                Err(RespondError::Busy) => {}
                Err(other) => return Err(other),
            }
        }
        Err(RespondError::Busy)
    }

    /// Drills, newest first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn drills(&self) -> Result<Vec<Drill>, RespondError> {
        let records = self.store.list_latest(DRILLS, None, READ_MAX).await?;
        records.iter().map(|record| Ok(record.read()?)).collect()
    }

    /// A drill.
    ///
    /// # Errors
    /// [`RespondError::Unknown`] when there is none of that id, or the ledger fails.
    pub async fn drill(&self, id: &str) -> Result<Drill, RespondError> {
        Ok(self.versioned_drill(id).await?.0)
    }

    /// Plans a drill.
    ///
    /// # Errors
    /// When it has no name, nobody is called, or the ledger fails.
    pub async fn plan_drill(
        &self,
        plan: &DrillPlan,
        contacts: &[LocalContact],
        by: &Actor,
    ) -> Result<Drill, RespondError> {
        let drill = Drill::plan(plan, contacts, self.moment(by))?;
        let put = Put::new(DRILLS, &*drill.id, &drill)?.absent();
        self.put("drill_planned", put, &drill, by).await?;
        Ok(drill)
    }

    /// Starts the clock of a drill.
    ///
    /// # Errors
    /// When it was started before, or the ledger fails.
    pub async fn start_drill(&self, id: &str, by: &Actor) -> Result<Drill, RespondError> {
        self.act(id, "drill_started", by, |drill, moment| drill.start(moment.now)).await
    }

    /// Records a try in a drill.
    ///
    /// # Errors
    /// When it does not run, there is no such person, or the ledger fails.
    pub async fn tried(
        &self,
        id: &str,
        contact: &str,
        channel: &str,
        outcome: Tried,
        by: &Actor,
    ) -> Result<Drill, RespondError> {
        self.act(id, "drill_tried", by, |drill, moment| {
            drill.tried(contact, channel, outcome, moment)
        })
        .await
    }

    /// Ends the calling of a drill.
    ///
    /// # Errors
    /// When it does not run, or the ledger fails.
    pub async fn end_drill(&self, id: &str, by: &Actor) -> Result<Drill, RespondError> {
        self.act(id, "drill_ended", by, |drill, moment| drill.end(moment.now)).await
    }

    /// Adds something that has to become better.
    ///
    /// # Errors
    /// When the drill is not over, something is missing, or the ledger fails.
    pub async fn improve_drill(
        &self,
        id: &str,
        what: &str,
        owner: &str,
        due_on: Date,
        by: &Actor,
    ) -> Result<Drill, RespondError> {
        self.act(id, "drill_improvement_added", by, |drill, moment| {
            drill.improve(what, owner, due_on, moment)
        })
        .await
    }

    /// Marks an improvement as done by what was done.
    ///
    /// # Errors
    /// When there is no such open improvement, nobody says what was done, or the ledger fails.
    pub async fn improved(
        &self,
        id: &str,
        improvement: &str,
        done: &str,
        by: &Actor,
    ) -> Result<Drill, RespondError> {
        self.act(id, "drill_improved", by, |drill, moment| {
            drill.improved(improvement, done, moment)
        })
        .await
    }

    /// Closes a drill.
    ///
    /// # Errors
    /// When it is not over, an improvement is not done, or the ledger fails.
    pub async fn close_drill(&self, id: &str, by: &Actor) -> Result<Drill, RespondError> {
        self.act(id, "drill_closed", by, |drill, moment| drill.close(moment.now)).await
    }

    /// When the copy for paper was last printed or taken along.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn paper_taken(&self) -> Result<Option<PaperMark>, RespondError> {
        match self.store.get(READINESS, "paper").await? {
            Some(record) => Ok(Some(record.read()?)),
            None => Ok(None),
        }
    }

    /// Remembers that the copy for paper was printed or taken along.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn take_paper(&self, by: &Actor) -> Result<(), RespondError> {
        let mark = PaperMark { at: self.clock.now(), by: by.clone() };
        self.put("paper_taken", Put::new(READINESS, "paper", &mark)?, &mark, by).await
    }

    async fn act(
        &self,
        id: &str,
        kind: &'static str,
        by: &Actor,
        change: impl Fn(&mut Drill, Moment<'_>) -> Result<(), RespondError>,
    ) -> Result<Drill, RespondError> {
        for _ in 0..ATTEMPTS_MAX {
            let (mut drill, version) = self.versioned_drill(id).await?;
            change(&mut drill, self.moment(by))?;
            let put = Put::new(DRILLS, id, &drill)?.version(version);
            match self.put(kind, put, &drill, by).await {
                Ok(()) => return Ok(drill),
                Err(RespondError::Busy) => {}
                Err(other) => return Err(other),
            }
        }
        Err(RespondError::Busy)
    }

    async fn versioned_drill(&self, id: &str) -> Result<(Drill, u64), RespondError> {
        let record = self.store.get(DRILLS, id).await?;
        let record =
            record.ok_or_else(|| RespondError::Unknown { what: "drill", id: id.to_owned() })?;
        Ok((record.read()?, record.version))
    }

    /// Commits one put; [`RespondError::Busy`] when somebody else was quicker.
    async fn put<T: Serialize + Sync>(
        &self,
        kind: &'static str,
        put: Put,
        body: &T,
        by: &Actor,
    ) -> Result<(), RespondError> {
        let fact = Fact::new("readiness", kind, self.clock.now(), by.person.as_str(), body)?;
        match self.store.commit(vec![fact.put(put)]).await {
            Ok(_) => Ok(()),
            Err(error) if error.is_conflict() => Err(RespondError::Busy),
            Err(error) => Err(error.into()),
        }
    }

    fn moment<'a>(&'a self, by: &'a Actor) -> Moment<'a> {
        Moment { now: self.clock.now(), by, chance: self.chance.as_ref() }
    }
}

/// What is added to an exercise.
impl CaseDesk {
    /// Adds an event that is told to the players after so many minutes.
    ///
    /// # Errors
    /// [`RespondError::NotAnExercise`] for a real case; when nothing is said, or the ledger fails.
    pub async fn add_inject(
        &self,
        id: &CaseId,
        after_minutes: u32,
        text: &str,
        step: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| exercise::inject(case, after_minutes, text, step, moment))
            .await
    }

    /// Says whether the offices take part in an exercise.
    ///
    /// # Errors
    /// [`RespondError::NotAnExercise`] for a real case, or the ledger fails.
    pub async fn offices_take_part(
        &self,
        id: &CaseId,
        offices: bool,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| exercise::take_part(case, offices, moment)).await
    }

    /// Adds something that has to become better after an exercise.
    ///
    /// # Errors
    /// [`RespondError::NotAnExercise`] for a real case; when what or who is missing, or the ledger fails.
    pub async fn improve_exercise(
        &self,
        id: &CaseId,
        what: &str,
        owner: &str,
        due_on: Date,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| exercise::improve(case, what, owner, due_on, moment)).await
    }

    /// Marks something that had to become better after an exercise as done by what was done.
    ///
    /// # Errors
    /// [`RespondError::NotAnExercise`] for a real case; when there is no such open improvement, nobody says what was done, or
    /// the ledger fails.
    pub async fn improved_exercise(
        &self,
        id: &CaseId,
        improvement: &str,
        done: &str,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        self.act(id, by, |case, moment| exercise::improved(case, improvement, done, moment)).await
    }

    /// The institution's own criteria for a decision, as they are now; `None` when it has none that say when systems stop.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn own_criteria(&self, guide: &str) -> Result<Option<Procedure>, RespondError> {
        let records = self.store.list_prefix(PROCEDURES, &format!("{guide}/"), READ_MAX).await?;
        let newest = records.last().map(Record::read::<Procedure>).transpose()?;
        Ok(newest.filter(|own| !own.text.stopping.is_empty()))
    }

    /// Records a decision on isolation together with the version of the own criteria it was made by. That version is the one
    /// in force now, never the one a form names: `seen` is what the decider had before their eyes.
    ///
    /// # Errors
    /// [`RespondError::CriteriaChanged`] when the criteria in force are not those that were seen; else as
    /// [`CaseDesk::decide_isolation`].
    pub async fn decide_isolation_by(
        &self,
        id: &CaseId,
        choice: &crate::IsolationChoice,
        seen: Option<u32>,
        by: &Actor,
    ) -> Result<Case, RespondError> {
        let now = self.own_criteria(&choice.guide).await?.map(|own| own.version);
        if now != seen {
            return Err(RespondError::CriteriaChanged { seen, now });
        }
        self.act(id, by, |case, moment| {
            let mut change = crate::decide::decide_isolation(case, choice, self.content(), moment)?;
            if let Some(decision) = change.case.isolation.last_mut() {
                decision.own_criteria = now;
            }
            Ok(change)
        })
        .await
    }
}
