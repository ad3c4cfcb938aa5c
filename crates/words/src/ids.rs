//! One id type per noun, so that a case is never looked up with a warning's id.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{Chance, Instant};

/// A UUIDv7 as text: the millisecond of `at`, then chance. Ids sort as text in the order of their making.
#[must_use]
pub fn new_uuid7(at: Instant, chance: &dyn Chance) -> String {
    let mut random = [0_u8; 10];
    chance.fill(&mut random);
    let millis = u64::try_from(at.as_micros() / 1_000).unwrap_or(0);
    uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid().to_string()
}

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident),+ $(,)?) => {$(
        $(#[$doc])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// A new id, made at `at`.
            #[must_use]
            pub fn new(at: Instant, chance: &dyn Chance) -> Self {
                Self(new_uuid7(at, chance))
            }

            /// The id as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(text)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self(text.to_owned())
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    )+};
}

ids! {
    /// A line of the list of devices (資産).
    AssetId,
    /// An incident record, from suspicion to the last report.
    CaseId,
    /// What people declared ordinary here (例外): findings it covers are held back.
    ExceptionId,
    /// What a detection, match or check concluded.
    FindingId,
    /// A message between organisations.
    MessageId,
    /// An organisation: office, CEPTOAR body, institution or vendor.
    OrganisationId,
    /// A person with an account.
    PersonId,
    /// One submitted version of a report.
    ReportId,
    /// A case shared so that its victim cannot be identified. Never the id of the case it was taken from.
    SharedCaseId,
    /// A signed-in session.
    SessionId,
    /// A warning (注意喚起) in its organisation of origin.
    WarningId,
}
