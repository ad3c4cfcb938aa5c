//! What proves a person, on the private shelf: verifier, authenticator, paper codes.

use sakimori_words::PersonId;
use serde_json::{Value, json};

use crate::identity::json as to_json;
use crate::sign_in::UsedCode;
use crate::throttle::Buckets;
use crate::totp::Authenticator;
use crate::{Identity, IdentityError, Principal, password, policy, token};

const VERIFIERS: &str = "identity.verifier";
const AUTHENTICATORS: &str = "identity.totp";
const RECOVERY_CODES: &str = "identity.recovery";
/// Paper codes printed at once.
const N_RECOVERY_CODES: usize = 8;

impl Identity {
    /// Changes one's own password; other sessions end.
    ///
    /// # Errors
    /// [`IdentityError::Refused`] when the current password is wrong, [`IdentityError::WeakPassword`], [`IdentityError::Wait`].
    pub async fn change_password(
        &self,
        principal: &Principal,
        current: &str,
        new: &str,
    ) -> Result<(), IdentityError> {
        let id = &principal.person;
        let person = self.person(id).await?.ok_or(IdentityError::SignedOut)?;
        let buckets = Buckets::of_session(principal.session.as_str());
        self.count_attempt(&buckets).await?;
        let verifier = self.verifier(id).await?;
        if !self.hasher.verify(current, verifier.as_deref()).await?.right {
            return Err(IdentityError::Refused);
        }
        self.forget_attempts(&buckets).await?;
        password::check(new, &[&person.sign_in_name, &person.display_name])?;
        let verifier = self.hasher.hash(new, self.chance.as_ref()).await?;
        self.keep_verifier(id, &verifier).await?;
        self.end_sessions_of(id, Some(&principal.session)).await?;
        self.note_own(principal, "password_changed").await
    }

    /// New paper codes for oneself; the old ones stop working. Asks for a fresh code.
    ///
    /// # Errors
    /// [`IdentityError::StepUp`] when no code was given in the last minutes.
    pub async fn new_recovery_codes(
        &self,
        principal: &Principal,
    ) -> Result<Vec<String>, IdentityError> {
        self.check_stepped_up(principal)?;
        let codes = self.replace_recovery_codes(&principal.person).await?;
        self.note_own(principal, "recovery_codes_replaced").await?;
        Ok(codes)
    }

    /// How many paper codes a person has left.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn recovery_codes_left(&self, person: &PersonId) -> Result<usize, IdentityError> {
        Ok(self.recovery_keys(person).await?.len())
    }

    /// Uses up a code of the authenticator or off the paper; `None` when it is neither or was used already.
    pub(crate) async fn use_code(
        &self,
        person: &PersonId,
        typed: &str,
    ) -> Result<Option<UsedCode>, IdentityError> {
        if let Some(code) = token::read_recovery_code(typed) {
            let key = recovery_key(person, &code);
            let used =
                self.store.swap_private(RECOVERY_CODES, &key, Some(&json!(true)), None, None);
            return Ok(used.await?.then_some(UsedCode::Recovery));
        }
        let found = self.private::<Authenticator>(AUTHENTICATORS, person.as_str()).await?;
        let Some(found) = found else { return Ok(None) };
        let Some(after) = found.value.after(typed, self.clock.now()) else { return Ok(None) };
        let after = Some(to_json(&after)?);
        let key = person.as_str();
        // Of two who use the same code at the same moment one wins.
        let used = self.store.swap_private(AUTHENTICATORS, key, Some(&found.body), after, None);
        Ok(used.await?.then_some(UsedCode::Totp))
    }

    pub(crate) async fn verifier(
        &self,
        person: &PersonId,
    ) -> Result<Option<String>, IdentityError> {
        Ok(self.private(VERIFIERS, person.as_str()).await?.map(|found| found.value))
    }

    pub(crate) async fn keep_verifier(
        &self,
        person: &PersonId,
        verifier: &str,
    ) -> Result<(), IdentityError> {
        let body = Value::from(verifier);
        Ok(self.store.put_private(VERIFIERS, person.as_str(), body, None).await?)
    }

    pub(crate) async fn keep_authenticator(
        &self,
        person: &PersonId,
        authenticator: &Authenticator,
    ) -> Result<(), IdentityError> {
        let body = to_json(authenticator)?;
        Ok(self.store.put_private(AUTHENTICATORS, person.as_str(), body, None).await?)
    }

    /// Makes new paper codes and forgets the old ones. The new ones are returned here and nowhere else.
    pub(crate) async fn replace_recovery_codes(
        &self,
        person: &PersonId,
    ) -> Result<Vec<String>, IdentityError> {
        for key in self.recovery_keys(person).await? {
            self.store.remove_private(RECOVERY_CODES, &key).await?;
        }
        let mut codes = Vec::with_capacity(N_RECOVERY_CODES);
        for _ in 0..N_RECOVERY_CODES {
            let code = token::new_recovery_code(self.chance.as_ref());
            let key = recovery_key(person, &code);
            self.store.put_private(RECOVERY_CODES, &key, json!(true), None).await?;
            codes.push(code);
        }
        Ok(codes)
    }

    /// Forgets all that proves a person, for an account that was not made after all.
    pub(crate) async fn forget_credentials(&self, person: &PersonId) -> Result<(), IdentityError> {
        self.store.remove_private(VERIFIERS, person.as_str()).await?;
        self.store.remove_private(AUTHENTICATORS, person.as_str()).await?;
        for key in self.recovery_keys(person).await? {
            self.store.remove_private(RECOVERY_CODES, &key).await?;
        }
        Ok(())
    }

    pub(crate) fn check_stepped_up(&self, principal: &Principal) -> Result<(), IdentityError> {
        if policy::stepped_up(principal, self.clock.now()) {
            Ok(())
        } else {
            Err(IdentityError::StepUp)
        }
    }

    /// Writes down a change of one's own account.
    pub(crate) async fn note_own(
        &self,
        principal: &Principal,
        kind: &str,
    ) -> Result<(), IdentityError> {
        let body = json!({ "session": principal.session, "source": principal.source });
        self.note(&principal.person, kind, self.clock.now(), &body).await
    }

    async fn recovery_keys(&self, person: &PersonId) -> Result<Vec<String>, IdentityError> {
        let prefix = format!("{person}/");
        let records = self.store.list_private(RECOVERY_CODES).await?;
        let keys = records.into_iter().map(|record| record.key);
        Ok(keys.filter(|key| key.starts_with(&prefix)).collect())
    }
}

fn recovery_key(person: &PersonId, code: &str) -> String {
    format!("{person}/{}", token::kept(code))
}
