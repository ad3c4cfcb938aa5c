//! Senders: which programs may hand in log records over HTTP, each with a token of its own, and with which certificates devices
//! come in over TLS.
//!
//! A token is 256 unpredictable bits, shown once. Kept is its digest alone, on the private shelf and found by that digest, so
//! that no comparison can be timed and a copy of the ledger opens no door. Who was let in by whom and shut out by whom is in
//! the journal. A name that was shut out can be given anew; the old token stays shut out, because it opens the sender it was
//! made for and not the name.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use sakimori_ledger::{Fact, LedgerError, Put, Record, Store};
use sakimori_words::{AccessToken, Chance, Clock, Instant, PersonId, Trouble, new_uuid7};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::troubles;

mod certificates;
#[cfg(test)]
mod tests;

pub use certificates::{SenderCertificate, SenderCertificateView};

/// Shelf of the senders, by name.
const SENDERS: &str = "log_sender";
/// Private shelf of what is kept of tokens: the digest opens the sender.
const TOKENS: &str = "log_sender_token";
/// Private shelf of when each sender was last let in, by the sender's id.
const USED: &str = "log_sender_used";
/// Stream of the facts.
const STREAM: &str = "log_senders";

/// Longest name of a sender, in characters.
pub const SENDER_NAME_CHARS_MAX: usize = 64;

/// How old the kept time of last use may be, in seconds: a sender that sends every second is not written down every second.
const USED_AGAIN_SECONDS: i64 = 60;

/// A program that was given a token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sender {
    /// Which one it is, also when its name is given again.
    pub id: String,
    /// Its name; its events have the source `http/<name>`.
    pub name: String,
    /// When the token was made.
    pub made_at: Instant,
    /// The person who made it.
    pub made_by: PersonId,
    /// That person's name then.
    pub made_by_name: String,
    /// When it was shut out; `None` while its token works.
    pub revoked_at: Option<Instant>,
}

impl Sender {
    /// What its events name as their source.
    #[must_use]
    pub fn source(&self) -> String {
        format!("http/{}", self.name)
    }
}

/// A sender as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SenderView {
    /// The sender.
    pub sender: Sender,
    /// When its token was last used, to the minute.
    pub last_used_at: Option<Instant>,
}

/// A sender that was just let in.
#[derive(Debug)]
pub struct NewSender {
    /// The sender.
    pub sender: Sender,
    /// Its token. Shown now and never again.
    pub token: String,
}

/// The person at the desk.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// Who.
    pub person: &'a PersonId,
    /// Their name.
    pub name: &'a str,
}

/// Why a sender could not be let in, shut out or recognised.
#[derive(Debug, thiserror::Error)]
pub enum SendersError {
    /// The name cannot be used.
    #[error("`{name}` cannot name a sender")]
    Name {
        /// The name.
        name: String,
    },
    /// The name is in use.
    #[error("there is a sender called `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is no such sender, or it was shut out before.
    #[error("no sender called `{name}` is let in")]
    Unknown {
        /// The name.
        name: String,
    },
    /// There is no such certificate that is accepted, or the digits stand for more than one.
    #[error("no accepted certificate, or more than one, has the fingerprint `{fingerprint}`")]
    NoCertificate {
        /// What was asked for.
        fingerprint: String,
    },
    /// The ledger refused.
    #[error("the senders could not be read or kept")]
    Ledger(#[from] LedgerError),
}

impl SendersError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::Name { .. } => &troubles::SENDER_NAME,
            Self::Taken { .. } => &troubles::SENDER_TAKEN,
            Self::Unknown { .. } => &troubles::SENDER_UNKNOWN,
            Self::NoCertificate { .. } => &troubles::CERTIFICATE_UNKNOWN,
        };
        Trouble::because(kind, self)
    }
}

/// The desk of the senders.
pub struct Senders {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
    /// When each sender's last use was written down, by id; that of a certificate by its digest.
    noted: Mutex<HashMap<String, Instant>>,
}

/// What is kept under the digest of a token.
#[derive(Serialize, Deserialize)]
struct Opens {
    sender: String,
    name: String,
}

impl Senders {
    /// A desk over the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance, noted: Mutex::default() }
    }

    /// Lets a sender in. The token is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`SendersError::Name`], [`SendersError::Taken`], or the ledger's.
    pub async fn add(&self, name: &str, by: By<'_>) -> Result<NewSender, SendersError> {
        let name = name_of(name)?;
        let before = self.record(&name).await?;
        if let Some((earlier, _)) = &before
            && earlier.revoked_at.is_none()
        {
            return Err(SendersError::Taken { name });
        }
        let now = self.clock.now();
        let sender = Sender {
            id: new_uuid7(now, self.chance.as_ref()),
            name: name.clone(),
            made_at: now,
            made_by: by.person.clone(),
            made_by_name: by.name.to_owned(),
            revoked_at: None,
        };
        let token = AccessToken::new(self.chance.as_ref());
        let put = Put::new(SENDERS, &name, &sender)?.version(version_of(before.as_ref()));
        // The token first: a sender in the journal always has what lets it in.
        let opens = json!(Opens { sender: sender.id.clone(), name: name.clone() });
        self.store.put_private(TOKENS, &token.kept, opens, None).await?;
        match self.commit("log_sender_added", &sender, by, put).await {
            Ok(()) => Ok(NewSender { sender, token: token.shown }),
            Err(error) => {
                self.store.remove_private(TOKENS, &token.kept).await?;
                Err(match error {
                    LedgerError::Conflict { .. } => SendersError::Taken { name },
                    other => SendersError::Ledger(other),
                })
            }
        }
    }

    /// Shuts a sender out from now on. What it has sent stays.
    ///
    /// # Errors
    /// [`SendersError::Unknown`], or the ledger's.
    pub async fn revoke(&self, name: &str, by: By<'_>) -> Result<Sender, SendersError> {
        let unknown = || SendersError::Unknown { name: cut(name) };
        let (sender, version) = self.record(name).await?.ok_or_else(unknown)?;
        if sender.revoked_at.is_some() {
            return Err(unknown());
        }
        let sender = Sender { revoked_at: Some(self.clock.now()), ..sender };
        let put = Put::new(SENDERS, &sender.name, &sender)?.version(version);
        self.commit("log_sender_revoked", &sender, by, put).await?;
        self.forget_tokens(&sender.id).await?;
        Ok(sender)
    }

    /// Every sender there ever was under each name, the working ones first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self) -> Result<Vec<SenderView>, SendersError> {
        let records = self.store.list(SENDERS, None, usize::MAX).await?;
        let used: HashMap<String, Instant> = self
            .store
            .list_private(USED)
            .await?
            .into_iter()
            .filter_map(|used| Some((used.key.clone(), used.read().ok()?)))
            .collect();
        let mut views = Vec::with_capacity(records.len());
        for record in records {
            let sender: Sender = record.read()?;
            views.push(SenderView { last_used_at: used.get(&sender.id).copied(), sender });
        }
        views.sort_by_cached_key(|view| {
            (view.sender.revoked_at.is_some(), view.sender.name.clone())
        });
        Ok(views)
    }

    /// The sender whose token this is; `None` for a token that opens nothing, whatever the reason.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn recognise(&self, token: &str) -> Result<Option<Sender>, SendersError> {
        let Some(kept) = AccessToken::kept_of(token) else { return Ok(None) };
        let Some(opens) = self.store.get_private(TOKENS, &kept).await? else {
            return Ok(None);
        };
        let opens: Opens = opens.read()?;
        let sender = self.record(&opens.name).await?.map(|(sender, _)| sender);
        let sender =
            sender.filter(|sender| sender.id == opens.sender && sender.revoked_at.is_none());
        if let Some(sender) = &sender {
            self.note_use(sender).await;
        }
        Ok(sender)
    }

    /// Writes down that the sender was here, at most once a minute. Not being able to is no reason to refuse its records.
    async fn note_use(&self, sender: &Sender) {
        let now = self.clock.now();
        if self.note_due(&sender.id, now) {
            let _ = self.store.put_private(USED, &sender.id, json!(now), None).await;
        }
    }

    /// Whether the last use of that sender or certificate was written down long enough ago to do it again; notes that it is.
    fn note_due(&self, id: &str, now: Instant) -> bool {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        let before = noted.get(id).copied();
        let due = before.is_none_or(|at| at.plus_seconds(USED_AGAIN_SECONDS) <= now || at > now);
        if due {
            noted.insert(id.to_owned(), now);
        }
        due
    }

    async fn record(&self, name: &str) -> Result<Option<(Sender, u64)>, SendersError> {
        let record: Option<Record> = self.store.get(SENDERS, name).await?;
        Ok(match record {
            Some(record) => Some((record.read()?, record.version)),
            None => None,
        })
    }

    async fn commit(
        &self,
        kind: &str,
        sender: &Sender,
        by: By<'_>,
        put: Put,
    ) -> Result<(), LedgerError> {
        let body = json!({ "sender": sender.id, "name": sender.name });
        let fact = Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await.map(drop)
    }

    /// Forgets what opened the sender. It opens nothing any more anyway.
    async fn forget_tokens(&self, sender: &str) -> Result<(), SendersError> {
        for kept in self.store.list_private(TOKENS).await? {
            if kept.read::<Opens>().is_ok_and(|opens| opens.sender == sender) {
                self.store.remove_private(TOKENS, &kept.key).await?;
            }
        }
        Ok(())
    }
}

fn version_of(before: Option<&(Sender, u64)>) -> u64 {
    before.map_or(0, |(_, version)| *version)
}

/// The name as it is kept: letters, digits, `.`, `-`, `_`, since it becomes part of a source's name.
fn name_of(typed: &str) -> Result<String, SendersError> {
    let name = typed.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= SENDER_NAME_CHARS_MAX
        && name.chars().all(|letter| letter.is_alphanumeric() || ".-_".contains(letter));
    if fits {
        return Ok(name.to_owned());
    }
    Err(SendersError::Name { name: cut(name) })
}

/// As much of a name that was typed as an error repeats.
pub(crate) fn cut(name: &str) -> String {
    name.chars().take(100).collect()
}
