//! What the middle of the program needs from the world, handed in so that a test can replace it.

use crate::Instant;

/// Where time comes from. Only the binary owns the real one.
pub trait Clock: Send + Sync {
    /// The time now.
    fn now(&self) -> Instant;
}

/// Where unpredictable bytes come from: ids, salts, codes, keys. Only the binary owns the real one.
pub trait Chance: Send + Sync {
    /// Fills `buffer` with unpredictable bytes. An implementation that cannot must end the process rather than return.
    fn fill(&self, buffer: &mut [u8]);
}
