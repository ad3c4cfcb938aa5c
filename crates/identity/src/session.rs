//! Sessions: random tokens kept hashed, with an idle and an absolute end.

use sakimori_ledger::Fact;
use sakimori_words::{Instant, PersonId, SECOND_MICROS, SessionId};
use serde::{Deserialize, Serialize};
use serde_json::json;

use crate::identity::{Found, json as to_json};
use crate::throttle::Buckets;
use crate::{Client, Identity, IdentityError, Person, Principal, access_stream, token};

const SHELF: &str = "identity.session";
/// How often the last request is noted, in seconds. Each note is a flush to disk, so not at every request.
const NOTE_SECONDS: i64 = 60;
/// How far the clock may be set back without ending sessions, in seconds.
const CLOCK_BACK_SECONDS: i64 = 300;

/// A session as its owner sees it in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionView {
    /// Id, for revoking.
    pub id: SessionId,
    /// Network address.
    pub source: String,
    /// Browser.
    pub agent: String,
    /// Since when.
    pub signed_in_at: Instant,
    /// Last request, to the minute.
    pub last_seen_at: Instant,
}

/// A session as the private shelf keeps it, under the digest of its token.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Session {
    id: SessionId,
    person: PersonId,
    source: String,
    agent: String,
    signed_in_at: Instant,
    last_seen_at: Instant,
    stepped_up_at: Instant,
}

impl Session {
    fn view(self) -> SessionView {
        SessionView {
            id: self.id,
            source: self.source,
            agent: self.agent,
            signed_in_at: self.signed_in_at,
            last_seen_at: self.last_seen_at,
        }
    }
}

impl Identity {
    /// Who the session token belongs to; `None` when it is unknown, idle too long, too old or revoked, or the account closed.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn session(&self, token: &str) -> Result<Option<Principal>, IdentityError> {
        let key = token::kept(token);
        let Some(found) = self.live_session(&key).await? else { return Ok(None) };
        let now = self.clock.now();
        let mut session = found.value;
        if now.micros_since(session.last_seen_at) >= NOTE_SECONDS * SECOND_MICROS {
            session.last_seen_at = now;
            let expires_at = Some(self.ends_at(&session));
            let noted = Some(to_json(&session)?);
            // When somebody else changed it in between, they either noted it too or ended it, and the next request will see.
            self.store.swap_private(SHELF, &key, Some(&found.body), noted, expires_at).await?;
        }
        self.principal(session).await
    }

    /// Takes a fresh code in a running session, for actions that ask for it.
    ///
    /// # Errors
    /// [`IdentityError::SignedOut`], [`IdentityError::Refused`] for a wrong code, [`IdentityError::Wait`].
    pub async fn step_up(
        &self,
        token: &str,
        code: &str,
        client: &Client,
    ) -> Result<Principal, IdentityError> {
        let key = token::kept(token);
        let found = self.live_session(&key).await?.ok_or(IdentityError::SignedOut)?;
        let mut session = found.value;
        let buckets = Buckets::of_session(session.id.as_str());
        self.count_attempt(&buckets).await?;
        self.use_code(&session.person, code).await?.ok_or(IdentityError::Refused)?;
        self.forget_attempts(&buckets).await?;
        let now = self.clock.now();
        session.stepped_up_at = now;
        session.last_seen_at = now;
        let expires_at = Some(self.ends_at(&session));
        let proven = Some(to_json(&session)?);
        let swapped =
            self.store.swap_private(SHELF, &key, Some(&found.body), proven, expires_at).await?;
        if !swapped {
            return Err(IdentityError::SignedOut);
        }
        let body = json!({ "session": session.id, "source": client.source });
        self.note(&session.person, "stepped_up", now, &body).await?;
        self.principal(session).await?.ok_or(IdentityError::SignedOut)
    }

    /// Ends the session.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sign_out(&self, token: &str) -> Result<(), IdentityError> {
        self.store.remove_private(SHELF, &token::kept(token)).await?;
        Ok(())
    }

    /// The running sessions of a person, newest first.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn sessions(&self, person: &PersonId) -> Result<Vec<SessionView>, IdentityError> {
        let mut sessions: Vec<SessionView> = self
            .sessions_of(person)
            .await?
            .into_iter()
            .map(|(_, session)| session.view())
            .collect();
        sessions.sort_by_key(|session| std::cmp::Reverse(session.signed_in_at));
        Ok(sessions)
    }

    /// Ends one of one's own sessions.
    ///
    /// # Errors
    /// [`IdentityError::Unknown`] when it is not one's own or has ended.
    pub async fn revoke(
        &self,
        principal: &Principal,
        session: &SessionId,
    ) -> Result<(), IdentityError> {
        let own = self.sessions_of(&principal.person).await?;
        let found = own.into_iter().find(|(_, candidate)| candidate.id == *session);
        let (key, _) = found.ok_or(IdentityError::Unknown)?;
        self.store.remove_private(SHELF, &key).await?;
        Ok(())
    }

    /// Begins a session and returns its token.
    pub(crate) async fn begin_session(
        &self,
        person: &Person,
        client: &Client,
    ) -> Result<(String, Principal), IdentityError> {
        let token = token::new_token(self.chance.as_ref());
        let now = self.clock.now();
        let session = Session {
            id: SessionId::new(now, self.chance.as_ref()),
            person: person.id.clone(),
            source: client.source.clone(),
            agent: client.agent.chars().take(200).collect(),
            signed_in_at: now,
            last_seen_at: now,
            stepped_up_at: now,
        };
        let expires_at = Some(self.ends_at(&session));
        let body = to_json(&session)?;
        self.store.put_private(SHELF, &token::kept(&token), body, expires_at).await?;
        let principal = self.principal(session).await?.ok_or(IdentityError::Refused)?;
        Ok((token, principal))
    }

    /// Ends all sessions of a person, but not `except`.
    pub(crate) async fn end_sessions_of(
        &self,
        person: &PersonId,
        except: Option<&SessionId>,
    ) -> Result<(), IdentityError> {
        for (key, session) in self.sessions_of(person).await? {
            if Some(&session.id) != except {
                self.store.remove_private(SHELF, &key).await?;
            }
        }
        Ok(())
    }

    /// Writes down what happened to an account, among the access records of the day.
    pub(crate) async fn note(
        &self,
        actor: &PersonId,
        kind: &str,
        now: Instant,
        body: &serde_json::Value,
    ) -> Result<(), IdentityError> {
        let fact = Fact::new(access_stream(now), kind, now, actor.as_str(), body)?;
        Ok(self.commit(fact).await?)
    }

    async fn live_session(&self, key: &str) -> Result<Option<Found<Session>>, IdentityError> {
        let found = self.private::<Session>(SHELF, key).await?;
        let now = self.clock.now();
        Ok(found.filter(|found| {
            // The end is also kept beside it; this guards against a clock that was set back.
            let age_micros = now.micros_since(found.value.signed_in_at);
            age_micros >= -CLOCK_BACK_SECONDS * SECOND_MICROS && now < self.ends_at(&found.value)
        }))
    }

    async fn sessions_of(
        &self,
        person: &PersonId,
    ) -> Result<Vec<(String, Session)>, IdentityError> {
        let now = self.clock.now();
        let mut sessions = Vec::new();
        for record in self.store.list_private(SHELF).await? {
            let session: Session = record.read()?;
            if session.person == *person && !record.expired(now) {
                sessions.push((record.key, session));
            }
        }
        Ok(sessions)
    }

    fn ends_at(&self, session: &Session) -> Instant {
        let idle = session.last_seen_at.plus_seconds(self.settings.idle_minutes.saturating_mul(60));
        let absolute =
            session.signed_in_at.plus_seconds(self.settings.absolute_hours.saturating_mul(3600));
        idle.min(absolute)
    }

    async fn principal(&self, session: Session) -> Result<Option<Principal>, IdentityError> {
        let person = self.person(&session.person).await?.filter(|person| person.active);
        Ok(person.map(|person| Principal {
            person: person.id,
            name: person.display_name,
            // A person of the portal works on their own institution's records: everything this organisation holds is denied.
            organisation: person.member_of.unwrap_or_else(|| self.settings.organisation.clone()),
            roles: person.roles,
            session: session.id,
            source: session.source,
            signed_in_at: session.signed_in_at,
            stepped_up_at: session.stepped_up_at,
        }))
    }
}
