//! The one sentence shown after a redirect ("saved", "sent"), carried in a short-lived cookie.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sakimori_words::Lang;
use serde::{Deserialize, Serialize};

use crate::wording;

/// A sentence for the next page: a word of `words/*/…ftl` with its places filled. Only words that begin `flash-` are shown,
/// so a forged cookie cannot put other sentences on the page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Flash {
    word: String,
    values: Vec<(String, String)>,
}

impl Flash {
    /// The sentence said by `word`, which begins `flash-`.
    #[must_use]
    pub fn new(word: &'static str) -> Self {
        Self { word: word.to_owned(), values: Vec::new() }
    }

    /// The same sentence with a place filled.
    #[must_use]
    pub fn with(mut self, place: &str, value: impl std::fmt::Display) -> Self {
        self.values.push((place.to_owned(), value.to_string()));
        self
    }

    /// The sentence in `lang`; `None` when it is no such word.
    #[must_use]
    pub fn message(&self, lang: Lang) -> Option<String> {
        if !self.word.starts_with("flash-") || !wording::knows(lang, &self.word) {
            return None;
        }
        let values: Vec<(&str, &dyn std::fmt::Display)> = self
            .values
            .iter()
            .map(|(place, value)| (place.as_str(), value as &dyn std::fmt::Display))
            .collect();
        Some(wording::say_with(lang, &self.word, &values))
    }

    pub(crate) fn to_cookie(&self) -> String {
        URL_SAFE_NO_PAD.encode(serde_json::to_vec(self).unwrap_or_default())
    }

    pub(crate) fn from_cookie(value: &str) -> Option<Self> {
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(value).ok()?).ok()
    }
}
