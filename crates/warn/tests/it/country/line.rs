//! The line between the organisations: it loses, repeats, delays and breaks, and somebody sits on it who alters, replays, signs
//! anew and swaps addresses.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sakimori_federation::{
    Door, Dsse, ExchangeError, Exchanged, Post, SecretKey, Trust, Wire, WireError,
};
use sakimori_testkit::SeededChance;
use serde_json::{Value, json};

use crate::town::{no_answer, not_taken, refused};

pub(super) const REQUEST_TYPE: &str = "application/vnd.sakimori.exchange-request.v1+json";
const BUNDLE_TYPE: &str = "application/vnd.sakimori.bundle.v1+json";
/// So many requests lie about on the line, to be played again.
const OVERHEARD_MAX: usize = 64;

/// How badly the line behaves: chances in a hundred.
#[derive(Clone, Copy)]
pub(super) struct Weather {
    lose: u64,
    delay: u64,
    repeat: u64,
    attack: u64,
    forge_answer: u64,
}

pub(super) const CALM: Weather =
    Weather { lose: 0, delay: 0, repeat: 0, attack: 0, forge_answer: 0 };
pub(super) const STORM: Weather =
    Weather { lose: 12, delay: 8, repeat: 12, attack: 12, forge_answer: 4 };

/// A request on its way: to whom, and its bytes.
type Letter = (String, Vec<u8>);

pub(super) struct Line {
    posts: Mutex<BTreeMap<String, Arc<Post>>>,
    dice: SeededChance,
    pub(super) weather: Mutex<Weather>,
    /// Pairs (child, hub) between which nothing passes.
    pub(super) cut: Mutex<BTreeSet<(String, String)>>,
    late: Mutex<Vec<Letter>>,
    overheard: Mutex<Vec<Letter>>,
    strange_key: SecretKey,
    /// Whether the answer handed back last was not the hub's.
    forged_answer: Mutex<bool>,
    /// Refusals that must be on record, by organisation and code.
    pub(super) refused: Mutex<BTreeMap<(String, String), u64>>,
    /// Attacks made, and those that were not refused.
    pub(super) n_attacks: Mutex<u64>,
    pub(super) got_in: Mutex<Vec<String>>,
}

/// The line as `from` sees it.
pub(super) struct Cable<'l> {
    pub(super) line: &'l Line,
    pub(super) from: &'l str,
}

impl Line {
    pub(super) fn new(seed: u64) -> Self {
        let dice = SeededChance::new(seed);
        Self {
            posts: Mutex::default(),
            weather: Mutex::new(CALM),
            cut: Mutex::default(),
            late: Mutex::default(),
            overheard: Mutex::default(),
            strange_key: SecretKey::new(&dice),
            dice,
            forged_answer: Mutex::new(false),
            refused: Mutex::default(),
            n_attacks: Mutex::new(0),
            got_in: Mutex::default(),
        }
    }

    pub(super) fn address(id: &str) -> String {
        format!("http://localhost/{id}")
    }

    pub(super) fn connect(&self, id: &str, post: Arc<Post>) {
        self.posts.lock().unwrap().insert(Self::address(id), post);
    }

    pub(super) fn hang_up(&self, id: &str) {
        self.posts.lock().unwrap().remove(&Self::address(id));
    }

    fn post(&self, address: &str) -> Option<Arc<Post>> {
        self.posts.lock().unwrap().get(address).cloned()
    }

    fn happens(&self, percent: u64) -> bool {
        self.dice.below(100) < percent
    }

    fn pick(&self, n: usize) -> usize {
        usize::try_from(self.dice.below(n as u64)).unwrap()
    }

    fn note_refusal(&self, id: &str, code: &str) {
        *self.refused.lock().unwrap().entry((id.to_owned(), code.to_owned())).or_default() += 1;
    }

    /// Hands a request in at a hub.
    pub(super) async fn hand_in(
        &self,
        address: &str,
        request: &[u8],
    ) -> Result<Vec<u8>, WireError> {
        let Some(post) = self.post(address) else { return Err(no_answer(address)) };
        post.handle_exchange(request).await.map(|answered| answered.bytes).map_err(|error| {
            let trouble = error.trouble();
            if matches!(error, ExchangeError::Refused(_)) {
                self.note_refusal(post.me().id.as_str(), trouble.kind.code);
            }
            WireError::Refused {
                status: trouble.kind.status,
                code: trouble.kind.code.to_owned(),
                detail: trouble.detail,
            }
        })
    }

    /// A delayed request arrives after all. Returns where.
    pub(super) async fn deliver_late(&self) -> Option<String> {
        let (address, request) = {
            let mut late = self.late.lock().unwrap();
            let n = late.len();
            (n > 0).then(|| late.swap_remove(self.pick(n)))?
        };
        // Nobody waits for the answer any more.
        drop(self.hand_in(&address, &request).await);
        address.rsplit('/').next().map(str::to_owned)
    }

    /// What the child made of the answer to its last question.
    pub(super) fn judge_answer(&self, child: &str, done: &Result<Exchanged, ExchangeError>) {
        if let Err(error @ ExchangeError::Refused(_)) = done {
            self.note_refusal(child, error.trouble().kind.code);
        }
        if std::mem::take(&mut *self.forged_answer.lock().unwrap()) && done.is_ok() {
            self.got_in.lock().unwrap().push(format!("`{child}` took a forged answer"));
        }
    }

    /// Somebody on the line does something with what is on its way to `address`.
    async fn attack(&self, address: &str, request: &[u8]) {
        *self.n_attacks.lock().unwrap() += 1;
        let (what, to, bytes) = match self.pick(6) {
            0 => ("an altered question", address.to_owned(), altered(request)),
            1 => ("a damaged signature", address.to_owned(), self.damaged(request)),
            2 => ("a question signed by a stranger", address.to_owned(), self.signed_anew(request)),
            3 => ("a question of another type", address.to_owned(), retyped(request)),
            4 => {
                let others: Vec<String> = self
                    .posts
                    .lock()
                    .unwrap()
                    .keys()
                    .filter(|to| *to != address)
                    .cloned()
                    .collect();
                let to = others[self.pick(others.len())].clone();
                ("a question to somebody else", to, request.to_vec())
            }
            _ => return self.play_again().await,
        };
        let outcome = self.hand_in(&to, &bytes).await;
        if outcome.is_ok() {
            self.got_in.lock().unwrap().push(format!("{what} got in at {to}"));
        }
    }

    /// An old question once more. Whether it is refused depends on whether it had come; that nothing is applied twice shows in
    /// the end.
    async fn play_again(&self) {
        let old = {
            let overheard = self.overheard.lock().unwrap();
            if overheard.is_empty() {
                return;
            }
            overheard[self.pick(overheard.len())].clone()
        };
        drop(self.hand_in(&old.0, &old.1).await);
    }

    fn overhear(&self, address: &str, request: &[u8]) {
        let mut overheard = self.overheard.lock().unwrap();
        if overheard.len() == OVERHEARD_MAX {
            let at = self.pick(OVERHEARD_MAX);
            overheard.swap_remove(at);
        }
        overheard.push((address.to_owned(), request.to_vec()));
    }

    fn damaged(&self, request: &[u8]) -> Vec<u8> {
        let mut dsse: Value = serde_json::from_slice(request).unwrap();
        let mut signature =
            STANDARD.decode(dsse["signatures"][0]["sig"].as_str().unwrap()).unwrap();
        let at = self.pick(signature.len());
        signature[at] ^= 1 << self.pick(8);
        dsse["signatures"][0]["sig"] = json!(STANDARD.encode(signature));
        dsse.to_string().into_bytes()
    }

    fn signed_anew(&self, request: &[u8]) -> Vec<u8> {
        json!(Dsse::seal(REQUEST_TYPE, payload_of(request), &self.strange_key))
            .to_string()
            .into_bytes()
    }

    /// A part of a file, now and then with a byte changed on its way.
    async fn file(&self, post: &Post, request: Vec<u8>) -> Result<Vec<u8>, WireError> {
        let mut part = post.handle_file(&request).await.map_err(not_taken)?;
        let forge = self.weather.lock().unwrap().forge_answer;
        if self.happens(forge) && !part.is_empty() {
            let at = self.pick(part.len());
            part[at] ^= 1;
        }
        Ok(part)
    }

    async fn exchange(&self, address: &str, request: Vec<u8>) -> Result<Vec<u8>, WireError> {
        let weather = *self.weather.lock().unwrap();
        if self.happens(weather.attack) {
            self.attack(address, &request).await;
        }
        if self.happens(weather.delay) {
            self.late.lock().unwrap().push((address.to_owned(), request));
            return Err(no_answer(address));
        }
        let answer = self.hand_in(address, &request).await?;
        if self.happens(weather.repeat) {
            drop(self.hand_in(address, &request).await);
        }
        self.overhear(address, &request);
        if self.happens(weather.forge_answer) {
            *self.forged_answer.lock().unwrap() = true;
            return Ok(altered(&answer));
        }
        Ok(answer)
    }
}

fn payload_of(sealed: &[u8]) -> Vec<u8> {
    let dsse: Value = serde_json::from_slice(sealed).unwrap();
    STANDARD.decode(dsse["payload"].as_str().unwrap()).unwrap()
}

/// The same signature over another content: it claims to have read one envelope more.
fn altered(sealed: &[u8]) -> Vec<u8> {
    let mut half: Value = serde_json::from_slice(&payload_of(sealed)).unwrap();
    let seq = half["have"]["seq"].as_u64().unwrap();
    half["have"]["seq"] = json!(seq + 1);
    let mut dsse: Value = serde_json::from_slice(sealed).unwrap();
    dsse["payload"] = json!(STANDARD.encode(half.to_string()));
    dsse.to_string().into_bytes()
}

fn retyped(request: &[u8]) -> Vec<u8> {
    let mut dsse: Value = serde_json::from_slice(request).unwrap();
    dsse["payloadType"] = json!(BUNDLE_TYPE);
    dsse.to_string().into_bytes()
}

#[async_trait]
impl Wire for Cable<'_> {
    async fn ask(
        &self,
        address: &str,
        door: Door,
        _trust: &Trust,
        request: Vec<u8>,
    ) -> Result<Vec<u8>, WireError> {
        let (line, hub) = (self.line, address.rsplit('/').next().unwrap_or_default());
        let is_cut = line.cut.lock().unwrap().contains(&(self.from.to_owned(), hub.to_owned()));
        let lose = line.weather.lock().unwrap().lose;
        if is_cut || line.happens(lose) {
            return Err(no_answer(address));
        }
        let post = line.post(address).ok_or_else(|| no_answer(address))?;
        let answer = match door {
            Door::Introduction => post.introduction(b"authority of the hub"),
            Door::Enrolment => post.handle_enrolment(&request, self.from).await.map_err(refused)?,
            Door::Exchange => line.exchange(address, request).await?,
            Door::File => line.file(&post, request).await?,
        };
        if line.happens(lose) { Err(no_answer(address)) } else { Ok(answer) }
    }
}
