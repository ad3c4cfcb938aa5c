//! Looking back in the running node: one run after the other, gently, told live, taken up again after a stop.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant as Stopwatch};

use sakimori_lake::{LakeError, LakeReader};
use sakimori_watch::retro::{
    Found, LookBack, Pace, Progress, RUN_HITS_MAX, Retro, RetroError, Run, RunState, Sought, What,
};
use sakimori_watch::{Detector, RuleLists, RuleText};
use sakimori_words::{Instant, Trouble};

use crate::retro::{BEGIN, END, Gauge, Pass, Position, Span, Step, needles_of};

/// How often schedules are looked at.
const LOOK_EVERY: Duration = Duration::from_secs(30);

/// How often the screens are told how far a run is.
const TELL_EVERY: Duration = Duration::from_secs(2);

/// How often a run's place is kept: a kill costs at most that much work, and a segment.
const KEEP_EVERY: Duration = Duration::from_secs(10);

/// How long to wait after the ledger or the log refused.
const AGAIN_AFTER: Duration = Duration::from_secs(10);

/// How often a run whose log cannot be read is tried again before it is told to have failed.
const TRIES: u32 = 5;

/// What looks back.
pub(super) struct LookingBack {
    pub(super) desk: Arc<Retro>,
    pub(super) reader: LakeReader,
    pub(super) rules: Vec<RuleText>,
    pub(super) lists: RuleLists,
}

/// Why a run did not come to its end.
#[derive(Debug, thiserror::Error)]
enum RunError {
    #[error(transparent)]
    Desk(#[from] RetroError),
    #[error(transparent)]
    Log(#[from] LakeError),
}

impl RunError {
    fn trouble(&self) -> Trouble {
        match self {
            Self::Desk(error) => error.trouble(),
            Self::Log(error) => error.trouble(),
        }
    }
}

impl LookingBack {
    /// Runs what is asked for and what is due, for ever.
    pub(super) async fn work(self) {
        let ids: Vec<String> = self.rules.iter().flat_map(Detector::ids_of).collect();
        if let Err(error) = self.desk.note_rules(&ids).await {
            tracing::warn!(trouble = %error.trouble(), "which rules there are could not be kept");
        }
        let mut tries = 0;
        loop {
            match self.one().await {
                Ok(true) => tries = 0,
                Ok(false) => {
                    tokio::select! {
                        () = self.desk.asked() => {}
                        () = tokio::time::sleep(LOOK_EVERY) => {}
                    }
                }
                Err(error) => {
                    tries += 1;
                    tracing::error!(trouble = %error.trouble(), tries, "looking back was interrupted");
                    if tries >= TRIES {
                        self.give_up(&error).await;
                        tries = 0;
                    }
                    tokio::time::sleep(AGAIN_AFTER).await;
                }
            }
        }
    }

    /// Does the next run; whether there was one.
    async fn one(&self) -> Result<bool, RunError> {
        self.desk.take_due().await?;
        let Some(run) = self.desk.next().await? else { return Ok(false) };
        let run = match run.state {
            RunState::Waiting => self.begin(run).await?,
            // Cancelled while the program did not run, or under way when it stopped.
            _ => run,
        };
        let kept = self.desk.progress(&run.id).await?.unwrap_or_default();
        let sought = self.sought(&run).await?;
        let needles = needles_of(&sought);
        let now = run.started_at.unwrap_or(run.asked_at);
        let mut back = LookBack::new(sought, RUN_HITS_MAX, now).knowing(self.desk.known().await?);
        let position: Position = serde_json::from_value(kept.position).unwrap_or_default();
        back.restore(kept.found);
        let mut pass = Pass::new(self.reader.clone(), span(&run), &needles, back, position, true);
        if run.state == RunState::Running {
            self.pass(&run, &mut pass).await?;
        }
        let found = pass.with_back(|back| back.found());
        let passed = pass.gauge().passed.load(Ordering::Relaxed);
        self.desk.finish(&run.id, &found, passed, pass.position.unreadable, None).await?;
        Ok(true)
    }

    /// What the run covers is fixed when it begins: up to the newest event, with the signed head of what is sealed.
    async fn begin(&self, run: Run) -> Result<Run, RunError> {
        let up_to_seq = self.reader.last_seq().await?;
        let head = self.reader.checkpoint().await?.unwrap_or_default();
        let mut planned = run.clone();
        planned.up_to_seq = up_to_seq;
        let back = LookBack::new(Sought::Rules(Box::new(Detector::new(&[]))), 0, run.asked_at);
        let pass =
            Pass::new(self.reader.clone(), span(&planned), &[], back, Position::default(), true);
        let total = pass.left().await?;
        Ok(self.desk.begin(run, up_to_seq, head, total).await?)
    }

    async fn sought(&self, run: &Run) -> Result<Sought, RunError> {
        match &run.what {
            What::Indicators { .. } => {
                let list = self.desk.indicators(&run.order).await?;
                Ok(Sought::indicators(list).map_err(RetroError::from)?)
            }
            What::Rules { added_since } => {
                let rules = self.rules_since(*added_since).await?;
                Ok(Sought::Rules(Box::new(Detector::with_lists(&rules, &self.lists))))
            }
        }
    }

    /// The rule files that hold a rule that was seen first at that time or later.
    async fn rules_since(&self, since: Option<Instant>) -> Result<Vec<RuleText>, RunError> {
        let Some(since) = since else { return Ok(self.rules.clone()) };
        let seen = self.desk.rules().await?;
        let is_new = |id: &String| seen.get(id).is_some_and(|at| *at >= since);
        let new = self.rules.iter().filter(|rule| Detector::ids_of(rule).iter().any(is_new));
        Ok(new.cloned().collect())
    }

    /// Steps to the end, or until somebody says stop.
    async fn pass(&self, run: &Run, pass: &mut Pass) -> Result<(), RunError> {
        let gauge = pass.gauge();
        let told = Telling::new(&gauge);
        let mut kept_at = Stopwatch::now();
        loop {
            let step = {
                let step = pass.step();
                tokio::pin!(step);
                loop {
                    tokio::select! {
                        step = &mut step => break step?,
                        () = tokio::time::sleep(TELL_EVERY) => told.tell(&self.desk, run, &gauge),
                    }
                }
            };
            if step != Step::More {
                return Ok(());
            }
            told.tell(&self.desk, run, &gauge);
            if gauge.stop.load(Ordering::Relaxed) {
                return Ok(());
            }
            if kept_at.elapsed() > KEEP_EVERY {
                self.keep(run, pass).await;
                kept_at = Stopwatch::now();
            }
        }
    }

    /// Keeps place and hits together, between two segments.
    async fn keep(&self, run: &Run, pass: &Pass) {
        let Ok(position) = serde_json::to_value(&pass.position) else { return };
        let found = pass.with_back(|back| back.found());
        let progress = Progress { position, found };
        if let Err(error) = self.desk.keep_progress(&run.id, &progress).await {
            tracing::warn!(trouble = %error.trouble(), "how far looking back is could not be kept");
        }
    }

    /// Others wait behind a run that cannot be done.
    async fn give_up(&self, error: &RunError) {
        let Ok(Some(run)) = self.desk.next().await else { return };
        let progress = self.desk.progress(&run.id).await.ok().flatten();
        let found = progress.map_or_else(Found::default, |progress| progress.found);
        let why = error.trouble().detail;
        if let Err(error) = self.desk.finish(&run.id, &found, 0, 0, Some(why)).await {
            tracing::error!(trouble = %error.trouble(), "a run could not be given up");
        }
    }
}

fn span(run: &Run) -> Span {
    Span {
        after_seq: run.after_seq,
        up_to_seq: run.up_to_seq,
        from: run.from.unwrap_or(BEGIN),
        until: run.until.unwrap_or(END),
    }
}

/// How fast a run is, for the screens.
struct Telling {
    since: Stopwatch,
    begun_with: u64,
}

impl Telling {
    fn new(gauge: &Gauge) -> Self {
        Self { since: Stopwatch::now(), begun_with: gauge.passed.load(Ordering::Relaxed) }
    }

    /// Tells, and hands on that somebody said stop.
    fn tell(&self, desk: &Retro, run: &Run, gauge: &Gauge) {
        if desk.is_cancelled(&run.id) {
            gauge.stop.store(true, Ordering::Relaxed);
        }
        let passed = gauge.passed.load(Ordering::Relaxed);
        let millis = u64::try_from(self.since.elapsed().as_millis()).unwrap_or(u64::MAX).max(1);
        desk.tell(
            &run.id,
            Pace {
                passed: passed.min(run.total),
                total: run.total,
                reached: Instant::from_micros(gauge.reached.load(Ordering::Relaxed)),
                per_second: passed.saturating_sub(self.begun_with).saturating_mul(1_000) / millis,
            },
        );
    }
}
