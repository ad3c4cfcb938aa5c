//! What must hold once the storm is over. Every ledger is compared with those it should agree with; what was acknowledged as done
//! during the storm must be in the ledger of whoever did it.

use std::collections::{BTreeMap, BTreeSet};

use sakimori_warn::{CoverageRow, ReceivedWarning, Selection, Stage, Warning, WarningKey};
use sakimori_words::{Digest, OrganisationId};

use super::mole::LIE;
use super::places::{Country, MINISTRY, MOLE, Place, Running};
use super::play::Story;
use super::{REPORT_TYPE, Told};
use crate::recorder::{Got, got};

/// What is wrong, or what the story was about.
type Checked<T> = Result<T, String>;

/// Fails with what is wrong when something does not hold.
macro_rules! hold {
    ($holds:expr, $($what:tt)+) => {
        if !$holds {
            return Err(format!($($what)+));
        }
    };
}

pub(super) async fn check(country: &Country, story: &Story) -> Checked<Told> {
    let got_in = country.line.got_in.lock().unwrap().clone();
    hold!(got_in.is_empty(), "{got_in:?}");
    check_ledgers(country).await?;
    let n_reports = check_reports(country, story).await?;
    let warnings = released(country).await;
    for (key, revision) in &story.released {
        let known = warnings.iter().find(|warning| warning.key == *key);
        hold!(known.is_some_and(|known| known.revision >= *revision), "{key:?} is gone");
    }
    let mut told = Told { n_warnings: warnings.len(), n_reports, ..Told::default() };
    for warning in &warnings {
        let (n_received, n_answers) = check_warning(country, warning).await?;
        told.n_received += n_received;
        told.n_answers += n_answers;
    }
    check_nothing_else_came(country, &warnings).await?;
    check_answers_given(country, story).await?;
    check_refusals(country, story).await?;
    told.n_attacks = *country.line.n_attacks.lock().unwrap();
    told.n_refused = country.line.refused.lock().unwrap().values().sum();
    told.n_crashes = story.n_crashes;
    Ok(told)
}

fn up(place: &Place) -> &Running {
    place.running.as_ref().unwrap()
}

/// The chains hold and the shelves are what the journals say: at every office, and at every tenth institution.
async fn check_ledgers(country: &Country) -> Checked<()> {
    for (n, place) in country.places.values().enumerate() {
        if !place.me.kind.is_office() && n % 10 != 0 {
            continue;
        }
        let report = up(place).store.check().await.unwrap();
        hold!(report.problems.is_empty(), "the ledger of {}: {:?}", place.id(), report.problems);
    }
    Ok(())
}

/// Every report came once and in the order of its origin. What was written is in the origin's own journal.
async fn check_reports(country: &Country, story: &Story) -> Checked<usize> {
    let mut came: BTreeMap<&str, Vec<Got>> = BTreeMap::new();
    for office in country.places.values().filter(|place| place.me.kind.is_office()) {
        came.insert(office.id(), got(&*up(office).store).await);
    }
    let mut written = BTreeSet::new();
    for (id, place) in &country.places {
        for hub in [Some(&MINISTRY), place.parents.first()].into_iter().flatten() {
            let stream = format!("post/{hub}");
            let entries = up(place).store.stream_entries(&stream, 0, 10_000).await.unwrap();
            let reports = entries.iter().filter(|entry| {
                entry.kind == "written" && entry.body["header"]["type"] == REPORT_TYPE
            });
            for report in reports {
                let message = report.body["header"]["id"].as_str().unwrap().to_owned();
                written.insert((id.clone(), (*hub).to_owned(), message));
            }
        }
    }
    for (from, to, message) in &story.reports {
        let known = written.contains(&(from.clone(), to.clone(), message.as_str().to_owned()));
        hold!(known, "{from} has forgotten its report {message} to {to}");
    }
    for (from, to, message) in &written {
        let n = came[to.as_str()].iter().filter(|got| got.id.as_str() == message).count();
        hold!(n == 1, "report {message} of {from} came {n} times to {to}");
    }
    for (to, came) in &came {
        let mut last: BTreeMap<(&OrganisationId, &str), u64> = BTreeMap::new();
        for got in came {
            hold!(!got.body.to_string().contains(LIE), "{to} believed {got:?}");
            let before = last.insert((&got.origin, &got.stream), got.seq);
            hold!(before < Some(got.seq), "{to}: {got:?} after {before:?}");
        }
    }
    Ok(written.len())
}

/// Every released warning, in its last revision, as its office knows it.
async fn released(country: &Country) -> Vec<Warning> {
    let mut warnings = vec![];
    for office in country.places.values().filter(|place| place.me.kind.is_office()) {
        for issued in up(office).desk.issued(None, 1_000).await.unwrap() {
            warnings.extend(issued.current().cloned());
        }
    }
    warnings
}

async fn received(place: &Place, key: &WarningKey) -> Option<ReceivedWarning> {
    up(place).desk.received_one(key).await.ok()
}

/// Whether an office passes the warning on: as its origin, or because it relayed it.
async fn passes_on(country: &Country, office: &str, warning: &Warning) -> Checked<bool> {
    let place = &country.places[office];
    if place.me.id == warning.key.origin {
        return Ok(true);
    }
    let Some(received) = received(place, &warning.key).await else { return Ok(false) };
    let current = received.current().unwrap();
    hold!(current.warning == *warning, "{office} has another text of {:?}", warning.key);
    Ok(current.relay.is_some())
}

/// Everybody addressed has it once, by every route it should come, and every hub on a route knows the same answer as the institution
/// itself. Returns how many have it, and how many of them have answered.
async fn check_warning(country: &Country, warning: &Warning) -> Checked<(usize, usize)> {
    let key = &warning.key;
    let mut passing = BTreeSet::new();
    for office in country.offices() {
        if passes_on(country, &office, warning).await? {
            passing.insert(office);
        }
    }
    check_offices(country, warning, &passing).await?;
    let mut rows: BTreeMap<&str, BTreeMap<String, CoverageRow>> = BTreeMap::new();
    for office in &passing {
        let desk = &up(&country.places[office]).desk;
        let warning = desk.warning(key).await.unwrap();
        let all =
            desk.coverage_rows(&warning, &Selection::default(), 0..10_000).await.unwrap().rows;
        let by_id = |row: CoverageRow| (row.organisation.id.as_str().to_owned(), row);
        rows.insert(office, all.into_iter().map(by_id).collect());
    }
    let (mut n_received, mut n_answers) = (0, 0);
    for id in country.institutions() {
        let place = &country.places[&id];
        let routes: BTreeSet<&str> =
            place.parents.iter().copied().filter(|parent| passing.contains(*parent)).collect();
        let expected = warning.content.addressees.reach(&place.me) && !routes.is_empty();
        let received = received(place, key).await;
        hold!(received.is_some() == expected, "{id} has {key:?}: {}", !expected);
        let Some(received) = received else { continue };
        check_received(&id, warning, &received, &routes)?;
        check_files(place, warning).await?;
        n_received += 1;
        n_answers += usize::from(received.current().unwrap().stage >= Stage::Acknowledged);
        for hub in routes.iter().copied().chain([key.origin.as_str()]) {
            check_answer(hub, &id, rows[hub].get(&id), &received)?;
        }
    }
    Ok((n_received, n_answers))
}

/// What the ministry publishes reaches every office in its rule, and each relays it.
async fn check_offices(
    country: &Country,
    warning: &Warning,
    passing: &BTreeSet<String>,
) -> Checked<()> {
    if warning.key.origin.as_str() != MINISTRY {
        return Ok(());
    }
    let reach = |place: &Place| warning.content.addressees.reach(&place.me);
    for office in country.offices().iter().filter(|office| *office != MINISTRY) {
        let place = &country.places[office];
        let has = received(place, &warning.key).await.is_some();
        hold!(has == reach(place), "{office} has {:?}: {has}", warning.key);
        hold!(passing.contains(office) == has, "{office} relays {:?}: {has}", warning.key);
    }
    Ok(())
}

fn check_received(
    id: &str,
    warning: &Warning,
    received: &ReceivedWarning,
    routes: &BTreeSet<&str>,
) -> Checked<()> {
    let current = received.current().unwrap();
    hold!(current.warning == *warning, "{id} has another text: {:?}", current.warning);
    hold!(current.conflict.is_none(), "{id}: two texts under one number");
    let mut came: Vec<&str> = current.routes.iter().map(|route| route.from.as_str()).collect();
    came.sort_unstable();
    let expected: Vec<&str> = routes.iter().copied().collect();
    hold!(came == expected, "{id} got {:?} by {came:?}, not by {expected:?}", warning.key);
    let mut revisions: Vec<u32> =
        received.revisions.iter().map(|one| one.warning.revision).collect();
    let n = revisions.len();
    revisions.dedup();
    hold!(revisions.len() == n, "{id} has a revision twice");
    Ok(())
}

/// The files of the warning are there, byte for byte.
async fn check_files(place: &Place, warning: &Warning) -> Checked<()> {
    for attachment in &warning.content.attachments {
        let file = up(place).post.file(&attachment.file()).await;
        hold!(file.is_ok(), "{} has no {:?} of {:?}", place.id(), attachment, warning.key);
    }
    Ok(())
}

/// The hub counts what the institution itself says.
fn check_answer(
    hub: &str,
    id: &str,
    row: Option<&CoverageRow>,
    received: &ReceivedWarning,
) -> Checked<()> {
    let said = received.current().unwrap().word(&id.into());
    let Some(row) = row else { return Err(format!("{hub} does not count {id}")) };
    let state = &row.state;
    let counted = (state.revision, state.stage, state.answer, &state.person, &state.note);
    let said = (said.revision, said.stage, said.answer, &said.person, &said.note);
    hold!(counted == said, "{hub} counts {counted:?} of {id}, which said {said:?}");
    Ok(())
}

/// Nobody has a warning that nobody released.
async fn check_nothing_else_came(country: &Country, warnings: &[Warning]) -> Checked<()> {
    let keys: BTreeSet<&WarningKey> = warnings.iter().map(|warning| &warning.key).collect();
    for (id, place) in &country.places {
        let list = up(place).desk.received(None, 1_000).await.unwrap();
        let mut seen = BTreeSet::new();
        for one in &list {
            hold!(keys.contains(&one.key), "{id} has {:?}, which nobody released", one.key);
            hold!(seen.insert(&one.key), "{id} has {:?} twice", one.key);
        }
    }
    Ok(())
}

/// An answer that the screen acknowledged is the one that the institution remembers, unless a later revision asks anew.
async fn check_answers_given(country: &Country, story: &Story) -> Checked<()> {
    for (id, key, note) in &story.answers {
        let received = received(&country.places[id], key).await;
        let known = received.is_some_and(|one| one.revisions.iter().any(|r| r.note == *note));
        hold!(known, "{id} has forgotten its answer to {key:?}");
    }
    Ok(())
}

/// Every kind of refusal is in the journal of whoever refused, never more often than it happened; every lie of the mole is, one by
/// one.
async fn check_refusals(country: &Country, story: &Story) -> Checked<()> {
    let refused = country.line.refused.lock().unwrap().clone();
    for ((id, code), n) in refused {
        let recorded = recorded(&country.places[&id], &code).await;
        // Of a refusal that was kept when the power failed nobody was told.
        let most = n + story.n_crashes as u64;
        hold!((1..=most).contains(&recorded), "{id} refused {n} with {code}, {recorded} on record");
    }
    let hub = country.places[MOLE].parents[0];
    let stream = format!("post/{MOLE}");
    let entries = up(&country.places[hub]).store.stream_entries(&stream, 0, 10_000).await.unwrap();
    let n = entries.iter().filter(|entry| entry.kind == "envelope_refused").count();
    // Of a lie that was kept when the power failed the liar was not told.
    let most = |n_lies: usize| n_lies + story.n_crashes;
    let n_lies = story.lies.n_refused;
    hold!((n_lies..=most(n_lies)).contains(&n), "{hub} was told {n_lies} lies, {n} are on record");
    for office in [hub, MINISTRY] {
        let n = up(&country.places[office]).store.count("post-aside").await.unwrap();
        let (n, n_lies) = (usize::try_from(n).unwrap(), story.lies.n_set_aside);
        let fits = (n_lies..=most(n_lies)).contains(&n);
        hold!(fits, "{office} was told {n_lies} false answers and has set {n} aside");
    }
    Ok(())
}

/// How many refusals of a code a journal tells of, those counted in silence included.
async fn recorded(place: &Place, code: &str) -> u64 {
    let mut n = 0;
    let mut after = 0;
    loop {
        let page = up(place).store.entries(after, 10_000).await.unwrap();
        let Some(last) = page.last() else { return n };
        after = last.seq;
        for entry in
            page.iter().filter(|entry| entry.kind == "refused" && entry.body["code"] == code)
        {
            n += 1 + entry.body["n_silent_before"].as_u64().unwrap_or(0);
        }
    }
}

impl Country {
    /// One digest over the ends of all journals: the same only if everything happened the same way.
    pub(super) async fn fingerprint(&self) -> String {
        let mut heads = String::new();
        for place in self.places.values() {
            let head = up(place).store.head().await.unwrap();
            heads.push_str(&format!("{} {} {}\n", place.id(), head.seq, head.digest));
        }
        Digest::of(heads.as_bytes()).to_string()
    }
}
