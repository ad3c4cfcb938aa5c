//! Reading somebody else's server: what to ask for next, and what an answer means. Fetching is the binary's.

use sakimori_words::Instant;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::MEDIA_TYPE;
use crate::intelligence::shown;

/// Where the reading of a collection stands. Kept between runs: the next one goes on from here.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// The time after which this reading began, in the server's own digits; empty for the first one.
    #[serde(default)]
    pub added_after: String,
    /// The server's own mark for the next page; empty between two readings.
    #[serde(default)]
    pub next: String,
    /// The time of the last object of this reading so far: where the next reading begins.
    #[serde(default)]
    pub reached: String,
}

/// An answer as it was fetched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fetched {
    /// HTTP status.
    pub status: u16,
    /// The header `X-TAXII-Date-Added-Last`; empty when there is none.
    pub date_added_last: String,
    /// The body.
    pub body: Vec<u8>,
}

/// What a server says of itself where it is asked first.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Heading {
    /// Its title.
    pub title: String,
    /// Addresses of its API roots, absolute or below its own.
    pub api_roots: Vec<String>,
}

/// A collection of somebody else's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct RemoteCollection {
    /// Its id.
    pub id: String,
    /// Its title.
    pub title: String,
    /// Whether the account may read it.
    pub can_read: bool,
}

/// A page that was taken.
#[derive(Clone, Debug, PartialEq)]
pub struct Pulled {
    /// Its objects.
    pub objects: Vec<Value>,
    /// Where the reading stands now. To be kept only when the objects are.
    pub place: Place,
    /// Whether the server has more.
    pub more: bool,
}

/// Why an answer cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum PullError {
    /// The server refused.
    #[error("the server answered {status}: {title}")]
    Refused {
        /// HTTP status.
        status: u16,
        /// What it said.
        title: String,
    },
    /// The answer is not what TAXII has here.
    #[error("the server's answer is not TAXII 2.1")]
    NotTaxii(#[from] serde_json::Error),
    /// The server has more, and gave no way to it.
    #[error("the server says that there is more and answers with the same page again")]
    Standstill,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Envelope {
    more: bool,
    next: Option<Value>,
    objects: Vec<Value>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Collections {
    collections: Vec<RemoteCollection>,
}

impl Heading {
    /// Reads a discovery answer.
    ///
    /// # Errors
    /// When the server refused or the answer is none.
    pub fn read(fetched: &Fetched) -> Result<Self, PullError> {
        taken(fetched)
    }
}

/// Reads the list of collections of an API root.
///
/// # Errors
/// When the server refused or the answer is none.
pub fn collections(fetched: &Fetched) -> Result<Vec<RemoteCollection>, PullError> {
    taken::<Collections>(fetched).map(|list| list.collections)
}

impl Place {
    /// The media type to ask with.
    pub const ACCEPT: &'static str = MEDIA_TYPE;

    /// Names and values of the query for the next page, of at most `limit` objects.
    #[must_use]
    pub fn query(&self, limit: usize) -> Vec<(&'static str, String)> {
        let mut query = vec![("limit", limit.to_string())];
        if !self.added_after.is_empty() {
            query.push(("added_after", self.added_after.clone()));
        }
        if !self.next.is_empty() {
            query.push(("next", self.next.clone()));
        }
        query
    }

    /// Takes an answer to [`Self::query`].
    ///
    /// While the server has more and names the next page, the time stays where the reading began and only the mark moves: objects that
    /// share a time are then not passed over. Once there is no more, the time of the last object is where the next reading begins.
    ///
    /// # Errors
    /// When the server refused, or there is no way on.
    pub fn take(&self, fetched: &Fetched) -> Result<Pulled, PullError> {
        let envelope: Envelope = taken(fetched)?;
        let next = match envelope.next {
            Some(Value::String(text)) => text,
            Some(Value::Null) | None => String::new(),
            Some(other) => other.to_string(),
        };
        let reached = self.reached(&fetched.date_added_last);
        let place = if envelope.more && !next.is_empty() {
            Self { added_after: self.added_after.clone(), next, reached }
        } else {
            Self { added_after: reached.clone(), next: String::new(), reached }
        };
        if envelope.more && place == *self {
            return Err(PullError::Standstill);
        }
        Ok(Pulled { objects: envelope.objects, place, more: envelope.more })
    }

    /// The later of the two times, in its own digits. A server that repeats itself must not throw the reading back.
    fn reached(&self, last: &str) -> String {
        let before = if self.reached.is_empty() { &self.added_after } else { &self.reached };
        match (Instant::parse(last), Instant::parse(before)) {
            (Ok(last_at), Ok(before_at)) if last_at <= before_at => before.clone(),
            (Ok(_), _) => last.to_owned(),
            (Err(_), _) => before.clone(),
        }
    }

    /// The same reading from its beginning: for a server that has forgotten its mark. What was taken comes again.
    #[must_use]
    pub fn begun_again(&self) -> Self {
        Self { next: String::new(), reached: String::new(), ..self.clone() }
    }
}

fn taken<T: serde::de::DeserializeOwned + Default>(fetched: &Fetched) -> Result<T, PullError> {
    #[derive(Default, Deserialize)]
    #[serde(default)]
    struct Said {
        title: String,
    }
    if !(200..300).contains(&fetched.status) {
        let said: Said = serde_json::from_slice(&fetched.body).unwrap_or_default();
        return Err(PullError::Refused { status: fetched.status, title: shown(&said.title) });
    }
    Ok(serde_json::from_slice(&fetched.body)?)
}
