//! The memory of one search, shared out among its steps.

use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};

use datafusion::common::{Result, resources_datafusion_err};
use datafusion::execution::memory_pool::{
    MemoryConsumer, MemoryLimit, MemoryPool, MemoryReservation,
};

/// So much of the memory steps that can put their work off to the disk take as they come, in eighths.
const TAKEN_AS_THEY_COME: usize = 5;

/// And so much is shared out evenly among them, so that none is left without. The rest is kept for steps that cannot.
const SHARED_OUT: usize = 1;

/// The memory of one search.
///
/// A plan has dozens of steps that could put off work, and nearly all of them need nothing: shared out evenly, as the engine
/// does it, each may use so little that the one with the work writes to the disk what would have fitted many times over.
/// Handed out as they come alone, the first could leave nothing for the others.
pub(crate) struct SearchMemory {
    limit_bytes: usize,
    used: Mutex<Used>,
}

/// What is in use.
#[derive(Clone, Copy, Default)]
struct Used {
    /// By steps that can put work off, in bytes.
    by_spilling: usize,
    /// By others, in bytes.
    by_others: usize,
    /// How many steps can put work off.
    n_spilling: usize,
}

impl Used {
    /// How much more a step may take that has `own` bytes.
    fn left_for(&self, limit_bytes: usize, own: usize, can_spill: bool) -> usize {
        let for_spilling = limit_bytes.saturating_sub(self.by_others);
        let left = for_spilling.saturating_sub(self.by_spilling);
        if !can_spill {
            return left;
        }
        let share = for_spilling / 8 * SHARED_OUT / self.n_spilling.max(1);
        let as_they_come = for_spilling / 8 * TAKEN_AS_THEY_COME;
        as_they_come.saturating_sub(self.by_spilling).max(share.saturating_sub(own)).min(left)
    }

    const fn of(&mut self, can_spill: bool) -> &mut usize {
        if can_spill { &mut self.by_spilling } else { &mut self.by_others }
    }
}

impl SearchMemory {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Self { limit_bytes, used: Mutex::default() }
    }

    fn used(&self) -> MutexGuard<'_, Used> {
        // The numbers are right whatever happened to whoever held them.
        self.used.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl MemoryPool for SearchMemory {
    fn name(&self) -> &'static str {
        "search"
    }

    fn register(&self, step: &MemoryConsumer) {
        self.used().n_spilling += usize::from(step.can_spill());
    }

    fn unregister(&self, step: &MemoryConsumer) {
        let mut used = self.used();
        used.n_spilling = used.n_spilling.saturating_sub(usize::from(step.can_spill()));
    }

    fn grow(&self, step: &MemoryReservation, additional: usize) {
        let mut used = self.used();
        let of = used.of(step.consumer().can_spill());
        *of = of.saturating_add(additional);
    }

    fn shrink(&self, step: &MemoryReservation, less: usize) {
        let mut used = self.used();
        let of = used.of(step.consumer().can_spill());
        *of = of.saturating_sub(less);
    }

    fn try_grow(&self, step: &MemoryReservation, additional: usize) -> Result<()> {
        let can_spill = step.consumer().can_spill();
        let mut used = self.used();
        let left = used.left_for(self.limit_bytes, step.size(), can_spill);
        if additional > left {
            return Err(resources_datafusion_err!(
                "{} asks for {additional} bytes more and {left} of {} are left for it",
                step.consumer().name(),
                self.limit_bytes
            ));
        }
        *used.of(can_spill) += additional;
        Ok(())
    }

    fn reserved(&self) -> usize {
        let used = self.used();
        used.by_spilling + used.by_others
    }

    fn memory_limit(&self) -> MemoryLimit {
        MemoryLimit::Finite(self.limit_bytes)
    }
}

impl fmt::Display for SearchMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the {} bytes of a search", self.limit_bytes)
    }
}

impl fmt::Debug for SearchMemory {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use proptest::prelude::*;

    use super::*;

    fn step(memory: &Arc<dyn MemoryPool>, can_spill: bool) -> MemoryReservation {
        MemoryConsumer::new("step").with_can_spill(can_spill).register(memory)
    }

    fn memory(limit_bytes: usize) -> Arc<dyn MemoryPool> {
        Arc::new(SearchMemory::new(limit_bytes))
    }

    #[test]
    fn the_step_with_the_work_gets_most_of_it_however_many_steps_there_are() {
        let memory = memory(8_000);
        let steps: Vec<_> = (0..50).map(|_| step(&memory, true)).collect();
        steps[0].try_grow(5_000).unwrap();
        assert!(steps[0].try_grow(1).is_err());
        for other in &steps[1..] {
            other.try_grow(20).unwrap();
        }
        step(&memory, false).try_grow(2_000).unwrap();
        assert!(memory.reserved() <= 8_000);
    }

    #[test]
    fn what_was_given_back_is_there_for_others() {
        let memory = memory(8_000);
        let (one, other) = (step(&memory, true), step(&memory, true));
        one.try_grow(5_000).unwrap();
        assert!(other.try_grow(1_000).is_err());
        drop(one);
        other.try_grow(5_000).unwrap();
    }

    proptest! {
        #[test]
        fn never_more_is_given_than_there_is(
            asked in prop::collection::vec((0_usize..6, 0_usize..5_000, any::<bool>()), 0..60),
        ) {
            let memory = memory(10_000);
            let steps: Vec<_> = (0..6).map(|n| step(&memory, n % 3 != 0)).collect();
            for (n, bytes, gives_back) in asked {
                if gives_back {
                    let less = bytes.min(steps[n].size());
                    steps[n].shrink(less);
                } else {
                    let _ = steps[n].try_grow(bytes);
                }
                prop_assert!(memory.reserved() <= 10_000);
                prop_assert_eq!(memory.reserved(), steps.iter().map(MemoryReservation::size).sum::<usize>());
            }
        }
    }
}
