//! Accounts that may read over TAXII: who they are decides what they see, and each has a token of its own.
//!
//! Kept is the digest of a token, on the private shelf; who was let in by whom and shut out by whom is in the journal. A name that was
//! shut out can be given anew, and the old token stays shut out.

use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{AccessToken, Chance, Clock, Instant, PersonId, Tlp, Trouble, new_uuid7};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::troubles;

/// Shelf of the accounts, by name.
const READERS: &str = "taxii_reader";
/// Private shelf of what is kept of tokens: the digest opens the account.
const TOKENS: &str = "taxii_reader_token";
/// Stream of the facts.
const STREAM: &str = "taxii_readers";

/// Longest name of an account, in characters.
const NAME_CHARS_MAX: usize = 64;

/// What an account is to us, from which follows what it may see (FIRST, TLP 2.0).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audience {
    /// Anybody: CLEAR.
    Public,
    /// The community of institutions and those who protect them: up to GREEN.
    Community,
    /// A supplier who works for a recipient, and so its client in the sense of TLP: up to AMBER.
    Client,
    /// A recipient itself, an institution or office: up to AMBER+STRICT.
    Recipient,
}

impl Audience {
    /// All of them, from the one that sees least.
    pub const ALL: [Self; 4] = [Self::Public, Self::Community, Self::Client, Self::Recipient];

    /// Whether it may see something of that label. Nobody sees RED over TAXII.
    #[must_use]
    pub fn sees(self, tlp: Tlp) -> bool {
        tlp <= self.narrowest()
    }

    /// The narrowest label it may see.
    #[must_use]
    pub const fn narrowest(self) -> Tlp {
        match self {
            Self::Public => Tlp::Clear,
            Self::Community => Tlp::Green,
            Self::Client => Tlp::Amber,
            Self::Recipient => Tlp::AmberStrict,
        }
    }

    /// Its name in forms, commands and records.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Public => "public",
            Self::Community => "community",
            Self::Client => "client",
            Self::Recipient => "recipient",
        }
    }

    /// The audience of that name.
    #[must_use]
    pub fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|own| own.name() == name)
    }
}

/// An account.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reader {
    /// Which one it is, also when its name is given again.
    pub id: String,
    /// Its name: the user name of HTTP Basic.
    pub name: String,
    /// What it is to us.
    pub audience: Audience,
    /// When its token was made.
    pub made_at: Instant,
    /// The person who made it.
    pub made_by: PersonId,
    /// That person's name then.
    pub made_by_name: String,
    /// When it was shut out; `None` while its token works.
    pub revoked_at: Option<Instant>,
}

/// An account that was just let in.
#[derive(Debug)]
pub struct NewReader {
    /// The account.
    pub reader: Reader,
    /// Its token: the password of HTTP Basic. Shown now and never again.
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

/// Why an account could not be let in, shut out or recognised.
#[derive(Debug, thiserror::Error)]
pub enum ReadersError {
    /// The name cannot be used.
    #[error("`{name}` cannot name an account")]
    Name {
        /// The name.
        name: String,
    },
    /// The name is in use.
    #[error("there is an account called `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// There is no such account, or it was shut out before.
    #[error("no account called `{name}` is let in")]
    Unknown {
        /// The name.
        name: String,
    },
    /// The ledger refused.
    #[error("the accounts could not be read or kept")]
    Ledger(#[from] LedgerError),
}

impl ReadersError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::Name { .. } => &troubles::READER_NAME,
            Self::Taken { .. } => &troubles::READER_TAKEN,
            Self::Unknown { .. } => &troubles::READER_UNKNOWN,
        };
        Trouble::because(kind, self)
    }
}

/// The desk of the accounts.
pub struct Readers {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chance: Arc<dyn Chance>,
}

/// What is kept under the digest of a token.
#[derive(Serialize, Deserialize)]
struct Opens {
    reader: String,
    name: String,
}

impl Readers {
    /// A desk over the ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chance: Arc<dyn Chance>) -> Self {
        Self { store, clock, chance }
    }

    /// Lets an account in. The token is in the answer and nowhere else.
    ///
    /// # Errors
    /// [`ReadersError::Name`], [`ReadersError::Taken`], or the ledger's.
    pub async fn add(
        &self,
        name: &str,
        audience: Audience,
        by: By<'_>,
    ) -> Result<NewReader, ReadersError> {
        let name = name_of(name)?;
        let before = self.record(&name).await?;
        if before.as_ref().is_some_and(|(earlier, _)| earlier.revoked_at.is_none()) {
            return Err(ReadersError::Taken { name });
        }
        let now = self.clock.now();
        let reader = Reader {
            id: new_uuid7(now, self.chance.as_ref()),
            name: name.clone(),
            audience,
            made_at: now,
            made_by: by.person.clone(),
            made_by_name: by.name.to_owned(),
            revoked_at: None,
        };
        let token = AccessToken::new(self.chance.as_ref());
        // The token first: an account in the journal always has what lets it in.
        let opens = json!(Opens { reader: reader.id.clone(), name: name.clone() });
        self.store.put_private(TOKENS, &token.kept, opens, None).await?;
        let version = before.map_or(0, |(_, version)| version);
        if let Err(error) = self.commit("taxii_reader_added", &reader, by, version).await {
            self.store.remove_private(TOKENS, &token.kept).await?;
            return Err(match error {
                LedgerError::Conflict { .. } => ReadersError::Taken { name },
                other => ReadersError::Ledger(other),
            });
        }
        Ok(NewReader { reader, token: token.shown })
    }

    /// Shuts an account out from now on. What it has read it keeps.
    ///
    /// # Errors
    /// [`ReadersError::Unknown`], or the ledger's.
    pub async fn revoke(&self, name: &str, by: By<'_>) -> Result<Reader, ReadersError> {
        let unknown = || ReadersError::Unknown { name: crate::intelligence::shown(name) };
        let (reader, version) = self.record(name).await?.ok_or_else(unknown)?;
        if reader.revoked_at.is_some() {
            return Err(unknown());
        }
        let reader = Reader { revoked_at: Some(self.clock.now()), ..reader };
        self.commit("taxii_reader_revoked", &reader, by, version).await?;
        for kept in self.store.list_private(TOKENS).await? {
            if kept.read::<Opens>().is_ok_and(|opens| opens.reader == reader.id) {
                self.store.remove_private(TOKENS, &kept.key).await?;
            }
        }
        Ok(reader)
    }

    /// Every account, those that are let in first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self) -> Result<Vec<Reader>, ReadersError> {
        let records = self.store.list(READERS, None, usize::MAX).await?;
        let read =
            records.iter().map(sakimori_ledger::Record::read).collect::<Result<Vec<Reader>, _>>();
        let mut readers = read?;
        readers.sort_by_cached_key(|reader| (reader.revoked_at.is_some(), reader.name.clone()));
        Ok(readers)
    }

    /// The account of that name and token; `None` when they open nothing, whatever the reason.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn recognise(&self, name: &str, token: &str) -> Result<Option<Reader>, ReadersError> {
        let Some(kept) = AccessToken::kept_of(token) else { return Ok(None) };
        let Some(opens) = self.store.get_private(TOKENS, &kept).await? else { return Ok(None) };
        let opens: Opens = opens.read()?;
        let reader = self.record(&opens.name).await?.map(|(reader, _)| reader);
        Ok(reader.filter(|reader| {
            reader.id == opens.reader && reader.name == name && reader.revoked_at.is_none()
        }))
    }

    async fn record(&self, name: &str) -> Result<Option<(Reader, u64)>, LedgerError> {
        let record = self.store.get(READERS, name).await?;
        record.map(|record| Ok((record.read()?, record.version))).transpose()
    }

    async fn commit(
        &self,
        kind: &str,
        reader: &Reader,
        by: By<'_>,
        version: u64,
    ) -> Result<(), LedgerError> {
        let put = Put::new(READERS, &reader.name, reader)?.version(version);
        let body = json!({ "reader": reader.id, "name": reader.name, "audience": reader.audience });
        let fact = Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await.map(drop)
    }
}

/// The name as it is kept. A colon would end it in HTTP Basic.
fn name_of(typed: &str) -> Result<String, ReadersError> {
    let name = typed.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= NAME_CHARS_MAX
        && name.chars().all(|letter| letter.is_alphanumeric() || ".-_".contains(letter));
    if fits {
        return Ok(name.to_owned());
    }
    Err(ReadersError::Name { name: crate::intelligence::shown(name) })
}
