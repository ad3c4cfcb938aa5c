//! Signing in: name, password and a code that works once.

use sakimori_words::PersonId;
use serde_json::json;

use crate::identity::json as to_json;
use crate::people::{self, NAMES};
use crate::throttle::Buckets;
use crate::{Identity, IdentityError, Person, Principal, token};

/// Shelf of browsers on which somebody has signed in.
const DEVICES: &str = "identity.device";
/// How long a browser is remembered, in days.
const DEVICE_DAYS: i64 = 180;

/// What the sign-in form asks.
#[derive(Clone, Debug)]
pub struct Credentials {
    /// Sign-in name.
    pub name: String,
    /// Password.
    pub password: String,
    /// Six digits of the authenticator app, or a recovery code.
    pub code: String,
}

/// Where a request comes from.
#[derive(Clone, Debug, Default)]
pub struct Client {
    /// Network address, without the port.
    pub source: String,
    /// The device token a successful sign-in left in this browser ([`SignedIn::device`]), if it has one.
    pub device: Option<String>,
    /// The browser in its own words, for the list of sessions.
    pub agent: String,
}

/// A fresh session.
#[derive(Clone, Debug)]
pub struct SignedIn {
    /// The session token for the cookie. Kept here only hashed.
    pub token: String,
    /// A long-lived token for a second cookie. It opens nothing; it only keeps somebody else's wrong guesses from slowing
    /// this browser.
    pub device: String,
    /// Who signed in.
    pub principal: Principal,
    /// How many recovery codes are left, when one was used just now.
    pub recovery_codes_left: Option<usize>,
}

/// Which kind of code was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum UsedCode {
    Totp,
    Recovery,
}

/// What was wrong, for the access record only; the person is not told.
#[derive(Clone, Copy, Debug)]
enum Fault {
    Name,
    Password,
    Code,
}

impl Identity {
    /// Signs a person in.
    ///
    /// Unknown name, wrong password, wrong or used code and closed account look the same and cost the same time.
    ///
    /// # Errors
    /// [`IdentityError::Refused`], [`IdentityError::Wait`], or the store failed, the access record included.
    pub async fn sign_in(
        &self,
        credentials: Credentials,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        // A name that cannot exist is counted too, but not under what was typed: it may be a password.
        let name = people::sign_in_name(&credentials.name);
        let person = match &name {
            Some(name) => self.person_named(name).await?,
            None => None,
        };
        let buckets = self.buckets(name.as_deref(), person.as_ref(), client).await?;
        self.count_attempt(&buckets).await?;
        match self.prove(person.as_ref(), &credentials).await? {
            Ok((person, used)) => {
                self.forget_attempts(&buckets).await?;
                self.admit(person, used, client).await
            }
            Err(fault) => {
                self.note_refusal(person.as_ref(), fault, client).await?;
                Err(IdentityError::Refused)
            }
        }
    }

    /// Signs a person in without credentials; only where [`crate::IdentitySettings::demonstration`] says so.
    ///
    /// # Errors
    /// [`IdentityError::NotADemonstration`], [`IdentityError::Unknown`].
    pub async fn sign_in_for_demonstration(
        &self,
        person: &PersonId,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        if !self.settings.demonstration {
            return Err(IdentityError::NotADemonstration);
        }
        let person = self.person(person).await?.ok_or(IdentityError::Unknown)?;
        self.signed_in(&person, client, "demonstration").await
    }

    /// A session for a person who has just proven themselves.
    pub(crate) async fn signed_in(
        &self,
        person: &Person,
        client: &Client,
        method: &str,
    ) -> Result<SignedIn, IdentityError> {
        let (token, principal) = self.begin_session(person, client).await?;
        let device = self.remember_device(&person.id).await?;
        let now = self.clock.now();
        let body =
            json!({ "session": principal.session, "source": client.source, "method": method });
        self.note(&person.id, "signed_in", now, &body).await?;
        Ok(SignedIn { token, device, principal, recovery_codes_left: None })
    }

    async fn admit(
        &self,
        person: &Person,
        used: UsedCode,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        match used {
            UsedCode::Totp => self.signed_in(person, client, "totp").await,
            UsedCode::Recovery => {
                let mut signed_in = self.signed_in(person, client, "recovery_code").await?;
                signed_in.recovery_codes_left = Some(self.recovery_codes_left(&person.id).await?);
                Ok(signed_in)
            }
        }
    }

    /// Judges the credentials. The password is always judged; the code only after it, so that a wrong password uses up none.
    async fn prove<'a>(
        &self,
        person: Option<&'a Person>,
        credentials: &Credentials,
    ) -> Result<Result<(&'a Person, UsedCode), Fault>, IdentityError> {
        let verifier = match person {
            Some(person) => self.verifier(&person.id).await?,
            None => None,
        };
        let verified = self.hasher.verify(&credentials.password, verifier.as_deref()).await?;
        let Some(person) = person.filter(|person| person.active) else {
            return Ok(Err(Fault::Name));
        };
        if !verified.right {
            return Ok(Err(Fault::Password));
        }
        let Some(used) = self.use_code(&person.id, &credentials.code).await? else {
            return Ok(Err(Fault::Code));
        };
        if verified.outdated {
            let anew = self.hasher.hash(&credentials.password, self.chance.as_ref()).await?;
            self.keep_verifier(&person.id, &anew).await?;
        }
        Ok(Ok((person, used)))
    }

    pub(crate) async fn person_named(&self, name: &str) -> Result<Option<Person>, IdentityError> {
        let Some(record) = self.store.get(NAMES, name).await? else { return Ok(None) };
        let id = record.body.get("person").and_then(serde_json::Value::as_str);
        match id {
            Some(id) => self.person(&PersonId::from(id)).await,
            None => Ok(None),
        }
    }

    async fn buckets(
        &self,
        name: Option<&str>,
        person: Option<&Person>,
        client: &Client,
    ) -> Result<Buckets, IdentityError> {
        if let (Some(person), Some(device)) = (person, &client.device) {
            let kept = token::kept(device);
            let owner = self.private::<PersonId>(DEVICES, &kept).await?;
            if owner.is_some_and(|owner| owner.value == person.id) {
                return Ok(Buckets::of_device(&kept));
            }
        }
        Ok(Buckets::of_stranger(name.unwrap_or("?"), &client.source))
    }

    async fn remember_device(&self, person: &PersonId) -> Result<String, IdentityError> {
        let device = token::new_token(self.chance.as_ref());
        let expires_at = Some(self.clock.now().plus_days(DEVICE_DAYS));
        let body = to_json(person)?;
        self.store.put_private(DEVICES, &token::kept(&device), body, expires_at).await?;
        Ok(device)
    }

    async fn note_refusal(
        &self,
        person: Option<&Person>,
        fault: Fault,
        client: &Client,
    ) -> Result<(), IdentityError> {
        let fault = match fault {
            Fault::Name => "name",
            Fault::Password => "password",
            Fault::Code => "code",
        };
        let nobody = PersonId::from("nobody");
        let actor = person.map_or(&nobody, |person| &person.id);
        let body = json!({ "source": client.source, "fault": fault });
        self.note(actor, "sign_in_refused", self.clock.now(), &body).await
    }
}

/// Reads `bytes` as what somebody types into the sign-in form; any bytes are refused or understood, never a panic.
pub fn fuzz_credentials(bytes: &[u8]) {
    let typed = String::from_utf8_lossy(bytes);
    drop(people::sign_in_name(&typed));
    drop(people::Names::read(&typed, &typed));
    drop(token::read_recovery_code(&typed));
    let _ = crate::password::check(&typed, &[&typed]);
    let authenticator = crate::totp::Authenticator::new(&Steady);
    drop(authenticator.after(&typed, sakimori_words::Instant::from_micros(0)));
}

/// Chance that is none, so that a finding of the fuzzer can be repeated.
struct Steady;

impl sakimori_words::Chance for Steady {
    fn fill(&self, buffer: &mut [u8]) {
        buffer.fill(7);
    }
}
