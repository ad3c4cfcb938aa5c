//! One link's book-keeping: numbers going out, how far the other side has read, how far we have. Pure decisions.

use sakimori_words::{Digest, Instant};
use serde::{Deserialize, Serialize};

use crate::exchange::{ReadMark, RefusedItem};

/// Numbers beyond this are not believed: JSON readers elsewhere lose precision there, and no link gets that far.
pub(crate) const SEQ_MAX: u64 = 1 << 53;
/// So far beyond what we remember sending a read mark is still believed: whoever comes back from an older copy is behind by
/// days of messages, and a neighbour that lies cannot use up the numbers.
const AHEAD_MAX: u64 = 1 << 20;
/// A neighbour makes us number anew at most once in this span, in seconds: each time costs a walk over what waits for it.
const NUMBER_ANEW_SECONDS: i64 = 3_600;

/// The state of a link to one neighbour, as kept on the shelf.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Link {
    /// Number of the last envelope queued for the neighbour.
    pub last: u64,
    /// How far the neighbour has read, by its own word.
    pub confirmed: ReadMark,
    /// How far we have read.
    pub read: ReadMark,
    /// What we refused of the last page, told with the next half.
    #[serde(default)]
    pub refused: Vec<RefusedItem>,
    /// Up to which number of what is published was looked through for the neighbour.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub published: u64,
    /// When we last numbered anew for the neighbour.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub numbered_anew_at: Option<Instant>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "as serde calls it")]
const fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// What a neighbour's read mark means for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Confirmation {
    /// Nothing new.
    Same,
    /// It has read up to there; what comes after is sent (again). Lower than before when it was restored from an older copy.
    UpTo,
    /// It has read something we do not remember sending: we were restored from an older copy. Number on after it.
    Forked,
    /// No link gets that far, and no older copy is that old.
    Absurd,
}

/// Where an incoming envelope stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arrival {
    /// It is the next one.
    Next,
    /// We have read it before.
    Before,
    /// Something before it is missing.
    Early,
}

impl Link {
    /// The number of a further envelope for the neighbour.
    pub(crate) const fn queue(&mut self) -> u64 {
        self.last += 1;
        self.last
    }

    /// Where the incoming envelope `seq` stands.
    pub(crate) const fn arrival(&self, seq: u64) -> Arrival {
        if seq <= self.read.seq {
            Arrival::Before
        } else if seq == self.read.seq + 1 {
            Arrival::Next
        } else {
            Arrival::Early
        }
    }

    /// What the neighbour's word `have` means, given the digest of what we sent under that number.
    pub(crate) fn confirmation(&self, have: &ReadMark, sent: Option<Digest>) -> Confirmation {
        if have.seq > SEQ_MAX.min(self.last.saturating_add(AHEAD_MAX)) {
            Confirmation::Absurd
        } else if *have == self.confirmed {
            Confirmation::Same
        } else if have.seq == 0 || (have.seq <= self.last && sent.is_some() && sent == have.digest)
        {
            Confirmation::UpTo
        } else {
            Confirmation::Forked
        }
    }

    /// Whether the neighbour may make us number anew at `now`.
    pub(crate) fn may_number_anew(&self, now: Instant) -> bool {
        self.numbered_anew_at.is_none_or(|at| now >= at.plus_seconds(NUMBER_ANEW_SECONDS))
    }
}
