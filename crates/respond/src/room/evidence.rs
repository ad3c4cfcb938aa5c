//! How evidence stands, as the room shows it. What is kept about each item belongs to the custody record.

use sakimori_words::Text;

/// How far evidence is secured.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum EvidenceStanding {
    /// Nothing is named yet.
    #[default]
    None,
    /// Named, not begun.
    Planned,
    /// Begun.
    Collecting,
    /// Everything named is secured.
    Secured,
    /// What is not secured was waived by name.
    Waived,
}

/// How many items of evidence are how far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct EvidenceCounts {
    /// Named, not begun.
    pub planned: usize,
    /// Begun, or failed and to be tried again.
    pub collecting: usize,
    /// Secured.
    pub secured: usize,
    /// Waived by a manager by name.
    pub waived: usize,
}

impl EvidenceStanding {
    /// The standing that follows from the items.
    #[must_use]
    pub const fn of(counts: EvidenceCounts) -> Self {
        let EvidenceCounts { planned, collecting, secured, waived } = counts;
        match (planned, collecting, secured, waived) {
            (0, 0, 0, 0) => Self::None,
            (0, 0, _, 0) => Self::Secured,
            (0, 0, _, _) => Self::Waived,
            (_, 0, 0, _) => Self::Planned,
            _ => Self::Collecting,
        }
    }

    /// The standing in words.
    #[must_use]
    pub fn words(self) -> Text {
        let [ja, en] = match self {
            Self::None => ["記録なし", "nothing recorded"],
            Self::Planned => ["予定", "planned"],
            Self::Collecting => ["確保中", "being secured"],
            Self::Secured => ["確保済み", "secured"],
            Self::Waived => ["確保済み（一部は責任者が免除）", "secured, or waived by name"],
        };
        Text::new(ja, en)
    }
}
