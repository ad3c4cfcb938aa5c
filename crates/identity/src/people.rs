//! The people of the organisation.

use std::collections::BTreeSet;

use sakimori_ledger::{Fact, Put};
use sakimori_words::{Instant, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Action, Identity, IdentityError, Permit, Role, password, token};

/// Shelf of persons by id.
pub(crate) const PEOPLE: &str = "person";
/// Shelf that keeps sign-in names unique.
pub(crate) const NAMES: &str = "sign_in_name";
/// Shelf of what exists once.
pub(crate) const MARKS: &str = "identity";
/// The mark that the first account exists.
pub(crate) const SETUP_DONE: &str = "setup";
/// The mark that changes with every change of administrators, so that two cannot remove each other at the same moment.
const ADMINISTRATORS: &str = "administrators";
/// More people than any of these organisations has.
const PEOPLE_MAX: usize = 10_000;

/// A person with an account. Nothing secret: it lies on the shelf `person`, founded in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Person {
    /// Id.
    pub id: PersonId,
    /// The name typed to sign in, in lower case.
    pub sign_in_name: String,
    /// The name colleagues know.
    pub display_name: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Whether the account works.
    pub active: bool,
    /// When it was made.
    pub created_at: Instant,
}

impl Person {
    fn administers(&self) -> bool {
        self.active && self.roles.contains(&Role::Administrator)
    }
}

/// A person to be made without the ritual of an invitation: for the demonstration and for tests.
#[derive(Clone, Debug)]
pub struct NewPerson {
    /// The name typed to sign in.
    pub sign_in_name: String,
    /// The name colleagues know.
    pub display_name: String,
    /// Roles.
    pub roles: BTreeSet<Role>,
    /// Password, under the same rules as any.
    pub password: String,
}

/// Names as they are kept.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Names {
    pub(crate) sign_in: String,
    pub(crate) display: String,
}

impl Names {
    /// The names from what was typed.
    pub(crate) fn read(sign_in: &str, display: &str) -> Result<Self, IdentityError> {
        let sign_in = sign_in_name(sign_in).ok_or(IdentityError::NameUnfit)?;
        let display = display.trim().to_owned();
        let fits = (1..=64).contains(&display.chars().count());
        if !fits || display.chars().any(char::is_control) {
            return Err(IdentityError::NameUnfit);
        }
        Ok(Self { sign_in, display })
    }
}

/// A sign-in name as it is kept: narrow, lower case, 2 to 64 of letters, digits and `.-_@`.
pub(crate) fn sign_in_name(typed: &str) -> Option<String> {
    let name: String =
        typed.trim().chars().map(token::narrow).map(|c| c.to_ascii_lowercase()).collect();
    let fits = (2..=64).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_@".contains(&byte));
    fits.then_some(name)
}

impl Identity {
    /// Everybody with an account, by time of making.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn people(&self) -> Result<Vec<Person>, IdentityError> {
        let records = self.store.list(PEOPLE, None, PEOPLE_MAX).await?;
        Ok(records.iter().map(|record| record.read()).collect::<Result<_, _>>()?)
    }

    /// One person.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn person(&self, id: &PersonId) -> Result<Option<Person>, IdentityError> {
        let record = self.store.get(PEOPLE, id.as_str()).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    /// Makes a person without an invitation: for the demonstration and tests. They have no authenticator, so they cannot sign
    /// in with the password alone.
    ///
    /// # Errors
    /// When names, roles or password are refused, or the store fails.
    pub async fn create_person(&self, new: NewPerson) -> Result<Person, IdentityError> {
        let names = Names::read(&new.sign_in_name, &new.display_name)?;
        self.check_roles(&new.roles)?;
        password::check(&new.password, &[&names.sign_in, &names.display])?;
        let verifier = self.hasher.hash(&new.password, self.chance.as_ref()).await?;
        let person = self.new_person(names, new.roles);
        self.keep_verifier(&person.id, &verifier).await?;
        let mark = Put::new(MARKS, SETUP_DONE, &json!({ "person": person.id }))?;
        let fact = self.person_created(&person, "system")?.put(mark);
        self.commit_person(fact).await?;
        Ok(person)
    }

    /// Gives a person these roles. Takes a permit for [`Action::ManagePeople`].
    ///
    /// # Errors
    /// When the roles do not exist here, or nobody would administer any more.
    pub async fn set_roles(
        &self,
        permit: &Permit,
        person: &PersonId,
        roles: BTreeSet<Role>,
    ) -> Result<Person, IdentityError> {
        self.check_roles(&roles)?;
        self.change_person(permit, person, "roles_changed", |person| person.roles = roles).await
    }

    /// Makes an account work or not; switched off, its sessions end. Takes a permit for [`Action::ManagePeople`].
    ///
    /// # Errors
    /// When nobody would administer any more.
    pub async fn set_active(
        &self,
        permit: &Permit,
        person: &PersonId,
        active: bool,
    ) -> Result<Person, IdentityError> {
        let kind = if active { "account_opened" } else { "account_closed" };
        let changed =
            self.change_person(permit, person, kind, |person| person.active = active).await?;
        if !active {
            self.end_sessions_of(person, None).await?;
        }
        Ok(changed)
    }

    async fn change_person(
        &self,
        permit: &Permit,
        id: &PersonId,
        kind: &str,
        change: impl FnOnce(&mut Person),
    ) -> Result<Person, IdentityError> {
        self.check_permit(permit)?;
        let record = self.store.get(PEOPLE, id.as_str()).await?.ok_or(IdentityError::Unknown)?;
        let before: Person = record.read()?;
        let mut after = before.clone();
        change(&mut after);
        let put = Put::new(PEOPLE, id.as_str(), &after)?.version(record.version);
        let stream = format!("person/{id}");
        let now = self.clock.now();
        let mut fact = Fact::new(stream, kind, now, permit.person().as_str(), &after)?.put(put);
        if before.administers() != after.administers() {
            fact = fact.put(self.mark_administrators(&after).await?);
        }
        self.commit(fact).await?;
        Ok(after)
    }

    /// The mark for a change that makes `changed` an administrator or no longer one. Somebody must remain.
    async fn mark_administrators(&self, changed: &Person) -> Result<Put, IdentityError> {
        let mark = self.store.get(MARKS, ADMINISTRATORS).await?;
        let people = self.people().await?;
        let others = people.iter().filter(|person| person.id != changed.id);
        let all = others.chain(std::iter::once(changed)).filter(|person| person.administers());
        let ids: BTreeSet<&PersonId> = all.map(|person| &person.id).collect();
        if ids.is_empty() {
            return Err(IdentityError::LastAdministrator);
        }
        let version = mark.map_or(0, |record| record.version);
        Ok(Put::new(MARKS, ADMINISTRATORS, &ids)?.version(version))
    }

    pub(crate) fn new_person(&self, names: Names, roles: BTreeSet<Role>) -> Person {
        let now = self.clock.now();
        Person {
            id: PersonId::new(now, self.chance.as_ref()),
            sign_in_name: names.sign_in,
            display_name: names.display,
            roles,
            active: true,
            created_at: now,
        }
    }

    /// The fact that makes a person, refused when the name is taken.
    pub(crate) fn person_created(
        &self,
        person: &Person,
        actor: &str,
    ) -> Result<Fact, IdentityError> {
        let name = Put::new(NAMES, &person.sign_in_name, &json!({ "person": person.id }))?.absent();
        let record = Put::new(PEOPLE, person.id.as_str(), person)?.absent();
        let stream = format!("person/{}", person.id);
        let fact = Fact::new(stream, "person_created", person.created_at, actor, person)?;
        Ok(fact.put(record).put(name))
    }

    /// Commits a fact that makes a person, and says which conflict it met.
    pub(crate) async fn commit_person(&self, fact: Fact) -> Result<(), IdentityError> {
        use sakimori_ledger::LedgerError::Conflict;
        self.commit(fact).await.map_err(|error| match &error {
            Conflict { shelf, .. } if shelf == NAMES => IdentityError::NameTaken,
            Conflict { shelf, .. } if shelf == MARKS => IdentityError::SetupUsed,
            _ => error.into(),
        })
    }

    pub(crate) fn check_roles(&self, roles: &BTreeSet<Role>) -> Result<(), IdentityError> {
        let fit = roles.iter().all(|role| role.exists_on(self.settings.side));
        if roles.is_empty() || !fit { Err(IdentityError::RoleUnfit) } else { Ok(()) }
    }

    pub(crate) fn check_permit(&self, permit: &Permit) -> Result<(), IdentityError> {
        let fits = permit.action() == Action::ManagePeople
            && permit.resource().organisation == self.settings.organisation;
        if fits { Ok(()) } else { Err(IdentityError::NotAllowed) }
    }
}
