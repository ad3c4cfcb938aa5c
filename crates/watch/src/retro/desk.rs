//! The desk of looking back: what was asked for, how often, and every run with what it covered and found.
//!
//! A run that found nothing is kept as well: "it was not in the log up to this head" is an answer somebody may have to give.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::ToSpan as _;
use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{
    Chance, Clock, Digest, EvidenceRef, FindingId, Instant, Level, PersonId, Text, Trouble,
    jst_datetime, new_uuid7,
};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use super::hits::Found;
use super::indicators::{Indicator, IndicatorList, NotUnderstood};
use super::{Hit, MatcherError};
use crate::senders::cut;
use crate::{By, Findings, FindingsError, Known, troubles};

/// What was asked for, by id.
const ORDER_SHELF: &str = "retro_order";
/// The indicators of an order, by its id.
const LIST_SHELF: &str = "retro_list";
/// Runs, by id.
const RUN_SHELF: &str = "retro_run";
/// Runs that are not over, by id.
const OPEN_SHELF: &str = "retro_open";
/// When each rule was seen first.
const RULES_SHELF: &str = "retro_rules";
const RULES: &str = "seen";
/// How far a run is; private, because it changes every few seconds.
const PROGRESS_SHELF: &str = "retro_progress";
/// Stream of the facts.
const STREAM: &str = "retro";

/// Longest name of an order, in characters.
pub const RETRO_NAME_CHARS_MAX: usize = 100;

/// Most orders that are kept with a schedule.
pub const SCHEDULES_MAX: usize = 100;

/// Most hits of a kept run: one is an indicator or rule on one machine.
pub const RUN_HITS_MAX: usize = 500;

/// Longest list of indicators that is kept, in bytes.
const LIST_BYTES_MAX: usize = 6 << 20;

/// Lines that were not understood and are shown again.
const LINES_KEPT: usize = 100;

/// How often an order runs again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Every {
    /// Every day at the time it was ordered.
    Day,
    /// Every seven days.
    Week,
    /// On the same day of every month, or its last.
    Month,
}

/// What an order looks for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum What {
    /// A list of indicators.
    Indicators {
        /// How many.
        count: usize,
        /// Digest of the list as it is kept.
        digest: Digest,
        /// Lines that were not understood: the first of them.
        not_understood: Vec<NotUnderstood>,
        /// How many lines were not.
        n_not_understood: usize,
    },
    /// Rules of this node.
    Rules {
        /// Only those that were seen here first at that time or later.
        added_since: Option<Instant>,
    },
}

/// What somebody asks for.
#[derive(Clone, Debug)]
pub enum Asked {
    /// A list of indicators.
    Indicators(IndicatorList),
    /// Rules of this node.
    Rules {
        /// Only those that were seen here first at that time or later.
        added_since: Option<Instant>,
    },
}

/// A new order.
#[derive(Clone, Debug)]
pub struct NewOrder {
    /// Its name, for people; may be empty.
    pub name: String,
    /// What is looked for.
    pub asked: Asked,
    /// Only events of that time or later.
    pub from: Option<Instant>,
    /// Only events before.
    pub until: Option<Instant>,
    /// Whether it runs again.
    pub every: Option<Every>,
}

/// An order as it is kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// What is looked for.
    pub what: What,
    /// Only events of that time or later.
    pub from: Option<Instant>,
    /// Only events before.
    pub until: Option<Instant>,
    /// Whether it runs again.
    pub every: Option<Every>,
    /// When it was asked for.
    pub asked_at: Instant,
    /// Who asked.
    pub by: PersonId,
    /// Their name then.
    pub by_name: String,
    /// When it runs next; `None` when it does not.
    pub next_at: Option<Instant>,
    /// The log was looked through up to this number.
    pub covered_up_to: u64,
    /// Its last run.
    pub last_run: Option<String>,
}

/// Where a run stands.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum RunState {
    /// Others are before it.
    Waiting,
    /// It has begun; after a stop of the program it goes on.
    Running,
    /// It has looked at everything.
    Done,
    /// Somebody ended it: the hits are those up to there.
    Cancelled {
        /// Their name.
        by_name: String,
    },
    /// It could not go on.
    Failed {
        /// Why.
        why: String,
    },
}

impl RunState {
    /// Whether something is still to come.
    #[must_use]
    pub const fn is_open(&self) -> bool {
        matches!(self, Self::Waiting | Self::Running)
    }
}

/// One run of an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Its id; later ones sort behind earlier ones.
    pub id: String,
    /// Its order.
    pub order: String,
    /// The name of the order.
    pub name: String,
    /// What is looked for.
    pub what: What,
    /// Only events of that time or later.
    pub from: Option<Instant>,
    /// Only events before.
    pub until: Option<Instant>,
    /// Who asked.
    pub by_name: String,
    /// When it was put in line.
    pub asked_at: Instant,
    /// When it began.
    pub started_at: Option<Instant>,
    /// When it was over.
    pub ended_at: Option<Instant>,
    /// Where it stands.
    pub state: RunState,
    /// Only events with a higher number: those before were looked at by the run before.
    pub after_seq: u64,
    /// Only events up to this number: the last one when it began.
    pub up_to_seq: u64,
    /// The signed head of the sealed log when it began.
    pub head: String,
    /// Events to pass.
    pub total: u64,
    /// Events passed.
    pub passed: u64,
    /// Events in segments that could not be read.
    pub unreadable: u64,
    /// What was found.
    pub hits: Vec<RunHit>,
    /// Events behind hits for which no place was left.
    pub left_out: u64,
}

/// An indicator or rule that was found on a machine.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RunHit {
    /// The rule, or the indicator as one.
    pub rule_id: String,
    /// What was found.
    pub title: Text,
    /// How serious.
    pub level: Level,
    /// The machine.
    pub host: String,
    /// The accounts, the first of them.
    pub users: Vec<String>,
    /// How many events.
    pub count: u64,
    /// Of them, how many were found before.
    pub known: u64,
    /// Time of the first.
    pub first_at: Instant,
    /// Time of the last.
    pub last_at: Instant,
    /// The first events.
    pub evidence: Vec<EvidenceRef>,
    /// The finding that was made of it, or that knew it before.
    pub finding: Option<FindingId>,
}

/// What is kept of a run that is under way.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Progress {
    /// Where it stands, in the words of whoever runs it.
    pub position: Value,
    /// What was found so far.
    pub found: Found,
}

/// How far a run is right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// Events passed.
    pub passed: u64,
    /// Events to pass.
    pub total: u64,
    /// The time of the events that it is at.
    pub reached: Instant,
    /// Events a second.
    pub per_second: u64,
}

/// Why the desk could not do it.
#[derive(Debug, thiserror::Error)]
pub enum RetroError {
    /// The list holds no indicator.
    #[error("the list holds no indicator")]
    NoIndicators,
    /// The list is longer than is kept.
    #[error("the list is longer than {limit} bytes")]
    TooLong {
        /// Most bytes.
        limit: usize,
    },
    /// The indicators cannot be looked for.
    #[error(transparent)]
    Matcher(#[from] MatcherError),
    /// A date or time cannot be read.
    #[error("`{typed}` is no date or time")]
    Moment {
        /// What was typed.
        typed: String,
    },
    /// There is no such order or run.
    #[error("there is no `{id}`")]
    Unknown {
        /// The id, cut.
        id: String,
    },
    /// There are as many schedules as are kept.
    #[error("{limit} schedules are kept already")]
    Full {
        /// Most schedules.
        limit: usize,
    },
    /// The ledger failed.
    #[error("the ledger did not keep or give it")]
    Ledger(#[from] LedgerError),
    /// The findings could not be kept.
    #[error("the findings could not be kept")]
    Findings(#[from] FindingsError),
}

impl RetroError {
    /// The error as a person sees it.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::Findings(error) => return error.trouble(),
            Self::NoIndicators | Self::TooLong { .. } | Self::Matcher(_) => &troubles::RETRO_LIST,
            Self::Moment { .. } => &troubles::RETRO_MOMENT,
            Self::Unknown { .. } => &troubles::RETRO_UNKNOWN,
            Self::Full { .. } => &troubles::RETRO_FULL,
        };
        Trouble::because(kind, self)
    }
}

/// The desk.
pub struct Retro {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    findings: Arc<Findings>,
    live: Mutex<Live>,
    moved: watch::Sender<u64>,
    wake: Notify,
    /// Held over every change of an order or run.
    turn: tokio::sync::Mutex<()>,
}

#[derive(Default)]
struct Live {
    pace: Option<(String, Pace)>,
    cancelled: BTreeSet<String>,
}

impl Retro {
    /// A desk over the ledger that makes `findings` of hits.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        chance: Arc<dyn Chance>,
        findings: Arc<Findings>,
    ) -> Self {
        let (live, moved) = (Mutex::default(), watch::channel(0).0);
        let (wake, turn) = (Notify::new(), tokio::sync::Mutex::default());
        Self { store, clock, chance, findings, live, moved, wake, turn }
    }

    /// Takes an order and puts its first run in line.
    ///
    /// # Errors
    /// When it holds nothing to look for, there are too many schedules, or the ledger fails.
    pub async fn ask(&self, new: NewOrder, by: By<'_>) -> Result<Run, RetroError> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        let (what, list) = kept(new.asked)?;
        if new.every.is_some() && self.schedules().await?.len() >= SCHEDULES_MAX {
            return Err(RetroError::Full { limit: SCHEDULES_MAX });
        }
        let order = Order {
            id: new_uuid7(now, &*self.chance),
            name: one_line(&new.name),
            what,
            from: new.from,
            until: new.until,
            every: new.every,
            asked_at: now,
            by: by.person.clone(),
            by_name: by.name.to_owned(),
            next_at: new.every.map(|every| next_after(now, every, now)),
            covered_up_to: 0,
            last_run: None,
        };
        let run = self.new_run(&order, now);
        let body = json!({ "order": order.id, "name": order.name, "what": order.what,
            "from": order.from, "until": order.until, "every": order.every, "run": run.id });
        let mut fact = Fact::new(STREAM, "retro_asked", now, by.person.as_str(), &body)?
            .put(Put::new(ORDER_SHELF, &order.id, &order)?)
            .put(Put::new(RUN_SHELF, &run.id, &run)?)
            .put(Put::new(OPEN_SHELF, &run.id, &run.id)?);
        if let Some(list) = list {
            fact = fact.put(Put::new(LIST_SHELF, &order.id, &list)?);
        }
        self.store.commit(vec![fact]).await?;
        self.wake.notify_one();
        Ok(run)
    }

    /// The order of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger fails.
    pub async fn order(&self, id: &str) -> Result<Order, RetroError> {
        let record = self.store.get(ORDER_SHELF, id).await?;
        Ok(record.ok_or_else(|| RetroError::Unknown { id: cut(id) })?.read()?)
    }

    /// The orders that run again, the next one first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn schedules(&self) -> Result<Vec<Order>, RetroError> {
        let records = self.store.list(ORDER_SHELF, None, usize::MAX).await?;
        let orders = records.iter().map(sakimori_ledger::Record::read);
        let mut orders = orders.collect::<Result<Vec<Order>, _>>()?;
        orders.retain(|order| order.next_at.is_some());
        orders.sort_by_key(|order| order.next_at);
        Ok(orders)
    }

    /// Runs, the newest first; those before `before`.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn runs(&self, before: Option<&str>, limit: usize) -> Result<Vec<Run>, RetroError> {
        let records = self.store.list_latest(RUN_SHELF, before, limit).await?;
        Ok(records.iter().map(sakimori_ledger::Record::read).collect::<Result<_, _>>()?)
    }

    /// The run of that id.
    ///
    /// # Errors
    /// When there is none, or the ledger fails.
    pub async fn run(&self, id: &str) -> Result<Run, RetroError> {
        let record = self.store.get(RUN_SHELF, id).await?;
        Ok(record.ok_or_else(|| RetroError::Unknown { id: cut(id) })?.read()?)
    }

    /// The indicators of an order.
    ///
    /// # Errors
    /// When it has none, or the ledger fails.
    pub async fn indicators(&self, order: &str) -> Result<Vec<Indicator>, RetroError> {
        let record = self.store.get(LIST_SHELF, order).await?;
        let text: String = record.ok_or_else(|| RetroError::Unknown { id: cut(order) })?.read()?;
        Ok(IndicatorList::kept(&text))
    }

    /// Ends a schedule. Runs that were made stay.
    ///
    /// # Errors
    /// When there is no such order, or the ledger fails.
    pub async fn stop(&self, id: &str, by: By<'_>) -> Result<Order, RetroError> {
        let _turn = self.turn.lock().await;
        let mut order = self.order(id).await?;
        order.next_at = None;
        let body = json!({ "order": order.id, "name": order.name });
        let at = self.clock.now();
        let fact = Fact::new(STREAM, "retro_schedule_stopped", at, by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(Put::new(ORDER_SHELF, id, &order)?)]).await?;
        Ok(order)
    }

    /// Ends a run that waits or is under way. What it has found up to there becomes known when it has stopped.
    ///
    /// # Errors
    /// When there is no such run, or the ledger fails.
    pub async fn cancel(&self, id: &str, by: By<'_>) -> Result<(), RetroError> {
        let _turn = self.turn.lock().await;
        let mut run = self.run(id).await?;
        if !run.state.is_open() {
            return Ok(());
        }
        let was_waiting = run.state == RunState::Waiting;
        run.state = RunState::Cancelled { by_name: by.name.to_owned() };
        if was_waiting {
            run.ended_at = Some(self.clock.now());
        }
        let body = json!({ "run": run.id, "name": run.name });
        let at = self.clock.now();
        let mut fact = Fact::new(STREAM, "retro_cancelled", at, by.person.as_str(), &body)?
            .put(Put::new(RUN_SHELF, id, &run)?);
        if was_waiting {
            fact = fact.put(Put::removal(OPEN_SHELF, id));
        }
        self.store.commit(vec![fact]).await?;
        // One that waits is not begun any more; nobody has to be stopped.
        if !was_waiting {
            self.live().cancelled.insert(id.to_owned());
        }
        Ok(())
    }

    /// Whether somebody has ended the run.
    #[must_use]
    pub fn is_cancelled(&self, id: &str) -> bool {
        self.live().cancelled.contains(id)
    }

    /// Puts runs in line whose time has come. What was missed is made up for once.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn take_due(&self) -> Result<(), RetroError> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        for mut order in self.schedules().await? {
            let (Some(next_at), Some(every)) = (order.next_at, order.every) else { continue };
            if next_at > now || self.is_in_line(&order.id).await? {
                continue;
            }
            order.next_at = Some(next_after(order.asked_at, every, now));
            let run = self.new_run(&order, now);
            let body = json!({ "order": order.id, "run": run.id, "after": run.after_seq });
            let fact = Fact::new(STREAM, "retro_due", now, "system", &body)?
                .put(Put::new(ORDER_SHELF, &order.id, &order)?)
                .put(Put::new(RUN_SHELF, &run.id, &run)?)
                .put(Put::new(OPEN_SHELF, &run.id, &run.id)?);
            self.store.commit(vec![fact]).await?;
        }
        Ok(())
    }

    /// The run whose turn it is: one that was under way when the program stopped, or the one that waits longest.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn next(&self) -> Result<Option<Run>, RetroError> {
        let Some(open) = self.store.list(OPEN_SHELF, None, 1).await?.into_iter().next() else {
            return Ok(None);
        };
        let id: String = open.read()?;
        Ok(Some(self.run(&id).await?))
    }

    /// Waits until something is asked for.
    pub async fn asked(&self) {
        self.wake.notified().await;
    }

    /// Notes that a run has begun: what it will cover is fixed from here on.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn begin(
        &self,
        mut run: Run,
        up_to_seq: u64,
        head: String,
        total: u64,
    ) -> Result<Run, RetroError> {
        let _turn = self.turn.lock().await;
        let now = self.clock.now();
        if self.run(&run.id).await?.state != RunState::Waiting {
            // Somebody ended it in between.
            return self.run(&run.id).await;
        }
        run.state = RunState::Running;
        run.started_at = Some(now);
        (run.up_to_seq, run.head, run.total) = (up_to_seq, head, total);
        let body = json!({ "run": run.id, "after": run.after_seq, "up_to": up_to_seq, "head": run.head, "events": total });
        let fact = Fact::new(STREAM, "retro_begun", now, "system", &body)?;
        self.store.commit(vec![fact.put(Put::new(RUN_SHELF, &run.id, &run)?)]).await?;
        Ok(run)
    }

    /// Keeps how far a run is, to go on from there after a stop.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn keep_progress(&self, id: &str, progress: &Progress) -> Result<(), RetroError> {
        let unfit = |error: serde_json::Error| LedgerError::Unfit {
            what: "progress".to_owned(),
            why: error.to_string(),
        };
        let body = serde_json::to_value(progress).map_err(unfit)?;
        Ok(self.store.put_private(PROGRESS_SHELF, id, body, None).await?)
    }

    /// How far a run was when it was last kept.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn progress(&self, id: &str) -> Result<Option<Progress>, RetroError> {
        let kept = self.store.get_private(PROGRESS_SHELF, id).await?;
        Ok(kept.and_then(|record| serde_json::from_value(record.body).ok()))
    }

    /// Keeps what a run has found, and makes findings of what nobody knew.
    ///
    /// # Errors
    /// When the ledger fails; it can be tried again.
    pub async fn finish(
        &self,
        id: &str,
        found: &Found,
        passed: u64,
        unreadable: u64,
        failed: Option<String>,
    ) -> Result<Run, RetroError> {
        let kept = self.findings.keep_in_retrospect(&found.hits).await?;
        let _turn = self.turn.lock().await;
        let mut run = self.run(id).await?;
        let mut order = self.order(&run.order).await?;
        let now = self.clock.now();
        (run.passed, run.unreadable, run.ended_at) = (passed.min(run.total), unreadable, Some(now));
        run.left_out = found.left_out;
        run.hits =
            found.hits.iter().zip(kept).map(|(hit, finding)| run_hit(hit, finding)).collect();
        if let Some(why) = failed {
            run.state = RunState::Failed { why };
        } else if run.state == RunState::Running {
            run.state = RunState::Done;
            order.covered_up_to = run.up_to_seq;
        }
        order.last_run = Some(run.id.clone());
        let hits: Vec<_> = run
            .hits
            .iter()
            .map(|hit| json!({ "rule": hit.rule_id, "host": hit.host, "events": hit.count, "finding": hit.finding }))
            .collect();
        let body = json!({ "run": run.id, "state": run.state, "events": run.passed, "unreadable": unreadable, "hits": hits, "left_out": run.left_out });
        let fact = Fact::new(STREAM, "retro_ended", now, "system", &body)?
            .put(Put::new(RUN_SHELF, &run.id, &run)?)
            .put(Put::new(ORDER_SHELF, &order.id, &order)?)
            .put(Put::removal(OPEN_SHELF, &run.id));
        self.store.commit(vec![fact]).await?;
        let _ = self.store.remove_private(PROGRESS_SHELF, &run.id).await;
        let mut live = self.live();
        live.pace = None;
        live.cancelled.remove(id);
        Ok(run)
    }

    /// What is known already, so that it is not found again.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn known(&self) -> Result<Known, RetroError> {
        Ok(self.findings.known().await?)
    }

    /// Notes which rules there are; those that were never seen count as added now.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn note_rules(
        &self,
        ids: &[String],
    ) -> Result<BTreeMap<String, Instant>, RetroError> {
        let mut seen = self.rules().await?;
        let now = self.clock.now();
        let new: Vec<&String> = ids.iter().filter(|id| !seen.contains_key(*id)).collect();
        if new.is_empty() {
            return Ok(seen);
        }
        let body = json!({ "rules": new.len() });
        seen.extend(new.into_iter().map(|id| (id.clone(), now)));
        let fact = Fact::new(STREAM, "retro_rules_seen", now, "system", &body)?;
        self.store.commit(vec![fact.put(Put::new(RULES_SHELF, RULES, &seen)?)]).await?;
        Ok(seen)
    }

    /// When each rule was seen here first.
    ///
    /// # Errors
    /// When the ledger fails.
    pub async fn rules(&self) -> Result<BTreeMap<String, Instant>, RetroError> {
        match self.store.get(RULES_SHELF, RULES).await? {
            Some(record) => Ok(record.read()?),
            None => Ok(BTreeMap::new()),
        }
    }

    /// Tells how far the run is that is under way.
    pub fn tell(&self, id: &str, pace: Pace) {
        self.live().pace = Some((id.to_owned(), pace));
        self.moved.send_modify(|n| *n += 1);
    }

    /// How far a run is right now, when it is under way.
    #[must_use]
    pub fn pace(&self, id: &str) -> Option<Pace> {
        let live = self.live();
        live.pace.as_ref().filter(|(own, _)| own == id).map(|(_, pace)| *pace)
    }

    /// Moves while a run is under way, for screens that follow along.
    #[must_use]
    pub fn watch(&self) -> watch::Receiver<u64> {
        self.moved.subscribe()
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn is_in_line(&self, order: &str) -> Result<bool, RetroError> {
        for open in self.store.list(OPEN_SHELF, None, usize::MAX).await? {
            if self.run(&open.read::<String>()?).await?.order == order {
                return Ok(true);
            }
        }
        Ok(false)
    }

    fn new_run(&self, order: &Order, now: Instant) -> Run {
        Run {
            id: new_uuid7(now, &*self.chance),
            order: order.id.clone(),
            name: order.name.clone(),
            what: order.what.clone(),
            from: order.from,
            until: order.until,
            by_name: order.by_name.clone(),
            asked_at: now,
            started_at: None,
            ended_at: None,
            state: RunState::Waiting,
            after_seq: order.covered_up_to,
            up_to_seq: 0,
            head: String::new(),
            total: 0,
            passed: 0,
            unreadable: 0,
            hits: Vec::new(),
            left_out: 0,
        }
    }
}

/// What an order says of what it looks for, and the list to be kept beside it.
fn kept(asked: Asked) -> Result<(What, Option<String>), RetroError> {
    let list = match asked {
        Asked::Rules { added_since } => return Ok((What::Rules { added_since }, None)),
        Asked::Indicators(list) => list,
    };
    if list.indicators.is_empty() {
        return Err(RetroError::NoIndicators);
    }
    let text = list.to_kept();
    if text.len() > LIST_BYTES_MAX {
        return Err(RetroError::TooLong { limit: LIST_BYTES_MAX });
    }
    let what = What::Indicators {
        count: list.indicators.len(),
        digest: Digest::of(text.as_bytes()),
        not_understood: list.not_understood.into_iter().take(LINES_KEPT).collect(),
        n_not_understood: list.n_not_understood + list.left_out,
    };
    Ok((what, Some(text)))
}

/// The first time after `now` that lies whole periods behind `begin`.
fn next_after(begin: Instant, every: Every, now: Instant) -> Instant {
    const DAY_MICROS: i64 = 86_400 * sakimori_words::SECOND_MICROS;
    let days = match every {
        Every::Day => 1,
        Every::Week => 7,
        Every::Month => return next_month_after(begin, now),
    };
    let passed = now.micros_since(begin).max(0) / (days * DAY_MICROS);
    begin.plus_days((passed + 1) * days)
}

fn next_month_after(begin: Instant, now: Instant) -> Instant {
    let local = jst_datetime(begin);
    // Two hundred years of months; a clock that is further off is wrong.
    let later = (1..2_400).filter_map(|n: i32| local.checked_add(n.months()).ok());
    later.map(Instant::from_jst).find(|at| *at > now).unwrap_or_else(|| now.plus_days(30))
}

fn one_line(name: &str) -> String {
    name.trim().chars().filter(|sign| !sign.is_control()).take(RETRO_NAME_CHARS_MAX).collect()
}

fn run_hit(hit: &Hit, finding: Option<FindingId>) -> RunHit {
    RunHit {
        rule_id: hit.finding.rule_id.clone(),
        title: hit.finding.title.clone(),
        level: hit.finding.level,
        host: hit.finding.host.clone(),
        users: hit.users.clone(),
        count: hit.count,
        known: hit.known,
        first_at: hit.first_at,
        last_at: hit.last_at,
        evidence: hit.finding.evidence.clone(),
        finding,
    }
}
