//! Slowing down guessing without locking the real person out.
//!
//! Every attempt is counted before it is judged, in one bucket or three:
//!
//! - a browser that carries a device token of the account (it has signed in there before) has a bucket of its own, and only
//!   that one: whatever strangers do, it is not slowed;
//! - everybody else counts for (account, source), for the source and for the account as a whole.
//!
//! A full bucket asks for a pause that doubles with each further wrong attempt and has a ceiling. Attempts during the pause
//! are refused and not counted, so waiting always ends.

use sakimori_words::{Instant, SECOND_MICROS};
use serde::{Deserialize, Serialize};

use crate::{Identity, IdentityError, token};

const SHELF: &str = "identity.throttle";
/// First pause, in seconds.
const PAUSE_SECONDS_MIN: u64 = 2;

/// How patient a bucket is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// Wrong attempts without a pause.
    free: u32,
    /// Longest pause, in seconds.
    pause_seconds_max: u64,
    /// After so many seconds without an attempt all is forgotten.
    forget_seconds: i64,
}

/// One person at one place: five slips of the finger, then pauses up to five minutes.
pub(crate) const CLIENT: Patience =
    Patience { free: 5, pause_seconds_max: 300, forget_seconds: 3600 };
/// A whole network address may be a hospital's: many people mistype there.
const SOURCE: Patience = Patience { free: 30, pause_seconds_max: 60, forget_seconds: 900 };
/// Many addresses guessing at one account.
const ACCOUNT: Patience = Patience { free: 50, pause_seconds_max: 60, forget_seconds: 3600 };

/// Wrong attempts so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    n_wrong: u32,
    last_at: Instant,
}

impl Bucket {
    /// The bucket after one more attempt at `now`, or how many seconds to wait first.
    pub(crate) fn after_attempt(self, patience: Patience, now: Instant) -> Result<Self, u64> {
        let elapsed_micros = now.micros_since(self.last_at);
        // A clock that was set back must not make anybody wait for a year.
        let forgotten =
            !(0..patience.forget_seconds.saturating_mul(SECOND_MICROS)).contains(&elapsed_micros);
        if forgotten {
            return Ok(Self { n_wrong: 1, last_at: now });
        }
        let elapsed_seconds = u64::try_from(elapsed_micros / SECOND_MICROS).unwrap_or(0);
        match self.pause_seconds(patience).checked_sub(elapsed_seconds) {
            Some(seconds) if seconds > 0 => Err(seconds),
            _ => Ok(Self { n_wrong: self.n_wrong.saturating_add(1), last_at: now }),
        }
    }

    fn pause_seconds(self, patience: Patience) -> u64 {
        match self.n_wrong.checked_sub(patience.free) {
            None => 0,
            Some(n_over) => {
                let doubled = PAUSE_SECONDS_MIN.saturating_mul(1 << n_over.min(20));
                doubled.min(patience.pause_seconds_max)
            }
        }
    }
}

/// The buckets of one attempt.
#[derive(Clone, Debug)]
pub(crate) struct Buckets(Vec<(String, Patience)>);

impl Buckets {
    /// A browser that has signed in to the account before.
    pub(crate) fn of_device(kept_device: &str) -> Self {
        Self(vec![(format!("device/{kept_device}"), CLIENT)])
    }

    /// A running session that is asked for a code or password.
    pub(crate) fn of_session(session: &str) -> Self {
        Self(vec![(format!("session/{session}"), CLIENT)])
    }

    /// Anybody else. What was typed as a name is kept hashed: it may be a password in the wrong field.
    pub(crate) fn of_stranger(account: &str, source: &str) -> Self {
        let (account, source) = (token::kept(account), token::kept(&network_of(source)));
        Self(vec![
            (format!("client/{account}/{source}"), CLIENT),
            (format!("source/{source}"), SOURCE),
            (format!("account/{account}"), ACCOUNT),
        ])
    }
}

/// The source as it is counted: one subscriber has a whole /64 of IPv6, so addresses in it count as one.
fn network_of(source: &str) -> String {
    match source.parse::<std::net::IpAddr>().map(|address| address.to_canonical()) {
        Ok(std::net::IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Ok(std::net::IpAddr::V4(address)) => address.to_string(),
        Err(_) => source.to_owned(),
    }
}

impl Identity {
    /// Counts an attempt before it is judged, so that attempts made at the same moment count too.
    pub(crate) async fn count_attempt(&self, buckets: &Buckets) -> Result<(), IdentityError> {
        for (key, patience) in &buckets.0 {
            self.count_in(key, *patience).await?;
        }
        Ok(())
    }

    async fn count_in(&self, key: &str, patience: Patience) -> Result<(), IdentityError> {
        loop {
            let now = self.clock.now();
            let found = self.store.get_private(SHELF, key).await?;
            let bucket: Bucket =
                found.as_ref().map(|record| record.read()).transpose()?.unwrap_or_default();
            let after = bucket
                .after_attempt(patience, now)
                .map_err(|seconds| IdentityError::Wait { seconds })?;
            let expires_at = Some(now.plus_seconds(patience.forget_seconds));
            let expected = found.as_ref().map(|record| &record.body);
            let after = crate::identity::json(&after)?;
            if self.store.swap_private(SHELF, key, expected, Some(after), expires_at).await? {
                return Ok(());
            }
        }
    }

    /// Forgets the attempts of a client that turned out to be right. What strangers share stays counted.
    pub(crate) async fn forget_attempts(&self, buckets: &Buckets) -> Result<(), IdentityError> {
        if let Some((key, _)) = buckets.0.first() {
            self.store.remove_private(SHELF, key).await?;
        }
        Ok(())
    }
}
