//! A story: a storm in which everybody does what they do and everything goes wrong, and the calm after it.

use sakimori_federation::{Outgoing, Post, SKEW_SECONDS_MAX};
use sakimori_warn::{
    Answer, Attachment, NewRelay, ReceivedWarning, Signer, WarnError, WarningClass, WarningContent,
    WarningDesk, WarningKey,
};
use sakimori_words::{MessageId, Prefecture, parse_date};
use serde_json::json;

use super::line::{CALM, STORM};
use super::mole::Lies;
use super::places::{Country, MINISTRY, MOLE, Marks};
use super::{REPORT_TYPE, again};
use crate::recorder::Recorder;

/// What was done and acknowledged as done: the ledgers must know of it.
#[derive(Default)]
pub(super) struct Story {
    /// Reports: by whom, to whom, which.
    pub(super) reports: Vec<(String, String, MessageId)>,
    /// The last answer of an institution to a warning, while it is known which one it was.
    pub(super) answers: Vec<(String, WarningKey, String)>,
    pub(super) lies: Lies,
    pub(super) n_crashes: usize,
    /// Warnings whose release was acknowledged, with the revision.
    pub(super) released: Vec<(WarningKey, u32)>,
}

const ANSWERS: [Answer; 3] = [Answer::Affected, Answer::NotAffected, Answer::Checking];
/// Rounds after which a country that still has something to say never comes to rest.
const ROUNDS_MAX: usize = 60;

/// Plays the storm of the country's seed and waits for the calm.
pub(super) async fn play(country: &mut Country) -> Story {
    let mut story = Story::default();
    issue(country, &mut story, MINISTRY).await;
    *country.line.weather.lock().unwrap() = STORM;
    for _ in 0..country.size.events {
        happen(country, &mut story).await;
        country.bury();
    }
    heal(country).await;
    country.calm_down().await;
    story
}

/// One thing happens.
async fn happen(country: &mut Country, story: &mut Story) {
    let chance = country.dice.below(1_000);
    country.clock.step_seconds(i64::try_from(country.dice.below(8)).unwrap());
    match chance {
        0..520 => dial_somewhere(country).await,
        520..600 => work_at_an_office(country).await,
        600..750 => answer(country, story).await,
        750..810 => report(country, story).await,
        810..850 => drop(country.line.deliver_late().await),
        850..870 => cut_or_mend(country),
        870..885 => restart(country),
        885..900 => let_power_fail(country, story),
        900..925 => set_a_clock_wrong(country),
        925..945 => {
            let about = story.released.first().map(|(key, _)| key.clone());
            country.lie(&mut story.lies, about.as_ref()).await;
        }
        945..960 => enrol_a_newcomer(country).await,
        960..966 => {
            let offices = country.ids(|place| place.me.kind.is_office() && place.id() != "jma");
            let office = country.pick_from(&offices).clone();
            issue(country, story, &office).await;
        }
        966..970 => revise(country, story).await,
        970..990 => start_somebody(country),
        _ => country.clock.step_seconds(600),
    }
}

/// Offices dial more often than others, as everything goes through them.
async fn dial_somewhere(country: &mut Country) {
    let children = if country.dice.below(4) == 0 {
        country.ids(|place| place.me.kind.is_office() && !place.parents.is_empty())
    } else {
        country.ids(|place| !place.parents.is_empty() && place.id() != MOLE)
    };
    let child = country.pick_from(&children).clone();
    let parents = country.places[&child].parents.clone();
    for parent in parents {
        // In a storm most of them fail.
        let _ = country.dial(&child, parent).await;
    }
    take_in(country, &child).await;
}

/// Offers what lies in the inbox to the stages.
async fn take_in(country: &mut Country, id: &str) -> usize {
    let Some(running) = country.running(id) else { return 0 };
    let delivery = running.post.deliver(&[&running.desk, &Recorder]).await;
    country.bury();
    delivery.map_or(0, |delivery| delivery.n_taken)
}

async fn work_at_an_office(country: &mut Country) {
    let offices = country.offices();
    let office = country.pick_from(&offices).clone();
    take_in(country, &office).await;
    relay_something(country, &office).await;
}

/// Passes on the first warning that was not. Returns whether there was one.
async fn relay_something(country: &mut Country, office: &str) -> bool {
    let Some(running) = country.running(office) else { return false };
    let received = running.desk.received(None, 100).await.unwrap_or_default();
    let open = |one: &ReceivedWarning| one.current().is_some_and(|now| now.relay.is_none());
    let mut relayed = false;
    if let Some(one) = received.into_iter().find(open) {
        let remark = format!("{office} から周知します");
        let relay = NewRelay { key: one.key, remark, by: person("担当 次郎") };
        relayed = running.desk.relay(&relay).await.is_ok();
    }
    country.bury();
    relayed
}

pub(super) fn person(name: &str) -> Signer {
    Signer { person: name.into(), name: name.to_owned() }
}

fn warning(country: &Country, office: &str) -> WarningContent {
    let mut content = WarningContent {
        number: "事務連絡".to_owned(),
        class: WarningClass::Urgent,
        title: format!("注意喚起 {}", country.dice.below(1_000_000)),
        body: "緊急連絡体制を確認してください。".to_owned(),
        ..WarningContent::empty(office, parse_date("2026-12-24").unwrap())
    };
    match country.dice.below(6) {
        0 => content.addressees.beds_min = Some(20),
        1 => content.addressees.prefectures = Prefecture::from_code(13).into_iter().collect(),
        2 => (content.addressees.companies_only, content.addressees.vendors) = (true, true),
        _ => {}
    }
    content
}

async fn issue(country: &mut Country, story: &mut Story, office: &str) {
    let Some(running) = country.running(office) else { return };
    let mut content = warning(country, office);
    if country.dice.below(2) == 0 {
        let text = format!("%PDF-1.7 {}", content.title.repeat(20));
        let attachment = Attachment::new("別添.pdf", text.as_bytes()).unwrap();
        let kept = running.post.keep_file(text.into_bytes()).await;
        content.attachments.extend(kept.is_ok().then_some(attachment));
    }
    if let Ok(Some(key)) = issue_at(&running.desk, content).await {
        story.released.push((key, 1));
    }
    country.bury();
}

async fn issue_at(
    desk: &WarningDesk,
    content: WarningContent,
) -> Result<Option<WarningKey>, WarnError> {
    let draft = desk.begin(content, &person("起案 太郎")).await?;
    desk.submit(&draft.key.id, &person("起案 太郎")).await?;
    match desk.release(&draft.key.id, &person("決裁 花子")).await {
        Ok(_) => Ok(Some(draft.key)),
        Err(WarnError::NobodyBelow) => Ok(None),
        Err(error) => Err(error),
    }
}

async fn revise(country: &mut Country, story: &mut Story) {
    let Some((key, _)) = story.released.last().cloned() else { return };
    let Some(running) = country.running(key.origin.as_str()) else { return };
    if let Ok(revision) = revise_at(&running.desk, &key).await {
        story.released.push((key, revision));
    }
    country.bury();
}

async fn revise_at(desk: &WarningDesk, key: &WarningKey) -> Result<u32, WarnError> {
    let before = desk.warning(key).await?;
    desk.revise(&key.id, &person("起案 太郎")).await?;
    let body = format!("{} 訂正します。", before.content.body);
    let better = WarningContent { body, ..before.content };
    desk.edit(&key.id, better, &person("起案 太郎")).await?;
    desk.submit(&key.id, &person("起案 太郎")).await?;
    desk.release(&key.id, &person("決裁 花子")).await?;
    Ok(before.revision + 1)
}

/// Somebody at an institution opens, answers, corrects the answer or says that it is done.
async fn answer(country: &mut Country, story: &mut Story) {
    let institutions = country.institutions();
    let id = country.pick_from(&institutions).clone();
    take_in(country, &id).await;
    if country.dice.below(6) == 0 {
        set_wrong(country, &id);
    }
    let Some(running) = country.running(&id) else { return };
    let Ok(received) = running.desk.received(None, 100).await else { return };
    if received.is_empty() {
        return;
    }
    let key = country.pick_from(&received).key.clone();
    let signer = person(&format!("情報 {}", country.dice.below(5)));
    let note = format!("{}", country.dice.next());
    let given = *country.pick_from(&ANSWERS);
    let outcome = match country.dice.below(6) {
        0 => running.desk.open(&key, &signer).await.map(|_| None),
        1 => running.desk.finish(&key, &signer, &note).await.map(|_| Some(note)),
        _ => running.desk.acknowledge(&key, &signer, given, &note).await.map(|_| Some(note)),
    };
    let of_this = |one: &(String, WarningKey, String)| one.0 == id && one.1 == key;
    match outcome {
        Ok(None) | Err(WarnError::NotAnswered | WarnError::StillChecking) => {}
        Ok(Some(note)) => {
            story.answers.retain(|one| !of_this(one));
            story.answers.push((id.clone(), key, note));
        }
        // Whether it was kept before the power failed is not known.
        Err(_) => story.answers.retain(|one| !of_this(one)),
    }
    country.bury();
}

/// A report to the hub or to the ministry.
async fn report(country: &mut Country, story: &mut Story) {
    let institutions = country.institutions();
    let id = country.pick_from(&institutions).clone();
    let hub = country.places[&id].parents[0];
    let to = if country.dice.below(2) == 0 { MINISTRY } else { hub };
    let Some(running) = country.running(&id) else { return };
    if let Ok(message) = send_report(&running.post, to, country.dice.next()).await {
        story.reports.push((id, to.to_owned(), message));
    }
    country.bury();
}

async fn send_report(
    post: &Post,
    to: &str,
    n: u64,
) -> Result<MessageId, sakimori_federation::SendError> {
    post.send(Outgoing::new(to.into(), REPORT_TYPE, json!({ "n": n.to_string() }))).await
}

/// A prefecture, or half of what hangs on it, is cut off; or the line is mended.
fn cut_or_mend(country: &Country) {
    let mut cut = country.line.cut.lock().unwrap();
    if !cut.is_empty() && country.dice.below(2) == 0 {
        return cut.clear();
    }
    let offices = country.offices();
    let office = country.pick_from(&offices);
    for place in country.places.values() {
        for parent in &place.parents {
            let touched = place.id() == office || (parent == office && country.dice.below(2) == 0);
            if touched {
                cut.insert((place.id().to_owned(), (*parent).to_owned()));
            }
        }
    }
}

fn somebody(country: &Country) -> String {
    let everybody = if country.dice.below(3) == 0 {
        country.offices()
    } else {
        country.ids(|place| place.id() != MOLE)
    };
    country.pick_from(&everybody).clone()
}

fn restart(country: &mut Country) {
    let id = somebody(country);
    country.stop(&id);
    country.start(&id);
}

/// The power of somebody fails within the next few changes; it stays down until somebody starts it.
fn let_power_fail(country: &mut Country, story: &mut Story) {
    let id = somebody(country);
    if !country.is_down(&id) {
        let n_changes = 1 + country.dice.below(6);
        country.places[&id].disk.fail_after(n_changes, country.dice.below(2) == 0);
        country.doomed.insert(id);
        story.n_crashes += 1;
    }
}

fn start_somebody(country: &mut Country) {
    let down = country.ids(|place| place.running.is_none());
    if !down.is_empty() {
        let id = country.pick_from(&down).clone();
        country.start(&id);
    }
}

fn set_a_clock_wrong(country: &Country) {
    set_wrong(country, &somebody(country));
}

/// Minutes or hours ahead or behind, or right again: then it jumps back.
fn set_wrong(country: &Country, id: &str) {
    let spread = *country.pick_from(&[0, 500, 7_200, 6 * 3_600]);
    let seconds = i64::try_from(country.dice.below(2 * spread + 1)).unwrap();
    country.places[id].clock.set_wrong(seconds - i64::try_from(spread).unwrap());
}

async fn enrol_a_newcomer(country: &mut Country) {
    let newcomers = country.ids(|place| !place.to_enrol.is_empty());
    if !newcomers.is_empty() {
        let id = country.pick_from(&newcomers).clone();
        country.enrol_next(&id).await;
    }
}

/// The storm is over: lines are mended, machines started, clocks set, everybody enrolled.
async fn heal(country: &mut Country) {
    *country.line.weather.lock().unwrap() = CALM;
    country.line.cut.lock().unwrap().clear();
    for id in country.ids(|_| true) {
        country.stop(&id);
        country.start(&id);
        country.places[&id].clock.set_wrong(0);
    }
    country.doomed.clear();
    country.clock.step_seconds(3_600);
    while country.line.deliver_late().await.is_some() {}
    for id in country.ids(|place| !place.to_enrol.is_empty()) {
        while !country.places[&id].to_enrol.is_empty() {
            country.enrol_next(&id).await;
        }
    }
}

impl Country {
    /// Rounds until nobody has anything for anybody, every office having relayed what came.
    pub(super) async fn calm_down(&mut self) {
        self.outwait_clocks().await;
        let mut asked_for_gaps = false;
        for _ in 0..ROUNDS_MAX {
            let moved = self.round().await;
            if moved > 0 {
                asked_for_gaps = false;
            } else if asked_for_gaps || !self.something_is_held().await {
                return;
            } else {
                self.clock.step_seconds(700);
                self.tend().await;
                asked_for_gaps = true;
            }
        }
        panic!("seed {0}: the country does not come to rest\n  {1}", self.seed, again(self.seed));
    }

    /// Whoever last asked by a clock that ran ahead may be refused until that moment has passed: ten minutes at most, however far ahead
    /// it ran, because a hub forgets what was asked later than it can believe (decision 29).
    async fn outwait_clocks(&mut self) {
        for id in self.ids(|place| place.id() != MOLE) {
            for parent in self.places[&id].parents.clone() {
                let _ = self.dial(&id, parent).await;
            }
        }
        self.clock.step_seconds(SKEW_SECONDS_MAX + 1);
    }

    /// Everybody who may have something to say dials once and takes in what came.
    async fn round(&mut self) -> usize {
        self.clock.step_seconds(60);
        let mut moved = 0;
        for id in self.ids(|place| place.id() != MOLE) {
            for parent in self.places[&id].parents.clone() {
                let link = (id.clone(), parent);
                if self.quiet.get(&link) == Some(&self.marks(&id, parent).await) {
                    continue;
                }
                let n = self.dial(&id, parent).await;
                let n = n.unwrap_or_else(|error| {
                    let (seed, again) = (self.seed, again(self.seed));
                    panic!("seed {seed}: `{id}` cannot dial `{parent}`: {error}\n  {again}")
                });
                moved += n;
                if n == 0 {
                    let marks = self.marks(&id, parent).await;
                    self.quiet.insert(link, marks);
                }
            }
        }
        // What lay in an inbox when the storm ended is taken in although nothing new came.
        for id in self.ids(|_| true) {
            moved += take_in(self, &id).await;
        }
        for office in self.offices() {
            while relay_something(self, &office).await {
                moved += 1;
            }
        }
        moved
    }

    /// What is different once a link that was quiet has something to carry: the child's journal, the hub's queue for it, and how much
    /// the hub has published.
    async fn marks(&self, child: &str, hub: &str) -> Marks {
        let (child_store, hub_store) =
            (&self.running(child).unwrap().store, &self.running(hub).unwrap().store);
        let places = [("post-link", child), ("post-counter", "published")];
        let records = hub_store.get_many(&places).await.unwrap();
        let versions = records.iter().map(|record| record.as_ref().map(|one| one.version));
        (child_store.head().await.unwrap().seq, versions.collect())
    }

    async fn something_is_held(&self) -> bool {
        for place in self.places.values() {
            let store = &place.running.as_ref().unwrap().store;
            if store.count("post-held").await.unwrap() > 0 {
                return true;
            }
        }
        false
    }

    async fn tend(&self) {
        for place in self.places.values() {
            place.running.as_ref().unwrap().post.tend().await.unwrap();
        }
    }
}
