//! Which passwords are taken, and how they are kept.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Argon2, Params, PasswordHasher as _, PasswordVerifier as _};
use sakimori_words::{Chance, Lang, Text};
use tokio::sync::Semaphore;
use zeroize::Zeroizing;

use crate::IdentityError;

/// Fewest characters of a password. ASVS 5.0 §6.2.1 asks for 8 and recommends 15.
pub const PASSWORD_CHARS_MIN: usize = 15;
/// Most characters of a password. ASVS 5.0 §6.2.9 asks for at least 64.
pub const PASSWORD_CHARS_MAX: usize = 256;

/// Why a password is refused. There are no composition rules (ASVS 5.0 §6.2.5): a sentence is welcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PasswordFault {
    /// Fewer than [`PASSWORD_CHARS_MIN`] characters.
    #[error("too short")]
    TooShort,
    /// More than [`PASSWORD_CHARS_MAX`] characters.
    #[error("too long")]
    TooLong,
    /// Little is left once well-known words, the own name and rows of the keyboard are taken out.
    #[error("too easy to guess")]
    Guessable,
}

impl PasswordFault {
    /// The fault in words for the form.
    #[must_use]
    pub fn text(self) -> Text {
        match self {
            Self::TooShort => Text::new(
                "15 文字以上にしてください。覚えやすい文でかまいません。記号や大文字は必須ではありません。",
                "Use at least 15 characters. A sentence you remember is fine; symbols and capitals are not required.",
            ),
            Self::TooLong => {
                Text::new("256 文字以内にしてください。", "Use at most 256 characters.")
            }
            Self::Guessable => Text::new(
                "推測されやすい語、名前、並び(1234…、qwerty など)だけでできています。別の文にしてください。",
                "It consists of common words, names or rows of keys. Choose another sentence.",
            ),
        }
    }

    /// The fault in `lang`.
    #[must_use]
    pub fn sentence(self, lang: Lang) -> String {
        self.text().get(lang).to_owned()
    }
}

/// Words that everybody tries first, here and in hospitals. Short on purpose: at fifteen characters a single word is never
/// enough, so what counts is what is left beside them.
const COMMON_WORDS: &[&str] = &[
    "password",
    "passw0rd",
    "p@ssword",
    "p@ssw0rd",
    "passwort",
    "pasuwado",
    "secret",
    "himitsu",
    "letmein",
    "welcome",
    "youkoso",
    "login",
    "signin",
    "admin",
    "administrator",
    "kanri",
    "kanrisha",
    "root",
    "user",
    "guest",
    "master",
    "test",
    "default",
    "changeme",
    "computer",
    "internet",
    "server",
    "network",
    "system",
    "windows",
    "security",
    "sakimori",
    "hospital",
    "byouin",
    "byoin",
    "clinic",
    "iryou",
    "iryo",
    "karte",
    "denshi",
    "kango",
    "isha",
    "sensei",
    "kusuri",
    "doctor",
    "nurse",
    "medical",
    "iloveyou",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "dragon",
    "monkey",
    "pokemon",
    "doraemon",
    "sakura",
    "tokyo",
    "osaka",
    "nippon",
    "nihon",
    "japan",
    "reiwa",
    "heisei",
    "spring",
    "summer",
    "autumn",
    "winter",
    "病院",
    "医院",
    "医療",
    "看護",
    "電子カルテ",
    "カルテ",
    "パスワード",
    "ぱすわーど",
    "管理者",
    "管理",
    "防人",
];
/// Rows of the keyboard, typed along.
const KEY_ROWS: &[&str] = &[
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm8ik,9ol.0p;/",
];
/// Characters that must be left once the guessable parts are out, and how many of them must differ.
const LEFT_CHARS_MIN: usize = 7;
const LEFT_DIFFERENT_MIN: usize = 5;

/// Whether the password may be used by somebody with these names.
pub(crate) fn check(password: &str, names: &[&str]) -> Result<(), PasswordFault> {
    let n_chars = password.chars().count();
    if n_chars < PASSWORD_CHARS_MIN {
        return Err(PasswordFault::TooShort);
    }
    if n_chars > PASSWORD_CHARS_MAX {
        return Err(PasswordFault::TooLong);
    }
    let left = left_over(password, names);
    let different: std::collections::BTreeSet<char> = left.iter().copied().collect();
    if left.len() < LEFT_CHARS_MIN || different.len() < LEFT_DIFFERENT_MIN {
        return Err(PasswordFault::Guessable);
    }
    Ok(())
}

/// What is left once names, common words, rows of keys, runs and signs are taken out.
fn left_over(password: &str, names: &[&str]) -> Vec<char> {
    let mut text = password.to_lowercase();
    let names = names.iter().map(|name| name.to_lowercase());
    let mut words: Vec<String> = names.flat_map(|name| parts_of(&name)).collect();
    words.extend(COMMON_WORDS.iter().map(|word| (*word).to_owned()));
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    for word in words {
        // A blank in its place, so that taking out one word does not make another.
        text = text.replace(&word, " ");
    }
    without_runs(&text.chars().collect::<Vec<_>>())
        .into_iter()
        .filter(|letter| letter.is_alphanumeric())
        .collect()
}

/// A name and its parts, as far as they are long enough to mean anything.
fn parts_of(name: &str) -> Vec<String> {
    let parts = name.split(|letter: char| !letter.is_alphanumeric());
    let all = std::iter::once(name).chain(parts);
    let long_enough = |part: &&str| part.chars().count() >= if part.is_ascii() { 3 } else { 2 };
    all.filter(long_enough).map(str::to_owned).collect()
}

/// The letters without those that stand in a run of four or more: `aaaa`, `1234`, `dcba`, `qwer`.
fn without_runs(letters: &[char]) -> Vec<char> {
    let mut left = Vec::with_capacity(letters.len());
    let mut rest = letters;
    while let Some((first, tail)) = rest.split_first() {
        let n_run = run_length(rest);
        if n_run >= 4 {
            rest = rest.get(n_run..).unwrap_or_default();
        } else {
            left.push(*first);
            rest = tail;
        }
    }
    left
}

fn run_length(letters: &[char]) -> usize {
    let steady = |step: i64| {
        let pairs = letters.windows(2);
        1 + pairs.take_while(|pair| step_of(pair) == Some(step)).count()
    };
    let along_keys = KEY_ROWS.iter().map(|row| {
        let lengths = (2..=letters.len().min(row.len())).rev();
        let typed = |length: &usize| -> bool {
            letters
                .get(..*length)
                .is_some_and(|part| row.contains(&part.iter().collect::<String>()))
        };
        lengths.into_iter().find(typed).unwrap_or(1)
    });
    along_keys.chain([steady(0), steady(1), steady(-1)]).max().unwrap_or(1)
}

fn step_of(pair: &[char]) -> Option<i64> {
    let [first, second] = pair else { return None };
    Some(i64::from(u32::from(*second)) - i64::from(u32::from(*first)))
}

/// A well-formed verifier that belongs to nobody: an unknown name costs the same time as a wrong password.
const NOBODY: &str = "$argon2id$v=19$m=19456,t=2,p=1$c2FraW1vcmktbm9ib2R5$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

/// What a verification told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Verified {
    /// The password is right.
    pub(crate) right: bool,
    /// The verifier was made with other costs than today's.
    pub(crate) outdated: bool,
}

/// Argon2id off the async threads, few at a time: each takes 19 MiB and a core.
pub(crate) struct Hasher {
    room: Arc<Semaphore>,
    costs: Params,
}

impl Hasher {
    /// With the costs OWASP recommends for argon2id: 19 MiB, two passes, one lane.
    pub(crate) fn new() -> Self {
        Self::with(Params::DEFAULT)
    }

    pub(crate) fn with(costs: Params) -> Self {
        Self { room: Arc::new(Semaphore::new(2)), costs }
    }

    /// The verifier of a new password, as a PHC string with its salt and costs.
    pub(crate) async fn hash(
        &self,
        password: &str,
        chance: &dyn Chance,
    ) -> Result<String, IdentityError> {
        let mut salt = [0_u8; 16];
        chance.fill(&mut salt);
        let password = Zeroizing::new(password.to_owned());
        let argon2 = Argon2::from(&self.costs);
        self.run(move || {
            argon2
                .hash_password_with_salt(password.as_bytes(), &salt)
                .map(|hash| hash.to_string())
                .map_err(|error| IdentityError::Hashing(error.to_string()))
        })
        .await
    }

    /// Compares; without a verifier it takes the same time and says no.
    pub(crate) async fn verify(
        &self,
        password: &str,
        verifier: Option<&str>,
    ) -> Result<Verified, IdentityError> {
        let known = verifier.is_some();
        let verifier = verifier.unwrap_or(NOBODY).to_owned();
        let password = Zeroizing::new(password.to_owned());
        let today = self.costs.clone();
        self.run(move || {
            let hash = PasswordHash::new(&verifier)
                .map_err(|error| IdentityError::Hashing(error.to_string()))?;
            let right = Argon2::default().verify_password(password.as_bytes(), &hash).is_ok();
            let outdated = !Params::try_from(&hash).is_ok_and(|costs| same_costs(&costs, &today));
            Ok(Verified { right: right && known, outdated })
        })
        .await
    }

    async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> Result<T, IdentityError> + Send + 'static,
    ) -> Result<T, IdentityError> {
        let room = Arc::clone(&self.room).acquire_owned().await;
        let done = tokio::task::spawn_blocking(move || {
            let outcome = work();
            drop(room);
            outcome
        });
        done.await.map_err(|error| IdentityError::Hashing(error.to_string()))?
    }
}

fn same_costs(costs: &Params, today: &Params) -> bool {
    (costs.m_cost(), costs.t_cost(), costs.p_cost())
        == (today.m_cost(), today.t_cost(), today.p_cost())
}
