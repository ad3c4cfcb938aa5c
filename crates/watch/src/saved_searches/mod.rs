//! Searches that people keep for each other: a filter with its period and source, under a name the organisation shares.
//!
//! Names and filters are text that people typed: limited in length and number here, escaped where they are shown. Who kept
//! and who removed which search is in the journal.

use std::sync::Arc;

use sakimori_ledger::{Fact, LedgerError, Put, Store};
use sakimori_words::{Clock, Instant, PersonId, Trouble};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::senders::cut;
use crate::{By, troubles};

#[cfg(test)]
mod tests;

/// Shelf of the saved searches, by name.
const SHELF: &str = "saved_search";
/// Stream of the facts.
const STREAM: &str = "saved_searches";

/// Longest name of a saved search, in characters: one line of a list.
pub const SEARCH_NAME_CHARS_MAX: usize = 60;

/// Longest filter or statement that can be saved, in characters.
pub const SEARCH_TEXT_CHARS_MAX: usize = 4_000;

/// Longest of the other fields, in characters.
const FIELD_CHARS_MAX: usize = 200;

/// Most searches an organisation keeps: more than anybody looks through.
pub const SAVED_SEARCHES_MAX: usize = 200;

/// What the search form holds, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SearchFields {
    /// The filter, or a statement.
    pub text: String,
    /// The period by its name.
    pub period: String,
    /// Exactly this source; empty: any.
    pub source: String,
    /// The exact beginning; empty: none.
    pub from: String,
    /// The exact end; empty: none.
    pub to: String,
}

impl SearchFields {
    fn fit(&self) -> bool {
        let short = [&self.period, &self.source, &self.from, &self.to];
        self.text.chars().count() <= SEARCH_TEXT_CHARS_MAX
            && short.iter().all(|field| field.chars().count() <= FIELD_CHARS_MAX)
    }
}

/// A search that was kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SavedSearch {
    /// Its name, the only one of that name.
    pub name: String,
    /// What the form holds.
    pub fields: SearchFields,
    /// When it was saved.
    pub saved_at: Instant,
    /// The person who saved it.
    pub saved_by: PersonId,
    /// That person's name then.
    pub saved_by_name: String,
}

/// Why a search could not be saved or removed.
#[derive(Debug, thiserror::Error)]
pub enum SavedSearchesError {
    /// The name cannot be used.
    #[error("`{name}` cannot name a saved search")]
    Name {
        /// The name, cut.
        name: String,
    },
    /// The search is too long to be kept.
    #[error("the search is longer than {limit} characters")]
    TooLong {
        /// Most characters of a filter.
        limit: usize,
    },
    /// The name is in use.
    #[error("there is a saved search called `{name}` already")]
    Taken {
        /// The name.
        name: String,
    },
    /// There are as many as are kept.
    #[error("{limit} searches are saved already")]
    Full {
        /// Most searches kept.
        limit: usize,
    },
    /// There is no such search.
    #[error("no saved search is called `{name}`")]
    Unknown {
        /// The name, cut.
        name: String,
    },
    /// The ledger refused.
    #[error("the saved searches could not be read or kept")]
    Ledger(#[from] LedgerError),
}

impl SavedSearchesError {
    /// What a person is told.
    #[must_use]
    pub fn trouble(&self) -> Trouble {
        let kind = match self {
            Self::Ledger(error) => return error.trouble(),
            Self::Name { .. } => &troubles::SEARCH_NAME,
            Self::TooLong { .. } => &troubles::SEARCH_TOO_LONG,
            Self::Taken { .. } => &troubles::SEARCH_TAKEN,
            Self::Full { .. } => &troubles::SEARCHES_FULL,
            Self::Unknown { .. } => &troubles::SEARCH_UNKNOWN,
        };
        Trouble::because(kind, self)
    }
}

/// The saved searches of the organisation.
pub struct SavedSearches {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
}

impl SavedSearches {
    /// The searches kept in this ledger.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>) -> Self {
        Self { store, clock }
    }

    /// Keeps a search under `name` for everybody who may search.
    ///
    /// # Errors
    /// [`SavedSearchesError::Name`], [`SavedSearchesError::TooLong`], [`SavedSearchesError::Taken`],
    /// [`SavedSearchesError::Full`], or the ledger's.
    pub async fn save(
        &self,
        name: &str,
        fields: SearchFields,
        by: By<'_>,
    ) -> Result<SavedSearch, SavedSearchesError> {
        let name = name_of(name)?;
        if !fields.fit() {
            return Err(SavedSearchesError::TooLong { limit: SEARCH_TEXT_CHARS_MAX });
        }
        // Two people who save the last two at the same moment may both succeed: the limit guards the page, not the disk.
        if self.store.list(SHELF, None, SAVED_SEARCHES_MAX).await?.len() >= SAVED_SEARCHES_MAX {
            return Err(SavedSearchesError::Full { limit: SAVED_SEARCHES_MAX });
        }
        let search = SavedSearch {
            name,
            fields,
            saved_at: self.clock.now(),
            saved_by: by.person.clone(),
            saved_by_name: by.name.to_owned(),
        };
        let put = Put::new(SHELF, &search.name, &search)?.absent();
        match self.commit("search_saved", &search.name, by, put).await {
            Ok(()) => Ok(search),
            Err(LedgerError::Conflict { .. }) => {
                Err(SavedSearchesError::Taken { name: search.name })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the search of that name.
    ///
    /// # Errors
    /// [`SavedSearchesError::Unknown`], or the ledger's.
    pub async fn remove(&self, name: &str, by: By<'_>) -> Result<SavedSearch, SavedSearchesError> {
        let unknown = || SavedSearchesError::Unknown { name: cut(name) };
        let record = self.store.get(SHELF, name).await?.ok_or_else(unknown)?;
        let search: SavedSearch = record.read()?;
        let put = Put::removal(SHELF, &search.name).version(record.version);
        match self.commit("search_removed", &search.name, by, put).await {
            Ok(()) => Ok(search),
            // Somebody else was quicker.
            Err(LedgerError::Conflict { .. }) => Err(unknown()),
            Err(error) => Err(error.into()),
        }
    }

    /// All of them, by name.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub async fn list(&self) -> Result<Vec<SavedSearch>, SavedSearchesError> {
        let records = self.store.list(SHELF, None, usize::MAX).await?;
        let mut searches = records
            .iter()
            .map(sakimori_ledger::Record::read)
            .collect::<Result<Vec<SavedSearch>, _>>()?;
        searches.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(searches)
    }

    async fn commit(
        &self,
        kind: &str,
        name: &str,
        by: By<'_>,
        put: Put,
    ) -> Result<(), LedgerError> {
        let body = json!({ "name": name });
        let fact = Fact::new(STREAM, kind, self.clock.now(), by.person.as_str(), &body)?;
        self.store.commit(vec![fact.put(put)]).await.map(drop)
    }
}

/// The name as it is kept: one line, without signs that turn the direction of the text around them.
fn name_of(typed: &str) -> Result<String, SavedSearchesError> {
    let name = typed.trim();
    let fits = !name.is_empty()
        && name.chars().count() <= SEARCH_NAME_CHARS_MAX
        && !name.chars().any(|sign| sign.is_control() || is_invisible(sign));
    if fits { Ok(name.to_owned()) } else { Err(SavedSearchesError::Name { name: cut(typed) }) }
}

/// Signs without a shape of their own: line and paragraph separators, zero width, and those that set the direction of text.
const fn is_invisible(sign: char) -> bool {
    matches!(sign, '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}
