//! A small country in one process: a ministry, a prefecture, a CEPTOAR body and institutions, with real ledgers and a line
//! that loses, repeats, delays and breaks, all from one seed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use sakimori_federation::{
    Door, EnrolError, ExchangeError, Exchanged, MemoryFiles, Post, Relation, SecretKey, Trust,
    Wire, WireError,
};
use sakimori_ledger::Store;
use sakimori_testkit::{SeededChance, StepClock};
use sakimori_words::{
    Chance as _, Clock as _, Founder, Instant, Institution, InstitutionKind, Organisation,
    OrganisationId, OrganisationKind, Prefecture,
};

/// Where the hub of `name` is dialled.
pub(crate) fn address(name: &str) -> String {
    format!("http://localhost/{name}")
}

/// Who may hang under whom: child, parents.
pub(crate) const TREE: [(&str, &[&str]); 4] = [
    ("osaka", &["mhlw"]),
    ("jma", &["mhlw"]),
    ("hospital", &["osaka", "jma"]),
    ("clinic", &["osaka", "jma"]),
];

/// One organisation with its own ledger file.
pub(crate) struct Place {
    pub(crate) organisation: Organisation,
    pub(crate) key: SecretKey,
    dir: tempfile::TempDir,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) files: Arc<MemoryFiles>,
    pub(crate) post: Arc<Post>,
    chance: Arc<SeededChance>,
}

/// How badly the line behaves: chances in a hundred.
#[derive(Clone, Copy)]
pub(crate) struct Weather {
    pub(crate) lose_request: u64,
    pub(crate) lose_answer: u64,
    pub(crate) repeat: u64,
    pub(crate) replay_old: u64,
}

/// Nothing happens to what is sent.
pub(crate) const CALM: Weather =
    Weather { lose_request: 0, lose_answer: 0, repeat: 0, replay_old: 0 };
/// A bad night.
pub(crate) const STORM: Weather =
    Weather { lose_request: 20, lose_answer: 20, repeat: 20, replay_old: 15 };

/// The line between children and hubs.
pub(crate) struct Line {
    posts: Mutex<BTreeMap<String, Arc<Post>>>,
    dice: SeededChance,
    pub(crate) weather: Mutex<Weather>,
    old: Mutex<Vec<(String, Vec<u8>)>>,
    /// Trouble codes hubs answered with.
    pub(crate) refusals: Mutex<Vec<&'static str>>,
}

impl Line {
    fn post(&self, address: &str) -> Option<Arc<Post>> {
        self.posts.lock().unwrap().get(address).cloned()
    }

    fn chance_of(&self, percent: u64) -> bool {
        self.dice.below(100) < percent
    }

    async fn hand_in(&self, address: &str, request: &[u8]) -> Result<Vec<u8>, WireError> {
        let Some(post) = self.post(address) else { return Err(no_answer(address)) };
        post.handle_exchange(request).await.map(|answered| answered.bytes).map_err(|error| {
            let trouble = error.trouble();
            self.refusals.lock().unwrap().push(trouble.kind.code);
            WireError::Refused {
                status: trouble.kind.status,
                code: trouble.kind.code.to_owned(),
                detail: trouble.detail,
            }
        })
    }
}

pub(crate) fn no_answer(address: &str) -> WireError {
    let cause = std::io::Error::other("the line is down");
    WireError::NoAnswer { address: address.to_owned(), cause: Box::new(cause) }
}

/// What the child learns when a hub does not want what it brings.
#[expect(clippy::needless_pass_by_value, reason = "the error of the hub ends here")]
pub(crate) fn not_taken(error: ExchangeError) -> WireError {
    let trouble = error.trouble();
    let code = trouble.kind.code.to_owned();
    WireError::Refused { status: trouble.kind.status, code, detail: trouble.detail }
}

/// What the child learns when a hub refuses to enrol it.
#[expect(clippy::needless_pass_by_value, reason = "the error of the hub ends here")]
pub(crate) fn refused(error: EnrolError) -> WireError {
    let trouble = error.trouble();
    let code = trouble.kind.code.to_owned();
    WireError::Refused { status: trouble.kind.status, code, detail: trouble.detail }
}

#[async_trait]
impl Wire for Line {
    async fn ask(
        &self,
        address: &str,
        door: Door,
        _trust: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let weather = *self.weather.lock().unwrap();
        if self.chance_of(weather.lose_request) {
            return Err(no_answer(address));
        }
        let post = self.post(address).ok_or_else(|| no_answer(address))?;
        let answer = match door {
            Door::Introduction => post.introduction(b"authority of the hub"),
            Door::Enrolment => post.handle_enrolment(&request, "line").await.map_err(refused)?,
            Door::Exchange => {
                if self.chance_of(weather.replay_old) {
                    let old = self.old.lock().unwrap().pop();
                    if let Some((to, old)) = old {
                        let _ = self.hand_in(&to, &old).await;
                    }
                }
                let answer = self.hand_in(address, &request).await?;
                if self.chance_of(weather.repeat) {
                    let _ = self.hand_in(address, &request).await;
                }
                self.old.lock().unwrap().push((address.to_owned(), request));
                answer
            }
            Door::File => post.handle_file(&request).await.map_err(not_taken)?,
        };
        if self.chance_of(weather.lose_answer) { Err(no_answer(address)) } else { Ok(answer) }
    }
}

/// The whole country.
pub(crate) struct Town {
    pub(crate) clock: Arc<StepClock>,
    pub(crate) dice: SeededChance,
    pub(crate) line: Line,
    pub(crate) places: BTreeMap<&'static str, Place>,
}

impl Town {
    /// A town in which nobody is enrolled yet.
    pub(crate) async fn empty(seed: u64) -> Self {
        let clock = Arc::new(StepClock::new(Instant::parse("2026-12-24T00:00:00Z").unwrap()));
        let mut town = Self {
            clock,
            dice: SeededChance::new(seed),
            line: Line {
                posts: Mutex::default(),
                dice: SeededChance::new(seed ^ 0xfeed),
                weather: Mutex::new(CALM),
                old: Mutex::default(),
                refusals: Mutex::default(),
            },
            places: BTreeMap::new(),
        };
        for (place, name) in ["mhlw", "osaka", "jma", "hospital", "clinic"].into_iter().enumerate()
        {
            town.found(name, seed.wrapping_mul(31) + place as u64).await;
        }
        town
    }

    /// A town in which everybody is enrolled and knows whom to know.
    pub(crate) async fn enrolled(seed: u64) -> Self {
        let town = Self::empty(seed).await;
        for (child, parents) in TREE {
            for parent in parents {
                town.enrol(child, parent).await;
            }
        }
        town.settle().await;
        town
    }

    async fn found(&mut self, name: &'static str, seed: u64) {
        let dir = tempfile::tempdir().unwrap();
        let chance = Arc::new(SeededChance::new(seed));
        let organisation = organisation(name);
        let key = SecretKey::new(&*chance);
        let store = open(&dir).await;
        let files = Arc::default();
        let post = self.open_post(&store, &files, &organisation, &key, &chance);
        self.line.posts.lock().unwrap().insert(address(name), Arc::clone(&post));
        self.places.insert(name, Place { organisation, key, dir, store, files, post, chance });
    }

    fn open_post(
        &self,
        store: &Arc<dyn Store>,
        files: &Arc<MemoryFiles>,
        organisation: &Organisation,
        key: &SecretKey,
        chance: &Arc<SeededChance>,
    ) -> Arc<Post> {
        let (clock, chance) = (self.clock.clone(), chance.clone());
        let post = Post::new(Arc::clone(store), clock, chance, organisation.clone(), key.clone());
        Arc::new(post.with_files(files.clone()))
    }

    pub(crate) fn place(&self, name: &str) -> &Place {
        &self.places[name]
    }

    pub(crate) fn post(&self, name: &str) -> &Post {
        &self.place(name).post
    }

    /// The child enrols with the parent by a code.
    pub(crate) async fn enrol(&self, child: &str, parent: &str) {
        let code = self.post(parent).invite("officer", child, None).await.unwrap().to_string();
        self.post(child).enrol_with(&address(parent), &code, "admin", &self.line).await.unwrap();
    }

    /// The power fails and comes back: everything in memory is lost.
    pub(crate) async fn restart(&mut self, name: &'static str) {
        let place = self.places.remove(name).unwrap();
        self.line.posts.lock().unwrap().remove(&address(name));
        let Place { organisation, key, dir, store, files, post, chance } = place;
        drop((store, post));
        let store = open(&dir).await;
        let post = self.open_post(&store, &files, &organisation, &key, &chance);
        self.line.posts.lock().unwrap().insert(address(name), Arc::clone(&post));
        self.places.insert(name, Place { organisation, key, dir, store, files, post, chance });
    }

    /// A copy of the organisation's whole ledger.
    pub(crate) async fn backup(&self, name: &str) -> Vec<u8> {
        let mut copy = vec![];
        let store = &*self.place(name).store;
        sakimori_ledger::export(store, &mut copy, true).await.unwrap();
        copy
    }

    /// The organisation comes back from an older copy of its ledger.
    pub(crate) async fn restore(&mut self, name: &'static str, mut copy: &[u8]) {
        let place = self.places.remove(name).unwrap();
        let Place { organisation, key, files, chance, .. } = place;
        let dir = tempfile::tempdir().unwrap();
        let store = open(&dir).await;
        sakimori_ledger::import(&*store, &mut copy).await.unwrap();
        let post = self.open_post(&store, &files, &organisation, &key, &chance);
        self.line.posts.lock().unwrap().insert(address(name), Arc::clone(&post));
        self.places.insert(name, Place { organisation, key, dir, store, files, post, chance });
    }

    /// One round of `child` with `parent` in the present weather.
    pub(crate) async fn dial(&self, child: &str, parent: &str) -> Option<Exchanged> {
        self.clock.step_seconds(1);
        self.post(child).exchange_once(&parent.into(), &self.line).await.ok()
    }

    /// Calm weather and rounds until nobody has anything for anybody.
    pub(crate) async fn settle(&self) {
        *self.line.weather.lock().unwrap() = CALM;
        for _ in 0..200 {
            let mut moved = 0;
            for (child, parents) in TREE {
                for parent in parents {
                    if !self.are_enrolled(child, parent).await {
                        continue;
                    }
                    self.clock.step_seconds(1);
                    let parent = OrganisationId::from(*parent);
                    let done = self.post(child).exchange_once(&parent, &self.line).await.unwrap();
                    moved += done.n_sent + done.n_received + usize::from(done.more);
                }
            }
            if moved == 0 {
                return;
            }
        }
        panic!("the town does not come to rest");
    }

    async fn are_enrolled(&self, child: &str, parent: &str) -> bool {
        let neighbours = self.post(child).neighbours().await.unwrap();
        neighbours.iter().any(|neighbour| {
            neighbour.relation == Relation::Parent
                && neighbour.is_active()
                && neighbour.id().as_str() == parent
        })
    }
}

async fn open(dir: &tempfile::TempDir) -> Arc<dyn Store> {
    let path = dir.path().join("ledger.db");
    sakimori_ledger::open(&format!("sqlite:{}", path.display())).await.unwrap()
}

pub(crate) fn organisation(name: &str) -> Organisation {
    let osaka = Prefecture::from_code(27);
    let (kind, title, prefecture) = match name {
        "mhlw" => (OrganisationKind::Ministry, "厚生労働省", None),
        "osaka" => (OrganisationKind::Prefecture, "大阪府", osaka),
        "jma" => (OrganisationKind::CeptoarBody, "日本医師会", None),
        "hospital" => (OrganisationKind::Institution, "防人病院", osaka),
        _ => (OrganisationKind::Institution, "浪速診療所", osaka),
    };
    let institution = (kind == OrganisationKind::Institution).then(|| Institution {
        kind: if name == "hospital" { InstitutionKind::Hospital } else { InstitutionKind::Clinic },
        permitted_beds: if name == "hospital" { 150 } else { 0 },
        founder: Founder::MedicalCorporation,
        functions: vec![],
        code: String::new(),
        vendors: vec![],
    });
    Organisation { id: name.into(), kind, name: title.to_owned(), prefecture, institution }
}

/// Some bytes of chance, for keys that are nobody's.
pub(crate) fn strange_key(town: &Town) -> SecretKey {
    let mut seed = [0_u8; 32];
    town.dice.fill(&mut seed);
    SecretKey::from_bytes(&seed)
}

/// The time in town.
pub(crate) fn now(town: &Town) -> Instant {
    town.clock.now()
}
