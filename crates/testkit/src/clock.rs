//! Clocks that move only when a test says so.

use std::sync::atomic::{AtomicI64, Ordering};

use sakimori_words::{Clock, Instant};

/// A clock that always shows the same instant.
#[derive(Clone, Copy, Debug)]
pub struct FixedClock(pub Instant);

impl Clock for FixedClock {
    fn now(&self) -> Instant {
        self.0
    }
}

/// A clock that stands still until it is set or moved.
#[derive(Debug)]
pub struct StepClock(AtomicI64);

impl StepClock {
    /// A clock that shows `at`.
    #[must_use]
    pub const fn new(at: Instant) -> Self {
        Self(AtomicI64::new(at.as_micros()))
    }

    /// Shows `at` from now on, which may be earlier.
    pub fn set(&self, at: Instant) {
        self.0.store(at.as_micros(), Ordering::SeqCst);
    }

    /// Moves on by `seconds`.
    pub fn step_seconds(&self, seconds: i64) {
        self.set(self.now().plus_seconds(seconds));
    }
}

impl Clock for StepClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}
