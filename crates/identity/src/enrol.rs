//! How an account begins: the setup link, invitations, the authenticator app and the paper codes.
//!
//! Two forms: the first takes names and password and shows the QR code, the second takes the first code of the app. Only
//! the second makes the account, uses up the link and prints the paper codes, so that a browser closed half way leaves nothing.

use std::collections::BTreeSet;

use sakimori_ledger::{Fact, Put};
use sakimori_words::{Instant, OrganisationId, PersonId};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::identity::{Found, json as to_json};
use crate::people::{MARKS, NAMES, Names, SETUP_DONE};
use crate::totp::Authenticator;
use crate::{
    Client, Identity, IdentityError, Permit, Person, Principal, Role, Side, SignedIn, password,
    people, token,
};

/// Shelf of links: the setup link and invitations.
const LINKS: &str = "identity.link";
/// Where the digest of the current setup link stands, so that a new one replaces it.
const SETUP_LINK: &str = "setup";
/// Shelf of accounts between the first and the second form.
const TICKETS: &str = "identity.ticket";
/// How long the setup link works, in hours.
const SETUP_HOURS: i64 = 24;
/// How long an invitation works, in hours: a long weekend.
const INVITATION_HOURS: i64 = 72;
/// How long an invitation to the portal works, in hours: a letter and two weeks on a desk.
pub const MEMBER_INVITATION_HOURS: i64 = 21 * 24;
/// How long there is between the two forms, in hours.
const TICKET_HOURS: i64 = 1;

/// What the first form asks.
#[derive(Clone, Debug)]
pub struct NewAccount {
    /// The name typed to sign in: letters, digits, `.`, `-`, `_`, `@`; 2 to 64 characters.
    pub sign_in_name: String,
    /// The name colleagues know.
    pub display_name: String,
    /// Password.
    pub password: String,
}

/// An account (or a new authenticator) that waits for its first code.
#[derive(Clone, Debug)]
pub struct Enrolment {
    /// Goes back with the code; a hidden form field.
    pub ticket: String,
    /// For the QR code: `otpauth://totp/Sakimori:…`.
    pub otpauth_uri: String,
    /// The same secret for typing, in groups of four.
    pub secret: String,
    /// Until when the code must be given.
    pub expires_at: Instant,
}

/// A finished account.
#[derive(Clone, Debug)]
pub struct Enrolled {
    /// The person.
    pub person: Person,
    /// Paper codes for the night the telephone is lost. Shown now and never again; each works once.
    pub recovery_codes: Vec<String>,
    /// The person is signed in.
    pub signed_in: SignedIn,
}

/// Whom to invite.
#[derive(Clone, Debug)]
pub struct NewInvitation {
    /// The name colleagues know.
    pub display_name: String,
    /// Roles they will have.
    pub roles: BTreeSet<Role>,
}

/// Whom to invite to the portal.
#[derive(Clone, Debug)]
pub struct NewMember {
    /// The name colleagues know.
    pub display_name: String,
    /// The institution in the register whose person it is.
    pub institution: OrganisationId,
}

/// A one-time link to hand over.
#[derive(Clone, Debug)]
pub struct Invitation {
    /// The secret part of the link. Shown now and never again.
    pub token: String,
    /// Whom it is for.
    pub display_name: String,
    /// Until when it works.
    pub expires_at: Instant,
}

/// Whom a link is for.
#[derive(Clone, Debug)]
pub struct InvitationView {
    /// The name colleagues know.
    pub display_name: String,
    /// Roles they will have.
    pub roles: BTreeSet<Role>,
    /// The sign-in name, when the link restores an account.
    pub sign_in_name: Option<String>,
}

/// What a link opens, under the digest of its token.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Link {
    /// The first account.
    Setup,
    /// A further account.
    Invitation { display_name: String, roles: BTreeSet<Role>, invited_by: String },
    /// A further account in the portal.
    Member { display_name: String, institution: OrganisationId, invited_by: String },
    /// New password and authenticator for an account.
    Restore { person: PersonId },
}

/// What waits for the first code, under the digest of its ticket.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Ticket {
    purpose: Purpose,
    authenticator: Authenticator,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
enum Purpose {
    /// An account that begins with the link kept under `link`.
    Account { link: String, setup: bool, names: Names, verifier: String },
    /// An account that is restored by the link kept under `link`.
    Restore { link: String, person: PersonId, verifier: String },
    /// A new authenticator for oneself.
    Replace { person: PersonId },
}

impl Identity {
    /// A new one-time setup token, replacing one that was not used; `None` once the first account exists.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn setup_token(&self) -> Result<Option<String>, IdentityError> {
        if self.set_up().await? {
            return Ok(None);
        }
        if let Some(earlier) = self.private::<String>(LINKS, SETUP_LINK).await? {
            self.store.remove_private(LINKS, &earlier.value).await?;
        }
        let token = token::new_token(self.chance.as_ref());
        let expires_at = self.keep_link(&token, &Link::Setup, SETUP_HOURS).await?;
        let kept = Value::from(token::kept(&token));
        self.store.put_private(LINKS, SETUP_LINK, kept, Some(expires_at)).await?;
        Ok(Some(token))
    }

    /// Takes the first form of the setup. The token stays good until [`Identity::confirm_enrolment`] uses it up.
    ///
    /// # Errors
    /// [`IdentityError::SetupUsed`], [`IdentityError::LinkInvalid`], or names or password are refused.
    pub async fn redeem_setup(
        &self,
        token: &str,
        account: NewAccount,
    ) -> Result<Enrolment, IdentityError> {
        if self.set_up().await? {
            return Err(IdentityError::SetupUsed);
        }
        match self.link(&token::kept(token)).await?.value {
            Link::Setup => self.begin_account(token, true, &account).await,
            Link::Invitation { .. } | Link::Member { .. } | Link::Restore { .. } => {
                Err(IdentityError::LinkInvalid)
            }
        }
    }

    /// Invites a person. Takes a permit for [`crate::Action::ManagePeople`].
    ///
    /// # Errors
    /// When name or roles are refused.
    pub async fn invite(
        &self,
        permit: &Permit,
        invitation: NewInvitation,
    ) -> Result<Invitation, IdentityError> {
        self.check_permit(permit)?;
        self.check_roles(&invitation.roles)?;
        let NewInvitation { display_name, roles } = invitation;
        let display_name = Names::read("nobody", &display_name)?.display;
        let invited_by = permit.person().to_string();
        let now = self.clock.now();
        let body = json!({ "display_name": display_name, "roles": roles });
        let fact = Fact::new("people", "person_invited", now, invited_by.as_str(), &body)?;
        let link = Link::Invitation { display_name: display_name.clone(), roles, invited_by };
        self.commit(fact).await?;
        self.hand_out(&link, display_name).await
    }

    /// Invites a person of an institution in the register to the portal. Takes a permit for [`crate::Action::InviteMember`].
    ///
    /// The link goes by post, so it works for [`MEMBER_INVITATION_HOURS`].
    ///
    /// # Errors
    /// When the name is refused.
    pub async fn invite_member(
        &self,
        permit: &Permit,
        member: NewMember,
    ) -> Result<Invitation, IdentityError> {
        self.check_member_permit(permit)?;
        let NewMember { display_name, institution } = member;
        let display_name = Names::read("nobody", &display_name)?.display;
        let invited_by = permit.person().to_string();
        let body = json!({ "display_name": display_name, "institution": institution });
        let now = self.clock.now();
        let fact = Fact::new("people", "member_invited", now, invited_by.as_str(), &body)?;
        self.commit(fact).await?;
        let link = Link::Member { display_name: display_name.clone(), institution, invited_by };
        let token = token::new_token(self.chance.as_ref());
        let expires_at = self.keep_link(&token, &link, MEMBER_INVITATION_HOURS).await?;
        Ok(Invitation { token, display_name, expires_at })
    }

    /// A link with which a person who lost password or telephone sets both anew; their sessions end then. Takes a permit for
    /// [`crate::Action::ManagePeople`].
    ///
    /// # Errors
    /// [`IdentityError::Unknown`] when there is no such person.
    pub async fn restore_access(
        &self,
        permit: &Permit,
        person: &PersonId,
    ) -> Result<Invitation, IdentityError> {
        self.check_permit(permit)?;
        let person = self.person(person).await?.ok_or(IdentityError::Unknown)?;
        self.restore(&person, permit.person().as_str()).await
    }

    /// The same from the console of the machine, for the night the only administrator lost the telephone. Recorded as
    /// `console`.
    ///
    /// # Errors
    /// [`IdentityError::Unknown`] when there is no such person.
    pub async fn restore_access_from_console(
        &self,
        sign_in_name: &str,
    ) -> Result<Invitation, IdentityError> {
        let name = people::sign_in_name(sign_in_name).ok_or(IdentityError::Unknown)?;
        let person = self.person_named(&name).await?.ok_or(IdentityError::Unknown)?;
        self.restore(&person, "console").await
    }

    /// Whom the link invites, to greet them; for a restoring link also the sign-in name that stays.
    ///
    /// # Errors
    /// [`IdentityError::LinkInvalid`].
    pub async fn invitation(&self, token: &str) -> Result<InvitationView, IdentityError> {
        match self.link(&token::kept(token)).await?.value {
            Link::Setup => Err(IdentityError::LinkInvalid),
            Link::Invitation { display_name, roles, .. } => {
                Ok(InvitationView { display_name, roles, sign_in_name: None })
            }
            Link::Member { display_name, .. } => {
                let roles = BTreeSet::from([Role::Member]);
                Ok(InvitationView { display_name, roles, sign_in_name: None })
            }
            Link::Restore { person } => {
                let person = self.person(&person).await?.ok_or(IdentityError::LinkInvalid)?;
                let Person { display_name, roles, sign_in_name, .. } = person;
                Ok(InvitationView { display_name, roles, sign_in_name: Some(sign_in_name) })
            }
        }
    }

    /// Takes the first form of an invited person. For a restoring link only the password counts.
    ///
    /// # Errors
    /// [`IdentityError::LinkInvalid`], or names or password are refused.
    pub async fn accept_invitation(
        &self,
        token: &str,
        account: NewAccount,
    ) -> Result<Enrolment, IdentityError> {
        let link = token::kept(token);
        match self.link(&link).await?.value {
            Link::Setup => Err(IdentityError::LinkInvalid),
            Link::Invitation { .. } | Link::Member { .. } => {
                self.begin_account(token, false, &account).await
            }
            Link::Restore { person } => {
                let person = self.person(&person).await?.ok_or(IdentityError::LinkInvalid)?;
                let Person { id, sign_in_name, display_name, .. } = person;
                password::check(&account.password, &[&sign_in_name, &display_name])?;
                let verifier = self.hasher.hash(&account.password, self.chance.as_ref()).await?;
                let purpose = Purpose::Restore { link, person: id, verifier };
                self.begin_ticket(purpose, &sign_in_name).await
            }
        }
    }

    /// Finishes setup or invitation with the first code of the authenticator.
    ///
    /// # Errors
    /// [`IdentityError::CodeWrong`]: try again with the same ticket. [`IdentityError::LinkInvalid`],
    /// [`IdentityError::SetupUsed`], [`IdentityError::NameTaken`]: somebody else was faster.
    pub async fn confirm_enrolment(
        &self,
        ticket: &str,
        code: &str,
        client: &Client,
    ) -> Result<Enrolled, IdentityError> {
        let key = token::kept(ticket);
        let found = self.ticket(&key).await?;
        let Ticket { purpose, authenticator } = found.value;
        let now = self.clock.now();
        let authenticator = authenticator.after(code, now).ok_or(IdentityError::CodeWrong)?;
        let (person, recovery_codes) = match purpose {
            Purpose::Account { setup: true, .. } if self.set_up().await? => {
                return Err(IdentityError::SetupUsed);
            }
            Purpose::Account { link, names, verifier, .. } => {
                self.take_ticket(&key, &found.body).await?;
                self.make_account(&link, names, &verifier, &authenticator).await?
            }
            Purpose::Restore { link, person, verifier } => {
                self.take_ticket(&key, &found.body).await?;
                self.restore_account(&link, &person, &verifier, &authenticator).await?
            }
            Purpose::Replace { .. } => return Err(IdentityError::LinkInvalid),
        };
        let signed_in = self.signed_in(&person, client, "enrolment").await?;
        Ok(Enrolled { person, recovery_codes, signed_in })
    }

    /// Begins a new authenticator for oneself. Asks for a fresh code of the old one.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`] when no code was given in the last minutes.
    pub async fn begin_totp(&self, principal: &Principal) -> Result<Enrolment, IdentityError> {
        self.check_stepped_up(principal)?;
        let person = self.person(&principal.person).await?.ok_or(IdentityError::SignedOut)?;
        self.begin_ticket(Purpose::Replace { person: person.id }, &person.sign_in_name).await
    }

    /// Finishes it; the old one stops working.
    ///
    /// # Errors
    /// [`IdentityError::CodeWrong`]: try again with the same ticket. [`IdentityError::LinkInvalid`].
    pub async fn confirm_totp(
        &self,
        principal: &Principal,
        ticket: &str,
        code: &str,
    ) -> Result<(), IdentityError> {
        let key = token::kept(ticket);
        let found = self.ticket(&key).await?;
        let Ticket { purpose, authenticator } = found.value;
        let own = matches!(&purpose, Purpose::Replace { person } if *person == principal.person);
        if !own {
            return Err(IdentityError::LinkInvalid);
        }
        let now = self.clock.now();
        let authenticator = authenticator.after(code, now).ok_or(IdentityError::CodeWrong)?;
        self.take_ticket(&key, &found.body).await?;
        self.keep_authenticator(&principal.person, &authenticator).await?;
        self.note_own(principal, "authenticator_replaced").await
    }

    async fn begin_account(
        &self,
        token: &str,
        setup: bool,
        account: &NewAccount,
    ) -> Result<Enrolment, IdentityError> {
        let names = Names::read(&account.sign_in_name, &account.display_name)?;
        if self.store.get(NAMES, &names.sign_in).await?.is_some() {
            return Err(IdentityError::NameTaken);
        }
        password::check(&account.password, &[&names.sign_in, &names.display])?;
        let verifier = self.hasher.hash(&account.password, self.chance.as_ref()).await?;
        let sign_in_name = names.sign_in.clone();
        let purpose = Purpose::Account { link: token::kept(token), setup, names, verifier };
        self.begin_ticket(purpose, &sign_in_name).await
    }

    async fn begin_ticket(
        &self,
        purpose: Purpose,
        sign_in_name: &str,
    ) -> Result<Enrolment, IdentityError> {
        let authenticator = Authenticator::new(self.chance.as_ref());
        let otpauth_uri = authenticator.uri(sign_in_name);
        let secret = authenticator.typed_secret();
        let ticket = token::new_token(self.chance.as_ref());
        let expires_at = self.clock.now().plus_seconds(TICKET_HOURS * 3600);
        let body = to_json(&Ticket { purpose, authenticator })?;
        self.store.put_private(TICKETS, &token::kept(&ticket), body, Some(expires_at)).await?;
        Ok(Enrolment { ticket, otpauth_uri, secret, expires_at })
    }

    /// Makes the account. Secrets first, the fact second: a person in the journal always has what proves them.
    async fn make_account(
        &self,
        link: &str,
        names: Names,
        verifier: &str,
        authenticator: &Authenticator,
    ) -> Result<(Person, Vec<String>), IdentityError> {
        let opened = self.take_link(link).await?;
        let (roles, actor, member_of) = match &opened.value {
            Link::Setup => (self.first_roles(), "setup", None),
            Link::Invitation { roles, invited_by, .. } => {
                (roles.clone(), invited_by.as_str(), None)
            }
            Link::Member { institution, invited_by, .. } => {
                (BTreeSet::from([Role::Member]), invited_by.as_str(), Some(institution.clone()))
            }
            Link::Restore { .. } => return Err(IdentityError::LinkInvalid),
        };
        let person = Person { member_of, ..self.new_person(names, roles) };
        let mut fact = self.person_created(&person, actor)?;
        if matches!(opened.value, Link::Setup) {
            let mark = Put::new(MARKS, SETUP_DONE, &json!({ "person": person.id }))?;
            fact = fact.put(mark.absent());
        }
        self.keep_verifier(&person.id, verifier).await?;
        self.keep_authenticator(&person.id, authenticator).await?;
        let recovery_codes = self.replace_recovery_codes(&person.id).await?;
        if let Err(error) = self.commit_person(fact).await {
            self.forget_credentials(&person.id).await?;
            self.give_link_back(link, opened).await?;
            return Err(error);
        }
        Ok((person, recovery_codes))
    }

    async fn restore_account(
        &self,
        link: &str,
        person: &PersonId,
        verifier: &str,
        authenticator: &Authenticator,
    ) -> Result<(Person, Vec<String>), IdentityError> {
        self.take_link(link).await?;
        let person = self.person(person).await?.ok_or(IdentityError::LinkInvalid)?;
        self.end_sessions_of(&person.id, None).await?;
        self.keep_verifier(&person.id, verifier).await?;
        self.keep_authenticator(&person.id, authenticator).await?;
        let recovery_codes = self.replace_recovery_codes(&person.id).await?;
        let body = json!({ "person": person.id });
        self.note(&person.id, "access_restored", self.clock.now(), &body).await?;
        Ok((person, recovery_codes))
    }

    async fn restore(&self, person: &Person, actor: &str) -> Result<Invitation, IdentityError> {
        let now = self.clock.now();
        let stream = format!("person/{}", person.id);
        let body = json!({ "person": person.id });
        let fact = Fact::new(stream, "access_restoring_link_made", now, actor, &body)?;
        self.commit(fact).await?;
        let link = Link::Restore { person: person.id.clone() };
        self.hand_out(&link, person.display_name.clone()).await
    }

    async fn hand_out(
        &self,
        link: &Link,
        display_name: String,
    ) -> Result<Invitation, IdentityError> {
        let token = token::new_token(self.chance.as_ref());
        let expires_at = self.keep_link(&token, link, INVITATION_HOURS).await?;
        Ok(Invitation { token, display_name, expires_at })
    }

    async fn keep_link(
        &self,
        token: &str,
        link: &Link,
        hours: i64,
    ) -> Result<Instant, IdentityError> {
        let expires_at = self.clock.now().plus_seconds(hours * 3600);
        let body = to_json(link)?;
        self.store.put_private(LINKS, &token::kept(token), body, Some(expires_at)).await?;
        Ok(expires_at)
    }

    async fn link(&self, key: &str) -> Result<Found<Link>, IdentityError> {
        self.private(LINKS, key).await?.ok_or(IdentityError::LinkInvalid)
    }

    /// Uses up a link; of two at the same moment one wins.
    async fn take_link(&self, key: &str) -> Result<Found<Link>, IdentityError> {
        if let Ok(link) = self.link(key).await {
            let taken = self.store.swap_private(LINKS, key, Some(&link.body), None, None).await?;
            if taken {
                return Ok(link);
            }
        }
        Err(IdentityError::LinkInvalid)
    }

    async fn give_link_back(&self, key: &str, link: Found<Link>) -> Result<(), IdentityError> {
        let expires_at = self.clock.now().plus_seconds(TICKET_HOURS * 3600);
        Ok(self.store.put_private(LINKS, key, link.body, Some(expires_at)).await?)
    }

    async fn ticket(&self, key: &str) -> Result<Found<Ticket>, IdentityError> {
        self.private(TICKETS, key).await?.ok_or(IdentityError::LinkInvalid)
    }

    async fn take_ticket(&self, key: &str, body: &Value) -> Result<(), IdentityError> {
        let taken = self.store.swap_private(TICKETS, key, Some(body), None, None).await?;
        if taken { Ok(()) } else { Err(IdentityError::LinkInvalid) }
    }

    async fn set_up(&self) -> Result<bool, IdentityError> {
        Ok(self.store.get(MARKS, SETUP_DONE).await?.is_some())
    }

    /// Roles of the first person: in a small place one person does it all at first.
    fn first_roles(&self) -> BTreeSet<Role> {
        let working = match self.settings.side {
            Side::Node => Role::SafetyOfficer,
            Side::Hub => Role::Officer,
        };
        BTreeSet::from([Role::Administrator, working])
    }
}
