//! What people can rely on when they sign in.

mod access;
mod enrolling;
mod passwords;
mod people;
mod sessions;
mod signing_in;
mod wording;

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicU64, Ordering};

use sakimori_ledger::Store;
use sakimori_words::{Chance, Clock, Digest, Instant, OrganisationId};

use crate::totp::Authenticator;
use crate::{
    Action, Client, Credentials, Enrolled, Enrolment, Gate, Identity, IdentityError,
    IdentitySettings, NewAccount, Permit, Principal, Resource, Role, Side, SignedIn,
};

const PASSWORD: &str = "朝の回診は三階から始める 7時";

/// A clock that a test moves.
struct TestClock(AtomicI64);

impl Clock for TestClock {
    fn now(&self) -> Instant {
        Instant::from_micros(self.0.load(Ordering::SeqCst))
    }
}

/// Chance that differs each time and is the same in every run.
struct TestChance(AtomicU64);

impl Chance for TestChance {
    fn fill(&self, buffer: &mut [u8]) {
        for part in buffer.chunks_mut(32) {
            let count = self.0.fetch_add(1, Ordering::SeqCst);
            let bytes = Digest::of(&count.to_be_bytes());
            part.copy_from_slice(&bytes.as_bytes()[..part.len()]);
        }
    }
}

/// One organisation's accounts, with a clock to move.
struct World {
    identity: Arc<Identity>,
    store: Arc<dyn Store>,
    clock: Arc<TestClock>,
    _folder: tempfile::TempDir,
}

/// An account as its owner knows it.
#[derive(Clone)]
struct Account {
    name: String,
    password: String,
    authenticator: Authenticator,
}

impl World {
    async fn new() -> Self {
        Self::with(|_| ()).await
    }

    async fn with(change: impl FnOnce(&mut IdentitySettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let address = format!("sqlite:{}", folder.path().join("ledger.sqlite").display());
        let store = sakimori_ledger::open(&address).await.unwrap();
        let start = Instant::parse("2026-11-20T00:00:00Z").unwrap();
        let clock = Arc::new(TestClock(AtomicI64::new(start.as_micros())));
        let mut settings = IdentitySettings::new(OrganisationId::from("hospital"), Side::Node);
        change(&mut settings);
        let mut identity = Identity::new(
            Arc::clone(&store),
            Arc::clone(&clock) as Arc<dyn Clock>,
            Arc::new(TestChance(AtomicU64::new(0))),
            settings,
        );
        identity.hasher = crate::password::Hasher::with(cheap());
        Self { identity: Arc::new(identity), store, clock, _folder: folder }
    }

    fn now(&self) -> Instant {
        self.clock.now()
    }

    fn pass_seconds(&self, seconds: i64) {
        let now = self.now().plus_seconds(seconds);
        self.clock.0.store(now.as_micros(), Ordering::SeqCst);
    }

    fn gate(&self) -> Gate {
        Gate::new(Arc::clone(&self.store), Arc::clone(&self.clock) as Arc<dyn Clock>)
    }

    /// Goes through the setup with a browser and an app.
    async fn set_up(&self) -> (Account, Enrolled) {
        let token = self.identity.setup_token().await.unwrap().unwrap();
        let enrolment = self.identity.redeem_setup(&token, new_account("tanaka")).await.unwrap();
        self.confirm("tanaka", &enrolment).await
    }

    async fn confirm(&self, name: &str, enrolment: &Enrolment) -> (Account, Enrolled) {
        let authenticator = scan(enrolment);
        let code = authenticator.code(self.now());
        let enrolled =
            self.identity.confirm_enrolment(&enrolment.ticket, &code, &ward()).await.unwrap();
        let account =
            Account { name: name.to_owned(), password: PASSWORD.to_owned(), authenticator };
        (account, enrolled)
    }

    /// Invites somebody with these roles and lets them enrol.
    async fn invited(
        &self,
        by: &Principal,
        name: &str,
        roles: impl IntoIterator<Item = Role>,
    ) -> (Account, Enrolled) {
        let invitation = crate::NewInvitation {
            display_name: format!("{name} さん"),
            roles: roles.into_iter().collect::<BTreeSet<_>>(),
        };
        let invitation = self.identity.invite(&self.permit(by).await, invitation).await.unwrap();
        let enrolment =
            self.identity.accept_invitation(&invitation.token, new_account(name)).await.unwrap();
        self.confirm(name, &enrolment).await
    }

    async fn permit(&self, by: &Principal) -> Permit {
        let people = Resource::new(by.organisation.clone(), "people", "");
        self.gate().pass(by, Action::ManagePeople, people, "test").await.unwrap()
    }

    /// Signs in with the code the app shows now.
    async fn sign_in(&self, account: &Account, client: &Client) -> Result<SignedIn, IdentityError> {
        let code = account.authenticator.code(self.now());
        self.sign_in_with(account, &code, client).await
    }

    async fn sign_in_with(
        &self,
        account: &Account,
        code: &str,
        client: &Client,
    ) -> Result<SignedIn, IdentityError> {
        let credentials = Credentials {
            name: account.name.clone(),
            password: account.password.clone(),
            code: code.to_owned(),
        };
        self.identity.sign_in(credentials, client).await
    }

    async fn kinds(&self) -> Vec<String> {
        let entries = self.store.entries(0, 1000).await.unwrap();
        entries.into_iter().map(|entry| entry.kind).collect()
    }
}

/// Costs at which a hundred sign-ins take no time.
fn cheap() -> argon2::Params {
    argon2::Params::new(64, 1, 1, None).unwrap()
}

fn new_account(name: &str) -> NewAccount {
    NewAccount {
        sign_in_name: name.to_owned(),
        display_name: format!("{name} さん"),
        password: PASSWORD.to_owned(),
    }
}

/// What an app makes of the QR code.
fn scan(enrolment: &Enrolment) -> Authenticator {
    let (_, secret) = enrolment.otpauth_uri.split_once("secret=").unwrap();
    let (secret, _) = secret.split_once('&').unwrap();
    assert_eq!(enrolment.secret.replace(' ', ""), secret);
    let mut bits = String::new();
    for letter in secret.chars() {
        let value = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567".find(letter).unwrap();
        bits.push_str(&format!("{value:05b}"));
    }
    let hex = bits.as_bytes().chunks(4).map(|nibble| {
        let nibble = std::str::from_utf8(nibble).unwrap();
        format!("{:x}", u8::from_str_radix(nibble, 2).unwrap())
    });
    Authenticator::from_hex(&hex.collect::<String>())
}

/// A terminal on the ward that nobody has used yet.
fn ward() -> Client {
    Client { source: "10.0.0.5".to_owned(), device: None, agent: "Firefox".to_owned() }
}

fn from(source: &str) -> Client {
    Client { source: source.to_owned(), device: None, agent: String::new() }
}

fn code_of<T: std::fmt::Debug>(outcome: Result<T, IdentityError>) -> &'static str {
    outcome.unwrap_err().trouble().kind.code
}
