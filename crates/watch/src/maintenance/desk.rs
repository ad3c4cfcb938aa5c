//! The desk: lines, plans and sessions in the ledger, and the tracker that watches for sessions.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{
    Chance, Clock, Event, EvidenceRef, Finding, Instant, Text, Trouble, new_uuid7,
};
use serde_json::json;

use super::judge::looks_like_supplier;
use super::plans_file::{PlansFileError, WrittenPlan, read_plans};
use super::register::{Change, Line, LineFields, Plan, PlanChange, PlanFields, Register};
use super::session::{Session, plain_account};
use super::tracker::{Seen, Tracker};
use super::wording::finding;
use crate::senders::cut;
use crate::{By, troubles};

/// Lines, by id.
const LINE_SHELF: &str = "maintenance_line";
/// Plans, by begin and id.
const PLAN_SHELF: &str = "maintenance_plan";
/// Sessions of lines, by begin and digest.
const SESSION_SHELF: &str = "maintenance_session";
/// Accounts of which somebody said that they are no supplier's.
const OWN_SHELF: &str = "maintenance_own_account";
/// What the tracker has learnt; private, since it names staff who work from home too.
const TRACKER_SHELF: &str = "maintenance";
const TRACKER: &str = "tracker";
/// Stream of the facts.
const STREAM: &str = "maintenance";

/// Most lines of a hospital: more than it has suppliers.
pub const LINES_MAX: usize = 300;

/// How many of the plans with the latest begin are matched with sessions.
pub const PLANS_LOOKED_MAX: usize = 2_000;

/// Longest plan, in days. A line that is open all the time is not announced but watched.
const PLAN_DAYS_MAX: i64 = 92;

/// Longest text of a field, in characters.
const TEXT_CHARS_MAX: usize = 300;

/// Most names of one list.
const NAMES_MAX: usize = 100;

/// How long lines and plans that another process entered may go unseen, in seconds.
const FRESH_SECONDS: i64 = 5;

/// Why the desk could not do it.
#[derive(Debug, thiserror::Error)]
pub enum MaintenanceError {
    /// A field of a line or a plan cannot be used.
    #[error("{}", .why.en)]
    Unfit {
        /// Name of the field.
        field: &'static str,
        /// Why.
        why: Text,
    },
    /// No line, plan or session has that id.
    #[error("there is no {what} `{id}`")]
    Unknown {
        /// `line`, `plan` or `session`.
        what: &'static str,
        /// The id, cut.
        id: String,
    },
    /// A file of plans cannot be used.
    #[error(transparent)]
    File(#[from] PlansFileError),
    /// The ledger refused.
    #[error("the ledger did not keep or give it")]
    Ledger(#[from] LedgerError),
}

impl MaintenanceError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        match self {
            Self::Unfit { why, .. } => {
                Trouble::new(&troubles::MAINTENANCE_UNFIT, format!("{} / {}", why.ja, why.en))
            }
            Self::Unknown { .. } => Trouble::because(&troubles::MAINTENANCE_UNKNOWN, self),
            Self::File(PlansFileError::Rows(rows)) => {
                let lines =
                    rows.iter().map(|row| format!("{}: {} / {}", row.line, row.why.ja, row.why.en));
                let detail = lines.collect::<Vec<_>>().join("\n");
                Trouble::new(&troubles::MAINTENANCE_FILE, detail)
            }
            Self::File(_) => Trouble::because(&troubles::MAINTENANCE_FILE, self),
            Self::Ledger(cause) => cause.trouble(),
        }
    }
}

/// What became of an event.
#[derive(Debug, Default)]
pub struct Noted {
    /// What is to be told.
    pub findings: Vec<Finding>,
    /// Whether the desk speaks of it, so that [`super::SUPPLIER_RULE`] has not to.
    pub spoken_for: bool,
}

/// A line that the log suggests.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    /// The account, and where it was seen.
    pub seen: Seen,
    /// Whether it is called as suppliers' accounts are.
    pub like_supplier: bool,
}

/// What became of a file of plans.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Import {
    /// Plans entered.
    pub entered: usize,
    /// Plans that were known already.
    pub known: usize,
}

/// Keeps lines, plans and sessions, and watches.
pub struct MaintenanceDesk {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    tracker: Mutex<Tracker>,
    register: RwLock<Known>,
}

/// Lines and plans, and when they were read.
#[derive(Default)]
struct Known {
    register: Arc<Register>,
    read_at: Option<Instant>,
}

impl MaintenanceDesk {
    /// A desk over the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        let (tracker, register) = (Mutex::default(), RwLock::default());
        Self { store, clock, chance, tracker, register }
    }

    // --- Watching -------------------------------------------------------------------------------------------------------

    /// Takes up what was learnt before the last stop.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn remember(&self) -> Result<(), MaintenanceError> {
        if let Some(kept) = self.store.get_private(TRACKER_SHELF, TRACKER).await? {
            // What another version has learnt in another form is learnt anew.
            *self.tracker() = serde_json::from_value(kept.body).unwrap_or_default();
        }
        self.read_register().await?;
        Ok(())
    }

    /// Sees to it that lines and plans entered by another process (the command line) are known.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn refresh(&self) -> Result<(), MaintenanceError> {
        let read_at = self.register.read().unwrap_or_else(PoisonError::into_inner).read_at;
        let now = self.clock.now();
        let fresh = |at: Instant| at <= now && now < at.plus_seconds(FRESH_SECONDS);
        if !read_at.is_some_and(fresh) {
            self.read_register().await?;
        }
        Ok(())
    }

    /// Looks at an event of the log.
    pub fn note(&self, event: &Event, evidence: &dyn Fn() -> EvidenceRef) -> Noted {
        let register = self.register();
        let looked = self.tracker().note(event, evidence, &register);
        let told = looked.tales.iter().map(|tale| finding(tale, &register, event.received_at));
        Noted { findings: told.collect(), spoken_for: looked.came_by_vpn }
    }

    /// Looks at the clock. Call about once a minute: what overruns its plan is told while it goes on.
    pub fn tick(&self) -> Vec<Finding> {
        let (register, now) = (self.register(), self.clock.now());
        let tales = self.tracker().tick(&register, now);
        tales.iter().map(|tale| finding(tale, &register, now)).collect()
    }

    /// Keeps what has changed; without changes it does nothing.
    ///
    /// # Errors
    /// When the ledger refuses; the changes stay waiting.
    pub async fn keep(&self) -> Result<(), MaintenanceError> {
        let changed = {
            let mut tracker = self.tracker();
            if !tracker.has_changed() {
                return Ok(());
            }
            tracker.take_changed()
        };
        let kept = self.keep_sessions(&changed).await;
        if kept.is_err() {
            self.tracker().give_back(changed);
        }
        kept?;
        self.keep_tracker().await
    }

    /// Keeps what the tracker has learnt, changed or not.
    ///
    /// # Errors
    /// When the ledger refuses.
    pub async fn keep_tracker(&self) -> Result<(), MaintenanceError> {
        let body = serde_json::to_value(&*self.tracker()).unwrap_or_default();
        self.store.put_private(TRACKER_SHELF, TRACKER, body, None).await?;
        Ok(())
    }

    async fn keep_sessions(&self, changed: &[Session]) -> Result<(), MaintenanceError> {
        let at = self.clock.now();
        for session in changed {
            let body = json!({
                "id": session.id, "line": session.line, "account": session.account, "begun_at": session.begun_at,
                "ended": session.ended, "machines": session.machines.len(), "told": session.told,
            });
            let fact = Fact::new(STREAM, "maintenance_session_seen", at, "system", &body)?;
            let fact = fact.put(Put::new(SESSION_SHELF, &session.id, session)?);
            self.store.commit(vec![fact]).await?;
        }
        Ok(())
    }

    // --- Lines ----------------------------------------------------------------------------------------------------------

    /// Lines and plans as they are matched with sessions.
    #[must_use]
    pub fn register(&self) -> Arc<Register> {
        Arc::clone(&self.register.read().unwrap_or_else(PoisonError::into_inner).register)
    }

    /// Every line that is in use.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn lines(&self) -> Result<Vec<Line>, MaintenanceError> {
        let mut lines = self.all_lines().await?;
        lines.retain(|line| !line.removed);
        Ok(lines)
    }

    /// The line of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger cannot be read.
    pub async fn line(&self, id: &str) -> Result<Line, MaintenanceError> {
        let record = self.store.get(LINE_SHELF, id).await?;
        Ok(record.ok_or_else(|| unknown("line", id))?.read()?)
    }

    /// Adds a line.
    ///
    /// # Errors
    /// When a field cannot be used, there are too many lines, or the ledger refuses.
    pub async fn add_line(&self, fields: LineFields, by: By<'_>) -> Result<Line, MaintenanceError> {
        if self.all_lines().await?.len() >= LINES_MAX {
            return Err(unfit("supplier", "保守回線が多すぎます", "there are too many lines"));
        }
        let id = new_uuid7(self.clock.now(), &*self.chance);
        self.put_line(id, fields, false, "maintenance_line_added", by).await
    }

    /// Changes a line.
    ///
    /// # Errors
    /// When there is none, a field cannot be used, or the ledger refuses.
    pub async fn change_line(
        &self,
        id: &str,
        fields: LineFields,
        by: By<'_>,
    ) -> Result<Line, MaintenanceError> {
        self.line(id).await?;
        self.put_line(id.to_owned(), fields, false, "maintenance_line_changed", by).await
    }

    /// Takes a line out of use.
    ///
    /// # Errors
    /// When there is none, or the ledger refuses.
    pub async fn remove_line(&self, id: &str, by: By<'_>) -> Result<Line, MaintenanceError> {
        let fields = self.line(id).await?.fields;
        self.put_line(id.to_owned(), fields, true, "maintenance_line_removed", by).await
    }

    /// Accounts that were seen on the VPN and belong to no line; those called like suppliers' first.
    #[must_use]
    pub fn proposals(&self) -> Vec<Proposal> {
        let register = self.register();
        let unknown = |seen: &&Seen| {
            !register.is_own(&seen.account)
                && register.line_of(&seen.account, &seen.groups, None).is_none()
        };
        let seen: Vec<Seen> = self.tracker().seen().filter(unknown).cloned().collect();
        let mut proposals: Vec<Proposal> = seen
            .into_iter()
            .map(|seen| Proposal {
                like_supplier: looks_like_supplier(&seen.account, &seen.groups),
                seen,
            })
            .collect();
        proposals.sort_by_key(|own| (!own.like_supplier, std::cmp::Reverse(own.seen.last_at)));
        proposals
    }

    /// Notes that an account is no supplier's: it is proposed and told no more.
    ///
    /// # Errors
    /// When the ledger refuses.
    pub async fn disown(&self, account: &str, by: By<'_>) -> Result<(), MaintenanceError> {
        let account = plain_account(account);
        check("account", &account, true)?;
        let at = self.clock.now();
        let body = json!({ "account": account, "by_name": by.name });
        let fact =
            Fact::new(STREAM, "maintenance_account_disowned", at, by.person.as_str(), &body)?;
        let fact = fact.put(Put::new(OWN_SHELF, &account, &account)?);
        self.store.commit(vec![fact]).await?;
        self.read_register().await
    }

    // --- Plans ----------------------------------------------------------------------------------------------------------

    /// The plan of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger cannot be read.
    pub async fn plan(&self, id: &str) -> Result<Plan, MaintenanceError> {
        Ok(self.plan_record(id).await?.read()?)
    }

    async fn plan_record(&self, id: &str) -> Result<Record, MaintenanceError> {
        self.store.get(PLAN_SHELF, id).await?.ok_or_else(|| unknown("plan", id))
    }

    /// The plans with the latest begin, that one first; at most [`PLANS_LOOKED_MAX`].
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn plans(&self) -> Result<Vec<Plan>, MaintenanceError> {
        let records = self.store.list_latest(PLAN_SHELF, None, PLANS_LOOKED_MAX).await?;
        Ok(records.iter().map(Record::read).collect::<Result<_, _>>()?)
    }

    /// Enters a plan.
    ///
    /// # Errors
    /// When a field cannot be used, there is no such line, or the ledger refuses.
    pub async fn add_plan(&self, fields: PlanFields, by: By<'_>) -> Result<Plan, MaintenanceError> {
        let mut added = self.add_plans(vec![fields], by).await?;
        added.pop().ok_or_else(|| unknown("plan", ""))
    }

    /// Enters a plan as somebody wrote it down.
    ///
    /// # Errors
    /// When it cannot be read or used, or the ledger refuses.
    pub async fn add_written(
        &self,
        written: &WrittenPlan<'_>,
        by: By<'_>,
    ) -> Result<Plan, MaintenanceError> {
        let lines = self.lines().await?;
        let fields = written.read(&lines);
        let fields = fields.map_err(|why| MaintenanceError::Unfit { field: "", why })?;
        self.add_plan(fields, by).await
    }

    /// Enters the plans of a file: all of them, or none when a row cannot be used. Plans that are known are not entered again.
    ///
    /// # Errors
    /// [`MaintenanceError::File`] with the reason for every row, or the ledger's.
    pub async fn import(&self, bytes: &[u8], by: By<'_>) -> Result<Import, MaintenanceError> {
        let rows = read_plans(bytes, &self.lines().await?)?;
        let known = self.plans().await?;
        let n_rows = rows.len();
        let mut fresh: Vec<PlanFields> = Vec::new();
        for row in rows {
            let same = |other: &PlanFields| {
                (&other.line, other.from, other.to) == (&row.plan.line, row.plan.from, row.plan.to)
            };
            let known = known.iter().any(|plan| !plan.cancelled() && same(&plan.fields));
            if !known && !fresh.iter().any(same) {
                fresh.push(row.plan);
            }
        }
        let entered = self.add_plans(fresh, by).await?.len();
        Ok(Import { entered, known: n_rows.saturating_sub(entered) })
    }

    /// Extends a plan.
    ///
    /// # Errors
    /// When there is none, the reason is missing, the new end is not later, or the ledger refuses.
    pub async fn extend(
        &self,
        id: &str,
        to: Instant,
        reason: &str,
        by: By<'_>,
    ) -> Result<Plan, MaintenanceError> {
        let record = self.plan_record(id).await?;
        let plan: Plan = record.read()?;
        if plan.cancelled() {
            return Err(unfit(
                "to",
                "取り消した予定は延長できません",
                "a cancelled plan cannot be extended",
            ));
        }
        if to <= plan.until() || to > plan.fields.from.plus_days(PLAN_DAYS_MAX) {
            return Err(unfit(
                "to",
                "新しい終了は、今の終了より後（開始から92日以内）にしてください",
                "the new end must be after the present one, and within 92 days of the begin",
            ));
        }
        self.change(plan, record.version, Change::Extended { to }, reason, by).await
    }

    /// Cancels a plan; one that has begun ends now.
    ///
    /// # Errors
    /// When there is none, the reason is missing, or the ledger refuses.
    pub async fn cancel(
        &self,
        id: &str,
        reason: &str,
        by: By<'_>,
    ) -> Result<Plan, MaintenanceError> {
        let record = self.plan_record(id).await?;
        let plan: Plan = record.read()?;
        if plan.cancelled() {
            return Err(unfit("reason", "すでに取り消されています", "it is cancelled already"));
        }
        self.change(plan, record.version, Change::Cancelled, reason, by).await
    }

    // --- Sessions -------------------------------------------------------------------------------------------------------

    /// The time, as the desk sees it.
    #[must_use]
    pub fn now(&self) -> Instant {
        self.clock.now()
    }

    /// Sessions, the latest begin first; those before `before`.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sessions(
        &self,
        before: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Session>, MaintenanceError> {
        let records = self.store.list_latest(SESSION_SHELF, before, limit).await?;
        Ok(records.iter().map(Record::read).collect::<Result<_, _>>()?)
    }

    /// The session of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger cannot be read.
    pub async fn session(&self, id: &str) -> Result<Session, MaintenanceError> {
        let record = self.store.get(SESSION_SHELF, id).await?;
        Ok(record.ok_or_else(|| unknown("session", id))?.read()?)
    }

    /// Sessions that began in that time.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn sessions_between(
        &self,
        from: Instant,
        to: Instant,
        limit: usize,
    ) -> Result<Vec<Session>, MaintenanceError> {
        // Ids begin with the microseconds of the begin, so those before the end come first.
        let before = format!("{:016}", to.as_micros().max(0));
        let mut sessions = self.sessions(Some(&before), limit).await?;
        sessions.retain(|session| session.begun_at >= from);
        Ok(sessions)
    }

    // --- Below ----------------------------------------------------------------------------------------------------------

    fn tracker(&self) -> MutexGuard<'_, Tracker> {
        self.tracker.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn all_lines(&self) -> Result<Vec<Line>, MaintenanceError> {
        let records = self.store.list(LINE_SHELF, None, usize::MAX).await?;
        Ok(records.iter().map(Record::read).collect::<Result<_, _>>()?)
    }

    async fn read_register(&self) -> Result<(), MaintenanceError> {
        let own = self.store.list(OWN_SHELF, None, usize::MAX).await?;
        let register = Register {
            lines: self.lines().await?,
            plans: self.plans().await?,
            own_accounts: own.iter().map(Record::read).collect::<Result<_, _>>()?,
        };
        let known = Known { register: Arc::new(register), read_at: Some(self.clock.now()) };
        *self.register.write().unwrap_or_else(PoisonError::into_inner) = known;
        Ok(())
    }

    async fn put_line(
        &self,
        id: String,
        fields: LineFields,
        removed: bool,
        kind: &'static str,
        by: By<'_>,
    ) -> Result<Line, MaintenanceError> {
        check_line(&fields)?;
        let line = Line {
            id,
            fields,
            changed_at: self.clock.now(),
            changed_by: by.person.clone(),
            changed_by_name: by.name.to_owned(),
            removed,
        };
        let fact = Fact::new(STREAM, kind, line.changed_at, by.person.as_str(), &line)?;
        let fact = fact.put(Put::new(LINE_SHELF, &line.id, &line)?);
        self.store.commit(vec![fact]).await?;
        self.read_register().await?;
        Ok(line)
    }

    /// Enters all of them, or none.
    async fn add_plans(
        &self,
        plans: Vec<PlanFields>,
        by: By<'_>,
    ) -> Result<Vec<Plan>, MaintenanceError> {
        let at = self.clock.now();
        let (mut facts, mut added) = (Vec::new(), Vec::new());
        for fields in plans {
            let line = self.line(&fields.line).await?;
            check_plan(&fields)?;
            let begin = fields.from.as_micros().max(0);
            let plan = Plan {
                id: format!("{begin:016}-{}", new_uuid7(at, &*self.chance)),
                fields,
                supplier: line.fields.supplier,
                entered_at: at,
                entered_by: by.person.clone(),
                entered_by_name: by.name.to_owned(),
                changes: Vec::new(),
            };
            let fact = Fact::new(STREAM, "maintenance_planned", at, by.person.as_str(), &plan)?;
            facts.push(fact.put(Put::new(PLAN_SHELF, &plan.id, &plan)?.absent()));
            added.push(plan);
        }
        if !facts.is_empty() {
            self.store.commit(facts).await?;
            self.read_register().await?;
        }
        Ok(added)
    }

    /// `version`: that of the plan the change was decided on. Who changed it meanwhile is not written over: the ledger refuses.
    async fn change(
        &self,
        mut plan: Plan,
        version: u64,
        change: Change,
        reason: &str,
        by: By<'_>,
    ) -> Result<Plan, MaintenanceError> {
        let reason = reason.trim().to_owned();
        check("reason", &reason, true)?;
        let at = self.clock.now();
        let (person, by_name) = (by.person.clone(), by.name.to_owned());
        let change = PlanChange { at, by: person, by_name, reason, change };
        let body = json!({ "plan": plan.id, "change": change });
        let fact = Fact::new(STREAM, "maintenance_plan_changed", at, by.person.as_str(), &body)?;
        plan.changes.push(change);
        let put = Put::new(PLAN_SHELF, &plan.id, &plan)?.version(version);
        self.store.commit(vec![fact.put(put)]).await?;
        self.read_register().await?;
        Ok(plan)
    }
}

fn unknown(what: &'static str, id: &str) -> MaintenanceError {
    MaintenanceError::Unknown { what, id: cut(id) }
}

fn unfit(field: &'static str, ja: &str, en: &str) -> MaintenanceError {
    MaintenanceError::Unfit { field, why: Text::new(ja, en) }
}

fn check_line(fields: &LineFields) -> Result<(), MaintenanceError> {
    check("supplier", &fields.supplier, true)?;
    check("phone", &fields.phone, false)?;
    check("device", &fields.device, false)?;
    check_names("accounts", &fields.accounts)?;
    check_names("groups", &fields.groups)?;
    check_names("machines", &fields.machines)?;
    if fields.addresses.len() > NAMES_MAX {
        return Err(unfit("addresses", "接続元は100件までです", "at most 100 addresses"));
    }
    if fields.accounts.is_empty() && fields.groups.is_empty() && fields.addresses.is_empty() {
        return Err(unfit(
            "accounts",
            "アカウント・グループ・接続元のうち、少なくとも一つを書いてください。書かないと接続を見分けられません",
            "name at least one account, group or address; nothing else tells its sessions",
        ));
    }
    Ok(())
}

fn check_plan(fields: &PlanFields) -> Result<(), MaintenanceError> {
    check("purpose", &fields.purpose, true)?;
    check("asked_by", &fields.asked_by, false)?;
    check("attended_by", &fields.attended_by, false)?;
    check_names("machines", &fields.machines)?;
    if fields.to <= fields.from {
        return Err(unfit(
            "to",
            "終了は開始より後にしてください",
            "the end must be after the begin",
        ));
    }
    if fields.to > fields.from.plus_days(PLAN_DAYS_MAX) {
        return Err(unfit("to", "予定は92日以内にしてください", "a plan lasts at most 92 days"));
    }
    Ok(())
}

fn check_names(field: &'static str, names: &[String]) -> Result<(), MaintenanceError> {
    if names.len() > NAMES_MAX {
        return Err(unfit(field, "一つの欄に100件までです", "at most 100 names in a list"));
    }
    names.iter().try_for_each(|name| check(field, name, true))
}

fn check(field: &'static str, text: &str, must: bool) -> Result<(), MaintenanceError> {
    if must && text.trim().is_empty() {
        return Err(unfit(field, "入力してください", "it must not be empty"));
    }
    if text.chars().count() > TEXT_CHARS_MAX {
        return Err(unfit(field, "300文字までです", "at most 300 characters"));
    }
    if text.chars().any(char::is_control) {
        return Err(unfit(
            field,
            "改行や制御文字は使えません",
            "it cannot hold line breaks or control characters",
        ));
    }
    Ok(())
}
