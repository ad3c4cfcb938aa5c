//! Moments in a custody chain as RFC 3339, so that a person without this program can read them.

use sakimori_words::Instant;
use serde::{Deserialize, Deserializer, Serializer, de::Error};

pub(super) fn serialize<S: Serializer>(at: &Instant, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&at.rfc3339())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Instant, D::Error> {
    let text = String::deserialize(from)?;
    Instant::parse(&text).map_err(D::Error::custom)
}

/// The same for a moment that may be missing.
pub(super) mod maybe {
    use sakimori_words::Instant;
    use serde::{Deserialize, Deserializer, Serializer, de::Error};

    #[expect(clippy::ref_option, reason = "serde hands over a reference to the field")]
    pub(in super::super) fn serialize<S: Serializer>(
        at: &Option<Instant>,
        to: S,
    ) -> Result<S::Ok, S::Error> {
        match at {
            Some(at) => to.serialize_some(&at.rfc3339()),
            None => to.serialize_none(),
        }
    }

    pub(in super::super) fn deserialize<'de, D: Deserializer<'de>>(
        from: D,
    ) -> Result<Option<Instant>, D::Error> {
        let text: Option<String> = Option::deserialize(from)?;
        text.map(|text| Instant::parse(&text).map_err(D::Error::custom)).transpose()
    }
}
