//! The organisations of a simulated country, each with a disk, a clock and a process that may be down.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use sakimori_federation::{EnrolmentCode, MemoryFiles, Post, SecretKey};
use sakimori_ledger::{MemoryDisk, Store};
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_warn::WarningDesk;
use sakimori_words::{
    Clock, Founder, Instant, Institution, InstitutionKind, Organisation, OrganisationKind,
    Prefecture,
};

use super::line::{Cable, Line};
use crate::content;

pub(super) const MINISTRY: &str = "mhlw";
pub(super) const CEPTOAR: &str = "jma";
/// An institution that was taken over: its key is genuine and whoever holds it lies.
pub(super) const MOLE: &str = "mole";

/// How large a country is.
#[derive(Clone, Copy)]
pub(super) struct Size {
    /// Prefectures, at most three.
    pub(super) prefectures: usize,
    /// Institutions, each under a prefecture, every fourth also under the CEPTOAR body.
    pub(super) institutions: usize,
    /// How many of them enrol only during the story.
    pub(super) newcomers: usize,
    /// Events of the story.
    pub(super) events: usize,
}

/// 1 ministry, 3 prefectures, 1 CEPTOAR body, 300 institutions.
pub(super) const COUNTRY: Size =
    Size { prefectures: 3, institutions: 300, newcomers: 6, events: 1_200 };
/// As small as every kind of thing still happens.
pub(super) const SMALL: Size = Size { prefectures: 2, institutions: 12, newcomers: 2, events: 500 };

/// A clock that is wrong by as much as it is told.
pub(super) struct WrongClock {
    right: Arc<StepClock>,
    wrong_seconds: AtomicI64,
}

impl WrongClock {
    pub(super) fn set_wrong(&self, seconds: i64) {
        self.wrong_seconds.store(seconds, Ordering::Relaxed);
    }
}

impl Clock for WrongClock {
    fn now(&self) -> Instant {
        self.right.now().plus_seconds(self.wrong_seconds.load(Ordering::Relaxed))
    }
}

/// A running process of an organisation: everything that a restart loses.
pub(super) struct Running {
    pub(super) store: Arc<dyn Store>,
    pub(super) post: Arc<Post>,
    pub(super) desk: WarningDesk,
}

/// An organisation.
pub(super) struct Place {
    pub(super) me: Organisation,
    pub(super) key: SecretKey,
    pub(super) disk: MemoryDisk,
    files: Arc<MemoryFiles>,
    pub(super) clock: Arc<WrongClock>,
    chance: Arc<SeededChance>,
    /// Whom it dials.
    pub(super) parents: Vec<&'static str>,
    /// Those it still has to enrol with.
    pub(super) to_enrol: Vec<&'static str>,
    pub(super) running: Option<Running>,
}

impl Place {
    fn new(me: Organisation, right: &Arc<StepClock>, seed: u64) -> Self {
        let chance = Arc::new(SeededChance::new(seed));
        let clock = WrongClock { right: Arc::clone(right), wrong_seconds: AtomicI64::new(0) };
        Self {
            key: SecretKey::new(&*chance),
            me,
            disk: MemoryDisk::new(),
            // No warning has gone out when a country is forked, so there are none to copy.
            files: Arc::default(),
            clock: Arc::new(clock),
            chance,
            parents: vec![],
            to_enrol: vec![],
            running: None,
        }
    }

    pub(super) fn id(&self) -> &str {
        self.me.id.as_str()
    }

    /// The same organisation with the same past, and another future.
    fn fork(&self, right: &Arc<StepClock>, seed: u64) -> Self {
        Self {
            key: self.key.clone(),
            disk: self.disk.copy(),
            parents: self.parents.clone(),
            to_enrol: self.to_enrol.clone(),
            ..Self::new(self.me.clone(), right, seed)
        }
    }

    fn start(&mut self) {
        let store = self.disk.open().unwrap();
        let (clock, chance) = (self.clock.clone(), self.chance.clone());
        let post = Post::new(
            store.clone(),
            clock.clone(),
            chance.clone(),
            self.me.clone(),
            self.key.clone(),
        );
        let post = Arc::new(post.with_files(self.files.clone()));
        let desk = WarningDesk::new(store.clone(), post.clone(), content(), clock, chance);
        self.running = Some(Running { store, post, desk });
    }
}

/// How far both ends of a link were when it was quiet.
pub(super) type Marks = (u64, Vec<Option<u64>>);

/// Everybody, and the line between them.
pub(super) struct Country {
    pub(super) seed: u64,
    pub(super) size: Size,
    pub(super) clock: Arc<StepClock>,
    pub(super) dice: SeededChance,
    pub(super) line: Line,
    pub(super) places: BTreeMap<String, Place>,
    /// Codes given out to newcomers, by institution and hub.
    codes: BTreeMap<(String, &'static str), EnrolmentCode>,
    /// Those whose power is about to fail.
    pub(super) doomed: BTreeSet<String>,
    /// Links that had nothing to carry, with their marks then.
    pub(super) quiet: BTreeMap<(String, &'static str), Marks>,
}

fn organisation(id: &str, kind: OrganisationKind, prefecture: Option<Prefecture>) -> Organisation {
    Organisation { id: id.into(), kind, name: id.to_owned(), prefecture, institution: None }
}

fn institution(n: usize, at: Option<Prefecture>) -> Organisation {
    let hospital = n.is_multiple_of(2);
    let profile = Institution {
        kind: if hospital { InstitutionKind::Hospital } else { InstitutionKind::Clinic },
        permitted_beds: if hospital { 150 } else { 0 },
        founder: Founder::MedicalCorporation,
        functions: vec![],
        code: String::new(),
        vendors: vec![],
    };
    let id = format!("fac-{n:03}");
    Organisation {
        institution: Some(profile),
        ..organisation(&id, OrganisationKind::Institution, at)
    }
}

const PREFECTURES: [(&str, u8); 3] = [("pref-13", 13), ("pref-27", 27), ("pref-40", 40)];

impl Country {
    /// A country in calm weather in which everybody but the newcomers is enrolled.
    pub(super) async fn found(size: Size) -> Self {
        let clock = Arc::new(StepClock::new(Instant::parse("2026-12-24T00:00:00Z").unwrap()));
        let mut country = Self {
            seed: 0,
            size,
            clock,
            dice: SeededChance::new(0),
            line: Line::new(0),
            places: BTreeMap::new(),
            codes: BTreeMap::new(),
            doomed: BTreeSet::new(),
            quiet: BTreeMap::new(),
        };
        country.settle_everybody();
        let ids: Vec<String> = country.places.keys().cloned().collect();
        for id in &ids {
            country.start(id);
        }
        // From the top down, so that everybody knows those above at once.
        for newcomers in [false, true] {
            for id in ids.iter().filter(|id| id.starts_with("fac-") == newcomers) {
                country.enrol(id).await;
            }
        }
        country.calm_down().await;
        country
    }

    fn settle_everybody(&mut self) {
        let prefectures: Vec<(&'static str, u8)> =
            PREFECTURES.into_iter().take(self.size.prefectures).collect();
        self.add(organisation(MINISTRY, OrganisationKind::Ministry, None), vec![]);
        self.add(organisation(CEPTOAR, OrganisationKind::CeptoarBody, None), vec![MINISTRY]);
        for (id, code) in &prefectures {
            let at = Prefecture::from_code(*code);
            self.add(organisation(id, OrganisationKind::Prefecture, at), vec![MINISTRY]);
        }
        for n in 0..self.size.institutions {
            let (hub, code) = prefectures[n % prefectures.len()];
            let parents = if n % 4 == 0 { vec![hub, CEPTOAR] } else { vec![hub] };
            self.add(institution(n, Prefecture::from_code(code)), parents);
        }
        let (hub, code) = prefectures[0];
        let at = Prefecture::from_code(code);
        self.add(organisation(MOLE, OrganisationKind::Institution, at), vec![hub]);
    }

    fn add(&mut self, me: Organisation, parents: Vec<&'static str>) {
        let seed = 1_000 + self.places.len() as u64;
        let mut place = Place::new(me, &self.clock, seed);
        place.to_enrol = parents;
        self.places.insert(place.id().to_owned(), place);
    }

    /// Enrols with everybody it shall hang under, unless it is a newcomer.
    async fn enrol(&mut self, id: &str) {
        let n: Option<usize> = id.strip_prefix("fac-").and_then(|n| n.parse().ok());
        if n.is_some_and(|n| n >= self.size.institutions - self.size.newcomers) {
            return;
        }
        while !self.places[id].to_enrol.is_empty() {
            self.enrol_next(id).await;
        }
    }

    /// The same country at the same moment, for the story of another seed.
    pub(super) fn fork(&self, seed: u64) -> Self {
        let clock = Arc::new(StepClock::new(self.clock.now()));
        let places = (0..).zip(&self.places).map(|(n, (id, place))| {
            let own = SeededChance::new(seed.wrapping_mul(1_009).wrapping_add(n)).next();
            (id.clone(), place.fork(&clock, own))
        });
        let mut country = Self {
            seed,
            size: self.size,
            places: places.collect(),
            clock,
            dice: SeededChance::new(seed),
            line: Line::new(seed ^ 0xfeed),
            codes: BTreeMap::new(),
            doomed: BTreeSet::new(),
            quiet: BTreeMap::new(),
        };
        let ids: Vec<String> = country.places.keys().cloned().collect();
        for id in &ids {
            country.start(id);
        }
        country
    }

    pub(super) fn pick(&self, n: usize) -> usize {
        usize::try_from(self.dice.below(n as u64)).unwrap()
    }

    pub(super) fn pick_from<'a, T>(&self, choices: &'a [T]) -> &'a T {
        &choices[self.pick(choices.len())]
    }

    pub(super) fn running(&self, id: &str) -> Option<&Running> {
        self.places[id].running.as_ref()
    }

    pub(super) fn is_down(&self, id: &str) -> bool {
        self.places[id].running.is_none()
    }

    pub(super) fn ids(&self, wanted: impl Fn(&Place) -> bool) -> Vec<String> {
        self.places
            .values()
            .filter(|place| wanted(place))
            .map(|place| place.id().to_owned())
            .collect()
    }

    /// Those that publish or relay.
    pub(super) fn offices(&self) -> Vec<String> {
        self.ids(|place| place.me.kind.is_office())
    }

    /// Honest institutions that have enrolled somewhere.
    pub(super) fn institutions(&self) -> Vec<String> {
        self.ids(|place| {
            !place.me.kind.is_office() && place.id() != MOLE && !place.parents.is_empty()
        })
    }

    pub(super) fn stop(&mut self, id: &str) {
        self.line.hang_up(id);
        self.places.get_mut(id).unwrap().running = None;
    }

    pub(super) fn start(&mut self, id: &str) {
        let place = self.places.get_mut(id).unwrap();
        place.start();
        let post = Arc::clone(&place.running.as_ref().unwrap().post);
        self.line.connect(id, post);
    }

    /// Processes whose disk lost its power are gone.
    pub(super) fn bury(&mut self) {
        for id in self.doomed.clone() {
            if self.places[&id].disk.has_failed() {
                self.doomed.remove(&id);
                self.stop(&id);
            }
        }
    }

    /// One round of a child with a hub, whatever becomes of it.
    pub(super) async fn dial(&mut self, child: &str, hub: &str) -> Result<usize, String> {
        let running = self.running(child).ok_or("it is not running")?;
        let post = Arc::clone(&running.post);
        let cable = Cable { line: &self.line, from: child };
        let done = post.exchange_once(&hub.into(), &cable).await;
        self.line.judge_answer(child, &done);
        self.bury();
        let done = done.map_err(|error| format!("{error:?}"))?;
        let cable = Cable { line: &self.line, from: child };
        let fetched = post.fetch_files(&hub.into(), &cable).await;
        self.bury();
        let fetched = fetched.map_err(|error| format!("{error:?}"))?;
        Ok(done.n_sent + done.n_received + usize::from(done.more) + fetched.n_kept)
    }

    /// Tries to enrol with the next hub it shall hang under, with the code that it was given by telephone.
    pub(super) async fn enrol_next(&mut self, id: &str) {
        let Some(hub) = self.places[id].to_enrol.first().copied() else { return };
        let post = |id: &str| self.running(id).map(|running| Arc::clone(&running.post));
        let (Some(child), Some(parent)) = (post(id), post(hub)) else { return };
        let place = (id.to_owned(), hub);
        let code = match self.codes.get(&place) {
            Some(code) => code.to_string(),
            None => {
                let Ok(code) = parent.invite("officer", id, None).await else {
                    return self.bury();
                };
                let text = code.to_string();
                self.codes.insert(place.clone(), code);
                text
            }
        };
        let cable = Cable { line: &self.line, from: id };
        let done = child.enrol_with(&Line::address(hub), &code, "admin", &cable).await;
        match done {
            Ok(_) => {
                let place = self.places.get_mut(id).unwrap();
                place.to_enrol.remove(0);
                place.parents.push(hub);
            }
            // Used up or too old by a clock that was wrong: they telephone again.
            Err(error) if error.to_string().contains("SK-FEDERATION-021") => {
                self.codes.remove(&place);
            }
            Err(_) if self.dice.below(4) == 0 => drop(self.codes.remove(&place)),
            Err(_) => {}
        }
        self.bury();
    }
}
