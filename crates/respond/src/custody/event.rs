//! What was done with an item: one line of its custody form.

use sakimori_words::{Digest, Instant, Text};
use serde::{Deserialize, Serialize};

use super::moment;
use crate::Actor;

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EventKind {
    /// Taken from where it was found.
    #[default]
    Collect,
    /// Put into a bag or under a seal, and locked away.
    Seal,
    /// Brought to another place.
    Move,
    /// Given to somebody else.
    HandOver,
    /// Seal opened.
    Open,
    /// Copied.
    Copy,
    /// Digest computed again and compared.
    Check,
    /// Given back to its owner.
    Return,
    /// Destroyed.
    Destroy,
}

impl EventKind {
    /// Every kind, in the order of screens.
    pub const ALL: [Self; 9] = [
        Self::Collect,
        Self::Seal,
        Self::Move,
        Self::HandOver,
        Self::Open,
        Self::Copy,
        Self::Check,
        Self::Return,
        Self::Destroy,
    ];

    /// The kind as it is stored.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Collect => "collect",
            Self::Seal => "seal",
            Self::Move => "move",
            Self::HandOver => "hand_over",
            Self::Open => "open",
            Self::Copy => "copy",
            Self::Check => "check",
            Self::Return => "return",
            Self::Destroy => "destroy",
        }
    }

    /// The kind in words.
    #[must_use]
    pub fn label(self) -> Text {
        let [ja, en] = match self {
            Self::Collect => ["採取", "Collected"],
            Self::Seal => ["封印・保管", "Sealed and stored"],
            Self::Move => ["移動", "Moved"],
            Self::HandOver => ["引き渡し", "Handed over"],
            Self::Open => ["開封", "Opened"],
            Self::Copy => ["複製", "Copied"],
            Self::Check => ["同一性の検証", "Identity checked"],
            Self::Return => ["返却", "Returned"],
            Self::Destroy => ["廃棄", "Destroyed"],
        };
        Text::new(ja, en)
    }
}

/// What a person writes down about a handling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Handling {
    /// What was done.
    pub kind: EventKind,
    /// When; `None`: now.
    pub at: Option<Instant>,
    /// From whom or where.
    pub from: String,
    /// To whom or where.
    pub to: String,
    /// Why.
    pub reason: String,
    /// By what authority: a warrant, a letter, the director's decision.
    pub authority: String,
    /// Number of the new seal.
    pub seal: String,
    /// Who watched.
    pub witness: String,
    /// Digest before; `None`: the one on record.
    pub hash_before: Option<Digest>,
    /// Digest after.
    pub hash_after: Option<Digest>,
}

/// A handling as the record keeps it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CustodyEvent {
    /// What was done.
    pub kind: EventKind,
    /// When it was done.
    #[serde(with = "moment")]
    pub at: Instant,
    /// When it was written down.
    #[serde(with = "moment")]
    pub recorded_at: Instant,
    /// Who wrote it down.
    pub by: Actor,
    /// From whom or where.
    pub from: String,
    /// To whom or where.
    pub to: String,
    /// Why.
    pub reason: String,
    /// By what authority.
    pub authority: String,
    /// Number of the new seal; may be empty.
    pub seal: String,
    /// Who watched.
    pub witness: String,
    /// Digest before.
    pub hash_before: Option<Digest>,
    /// Digest after.
    pub hash_after: Option<Digest>,
    /// Whether the digests are the same; `None` when there are not two.
    pub matches: Option<bool>,
}
