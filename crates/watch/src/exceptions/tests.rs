use std::sync::Arc;

use proptest::prelude::*;
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    Clock, Digest, EvidenceRef, Finding, Instant, Involved, Level, PersonId, Text,
};

use super::{Exception, Exceptions, ExceptionsError, Held, NewException, Scope, Standing, Term};
use crate::{FindingState, Findings, KeptFinding, Which};

struct Desk {
    findings: Findings,
    store: Arc<dyn Store>,
    clock: Arc<StepClock>,
    _folder: tempfile::TempDir,
}

impl Desk {
    async fn new() -> Self {
        let (folder, store, clock) = crate::desk::ledger().await;
        let findings = open(&store, &clock, 1);
        Self { findings, store, clock, _folder: folder }
    }

    fn exceptions(&self) -> &Exceptions {
        self.findings.exceptions()
    }

    async fn make(&self, scope: Scope, days: i64) -> Exception {
        let new = new(scope, self.term("定期点検", days));
        self.exceptions().make(new, &sato()).await.unwrap()
    }

    fn term(&self, reason: &str, days: i64) -> Term {
        let expires_at = self.clock.now().plus_days(days);
        Term { reason: reason.to_owned(), owner: "tanaka".into(), expires_at }
    }

    /// Keeps a finding of now; the state it lies in.
    async fn find(&self, finding: Finding) -> FindingState {
        let kept = self.findings.keep(vec![finding]).await.unwrap();
        kept.first().expect("a new finding").state.clone()
    }

    async fn list(&self, which: Which) -> Vec<KeptFinding> {
        self.findings.list(which, None, 1_000).await.unwrap()
    }

    async fn counts(&self, which: Which) -> Vec<u64> {
        self.list(which).await.iter().map(|kept| kept.count).collect()
    }
}

fn open(store: &Arc<dyn Store>, clock: &Arc<StepClock>, seed: u64) -> Findings {
    Findings::new(Arc::clone(store), clock.clone(), Arc::new(SeededChance::new(seed)))
}

fn sato() -> PersonId {
    "sato".into()
}

fn new(scope: Scope, term: Term) -> NewException {
    NewException {
        scope,
        everywhere: false,
        title: Text::new("題", "title"),
        finding: "finding".into(),
        term,
    }
}

fn found(rule: &str, host: &str, user: &str, at: Instant, seq: u64) -> Finding {
    Finding {
        id: "".into(),
        time: at,
        found_at: at,
        rule_id: rule.to_owned(),
        title: Text::new("題", "title"),
        reason: Text::default(),
        next_step: Text::default(),
        level: Level::High,
        tags: vec![],
        author: String::new(),
        clause: String::new(),
        source: "syslog/192.0.2.1".to_owned(),
        host: host.to_owned(),
        user: user.to_owned(),
        involved: vec![Involved::Account("kyushoku".to_owned())],
        summary: String::new(),
        evidence: vec![EvidenceRef::Event { seq, leaf: Digest::of(&seq.to_be_bytes()) }],
    }
}

fn on(host: &str) -> Scope {
    Scope { rule: "scan".to_owned(), host: host.to_owned(), ..Scope::default() }
}

#[tokio::test]
async fn what_is_ordinary_is_kept_and_counted_but_waits_for_nobody() {
    let desk = Desk::new().await;
    let exception = desk.make(on("SCANNER"), 90).await;
    let at = desk.clock.now();
    let held = desk.find(found("scan", "scanner.hospital.example", "a", at, 1)).await;
    assert_eq!(held, FindingState::HeldBack { exception: exception.id.clone() });
    assert_eq!(desk.find(found("scan", "FS01", "a", at, 2)).await, FindingState::New);
    assert_eq!(desk.find(found("other", "scanner", "a", at, 3)).await, FindingState::New);
    assert_eq!(desk.findings.open_count().await.unwrap(), 2);
    assert_eq!(desk.list(Which::All).await.len(), 2);
    let told = desk.findings.stories().await.unwrap();
    assert!(told.iter().flat_map(|story| &story.findings).all(|one| one.state.is_open()));
    let held = desk.list(Which::HeldBack).await;
    assert_eq!(held.len(), 1);
    let of = desk.findings.held_back_by(&exception.id, None, 10).await.unwrap();
    assert_eq!(of, held);
    assert!(desk.findings.held_back_by(&"other".into(), None, 10).await.unwrap().is_empty());
    assert!(desk.store.check().await.unwrap().problems.is_empty());
}

#[tokio::test]
async fn it_ends_by_the_clock_alone_and_what_it_held_back_stays_there() {
    let desk = Desk::new().await;
    let exception = desk.make(on("scanner"), 1).await;
    let scan = |seq| found("scan", "scanner", "a", desk.clock.now(), seq);
    desk.clock.set(exception.term.expires_at.plus_seconds(-1));
    assert!(desk.find(scan(1)).await.held_back_by().is_some());
    desk.clock.step_seconds(1);
    assert_eq!(desk.find(scan(2)).await, FindingState::New, "not even within the ten minutes");
    assert_eq!(
        (desk.list(Which::HeldBack).await.len(), desk.list(Which::Open).await.len()),
        (1, 1)
    );
    let listed = desk.exceptions().get(&exception.id).await.unwrap();
    assert_eq!(listed.exception.standing(desk.clock.now()), Standing::Expired);
    let term = desk.term("次の点検まで", 30);
    desk.exceptions().renew(&exception.id, 0, term, &sato()).await.unwrap();
    desk.clock.step_seconds(700);
    assert!(desk.find(scan(3)).await.held_back_by().is_some());
    let withdrawn = desk.exceptions().withdraw(&exception.id, 1, "機器を撤去", &sato()).await;
    assert_eq!(withdrawn.unwrap().standing(desk.clock.now()), Standing::Withdrawn);
    assert_eq!(desk.find(scan(4)).await, FindingState::New);
    assert_eq!(
        (desk.counts(Which::HeldBack).await, desk.counts(Which::Open).await),
        (vec![1, 1], vec![1, 1])
    );
    let turns = desk.exceptions().turns(&exception.id).await.unwrap();
    let told: Vec<(&str, &str)> =
        turns.iter().map(|turn| (turn.kind.as_str(), turn.reason.as_str())).collect();
    let expected = [
        ("exception_made", "定期点検"),
        ("exception_renewed", "次の点検まで"),
        ("exception_withdrawn", "機器を撤去"),
    ];
    assert_eq!(told, expected);
}

#[tokio::test]
async fn an_open_finding_does_not_vanish_and_is_not_raised_by_what_is_held_back() {
    let desk = Desk::new().await;
    let scan = |seq| found("scan", "scanner", "a", desk.clock.now(), seq);
    assert_eq!(desk.find(scan(1)).await, FindingState::New);
    let exception = desk.make(on("scanner"), 90).await;
    for seq in 2..5 {
        desk.findings.keep(vec![scan(seq)]).await.unwrap();
    }
    assert_eq!(desk.counts(Which::Open).await, [1]);
    assert_eq!(desk.counts(Which::HeldBack).await, [3]);
    desk.exceptions().withdraw(&exception.id, 0, "誤り", &sato()).await.unwrap();
    desk.findings.keep(vec![scan(5)]).await.unwrap();
    assert_eq!(desk.counts(Which::Open).await, [2]);
    assert_eq!(desk.counts(Which::HeldBack).await, [3]);
}

#[tokio::test]
async fn what_is_held_back_is_counted_with_its_exception_also_over_a_restart() {
    let desk = Desk::new().await;
    let exception = desk.make(on("scanner"), 90).await;
    let start = desk.clock.now();
    for n in 0..30_u64 {
        desk.clock.set(start.plus_seconds(i64::try_from(n).unwrap() * 10));
        desk.findings.keep(vec![found("scan", "scanner", "a", desk.clock.now(), n)]).await.unwrap();
    }
    desk.findings.tick(true).await.unwrap();
    let again = open(&desk.store, &desk.clock, 2);
    again.keep(vec![found("scan", "scanner", "b", desk.clock.now(), 99)]).await.unwrap();
    again.tick(true).await.unwrap();
    let held = again.exceptions().get(&exception.id).await.unwrap().held;
    assert_eq!(held, Held { findings: 2, times: 31, last_at: Some(desk.clock.now()) });
    desk.store.rebuild().await.unwrap();
    assert_eq!(again.exceptions().get(&exception.id).await.unwrap().held, held);
}

#[tokio::test]
async fn a_person_takes_up_what_was_held_back_and_nobody_else_holds_back() {
    let desk = Desk::new().await;
    let exception = desk.make(on("scanner"), 90).await;
    let scan = |seq| found("scan", "scanner", "a", desk.clock.now(), seq);
    desk.find(scan(1)).await;
    desk.findings.keep(vec![scan(2)]).await.unwrap();
    let id = desk.list(Which::HeldBack).await[0].finding.id.clone();
    let refused = FindingState::HeldBack { exception: exception.id.clone() };
    assert!(desk.findings.set_state(&id, 0, refused, &sato()).await.is_err());
    desk.findings.set_state(&id, 0, FindingState::LookedAt, &sato()).await.unwrap();
    assert_eq!(desk.counts(Which::Open).await, [2]);
    assert_eq!(desk.exceptions().get(&exception.id).await.unwrap().held.times, 2);
    assert!(desk.find(scan(3)).await.held_back_by().is_some());
    assert_eq!(desk.counts(Which::Open).await, [2]);
}

#[tokio::test]
async fn an_exception_needs_a_scope_a_reason_an_owner_and_an_end() {
    let desk = Desk::new().await;
    let make = async |scope: Scope, term: Term| {
        desk.exceptions().make(new(scope, term), &sato()).await.unwrap_err()
    };
    let fine = desk.term("理由", 90);
    let only_rule = Scope { rule: "scan".to_owned(), ..Scope::default() };
    for scope in [only_rule.clone(), Scope::default(), on("\\\\"), on(&"x".repeat(256))] {
        assert!(matches!(make(scope, fine.clone()).await, ExceptionsError::Scope));
    }
    let nobody = Scope { user: "@hospital.example".to_owned(), ..only_rule.clone() };
    assert!(matches!(make(nobody, fine.clone()).await, ExceptionsError::Scope));
    for reason in [" ", &"長".repeat(501)] {
        let term = desk.term(reason, 90);
        assert!(matches!(make(on("a"), term).await, ExceptionsError::Reason { .. }));
    }
    for days in [-1, 0, 367] {
        let term = desk.term("理由", days);
        assert!(matches!(make(on("a"), term).await, ExceptionsError::Expiry { .. }));
    }
    let ownerless = Term { owner: "".into(), ..fine.clone() };
    assert!(matches!(make(on("a"), ownerless).await, ExceptionsError::Owner));
    let everywhere = NewException { everywhere: true, ..new(only_rule, fine) };
    desk.exceptions().make(everywhere, &sato()).await.unwrap();
    assert!(desk.find(found("scan", "x", "y", desk.clock.now(), 1)).await.held_back_by().is_some());
}

#[tokio::test]
async fn two_people_never_renew_or_withdraw_over_each_other() {
    let desk = Desk::new().await;
    let id = desk.make(on("scanner"), 90).await.id;
    desk.exceptions().renew(&id, 0, desk.term("一年", 365), &sato()).await.unwrap();
    let late = desk.exceptions().withdraw(&id, 0, "不要", &sato()).await;
    assert!(matches!(late, Err(ExceptionsError::MovedOn { .. })));
    desk.exceptions().withdraw(&id, 1, "不要", &sato()).await.unwrap();
    let late = desk.exceptions().renew(&id, 2, desk.term("一年", 365), &sato()).await;
    assert!(matches!(late, Err(ExceptionsError::MovedOn { .. })), "what was withdrawn stays so");
    let unknown = desk.exceptions().withdraw(&"nobody".into(), 0, "不要", &sato()).await;
    assert!(matches!(unknown, Err(ExceptionsError::Unknown { .. })));
}

#[tokio::test]
async fn the_next_to_end_is_in_front_and_what_is_over_is_behind() {
    let desk = Desk::new().await;
    for (host, days) in [("year", 366), ("over", 1), ("soon", 14), ("gone", 300), ("sooner", 3)] {
        desk.make(on(host), days).await;
    }
    let gone = desk.exceptions().list().await.unwrap();
    let gone = gone.iter().find(|one| one.exception.scope.host == "gone").unwrap();
    desk.exceptions().withdraw(&gone.exception.id, 0, "不要", &sato()).await.unwrap();
    desk.clock.step_seconds(86_400);
    let listed = desk.exceptions().list().await.unwrap();
    let hosts: Vec<&str> = listed.iter().map(|one| one.exception.scope.host.as_str()).collect();
    assert_eq!(hosts, ["sooner", "soon", "year", "over", "gone"]);
}

#[tokio::test]
async fn before_it_is_made_one_sees_what_it_would_have_held_back() {
    let desk = Desk::new().await;
    let start = desk.clock.now();
    for (seq, host) in (0..).zip(["old", "scanner", "SCANNER.hospital.example", "fs01"]) {
        let level = if host == "scanner" { Level::Low } else { Level::High };
        let finding = Finding { level, ..found("scan", host, "a", desk.clock.now(), seq) };
        desk.findings.keep(vec![finding]).await.unwrap();
        desk.clock.step_seconds(86_400);
    }
    let covered = desk.findings.covered(&on("Scanner"), start).await.unwrap();
    assert_eq!((covered.total(), covered.at_least(Level::High), covered.partial), (2, 1, false));
    assert_eq!(covered.findings.len(), 2);
    let since = start.plus_days(2);
    assert_eq!(desk.findings.covered(&on("scanner"), since).await.unwrap().total(), 1);
    assert_eq!(desk.findings.covered(&on("old"), since).await.unwrap().total(), 0);
}

const HOSTS: [&str; 4] = ["fs01", "FS01.hospital.example", "fs02", ""];
const USERS: [&str; 4] = ["sato", "HOSPITAL\\Sato", "suzuki", ""];
const RULES: [&str; 2] = ["scan", "logon"];

fn scopes() -> impl Strategy<Value = Scope> {
    let one_of = |from: &'static [&'static str]| {
        proptest::option::of(proptest::sample::select(from))
            .prop_map(|one| one.unwrap_or_default().to_owned())
    };
    let involved = proptest::collection::vec(
        proptest::sample::select(vec!["kyushoku", "other"])
            .prop_map(|name| Involved::Account(name.to_owned())),
        0..2,
    );
    let parts = (one_of(&RULES), one_of(&HOSTS), one_of(&USERS), one_of(&["syslog/192.0.2.1"]));
    (parts, involved).prop_map(|((rule, host, user, source), involved)| Scope {
        rule,
        host,
        user,
        source,
        involved,
    })
}

/// A finding by rule, machine and account, the seconds since the one before.
fn steps() -> impl Strategy<Value = Vec<(usize, usize, usize, i64)>> {
    proptest::collection::vec((0..2_usize, 0..4_usize, 0..4_usize, 0..900_i64), 1..25)
}

/// Plays the findings to a desk, with an exception of that many seconds made after the first few of them; what is kept.
async fn play(
    steps: &[(usize, usize, usize, i64)],
    exception: Option<(&Scope, usize, i64, bool)>,
) -> (Vec<KeptFinding>, Vec<KeptFinding>, Option<(Instant, Instant)>) {
    let desk = Desk::new().await;
    let mut in_force = None;
    for (n, (rule, host, user, seconds)) in steps.iter().enumerate() {
        if let Some((scope, _, lasts, withdrawn)) = exception.filter(|one| one.1 == n) {
            let now = desk.clock.now();
            let expires_at = now.plus_seconds(lasts);
            let term = Term { expires_at, ..desk.term("理由", 1) };
            let new = NewException { everywhere: true, ..new(scope.clone(), term) };
            // A scope that cannot be used is refused, and nothing is held back.
            if let Ok(made) = desk.exceptions().make(new, &sato()).await {
                in_force = Some((now, if withdrawn { now } else { expires_at }));
                if withdrawn {
                    desk.exceptions().withdraw(&made.id, 0, "誤り", &sato()).await.unwrap();
                }
            }
        }
        desk.clock.step_seconds(*seconds);
        let at = desk.clock.now();
        let finding = found(RULES[*rule], HOSTS[*host], USERS[*user], at, n as u64);
        desk.findings.keep(vec![finding]).await.unwrap();
    }
    desk.findings.tick(true).await.unwrap();
    assert!(desk.store.check().await.unwrap().problems.is_empty());
    (desk.list(Which::All).await, desk.list(Which::HeldBack).await, in_force)
}

fn total(kept: &[KeptFinding]) -> u64 {
    kept.iter().map(|one| one.count).sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, ..ProptestConfig::default() })]

    #[test]
    fn nothing_outside_its_scope_or_time_is_held_back_and_nothing_is_lost(
        steps in steps(),
        scope in scopes(),
        after in 0..10_usize,
        lasts in 1..4_000_i64,
        withdrawn in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let (plain, none, _) = runtime.block_on(play(&steps, None));
        prop_assert!(none.is_empty());
        let exception = Some((&scope, after, lasts, withdrawn));
        let (shown, held, in_force) = runtime.block_on(play(&steps, exception));
        prop_assert_eq!(total(&shown) + total(&held), total(&plain));
        prop_assert_eq!(total(&plain), steps.len() as u64);
        prop_assert!(held.is_empty() || in_force.is_some());
        for kept in &held {
            let (since, until) = in_force.unwrap();
            prop_assert!(since <= kept.first_at && kept.last_at < until);
            prop_assert!(scope.covers(&kept.finding));
        }
        // And what is covered in its time is not shown.
        if let Some((since, until)) = in_force {
            let shown_then = |kept: &&KeptFinding| kept.first_at > since && kept.last_at < until;
            prop_assert!(!shown.iter().filter(shown_then).any(|kept| scope.covers(&kept.finding)));
        }
    }

    #[test]
    fn the_more_a_scope_asks_the_less_it_covers(scope in scopes(), host in 0..4_usize, user in 0..4_usize) {
        let at = Instant::from_micros(0);
        let finding = found("scan", HOSTS[host], USERS[user], at, 1);
        let narrower = Scope { host: "fs01".to_owned(), ..scope.clone() };
        if scope.host.is_empty() && scope != Scope::default() && narrower.covers(&finding) {
            prop_assert!(scope.covers(&finding));
        }
        prop_assert!(!Scope::default().covers(&finding), "a scope that says nothing covers nothing");
        if let Some(normal) = scope.normal() {
            prop_assert_eq!(normal.covers(&finding), scope.covers(&finding));
        }
    }
}
