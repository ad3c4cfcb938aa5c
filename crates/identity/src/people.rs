//! The people of the organisation.

use std::collections::BTreeSet;

use sakimori_ledger::{Fact, Put, Record};
use sakimori_words::{Instant, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::{Action, Identity, IdentityError, Permit, Role, password, token};

/// Shelf of persons by id.
pub(crate) const PEOPLE: &str = "person";
/// Shelf of persons of the portal by id: there may be many more of them than of the organisation's own.
const MEMBERS: &str = "member";
/// Shelf of the same persons by institution and id.
const MEMBERS_OF: &str = "member_of";
/// Most persons an institution has in the portal.
const MEMBERS_MAX: usize = 100;
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
    /// The institution in the register whose person it is (portal); `None` for the organisation's own people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub member_of: Option<OrganisationId>,
}

impl Person {
    fn administers(&self) -> bool {
        self.active && self.member_of.is_none() && self.roles.contains(&Role::Administrator)
    }

    const fn shelf(&self) -> &'static str {
        match self.member_of {
            Some(_) => MEMBERS,
            None => PEOPLE,
        }
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
    /// Everybody of the organisation with an account, by time of making; nobody of the portal.
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
        let record = self.person_record(id).await?;
        Ok(record.map(|record| record.read()).transpose()?)
    }

    /// The persons of the portal who belong to that institution, by time of making.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn members_of(
        &self,
        institution: &OrganisationId,
    ) -> Result<Vec<Person>, IdentityError> {
        let mut members = vec![];
        let prefix = format!("{institution}/");
        for mark in self.store.list_prefix(MEMBERS_OF, &prefix, MEMBERS_MAX).await? {
            let id: PersonId = mark.read()?;
            members.extend(self.person(&id).await?);
        }
        Ok(members)
    }

    async fn person_record(&self, id: &PersonId) -> Result<Option<Record>, IdentityError> {
        Ok(match self.store.get(PEOPLE, id.as_str()).await? {
            Some(record) => Some(record),
            None => self.store.get(MEMBERS, id.as_str()).await?,
        })
    }

    /// Makes a person without an invitation: for the demonstration and tests. They have no authenticator, so they cannot sign
    /// in with the password alone.
    ///
    /// # Errors
    /// When names, roles or password are refused, or the store fails.
    pub async fn create_person(&self, new: NewPerson) -> Result<Person, IdentityError> {
        self.check_roles(&new.roles)?;
        self.create(new, None).await
    }

    /// The same for a person of the portal, who has no other role than [`Role::Member`].
    ///
    /// # Errors
    /// When names or password are refused, or the store fails.
    pub async fn create_member(
        &self,
        new: NewPerson,
        institution: OrganisationId,
    ) -> Result<Person, IdentityError> {
        let new = NewPerson { roles: BTreeSet::from([Role::Member]), ..new };
        self.create(new, Some(institution)).await
    }

    async fn create(
        &self,
        new: NewPerson,
        member_of: Option<OrganisationId>,
    ) -> Result<Person, IdentityError> {
        let names = Names::read(&new.sign_in_name, &new.display_name)?;
        password::check(&new.password, &[&names.sign_in, &names.display])?;
        let verifier = self.hasher.hash(&new.password, self.chance.as_ref()).await?;
        let person = Person { member_of, ..self.new_person(names, new.roles) };
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

    /// Makes an account work or not; switched off, its sessions end. Takes a permit for [`Action::ManagePeople`], or for
    /// [`Action::InviteMember`] when it is a person of the portal.
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
        let record = self.person_record(id).await?.ok_or(IdentityError::Unknown)?;
        let before: Person = record.read()?;
        match before.member_of {
            Some(_) => self.check_member_permit(permit)?,
            None => self.check_permit(permit)?,
        }
        let mut after = before.clone();
        change(&mut after);
        if before.member_of.is_some() && before.roles != after.roles {
            return Err(IdentityError::RoleUnfit);
        }
        let put = Put::new(after.shelf(), id.as_str(), &after)?.version(record.version);
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
            member_of: None,
        }
    }

    /// The fact that makes a person, refused when the name is taken.
    pub(crate) fn person_created(
        &self,
        person: &Person,
        actor: &str,
    ) -> Result<Fact, IdentityError> {
        let name = Put::new(NAMES, &person.sign_in_name, &json!({ "person": person.id }))?.absent();
        let record = Put::new(person.shelf(), person.id.as_str(), person)?.absent();
        let stream = format!("person/{}", person.id);
        let mut fact = Fact::new(stream, "person_created", person.created_at, actor, person)?;
        if let Some(institution) = &person.member_of {
            let key = format!("{institution}/{}", person.id);
            fact = fact.put(Put::new(MEMBERS_OF, key, &person.id)?);
        }
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

    pub(crate) fn check_member_permit(&self, permit: &Permit) -> Result<(), IdentityError> {
        let fits = permit.action() == Action::InviteMember
            && permit.resource().organisation == self.settings.organisation;
        if fits { Ok(()) } else { self.check_permit(permit) }
    }
}
