//! When to dial again: exponential waiting with full jitter, computed without a clock.

use sakimori_words::Chance;

/// Longest wait after the first failure, in seconds.
pub const FIRST_WAIT_SECONDS: u64 = 5;
/// Longest wait however often dialling failed, in seconds. Short enough that a warning is not late by much when a line returns.
pub const LONGEST_WAIT_SECONDS: u64 = 900;

/// How long to wait after `n_failures` failures in a row, in milliseconds: evenly spread between nothing and a ceiling that doubles each time.
///
/// The spread keeps the institutions of a prefecture from dialling in the same second after their hub was away
/// ("full jitter"; AWS Architecture Blog, 2015).
#[must_use]
pub fn wait_ms(n_failures: u32, chance: &dyn Chance) -> u64 {
    if n_failures == 0 {
        return 0;
    }
    let doublings = (n_failures - 1).min(16);
    let ceiling_seconds = (FIRST_WAIT_SECONDS << doublings).min(LONGEST_WAIT_SECONDS);
    let mut bytes = [0_u8; 8];
    chance.fill(&mut bytes);
    u64::from_be_bytes(bytes) % (ceiling_seconds * 1_000 + 1)
}
