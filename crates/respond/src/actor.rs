//! Who acts, and the moment of acting.

use sakimori_words::{Chance, Instant, PersonId, Text};
use serde::{Deserialize, Serialize};

/// A person as the record remembers them: name and role as they were when they acted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Actor {
    /// The account.
    pub person: PersonId,
    /// Name.
    pub name: String,
    /// Role or position, e.g. `医療情報システム安全管理責任者`.
    pub role: String,
}

impl Actor {
    /// A person.
    pub fn new(
        person: impl Into<PersonId>,
        name: impl Into<String>,
        role: impl Into<String>,
    ) -> Self {
        Self { person: person.into(), name: name.into(), role: role.into() }
    }

    /// Sakimori itself, for what no person did.
    #[must_use]
    pub fn system() -> Self {
        Self::new("system", "Sakimori", "")
    }

    /// Name with role, e.g. `山田 太郎（院長）`.
    #[must_use]
    pub fn words(&self) -> Text {
        if self.role.is_empty() {
            return Text::new(&*self.name, &*self.name);
        }
        Text::new(
            format!("{}（{}）", self.name, self.role),
            format!("{} ({})", self.name, self.role),
        )
    }
}

/// The moment of an act: when, by whom, and where new ids come from.
#[derive(Clone, Copy)]
pub struct Moment<'a> {
    /// When.
    pub now: Instant,
    /// By whom.
    pub by: &'a Actor,
    /// Source of new ids.
    pub chance: &'a dyn Chance,
}
