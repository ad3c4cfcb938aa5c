//! How many devices an answer speaks of. A count never stands alone: it carries the date and size of the list it was made from.

use sakimori_words::{Instant, Inventory};
use serde::{Deserialize, Serialize};

use crate::matching::{Assessment, Verdict};

/// What the list of devices said when a person answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeviceCounts {
    /// Devices that are affected (該当).
    pub n_affected: u32,
    /// Devices about which the list does not decide it (要確認).
    pub n_to_ask: u32,
    /// Devices on the list.
    pub n_listed: u32,
    /// When the list was last changed.
    pub listed_at: Instant,
}

impl DeviceCounts {
    /// The counts of an assessment made with `list`.
    #[must_use]
    pub fn new(assessment: &Assessment, list: &Inventory) -> Self {
        Self {
            n_affected: assessment.n_devices(Verdict::Affected),
            n_to_ask: assessment.n_devices(Verdict::CannotTell),
            n_listed: list.n_devices(),
            listed_at: list.changed_at,
        }
    }
}

/// The devices behind many answers. Those who answered without a list are counted apart: they did not say "none".
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DeviceTotals {
    /// Affected devices.
    pub n_affected: u64,
    /// Devices to look at.
    pub n_to_ask: u64,
    /// Devices on the lists of those who answered with one.
    pub n_listed: u64,
    /// Organisations that answered with a list.
    pub n_with_list: u64,
    /// Organisations that answered without a list.
    pub n_without_list: u64,
    /// The oldest of the lists.
    pub oldest_at: Option<Instant>,
}

impl DeviceTotals {
    /// The sum over the answers given; `None` for an answer without a list.
    pub(crate) fn over(answers: impl Iterator<Item = Option<DeviceCounts>>) -> Self {
        answers.fold(Self::default(), |totals, devices| totals.with(devices.as_ref()))
    }

    fn with(self, devices: Option<&DeviceCounts>) -> Self {
        let Some(devices) = devices else {
            return Self { n_without_list: self.n_without_list.saturating_add(1), ..self };
        };
        let oldest = self.oldest_at.map_or(devices.listed_at, |at| at.min(devices.listed_at));
        Self {
            n_affected: self.n_affected.saturating_add(devices.n_affected.into()),
            n_to_ask: self.n_to_ask.saturating_add(devices.n_to_ask.into()),
            n_listed: self.n_listed.saturating_add(devices.n_listed.into()),
            n_with_list: self.n_with_list.saturating_add(1),
            oldest_at: Some(oldest),
            ..self
        }
    }
}
